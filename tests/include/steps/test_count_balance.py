"""``count_balance``: only what adds up is closed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from databases import Database
from depot import MORNING, Depot, row, run, run_step

from include.errors import CountGap
from include.workspace import Workspace

UP_TO_LOAD = ("land", "check_contract", "load_raw")
NOON = MORNING + timedelta(hours=6)


@pytest.fixture
def two_loaded(workspace: Workspace, depot: Depot) -> list[str]:
    """Two loaded deliveries: the first new, the second with a changed, an unchanged, an older and a bad record."""
    depot.deliver([row("A"), row("B"), row("C", revision=5), row("X", price="-1")], entity="versions")
    depot.deliver(
        [row("A", price="2.00", revision=2), row("B"), row("C"), row("Y", price="-1")],
        entity="versions",
        as_of=NOON,
        watermark={"at": NOON.isoformat()},
    )
    run(depot.flow("versions"), workspace, UP_TO_LOAD)
    return ["first", "second"]


def statuses(database: Database) -> list[str]:
    return [
        one["status"] for one in database.rows("select status from landing.deliveries order by delivery_id")
    ]


@pytest.mark.usefixtures("two_loaded")
class TestBalance:
    def test_what_adds_up_is_closed(self, workspace: Workspace, database: Database, depot: Depot) -> None:
        said = run_step("count_balance", depot.flow("versions"), workspace)
        assert said == {"closed": 2, "moved_rows": 4}
        counts = database.rows("select * from landing.delivery_counts order by delivery_id")[1]
        names = ("delivered", "accepted", "refused", "new", "changed", "unchanged", "older")
        assert [counts[name] for name in names] == [4, 3, 1, 0, 1, 1, 1]
        assert statuses(database) == ["closed", "closed"]

    @pytest.mark.parametrize(
        ("planted", "sentence"),
        [
            (
                "update landing.delivery_counts set delivered = delivered + 1",
                "delivered 5 is not accepted 3 + refused 1",
            ),
            (
                "update landing.delivery_counts set refused = 0, delivered = 3",
                "refused 0 is not the 1 dead letters",
            ),
            ("delete from dead_letter.letters", "refused 1 is not the 0 dead letters"),
            ("update landing.delivery_counts set copied = 2", "copied 2 is not accepted 3 - skipped 0"),
            (
                "update landing.delivery_counts set older = 0",
                "accepted 3 is not new 0 + changed 1 + unchanged 1 + older 0",
            ),
            (
                "update landing.delivery_counts set in_raw = 7",
                "raw holds 7 rows of it, not new 0 + changed 1 + deleted 0",
            ),
            ("update landing.delivery_counts set new = null", "accepted 3 is not new"),
        ],
    )
    def test_a_gap_fails_the_task_and_only_that_delivery_stays_open(
        self, workspace: Workspace, database: Database, depot: Depot, planted: str, sentence: str
    ) -> None:
        newest = database.value("select max(delivery_id) from landing.deliveries")
        database.execute(f"{planted} where delivery_id = {newest}")
        with pytest.raises(CountGap, match=r"pull_versions_from_depot: delivery \d+, versions: ") as gap:
            run_step("count_balance", depot.flow("versions"), workspace)
        assert sentence in gap.value.message
        assert statuses(database) == ["closed", "loaded"]
        assert database.value("select count(*) from landing.watermarks") == 0

    def test_its_owner_is_told_once_and_when_it_is_over(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("versions")
        database.execute("update landing.delivery_counts set delivered = delivered + 1")
        for _ in range(2):
            with pytest.raises(CountGap):
                run_step("count_balance", flow, workspace)
        (alert,) = database.rows("select * from seam.alerts")
        assert (alert["incident"], alert["owner"], alert["seen_count"]) == ("count gap", flow.owner, 2)
        assert alert["runbook"].startswith(flow.runbook) and alert["cleared_at"] is None
        database.execute("update landing.delivery_counts set delivered = delivered - 1")
        assert run_step("count_balance", flow, workspace)["closed"] == 2
        assert database.value("select cleared_at is not null from seam.alerts")

    def test_a_failed_run_is_on_record(self, workspace: Workspace, database: Database, depot: Depot) -> None:
        database.execute("update landing.delivery_counts set older = older + 1")
        with pytest.raises(CountGap):
            run_step("count_balance", depot.flow("versions"), workspace)
        (found,) = database.rows("select * from seam.runs where step = 'count_balance'")
        assert found["outcome"] == "failed" and found["error"].startswith("CountGap")

    def test_accepted_records_are_kept_until_it_closes(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        kept = workspace.landing.root / "accepted"
        assert len(list(kept.rglob("*.arrow"))) == 2
        newest = database.value("select max(delivery_id) from landing.deliveries")
        database.execute(f"update landing.delivery_counts set older = 9 where delivery_id = {newest}")
        with pytest.raises(CountGap):
            run_step("count_balance", depot.flow("versions"), workspace)
        assert [path.name for path in kept.iterdir()] == [str(newest)]

    def test_the_watermark_moves_with_the_delivery(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        run_step("count_balance", depot.flow("versions"), workspace)
        (moved,) = database.rows("select * from landing.watermarks")
        assert (moved["account"], moved["watermark"]) == ("north", {"at": NOON.isoformat()})
        assert moved["delivery_id"] == database.value("select max(delivery_id) from landing.deliveries")

    def test_what_changed_nothing_needs_no_build(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("B"), row("C", revision=5)], entity="versions", as_of=NOON + timedelta(hours=1))
        run(depot.flow("versions"), workspace)
        built = database.rows("select is_built from landing.deliveries order by delivery_id")
        assert [one["is_built"] for one in built] == [False, False, True]

    def test_two_workers_close_each_delivery_once(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        said: list[dict[str, Any]] = []
        workers = [
            threading.Thread(
                target=lambda: said.append(run_step("count_balance", depot.flow("versions"), workspace))
            )
            for _ in range(2)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sum(one["closed"] for one in said) == 2
        assert statuses(database) == ["closed", "closed"]
