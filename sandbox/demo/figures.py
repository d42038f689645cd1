"""The numbers of every flow, read from the warehouse as anybody could read them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from include.flow import OtherFlow, PushFlow, flows

COLUMNS = (
    "flow",
    "delivered",
    "accepted",
    "dead_letters",
    "loaded",
    "changed",
    "gated",
    "pushed",
    "applied",
    "mismatches",
    "seconds",
)


class Figures:
    """Asks the warehouse.

    Args:
        dsn: of a role that reads everything.
    """

    def __init__(self, dsn: str):
        self._dsn = dsn

    def flows(self) -> list[dict[str, Any]]:
        """One row per flow that moves data here: ``COLUMNS``, and ``waiting`` and ``compared`` where they apply."""
        moving = [f for f in flows().values() if not isinstance(f, OtherFlow) or f.schedule]
        shown = [f for f in moving if not f.is_optional]
        pushes = [(f.dag_id, f.system, f.entity) for f in shown if isinstance(f, PushFlow)]
        names, channels, entities = (list(column) for column in zip(*pushes, strict=True))
        parameters = {"push_flows": names, "channels": channels, "entities": entities}
        return self.rows("flows", flows=[f.dag_id for f in shown], **parameters)

    def open_work(self) -> list[str]:
        """What is still on its way, in words."""
        try:
            return [row["work"] for row in self.rows("open_work")] + [
                f"{flow.dag_id}: what was built is not on its way"
                for flow in flows().values()
                if isinstance(flow, PushFlow) and self._waits(flow)
            ]
        except psycopg.errors.UndefinedTable:
            return ["build_warehouse: the model has not been built yet"]

    def rows(self, statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a statement of ``figures.sql``."""
        return self._asked(_statements()[statement].encode(), parameters)

    def _waits(self, flow: PushFlow) -> bool:
        query = sql.SQL(_statements()["not_on_its_way"]).format(
            outbound=sql.Identifier("outbound", flow.outbound_table)
        )
        return self._asked(query, {"flow": flow.dag_id})[0]["waits"]

    def _asked(self, query: bytes | sql.Composed, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        with psycopg.connect(self._dsn, row_factory=dict_row, options="-c timezone=UTC") as connection:
            return connection.execute(query, parameters).fetchall()


@cache
def _statements() -> dict[str, str]:
    text = (Path(__file__).with_name("figures.sql")).read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))
