"""How a landed delivery becomes batches: by its flow's reader, or as repaired records."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg

from include.delivery import LandedDelivery, LandedFile
from include.flow import PullFlow, resolved
from include.formats.batches import Batch
from include.stores.landing import files_of
from include.stores.landing_files import LandingFiles


def landed(connection: psycopg.Connection, files: LandingFiles, facts: dict[str, Any]) -> LandedDelivery:
    """A delivery with its bytes at hand, from its claimed row in the ledger."""
    return LandedDelivery(
        delivery_id=facts["delivery_id"],
        flow=facts["flow"],
        source_system=facts["source_system"],
        account=facts["account"],
        kind=facts["kind"],
        name=facts["name"],
        as_of=facts["as_of"],
        full_entities=tuple(facts["full_entities"]),
        files=tuple(
            LandedFile(entity=entity, name=name, sha256=sha256, blocks=partial(files.blocks, sha256))
            for entity, name, sha256 in files_of(connection, facts["delivery_id"])
        ),
    )


def read(flow: PullFlow, delivery: LandedDelivery) -> Iterator[Batch]:
    """The batches of a delivery.

    A delivery of kind ``repair`` holds records as text columns, one JSON object a line, whatever the
    flow's own format is.

    Raises:
        Unreadable: it cannot be used as a whole.
    """
    if delivery.kind != "repair":
        yield from resolved(flow.reader)(delivery)
        return
    from include.formats.json_records import flat_records

    for file in delivery.files:
        yield from flat_records(file.blocks(), entity=file.entity)
