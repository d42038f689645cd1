"""Passwords and keys of the local stack: made once with the system's random source, kept in a file of mode 0600."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sandbox.stack.failures import StackFailure
from sandbox.stack.private_files import write_private

# Known to everybody: the UI of the local stack listens on the loopback interface alone.
UI_PASSWORDS = {"admin": "admin", "operator": "operator", "viewer": "viewer"}


@dataclass(frozen=True)
class Credentials:
    """Every secret of one stack; none of them is ever printed.

    Attributes:
        postgres: the superuser of the database server.
        airflow: role ``airflow``, owner of database ``airflow``.
        seamline_owner: owns database ``warehouse`` and migrates it.
        seamline_pipeline: the role of the flows.
        seamline_builder: the role of dbt.
        seamline_reader: engineers and operators: reads everything, writes nothing.
        seamline_analyst: analysts and BI tools: reads what is published.
        redis: password of the broker.
        jwt_secret: signs the tokens of Airflow's APIs (64 random bytes).
        api_secret_key: signs the sessions of Airflow's UI.
        fernet_key: encrypts connections in Airflow's database.
    """

    postgres: str
    airflow: str
    seamline_owner: str
    seamline_pipeline: str
    seamline_builder: str
    seamline_reader: str
    seamline_analyst: str
    redis: str
    jwt_secret: str
    api_secret_key: str
    fernet_key: str

    def __repr__(self) -> str:
        return "Credentials(…)"


def _generated(name: str) -> str:
    if name == "fernet_key":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(64 if name == "jwt_secret" else 24)


def _stored(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise StackFailure(
            f"{path} is not JSON ({error}). Restore it, or run `make clean` to begin with an empty stack."
        ) from error


def credentials(path: Path) -> Credentials:
    """The secrets of a stack; those that are not in the file yet are made and added.

    Raises:
        StackFailure: the file is there but cannot be read as JSON.
    """
    stored = _stored(path)
    found = Credentials(
        **{field.name: stored.get(field.name) or _generated(field.name) for field in fields(Credentials)}
    )
    if asdict(found) != stored:
        write_private(path, json.dumps(asdict(found), indent=2) + "\n")
    return found
