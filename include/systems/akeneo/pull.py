"""Flow ``pull_products_from_akeneo``: what changed in the PIM, and its families and categories.

Products come by ``updated``, from the last watermark minus an overlap, in pages that follow each other
by ``search_after``. The watermark is taken before anything is read, so what changes meanwhile comes
again. Families and categories are few and have no such filter: they are read as a whole each time. A
read that brings what the last one brought is recognized by its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from include.contracts.contract import contract
from include.contracts.json_layout import json_layout
from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, Memory
from include.errors import SystemUnavailable
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats import json_records
from include.formats.batches import Batch
from include.formats.json_records import Layout
from include.systems.akeneo.client import Client, Page, Parameters
from include.systems.web import account

SYSTEM = "akeneo"
RESOURCES = {"products": "products-uuid", "families": "families", "categories": "categories"}
LISTS = ("families", "categories")
RECORDS_AT = "_embedded.items"
KNOWN_KEYS = {
    "products": ("_links", "groups", "associations", "quantified_associations", "metadata"),
    "families": ("_links", "attribute_as_label", "attribute_as_image", "attribute_requirements", "parent"),
    "categories": ("_links", "updated", "position", "values", "channel_requirements"),
}

END_LAG = timedelta(seconds=60)
"""What changed so recently may not be in the PIM's search index yet."""

OVERLAP = timedelta(minutes=10)
"""How far behind the watermark a read begins: transactions and indexes need their time."""

PULL_PRODUCTS = PullFlow(
    dag_id="pull_products_from_akeneo",
    summary="Brings changed products, families and categories with localized texts and channel prices from the PIM.",
    system=SYSTEM,
    objects=("product", "category", "price", "content"),
    pattern=Pattern.API,
    because="The PIM lists what changed since a moment; a nightly file would make new texts and prices a day late.",
    latency=LatencyClass.SAME_DAY,
    owner="product-data",
    schedule="*/30 * * * *",
    late_after=timedelta(hours=2),
    entities=("products", "families", "categories"),
    source="include.systems.akeneo.pull:arrivals",
    reader="include.systems.akeneo.pull:read",
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Families, categories, and the products that changed.

    Raises:
        RetryLater, Stop: see ``client.Client.pages``.
    """
    name = account(endpoint)
    with Client(endpoint) as client:
        yield Arrival(
            account=name,
            kind="pages",
            name=f"products_{now:%Y%m%dT%H%M%SZ}",
            as_of=now,
            files=_files(client, _search(client, memory.watermark(name))),
            full_entities=LISTS,
            next_watermark={"at": (now - END_LAG).astimezone(UTC).isoformat()},
        )


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the landed pages; see ``formats.json_records.read``.

    Raises:
        Unreadable: a page is cut off, or no page of such a list.
    """
    for entity in RESOURCES:
        pages = [file for file in delivery.files if file.entity == entity]
        for batch in json_records.read(pages, _layout(entity)) if pages else ():
            yield Batch(batch.frame, batch.refused, entity, batch.notes)


def server_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as a filter of the PIM wants it: in the server's time zone, without saying so.

    In the hour that the clock repeats in autumn the text means two moments; one hour earlier means both.
    """
    local = moment.astimezone(zone)
    shift = (local.replace(fold=0).utcoffset() or timedelta()) - (
        local.replace(fold=1).utcoffset() or timedelta()
    )
    return f"{local.replace(tzinfo=None) - max(shift, timedelta()):%Y-%m-%d %H:%M:%S}"


def _files(client: Client, search: Parameters) -> Iterator[ArrivingFile]:
    """The pages, fetched while somebody goes through them."""
    for entity in LISTS:
        yield from _whole_list(client, entity)
    yield from _changed_products(client, search)


def _changed_products(client: Client, search: Parameters) -> Iterator[ArrivingFile]:
    """The pages of products that changed; none if there are none.

    Whoever pages cannot tell a short last page from a broken one, so the PIM is asked before how many
    there are. What changed once stays changed: fewer at the end means that some are missing.
    """
    resource = RESOURCES["products"]
    counting = {**search, "pagination_type": "page", "with_count": "true", "limit": "1"}
    promised = client.page(resource, counting).item_count
    found = 0
    for number, page in enumerate(client.pages(resource, {**search, "pagination_type": "search_after"}), 1):
        found += len({str(item.get("uuid")) for item in page.items})
        if page.items:
            yield _file("products", number, page)
    _refuse_gap("products", found, promised)


def _whole_list(client: Client, entity: str) -> Iterator[ArrivingFile]:
    found, promised = 0, None
    for number, page in enumerate(client.pages(RESOURCES[entity], {"with_count": "true"}), 1):
        found += len({str(item.get("code")) for item in page.items})
        promised = page.item_count
        yield _file(entity, number, page)
    _refuse_gap(entity, found, promised)


def _refuse_gap(entity: str, found: int, promised: int | None) -> None:
    if promised is None or found < promised:
        raise SystemUnavailable(f"Akeneo sent {found} {entity} and says that there are {promised}.")


def _file(entity: str, number: int, page: Page) -> ArrivingFile:
    return ArrivingFile(
        entity=entity,
        name=f"{entity}_{number:05}.json",
        size_bytes=len(page.body),
        modified_at=None,
        blocks=lambda: iter((page.body,)),
    )


def _search(client: Client, watermark: dict[str, str] | None) -> Parameters:
    if watermark is None:
        return {}
    since = datetime.fromisoformat(watermark["at"]) - OVERLAP
    condition = {"operator": ">", "value": server_time(since, client.time_zone)}
    return {"search": json.dumps({"updated": [condition]})}


def _layout(entity: str) -> Layout:
    return json_layout(contract(SYSTEM, entity), RECORDS_AT, KNOWN_KEYS[entity])
