"""The whole conversation about an order, on one timeline."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import purchase_tables
from databases import Database
from edi_mailbox import deliver, taken
from purchase_tables import differs

from include.interchange import SentDocument, SentInterchange
from include.stores import edi
from include.stores.connection import connected
from include.systems.supplier_edi.pull import PULL_INVOICES, PULL_ORDER_RESPONSES, PULL_SHIP_NOTICES
from include.tracing import traced
from include.workspace import Workspace

SAMPLES = Path(__file__).parents[1] / "samples" / "supplier_edi"
DOCUMENTS = (
    (PULL_ORDER_RESPONSES, "order_responses/good_855.edi"),
    (PULL_SHIP_NOTICES, "ship_notices/good_856.edi"),
    (PULL_INVOICES, "invoices/good_810.edi"),
)


def timeline(database: Database, key: str) -> list[dict[str, Any]]:
    with connected(database.dsn("seamline_reader"), "tests") as connection:
        return traced(connection, key)


def converse(workspace: Workspace) -> None:
    """An order goes out, is acknowledged, confirmed, shipped and invoiced."""
    order = SentDocument(
        kind="850", control_number="0001", document_number="PO-4711", functional_id="PO", group_number=7
    )
    sent = SentInterchange(
        source_system="supplier_edi", account="nordkap", flow="push_orders", standard="x12", control_number=7,
        folder="/in", file_name="850_7.edi", content=b"ISA", owner="supplier-relations", runbook="docs/runbooks/x.md",
        awaited_for=timedelta(hours=24), documents=(order,),
    )  # fmt: skip
    with workspace.connect("tests") as connection:
        edi.set_interchange_sent(connection, edi.write_interchange(connection, sent))
    for flow, name in DOCUMENTS:
        deliver(workspace, flow, "nordkap", (SAMPLES / name).read_bytes(), name=Path(name).stem)
        taken(workspace, flow)


def test_everything_that_was_said_of_an_order_is_there(workspace: Workspace, database: Database) -> None:
    converse(workspace)
    found = timeline(database, "PO-4711")
    assert {event["seam"] for event in found} >= {"push_orders", *(flow.dag_id for flow, _ in DOCUMENTS)}
    told = [event["what"] for event in found if event["step"] == "send"]
    assert told == [
        "850 PO-4711 to nordkap in interchange 7: transport sent, syntax awaited, business awaited"
    ]
    raw = [event["what"] for event in found if event["step"] == "load_raw"]
    assert sum("raw.supplier_edi__order_responses" in what for what in raw) == 4
    assert sum("raw.supplier_edi__ship_notices" in what for what in raw) == 2
    assert sum("raw.supplier_edi__invoices" in what for what in raw) == 2
    assert found == sorted(found, key=lambda event: event["at"])


def test_after_a_build_the_conversation_stands_document_by_document(
    workspace: Workspace, database: Database
) -> None:
    purchase_tables.make(database)
    database.execute(
        "insert into conformed.purchase_document_links values "
        "('supplier_edi', 'nordkap', 'PO-4711', '1/1/1', 'response', '855', 'NK-R-1', now(), 4, false, 1)"
    )
    database.execute(
        "insert into build.builds (status, finished_at, project_sha256) values ('built', now(), 'x')"
    )
    database.execute(
        "update conformed.purchase_document_links set _build_id = (select build_id from build.builds)"
    )
    differs(database, "PO-4711", "quantity", 100, 125)
    database.execute(
        "update conformed.invoice_differences set _build_id = (select build_id from build.builds)"
    )
    told = [event["what"] for event in timeline(database, "PO-4711")]
    assert "response NK-R-1 (855): 4 lines" in told
    assert "invoices R-1 differ in quantity of NK-1: expected 100, found 125" in told
    assert timeline(database, "PO-0") == []
