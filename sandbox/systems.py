"""All stand-ins together: one world, one state, and the days that come over them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, timedelta
from functools import cached_property
from pathlib import Path

import paramiko

from sandbox.admin import Admin
from sandbox.akeneo.catalog import PimCatalog
from sandbox.akeneo.rest_api import Akeneo
from sandbox.akeneo.tokens import Connection, Tokens
from sandbox.clock import Clock, from_iso, iso_z, wall_clock
from sandbox.credentials import ACCOUNTS, Credentials, kept_credentials, kept_key
from sandbox.days.day_one import first_day, pim_flaws
from sandbox.days.day_two import SecondDay
from sandbox.days.expected import Day, DroppedFile
from sandbox.days.partners import control_number_of
from sandbox.faults import Fault, FaultKind, Faults
from sandbox.sftp import Account, SftpServer
from sandbox.shopify.admin_api import Shopify
from sandbox.shopify.cart_documents import CartWriter
from sandbox.shopify.cost import LeakyBucket
from sandbox.shopify.inventory import Inventory
from sandbox.shopify.order_documents import OrderWriter
from sandbox.shopify.queries import SHOP_DOMAIN
from sandbox.shopify.seed import Seed
from sandbox.shopify.tables import ShopTables
from sandbox.state import State
from sandbox.suppliers.mailbox import Supplier
from sandbox.suppliers.retailer import RetailerDesk
from sandbox.suppliers.warehouse import WarehouseDesk
from sandbox.web import WebServer
from sandbox.world import DEFAULT_SEED, World

API_VERSION = "2026-07"
SALES_ON_DAY_TWO = 3
MAILBOXES = {
    "supplier": ("nordkap", "fjell"),
    "warehouse": ("central", "north"),
    "retailer": ("harbor", "warenring"),
}
"""Partners by account whose mailboxes are there though they send nothing but answers."""

DAY_TWO_FAULTS = (
    Fault(system="shopify", operation="orders", kind=FaultKind.DUPLICATE_RECORD),
    Fault(system="shopify", operation="productSet", kind=FaultKind.ERROR_AFTER_EFFECT),
    Fault(system="shopify", operation="productSet", kind=FaultKind.ERROR_BEFORE_EFFECT),
    Fault(system="shopify", operation="productSet", kind=FaultKind.RATE_LIMIT, retry_after=1),
    Fault(system="shopify", operation="inventorySetQuantities", kind=FaultKind.ERROR_AFTER_EFFECT),
    Fault(system="shopify", operation="inventorySetQuantities", kind=FaultKind.RATE_LIMIT, retry_after=1),
    Fault(system="shopify", operation="inventorySetQuantities", kind=FaultKind.RATE_LIMIT),
    Fault(system="shopify", operation="inventorySetQuantities", kind=FaultKind.THROTTLE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a sandbox is set up.

    Attributes:
        state_dir: where everything is kept; a second start with the same folder goes on where the first ended.
        scale: size of the world; 1 is 400 products in about 1,100 variants. Kept from the first start.
        start: the first business day; the day before yesterday where none is given. Kept from the first start.
        day: 1 to begin with the deliveries of the first day, 0 to begin without.
        host: address that the servers bind.
        ports: of akeneo, shopify, sftp; 0 or absent for any free one.
        akeneo_zone: time zone of the PIM's server.
        token_lifetime: of the PIM's access tokens, in seconds.
        bucket_size, restore_rate: points that the shop lets an app spend, and gets back in a second.
    """

    state_dir: Path
    scale: float = 1.0
    seed: int = DEFAULT_SEED
    start: date | None = None
    day: int = 1
    host: str = "127.0.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)
    akeneo_zone: str = "UTC"
    token_lifetime: int = 3600
    bucket_size: float = 2000.0
    restore_rate: float = 100.0


class Sandbox:
    """The stand-ins, running.

    Attributes:
        world: what is true on the first day.
        state: what was asked for and what was changed.
        faults: to switch on and off.
        credentials: of all systems.
    """

    def __init__(self, settings: Settings, clock: Clock = wall_clock):
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings = settings
        self.clock = clock
        self.state = State(settings.state_dir / "sandbox.sqlite")
        self.faults = Faults(self.state)
        self.credentials: Credentials = kept_credentials(settings.state_dir)
        self.world = self._kept_world()
        self.tables = ShopTables(self.state)
        self._dropping = threading.Lock()
        self._answering = threading.Lock()
        self._fill_shop()
        self._open()
        if settings.day >= 1 and self.day == 0:
            self.drop_day(1)

    def _kept_world(self) -> World:
        kept = self.state.fact("world")
        if kept is None:
            start = self.settings.start or (self.clock().astimezone(UTC) - timedelta(days=2)).date()
            kept = {"seed": self.settings.seed, "scale": self.settings.scale, "start": start.isoformat()}
            self.state.remember("world", kept)
        return World(seed=kept["seed"], scale=kept["scale"], start=date.fromisoformat(kept["start"]))

    def _fill_shop(self) -> None:
        with self.state.transaction():
            if not self.state.fact("is_shop_filled"):
                Seed(self.world, self.tables).fill()
                self.state.remember("is_shop_filled", True)

    def _open(self) -> None:
        self.pim = self._pim()
        self.shop = self._shop()
        admin = Admin(self).answer
        self._servers = {
            system.name: WebServer(
                system,
                admin,
                self.state,
                self.faults,
                self.settings.host,
                self.settings.ports.get(system.name, 0),
            )
            for system in (self.pim, self.shop)
        }
        self.sftp = self._sftp()

    def _pim(self) -> Akeneo:
        given = self.credentials
        connection = Connection(
            client_id=given.akeneo_client_id,
            secret=given.akeneo_client_secret,
            username=given.akeneo_username,
            password=given.akeneo_password,
        )
        tokens = Tokens(connection, self.state, self.clock, self.settings.token_lifetime)
        return Akeneo(self._pim_catalog(), tokens, self.clock, self.settings.akeneo_zone)

    def _pim_catalog(self) -> PimCatalog:
        second = self.second_day
        return PimCatalog(self.world, pim_flaws(self.world), second.edits if second else None)

    def _shop(self) -> Shopify:
        bucket = LeakyBucket(self.settings.bucket_size, self.settings.restore_rate)
        return Shopify(self.tables, self.clock, self.credentials.shopify_access_token, bucket)

    def _sftp(self) -> SftpServer:
        folder = self.settings.state_dir
        accounts = [self._account(name) for name in ACCOUNTS]
        host_key = paramiko.Ed25519Key.from_private_key_file(str(kept_key(folder / "host_key")))
        port = self.settings.ports.get("sftp", 0)
        return SftpServer(accounts, host_key, self.state, self.faults, self.settings.host, port)

    def _account(self, name: str) -> Account:
        folder = self.settings.state_dir / "sftp" / name
        folder.mkdir(parents=True, exist_ok=True)
        for partner in MAILBOXES.get(name, ()):
            for part in ("out", "in", "archive"):
                (folder / partner / part).mkdir(parents=True, exist_ok=True)
        key = paramiko.Ed25519Key.from_private_key_file(str(self.key_file(name)))
        password = self.credentials.sftp_passwords[name]
        return Account(name=name, password=password, public_key=key.get_base64(), folder=folder)

    def key_file(self, account: str) -> Path:
        """The private key that an SFTP account may use instead of its password."""
        return kept_key(self.settings.state_dir / f"{account}_key")

    @cached_property
    def partners(self) -> list[Supplier | WarehouseDesk | RetailerDesk]:
        """The suppliers, warehouses and retailers over EDI, each at its mailbox."""
        folder = self.settings.state_dir / "sftp"
        suppliers = [
            Supplier(n, folder / "supplier" / n, self.state, self.clock) for n in MAILBOXES["supplier"]
        ]
        # The count of tomorrow has the number after today's.
        counted = control_number_of(self.world.start) + 1
        desks = [
            WarehouseDesk(n, folder / "warehouse" / n, self.state, self.clock, counted)
            for n in MAILBOXES["warehouse"]
        ]
        retailers = [
            RetailerDesk(n, folder / "retailer" / n, self.state, self.clock) for n in MAILBOXES["retailer"]
        ]
        return [*suppliers, *desks, *retailers]

    def take_orders(self) -> int:
        """Let partners take the orders in their mailboxes, and acknowledge them; how many files they took."""
        with self._answering:
            return sum(partner.work() for partner in self.partners)

    def reply_to_orders(self) -> int:
        """Let suppliers confirm, ship and invoice, and warehouses send what was ordered since the last time; how many
        orders."""
        with self._answering:
            return sum(partner.reply() for partner in self.partners)

    def mail(self) -> list[str]:
        """What lies in the mailboxes of partners over EDI, orders and answers."""
        return [path for partner in self.partners for path in partner.mail()]

    @property
    def akeneo_url(self) -> str:
        """Where the PIM answers."""
        return self._servers["akeneo"].url

    @property
    def shopify_url(self) -> str:
        """Where the shop answers."""
        return self._servers["shopify"].url

    @property
    def day(self) -> int:
        """The last day that has come."""
        return int(self.state.fact("day") or 0)

    @property
    def second_day(self) -> SecondDay | None:
        """The second day, once it has come."""
        at = self.state.fact("second_day_at")
        return None if at is None else SecondDay(self.world, from_iso(str(at)))

    @cached_property
    def first_day(self) -> Day:
        """The first day."""
        return first_day(self.world)

    def drop_day(self, day: int) -> Day:
        """Lets a day come: its files are delivered, the systems change.

        Raises:
            ValueError: it has come already, or is not the next.
        """
        with self._dropping:
            if day not in (1, 2) or day != self.day + 1:
                raise ValueError(f"day {day} cannot come after day {self.day}")
            return self._drop_first_day() if day == 1 else self._drop_second_day()

    def _drop_first_day(self) -> Day:
        self.deliver(self.first_day.files)
        self.state.remember("day", 1)
        return self.first_day

    def _drop_second_day(self) -> Day:
        second = SecondDay(self.world, self.clock())
        day = second.day()
        writer = OrderWriter(self.world)
        with self.state.transaction():
            self.state.remember("second_day_at", iso_z(second.at))
            self.tables.save_orders(
                writer.row(order) for order in (*second.changed_orders, *second.new_orders)
            )
            carts = CartWriter(self.world)
            self.tables.save_carts(carts.row(cart) for cart in (*second.changed_carts, *second.new_carts))
            self._sell_some()
            for fault in DAY_TWO_FAULTS:
                self.faults.add(fault)
            self.deliver(day.files)
            self.state.remember("day", 2)
        self.reply_to_orders()
        self.pim.catalog = self._pim_catalog()
        return day

    def _sell_some(self) -> None:
        sold = 0
        for variant in sorted(self.tables.variants(), key=lambda variant: variant.sku):
            levels = self.tables.levels_of(variant.id)
            if sold < SALES_ON_DAY_TWO and levels and levels[0].available >= 2:
                self.sell(variant.sku, 2, levels[0].location_id)
                sold += 1

    def deliver(self, files: list[DroppedFile]) -> None:
        """Puts files on the SFTP server, each one whole from the first moment that it can be seen, written now."""
        now = self.clock().timestamp()
        for file in files:
            path = self.settings.state_dir / "sftp" / file.account / file.path
            self._make_folders(path.parent)
            temporary = self.settings.state_dir / "sftp" / f".{file.account}.{path.name}"
            temporary.write_bytes(file.content)
            os.utime(temporary, (now, now))
            temporary.replace(path)

    @staticmethod
    def _make_folders(folder: Path) -> None:
        # What belongs to a partner's mailbox is there from the beginning, also where nothing lies in it yet.
        siblings = {"outbox": ("archive",), "out": ("in", "archive")}.get(folder.name, ())
        for one in (folder, *(folder.with_name(name) for name in siblings)):
            one.mkdir(parents=True, exist_ok=True)

    def complete_marketplace(self) -> None:
        """Delivers what the marketplace's second set lacks.

        Raises:
            ValueError: the second day has not come yet.
        """
        second = self.second_day
        if second is None:
            raise ValueError("the marketplace's second set is not there yet: let day 2 come first")
        self.deliver(second.missing_files())

    def sell(self, sku: str, quantity: int, location_id: int | None = None) -> dict[str, object]:
        """A sale at the storefront.

        Raises:
            ValueError: not that many are available.
        """
        return asdict(Inventory(self.tables, self.clock).sell(sku, quantity, location_id))

    def expected(self) -> list[dict[str, object]]:
        """What an ideal suite counts for all that was delivered so far."""
        second = self.second_day
        days = [self.first_day] if self.day else []
        return [one.to_json() for day in (*days, *([second.day()] if second else [])) for one in day.expected]

    def summary(self) -> dict[str, object]:
        """The state in numbers."""
        counts: dict[str, int] = {}
        for effect in self.state.effects():
            counts[str(effect["operation"])] = counts.get(str(effect["operation"]), 0) + 1
        second = self.second_day
        return {
            "day": self.day,
            "world": self.state.fact("world"),
            "requests": self.state.request_counts(),
            "effects": counts,
            "faults": self.faults.listed(),
            "gate_stops": second.day().gate_stops if second else [],
        }

    def ready(self) -> dict[str, object]:
        """Everything that a client needs to know: addresses, host key, credentials."""
        given = self.credentials
        return {
            "admin": {"url": self.shopify_url, "token": given.admin_token},
            "akeneo": {
                **self._address("akeneo"),
                "client_id": given.akeneo_client_id,
                "client_secret": given.akeneo_client_secret,
                "username": given.akeneo_username,
                "password": given.akeneo_password,
            },
            "shopify": {
                **self._address("shopify"),
                "shop": SHOP_DOMAIN,
                "access_token": given.shopify_access_token,
                "api_version": API_VERSION,
            },
            "sftp": self._sftp_ready(),
            "world": self.state.fact("world"),
            "day": self.day,
        }

    def _address(self, system: str) -> dict[str, object]:
        server = self._servers[system]
        return {"url": server.url, "host": server.host, "port": server.port}

    def _sftp_ready(self) -> dict[str, object]:
        accounts = {
            name: {
                "password": self.credentials.sftp_passwords[name],
                "private_key_file": str(self.key_file(name)),
            }
            for name in ACCOUNTS
        }
        return {
            "host": self.sftp.host,
            "port": self.sftp.port,
            "host_key": self.host_key,
            "accounts": accounts,
        }

    @property
    def host_key(self) -> str:
        """The SFTP server's public key, as ``ssh-ed25519 AAAA…``."""
        key = paramiko.Ed25519Key.from_private_key_file(str(self.settings.state_dir / "host_key"))
        return f"{key.get_name()} {key.get_base64()}"

    def close(self) -> None:
        """Ends everything; the state stays."""
        for server in self._servers.values():
            server.close()
        self.sftp.close()
        self.shop.close()
        self.state.close()
