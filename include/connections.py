"""The workspace as Airflow describes it: its connections, secret backends and object stores."""

from __future__ import annotations

from airflow.sdk import Connection, ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException

from include.delivery import Endpoint
from include.environment import WAREHOUSE, dsn, landing_root
from include.errors import Misconfigured
from include.stores.landing_files import LandingFiles
from include.workspace import Workspace


def endpoint(connection_id: str) -> Endpoint:
    """A connection of Airflow's.

    Raises:
        Misconfigured: Airflow has none of that name.
    """
    try:
        found = Connection.get(connection_id)
    except AirflowNotFoundException:
        raise Misconfigured(
            f"Airflow has no connection {connection_id!r}. Add it under Admin, Connections."
        ) from None
    return Endpoint(
        host=found.host or "",
        port=found.port,
        login=found.login,
        password=found.password,
        schema=found.schema,
        extra=found.extra_dejson,
    )


def workspace() -> Workspace:
    """What the tasks of a DAG work with."""
    return Workspace(
        warehouse=dsn(endpoint(WAREHOUSE)),
        landing=LandingFiles(ObjectStoragePath(landing_root())),
        endpoint=endpoint,
    )
