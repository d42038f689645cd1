"""The search syntax."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from graphql import GraphQLError

from sandbox.shopify.search import Searchable, read_search

NOW = datetime(2026, 11, 4, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    number: int
    name: str
    tags: tuple[str, ...]
    updated_at: str


THINGS = [
    Thing(1, "#1001", ("sale", "new"), "2026-11-01T10:00:00Z"),
    Thing(2, "#1002", (), "2026-11-02T23:30:00Z"),
    Thing(3, "Rain Jacket", ("sale",), "2026-11-03T10:00:00Z"),
]
SEARCHABLE: Searchable[Thing] = Searchable(
    times={"updated_at": lambda thing: thing.updated_at},
    numbers={"id": lambda thing: thing.number},
    texts={"name": lambda thing: thing.name, "tag": lambda thing: thing.tags},
    default=lambda thing: thing.name,
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, [1, 2, 3]),
        ("updated_at:>='2026-11-02T23:30:00Z'", [2, 3]),
        ("updated_at:>2026-11-02T23:30:00Z", [3]),
        ("updated_at:<'2026-11-02T23:30:00Z'", [1]),
        ("updated_at:>='2026-11-01T10:00:00Z' updated_at:<='2026-11-02T23:30:00Z'", [1, 2]),
        ("updated_at:>='2026-11-03T00:30:00+01:00' AND updated_at:<now", [2, 3]),
        ("updated_at:>='2026-11-03T00:30:00'", [2, 3]),
        ("updated_at:>=2026-11-03", [2, 3]),
        ("updated_at:>2025", [1, 2, 3]),
        ("id:>=2", [2, 3]),
        ("id:gid://shopify/Thing/2", [2]),
        ("name:#1001", [1]),
        ('name:"rain jacket"', [3]),
        ("name:rain*", [3]),
        ("name:#1001,#1002", [1, 2]),
        ("tag:sale", [1, 3]),
        ("-tag:sale", [2]),
        ("NOT tag:sale", [2]),
        ("tag:sale -tag:new", [3]),
        ("tag:new OR id:2", [1, 2]),
        ("jacket", [3]),
    ],
)
def test_what_is_found(query, found):
    search = read_search(query, SEARCHABLE, NOW)
    assert search.warnings == []
    assert [thing.number for thing in THINGS if search.fits(thing)] == found


def test_an_unknown_field_is_ignored_and_warned_of():
    search = read_search("updated:>2030", SEARCHABLE, NOW)
    assert all(search.fits(thing) for thing in THINGS)
    assert search.warnings[0]["field"] == "updated"


@pytest.mark.parametrize("query", ["updated_at:>yesterday", "id:first", "(tag:sale)", "name:'open"])
def test_what_cannot_be_read_is_refused(query):
    with pytest.raises(GraphQLError):
        read_search(query, SEARCHABLE, NOW)


def test_warnings_reach_the_client(shop):
    payload = shop.ask('{ orders(first: 1, query: "updatedat:>2030") { nodes { id } } }')
    assert payload["data"]["orders"]["nodes"]
    assert payload["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"
