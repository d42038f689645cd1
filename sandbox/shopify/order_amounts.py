"""The amounts of an order, in the shop's currency and in the customer's; all parts add up in both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sandbox.world.storefront_orders import RATES, Payment, Refund, StorefrontOrder

SHOP_CURRENCY = "EUR"
TAX_PERCENT = {"DE": 19, "AT": 20, "SE": 25}


@dataclass(frozen=True, slots=True)
class Bag:
    """An amount in the shop's currency and in the customer's, in cents."""

    shop: int
    presentment: int

    def __add__(self, other: Bag) -> Bag:
        return Bag(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Bag) -> Bag:
        return Bag(self.shop - other.shop, self.presentment - other.presentment)

    def times(self, count: int) -> Bag:
        """So many of it."""
        return Bag(self.shop * count, self.presentment * count)

    def share(self, part: int, whole: int) -> Bag:
        """A part of it, each currency rounded by itself."""
        return Bag(_share(self.shop, part, whole), _share(self.presentment, part, whole))


NOTHING = Bag(0, 0)


def _share(cents: int, part: int, whole: int) -> int:
    # Half a cent is rounded up; amounts are never negative.
    return (2 * cents * part + whole) // (2 * whole)


def total_of(bags: list[Bag]) -> Bag:
    """The sum."""
    return sum(bags, NOTHING)


def amount(cents: int) -> str:
    """Cents as the API's Decimal: a point and at least one digit (``679.0``, ``12.34``)."""
    return f"{cents // 100}.{cents % 100:02d}".removesuffix("0")


@dataclass(frozen=True)
class Calculation:
    """The amounts of an order; in each currency the parts add up to the whole."""

    order: StorefrontOrder

    def bag(self, euro_cents: int) -> Bag:
        """An amount of euros, and what the customer saw for it."""
        numerator, denominator = RATES[self.order.currency].as_integer_ratio()
        return Bag(euro_cents, _share(euro_cents, numerator, denominator))

    @cached_property
    def units(self) -> list[Bag]:
        """Price of one piece, by line."""
        return [self.bag(line.unit_cents) for line in self.order.lines]

    @cached_property
    def originals(self) -> list[Bag]:
        """Price of all pieces before discounts, by line."""
        return [unit.times(line.quantity) for unit, line in zip(self.units, self.order.lines, strict=True)]

    @cached_property
    def discounts(self) -> list[Bag]:
        """What the discount code takes off, by line."""
        return [original.share(self.order.discount_percent, 100) for original in self.originals]

    @cached_property
    def nets(self) -> list[Bag]:
        """What is paid, by line."""
        return [
            original - discount for original, discount in zip(self.originals, self.discounts, strict=True)
        ]

    @cached_property
    def tax_percent(self) -> int:
        """The tax that the prices include; none is charged on exports."""
        customer = self.order.customer
        return TAX_PERCENT.get(customer.country_code, 0) if customer else TAX_PERCENT["DE"]

    @cached_property
    def taxes(self) -> list[Bag]:
        """The tax in what is paid, by line."""
        return [self.tax_in(net) for net in self.nets]

    def tax_in(self, gross: Bag) -> Bag:
        """The tax in an amount."""
        return gross.share(self.tax_percent, 100 + self.tax_percent)

    @cached_property
    def shipping(self) -> Bag:
        """The price of the delivery."""
        return self.bag(self.order.shipping_cents)

    @cached_property
    def subtotal(self) -> Bag:
        """All lines after discounts."""
        return total_of(self.nets)

    @cached_property
    def total(self) -> Bag:
        """What the order costs."""
        return self.subtotal + self.shipping

    @cached_property
    def total_tax(self) -> Bag:
        """The tax in it."""
        return total_of(self.taxes) + self.tax_in(self.shipping)

    @cached_property
    def received(self) -> Bag:
        """What the customer paid."""
        return self.total if self.order.payment is Payment.PAID else NOTHING

    def refunded_lines(self, refund: Refund) -> list[Bag]:
        """What a refund gives back, by its lines."""
        return [
            self.nets[place].share(count, self.order.lines[place].quantity)
            for place, count in refund.quantities
        ]

    def refunded_taxes(self, refund: Refund) -> list[Bag]:
        """The tax in what a refund gives back, by its lines."""
        return [
            self.taxes[place].share(count, self.order.lines[place].quantity)
            for place, count in refund.quantities
        ]

    def refunded(self, refund: Refund) -> Bag:
        """What a refund gives back."""
        return total_of(self.refunded_lines(refund)) + (self.shipping if refund.with_shipping else NOTHING)

    @cached_property
    def refunds(self) -> Bag:
        """What all refunds gave back."""
        return total_of([self.refunded(refund) for refund in self.order.refunds])

    @cached_property
    def refunded_shipping(self) -> Bag:
        """What was given back for the delivery."""
        return total_of([self.shipping for refund in self.order.refunds if refund.with_shipping])

    @cached_property
    def tax_left(self) -> Bag:
        """The tax in what was not given back."""
        lines = total_of([tax for refund in self.order.refunds for tax in self.refunded_taxes(refund)])
        return self.total_tax - lines - self.tax_in(self.refunded_shipping)


def bag_document(order: StorefrontOrder, bag: Bag) -> dict[str, object]:
    """An amount as a MoneyBag."""
    return {
        "shopMoney": {"amount": amount(bag.shop), "currencyCode": SHOP_CURRENCY},
        "presentmentMoney": {"amount": amount(bag.presentment), "currencyCode": order.currency},
    }
