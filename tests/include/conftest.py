"""What the tests of the outbound side share; see ``storefront``."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from databases import Database
from storefront import Outbound, Shop

import sandbox
from include.stores.landing_files import LandingFiles

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def shop_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all tests; each makes products of its own in it."""
    folder = tmp_path_factory.mktemp("shop")
    plenty = {"bucket_size": 1e9, "restore_rate": 1e9}
    with sandbox.running(folder, scale=0.05, start=date(2026, 11, 2), day=0, **plenty) as box:
        yield Shop(box)


@pytest.fixture
def shop(shop_of_all: Shop) -> Iterator[Shop]:
    """The shop without faults."""
    shop_of_all.box.faults.clear()
    yield shop_of_all
    shop_of_all.box.faults.clear()


@pytest.fixture
def outbound(database: Database, landing_files: LandingFiles, shop: Shop) -> Outbound:
    """A warehouse of the test's own with empty outbound tables, and the way to the shop."""
    made = Outbound(database, landing_files, shop.endpoint)
    made.make_tables()
    return made


@pytest.fixture
def sku() -> Callable[[], str]:
    """Article numbers that no other test has."""
    return lambda: f"T{next(_NUMBERS):05d}"
