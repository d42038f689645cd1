"""What the tests of the pages share; see ``seam_site``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import DatabaseServer
from depot import Depot
from seam_site import ANNA, Browser, Site, fill, serving, site_host
from storefront import Outbound, Shop

from include.stores.landing_files import LandingFiles


@pytest.fixture
def quiet_site(outbound: Outbound) -> Iterator[Site]:
    """The pages over a warehouse in which nothing has happened yet."""
    with serving(site_host(outbound)) as address:
        yield Site(address, outbound)


@pytest.fixture(scope="session")
def filled(
    database_server: DatabaseServer, shop_of_all: Shop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A warehouse and a landing store in which every kind of thing has happened, to be copied; without a server."""
    folder = tmp_path_factory.mktemp("filled")
    depot = Depot(folder / "depot")
    depot.install()
    with database_server.database() as database:
        outbound = Outbound(database, LandingFiles(folder / "landing"), shop_of_all.endpoint)
        outbound.make_tables()
        try:
            facts = fill(outbound, depot)
        finally:
            depot.uninstall()
        database.hang_up()
        yield Site("", outbound, facts)


@pytest.fixture
def site(
    filled: Site, database_server: DatabaseServer, shop: Shop, depot: Depot, tmp_path: Path
) -> Iterator[Site]:
    """The pages over a warehouse of the test's own in which every kind of thing has happened."""
    shutil.copytree(filled.outbound.landing.root, tmp_path / "landing")
    with database_server.database(filled.outbound.database.name) as database:
        places = {"depot": depot.endpoint("depot")}
        outbound = Outbound(database, LandingFiles(tmp_path / "landing"), shop.endpoint, places)
        with serving(site_host(outbound)) as address:
            yield Site(address, outbound, filled.facts)


@pytest.fixture
def anna(site: Site) -> Iterator[Browser]:
    """An operator."""
    with site.browser(ANNA) as browser:
        yield browser
