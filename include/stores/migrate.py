"""``python -m include.stores.migrate``: bring the warehouse up to date.

The migrations run as the role of the connection ``warehouse_db_owner``, which owns the schemas; raw
tables are made as the role of ``warehouse_db``, which loads them.
"""

from __future__ import annotations

import sys

import psycopg

from include.contracts.contract import contract, contract_ids
from include.environment import WAREHOUSE, WAREHOUSE_OWNER, dsn, endpoint
from include.errors import SeamlineError
from include.stores.connection import connected
from include.stores.migrations import migrate
from include.stores.raw import ensure


def main() -> int:
    """Apply the migrations; 0 when the warehouse is up to date, 1 when it cannot be brought there."""
    try:
        done = migrate(dsn(endpoint(WAREHOUSE_OWNER)))
        with connected(dsn(endpoint(WAREHOUSE)), "migrate") as connection:
            done += [change for ids in contract_ids() for change in ensure(connection, contract(*ids))]
    except (SeamlineError, psycopg.Error) as error:
        print(f"The warehouse was not migrated: {error}", file=sys.stderr)
        return 1
    print("\n".join(done) if done else "the warehouse is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
