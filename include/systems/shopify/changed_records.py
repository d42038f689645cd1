"""Records of the storefront that changed since a moment: fetched page by page, put back together when they are read.

The search names the moment, so what changes meanwhile is found still. A page holds the first lines, refunds and so on
of its records; what one has beyond that is fetched behind its page and landed with it. The version (``updatedAt``) of
every part must be that of the record, else the page is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from include.contracts.contract import contract
from include.contracts.json_layout import json_layout
from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, LandedFile, Memory
from include.errors import SystemUnavailable
from include.formats import json_records
from include.formats.batches import Batch
from include.formats.json_records import Records
from include.systems.shopify.client import Answer, Client, CostExceeded
from include.systems.shopify.record_parts import Kind, Moved, RecordPage, parts_beyond
from include.systems.web import account

SYSTEM = "shopify"
READS_OF_A_PAGE = 5
BEGINNING = datetime(2006, 1, 1, tzinfo=UTC)
"""Before the first shop."""

END_LAG = timedelta(seconds=60)
"""What changed so recently may not be in the shop's search index yet."""


def changed(kind: Kind, endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The records of a kind that changed, if any did.

    Raises:
        RetryLater, Stop: see ``client.Client.query``.
    """
    name = account(endpoint)
    with Client(endpoint) as client:
        found = _Changed(client, kind, _search(kind, memory.watermark(name)))
        if found.count:
            yield Arrival(
                account=name,
                kind="pages",
                name=f"{kind.plural}_{now:%Y%m%dT%H%M%SZ}",
                as_of=now,
                files=found.files(),
                next_watermark={"at": (now - END_LAG).astimezone(UTC).isoformat()},
            )


def read(kind: Kind, delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the landed pages, each completed by what was landed behind its page.

    One that is not complete even so is refused, the others go on.

    Raises:
        Unreadable: see ``formats.json_records.read``.
    """
    layout = json_layout(contract(SYSTEM, kind.plural), kind.records_at)
    for batch in json_records.batches(lambda: completed(kind, delivery.files), layout):
        yield replace(batch, entity=kind.plural)


def completed(kind: Kind, files: tuple[LandedFile, ...]) -> Iterator[Records]:
    """The records of each page, completed."""
    group: RecordPage | None = None
    for file in files:
        found = json_records.answer(file)
        data = found.value.get("data") if isinstance(found.value, dict) else None
        if group is None or not isinstance(data, dict) or kind.plural in data:
            if group is not None:
                yield group.records()
            group = RecordPage(kind, json_records.records_in(found, file.name, kind.records_at))
        else:
            group.add(found, file.name)
    if group is not None:
        yield group.records()


class _Changed:
    """The changed records, fetched page by page while somebody goes through them."""

    def __init__(self, client: Client, kind: Kind, search: str):
        self._client = client
        self._kind = kind
        self._search = search
        self._per_page = kind.per_page
        self._beginning = self._page(None)
        self.count = int(self._beginning.data[f"{kind.plural}Count"]["count"])

    def files(self) -> Iterator[ArrivingFile]:
        """The pages, each followed by what its records have beyond it.

        A record that changed once stays changed: fewer than the shop counted means that some are missing.
        """
        found: set[str] = set()
        name = self._kind.plural
        for number, group in enumerate(self._groups(), 1):
            found.update(str(record["id"]) for record in self._kind.records_of(group[0]))
            yield self._file(f"{name}_{number:05}.json", group[0])
            for position, part in enumerate(group[1:], 1):
                yield self._file(f"{name}_{number:05}_{position:03}.json", part)
        if len(found) < self.count:
            raise SystemUnavailable(f"Shopify counts {self.count} changed {name} and sent {len(found)}.")

    def _groups(self) -> Iterator[list[Answer]]:
        group = self._group(None, self._beginning)
        seen: set[str] = set()
        while True:
            yield group
            info = self._kind.page_of(group[0])["pageInfo"]
            if not info["hasNextPage"]:
                return
            if info["endCursor"] in seen:
                raise SystemUnavailable(f"Shopify's pages of {self._kind.plural} lead round in a circle.")
            seen.add(info["endCursor"])
            group = self._group(info["endCursor"], self._page(info["endCursor"]))

    def _group(self, after: str | None, page: Answer) -> list[Answer]:
        """A page with its parts, all of the same version."""
        for _ in range(READS_OF_A_PAGE):
            try:
                return [page, *parts_beyond(self._client, self._kind, page)]
            except Moved:
                page = self._page(after)
        raise SystemUnavailable(f"Some {self._kind.plural} keep changing while they are read.")

    def _page(self, after: str | None) -> Answer:
        """One page, with as many records as the shop gives at once."""
        while True:
            try:
                page = self._client.query(
                    self._kind.plural,
                    first=self._per_page,
                    after=after,
                    search=self._search,
                    **self._kind.sizes,
                )
                break
            except CostExceeded:
                if self._per_page == 1:
                    raise
                self._per_page //= 2
        self._refuse_short(page)
        return page

    def _refuse_short(self, page: Answer) -> None:
        count = len(self._kind.records_of(page))
        if self._kind.page_of(page)["pageInfo"]["hasNextPage"] and count < self._per_page:
            raise SystemUnavailable(
                f"Shopify sent {count} of {self._per_page} {self._kind.plural} on a page before the last one."
            )

    def _file(self, name: str, answer: Answer) -> ArrivingFile:
        return ArrivingFile(
            entity=self._kind.plural,
            name=name,
            size_bytes=len(answer.body),
            modified_at=None,
            blocks=lambda: iter((answer.body,)),
        )


def _search(kind: Kind, watermark: dict[str, Any] | None) -> str:
    since = datetime.fromisoformat(watermark["at"]) - kind.overlap if watermark else BEGINNING
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
