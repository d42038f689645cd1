"""What a flow is: one entity moving between one system and us in one direction.

A flow's facts are frozen here and in the ``pull.py`` and ``push.py`` of its system; DAG files wire
them, the command line explains them, tests hold them against ``ownership.yml``. No Airflow needed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from include.errors import Misconfigured, NotPossible


class Pattern(StrEnum):
    """How a flow moves its data."""

    API = "API"
    DATABASE = "database"
    FILE = "file"
    EDI = "EDI"
    TRANSFORMATION = "transformation"
    PUBLISH = "write, audit, publish"
    COMPARISON = "comparison"
    OPERATION = "operation"


class LatencyClass(StrEnum):
    """How long the business can wait, and so how fast somebody must look."""

    CHECKOUT_BLOCKING = "checkout-blocking"
    SAME_DAY = "same-day operational"
    NEXT_CYCLE = "next-cycle enrichment"
    FINANCE_CLOSE = "finance-close"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The facts of a flow.

    Attributes:
        dag_id: name of the DAG, its file and its runbook.
        summary: what it does, in a sentence.
        system: folder in ``include/systems``, Airflow connection, and name in ``ownership.yml``.
        objects: what of ``ownership.yml`` it moves.
        pattern, because: how, and why so.
        latency: its latency class.
        owner: who is asked when it does not work; a key of ``owners`` in ``ownership.yml``.
        schedule: cron expression for its regular runs; None if only events or people start it.
        late_after: how old its last success may be before the seam is late.
    """

    dag_id: str
    summary: str
    system: str
    objects: tuple[str, ...]
    pattern: Pattern
    because: str
    latency: LatencyClass
    owner: str
    schedule: str | None = None
    late_after: timedelta | None = None

    @property
    def runbook(self) -> str:
        """Path of its runbook in the repository."""
        return f"docs/runbooks/{self.dag_id}.md"

    @property
    def tags(self) -> list[str]:
        """Tags of its DAG: objects, system, latency class."""
        return [*self.objects, self.system, str(self.latency)]

    @property
    def is_optional(self) -> bool:
        """Not everybody has what it needs; where that is missing it stays paused."""
        return False


@dataclass(frozen=True, kw_only=True)
class PullFlow(Flow):
    """A flow from a system to us.

    Attributes:
        entities: what a delivery brings; each has a contract ``contracts/<system>/<entity>.yml`` and a
            table ``raw.<system>__<entity>``.
        source: ``module:function`` that looks for arrivals; see ``delivery.Source``.
        reader: ``module:function`` that turns landed bytes into batches; see ``delivery.Reader``.
        file_names: the usual name of each entity's file, for flows whose deliveries are sets of files.
        may_be_empty: a delivery without a single record is no reason to refuse it.
        documents: for EDI, the kinds of documents that it takes, as ``846``; others in its deliveries are handed over
            to the flow of the system that takes them.
        exchange: for EDI, ``module:function`` that tells what was agreed with an account about the
            exchange of interchanges; the partner then gets an acknowledgement of every delivery.
        connection: the Airflow connection that it reads from, where that is not its system's own; such a flow is
            optional.
    """

    entities: tuple[str, ...]
    source: str
    reader: str
    file_names: Mapping[str, str] = field(default_factory=dict)
    may_be_empty: bool = False
    documents: tuple[str, ...] = ()
    exchange: str | None = None
    connection: str | None = None

    @property
    def is_optional(self) -> bool:
        """It reads from a connection of its own."""
        return self.connection is not None

    @property
    def acknowledges(self) -> bool:
        """The partner gets an answer to every delivery."""
        return self.exchange is not None

    @property
    def tables(self) -> tuple[str, ...]:
        """Its tables in schema raw."""
        return tuple(f"{self.system}__{entity}" for entity in self.entities)


@dataclass(frozen=True, kw_only=True)
class CollectFlow(Flow):
    """A flow that hears from partners what became of what we sent them.

    Attributes:
        mailboxes: the systems whose partners it hears; each is an Airflow connection.
        source: ``module:function`` that looks for arrivals; see ``delivery.MailboxSource``.
        exchange: ``module:function`` that tells what was agreed with an account of a system.
    """

    mailboxes: tuple[str, ...]
    source: str
    exchange: str


@dataclass(frozen=True, kw_only=True)
class PushFlow(Flow):
    """A flow from us to a channel.

    Attributes:
        entity: what is pushed; its rows are ``outbound.<system>__<entity>``.
        key: SQL expression over an outbound row that names its message.
        gate: ``module:function`` that returns the expectation suite of a batch.
        sender: ``module:function`` that makes the object which talks to the channel; for EDI it is given the flow and
            the store of interchanges as well, see ``settlement.sender_of``.
        owned_field: the part of its objects that it shows, where ownership.yml names that part.
        can_tell_again: what it says may be said twice: it tells how things are, and asks for nothing. Its keys begin
            with the account.
    """

    entity: str
    key: str
    gate: str
    sender: str
    owned_field: str | None = None
    can_tell_again: bool = False

    @property
    def outbound_table(self) -> str:
        """What the channel should show."""
        return f"{self.system}__{self.entity}"


@dataclass(frozen=True, kw_only=True)
class PublishFlow(Flow):
    """A flow to readers of the warehouse: written aside, audited, then shown in whole.

    Attributes:
        tables: ``schema.table`` of what is shown, each as a view of the same name in schema ``bi``.
        gates: ``module:function`` of the suite of each table, in the order of ``tables``.
    """

    tables: tuple[str, ...]
    gates: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReconcileFlow(Flow):
    """A flow that compares what a channel shows with what it should show.

    Attributes:
        repairs_with: id of the push flow that mends what differs.
        field: the column that is compared.
        absent_means: the value that a key has which the channel does not show at all.
        reader: ``module:function`` that reads the channel back; see ``delivery.Shown``.
        repair_cap: how many keys one run may mend by itself; the rest goes to the owner.
    """

    repairs_with: str
    field: str
    reader: str
    repair_cap: int
    absent_means: str | None = None


@dataclass(frozen=True, kw_only=True)
class MatchFlow(Flow):
    """A flow that hands differences which the model has found to whoever must settle them with a partner.

    Attributes:
        table: ``schema.table`` of the differences.
        claims: ``schema.table`` of what was compared.
    """

    table: str
    claims: str


@dataclass(frozen=True, kw_only=True)
class OtherFlow(Flow):
    """A flow that neither pulls nor pushes: builds, comparisons, operations."""


def resolved(reference: str) -> Callable[..., Any]:
    """The function behind ``module:function``.

    Raises:
        Misconfigured: there is none.
    """
    module, _, name = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise Misconfigured(f"{reference!r} names no function: {error}.") from error


@cache
def flows() -> dict[str, Flow]:
    """Every flow by its id: what the ``pull``, ``push`` and ``reconcile`` modules of the systems and
    ``include.operations`` define, in the order of their ids."""
    found = {
        flow.dag_id: flow for module in _modules() for flow in vars(module).values() if isinstance(flow, Flow)
    }
    return dict(sorted(found.items()))


def flow(dag_id: str) -> Flow:
    """The flow of an id.

    Raises:
        NotPossible: there is none; the message lists those that exist.
    """
    try:
        return flows()[dag_id]
    except KeyError:
        raise NotPossible(f"There is no flow {dag_id!r}. There are: {', '.join(flows())}.") from None


def _modules() -> Iterator[Any]:
    import include.systems

    yield importlib.import_module("include.operations")
    for package in pkgutil.iter_modules(include.systems.__path__, "include.systems."):
        if not package.ispkg:
            continue
        names = {m.name for m in pkgutil.iter_modules(importlib.import_module(package.name).__path__)}
        for name in sorted(names & {"pull", "push", "reconcile"}):
            yield importlib.import_module(f"{package.name}.{name}")
