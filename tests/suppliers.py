"""Our side of the exchange of orders, and the suppliers and warehouses of the sandbox at the other end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from databases import Database
from storefront import Outbound

from include.flow import PushFlow
from include.operations import COLLECT_EDI_ACKNOWLEDGEMENTS
from include.steps.land import land
from include.steps.settle_answers import settle_answers
from include.stores.connection import connected
from include.systems.supplier_edi.push import PUSH_PURCHASE_ORDERS
from sandbox.systems import Sandbox

COLLECT = COLLECT_EDI_ACKNOWLEDGEMENTS
EFFECTS = {"supplier_edi": "purchase_order", "warehouse_edi": "shipping_order"}
AFTER_GATE = ("fill_outbox", "push", "collect_acknowledgements")
SENT = "select account, control_number, file_name, transport_status from edi.sent_interchanges order by interchange_id"


@dataclass(frozen=True)
class Exchange:
    """Our side and the partners of one flow, in one warehouse and one box."""

    outbound: Outbound
    box: Sandbox
    flow: PushFlow = PUSH_PURCHASE_ORDERS

    @property
    def database(self) -> Database:
        return self.outbound.database

    def folder(self, account: str, part: str = "in") -> Path:
        return self.box.settings.state_dir / "sftp" / self.flow.system.partition("_")[0] / account / part

    def files(self, account: str, part: str = "in") -> list[str]:
        return sorted(path.name for path in self.folder(account, part).iterdir())

    def send(self, *rows: Any) -> dict[str, Any]:
        """Rows that passed their gate, and everything behind it."""
        if rows:
            self.outbound.let_through(self.flow, *rows)
        return self.outbound.push(self.flow, steps=AFTER_GATE)

    def hear(self) -> dict[str, Any]:
        """What partners acknowledged, and what that means for messages."""
        workspace = self.outbound.workspace
        for _ in range(2):
            land(COLLECT, workspace)
            self.look_again()
        said = settle_answers(COLLECT, workspace)
        return said | self.outbound.push(self.flow, steps=AFTER_GATE)["collect_acknowledgements"]

    def look_again(self) -> None:
        """Every look at a file was longer ago."""
        with connected(self.outbound.workspace.warehouse, "tests") as connection:
            connection.execute("update landing.looks set first_seen_at = first_seen_at - interval '1 hour'")

    def orders(self, number: str) -> list[Any]:
        """What a partner made of an order, in order."""
        effects = self.box.state.effects(EFFECTS[self.flow.system])
        return [one["after"] for one in effects if str(one["key"]).endswith(f"/{number}")]

    def statuses(self, number: str) -> list[str]:
        return [row["status"] for row in self.outbound.messages() if row["payload"]["order_number"] == number]
