"""What the command line says when it cannot do what it was asked: what happened, and what to do now."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

from include.commands.printing import visible
from include.errors import SeamlineError

UNREACHABLE = (
    "Is the warehouse running? `make up` starts the local one; elsewhere check AIRFLOW_CONN_WAREHOUSE_DB…"
)
REFUSED = (
    "The warehouse does not let this login in. Check the AIRFLOW_CONN_WAREHOUSE_DB… of this environment; "
    "`make up` writes those of the local stack anew."
)
FORBIDDEN = (
    "The login may not do that. Commands that change something need the pipeline's login in "
    "AIRFLOW_CONN_WAREHOUSE_DB."
)
NOT_MIGRATED = "The warehouse lacks a table of the suite: run `migrate_warehouse`, then `build_warehouse`."
CUT = "The connection was lost or the statement was cancelled. Give the command again; nothing is doubled."
UNEXPECTED = "This should not happen; please report it with the command."

_LOGIN_REFUSED = ("password", "authentication", "pg_hba", "role ")


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as people and programs read it.

    Attributes:
        kind: the error's class, for programs.
        message: what happened.
        advice: what to do now.
    """

    kind: str
    message: str
    advice: str

    @property
    def text(self) -> str:
        """For people; nothing in it can steer their terminal."""
        lines = f"{self.message}\n{self.advice}".strip().splitlines()
        return "\n".join(map(visible, lines))

    @property
    def document(self) -> dict[str, Any]:
        """For programs."""
        return {"kind": self.kind, "message": self.message, "advice": self.advice}


def complaint(error: Exception) -> Complaint:
    """What to say of an error."""
    kind = type(error).__name__
    if isinstance(error, SeamlineError):
        return Complaint(kind, error.message, error.advice.replace("then clear the task", "then try again"))
    if hasattr(error, "format_message"):
        return Complaint("Usage", *_usage(error))
    if type(error).__module__.startswith("psycopg"):
        return Complaint(kind, *_database(error))
    if isinstance(error, UnicodeError):
        return Complaint(kind, "An argument is not text in UTF-8.", "Give names and keys as plain text.")
    if isinstance(error, OSError):
        return Complaint(kind, *_operating_system(error))
    if isinstance(error, ModuleNotFoundError):
        return Complaint(
            kind,
            f"The environment lacks the package {error.name}.",
            "Make it whole with `make .venv/runtime` in the project's folder.",
        )
    return Complaint(kind, f"{kind}: {error}", UNEXPECTED)


def _usage(error: Any) -> tuple[str, str]:
    """The parser of the command line knows best how to say it: usage, where to find help, what is wrong."""
    said = io.StringIO()
    with redirect_stderr(said):
        error.show()
    usage = said.getvalue().strip()
    message = error.format_message() or usage
    return message, usage.replace(f"Error: {message}", "").strip()


def _database(error: Any) -> tuple[str, str]:
    said = str(error).strip()
    message = said.splitlines()[0] if said else type(error).__name__
    names = {one.__name__ for one in type(error).__mro__}
    if names & {"InsufficientPrivilege", "ReadOnlySqlTransaction"}:
        return message, FORBIDDEN
    if names & {"UndefinedTable", "InvalidSchemaName", "UndefinedColumn", "UndefinedFunction"}:
        return message, NOT_MIGRATED
    if names & {"QueryCanceled", "AdminShutdown", "CrashShutdown", "IdleInTransactionSessionTimeout"}:
        return message, CUT
    if "OperationalError" in names and error.sqlstate is None:
        return message, REFUSED if any(word in message for word in _LOGIN_REFUSED) else UNREACHABLE
    if "DataError" in names:
        return message, "A value given does not fit; look at the numbers and names of the command."
    return message, UNEXPECTED


def _operating_system(error: OSError) -> tuple[str, str]:
    what = f"{error.filename}: " if error.filename else ""
    return (
        f"{what}{error.strerror or error}.",
        "Check that it exists, that this user may use it and that there is room; then try again.",
    )
