"""The ``query`` argument: terms, comparators, connectives.

Source: https://shopify.dev/docs/api/usage/search-syntax. An unknown field is ignored, with a warning in the
answer's extensions: a misspelt filter gives everything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from graphql import GraphQLError

SHOP_ZONE = ZoneInfo("Europe/Berlin")
R = TypeVar("R")

_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])|(?P<not>-|NOT\s+)?
        (?:(?P<field>[A-Za-z_][\w.]*):)?(?P<comparator>>=|<=|>|<)?
        (?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s()'"]+)))""",
    re.VERBOSE,
)
_COMPARATORS: dict[str, Callable[[object, object], bool]] = {
    "": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition."""

    field: str | None
    comparator: str
    value: str
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Searchable(Generic[R]):
    """How a kind of record can be searched.

    Attributes:
        times: fields that are moments (ISO 8601 text).
        numbers: fields that are numbers, as ids.
        texts: fields that are text, or several texts.
        default: what a term without a field is looked for in.
    """

    times: dict[str, Callable[[R], str | None]]
    numbers: dict[str, Callable[[R], int]]
    texts: dict[str, Callable[[R], str | Iterable[str] | None]]
    default: Callable[[R], str]


@dataclass(slots=True)
class Search(Generic[R]):
    """A search that was read; ``warnings`` says what of it was ignored."""

    alternatives: list[list[Callable[[R], bool]]]
    warnings: list[dict[str, str]] = field(default_factory=list)

    def fits(self, record: R) -> bool:
        """Whether a record is found."""
        return any(all(condition(record) for condition in terms) for terms in self.alternatives)


def read_search(query: str | None, searchable: Searchable[R], now: datetime) -> Search[R]:
    """Reads a ``query``.

    Raises:
        GraphQLError: it cannot be read, or names a moment that is none.
    """
    search: Search[R] = Search([[]])
    for token in _tokens(query or ""):
        if token is None:
            search.alternatives.append([])
            continue
        condition = _condition(token, searchable, now)
        if condition is None:
            search.warnings.append(_unknown_field(token))
        else:
            search.alternatives[-1].append(condition)
    return search


def _tokens(query: str) -> Iterable[Term | None]:
    """The terms; None stands for OR."""
    position, text = 0, query.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["bracket"]:
            raise GraphQLError(f"The sandbox cannot read the search query at {text[position:]!r}.")
        position = match.end()
        if match["bare"] == "OR" and not match["field"]:
            yield None
        elif match["bare"] != "AND" or match["field"]:
            yield _term(match)


def _term(match: re.Match[str]) -> Term:
    quoted = match["single"] if match["single"] is not None else match["double"]
    value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return Term(match["field"], match["comparator"] or "", value, bool(match["not"]))


def _condition(term: Term, searchable: Searchable[R], now: datetime) -> Callable[[R], bool] | None:
    holds = _plain_condition(term, searchable, now)
    if holds is not None and term.is_negated:
        return lambda record: not holds(record)
    return holds


def _plain_condition(term: Term, searchable: Searchable[R], now: datetime) -> Callable[[R], bool] | None:
    compare = _COMPARATORS[term.comparator]
    if term.field is None:
        return lambda record: term.value.lower() in searchable.default(record).lower()
    if term.field in searchable.times:
        moment, of = _moment(term, now), searchable.times[term.field]
        return lambda record: (
            (text := of(record)) is not None and compare(datetime.fromisoformat(text), moment)
        )
    if term.field in searchable.numbers:
        number, value_of = _number(term), searchable.numbers[term.field]
        return lambda record: compare(value_of(record), number)
    if term.field in searchable.texts:
        return _text_condition(term, searchable.texts[term.field])
    return None


def _text_condition(term: Term, of: Callable[[R], str | Iterable[str] | None]) -> Callable[[R], bool]:
    wanted = [part.strip().lower() for part in term.value.split(",")]

    def holds(record: R) -> bool:
        found = of(record)
        texts = [found] if isinstance(found, str) else list(found or ())
        return any(_is_like(text.lower(), one) for text in texts for one in wanted)

    return holds


def _is_like(text: str, wanted: str) -> bool:
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def _moment(term: Term, now: datetime) -> datetime:
    if term.value == "now":
        return now
    try:
        if re.fullmatch(r"\d{4}", term.value):
            moment = datetime(int(term.value), 1, 1)
        elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", term.value):
            moment = datetime.combine(date.fromisoformat(term.value), time())
        else:
            moment = datetime.fromisoformat(term.value)
    except ValueError:
        raise GraphQLError(f"Invalid timestamp for query filter `{term.field}`.") from None
    # Without a zone the shop's own is meant.
    return moment.replace(tzinfo=SHOP_ZONE) if moment.tzinfo is None else moment.astimezone(UTC)


def _number(term: Term) -> int:
    text = term.value.rpartition("/")[2]
    if not text.isdigit():
        raise GraphQLError(f"Invalid number for query filter `{term.field}`: {term.value!r}.")
    return int(text)


def _unknown_field(term: Term) -> dict[str, str]:
    message = "Invalid search field for this query."
    return {"field": term.field or "", "message": message, "code": "invalid_field"}
