"""The whole suite as it is deployed: Celery workers behind Redis, two days of deliveries, workers that die at work.

One stack for all tests of this module; they build on each other, in the order in which they stand here.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from playwright.sync_api import Page, expect, sync_playwright
from psycopg.rows import dict_row
from stack_processes import check_worker, processes_below

from include.flow import OtherFlow, flows
from sandbox.demo.circle import failed_runs, look_for_deliveries, start_flows, wait_until_closed
from sandbox.demo.figures import Figures
from sandbox.demo.proof import checks
from sandbox.stack.outside_systems import ask
from sandbox.stack.ports import PREFERRED
from sandbox.stack.running import Stack, running_stack

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed"),
]

WORKERS = ("worker-1", "worker-2")
# A lost worker is noticed sooner than in production, for the sake of the test's time.
HASTE = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
}
PATIENCE_SECONDS = 1200.0
PICTURE = Path(__file__).resolve().parents[2] / "build" / "seams.png"


@dataclass
class Circle:
    """The running suite, and when each day began."""

    stack: Stack
    figures: Figures
    began: dict[int, datetime] = field(default_factory=dict)

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        """What the outside systems say or do, over their admin path."""
        return ask(self.stack.systems, method, path, document)

    def close(self) -> None:
        """Wait until nothing is on its way."""
        wait_until_closed(self.stack, self.figures, lambda work: None)

    def broken(self) -> list[Any]:
        """Statements of the demo that do not hold."""
        expected = [
            wanted | ({"outcome": "accepted"} if wanted["outcome"] == "incomplete" else {})
            for wanted in self.ask("GET", "expected")
            if wanted["day"] in self.began
        ]
        proved = checks(
            self.figures, expected, self.ask("GET", "effects"), failed_runs(self.stack), self.began
        )
        assert len(proved) > len(expected)
        return [check for check in proved if not check.holds]

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the warehouse holds."""
        with psycopg.connect(self.warehouse, row_factory=dict_row) as connection:
            return connection.execute(query).fetchall()

    @property
    def warehouse(self) -> str:
        """The warehouse as the superuser of the server sees it."""
        return self.stack.superuser_dsn.rpartition("/")[0] + "/warehouse"

    def content(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that the suite knows, says and has said."""
        tables = self.rows(
            "select schemaname, tablename from pg_tables "
            "where schemaname in ('raw', 'conformed', 'metrics', 'outbound') order by 1, 2"
        )
        found = {
            f"{t['schemaname']}.{t['tablename']}": self.rows(
                f'select * from "{t["schemaname"]}"."{t["tablename"]}" as t order by t::text'
            )
            for t in tables
        }
        found["messages"] = self.rows(
            "select message_id, key, status, payload from outbox.messages order by message_id"
        )
        found["letters"] = self.rows("select fingerprint, status from dead_letter.letters order by 1, 2")
        found["effects"] = self.ask("GET", "effects")
        return found

    def lose_the_workers(self) -> None:
        """Kill every worker with its tasks, as lost machines would."""
        for name in WORKERS:
            self.stack.kill(name)

    def replace_the_workers(self) -> None:
        """New workers for those that were lost."""
        for name in WORKERS:
            self.stack.start(self.stack.components[name])
        for name in WORKERS:
            self.stack.wait_for(name)
            check_worker(self.stack, name)

    def leases_run_out(self) -> None:
        """What lost workers had claimed is free now, and not only after a minute and a half."""
        with psycopg.connect(self.warehouse) as connection:
            connection.execute("update outbox.messages set lease_until = now() where lease_until > now()")


@pytest.fixture(scope="module")
def circle() -> Iterator[Circle]:
    # The database server's own user must pass through the folders above its own: tmp_path is closed to it.
    folder = Path(tempfile.mkdtemp(prefix="seamline-circle-"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in PREFERRED:
                patch.setenv(f"SEAMLINE_PORT_{name.upper()}", "0")
            with running_stack("celery", folder, overrides=HASTE) as stack:
                for name, value in stack.settings.items():
                    patch.setenv(name, value)
                assert {"redis", *WORKERS} <= {running.name for running in stack.processes}
                yield Circle(stack, Figures(stack.settings["SEAMLINE_DSN_READER"]))
        assert processes_below(folder) == []
    finally:
        shutil.rmtree(folder)


def wait_for(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE_SECONDS:g} seconds"
        time.sleep(0.2)


def test_the_first_day_closes(circle: Circle) -> None:
    circle.began[1] = datetime.now(UTC)
    start_flows(circle.stack, lambda work: None)
    circle.close()
    assert circle.broken() == []


def test_the_second_day_closes_although_workers_die_while_they_land_load_and_push(circle: Circle) -> None:
    slow_file = {
        "system": "sftp",
        "operation": "read",
        "subject": "*catalog_*",
        "kind": "slow_drip",
        "seconds": 25,
    }
    slow_answer = {
        "system": "shopify",
        "operation": "inventorySetQuantities",
        "kind": "slow_drip",
        "seconds": 1,
    }
    slow_file_id = circle.ask("POST", "faults", slow_file | {"times": None})["id"]
    slow_answer_id = circle.ask("POST", "faults", slow_answer | {"times": None})["id"]
    effects = len(circle.ask("GET", "effects?operation=inventorySetQuantities"))
    circle.began[2] = datetime.now(UTC)
    with closing(psycopg.connect(circle.warehouse)) as holder:
        holder.execute("lock table raw.warehouse_edi__stock in access exclusive mode")
        circle.ask("POST", "day/2")
        circle.ask("POST", "marketplace/complete")
        look_for_deliveries(circle.stack)
        wait_for(lambda: is_met(circle, slow_file_id), "the reading of a supplier's file")
        wait_for(lambda: waits_for_lock(circle, "raw", "warehouse_edi__stock"), "the load of the stock")
        circle.lose_the_workers()
    circle.ask("DELETE", f"faults/{slow_file_id}")
    circle.replace_the_workers()

    wait_for(
        lambda: (
            len(circle.ask("GET", "effects?operation=inventorySetQuantities")) > effects
            and circle.rows("select from outbox.messages where status = 'submitted'")
        ),
        "an effect of the second day's push whose answer is on its way",
    )
    circle.lose_the_workers()
    assert circle.rows("select from outbox.messages where status = 'submitted'"), "the answer came too soon"
    circle.ask("DELETE", f"faults/{slow_answer_id}")
    circle.leases_run_out()
    circle.replace_the_workers()
    circle.close()
    assert circle.broken() == []


def test_every_task_cleared_twice_changes_nothing(circle: Circle) -> None:
    before = circle.content()
    for _ in range(2):
        for dag_id, flow in flows().items():
            runs = circle.stack.api.dag_runs(dag_id, order_by="-run_after")
            may_rest = flow.is_optional or (isinstance(flow, OtherFlow) and flow.schedule is None)
            assert runs or may_rest, f"{dag_id} never ran"
            if runs:
                circle.stack.api.clear(dag_id, runs[0]["dag_run_id"])
        circle.close()
        after = circle.content()
        assert {name: len(rows) for name, rows in after.items()} == {
            name: len(rows) for name, rows in before.items()
        }
        assert [name for name in before if before[name] != after[name]] == []
    assert circle.broken() == []


def test_operators_see_the_seams_in_airflow_and_strangers_do_not(circle: Circle) -> None:
    ui = circle.stack.addresses.ui
    stranger = requests.get(f"{ui}/seams/", allow_redirects=False, timeout=30)
    assert stranger.status_code in (303, 401)
    assert "pull_stock_from_warehouse_edi" not in stranger.text
    token = requests.post(
        f"{ui}/auth/token", json={"username": "viewer", "password": "viewer"}, timeout=30
    ).json()["access_token"]
    viewer = {"Authorization": f"Bearer {token}"}
    page = requests.get(f"{ui}/seams/", headers=viewer, timeout=30)
    assert page.status_code == 200
    assert all(flow.dag_id in page.text for flow in flows().values() if flow.schedule)
    letters = requests.get(f"{ui}/seams/dead-letters", headers=viewer, timeout=30)
    assert "auf Anfrage" in letters.text


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_a_viewer_signs_in_and_finds_the_seams_in_the_browser(circle: Circle) -> None:
    with browser_page() as page:
        page.goto(circle.stack.addresses.ui)
        page.locator("input[name=username]").fill("viewer")
        page.locator("input[name=password]").fill("viewer")
        page.locator("button[type=submit]").click()
        page.get_by_role("link", name="Seams").click()
        seams = page.frame_locator("iframe")
        expect(seams.locator("a[href$='/flows/pull_stock_from_warehouse_edi']").first).to_be_visible()
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        seams.get_by_role("link", name="Dead letters").first.click()
        expect(seams.get_by_text("auf Anfrage").first).to_be_visible()


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of Debian's chromium; what it says about errors fails the test."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []
        browser.close()


def is_met(circle: Circle, fault_id: int) -> bool:
    """Some request met the fault."""
    (fault,) = (one for one in circle.ask("GET", "state")["faults"] if one["id"] == fault_id)
    return fault["hits"] > 0


def waits_for_lock(circle: Circle, schema: str, table: str) -> bool:
    """Somebody stands at the table that the test holds."""
    return bool(
        circle.rows(
            "select from pg_locks as l join pg_class as c on c.oid = l.relation "
            f"where not l.granted and c.relname = '{table}' and c.relnamespace = '{schema}'::regnamespace"
        )
    )
