"""What a connector wrote since the last read, as a delivery: one document a record.

The connector gives a row its moment before it commits it: a read begins an overlap before the newest moment of the last
one, and is made only if there is a row that was not there then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from include.contracts.contract import contract
from include.contracts.json_layout import json_layout
from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, Memory
from include.errors import Misconfigured
from include.formats import json_records
from include.formats.batches import Batch
from include.systems.connector.tables import LandedTables, in_our_words, landed_tables

PROGRESS = Path(__file__).with_name("progress.sql")
RECORDS_PER_PAGE = 500
OVERLAP_HOURS = 24
"""How long after its moment a row may become visible: a load of everything takes its time."""


def schema_of(tables: LandedTables) -> str:
    """An account is called by its schema, where nothing in the tables says its name."""
    return tables.schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What a connector's tables hold of an entity.

    Attributes:
        entity: of the flow; a page has its records at ``data.<entity>.nodes``.
        usual_schema: where the connector writes unless the connection says otherwise.
        tables: those that are asked for, each with its keys; see ``LandedTables``.
        watched: of these, the ones whose news make a read.
        query: file of the query that makes the documents, one a row; its parameter ``since`` is the moment since which
            rows count as new, null for all.
        names: what else its template names.
        account: what the account of these tables is called.
    """

    entity: str
    usual_schema: str
    tables: dict[str, tuple[str, ...]]
    watched: tuple[str, ...]
    query: Path
    names: Mapping[str, object] = field(default_factory=dict)
    account: Callable[[LandedTables], str] = schema_of

    @property
    def records_at(self) -> str:
        """Path of the records in a page."""
        return f"data.{self.entity}.nodes"


def landed(landing: Landing, endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The records of each account of which the connector wrote something.

    Rows that belong to no record yet, as the lines of an order that is still to come, are no arrival: they are looked
    at again.

    Raises:
        SystemUnavailable, AccessDenied, Misconfigured: see ``tables``.
    """
    overlap = _overlap(endpoint)
    for schema in _schemas(endpoint, landing.usual_schema):
        with landed_tables(endpoint) as connection:
            tables = LandedTables(connection, schema, landing.tables)
            account = landing.account(tables)
            known = memory.watermark(account)
            since = datetime.fromisoformat(known["newest"]) - overlap if known else None
            reached = _reached(tables, landing, since, overlap)
            if reached is None or reached == known:
                continue
            files = _files(tables, landing, since)
            if (first := next(files, None)) is not None:
                yield Arrival(
                    account=account,
                    kind="pages",
                    name=f"{landing.entity}_{now:%Y%m%dT%H%M%SZ}",
                    as_of=now,
                    files=chain((first,), files),
                    next_watermark=reached,
                )


def read(landing: Landing, system: str, delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the landed pages, with the columns that the contract wants.

    Raises:
        Unreadable: see ``formats.json_records.read``.
    """
    layout = json_layout(contract(system, landing.entity), landing.records_at)
    for batch in json_records.read(delivery.files, layout):
        yield replace(batch, entity=landing.entity)


def _overlap(endpoint: Endpoint) -> timedelta:
    told = endpoint.extra.get("overlap_hours", OVERLAP_HOURS)
    try:
        return timedelta(hours=float(told))
    except (TypeError, ValueError):
        message = f"extra.overlap_hours of the connection is {told!r}; it must be a number."
        raise Misconfigured(message) from None


def _schemas(endpoint: Endpoint, usual: str) -> list[str]:
    named = endpoint.extra.get("schemas", [usual])
    return [name.strip() for name in (named.split(",") if isinstance(named, str) else named)]


def _reached(
    tables: LandedTables, landing: Landing, since: datetime | None, overlap: timedelta
) -> dict[str, Any] | None:
    """How far the connector has come: the newest moment, and how many rows are no older than the overlap before it.

    A row that becomes visible late changes the number, if not the moment.
    """
    parameters = {"since": since, "overlap": overlap}
    found = tables.ask(PROGRESS, parameters, watched=landing.watched)
    return None if found is None else {"newest": found[0].isoformat(), "rows": found[1]}


def _files(tables: LandedTables, landing: Landing, since: datetime | None) -> Iterator[ArrivingFile]:
    """Pages of the records, fetched while somebody goes through them."""
    query = tables.written(landing.query, **landing.names)
    with in_our_words(), tables.connection.cursor("landed") as cursor:
        cursor.itersize = RECORDS_PER_PAGE
        cursor.execute(query, {"since": since})
        documents = (str(document) for (document,) in cursor)
        number = 0
        while page := list(islice(documents, RECORDS_PER_PAGE)):
            number += 1
            body = f'{{"data":{{"{landing.entity}":{{"nodes":[{",".join(page)}]}}}}}}'.encode()
            yield ArrivingFile(
                entity=landing.entity,
                name=f"{landing.entity}_{number:05}.json",
                size_bytes=len(body),
                modified_at=None,
                blocks=partial(_blocks, body),
            )


def _blocks(body: bytes) -> Iterator[bytes]:
    yield body
