"""A warehouse for every test that wants one: PostgreSQL 18, our migrations, and the roles of production.

=================  ========  =================================================================================
fixture            scope     what it is
=================  ========  =================================================================================
database_server    session   the embedded server of `make up`, with its login roles and a migrated template
database           function  a ``Database`` of the test's own, cloned from the template
landing_files      function  an empty landing store
workspace          function  what a step works with: ``database`` as role seamline_pipeline, ``landing_files``,
                             and an ``endpoint`` for the depot below
depot              function  a ``depot.Depot``: a made-up system of local files with contracts of its own, for
                             which ``depot.flow()`` makes pull flows
=================  ========  =================================================================================

Steps connect as the role that they have in production, so a missing grant fails a test. ``Database`` connects
as any role and reads as its superuser.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Database, DatabaseServer
from depot import Depot

from include.stores.landing_files import LandingFiles
from include.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """One server for all tests; its data lie where the system user ``pgserver`` may reach them."""
    folder = Path(tempfile.mkdtemp(prefix="seamline-databases-"))
    server = DatabaseServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture
def database(database_server: DatabaseServer) -> Iterator[Database]:
    """A migrated warehouse of the test's own, with the raw tables of all contracts."""
    with database_server.database() as made:
        yield made


@pytest.fixture
def landing_files(tmp_path: Path) -> LandingFiles:
    """An empty landing store."""
    return LandingFiles(tmp_path / "landing")


@pytest.fixture
def depot(tmp_path: Path) -> Iterator[Depot]:
    """A made-up system of local files; its contracts, partners and rights are known while the test lasts."""
    made = Depot(tmp_path / "depot")
    made.install()
    yield made
    made.uninstall()


@pytest.fixture
def workspace(database: Database, landing_files: LandingFiles, depot: Depot) -> Workspace:
    """The places of a step, as role seamline_pipeline."""
    return Workspace(
        warehouse=database.dsn("seamline_pipeline"), landing=landing_files, endpoint=depot.endpoint
    )


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data and specifications beside the project; SEAMLINE_SHARED names another place."""
    root = Path(os.environ.get("SEAMLINE_SHARED") or PROJECT.parent / "shared")
    if not root.is_dir():
        pytest.skip(f"no real data at {root}; set SEAMLINE_SHARED")
    return root
