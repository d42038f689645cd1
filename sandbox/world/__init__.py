"""A retailer, made up from one seed: articles, stock, customers, orders; the same in every system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from sandbox.world.agreed_prices import AgreedPrice, first_prices, promoted_products
from sandbox.world.carts import Cart, left_carts
from sandbox.world.catalog import LISTED_EVERY, Catalog, build_catalog
from sandbox.world.people import Customer, build_customers
from sandbox.world.purchases import PurchaseOrder, first_orders
from sandbox.world.rates import Rate, rates
from sandbox.world.stock import WAREHOUSES, Stock, build_stock
from sandbox.world.storefront_orders import OrderBook, StorefrontOrder
from sandbox.world.till import FIRST_DOCUMENT, LedgerLine, day_of_sales

PRODUCTS_AT_SCALE_1 = 400
SMALLEST_SCALE = 0.05
DEFAULT_SEED = 7


@dataclass(frozen=True)
class World:
    """Everything that is true on the first day.

    Args:
        seed: two worlds of one seed, scale and start date are the same to the byte.
        scale: size; 1 is 400 products in about 1,100 variants, 91 about 100,000 variants.
        start: the first business day (day one); the second follows it.

    Raises:
        ValueError: the world would be too small for all that happens in it.
    """

    seed: int
    scale: float
    start: date

    def __post_init__(self) -> None:
        if self.scale < SMALLEST_SCALE:
            raise ValueError(
                f"a world of scale {self.scale} is too small for two days; take {SMALLEST_SCALE} or more"
            )

    @cached_property
    def catalog(self) -> Catalog:
        """What is sold."""
        return build_catalog(self.seed, round(PRODUCTS_AT_SCALE_1 * self.scale))

    @cached_property
    def launched(self) -> int:
        """How many of the products exist on the first day; the rows behind them are new on the second."""
        return len(self.catalog.products) - max(round(4 * self.scale), 2)

    @cached_property
    def launched_variants(self) -> int:
        """How many of the variants exist on the first day."""
        return self.catalog.products.first[self.launched]

    @cached_property
    def stock(self) -> list[Stock]:
        """What each warehouse holds, in the order of ``WAREHOUSES``."""
        return [build_stock(self.seed, len(self.catalog.variants), warehouse) for warehouse in WAREHOUSES]

    @cached_property
    def customers(self) -> list[Customer]:
        """Who buys in the shop."""
        return build_customers(self.seed, max(round(150 * self.scale), 20))

    @cached_property
    def listed_products(self) -> list[int]:
        """The third of the products that the shop lists already on the first day."""
        products = self.catalog.products
        return [row for row in range(self.launched) if row % LISTED_EVERY == 0 and products.is_enabled[row]]

    @cached_property
    def order_book(self) -> OrderBook:
        """Where storefront orders come from."""
        return OrderBook(self.catalog, self.listed_products, self.customers)

    @cached_property
    def storefront_orders(self) -> list[StorefrontOrder]:
        """The orders of the weeks before the first day, oldest first."""
        return self.order_book.history(self.seed, max(round(240 * self.scale), 30), self.start)

    @cached_property
    def marketplace_articles(self) -> list[int]:
        """The variants that are listed on the marketplace: two of five."""
        return [row for row in range(self.launched_variants) if row % 5 in (1, 3)]

    def rates(self, before: int, after: int) -> list[Rate]:
        """Exchange rates from some days before the first day to some days after it."""
        return rates(self.seed, self.start - timedelta(days=before), self.start + timedelta(days=after))

    @cached_property
    def carts(self) -> list[Cart]:
        """The carts that were left in those weeks, oldest first."""
        count = max(len(self.storefront_orders) // 4, 6)
        return left_carts(self.seed, self.order_book, count, self.start)

    @cached_property
    def purchase_orders(self) -> list[PurchaseOrder]:
        """What the retailer ordered of its suppliers on the first day."""
        return first_orders(self.seed, self.catalog, self.launched_variants, self.start)

    @cached_property
    def promoted_products(self) -> list[int]:
        """The products that are on offer in the shop: two from the first day on, one from the second."""
        return promoted_products(self.seed, self.catalog, self.launched)

    @cached_property
    def agreed_prices(self) -> list[AgreedPrice]:
        """What the ERP agrees on the first day."""
        listed = range(self.launched_variants)
        return first_prices(self.seed, self.catalog, self.launched, listed, self.start)

    @cached_property
    def till(self) -> list[LedgerLine]:
        """What the gift shop sold over its till on the day before the first day."""
        return self.sold_over_the_till(0, max(round(60 * self.scale), 12))

    def sold_over_the_till(self, after: int, count: int) -> list[LedgerLine]:
        """The sales of a later day.

        Args:
            after: so many days after the one before the first day; its documents are numbered from there.
        """
        first = FIRST_DOCUMENT + after * 1000
        day = self.start + timedelta(days=after - 1)
        return day_of_sales(self.seed, self.catalog, self.launched_variants, day, range(first, first + count))
