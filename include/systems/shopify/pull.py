"""Flow ``pull_orders_from_shopify``: orders that changed, with everything that belongs to them. Flow
``pull_landed_orders_from_shopify``: the same from the tables of a connector, see ``landed_orders``.

Orders come by ``updated_at``, from the last watermark minus an overlap, oldest change first; one that
changes meanwhile moves to the end and comes again. A page holds the first lines, refunds and so on of
its orders; what an order has beyond that is fetched behind its page and landed with it. The version
(``updatedAt``) of every part must be that of the order, else the page is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from include.contracts.contract import contract
from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, LandedFile, Memory
from include.errors import SystemUnavailable
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats import json_records
from include.formats.batches import Batch
from include.formats.json_records import Layout, Records
from include.systems.shopify.client import Answer, Client, CostExceeded
from include.systems.shopify.order_parts import PARTS, Moved, OrderPage, orders_of, parts_beyond
from include.systems.web import account

SYSTEM = "shopify"
ENTITY = "orders"
RECORDS_AT = "data.orders.nodes"
ORDERS_PER_PAGE = 4
READS_OF_A_PAGE = 5
BEGINNING = datetime(2006, 1, 1, tzinfo=UTC)
"""Before the first shop."""

END_LAG = timedelta(seconds=60)
"""What changed so recently may not be in the shop's search index yet."""

OVERLAP = timedelta(minutes=10)
"""How far behind the watermark a read begins."""

PULL_ORDERS = PullFlow(
    dag_id="pull_orders_from_shopify",
    summary="Brings changed orders with lines, payments, refunds, returns and shipments from the storefront.",
    system=SYSTEM,
    objects=(
        "order",
        "customer",
        "address",
        "payment",
        "tax",
        "fulfillment",
        "return",
        "refund",
        "promotion",
    ),
    pattern=Pattern.API,
    because="The storefront lists what changed since a moment; events alone may be lost, doubled or out of order.",
    latency=LatencyClass.SAME_DAY,
    owner="order-operations",
    schedule="*/10 * * * *",
    late_after=timedelta(minutes=45),
    entities=(ENTITY,),
    source="include.systems.shopify.pull:arrivals",
    reader="include.systems.shopify.pull:read",
)

PULL_LANDED_ORDERS = replace(
    PULL_ORDERS,
    dag_id="pull_landed_orders_from_shopify",
    summary="Brings the orders of a storefront from the tables in which a connector has landed them.",
    because="A retailer whose connector lands the shop already keeps it: the shop is read once, the model is the same.",
    schedule="25 * * * *",
    late_after=timedelta(hours=6),
    source="include.systems.shopify.landed_orders:arrivals",
    reader="include.systems.shopify.landed_orders:read",
    connection="shopify_connector",
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The orders that changed, if any did.

    Raises:
        RetryLater, Stop: see ``client.Client.query``.
    """
    name = account(endpoint)
    with Client(endpoint) as client:
        changed = _ChangedOrders(client, _search(memory.watermark(name)))
        if changed.order_count:
            yield Arrival(
                account=name,
                kind="pages",
                name=f"orders_{now:%Y%m%dT%H%M%SZ}",
                as_of=now,
                files=changed.files(),
                next_watermark={"at": (now - END_LAG).astimezone(UTC).isoformat()},
            )


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Orders of the landed pages, each completed by what was landed behind its page.

    An order that is not complete even so is refused, the others go on.

    Raises:
        Unreadable: see ``formats.json_records.read``.
    """
    layout = Layout(
        records_at=RECORDS_AT,
        columns=tuple(p.source for p in contract(SYSTEM, ENTITY).properties if not p.is_derived),
        known=frozenset(contract(SYSTEM, ENTITY).not_taken),
    )
    for batch in json_records.batches(lambda: completed(delivery.files), layout):
        yield replace(batch, entity=ENTITY)


class _ChangedOrders:
    """The changed orders, fetched page by page while somebody goes through them."""

    def __init__(self, client: Client, search: str):
        self._client = client
        self._search = search
        self._per_page = ORDERS_PER_PAGE
        self._beginning = self._page(None)
        self.order_count = int(self._beginning.data["ordersCount"]["count"])

    def files(self) -> Iterator[ArrivingFile]:
        """The pages, each followed by what its orders have beyond it.

        An order that changed once stays changed: fewer than the shop counted means that some are missing.
        """
        found: set[str] = set()
        for number, group in enumerate(self._groups(), 1):
            found.update(str(order["id"]) for order in orders_of(group[0]))
            yield _file(f"orders_{number:05}.json", group[0])
            for position, part in enumerate(group[1:], 1):
                yield _file(f"orders_{number:05}_{position:03}.json", part)
        if len(found) < self.order_count:
            raise SystemUnavailable(
                f"Shopify counts {self.order_count} changed orders and sent {len(found)}."
            )

    def _groups(self) -> Iterator[list[Answer]]:
        group = self._group(None, self._beginning)
        seen: set[str] = set()
        while True:
            yield group
            info = group[0].data["orders"]["pageInfo"]
            if not info["hasNextPage"]:
                return
            if info["endCursor"] in seen:
                raise SystemUnavailable("Shopify's pages of orders lead round in a circle.")
            seen.add(info["endCursor"])
            group = self._group(info["endCursor"], self._page(info["endCursor"]))

    def _group(self, after: str | None, page: Answer) -> list[Answer]:
        """A page with its parts, all of the same version."""
        for _ in range(READS_OF_A_PAGE):
            try:
                return [page, *parts_beyond(self._client, page)]
            except Moved:
                page = self._page(after)
        raise SystemUnavailable("Orders keep changing while they are read.")

    def _page(self, after: str | None) -> Answer:
        """One page, with as many orders as the shop gives at once."""
        sizes = {name: size for part in PARTS for name, size in part.variables.items()}
        while True:
            try:
                page = self._client.query(
                    "orders", first=self._per_page, after=after, search=self._search, **sizes
                )
                break
            except CostExceeded:
                if self._per_page == 1:
                    raise
                self._per_page //= 2
        self._refuse_short(page)
        return page

    def _refuse_short(self, page: Answer) -> None:
        count, is_last = len(orders_of(page)), not page.data["orders"]["pageInfo"]["hasNextPage"]
        if not is_last and count < self._per_page:
            raise SystemUnavailable(
                f"Shopify sent {count} of {self._per_page} orders on a page before the last one."
            )


def _file(name: str, answer: Answer) -> ArrivingFile:
    return ArrivingFile(
        entity=ENTITY,
        name=name,
        size_bytes=len(answer.body),
        modified_at=None,
        blocks=lambda: iter((answer.body,)),
    )


def _search(watermark: dict[str, Any] | None) -> str:
    since = datetime.fromisoformat(watermark["at"]) - OVERLAP if watermark else BEGINNING
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def completed(files: tuple[LandedFile, ...]) -> Iterator[Records]:
    """The orders of each page, completed."""
    group: OrderPage | None = None
    for file in files:
        found = json_records.answer(file)
        data = found.value.get("data") if isinstance(found.value, dict) else None
        if group is None or not isinstance(data, dict) or "orders" in data:
            if group is not None:
                yield group.records()
            group = OrderPage(json_records.records_in(found, file.name, RECORDS_AT))
        else:
            group.add(found, file.name)
    if group is not None:
        yield group.records()
