"""The pages on a server of their own, people who look at them, and a warehouse that gives them something to see.

    with serving(site_host(outbound)) as address: ...      # uvicorn on a free port
    with site.browser(ANNA) as anna:                       # an operator; VICTOR may only look, STRANGER not even that
        anna.get("/").text
        anna.send("/dead-letters/retry", id=7, reason="…") # a form as the browser of this person sends it

The host is a stand-in for Airflow: a person is signed in by a cookie that says who it is.
"""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import uvicorn
from depot import Depot, row, run, run_step
from fastapi import HTTPException
from psycopg.types.json import Jsonb
from starlette.requests import Request
from storefront import Outbound, stock_key, stock_row

from include.environment import WAREHOUSE
from include.flow import PullFlow
from include.pages.application import application
from include.pages.host import Host, Visitor
from include.systems.shopify.push import PUSH_STOCK
from sandbox.stack.ports import any_free_port

ANNA, BERT, VICTOR, STRANGER = "anna", "bert", "victor", "stranger"
PEOPLE = {
    name: Visitor(name=name, may_read=name != STRANGER, may_intervene=name in (ANNA, BERT))
    for name in (ANNA, BERT, VICTOR, STRANGER)
}
COOKIE = "person"
SIGN_IN = "/auth/login"
PULL = "pull_catalog_from_supplier_sftp"
PUBLISH = "push_metrics_to_bi"
NASTY = "<script>alert('x')</script>"
NASTY_SQL = "'); drop table raw.depot__lists; --"
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True)
class Browser:
    """Somebody who looks at the pages; ``http`` sends and gets whatever it is told."""

    site: Site
    http: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return self.http.get(path, headers=headers)

    def token(self, path: str = "/dead-letters") -> str:
        """What a form of this person carries."""
        found = TOKEN.search(self.get(path).text)
        assert found, f"{path} has no form for this person"
        return html.unescape(found[1])

    def send(
        self, path: str, *, origin: str | None = None, token: str | None = None, **fields: Any
    ) -> httpx.Response:
        """A form; by default as the browser sends it from one of the pages."""
        content = fields.pop("content", None) or {name.replace("__", ":"): v for name, v in fields.items()}
        token = self.token() if token is None else token
        return self.http.post(
            path, data={"token": token, **content}, headers={"Origin": origin or self.site.origin}
        )


@dataclass(frozen=True)
class Site:
    """The pages on their server.

    Attributes:
        facts: ids of what ``fill`` made.
    """

    address: str
    outbound: Outbound
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The server as ``Origin`` names it."""
        return self.address.removesuffix("/seams")

    @contextmanager
    def browser(self, name: str | None = None, **headers: str) -> Iterator[Browser]:
        """Somebody; without a name, somebody who has not signed in."""
        cookies = {COOKIE: name} if name else {}
        with httpx.Client(base_url=self.address, cookies=cookies, headers=headers, timeout=60) as http:
            yield Browser(self, http)

    def letter(self, dead_letter_id: int) -> dict[str, Any]:
        """A dead letter as it stands."""
        (found,) = self.outbound.letters(dead_letter_id=dead_letter_id)
        return found

    def interventions(self) -> list[tuple[str, str, str, str]]:
        """What is on record: kind, subject, person, reason."""
        found = self.outbound.database.rows("select * from seam.interventions order by intervention_id")
        return [(one["kind"], one["subject"], one["person"], one["reason"]) for one in found]


def site_host(outbound: Outbound, **facts: Any) -> Host:
    """What the pages are told in tests: the roles of production, and people by their cookie."""
    return Host(
        **{
            "visitor": _visitor,
            "sign_in": lambda back: f"{SIGN_IN}?next={back}",
            "secret": lambda: "a secret of the tests",
            "reading": lambda: outbound.database.dsn("seamline_reader"),
            "workspace": lambda: outbound.workspace,
            **facts,
        }
    )


@contextmanager
def serving(host: Host) -> Iterator[str]:
    """The pages below ``/seams`` of a server on a free port; their address."""
    from fastapi import FastAPI

    outer = FastAPI()
    outer.mount("/seams", application(host))
    port = any_free_port()
    server = uvicorn.Server(uvicorn.Config(outer, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}/seams"
    finally:
        server.should_exit = True
        thread.join(10)


async def _visitor(request: Request) -> Visitor:
    name = request.cookies.get(COOKIE)
    if name not in PEOPLE:
        raise HTTPException(401, "Not authenticated")
    return PEOPLE[name]


def fill(outbound: Outbound, depot: Depot) -> dict[str, Any]:
    """Something of every kind, made by the steps themselves as far as they can."""
    outbound.places["depot"] = depot.endpoint("depot")
    pull = depot.flow("lists", dag_id=PULL)
    letters = _deliver(outbound, depot, pull)
    batches = _push(outbound)
    _compare(outbound)
    publication_id = _hold_publication(outbound)
    return {"pull": pull, "letters": letters, "publication": publication_id, **batches}


def _deliver(outbound: Outbound, depot: Depot, pull: PullFlow) -> dict[str, int]:
    """Three deliveries: a good one, one with bad records, one that is no delivery at all."""
    depot.deliver([row(f"A-{number}", note="plain") for number in range(30)], name="autumn list.csv")
    depot.deliver(
        [
            row("B-1", price="12,50", note="decimal comma"),
            row("B-2", note=NASTY, price="-3.00"),
            row("B-3", note=NASTY_SQL, revision="first"),
            row("B-4", price="cheap", note="line one\nline two"),
            *(row(f"C-{number}") for number in range(12)),
        ],
        name=f"winter {NASTY}.csv",
    )
    depot.deliver(b"", name="empty.csv")
    run(pull, outbound.workspace, ("land",))
    for step in ("check_contract", "load_raw", "count_balance"):
        run_step(step, pull, outbound.workspace)
    found = {
        (one["record"] or {}).get("sku", one["level"]): one["dead_letter_id"] for one in outbound.letters()
    }
    outbound.database.execute(
        "insert into seam.runs (flow, step, finished_at, outcome, error) "
        "values ('pull_orders_from_shopify', 'land', now(), 'failed', %s)",
        f"Refused: the shop answered 503 {NASTY}",
    )
    return found


def _push(outbound: Outbound) -> dict[str, Any]:
    """A batch that passed and waits in the queue, and one that is held."""
    outbound.fill(PUSH_STOCK, *(stock_row(f"S-{number}", number) for number in range(4)))
    passed = outbound.batches(PUSH_STOCK)[-1]["batch_id"]
    outbound.push(PUSH_STOCK, stock_row("S-1", -5), stock_row(NASTY, -1), steps=("check_gate",))
    return {"passed": passed, "held": outbound.batches(PUSH_STOCK)[-1]["batch_id"]}


def _compare(outbound: Outbound) -> None:
    outbound.database.execute(
        "with run as (insert into reconciliation.runs (flow, finished_at, compared, agreed, explained, mismatched, "
        "repairs_queued) values ('reconcile_stock_with_shopify', now(), 4, 3, 0, 1, 0) returning run_id) "
        "insert into reconciliation.mismatches (flow, channel, entity, key, field, ours, theirs, reason, status, owner,"
        " runbook, first_run_id, last_run_id) select 'reconcile_stock_with_shopify', 'shopify', 'stock', %s, "
        "'quantity', '3', %s, 'changed in the shop', 'with_owner', 'warehouse-operations', "
        "'docs/runbooks/reconcile_stock_with_shopify.md', run_id, run_id from run",
        stock_key("S-3"),
        NASTY,
    )


def _hold_publication(outbound: Outbound) -> int:
    from include.flow import flow

    broken = [
        {
            "table": "metrics.daily_sales",
            "rule": f"totals add up {NASTY}",
            "count": 2,
            "examples": ["2026-11-01"],
        }
    ]
    publication_id = outbound.database.value(
        "insert into seam.publications (side, build_id, status, checked_at, verdict) values ('bi_blue', 1, 'shut', "
        "now(), %s) returning publication_id",
        Jsonb({"is_open": False, "expectations": 7, "broken": broken}),
    )
    for table in flow(PUBLISH).tables:
        name = f"publication_{publication_id}_{table.partition('.')[2]}"
        page = outbound.landing.evidence(PUBLISH, name)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<html><head></head><body><p>Evidence of {table}</p>{NASTY}</body></html>")
    return publication_id


def with_reading(host: Host, dsn: str) -> Host:
    """The host whose warehouse is elsewhere."""
    return replace(host, reading=lambda: dsn)


def warehouse_nowhere() -> str:
    """A warehouse that does not answer."""
    return f"host=127.0.0.1 port={any_free_port()} dbname={WAREHOUSE} user=nobody password=secret-word"
