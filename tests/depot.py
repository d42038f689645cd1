"""A made-up system for tests: deliveries are folders on this machine, contracts are made where they are needed.

    depot = Depot(folder)                 # or the fixture of that name
    depot.install()                       # its contracts, partners and rights are known from now on
    prices = depot.flow("prices")         # a PullFlow; raw.depot__prices
    depot.deliver("prices", [{"sku": "A"}], as_of=moment)
    run(prices, workspace)                # land, check_contract, load_raw, count_balance

Three entities are there from the beginning, with the same columns: ``lists`` and ``changes``, whose records carry no
version, and ``versions``, which are ordered by their ``revision``. Whether a delivery is a complete list is said
with each delivery. A process of its own installs the same depot from the same folder.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from include import ownership
from include.contracts import contract as contracts
from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems import partner_files, partners
from include.workspace import Workspace

SYSTEM = "depot"
OBJECT = "parcel"
OWNER = "integration"
MORNING = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
STEPS = ("land", "check_contract", "load_raw", "count_balance")
COLUMNS = ("sku", "size", "price", "note", "revision", "changed_at", "is_active", "made_on")
PROPERTIES: tuple[dict[str, Any], ...] = (
    {
        "name": "sku",
        "logicalType": "string",
        "required": True,
        "primaryKey": True,
        "primaryKeyPosition": 1,
        "logicalTypeOptions": {"minLength": 1, "maxLength": 64},
    },
    {
        "name": "size",
        "logicalType": "integer",
        "physicalType": "integer",
        "required": True,
        "primaryKey": True,
        "primaryKeyPosition": 2,
    },
    {
        "name": "price",
        "logicalType": "number",
        "physicalType": "numeric(12,2)",
        "logicalTypeOptions": {"minimum": 0},
    },
    {"name": "note", "logicalType": "string"},
    {"name": "revision", "logicalType": "integer", "required": True},
    {"name": "changed_at", "logicalType": "timestamp"},
    {"name": "is_active", "logicalType": "boolean"},
    {"name": "made_on", "logicalType": "date"},
)

Row = Mapping[str, Any]


class Depot:
    """The made-up system below a folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._installed: tuple[Path, Path, Path] | None = None

    def install(self) -> None:
        """Let the suite find the depot's contracts, partner profiles and rights beside the real ones."""
        if not self.folder.exists():
            self._make()
        self._installed = (contracts.CONTRACTS, partners.SYSTEMS, ownership.FILE)
        self._point_to(self.folder / "contracts", self.folder / "systems", self.folder / "ownership.yml")

    def uninstall(self) -> None:
        """As it was before."""
        assert self._installed is not None
        self._point_to(*self._installed)

    def endpoint(self, connection_id: str) -> Endpoint:
        """Where the depot's deliveries lie."""
        assert connection_id == SYSTEM, connection_id
        return Endpoint(host=str(self.folder))

    def flow(self, *entities: str, **facts: Any) -> PullFlow:
        """A pull flow of some entities."""
        return flow(*entities, **facts)

    def deliver(
        self, content: Sequence[Row] | bytes | Mapping[str, Sequence[Row] | bytes], **facts: Any
    ) -> None:
        """Put a delivery into the inbox.

        Args:
            content: rows, or a file byte for byte; by entity where there are several (else ``entity``).
            facts: entity, account, name, as_of, full (entities of which it is a complete list), watermark, kind.
        """
        files = content if isinstance(content, Mapping) else {facts.pop("entity", "lists"): content}
        number = len(list(self.inbox.iterdir())) + len(list(self.archive.iterdir())) + 1
        place = self.inbox / f"{number:05}"
        made = place.with_suffix(".writing")
        made.mkdir()
        for entity, part in files.items():
            (made / f"{entity}.csv").write_bytes(part if isinstance(part, bytes) else written(part))
        told = {
            "account": "north",
            "name": f"delivery {number}",
            "as_of": MORNING,
            "kind": "file",
            "full": (),
        }
        (made / "delivery.json").write_text(json.dumps({**told, **facts}, default=str))
        made.rename(place)

    def agree(self, entity: str, *, properties: Iterable[Row] = PROPERTIES, **custom: Any) -> None:
        """Make or replace a contract.

        Args:
            custom: its custom properties, as recordVersion, drift, deleteCap; ``version`` and ``rules`` apart.
        """
        path = self.folder / "contracts" / SYSTEM / f"{entity}.yml"
        document = contract_document(entity, properties=properties, **custom)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        contracts.contract.cache_clear()

    def profile(self, account: str = "north", **facts: Any) -> None:
        """Make or replace the profile of a partner; then every account needs one."""
        folder = self.folder / "systems" / SYSTEM / "partners"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{account}.yml").write_text(yaml.safe_dump(facts))
        partners.partner.cache_clear()

    def give_rights(self, **changes: Any) -> None:
        """Change what ownership.yml says of the depot's object."""
        path = self.folder / "ownership.yml"
        document = yaml.safe_load(path.read_text())
        document["objects"][OBJECT] |= changes
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        _forget_ownership()

    @property
    def inbox(self) -> Path:
        """Deliveries that lie ready."""
        return self.folder / "inbox"

    @property
    def archive(self) -> Path:
        """Deliveries that were taken."""
        return self.folder / "archive"

    def _make(self) -> None:
        for name in ("inbox", "archive", f"contracts/{SYSTEM}", f"systems/{SYSTEM}"):
            (self.folder / name).mkdir(parents=True)
        for real, copy in (
            (contracts.CONTRACTS, self.folder / "contracts"),
            (partners.SYSTEMS, self.folder / "systems"),
        ):
            for system in real.iterdir():
                if system.is_dir() and not system.name.startswith("__"):
                    (copy / system.name).symlink_to(system)
        document = yaml.safe_load(ownership.FILE.read_text())
        document["systems"][SYSTEM] = {"name": "Depot"}
        document["objects"][OBJECT] = _parcel()
        (self.folder / "ownership.yml").write_text(yaml.safe_dump(document, sort_keys=False))
        self.agree("lists", deleteCap=1)
        self.agree("changes")
        self.agree("versions", recordVersion="revision")

    def _point_to(self, contract_folder: Path, systems: Path, ownership_file: Path) -> None:
        contracts.CONTRACTS, partners.SYSTEMS, ownership.FILE = contract_folder, systems, ownership_file
        contracts.contract.cache_clear()
        partners.partner.cache_clear()
        _forget_ownership()


def flow(*entities: str, **facts: Any) -> PullFlow:
    """A pull flow from the depot."""
    return PullFlow(
        **{
            "dag_id": f"pull_{entities[0]}_from_depot",
            "summary": "Brings what lies in the depot.",
            "system": SYSTEM,
            "objects": (OBJECT,),
            "pattern": Pattern.FILE,
            "because": "Tests need a system that does as it is told.",
            "latency": LatencyClass.SAME_DAY,
            "owner": OWNER,
            "entities": entities,
            "source": "depot:arrivals",
            "reader": "depot:read",
            **facts,
        }
    )


def run(pull: PullFlow, workspace: Workspace, steps: Iterable[str] = STEPS) -> dict[str, dict[str, Any]]:
    """Steps one after another; what each of them says."""
    return {step: run_step(step, pull, workspace) for step in steps}


def run_step(step: str, pull: PullFlow, workspace: Workspace, **options: Any) -> dict[str, Any]:
    """One step by its name."""
    return getattr(importlib.import_module(f"include.steps.{step}"), step)(pull, workspace, **options)


def row(sku: str, size: int | str = 1, **values: Any) -> dict[str, Any]:
    """A good record; every column may be set, None leaves it empty."""
    return {"sku": sku, "size": size, "price": "1.00", "note": None, "revision": 1} | values


def written(rows: Sequence[Row], columns: Sequence[str] = COLUMNS, **dialect: Any) -> bytes:
    """Rows as a file: UTF-8, a header, one record a line; columns that only some rows have come last."""
    names = list(dict.fromkeys([*columns, *(name for one in rows for name in one)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, **{"lineterminator": "\n", **dialect})
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def contract_document(
    entity: str,
    *,
    properties: Iterable[Row],
    version: str = "1.0.0",
    rules: Iterable[Row] = (),
    **custom: Any,
) -> dict[str, Any]:
    """A contract in the Open Data Contract Standard."""
    facts = {"object": OBJECT, **custom}
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"{SYSTEM}.{entity}",
        "version": version,
        "status": "active",
        "team": {"members": [{"username": OWNER, "role": "owner"}]},
        "customProperties": [{"property": name, "value": value} for name, value in facts.items()],
        "schema": [
            {
                "name": entity,
                "logicalType": "object",
                "properties": [dict(one) for one in properties],
                "quality": [dict(one) for one in rules],
            }
        ],
    }


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Every delivery in the inbox, in the order in which they were put there."""
    root = Path(endpoint.host)
    for place in sorted((root / "inbox").glob("*[0-9]")):
        facts = json.loads((place / "delivery.json").read_text())
        yield Arrival(
            account=facts["account"],
            kind=facts["kind"],
            name=facts["name"],
            as_of=datetime.fromisoformat(facts["as_of"]),
            full_entities=tuple(facts["full"]),
            next_watermark=facts.get("watermark"),
            files=[_arriving(path) for path in sorted(place.glob("*.csv"))],
            after_landing=partial(place.rename, root / "archive" / place.name),
        )


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the files as their partner writes them."""
    profile = partners.partner(SYSTEM, delivery.account)
    for file in delivery.files:
        yield from partner_files.read(file, profile)


@dataclass(frozen=True)
class _Blocks:
    path: Path

    def __call__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while block := file.read(65_536):
                yield block


def _arriving(path: Path) -> ArrivingFile:
    facts = path.stat()
    return ArrivingFile(
        entity=path.stem,
        name=path.name,
        size_bytes=facts.st_size,
        modified_at=datetime.fromtimestamp(int(facts.st_mtime), UTC),
        blocks=_Blocks(path),
    )


def _parcel() -> dict[str, Any]:
    return {
        "description": "Something that is in the depot.",
        "identifiers": ["sku"],
        "system_of_record": SYSTEM,
        "create": [SYSTEM],
        "update": [SYSTEM],
        "ask": [],
        "correct": [SYSTEM],
        "consume": [],
        "fallback": "There is none.",
        "owner": OWNER,
    }


def _forget_ownership() -> None:
    for remembered in (ownership.objects, ownership.owners, ownership.systems, ownership._document):
        remembered.cache_clear()
