from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stand_ins import SCALE, START, endpoint_of
from standard_pull_suite import NOW, examined, landed

import sandbox
from include.delivery import Endpoint
from include.errors import AccessDenied, Misconfigured, RateLimited, SystemUnavailable
from include.systems.akeneo import pull
from include.systems.akeneo.client import PAGE_SIZE, Client
from include.systems.akeneo.pull import PULL_PRODUCTS, server_time
from include.systems.web import Limits
from sandbox.faults import Fault, FaultKind
from sandbox.systems import Sandbox


@pytest.fixture
def pim(box: Sandbox) -> Iterator[Sandbox]:
    yield box
    box.faults.clear()


class Pauses:
    """Pauses that are counted and not made."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


def fault(box: Sandbox, kind: FaultKind, operation: str = "products-uuid", **facts: Any) -> None:
    box.faults.add(Fault(system="akeneo", kind=kind, operation=operation, **facts))


def uuids(box: Sandbox, pauses: Pauses, **parameters: str) -> list[str]:
    with Client(endpoint_of(box, "akeneo"), sleep=pauses) as client:
        pages = client.pages("products-uuid", {"pagination_type": "search_after", **parameters})
        return [item["uuid"] for page in pages for item in page.items]


def everything(box: Sandbox) -> list[str]:
    return [uuid for uuid, _ in box.pim.catalog.by_uuid]


class TestPaging:
    @pytest.mark.parametrize("limit", ["1", "10", "86", "87", "88", "100"])
    def test_every_product_comes_once_whatever_the_size_of_a_page(
        self, pim: Sandbox, pauses: Pauses, limit: str
    ) -> None:
        assert uuids(pim, pauses, limit=limit) == everything(pim)

    def test_the_default_page_does_not_truncate(self, pauses: Pauses, tmp_path: Any) -> None:
        with sandbox.running(tmp_path, scale=0.15, start=START) as larger:
            assert len(everything(larger)) > PAGE_SIZE
            assert uuids(larger, pauses) == everything(larger)

    def test_a_page_that_is_shorter_than_it_says_is_no_page(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.PARTIAL_PAGE, skip=1)
        with pytest.raises(SystemUnavailable, match="sent 5 of 10 records"):
            uuids(pim, pauses, limit="10")

    @pytest.mark.parametrize(
        "kind", [FaultKind.DUPLICATE_RECORD, FaultKind.DUPLICATE_PAGE, FaultKind.OUT_OF_ORDER]
    )
    def test_a_repeated_or_reversed_page_loses_nothing(
        self, pim: Sandbox, pauses: Pauses, kind: FaultKind
    ) -> None:
        fault(pim, kind, skip=1, times=2)
        assert sorted(set(uuids(pim, pauses, limit="10"))) == everything(pim)


class TestFailures:
    @pytest.mark.parametrize(
        "kind",
        [
            FaultKind.ERROR_BEFORE_EFFECT,
            FaultKind.CUT_BEFORE_EFFECT,
            FaultKind.CUT_AFTER_EFFECT,
            FaultKind.CUT_IN_BODY,
            FaultKind.TRUNCATED_JSON,
        ],
    )
    def test_one_failure_is_overcome_and_lasting_failure_is_said(
        self, pim: Sandbox, pauses: Pauses, kind: FaultKind
    ) -> None:
        fault(pim, kind, times=2)
        assert uuids(pim, pauses) == everything(pim)
        fault(pim, kind, times=3)
        with pytest.raises(SystemUnavailable):
            uuids(pim, pauses)

    def test_a_slow_answer_is_waited_for_and_an_endless_one_is_not(
        self, pim: Sandbox, pauses: Pauses
    ) -> None:
        fault(pim, FaultKind.SLOW_DRIP, seconds=0.01)
        assert uuids(pim, pauses) == everything(pim)
        fault(pim, FaultKind.SLOW_DRIP, seconds=0.1, times=3)
        limits = Limits(answer_seconds=0.2)
        with (
            Client(endpoint_of(pim, "akeneo"), sleep=pauses, limits=limits) as client,
            pytest.raises(SystemUnavailable, match=r"more than 0\.2 seconds"),
        ):
            client.page("products-uuid", {"limit": "100"})

    def test_a_server_that_is_silent_is_unavailable(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.LATENCY, seconds=0.5, times=3)
        limits = Limits(silence_seconds=0.1)
        with (
            Client(endpoint_of(pim, "akeneo"), sleep=pauses, limits=limits) as client,
            pytest.raises(SystemUnavailable, match="did not answer"),
        ):
            client.page("products-uuid", {})

    def test_an_answer_beyond_the_limit_is_not_held(self, pim: Sandbox, pauses: Pauses) -> None:
        limits = Limits(max_bytes=10_000)
        with (
            Client(endpoint_of(pim, "akeneo"), sleep=pauses, limits=limits) as client,
            pytest.raises(SystemUnavailable, match="more than 10,000 bytes"),
        ):
            client.page("products-uuid", {"limit": "100"})


class TestPauses:
    def test_a_pause_is_made_as_asked_for(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.RATE_LIMIT, retry_after=7)
        fault(pim, FaultKind.RATE_LIMIT)
        assert uuids(pim, pauses) == everything(pim)
        assert pauses.seconds == [7.0, 5.0]

    def test_a_pause_that_is_too_long_is_left_to_whoever_runs_us(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.RATE_LIMIT, retry_after=600)
        with pytest.raises(RateLimited) as limited:
            uuids(pim, pauses)
        assert limited.value.retry_after == 600
        assert pauses.seconds == []

    def test_pauses_without_end_are_not_made(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.RATE_LIMIT, retry_after=50, times=None)
        with pytest.raises(RateLimited):
            uuids(pim, pauses)
        assert pauses.seconds == [50.0, 50.0]


class TestTokens:
    def test_an_expired_token_is_renewed_once(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.EXPIRED_TOKEN, skip=1)
        assert uuids(pim, pauses, limit="10") == everything(pim)

    def test_a_token_that_never_holds_is_denied(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.EXPIRED_TOKEN, times=None)
        with pytest.raises(AccessDenied, match="has expired"):
            uuids(pim, pauses)

    @pytest.mark.parametrize(
        "wrong",
        [{"password": "wrong"}, {"login": "nobody"}, {"extra": {"client_id": "x", "client_secret": "y"}}],
    )
    def test_wrong_credentials_are_denied_without_being_shown(
        self, pim: Sandbox, pauses: Pauses, wrong: dict[str, Any]
    ) -> None:
        endpoint = replace(endpoint_of(pim, "akeneo"), **wrong)
        with (
            Client(endpoint, sleep=pauses) as client,
            pytest.raises(AccessDenied, match="gives no token") as denied,
        ):
            client.page("families", {})
        secrets = (pim.credentials.akeneo_password, pim.credentials.akeneo_client_secret)
        assert not any(secret in str(denied.value) for secret in secrets)

    def test_a_failing_login_is_overcome(self, pim: Sandbox, pauses: Pauses) -> None:
        fault(pim, FaultKind.ERROR_BEFORE_EFFECT, operation="token", times=2)
        assert uuids(pim, pauses) == everything(pim)


def test_what_the_pim_does_not_understand_is_said_in_its_words(pim: Sandbox, pauses: Pauses) -> None:
    with pytest.raises(Misconfigured, match="You cannot request more than 100 items"):
        uuids(pim, pauses, limit="101")


@contextmanager
def hostile(link: str) -> Iterator[Endpoint]:
    """A PIM that links to wherever it likes."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer({"access_token": "token"})

        def do_GET(self) -> None:
            asked.append(self.path)
            items = [{"uuid": str(number)} for number in range(PAGE_SIZE)]
            href = link.format(port=self.server.server_address[1])
            self.answer({"_links": {"next": {"href": href}}, "_embedded": {"items": items}})

        def answer(self, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    port = server.server_address[1]
    try:
        yield Endpoint(host=f"http://127.0.0.1:{port}", login="a", password="b", extra={"account": "pim"})
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://evil.example/api/rest/v1/products-uuid?search_after=1",
        "http://127.0.0.1:{port}/_sandbox/state",
        "file:///etc/passwd",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(link: str) -> None:
    with (
        hostile(link) as endpoint,
        Client(endpoint) as client,
        pytest.raises(Misconfigured, match="links to"),
    ):
        list(client.pages("products-uuid", {}))


def test_pages_that_lead_round_in_a_circle_end() -> None:
    link = "http://127.0.0.1:{port}/api/rest/v1/products-uuid?search_after=1&limit=100"
    with hostile(link) as endpoint, Client(endpoint) as client:
        pages = client.pages("products-uuid", {})
        with pytest.raises(SystemUnavailable, match="in a circle"):
            for _ in range(10):
                next(pages)


def changed_products(box: Sandbox) -> int:
    """How many products changed on the second day, as the stand-in expects."""
    assert box.second_day is not None
    return next(
        one.delivered
        for one in box.second_day.day().expected
        if (one.flow, one.entity) == (PULL_PRODUCTS.dag_id, "products")
    )


class TestTheCursor:
    def read(
        self, box: Sandbox, watermark: dict[str, str] | None, **extra: Any
    ) -> tuple[Any, dict[str, Any]]:
        class Remembered:
            def watermark(self, account: str) -> dict[str, str] | None:
                return watermark

        (arrival,) = pull.arrivals(endpoint_of(box, "akeneo", **extra), Remembered(), NOW)
        files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
        return arrival, examined(PULL_PRODUCTS, landed(PULL_PRODUCTS, "pim", files))

    def test_the_next_read_begins_before_the_end_of_the_last(self, own_box: Sandbox) -> None:
        first, kept = self.read(own_box, None)
        assert kept["products"].accepted_count > 80
        own_box.drop_day(2)
        _, kept = self.read(own_box, {"at": (own_box.clock() - timedelta(minutes=5)).isoformat()})
        assert kept["products"].accepted_count + len(kept["products"].refused) == changed_products(own_box)
        assert first.next_watermark == {"at": (NOW - pull.END_LAG).isoformat()}

    def test_when_nothing_changed_only_the_lists_come_and_always_the_same(self, own_box: Sandbox) -> None:
        later = {"at": (NOW + timedelta(days=30)).isoformat()}

        class Remembered:
            def watermark(self, account: str) -> dict[str, str]:
                return later

        reads = []
        for _ in range(2):
            (arrival,) = pull.arrivals(endpoint_of(own_box, "akeneo"), Remembered(), NOW)
            reads.append([(file.entity, b"".join(file.blocks())) for file in arrival.files])
        assert {entity for entity, _ in reads[0]} == {"families", "categories"}
        assert reads[0] == reads[1]
        assert arrival.full_entities == ("families", "categories")

    @pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
    def test_a_server_in_another_zone_is_asked_in_its_own(self, tmp_path: Any, clock: Any, zone: str) -> None:
        with sandbox.running(tmp_path, clock=clock, scale=SCALE, start=START, akeneo_zone=zone) as elsewhere:
            elsewhere.drop_day(2)
            watermark = {"at": (clock() - timedelta(minutes=5)).isoformat()}
            _, kept = self.read(elsewhere, watermark, time_zone=zone)
            found = kept["products"].accepted_count + len(kept["products"].refused)
            assert found == changed_products(elsewhere)

    def test_a_zone_that_does_not_exist_is_said(self, box: Sandbox) -> None:
        with pytest.raises(Misconfigured, match="no time zone"):
            self.read(box, {"at": NOW.isoformat()}, time_zone="Europe/Atlantis")

    def test_fewer_products_than_promised_are_no_delivery(self, pim: Sandbox) -> None:
        fault(pim, FaultKind.PARTIAL_PAGE, skip=1)
        with pytest.raises(SystemUnavailable, match="says that there are"):
            self.read(pim, None)

    def test_fewer_categories_than_promised_are_no_delivery(self, pim: Sandbox) -> None:
        fault(pim, FaultKind.PARTIAL_PAGE, operation="categories")
        with pytest.raises(SystemUnavailable, match="sent 8 categories and says that there are 17"):
            self.read(pim, None)


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)), ZONES)
@example(datetime(2025, 10, 26, 1, 0, 0, 1), "Europe/Berlin")
def test_a_server_never_reads_a_moment_later_than_it_was_meant(moment: datetime, name: str) -> None:
    zone, meant = ZoneInfo(name), moment.replace(tzinfo=UTC)
    written = datetime.fromisoformat(server_time(meant, zone))
    for fold in (0, 1):
        understood = written.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        assert understood <= meant
        # An hour that comes twice is read from its beginning, and a server is told whole seconds.
        assert meant - understood < timedelta(hours=2, seconds=1)


def test_the_hour_that_comes_twice_is_read_whole() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert server_time(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), berlin) == "2026-10-25 01:30:00"
    assert server_time(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), berlin) == "2026-10-25 01:30:00"
    assert server_time(datetime(2026, 10, 25, 2, 30, tzinfo=UTC), berlin) == "2026-10-25 03:30:00"


PRODUCTS = st.lists(st.integers(1, 9), max_size=8)


@settings(max_examples=40)
@given(st.lists(PRODUCTS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_pages_in_any_order_and_any_number_lose_nothing(pages: list[list[int]], dice: Any) -> None:
    delivered = [*pages, *dice.choices(pages, k=2)]
    dice.shuffle(delivered)
    files = {}
    for position, numbers in enumerate(delivered):
        items = [
            {"uuid": f"uuid-{number}", "values": {"sku": [{"data": f"SKU-{number}"}]}} for number in numbers
        ]
        content = json.dumps({"_links": {}, "_embedded": {"items": items}}).encode()
        files[f"products_{position}.json"] = ("products", content)
    batches = list(pull.read(landed(PULL_PRODUCTS, "pim", files)))
    found = [
        (row["uuid"], row["values.sku[0].data"])
        for batch in batches
        for row in batch.frame.iter_rows(named=True)
    ]
    assert found == [(f"uuid-{number}", f"SKU-{number}") for numbers in delivered for number in numbers]
    lines = [line for batch in batches for line in batch.frame["_line"]]
    assert lines == list(range(1, len(found) + 1))
