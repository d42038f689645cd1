"""Events from a connector's tables, whichever way it names the properties."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import connector_tables as connector
import polars as pl
import pytest
from databases import Database
from stand_ins import Remembered
from standard_pull_suite import NOW, Kept, examined, landed

from include.systems.klaviyo.pull import PULL_EVENTS, arrivals

SEEDS = "data/seeds-dbt_klaviyo"
SYNCED = connector.SYNCED


def taken(database: Database, memory: Remembered | None = None) -> Kept:
    """What the contract makes of what is new in the tables."""
    memory = memory or Remembered()
    found = Kept()
    for arrival in arrivals(connector.endpoint(database.dsn()), memory, NOW):  # type: ignore[arg-type]
        files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
        found = examined(PULL_EVENTS, landed(PULL_EVENTS, arrival.account, files))["events"]
        memory.known[arrival.account] = arrival.next_watermark
    return found


@pytest.mark.parametrize("name", ["event", "event_norename"])
def test_the_small_tables_of_the_connector_are_accepted_whole(
    database: Database, shared: Path, name: str
) -> None:
    folder = shared / SEEDS
    tables = {table: folder / f"{table}.csv" for table in ("person", "metric", "campaign", "flow")}
    connector.load_seeds(database.dsn(), "klaviyo", tables | {"event": folder / f"{name}.csv"})
    kept = taken(database)
    rows = list(connector.rows_of(folder / f"{name}.csv"))
    assert (kept.accepted_count, kept.refused) == (len(rows), [])
    found = {row["event_key"]: row for row in pl.concat(kept.accepted).to_dicts()}
    assert found["event123"]["value_amount"] == Decimal(20)
    assert found["event123"]["event_name"] == "Received Email"
    assert "brand new chopstcks" in json.dumps(found["event123"]["properties"])


def test_events_say_who_what_and_in_which_campaign(database: Database) -> None:
    at = SYNCED
    connector.write(
        database.dsn(),
        "klaviyo",
        {
            "event": [
                {
                    "id": "e1",
                    "datetime": at,
                    "metric_id": "m",
                    "person_id": "p",
                    "campaign_id": "c",
                    "property_value": "free",
                    "_fivetran_synced": at,
                },
                {
                    "id": "e2",
                    "datetime": at,
                    "type": "Visited",
                    "property_sku": "A-1",
                    "_fivetran_synced": at,
                },
            ],
            "person": [{"id": "p", "email": "a@example.com", "_fivetran_synced": at}],
            "metric": [{"id": "m", "name": "Opened Email", "_fivetran_synced": at}],
            "campaign": [{"id": "c", "name": "Autumn", "_fivetran_synced": at}],
        },
    )
    memory = Remembered()
    kept = taken(database, memory)
    (refused,) = kept.refused
    assert [(finding.rule, finding.field) for finding in refused.findings] == [("type", "value")]
    database.execute("update klaviyo.event set property_value = '7' where id = 'e1'")
    kept = taken(database)
    found = {row["event_key"]: row for row in pl.concat(kept.accepted).to_dicts()}
    assert (found["e1"]["event_name"], found["e1"]["person_email"], found["e1"]["campaign_name"]) == (
        "Opened Email",
        "a@example.com",
        "Autumn",
    )
    assert (found["e2"]["event_name"], found["e2"]["sku"]) == ("Visited", "A-1")
    assert taken(database, memory).accepted_count == 0
