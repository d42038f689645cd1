"""Bytes to records and back, without input or output.

Each module takes an iterable of byte blocks and yields records as columns, so memory does not grow
with the file. A module knows its standard and nothing of this project: what it finds wrong it
reports as ``findings.Finding``; what makes the whole input unreadable it raises as
``findings.Unreadable``.
"""
