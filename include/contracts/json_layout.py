"""What a contract wants of JSON documents."""

from __future__ import annotations

from collections.abc import Iterable

from include.contracts.contract import Contract
from include.formats.json_records import Layout


def json_layout(agreed: Contract, records_at: str, known: Iterable[str] = ()) -> Layout:
    """Where the records of a contract are in a document, and which of their values are columns.

    Args:
        records_at: path to their list, as ``data.orders.nodes``.
        known: keys of a record, beside those that the contract names, that are known and not wanted.
    """
    return Layout(
        records_at=records_at,
        columns=tuple(prop.source for prop in agreed.properties if not prop.is_derived),
        known=frozenset(known) | agreed.not_taken.keys(),
    )
