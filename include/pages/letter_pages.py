"""``/seams/dead-letters``: what was set aside, one by one, and what people do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Depends, HTTPException, Path, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from include.contracts.contract import contract
from include.flow import flows
from include.interventions import Done, escalate, repair, retry, suppress
from include.ownership import owners
from include.pages.entrance import InterventionForm, VisitorHere, person
from include.pages.headers import HEADERS
from include.pages.rendering import page
from include.pages.warehouse import Warehouse, Working, row, rows
from include.stores import dead_letters
from include.stores.dead_letters import LetterStatus
from include.workspace import Workspace

PAGE_ROWS = 50
MOST_COUNTED = 10_000
WAITING = (LetterStatus.OPEN, LetterStatus.ESCALATED)
COLUMN = "column:"
router = APIRouter()

LetterId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Text = Annotated[str, Query(max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What of the dead letters is shown; an empty text leaves a filter out.

    Attributes:
        status: ``waiting``, ``all`` or one of ``LetterStatus``.
        key: key of a record, or the value that was found wrong.
        before: only letters with a smaller id, for the next page.
    """

    flow: str
    rule: str
    owner: str
    status: str
    key: str
    before: int | None

    @property
    def statuses(self) -> list[str]:
        """The statuses that are shown."""
        if self.status == "all":
            return list(map(str, LetterStatus))
        return [self.status] if self.status in set(LetterStatus) else list(map(str, WAITING))

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the queries."""
        texts = {name: getattr(self, name) or None for name in ("flow", "rule", "owner", "key")}
        return texts | {"statuses": self.statuses}

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, for the link to the next page."""
        values = {name: getattr(self, name) for name in ("flow", "rule", "owner", "status", "key")}
        return {name: value for name, value in values.items() if value}


def chosen_filter(
    flow: Text = "",
    rule: Text = "",
    owner: Text = "",
    status: Text = "waiting",
    key: Text = "",
    before: Before = None,
) -> Filter:
    """What the address says."""
    return Filter(flow=flow, rule=rule, owner=owner, status=status, key=key.strip(), before=before)


@router.get("/dead-letters")
def letters(
    request: Request,
    warehouse: Warehouse,
    chosen: Annotated[Filter, Depends(chosen_filter)],
    settled: int = 0,
) -> Response:
    """The newest first, a page at a time."""
    found = rows(warehouse, "letters", **chosen.parameters, before=chosen.before, limit=PAGE_ROWS + 1)
    counted = rows(warehouse, "count_letters", **chosen.parameters, most=MOST_COUNTED + 1)[0]["count"]
    return page(
        request,
        "letters.html",
        letters=found[:PAGE_ROWS],
        next_before=found[PAGE_ROWS - 1]["dead_letter_id"] if len(found) > PAGE_ROWS else None,
        count=counted,
        most=MOST_COUNTED,
        chosen=chosen,
        settled=settled,
        flows=list(flows()),
        owners=owners(),
        statuses=list(LetterStatus),
        summary=dead_letters.summary(warehouse),
    )


@router.get("/dead-letters/{dead_letter_id}")
def letter(request: Request, warehouse: Warehouse, dead_letter_id: LetterId) -> Response:
    """One of them: the record as it came, what is wrong, whose it is, what was done, what can be done."""
    found = _existing(warehouse, dead_letter_id)
    return page(
        request,
        "letter.html",
        letter=found,
        is_waiting=found["status"] in WAITING,
        columns=columns(found),
        delivery=row(warehouse, "delivery", delivery_id=found["delivery_id"]),
        receipts=rows(warehouse, "receipts", message_id=found["message_id"]),
        relatives=_same_record(warehouse, found),
        owners=owners(),
    )


@router.post("/dead-letters/retry")
def retry_letters(request: Request, who: VisitorHere, form: InterventionForm, work: Working) -> Response:
    """Send letters through their steps again as they are."""
    return _settled(request, form, work, lambda ids: retry(work, ids, person(who, form)))


@router.post("/dead-letters/suppress")
def suppress_letters(request: Request, who: VisitorHere, form: InterventionForm, work: Working) -> Response:
    """Decide to do without records."""
    return _settled(request, form, work, lambda ids: suppress(work, ids, person(who, form)))


@router.post("/dead-letters/escalate")
def escalate_letters(request: Request, who: VisitorHere, form: InterventionForm, work: Working) -> Response:
    """Hand letters to another owner."""
    to = str(form.get("to", ""))
    if to not in owners():
        raise HTTPException(HTTPStatus.BAD_REQUEST, "Say to whom: choose one of the owners.")
    return _settled(request, form, work, lambda ids: escalate(work, ids, person(who, form), to))


@router.post("/dead-letters/{dead_letter_id}/repair")
def repair_letter(
    request: Request, who: VisitorHere, form: InterventionForm, work: Working, dead_letter_id: LetterId
) -> Response:
    """Bring a record back with edited columns."""
    by = person(who, form)
    with work.connect("seam pages repair") as connection:
        found = _existing(connection, dead_letter_id)
    edited = edited_record(found, form)
    return _told(request, repair(work, dead_letter_id, edited, by), [dead_letter_id])


def columns(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of a record with their values and what is wrong with them; those that are wrong first.

    A record that could not be read has the columns of its contract, all empty.
    """
    if found["level"] != "record":
        return []
    complaints: dict[str, list[str]] = {}
    for finding in found["findings"]:
        complaints.setdefault(finding.get("field"), []).append(finding["message"])
    made = [
        {
            "name": name,
            "text": as_text(value),
            "is_long": _is_long(value),
            "complaints": complaints.get(name, []),
        }
        for name, value in _editable(found).items()
    ]
    return sorted(made, key=lambda column: (not column["complaints"], not column["text"]))


def edited_record(found: dict[str, Any], form: FormData) -> dict[str, Any]:
    """The record with the values of the form; what was not touched, or not sent, stays exactly as it came.

    Browsers send line ends as CR LF whatever stood there, and cannot tell nothing from an empty text. What came
    as something else than a text stays of its kind.

    Raises:
        HTTPException: 400 if nothing was changed, or a value that was not a text cannot be read any more.
    """
    edited = {}
    for name, value in _editable(found).items():
        sent = str(form.get(f"{COLUMN}{name}", as_text(value)))
        is_untouched = _lines(sent) == _lines(as_text(value))
        edited[name] = value if is_untouched else _as_it_was(name, value, _lines(sent))
    if edited == found["record"]:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, "Nothing was changed. Edit a column, or retry it as it is."
        )
    return edited


def as_text(value: Any) -> str:
    """A value of a record as a form shows it: a text as it is, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_it_was(name: str, value: Any, sent: str) -> Any:
    if not sent or value is None or isinstance(value, str):
        return sent or None
    try:
        return json.loads(sent)
    except ValueError:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST,
            f"{name} came as {as_text(value)[:60]}, and {sent[:60]} is not written like that.",
        ) from None


def _is_long(value: Any) -> bool:
    text = as_text(value)
    return len(text) > 60 or "\n" in text or "\r" in text


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _editable(found: dict[str, Any]) -> dict[str, Any]:
    record = found["record"] or {}
    if set(record) != {"text"} or found["entity"] is None:
        return record
    agreed = contract(found["source_system"], found["entity"])
    return {prop.source: None for prop in agreed.properties}


def _existing(connection: psycopg.Connection, dead_letter_id: int) -> dict[str, Any]:
    found = dead_letters.shown(connection, dead_letter_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no dead letter {dead_letter_id}.")
    return found


def _same_record(warehouse: psycopg.Connection, found: dict[str, Any]) -> list[dict[str, Any]]:
    if found["record_key"] is None:
        return []
    facts = {name: found[name] for name in ("record_key", "flow", "entity", "account", "dead_letter_id")}
    return rows(warehouse, "same_record", **facts, limit=20)


def _settled(
    request: Request, form: FormData, work: Workspace, intervene: Callable[[Sequence[int]], Done]
) -> Response:
    ids = [int(text) for text in map(str, form.getlist("id")) if text.isdecimal() and len(text) < 19]
    if not ids:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "Choose at least one dead letter.")
    return _told(request, intervene(ids), ids)


def _told(request: Request, done: Done, ids: Sequence[int]) -> Response:
    """Where the person sees what became of it; what could not be settled is said with its reason."""
    if done.left:
        return page(request, "left.html", status=HTTPStatus.CONFLICT, done=done)
    root = request.scope.get("root_path", "")
    place = f"{ids[0]}" if len(ids) == 1 else f"?settled={len(done.settled)}"
    return RedirectResponse(
        f"{root}/dead-letters{'/' if len(ids) == 1 else ''}{place}", HTTPStatus.SEE_OTHER, HEADERS
    )
