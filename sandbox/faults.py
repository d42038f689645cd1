"""Faults to switch on: what goes wrong, at which system, at which request.

A fault holds for the next ``times`` requests that it fits, or for each with a seeded probability. One request
meets one fault at most: the oldest that fits.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random

from sandbox.state import State


class FaultKind(StrEnum):
    """What goes wrong. ``effect`` is the change that the request asks for."""

    LATENCY = "latency"
    """The answer is right and comes ``seconds`` late."""
    RATE_LIMIT = "rate_limit"
    """HTTP 429, with a Retry-After header where ``retry_after`` is given."""
    THROTTLE = "throttle"
    """Shopify: THROTTLED in an HTTP 200."""
    ERROR_BEFORE_EFFECT = "error_before_effect"
    """HTTP 500; nothing was changed."""
    ERROR_AFTER_EFFECT = "error_after_effect"
    """HTTP 500; the change was made."""
    CUT_BEFORE_EFFECT = "cut_before_effect"
    """The connection breaks without an answer; nothing was changed."""
    CUT_AFTER_EFFECT = "cut_after_effect"
    """The connection breaks without an answer; the change was made."""
    CUT_IN_BODY = "cut_in_body"
    """The connection breaks in the middle of the answer's body."""
    TRUNCATED_JSON = "truncated_json"
    """A whole HTTP answer whose JSON ends in the middle."""
    PARTIAL_PAGE = "partial_page"
    """A page with fewer records than it should have; everything else says it is whole."""
    DUPLICATE_RECORD = "duplicate_record"
    """The first record of the page is there twice."""
    DUPLICATE_PAGE = "duplicate_page"
    """All records of the page are there twice."""
    OUT_OF_ORDER = "out_of_order"
    """The records of the page come in reverse."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105, the name of a fault
    """The token of the request is refused; Akeneo gives a new one when asked."""
    SLOW_DRIP = "slow_drip"
    """The body comes in small pieces, ``seconds`` apart."""
    SLOW_EFFECT = "slow_effect"
    """Shopify: the change takes ``seconds``, with the idempotency key held."""
    OTHER_VERSION = "other_version"
    """Shopify: the answer says that ``version`` of the API was served."""
    REFUSED_LOGIN = "refused_login"
    """SFTP: the right password or key is refused."""
    CUT_IN_READ = "cut_in_read"
    """SFTP: the connection breaks when byte ``at_byte`` of a file is read."""
    GROWING_FILE = "growing_file"
    """SFTP: a file shows more of itself with each of ``times`` looks, then all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault to switch on.

    Attributes:
        system: ``akeneo``, ``shopify`` or ``sftp``.
        kind: what goes wrong.
        operation: which requests it fits, with wildcards: a GraphQL field as ``productSet``, an Akeneo list
            as ``products-uuid`` or ``token``, an SFTP operation as ``read`` or ``login``.
        subject: which file (SFTP path, with wildcards) or account it fits.
        times: for how many requests it holds; None is without end.
        probability: how likely each of these requests is to meet it, drawn from ``seed``.
        skip: how many fitting requests pass before it begins.
        seconds: how long (``latency``, ``slow_drip`` per piece, ``slow_effect``).
        retry_after: seconds for the Retry-After header; None leaves the header out.
        at_byte: where to cut.
        version: what ``other_version`` says.
    """

    system: str
    kind: FaultKind
    operation: str = "*"
    subject: str = "*"
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    skip: int = 0
    seconds: float = 0.0
    retry_after: int | None = None
    at_byte: int = 0
    version: str = "2026-10"

    def fits(self, system: str, operation: str, subject: str) -> bool:
        """Whether it is meant for such a request."""
        return (
            self.system == system
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(subject, self.subject)
        )


SYSTEMS = ("akeneo", "shopify", "sftp")


def read_fault(document: object) -> Fault:
    """A fault from its JSON form.

    Raises:
        ValueError: a field is unknown, of the wrong type or missing; the text says which.
    """
    if not isinstance(document, dict):
        raise ValueError("a fault is a JSON object")
    unknown = set(document) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"unknown field {min(unknown)!r} of a fault")
    if document.get("system") not in SYSTEMS:
        raise ValueError(f"system must be one of {', '.join(SYSTEMS)}, not {document.get('system')!r}")
    if document.get("kind") not in list(FaultKind):
        raise ValueError(f"kind must be one of {', '.join(FaultKind)}, not {document.get('kind')!r}")
    return Fault(**{**document, "kind": FaultKind(document["kind"])})


class Faults:
    """The faults that are switched on, kept in the state so that a restart does not mend anything."""

    def __init__(self, state: State):
        self._state = state
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> int:
        """Switches a fault on; returns its number."""
        return self._state.run(
            "insert into fault (rule, remaining) values (?, ?)", json.dumps(asdict(fault)), fault.times
        )

    def clear(self, number: int | None = None) -> None:
        """Switches one fault off, or all."""
        self._state.run("delete from fault where ?1 is null or id = ?1", number)

    def listed(self) -> list[dict[str, object]]:
        """Every fault with what is left of it and how often it struck."""
        return [
            {"id": row["id"], "remaining": row["remaining"], "hits": row["hits"], **json.loads(row["rule"])}
            for row in self._state.rows("select * from fault order by id")
        ]

    def take(self, system: str, operation: str, subject: str = "") -> Fault | None:
        """The fault that this request meets, if any; it is counted as a hit."""
        with self._lock, self._state.transaction():
            for row in self._state.rows(
                "select * from fault where remaining is null or remaining > 0 order by id"
            ):
                fault = read_fault(json.loads(row["rule"]))
                if fault.fits(system, operation, subject) and self._strikes(row["id"], fault, dict(row)):
                    return fault
        return None

    def _strikes(self, number: int, fault: Fault, row: dict[str, int]) -> bool:
        if row["skipped"] < fault.skip:
            self._state.run("update fault set skipped = skipped + 1 where id = ?", number)
            return False
        strikes = Random(f"{fault.seed}/{row['draws']}").random() < fault.probability
        self._state.run(
            "update fault set draws = draws + 1, hits = hits + ?1, remaining = remaining - ?1 where id = ?2",
            int(strikes),
            number,
        )
        return strikes
