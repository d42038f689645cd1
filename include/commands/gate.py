"""``gate``: outbound batches and the verdicts on them."""

from __future__ import annotations

from typing import Any

from include.commands import printing
from include.errors import NotPossible
from include.interventions import Person
from include.interventions import open_gate as let_out
from include.stores import gates
from include.workspace import from_environment


def list_batches(*, limit: int, as_json: bool) -> int:
    """The newest batches; findings if one is held."""
    with from_environment().connect("seamline gate list") as connection:
        rows = gates.recent(connection, limit)
    if as_json:
        printing.as_json(rows)
    else:
        printing.table([_short(row) for row in rows])
        if not rows:
            printing.line("No batch has been made yet.")
    return int(any(row["status"] == "shut" for row in rows))


def show_batch(batch_id: int, *, as_json: bool) -> int:
    """One batch with its verdict; findings if it is held."""
    with from_environment().connect("seamline gate show") as connection:
        row = gates.batch(connection, batch_id)
    if row is None:
        raise NotPossible(f"There is no batch {batch_id}. `./seamline gate list` shows those there are.")
    if as_json:
        printing.as_json(row)
        return int(row["status"] == "shut")
    verdict = row.pop("verdict") or {}
    printing.facts(row)
    for broken in verdict.get("broken", ()):
        printing.line()
        printing.line(f"broken: {broken['rule']} ({broken.get('count', 1)})")
        printing.table([e if isinstance(e, dict) else {"value": e} for e in broken.get("examples", ())])
    if row["status"] == "shut":
        printing.line()
        printing.line(
            f"Let it out once: ./seamline gate open {row['flow']} {batch_id} --by NAME --because REASON"
        )
    return int(row["status"] == "shut")


def open_batch(dag_id: str, batch_id: int, *, by: str, because: str, as_json: bool) -> int:
    """Let a held batch out, once."""
    is_opened = let_out(from_environment(), dag_id, batch_id, Person(by, because))
    if not is_opened:
        raise NotPossible(f"Batch {batch_id} of {dag_id} is not held, so there is nothing to open.")
    if as_json:
        printing.as_json({"flow": dag_id, "batch_id": batch_id, "opened": True})
    else:
        printing.line(f"Batch {batch_id} goes out with the next run of {dag_id}.")
    return 0


def _short(row: dict[str, Any]) -> dict[str, Any]:
    broken = "; ".join(one["rule"] for one in row["broken"] or ())
    return {name: row[name] for name in ("batch_id", "flow", "row_count", "status", "made_at")} | {
        "broken": broken
    }
