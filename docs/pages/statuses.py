"""``statuses.md``: where things can stand, what it means and what comes next."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from docs.pages.markdown import code, joined, link, one_line, opening, table
from docs.pages.migrations import schema
from include.outcome import Result
from include.seam_status import Health
from include.stores.dead_letters import LetterStatus
from include.stores.edi import AnswerStatus, ExchangeState, TransportStatus
from include.stores.gates import BatchStatus
from include.stores.landing import DeliveryStatus
from include.stores.outbox import MessageStatus

ENUMS: dict[type[StrEnum], tuple[str, str]] = {
    DeliveryStatus: ("Delivery", "`landing.deliveries`"),
    LetterStatus: ("Dead letter", "`dead_letter.letters`"),
    BatchStatus: ("Outbound batch", "`gate.batches`"),
    MessageStatus: ("Outbox message", "`outbox.messages`"),
    ExchangeState: ("Interchange of ours", "`edi.sent_states`"),
    TransportStatus: ("Transport of an interchange", "`edi.sent_interchanges`"),
    AnswerStatus: ("Syntax and business of a document", "`edi.sent_documents`"),
    Result: ("Receipt", "what a channel did with a message, kept in `outbox.receipts`"),
    Health: ("Seam", "one word for each flow, worst first, in `./seamline status` and on the seam page"),
}
COLUMNS = {
    "build.builds.status": "Build",
    "seam.publications.status": "Publication",
    "reconciliation.mismatches.status": "Mismatch",
}


def page() -> str:
    """Every status with its meaning; a picture where transitions are told."""
    return joined(
        [
            opening("Statuses", "the docstrings of the enumerations and the comments of the migrations"),
            *(part for enum in ENUMS for part in _of_enum(enum)),
            *(part for column in COLUMNS for part in _of_column(column)),
        ]
    )


def meanings(enum: type[StrEnum]) -> dict[StrEnum, str]:
    """What each member of an enumeration means: the string below it."""
    (body,) = (
        node.body for node in ast.parse(inspect.getsource(enum)).body if isinstance(node, ast.ClassDef)
    )
    found = {}
    for statement, below in pairwise(body):
        match statement, below:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                found[enum[name]] = one_line(text)
    return found


def transitions(enum: type[StrEnum]) -> Iterator[tuple[StrEnum, StrEnum]]:
    """(from, to) for everything that the docstrings say behind ``Next:``."""
    for member, text in meanings(enum).items():
        _, _, following = text.partition("Next: ")
        for other in enum:
            is_named = re.search(rf"\b{other}\b", following) is not None
            if other is not member and following and (is_named or "any of the others" in following):
                yield member, other


def _of_enum(enum: type[StrEnum]) -> Iterator[str]:
    title, where = ENUMS[enum]
    path = Path(inspect.getfile(enum)).relative_to(Path(__file__).parents[2])
    told, named = one_line(inspect.getdoc(enum) or ""), link(code(enum.__name__), f"../{path}")
    yield f"## {title}\n\n{told} In the code {named}; in {where}."
    yield table(("status", "meaning"), [(code(member), text) for member, text in meanings(enum).items()])
    yield _picture(list(transitions(enum)))


def _picture(found: list[tuple[StrEnum, StrEnum]]) -> str:
    if not found:
        return ""
    lines = [f"    {one} --> {other}" for one, other in found]
    return "```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```"


def _of_column(column: str) -> Iterator[str]:
    parent = column.rpartition(".")[0]
    yield f"## {COLUMNS[column]}\n\n{schema().comments[parent]} In `{parent}`."
    yield table(
        ("status", "meaning"), [(code(name), text) for name, text in _told(schema().comments[column])]
    )


def _told(comment: str) -> Iterator[tuple[str, str]]:
    """The statuses of a comment like ``open: found. resolved: the sides agree again.``"""
    for sentence in re.split(r"\.\s+(?=[a-z_]+: )", comment.rstrip(".")):
        name, _, meaning = sentence.partition(": ")
        yield name, f"{meaning[:1].upper()}{meaning[1:]}."
