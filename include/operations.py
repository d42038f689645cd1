"""The flows that belong to no system: building the warehouse, and what people start by hand."""

from __future__ import annotations

from datetime import timedelta

from include.flow import CollectFlow, LatencyClass, OtherFlow, Pattern

BUILD_WAREHOUSE = OtherFlow(
    dag_id="build_warehouse",
    summary="Builds the conformed model, the metrics and what channels should show, from what changed in raw.",
    system="warehouse",
    objects=("product", "inventory", "order"),
    pattern=Pattern.TRANSFORMATION,
    because="Sets of rows inside one database are cheapest and safest to transform where they lie.",
    latency=LatencyClass.SAME_DAY,
    owner="integration",
    schedule="17 * * * *",
    late_after=timedelta(hours=3),
)

REPLAY_DEAD_LETTERS = OtherFlow(
    dag_id="replay_dead_letters",
    summary="Sends dead letters through their steps again, by a named person with a reason.",
    system="warehouse",
    objects=(),
    pattern=Pattern.OPERATION,
    because="A record that was set aside wrongly, or whose rule was mended, must not have to be asked for again.",
    latency=LatencyClass.SAME_DAY,
    owner="integration",
)

MIGRATE_WAREHOUSE = OtherFlow(
    dag_id="migrate_warehouse",
    summary="Applies the numbered migrations and brings raw tables up to their contracts.",
    system="warehouse",
    objects=(),
    pattern=Pattern.OPERATION,
    because="The schema changes when a person deploys, never by itself.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="integration",
)

COLLECT_EDI_ACKNOWLEDGEMENTS = CollectFlow(
    dag_id="collect_edi_acknowledgements",
    summary="Hears from EDI partners what became of what we sent; tells who does not answer and what never came.",
    system="warehouse",
    objects=("order", "inventory"),
    pattern=Pattern.EDI,
    because="What was sent is not what arrived: only the partner's acknowledgement says that it could read a document.",
    latency=LatencyClass.SAME_DAY,
    owner="integration",
    schedule="*/10 * * * *",
    late_after=timedelta(hours=2),
    mailboxes=("supplier_edi", "warehouse_edi", "retailer_edi"),
    source="include.systems.edi.exchange:acknowledgements",
    exchange="include.systems.edi.exchange:exchange_with",
)
