"""``status``: one row per seam."""

from __future__ import annotations

from include.commands import printing
from include.commands.reading import reading
from include.seam_status import Health, seam_rows

SHOWN = (
    "flow",
    "health",
    "last_success_at",
    "deliveries",
    "accepted",
    "refused",
    "dead_letters",
    "held",
    "waiting",
    "in_flight",
    "mismatches",
    "interventions",
    "owner",
)
CLEAN = (Health.OK, Health.NEVER)


def show_status(*, as_json: bool) -> int:
    """Show every seam; findings if one needs somebody."""
    with reading("seamline status") as connection:
        rows = seam_rows(connection)
    if as_json:
        printing.as_json(rows)
    else:
        printing.table(rows, SHOWN)
        for row in rows:
            if row["alert"]:
                printing.line(f"{row['flow']}: {row['alert']} ({row['runbook']})")
    return int(any(row["health"] not in CLEAN for row in rows))
