"""``gate``: outbound batches and publications, and the verdicts on them."""

from __future__ import annotations

from typing import Any

import psycopg

from include.commands import printing
from include.commands.reading import reading
from include.errors import NotPossible
from include.flow import PublishFlow, flow, flows
from include.interventions import Person
from include.interventions import open_gate as let_out
from include.interventions import tell_again as say_again
from include.stores import gates, publications
from include.workspace import from_environment

SHORT = ("batch_id", "flow", "row_count", "status", "made_at", "broken")


def list_batches(*, limit: int, as_json: bool) -> int:
    """The newest batches and publications; findings if one is held."""
    with reading("seamline gate list") as connection:
        rows = [_short(row) for row in gates.recent(connection, limit)]
        rows += [_short(_as_batch(row)) for row in publications.recent(connection, limit)]
    rows = sorted(rows, key=lambda row: row["made_at"], reverse=True)[:limit]
    if as_json:
        printing.as_json(rows)
    else:
        printing.table([{**row, "broken": "; ".join(row["broken"])} for row in rows], SHORT)
        if not rows:
            printing.line("No batch has been made yet.")
    return int(any(row["status"] == "shut" for row in rows))


def show_batch(batch_id: int, *, dag_id: str | None, as_json: bool) -> int:
    """One batch with its verdict; findings if it is held.

    Args:
        dag_id: whose it is; a flow that publishes counts its publications by themselves.
    """
    with reading("seamline gate show") as connection:
        row = _found(connection, batch_id, dag_id)
    if as_json:
        printing.as_json(row)
    else:
        _print(row)
    return int(row["status"] == "shut")


def open_batch(dag_id: str, batch_id: int, *, by: str, because: str, as_json: bool) -> int:
    """Let a held batch out, once."""
    is_opened = let_out(from_environment(), dag_id, batch_id, Person(by, because))
    if not is_opened:
        raise NotPossible(
            f"{dag_id} holds no batch {batch_id}, so there is nothing to open. "
            "`./seamline gate list` shows what is held."
        )
    if as_json:
        printing.as_json({"flow": dag_id, "batch_id": batch_id, "opened": True})
    else:
        printing.line(f"Batch {batch_id} goes out with the next run of {dag_id}.")
    return 0


def tell_again(dag_id: str, account: str, *, by: str, because: str, as_json: bool) -> int:
    """Have a partner told everything again, with the next run of the flow."""
    forgotten = say_again(from_environment(), dag_id, account, Person(by, because))
    if as_json:
        printing.as_json({"flow": dag_id, "account": account, "forgotten": forgotten})
    else:
        printing.line(
            f"{account} is told everything again with the next run of {dag_id}, after its gate; we thought that it "
            f"knew {forgotten:,} of it."
        )
    return 0


def _found(connection: psycopg.Connection, batch_id: int, dag_id: str | None) -> dict[str, Any]:
    if dag_id is not None and isinstance(flow(dag_id), PublishFlow):
        published = publications.publication(connection, batch_id)
        row = _as_batch(published) if published else None
    else:
        row = gates.batch(connection, batch_id)
    if row is None or dag_id not in (None, row["flow"]):
        whose = f"{dag_id} has" if dag_id else "There is"
        raise NotPossible(f"{whose} no batch {batch_id}. `./seamline gate list` shows those there are.")
    return row


def _as_batch(row: dict[str, Any]) -> dict[str, Any]:
    """A publication as a batch of the flow that shows it to readers."""
    publishing = next(one.dag_id for one in flows().values() if isinstance(one, PublishFlow))
    return {
        "batch_id": row["publication_id"],
        "flow": publishing,
        "made_at": row["written_at"],
        **{name: value for name, value in row.items() if name not in ("publication_id", "written_at")},
        "broken": (row["verdict"] or {}).get("broken"),
    }


def _short(row: dict[str, Any]) -> dict[str, Any]:
    named = {name: row.get(name) for name in SHORT}
    return named | {"broken": [one["rule"] for one in row["broken"] or ()]}


def _print(row: dict[str, Any]) -> None:
    verdict = row["verdict"] or {}
    printing.facts(
        {
            name: value
            for name, value in row.items()
            if name not in ("verdict", "broken") and value is not None
        }
    )
    for broken in verdict.get("broken", ()):
        printing.line()
        column = f" in {broken['column']}" if broken.get("column") else ""
        count = f", {printing.shown(broken['count'])} times" if broken.get("count") is not None else ""
        printing.line(f"broken{column}: {broken['rule']}{count}")
        if broken.get("could_not_be_judged"):
            printing.line(f"It could not be judged: {broken['could_not_be_judged']}")
        printing.table([e if isinstance(e, dict) else {"value": e} for e in broken.get("examples", ())])
    if row["status"] == "shut":
        printing.line()
        printing.line(
            "Let it out once: ./seamline gate open "
            f"{row['flow']} {row['batch_id']} --by NAME --because REASON"
        )
