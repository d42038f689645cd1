"""What the tests of the pages share; see ``seam_site``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from depot import Depot
from seam_site import ANNA, Browser, Site, fill, serving, site_host
from storefront import Outbound


@pytest.fixture
def quiet_site(outbound: Outbound) -> Iterator[Site]:
    """The pages over a warehouse in which nothing has happened yet."""
    with serving(site_host(outbound)) as address:
        yield Site(address, outbound)


@pytest.fixture
def site(outbound: Outbound, depot: Depot) -> Iterator[Site]:
    """The pages over a warehouse in which every kind of thing has happened."""
    facts = fill(outbound, depot)
    with serving(site_host(outbound)) as address:
        yield Site(address, outbound, facts)


@pytest.fixture
def anna(site: Site) -> Iterator[Browser]:
    """An operator."""
    with site.browser(ANNA) as browser:
        yield browser
