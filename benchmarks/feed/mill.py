"""A made-up system whose deliveries are files in a folder: its contract, its rights, its source, its reader.

Everything behind the source is the suite's own: the steps, the delimited reader, the contract's check, raw.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from include import ownership
from include.contracts import contract as contracts
from include.contracts.contract import Contract, contract
from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems import partner_files
from include.systems.partners import Partner

SYSTEM, ENTITY, OBJECT, OWNER = "mill", "offers", "offer", "integration"
CONTRACT = Path(__file__).with_name("offers.yml")
BLOCK_BYTES = 65_536
FLOW = PullFlow(
    dag_id="pull_offers_from_mill",
    summary="Brings the offers that lie in a folder.",
    system=SYSTEM,
    objects=(OBJECT,),
    pattern=Pattern.FILE,
    because="A benchmark needs a feed of any length.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    entities=(ENTITY,),
    source="benchmarks.feed.mill:arrivals",
    reader="benchmarks.feed.mill:read",
)


def install(folder: Path) -> Contract:
    """Let the suite of this process find the mill's contract and rights below ``folder``, where both are written."""
    (folder / "contracts" / SYSTEM).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(CONTRACT, folder / "contracts" / SYSTEM / f"{ENTITY}.yml")
    document = yaml.safe_load(ownership.FILE.read_text(encoding="utf-8"))
    document["systems"][SYSTEM] = {"name": "Mill"}
    document["objects"][OBJECT] = _offer()
    (folder / "ownership.yml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    contracts.CONTRACTS, ownership.FILE = folder / "contracts", folder / "ownership.yml"
    contracts.contract.cache_clear()
    return contract(SYSTEM, ENTITY)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Every file of the folder, by name; what is taken is moved aside."""
    for path in sorted(Path(endpoint.host).glob("*.csv")):
        yield Arrival(
            account="north",
            kind="file",
            name=path.name,
            as_of=now,
            files=[_arriving(path)],
            after_landing=partial(path.rename, path.with_suffix(".taken")),
        )


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the files."""
    for file in delivery.files:
        yield from partner_files.read(file, Partner(account=delivery.account))


def _arriving(path: Path) -> ArrivingFile:
    facts = path.stat()
    return ArrivingFile(
        entity=ENTITY,
        name=path.name,
        size_bytes=facts.st_size,
        modified_at=datetime.fromtimestamp(int(facts.st_mtime), UTC),
        blocks=partial(_blocks, path),
    )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _offer() -> dict[str, Any]:
    return {
        "description": "What the mill offers.",
        "identifiers": ["offer_id"],
        "system_of_record": SYSTEM,
        "create": [SYSTEM],
        "update": [SYSTEM],
        "ask": [],
        "correct": [SYSTEM],
        "consume": [],
        "fallback": "There is none.",
        "owner": OWNER,
    }
