"""A delivery's columns against a contract's: what is new, missing, renamed, and what that does."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from include.contracts.contract import Contract, DriftAction, Property
from include.formats.findings import Finding, Unreadable

MOST_SUGGESTIONS = 5
"""Where more columns than this are missing, the delivery is another form, not one with renamed columns."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a delivery map to a contract.

    Attributes:
        taken: (property, column of the delivery) for every property that the delivery carries.
        extra: columns that the contract does not know; kept beside the record.
        notes: a finding for each of them.
    """

    taken: tuple[tuple[Property, str], ...]
    extra: tuple[str, ...]
    notes: tuple[Finding, ...]


def columns(contract: Contract, delivered: Sequence[str], hint: str = "") -> Columns:
    """Map the delivered columns to the contract's properties.

    Args:
        delivered: column names as they came.
        hint: what else is suspicious about the header, appended to the message about missing columns.

    Raises:
        Unreadable: a column is missing or seems renamed, or is new where the contract forbids that.
    """
    present = set(delivered)
    taken = tuple((p, p.source) for p in contract.properties if p.source in present)
    known = {p.source for p in contract.properties} | contract.not_taken.keys()
    extra = tuple(name for name in delivered if name not in known)
    missing = [p for p in contract.properties if p.source not in present and not p.may_be_absent]
    if missing:
        raise Unreadable(_missing(contract, missing, extra, hint))
    renamed = _renamed(contract, present, extra)
    if renamed:
        raise Unreadable(renamed)
    if extra and contract.new_column is DriftAction.STOP:
        raise Unreadable(_new(contract, extra[0]))
    return Columns(taken, extra, tuple(_new(contract, name) for name in extra))


def _missing(contract: Contract, missing: list[Property], extra: Sequence[str], hint: str) -> Finding:
    names = [p.source for p in missing]
    suggestions = (
        []
        if len(missing) > MOST_SUGGESTIONS
        else [
            f"{name!r} may be {close[0]!r} under another name"
            for name in names
            if (close := _close(name, extra))
        ]
    )
    shown = ", ".join(map(repr, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return Finding(
        rule="renamed_column" if suggestions else "missing_column",
        message=" ".join(
            (
                f"Contract {contract.id} {contract.version} needs the column{'s' * (len(names) > 1)} {shown}, "
                "which the delivery does not have.",
                *(
                    f"{s}: ask the sender, or map it under `rename` in the partner profile."
                    for s in suggestions
                ),
                *([hint] if hint else []),
            )
        ),
        place="header",
        line=1,
        field=names[0],
    )


def _renamed(contract: Contract, present: set[str], extra: Sequence[str]) -> Finding | None:
    """A column that may be absent is absent while a very similar unknown one is there."""
    for prop in contract.properties:
        if prop.source not in present and (close := _close(prop.source, extra)):
            return Finding(
                rule="renamed_column",
                message=f"The delivery has {close[0]!r} where contract {contract.id} knows {prop.source!r}: ask the "
                "sender, or map it under `rename` in the partner profile.",
                place="header",
                line=1,
                field=prop.source,
                value=close[0],
            )
    return None


def _close(name: str, candidates: Sequence[str]) -> list[str]:
    by_folded = {_folded(candidate): candidate for candidate in candidates}
    found = difflib.get_close_matches(_folded(name), by_folded, n=1, cutoff=0.85)
    return [by_folded[match] for match in found]


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _new(contract: Contract, name: str) -> Finding:
    return Finding(
        rule="new_column",
        message=f"Column {name!r} is not in contract {contract.id} {contract.version}. It is kept beside the record; "
        "add it to the contract if somebody needs it.",
        place="header",
        line=1,
        field=name,
        is_fatal=False,
    )
