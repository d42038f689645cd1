"""What belongs to a record beyond the page it came on: fetched, landed, and put back together.

A page of orders holds the beginning of every list in them. Some lists have pages of their own; others
are cut at the size that was asked for, without a word, or hold lists themselves: these are asked for again at
larger sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from include.formats.findings import Finding, Unreadable
from include.formats.json_documents import Document
from include.formats.json_records import Records, Unfit, evidence
from include.systems.shopify.client import Answer, Client

VERSION_KEYS = ("id", "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """A list of a record that has pages.

    Attributes:
        key: its name.
        variable: of the document of pages, says how much of it comes with the record.
        first: that size.
        document: fetches further pages of it.
        page_size: how large these are.
    """

    key: str
    variable: str
    first: int
    document: str
    page_size: int = 50

    @property
    def variables(self) -> dict[str, int]:
        """Its sizes in the document of pages."""
        return {self.variable: self.first}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainList:
    """A list of a record that is cut at its size, or a list with pages whose elements hold lists themselves.

    Attributes:
        key: its name.
        variable, first: as of ``Pages``.
        document: fetches the whole list.
        sizes: how much of it, and of the pages inside each element, is asked for, one after another until
            all of it has come; what may be asked for at once is bounded by its cost.
        inside: the list with pages that each element has.
        inside_variable, inside_first: how much of that comes with the record.
    """

    key: str
    variable: str
    first: int
    document: str
    sizes: tuple[dict[str, int], ...]
    inside: str | None = None
    inside_variable: str | None = None
    inside_first: int = 0

    @property
    def variables(self) -> dict[str, int]:
        """Its sizes in the document of pages."""
        inside = {self.inside_variable: self.inside_first} if self.inside_variable else {}
        return {self.variable: self.first, **inside}

    @property
    def widest(self) -> dict[str, int]:
        """The sizes that show most elements."""
        return max(self.sizes, key=lambda sizes: sizes["first"])

    def is_whole(self, record: dict[str, Any], size: int) -> bool:
        """All of the list is there, if so many elements were asked for."""
        held = record.get(self.key) or []
        if isinstance(held, dict):
            elements, is_short = held.get("nodes") or [], not _has_more(record, self.key)
        else:
            elements, is_short = held, len(held) < size
        return is_short and not any(_has_more(element, self.inside) for element in elements if self.inside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record that is read page by page, with what belongs to it.

    Attributes:
        plural: name of its list in an answer, and of the document that asks for a page of it.
        singular: name of one record in an answer, as the documents of its parts have it.
        incomplete: the rule that one breaks of which not everything could be fetched.
        per_page: how many are asked for at once, at first.
        overlap: how far behind the watermark a read begins; as long as a change may take to be listed.
        parts: what belongs to one and may be longer than a page holds.
    """

    plural: str
    singular: str
    incomplete: str
    per_page: int
    overlap: timedelta
    parts: tuple[Pages | PlainList, ...]

    @property
    def records_at(self) -> str:
        """Path of the records in a page."""
        return f"data.{self.plural}.nodes"

    @property
    def sizes(self) -> dict[str, int]:
        """How much of every part comes with a record."""
        return {name: size for part in self.parts for name, size in part.variables.items()}

    def page_of(self, answer: Answer) -> dict[str, Any]:
        """The list of a page, with its place in the whole."""
        return answer.data[self.plural]

    def records_of(self, answer: Answer) -> list[dict[str, Any]]:
        """The records of a page."""
        return self.page_of(answer)["nodes"]


class Moved(Exception):
    """A record changed after its page was read."""


def parts_beyond(client: Client, kind: Kind, page: Answer) -> Iterator[Answer]:
    """What the records of a page have beyond it.

    Raises:
        Moved: one of them changed since.
    """
    for record in {str(record["id"]): record for record in kind.records_of(page)}.values():
        for part in kind.parts:
            if isinstance(part, Pages):
                yield from _further_pages(client, kind, part, record)
            elif not part.is_whole(record, part.first):
                yield _whole_list(client, kind, part, record)


def _further_pages(client: Client, kind: Kind, part: Pages, record: dict[str, Any]) -> Iterator[Answer]:
    info = record[part.key]["pageInfo"]
    while info["hasNextPage"]:
        answer = client.query(part.document, id=record["id"], first=part.page_size, after=info["endCursor"])
        info = _same_version(kind, answer, record)[part.key]["pageInfo"]
        yield answer


def _whole_list(client: Client, kind: Kind, part: PlainList, record: dict[str, Any]) -> Answer:
    """The list as it came whole; if it never did, as it was seen most of."""
    widest: Answer | None = None
    for sizes in part.sizes:
        answer = client.query(part.document, id=record["id"], **sizes)
        if part.is_whole(_same_version(kind, answer, record), sizes["first"]):
            return answer
        widest = answer if sizes is part.widest else widest
    assert widest is not None
    return widest


def _same_version(kind: Kind, answer: Answer, record: dict[str, Any]) -> dict[str, Any]:
    found = answer.data.get(kind.singular)
    if not found or any(found.get(key) != record[key] for key in VERSION_KEYS):
        raise Moved
    return found


class RecordPage:
    """The records of one landed page and what was landed behind it."""

    def __init__(self, kind: Kind, page: Records):
        self._kind = kind
        self._page = page
        self._is_suspicious = page.are_suspicious
        self._seen_whole: set[tuple[str, str]] = set()

    def add(self, found: Document, name: str) -> None:
        """Put a part where it belongs.

        Raises:
            Unreadable: it belongs to no record of the page.
        """
        self._is_suspicious |= found.is_suspicious
        try:
            part = found.value["data"][self._kind.singular]
            records = [record for record in self._records() if record.get("id") == part["id"]]
            for record in records:
                self._complete(record, part)
        except (KeyError, TypeError, ValueError):
            records = []
        if not records:
            message = f"The page belongs to no {self._kind.singular} of the page before it."
            raise Unreadable(Finding(rule="stray_page", message=message, place=name))

    def records(self) -> Records:
        """The records; one that is still not complete is unfit."""
        values = [self._judged(one) if isinstance(one, dict) else one for one in self._page.values]
        return Records(self._page.place, values, self._is_suspicious)

    def _records(self) -> Iterator[dict[str, Any]]:
        return (record for record in self._page.values if isinstance(record, dict))

    def _complete(self, record: dict[str, Any], found: dict[str, Any]) -> None:
        for part in self._kind.parts:
            if part.key in found and isinstance(part, Pages):
                nodes = [*record[part.key]["nodes"], *found[part.key]["nodes"]]
                record[part.key] = {**found[part.key], "nodes": nodes}
            elif part.key in found:
                record[part.key] = found[part.key]
                self._seen_whole.add((found["id"], part.key))

    def _judged(self, record: dict[str, Any]) -> object:
        missing = next((part.key for part in self._kind.parts if self._is_cut(record, part)), None)
        if missing is None:
            return record
        message = (
            f"The {self._kind.singular} has more {missing} than could be fetched, so nothing of it was taken."
        )
        return Unfit(evidence(record), Finding(rule=self._kind.incomplete, message=message, field=missing))

    def _is_cut(self, record: dict[str, Any], part: Pages | PlainList) -> bool:
        if isinstance(part, Pages):
            return _has_more(record, part.key)
        is_fetched = (str(record.get("id")), part.key) in self._seen_whole
        return not part.is_whole(record, part.widest["first"] if is_fetched else part.first)


def _has_more(holder: object, key: str | None) -> bool:
    connection = holder.get(key) if isinstance(holder, dict) else None
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    return isinstance(info, dict) and bool(info.get("hasNextPage"))
