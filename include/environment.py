"""What the environment says of connections and places, read the way Airflow reads it, without Airflow.

``AIRFLOW_CONN_<ID>`` holds a connection as JSON or as a URI
(https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html). Inside Airflow,
``connections`` asks Airflow itself, which also knows secret backends.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from psycopg.conninfo import make_conninfo

from include.delivery import Endpoint
from include.errors import Misconfigured

WAREHOUSE = "warehouse_db"
"""Connection of the steps: may read and write what the pipeline owns."""

WAREHOUSE_OWNER = "warehouse_db_owner"
"""Connection of the migrations: owns the schemas."""

WAREHOUSE_BUILDER = "warehouse_db_builder"
"""Connection of dbt."""

WAREHOUSE_READER = "warehouse_db_reader"
"""Connection of engineers and operators: may read everything and write nothing."""

WAREHOUSE_ANALYST = "warehouse_db_analyst"
"""Connection of analysts and BI tools: may read what is published."""


def endpoint(connection_id: str) -> Endpoint:
    """A connection from the environment.

    Raises:
        Misconfigured: the variable is missing or says something else.
    """
    variable = f"AIRFLOW_CONN_{connection_id.upper()}"
    text = os.environ.get(variable)
    if not text:
        raise Misconfigured(
            f"The environment has no connection {connection_id!r}: set {variable}, or start the local stack with "
            "`make up` and run `./seamline` from the same folder."
        )
    try:
        return _from_json(json.loads(text)) if text.lstrip().startswith("{") else _from_uri(text)
    except (ValueError, TypeError) as error:
        raise Misconfigured(
            f"{variable} is neither JSON nor a URI of a connection: {type(error).__name__}."
        ) from None


def dsn(where: Endpoint) -> str:
    """Connection string of a database for psycopg."""
    return make_conninfo(
        host=where.host, port=where.port, user=where.login, password=where.password, dbname=where.schema
    )


def landing_root() -> str:
    """Where landed bytes are kept: a folder or the URL of an object store.

    Raises:
        Misconfigured: ``SEAMLINE_LANDING`` is not set.
    """
    root = os.environ.get("SEAMLINE_LANDING")
    if not root:
        raise Misconfigured("Set SEAMLINE_LANDING to a folder (file:///…) or an object store (s3://…).")
    return root


def local_path(url: str) -> Path:
    """The folder that a ``file://`` URL or a plain path names.

    Raises:
        Misconfigured: the URL names something that is not on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("", "file"):
        raise Misconfigured(
            f"{parts.scheme}:// is reached through Airflow; run this inside Airflow's environment."
        )
    return Path(unquote(parts.path))


def _from_json(document: dict[str, Any]) -> Endpoint:
    extra = document.get("extra") or {}
    return Endpoint(
        host=document.get("host") or "",
        port=int(document["port"]) if document.get("port") else None,
        login=document.get("login"),
        password=document.get("password"),
        schema=document.get("schema"),
        extra=json.loads(extra) if isinstance(extra, str) else extra,
    )


def _from_uri(text: str) -> Endpoint:
    parts = urlsplit(text)
    return Endpoint(
        host=unquote(parts.hostname or ""),
        port=parts.port,
        login=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        schema=unquote(parts.path.lstrip("/")) or None,
        extra=dict(parse_qsl(parts.query)),
    )
