"""The whole conversation about an order: what suppliers answer is taken in without a remark by its flows."""

from __future__ import annotations

from typing import Any

import pytest
from storefront import order_line, order_row
from suppliers import Exchange

from include.flow import PullFlow
from include.steps.acknowledge import acknowledge
from include.steps.check_contract import check_contract
from include.steps.count_balance import count_balance
from include.steps.land import land
from include.steps.load_raw import load_raw
from include.systems.supplier_edi.pull import PULL_INVOICES, PULL_ORDER_RESPONSES, PULL_SHIP_NOTICES

PULLS = (PULL_ORDER_RESPONSES, PULL_SHIP_NOTICES, PULL_INVOICES)
STEPS = (check_contract, load_raw, acknowledge, count_balance)


def bring(exchange: Exchange, flow: PullFlow) -> None:
    workspace = exchange.outbound.workspace
    for _ in range(2):
        land(flow, workspace)
        exchange.look_again()
    for step in STEPS:
        step(flow, workspace)


def rows(exchange: Exchange, entity: str, columns: str) -> list[tuple[Any, ...]]:
    found = exchange.database.rows(
        f"select {columns} from raw.supplier_edi__{entity} order by document_position"
    )
    return [tuple(row.values()) for row in found]


@pytest.mark.parametrize("account", ["nordkap", "fjell"])
def test_an_order_is_confirmed_shipped_in_parts_and_invoiced(exchange: Exchange, account: str) -> None:
    lines = [order_line(10), order_line(20), order_line(30, "12")]
    exchange.send(order_row(f"PO-{account}", *lines, account=account))
    exchange.box.take_orders()
    exchange.hear()
    assert exchange.box.reply_to_orders() == 1
    assert exchange.box.reply_to_orders() == 0
    for flow in PULLS:
        bring(exchange, flow)
    # Where all documents lie in one folder, whichever flow comes first hands the others theirs.
    exchange.hear()
    for flow in PULLS:
        bring(exchange, flow)
    assert exchange.outbound.letters() == []
    assert exchange.statuses(f"PO-{account}") == ["applied"]

    confirmed = rows(
        exchange, "order_responses", "line_number, ordered_quantity, confirmed_quantity, order_number"
    )
    assert {row[3] for row in confirmed} == {f"PO-{account}"}
    short = [row for row in confirmed if row[0] == "30"]
    assert {int(row[2]) for row in short} == {6}, "half of the last line comes later"

    shipped = rows(exchange, "ship_notices", "line_number, shipped_quantity, package_code")
    assert {(line, int(quantity)) for line, quantity, _ in shipped} == {("10", 24), ("20", 24), ("30", 6)}
    assert len({code for *_, code in shipped}) == 2

    invoiced = rows(exchange, "invoices", "line_number, invoiced_quantity, price_amount")
    assert {(line, int(quantity)) for line, quantity, _ in invoiced} == {("10", 24), ("20", 24), ("30", 6)}
    assert [float(price) for line, _, price in invoiced if line == "10"] == [13.0], (
        "the first invoice asks 4 % more"
    )

    exchange.box.take_orders()
    assert exchange.box.mail() == [], "everything is fetched and answered on both sides"
