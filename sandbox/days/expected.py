"""What an ideal suite makes of a delivery: counts, refusals, reasons; so that a run can be compared with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of a delivery as a whole."""

    ACCEPTED = "accepted"
    """Its good records are loaded."""
    OLDER = "older"
    """Accepted, but a newer version of every record is known: nothing changes."""
    DUPLICATE = "duplicate"
    """The same bytes were delivered before: skipped, on record."""
    BROKEN = "broken"
    """It cannot be read to its end: refused as a whole."""
    INCOMPLETE = "incomplete"
    """A file of the set is missing: it waits."""


class Flow(StrEnum):
    """The pulls that deliveries belong to, by DAG id."""

    PRODUCTS = "pull_products_from_akeneo"
    PURCHASES = "pull_purchase_orders_from_erp_sftp"
    RATES = "pull_exchange_rates_from_erp_sftp"
    PRICES = "pull_prices_from_erp_sftp"
    CATALOG = "pull_catalog_from_supplier_sftp"
    STOCK = "pull_stock_from_warehouse_edi"
    ORDERS = "pull_orders_from_shopify"
    CARTS = "pull_carts_from_shopify"
    MARKETPLACE = "pull_orders_from_marketplace_sftp"
    LEDGER = "pull_orders_from_ledger_sftp"
    PANEL = "pull_orders_from_panel_sftp"
    CAMPAIGNS = "pull_promotions_from_panel_sftp"
    SETTLEMENTS = "pull_settlements_from_adyen_sftp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A record that breaks its contract.

    Attributes:
        key: what a person calls the record: SKU, order number.
        field: the contract's name of the field.
        value: what stands there; empty where it is missing.
        why: in a sentence.
    """

    key: str
    field: str
    value: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is to be counted for one entity of one delivery.

    Attributes:
        delivery: the file, the folder of a set, or the list of an API.
        delivered: records in it; for an API that is read by a cursor, those that are new or changed.
        changed: how many of the accepted ones say something new (their time alone does not count); None where
            nothing was known before.
        note: what a person should know about it.
    """

    day: int
    flow: Flow
    entity: str
    delivery: str
    delivered: int
    outcome: Outcome = Outcome.ACCEPTED
    refused: tuple[Refusal, ...] = ()
    changed: int | None = None
    note: str = ""

    @property
    def accepted(self) -> int:
        """Records that fulfil the contract."""
        return (
            0 if self.outcome in (Outcome.BROKEN, Outcome.DUPLICATE) else self.delivered - len(self.refused)
        )

    def to_json(self) -> dict[str, object]:
        """As a JSON object."""
        return asdict(self) | {"accepted": self.accepted}


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFile:
    """A file that a partner puts on the SFTP server."""

    account: str
    path: str
    content: bytes


@dataclass(slots=True)
class Day:
    """Everything that arrives on one day.

    Attributes:
        gate_stops: articles whose price must not reach the shop without a person's word.
    """

    files: list[DroppedFile] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    gate_stops: list[str] = field(default_factory=list)

    def drop(self, account: str, content: bytes, expected: Expected) -> None:
        """A delivery of one file, which lies where ``expected.delivery`` says."""
        self.files.append(DroppedFile(account=account, path=expected.delivery, content=content))
        self.expected.append(expected)
