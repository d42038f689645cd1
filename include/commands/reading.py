"""The warehouse for commands that only look: as the role that reads everything and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from include.environment import WAREHOUSE_READER, dsn, endpoint
from include.stores.connection import connected


@contextmanager
def reading(command: str) -> Iterator[psycopg.Connection]:
    """A connection that cannot change anything.

    Args:
        command: shown in pg_stat_activity, as ``seamline status``.
    """
    with closing(connected(dsn(endpoint(WAREHOUSE_READER)), command)) as connection:
        connection.read_only = True
        yield connection
