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
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from include.stores.landing_files import LandingFiles
from include.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[1]
LONGEST = (
    "tests/end_to_end/",
    "tests/dbt_project/",
    "tests/sandbox/stack/test_running.py",
    "tests/include/steps/test_killed_",
    "tests/benchmarks/",
)


class OneWorkerAFile(LoadScopeScheduling):
    """Gives each file of tests to one worker, and all that build the dbt project to the same one: what they share
    is made once."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        # The longest are the first of the collection, and are to begin first.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/dbt_project" if file.startswith("tests/dbt_project/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneWorkerAFile:
    return OneWorkerAFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, what takes minutes begins first."""
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: next(
                (place for place, folder in enumerate(LONGEST) if item.nodeid.startswith(folder)),
                len(LONGEST),
            )
        )


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
