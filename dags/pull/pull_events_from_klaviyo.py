"""What customers did with messages and in the shop, as Klaviyo has it and a connector lands it.

### Data flow

Tables of the connector (connection `klaviyo_connector`) → one document an event → landing → contract `klaviyo/events` →
`raw.klaviyo__events`.

### When

Every hour: events that the connector has written, with an overlap of a day. Paused until there is such a connection.

### If it fails

A database that does not answer is asked again. A table that we may not read, or a schema that is not there, stops the
flow and is named. Events that break the contract go to dead letters.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.klaviyo.pull import PULL_EVENTS
from include.task_groups import facts, pull_chain

with DAG("pull_events_from_klaviyo", **facts(PULL_EVENTS, __doc__)):
    pull_chain(PULL_EVENTS)
