"""What a delivery may contain: one Open Data Contract Standard file per system and entity, and its check.

The files lie in ``<system>/<entity>.yml``. ``contract`` reads them, ``drift`` compares a delivery's
columns with them, ``conventions`` turns text into values as a partner writes it, ``rules`` tells
which records break them.
"""
