"""Flow ``pull_events_from_klaviyo``: what customers did, from the tables in which a connector has landed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems.connector import arrivals as connector
from include.systems.connector.arrivals import Landing

SYSTEM = "klaviyo"
EVENTS = Landing(
    entity="events",
    usual_schema="klaviyo",
    tables={"event": ("id",), "person": ("id",), "metric": ("id",), "campaign": ("id",), "flow": ("id",)},
    watched=("event",),
    query=Path(__file__).with_name("landed_events.sql"),
)

PULL_EVENTS = PullFlow(
    dag_id="pull_events_from_klaviyo",
    summary="Brings what customers did with messages and in the shop, from the tables of a connector.",
    system=SYSTEM,
    objects=("analytics event",),
    pattern=Pattern.DATABASE,
    because="A retailer whose connector lands the account already keeps it: the account is read once.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="storefront",
    schedule="35 * * * *",
    late_after=timedelta(hours=26),
    entities=(EVENTS.entity,),
    source="include.systems.klaviyo.pull:arrivals",
    reader="include.systems.klaviyo.pull:read",
    connection="klaviyo_connector",
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The events that the connector wrote; see ``connector.arrivals.landed``."""
    yield from connector.landed(EVENTS, endpoint, memory, now)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Events of the landed pages; see ``connector.arrivals.read``."""
    yield from connector.read(EVENTS, SYSTEM, delivery)
