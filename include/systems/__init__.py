"""The outside systems: one folder each, the same file names in every one.

``client`` speaks to the system, ``pull`` finds and reads its deliveries, ``push`` sends to it,
``reconcile`` reads it back. Systems know formats, never stores or steps.
"""
