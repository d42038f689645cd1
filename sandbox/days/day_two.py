"""The second day: changes, repetitions, what comes late, what is broken, what must be stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from sandbox.akeneo.catalog import Edits
from sandbox.days.day_one import (
    DAYS_OF_RATES,
    first_advice,
    first_catalog,
    first_export,
    first_exports,
    first_ledger,
    marketplace_order_count,
    mistaken,
)
from sandbox.days.expected import Day, DroppedFile, Expected, Flow, Outcome, Refusal
from sandbox.days.panel import add_campaigns, add_panel
from sandbox.days.partners import (
    OLDER_PRICE_SHARE,
    advice_bytes,
    advice_lines,
    advice_moment,
    advice_path,
    catalog_moment,
    catalog_path,
    export_moment,
    supplier_rows,
    warehouse_named,
)
from sandbox.days.prices import add_prices
from sandbox.days.settlements import add_settlements
from sandbox.deliveries import exchange_rates, ledger, purchase_orders
from sandbox.deliveries.inventory_advice import AdviceLine
from sandbox.deliveries.marketplace_exports import MARKER, export_files, file_name, folder
from sandbox.deliveries.supplier_catalog import DIALECTS, Row, catalog_file
from sandbox.world import World
from sandbox.world.carts import Cart, completed, drawn, with_one_more
from sandbox.world.dice import Dice
from sandbox.world.marketplace_orders import COLUMNS, MarketplaceTables, add_order
from sandbox.world.purchases import FIRST_NUMBER, PurchaseOrder, order
from sandbox.world.stock import WAREHOUSES, Stock
from sandbox.world.storefront_orders import (
    Payment,
    Refund,
    Shipment,
    StorefrontOrder,
    everything,
    revised,
)
from sandbox.world.till import LedgerLine, taken_back

CHANGED_SHARE = 20
"""One in so many keys changes."""
JUMP_FACTOR = 100
LEGAL_BUT_ODD = "Greta's \"Classic\" <b>Sweater</b>'); DROP TABLE products;--"
ODD_BODY = "<p onclick=\"alert('hello')\">5 < 6 & 7 > 6; SELECT * FROM customers WHERE '1'='1'</p>"
LATE_TABLE = "order_payments"


@dataclass(frozen=True)
class SecondDay:
    """What happens on the second day.

    Args:
        at: when it is dropped; the systems behind an API say that their changes happened then.
    """

    world: World
    at: datetime

    @cached_property
    def _sellable(self) -> list[int]:
        """Products on sale that are not on offer: what is done to them shows in their prices."""
        products = self.world.catalog.products
        promoted = self.world.promoted_products
        return [row for row in range(self.world.launched) if products.is_enabled[row] and row not in promoted]

    @cached_property
    def _changed(self) -> list[int]:
        """Products that change in the PIM: the first is renamed oddly, the second jumps in price."""
        listed = set(self.world.listed_products)
        count = max(len(self._sellable) // CHANGED_SHARE, 6)
        drawn = Dice(self.world.seed, "day two").sample(self._sellable, count)
        return sorted(drawn, key=lambda row: row not in listed)

    @cached_property
    def jumping(self) -> list[int]:
        """Variant rows whose price is a hundred times too high by mistake."""
        return list(self.world.catalog.variants_of(self._changed[1]))

    @cached_property
    def edits(self) -> Edits:
        """What was changed in the PIM."""
        odd, jump, disabled, *rest = self._changed
        renamed, repriced = rest[::2], rest[1::2]
        return Edits(
            at=self.at,
            names={odd: (LEGAL_BUT_ODD, LEGAL_BUT_ODD), **{row: self._new_names(row) for row in renamed}},
            descriptions={odd: ODD_BODY},
            eur_cents=self._new_prices(repriced) | self._jumped_prices(jump),
            disabled=frozenset({disabled}),
            values=self._broken_values,
            launched=True,
        )

    def _new_names(self, product: int) -> tuple[str, str]:
        columns = self.world.catalog.products
        return f"{columns.name_en[product]} II", f"{columns.name_de[product]} II"

    def _new_prices(self, products: list[int]) -> dict[int, int]:
        columns, catalog = self.world.catalog.variants, self.world.catalog
        return {
            row: columns.eur_cents[row] + 500 for product in products for row in catalog.variants_of(product)
        }

    def _jumped_prices(self, product: int) -> dict[int, int]:
        columns = self.world.catalog.variants
        return {row: columns.eur_cents[row] * JUMP_FACTOR for row in self.world.catalog.variants_of(product)}

    @cached_property
    def _broken_values(self) -> dict[int, dict[str, object]]:
        """Variant rows whose values break the contract from now on: a currency, an EAN, no SKU at all."""
        untouched = [row for row in self._sellable if row not in self._changed]
        rows = [self.world.catalog.products.first[product] for product in untouched[2:5]]
        price = {"ecommerce": [{"amount": "10.00", "currency": "EURO"}]}
        return dict(zip(rows, ({"price": price}, {"ean": "40O6381333931"}, {"sku": None}), strict=True))

    def day(self) -> Day:
        """Deliveries of the second day, and what is to be counted."""
        columns = self.world.catalog.variants
        day = Day(gate_stops=[columns.sku[row] for row in self.jumping])
        self._add_pim(day)
        self._add_catalogs(day)
        self._add_advices(day)
        self._add_storefront(day)
        self._add_marketplace(day)
        self._add_purchases(day)
        self._add_rates(day)
        add_prices(day, self.world, 2)
        self._add_ledger(day)
        add_panel(day, self.world, 2)
        add_campaigns(day, self.world, 2)
        add_settlements(day, self.world, 2)
        return day

    def _add_pim(self, day: Day) -> None:
        skus = self.world.catalog.variants.sku
        currency, ean, nameless = self._broken_values
        refused = (
            Refusal(key=skus[currency], field="prices", value="EURO", why="a currency has three letters"),
            Refusal(key=skus[ean], field="ean", value="40O6381333931", why="an EAN has digits only"),
            Refusal(key=skus[nameless], field="sku", value="", why="a product has an article number"),
        )
        changed = self._changed_variants()
        note = (
            f"the price of {', '.join(day.gate_stops)} is {JUMP_FACTOR} times what it was: the gate stops it"
        )
        day.expected.append(
            Expected(
                day=2,
                flow=Flow.PRODUCTS,
                entity="products",
                delivery="products-uuid",
                delivered=len(changed) + len(refused),
                refused=refused,
                changed=len(changed),
                note=note,
            )
        )

    def _changed_variants(self) -> set[int]:
        catalog = self.world.catalog
        products = [*self._changed, *range(self.world.launched, len(catalog.products))]
        return {
            row for product in products for row in catalog.variants_of(product)
        } - self._broken_values.keys()

    def _list_price(self, changes: dict[int, int]) -> Callable[[int], int]:
        columns = self.world.catalog.variants
        return lambda variant: changes.get(variant, columns.eur_cents[variant])

    def _new_list_prices(self, partner: str) -> dict[int, int]:
        columns, catalog = self.world.catalog.variants, self.world.catalog
        rows = [row for product in catalog.supplied_by(partner) for row in catalog.variants_of(product)]
        drawn = Dice(self.world.seed, f"list prices/{partner}").sample(
            rows, max(len(rows) // CHANGED_SHARE, 2)
        )
        return {row: columns.eur_cents[row] + 300 for row in drawn}

    def _add_catalogs(self, day: Day) -> None:
        today = self.world.start + timedelta(days=1)
        self._add_repeated_catalog(day)
        for partner in ("nordhaus", "lumiere"):
            self._add_catalog(day, partner, catalog_moment(today))
        self._add_late_catalog(day)
        self._add_broken_catalog(day, catalog_moment(today))
        self._add_catalog(day, "kontor", catalog_moment(today, minutes=20))

    def _add_catalog(self, day: Day, partner: str, at: datetime) -> None:
        rows, refused = self._catalog_rows(partner)
        content = catalog_file(rows, DIALECTS[partner])
        path = catalog_path(partner, at)
        day.files.append(DroppedFile(account="supplier", path=path, content=content))
        known = supplier_rows(self.world, partner, False, self._list_price({}))
        mistaken(known, partner)
        day.expected.append(
            Expected(
                day=2,
                flow=Flow.CATALOG,
                entity="catalog",
                delivery=path,
                delivered=len(rows),
                refused=refused,
                changed=_differing(known, rows, {refusal.key for refusal in refused}),
            )
        )

    def _catalog_rows(self, partner: str) -> tuple[list[Row], tuple[Refusal, ...]]:
        rows = supplier_rows(self.world, partner, True, self._list_price(self._new_list_prices(partner)))
        refused = tuple(refusal for _, refusal in mistaken(rows, partner))
        if partner == "nordhaus":
            rows[0] |= {"Title": LEGAL_BUT_ODD, "Body (HTML)": ODD_BODY}
        return rows, refused

    def _add_repeated_catalog(self, day: Day) -> None:
        """The file of the first day again, under its own name and under another one."""
        content, count, _ = first_catalog(self.world, "nordhaus")
        moment = catalog_moment(self.world.start)
        for at in (moment, moment + timedelta(minutes=30)):
            path = catalog_path("nordhaus", at)
            day.drop(
                "supplier",
                content,
                Expected(
                    day=2,
                    flow=Flow.CATALOG,
                    entity="catalog",
                    delivery=path,
                    delivered=count,
                    outcome=Outcome.DUPLICATE,
                ),
            )

    def _add_late_catalog(self, day: Day) -> None:
        """A list from before the first day, which arrives only now."""
        columns = self.world.catalog.variants
        older = supplier_rows(
            self.world, "lumiere", False, lambda row: columns.eur_cents[row] * OLDER_PRICE_SHARE // 100
        )
        path = catalog_path("lumiere", catalog_moment(self.world.start - timedelta(days=1)))
        content = catalog_file(older, DIALECTS["lumiere"])
        day.drop(
            "supplier",
            content,
            Expected(
                day=2,
                flow=Flow.CATALOG,
                entity="catalog",
                delivery=path,
                delivered=len(older),
                outcome=Outcome.OLDER,
                changed=len(first_catalog(self.world, "lumiere")[2]),
                note="dated before the first day; a row that was refused then is good here, and new",
            ),
        )

    def _add_broken_catalog(self, day: Day, at: datetime) -> None:
        """A file whose transfer ended in the middle of a quoted field."""
        rows, _ = self._catalog_rows("kontor")
        content = catalog_file(rows, DIALECTS["kontor"])
        middle = content.index(b"<ul>", len(content) // 2)
        path = catalog_path("kontor", at)
        day.drop(
            "supplier",
            content[:middle],
            Expected(
                day=2,
                flow=Flow.CATALOG,
                entity="catalog",
                delivery=path,
                delivered=0,
                outcome=Outcome.BROKEN,
                note="it ends within a quoted field",
            ),
        )

    def _add_advices(self, day: Day) -> None:
        today = self.world.start + timedelta(days=1)
        for place, warehouse in enumerate(WAREHOUSES):
            lines, refused, changed = self._new_advice(place)
            path = advice_path(warehouse.partner, advice_moment(today))
            content = advice_bytes(warehouse, lines, today)
            day.drop(
                "warehouse",
                content,
                Expected(
                    day=2,
                    flow=Flow.STOCK,
                    entity="stock",
                    delivery=path,
                    delivered=len(lines),
                    refused=refused,
                    changed=changed,
                ),
            )
        self._add_repeated_advice(day)
        self._add_late_advice(day)

    def _new_advice(self, place: int) -> tuple[list[AdviceLine], tuple[Refusal, ...], int]:
        stock, moved = self.new_stock(place)
        lines = advice_lines(self.world, WAREHOUSES[place], stock, True)
        mistakes = (
            (("-5", "a quantity is not below zero"), ("1O", "a quantity is a number")) if place == 0 else ()
        )
        refused = []
        for row, (value, why) in enumerate(mistakes):
            line = lines[10 + row]
            line.available = value
            refused.append(Refusal(key=line.sku, field="quantity_available", value=value, why=why))
        if place == 0:
            moved.add(self._first_nameless)
        return lines, tuple(refused), len(moved - {refusal.key for refusal in refused})

    @cached_property
    def _first_nameless(self) -> str:
        """The article that the central warehouse did not name on the first day."""
        lines = advice_lines(self.world, WAREHOUSES[0], self.world.stock[0], False)
        return lines[len(lines) // 2].sku

    def new_stock(self, place: int) -> tuple[Stock, set[str]]:
        """What a warehouse holds on the second day, and the articles whose quantities are new."""
        old, dice = self.world.stock[place], Dice(self.world.seed, f"stock two/{place}")
        stock = Stock(list(old.on_hand), list(old.committed))
        kept = [row for row in stock.kept() if row < self.world.launched_variants]
        moved = dice.sample(kept, max(len(kept) // CHANGED_SHARE, 2))
        for row in moved:
            stock.on_hand[row] = (old.on_hand[row] or 0) + dice.between(1, 40)
        skus = self.world.catalog.variants.sku
        new = [row for row in stock.kept() if row >= self.world.launched_variants]
        return stock, {skus[row] for row in (*moved, *new)}

    def _add_repeated_advice(self, day: Day) -> None:
        """The central warehouse's message of the first day once more, to the byte."""
        content, count, _ = first_advice(self.world, 0)
        path = advice_path(WAREHOUSES[0].partner, advice_moment(self.world.start))
        day.drop(
            "warehouse",
            content,
            Expected(
                day=2,
                flow=Flow.STOCK,
                entity="stock",
                delivery=path,
                delivered=count,
                outcome=Outcome.DUPLICATE,
            ),
        )

    def _add_late_advice(self, day: Day) -> None:
        """A message of the northern warehouse from before the first day, which arrives only now."""
        warehouse, place = warehouse_named("north")
        before = self.world.start - timedelta(days=1)
        lines = advice_lines(self.world, warehouse, self.world.stock[place], False)
        for line in lines:
            line.available = line.on_hand = str(int(line.on_hand) + 7)
        path = advice_path(warehouse.partner, advice_moment(before))
        content = advice_bytes(warehouse, lines, before)
        day.drop(
            "warehouse",
            content,
            Expected(
                day=2,
                flow=Flow.STOCK,
                entity="stock",
                delivery=path,
                delivered=len(lines),
                outcome=Outcome.OLDER,
                changed=0,
            ),
        )

    @cached_property
    def new_orders(self) -> list[StorefrontOrder]:
        """Orders that were placed in the shop since the first day."""
        history = self.world.storefront_orders
        dice = Dice(self.world.seed, "storefront orders two")
        count = max(round(12 * self.world.scale), 6)
        book = self.world.order_book
        orders = [
            book.order(
                dice, history[-1].number + 1 + place, self.at - timedelta(seconds=count - place), len(history)
            )
            for place in range(count)
        ]
        return [revised(order, shipments=(), refunds=(), cancelled_at=None) for order in orders]

    @cached_property
    def changed_orders(self) -> list[StorefrontOrder]:
        """Older orders to which something happened: refunded, or sent at last."""
        paid = [
            one for one in self.world.storefront_orders if one.payment is Payment.PAID and not one.refunds
        ]
        sent = [
            one
            for one in paid
            if one.shipments and sum(count for _, count in one.shipments[0].quantities) > 0
        ]
        waiting = [one for one in paid if not one.shipments and not one.is_test and one.cancelled_at is None]
        refunded = [
            revised(one, refunds=(Refund(at=self.at, quantities=((0, one.lines[0].quantity),)),))
            for one in sent[-4:]
        ]
        shipped = [
            revised(one, shipments=(Shipment(at=self.at, warehouse=0, quantities=everything(one)),))
            for one in waiting[:4]
        ]
        return [replace(one, updated_at=self.at) for one in (*refunded, *shipped)]

    @cached_property
    def new_carts(self) -> list[Cart]:
        """Carts that were left since the first day."""
        dice, last = Dice(self.world.seed, "carts two"), self.world.carts[-1].number
        moments = [self.at - timedelta(minutes=10 * place) for place in (3, 2, 1)]
        book = self.world.order_book
        return [drawn(dice, book, last + place, moment) for place, moment in enumerate(moments, 1)]

    @cached_property
    def changed_carts(self) -> list[Cart]:
        """Older carts: one was paid after all, another has a piece more."""
        *_, grown, paid = (cart for cart in self.world.carts if cart.completed_at is None)
        return [with_one_more(grown, self.at), completed(paid, self.at)]

    def _add_storefront(self, day: Day) -> None:
        count = len(self.new_orders) + len(self.changed_orders)
        day.expected.append(
            Expected(
                day=2,
                flow=Flow.ORDERS,
                entity="orders",
                delivery="orders",
                delivered=count,
                changed=count,
                note="one of them comes twice in a page",
            )
        )
        carts = len(self.new_carts) + len(self.changed_carts)
        day.expected.append(
            Expected(day=2, flow=Flow.CARTS, entity="carts", delivery="carts", delivered=carts, changed=carts)
        )

    @cached_property
    def _exports(self) -> tuple[MarketplaceTables, str]:
        """Tables of the second day, and the order whose date is none."""
        first, _ = first_exports(self.world)
        tables = MarketplaceTables()
        tables.rows["products"], tables.rows["sellers"] = first.rows["products"], first.rows["sellers"]
        dice, last = Dice(self.world.seed, "marketplace/2"), marketplace_order_count(self.world)
        articles = self.world.marketplace_articles
        orders = [
            add_order(
                tables, dice, self.world.catalog, articles, last + 1 + place, self.world.start, "approved"
            )
            for place in range(max(round(15 * self.world.scale), 5))
        ]
        impossible = f"{self.world.start.year + 1}-02-30 10:00:00"
        rows = tables.rows["orders"]
        rows[-1] = (*rows[-1][:3], impossible, *rows[-1][4:])
        tables.rows["customers"][0] = (
            *tables.rows["customers"][0][:3],
            "sao paulo'; drop table orders;--",
            "SP",
        )
        return tables, orders[-1]

    def _add_marketplace(self, day: Day) -> None:
        tables, undated = self._exports
        where = folder(self.world.start + timedelta(days=1))
        day.files += [
            DroppedFile(account="marketplace", path=f"{where}/{name}", content=content)
            for name, content in export_files(tables).items()
            if name != file_name(LATE_TABLE)
        ]
        refused = {"orders": (_no_such_day(undated, tables),)}
        day.expected += [
            Expected(
                day=2,
                flow=Flow.MARKETPLACE,
                entity=table,
                delivery=where,
                delivered=len(tables.rows[table]),
                outcome=Outcome.INCOMPLETE,
                refused=refused.get(table, ()),
                note=f"waits for {file_name(LATE_TABLE)} and {MARKER}, then accepted with these counts",
            )
            for table in COLUMNS
        ]

    @cached_property
    def purchases(self) -> list[PurchaseOrder]:
        """What the ERP exports: more of an article, a line taken back, and a new order to each supplier."""
        known = self.world.purchase_orders
        more, less = known[0], known[-1]
        dice = Dice(self.world.seed, "purchases two")
        new = [
            order(
                dice, self.world.catalog, self.world.launched_variants, FIRST_NUMBER + len(known) + place,
                one.supplier, self.world.start + timedelta(days=1),
            )
            for place, one in enumerate((more, less))
        ]  # fmt: skip
        first, last = more.lines[0], less.lines[-1]
        return [
            replace(more, lines=(replace(first, quantity=first.quantity + 24),)),
            replace(less, lines=(replace(last, is_cancelled=True),)),
            *new,
        ]

    def _add_purchases(self, day: Day) -> None:
        """The changes, the first export once more, and one from before the first day, which arrives only now."""
        today, catalog = export_moment(self.world.start + timedelta(days=1)), self.world.catalog
        changed = purchase_orders.rows(catalog, self.purchases, today)
        before = export_moment(self.world.start - timedelta(days=1))
        older = purchase_orders.rows(catalog, self.world.purchase_orders[:2], before)
        repeated, count, _ = first_export(self.world)
        again = export_moment(self.world.start, minutes=20)
        for at, content, delivered, outcome, news in (
            (today, purchase_orders.export(changed), len(changed), Outcome.ACCEPTED, len(changed)),
            (again, repeated, count, Outcome.DUPLICATE, None),
            (before, purchase_orders.export(older), len(older), Outcome.OLDER, 0),
        ):
            path = purchase_orders.path(at)
            day.drop(
                "erp",
                content,
                Expected(
                    day=2,
                    flow=Flow.PURCHASES,
                    entity="purchase_orders",
                    delivery=path,
                    delivered=delivered,
                    outcome=outcome,
                    changed=news,
                ),
            )

    def _add_rates(self, day: Day) -> None:
        """The rates of the day, and one of the first day that was mistyped."""
        at = export_moment(self.world.start + timedelta(days=1))
        today = self.world.rates(-1, 1)
        mistyped = self.world.rates(DAYS_OF_RATES, 0)[-1]
        stated = [*today, replace(mistyped, rate=mistyped.rate + Decimal("0.0100"))]
        expected = Expected(
            day=2,
            flow=Flow.RATES,
            entity="exchange_rates",
            delivery=exchange_rates.path(at),
            delivered=len(stated),
            changed=len(stated),
        )
        day.drop("erp", exchange_rates.export(exchange_rates.rows(stated, at)), expected)

    @cached_property
    def till(self) -> list[LedgerLine]:
        """What was sold since, and the first document of the day before, all of which came back."""
        sold = self.world.sold_over_the_till(1, max(round(15 * self.world.scale), 4))
        document = self.world.till[0].document
        back = [line for line in self.world.till if line.document == document]
        return [*sold, *taken_back(back, int(sold[-1].document) + 1, sold[-1].booked_at)]

    def _add_ledger(self, day: Day) -> None:
        """The ledger of the day, and that of the first day once more."""
        path, again = (
            ledger.path(self.world.start + timedelta(days=1)),
            ledger.path(self.world.start, "_again"),
        )
        repeated, count, _ = first_ledger(self.world)
        for at, content, delivered, outcome in (
            (path, ledger.export(self.till), len(self.till), Outcome.ACCEPTED),
            (again, repeated, count, Outcome.DUPLICATE),
        ):
            day.files.append(DroppedFile(account="till", path=at, content=content))
            day.expected.append(
                Expected(
                    day=2, flow=Flow.LEDGER, entity="lines", delivery=at, delivered=delivered, outcome=outcome
                )
            )

    def missing_files(self) -> list[DroppedFile]:
        """What completes the marketplace's set."""
        tables, _ = self._exports
        where = folder(self.world.start + timedelta(days=1))
        late = file_name(LATE_TABLE)
        return [
            DroppedFile(account="marketplace", path=f"{where}/{late}", content=export_files(tables)[late]),
            DroppedFile(account="marketplace", path=f"{where}/{MARKER}", content=b""),
        ]


def _no_such_day(order: str, tables: MarketplaceTables) -> Refusal:
    value = tables.rows["orders"][-1][3]
    return Refusal(key=order, field="purchased_at", value=value, why="there is no 30th of February")


def _differing(known: list[Row], rows: list[Row], refused: set[str]) -> int:
    """How many of the accepted rows say something new."""
    before = [tuple(sorted(row.items())) for row in known]
    accepted = [row for row in rows if row.get("Variant SKU", "") not in refused]
    return len({tuple(sorted(row.items())) for row in accepted} - set(before))
