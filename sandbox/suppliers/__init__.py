"""Suppliers, warehouses and retailers over EDI: they take what lies in their mailboxes, refuse what breaks the
standard, and answer.

- ``orders`` is what they understand of an order, ``x12`` and ``edifact`` how each of them reads and writes it;
- ``business`` is what they do with it: confirm, promise the rest for later, ship in two packages, invoice;
- ``desk`` is what all of them do at their mailboxes;
- ``warehouse`` is a warehouse that takes shipping orders, and tells what it sent;
- ``retailer`` are retailers that take stock reports and catalogues;
- ``mailbox`` is the supplier at work in its folder: it acknowledges at once, and does the rest when it is told to.

They read with nothing of ours, so that what is written to them is understood twice over.
"""
