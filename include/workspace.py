"""What a step works with: the warehouse, the landing store and the way to the systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from include.delivery import Endpoint
from include.environment import WAREHOUSE, dsn, endpoint, landing_root, local_path
from include.stores.connection import connected
from include.stores.landing_files import LandingFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The places a step works with.

    Attributes:
        warehouse: connection string of the warehouse for the pipeline's role.
        landing: the landing store.
        endpoint: tells where a system is, by the id of its connection.
    """

    warehouse: str = field(repr=False)
    landing: LandingFiles
    endpoint: Callable[[str], Endpoint] = field(repr=False)

    def connect(self, application: str) -> psycopg.Connection:
        """A connection to the warehouse, to be closed by the caller."""
        return connected(self.warehouse, application)


def from_environment() -> Workspace:
    """The workspace that the environment describes; for the command line and for tests.

    Raises:
        Misconfigured: something is not set; the message says what.
    """
    return Workspace(
        warehouse=dsn(endpoint(WAREHOUSE)),
        landing=LandingFiles(local_path(landing_root())),
        endpoint=endpoint,
    )
