"""What the households of a grocer's panel bought: baskets of articles, of which the grocer's list knows most; and the
campaigns that reached some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sandbox.world.dice import Dice

FIRST_BASKET = 31198570044
DAYS_IN_WEEK = 7
OPENS, MINUTES_OPEN = time(12, 0), 600
DEPARTMENTS = {
    "GROCERY": (("BREAD", "20 OZ", 249), ("PASTA", "16 OZ", 129), ("ICE", "22 LB", 299), ("COFFEE", "12 OZ", 799)),
    "PRODUCE": (("BANANAS", "40 LB", 59), ("TOMATOES", None, 199), ("LETTUCE", None, 179)),
    "DAIRY": (("MILK", "1 GAL", 319), ("YOGURT", "6 OZ", 65), ("BUTTER", "1 LB", 449)),
    "PASTRY": (("DONUTS", "12 CT", 499),),
}  # fmt: skip
BRANDS = ("National", "Private")
HOUSEHOLDS = 60
# Households are reached by the number that is left when theirs is divided by this one.
REACHED_EVERY = 2
FIRST_COUPON = 10_000_085_207
COUPONS_OF_CAMPAIGN, ARTICLES_OF_COUPON = 3, 12
# Of so many lines of a household one is bought with a coupon: by whom a campaign has reached, and by others.
LINES_WITH_COUPON, LINES_WITH_OTHER_COUPON = 3, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelArticle:
    """An article; price in cents. What is not listed, the grocer's list of products does not have."""

    number: int
    department: str
    kind: str
    size: str | None
    brand: str
    cents: int
    is_listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLine:
    """An article in a basket; amounts in cents, times in UTC."""

    basket: int
    household: int
    store: int
    article: int
    quantity: int
    sales: int
    card: int
    coupon: int
    added: int
    week: int
    sold_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign of the grocer: some households got its coupons."""

    number: int
    kind: str
    starts_on: date
    ends_on: date
    households: tuple[int, ...]
    coupons: dict[int, tuple[int, ...]]
    """The articles for which each is good, by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A coupon that a household handed in."""

    household: int
    coupon: int
    campaign: int
    day: date


def campaigns(seed: int, begins: date) -> list[Campaign]:
    """One campaign that was over before the first basket, and one that runs in the middle of the first week."""
    dice, numbers = Dice(seed, "campaigns"), [article.number for article in panel_articles()]
    times = ((begins - timedelta(days=40), 20), (begins + timedelta(days=3), 14))
    return [
        Campaign(
            number=number,
            kind=f"Type {'AB'[number % 2]}",
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=length),
            households=tuple(
                household
                for household in range(1, HOUSEHOLDS + 1)
                if household % REACHED_EVERY == number % REACHED_EVERY
            ),
            coupons={
                FIRST_COUPON + 10 * number + place: tuple(sorted(dice.sample(numbers, ARTICLES_OF_COUPON)))
                for place in range(COUPONS_OF_CAMPAIGN)
            },
        )
        for number, (starts_on, length) in enumerate(times, start=1)
    ]


def redemptions(lines: Sequence[BasketLine], running: Sequence[Campaign]) -> list[Redemption]:
    """The coupons that were handed in for what stands in baskets, and one for something that does not."""
    found = {
        Redemption(household=line.household, coupon=coupon, campaign=one.number, day=line.sold_at.date())
        for one in running
        for line in lines
        for coupon, articles in one.coupons.items()
        if line.coupon and line.article in articles
        if line.household in one.households and one.starts_on <= line.sold_at.date() <= one.ends_on
    }
    last = running[-1]
    lost = Redemption(
        household=last.households[0], coupon=min(last.coupons), campaign=last.number, day=last.ends_on
    )
    return sorted({*found, lost}, key=lambda one: (one.day, one.household, one.coupon))


def panel_articles() -> list[PanelArticle]:
    """Everything that the grocer sells, each of both brands; one in eleven is not listed."""
    kinds = [(department, *one) for department, all_of_it in DEPARTMENTS.items() for one in all_of_it]
    return [
        PanelArticle(
            number=1_000_000 + 37 * place,
            department=department,
            kind=kind,
            size=size,
            brand=BRANDS[place % 2],
            cents=cents,
            is_listed=place % 11 != 10,
        )
        for place, (department, kind, size, cents) in enumerate(2 * kinds)
    ]


def week_of_baskets(seed: int, begins: date, week: int, count: int) -> list[BasketLine]:
    """The baskets of a week. Some lines count nothing, some prices are lowered by a card or a coupon."""
    dice, articles = Dice(seed, f"panel/{week}"), panel_articles()
    lines = []
    for place in range(count):
        household = dice.between(1, HOUSEHOLDS)
        lines_with_coupon = LINES_WITH_COUPON if household % REACHED_EVERY == 0 else LINES_WITH_OTHER_COUPON
        minutes = dice.between(0, MINUTES_OPEN)
        day = begins + timedelta(days=place * DAYS_IN_WEEK // count)
        sold_at = datetime.combine(day, OPENS) + timedelta(minutes=minutes)
        for chosen in sorted(dice.sample(range(len(articles)), dice.between(1, 7))):
            article = articles[chosen]
            quantity = 0 if dice.between(1, 40) == 1 else dice.between(1, 3)
            price = article.cents * quantity
            card = price // 10 if dice.between(1, 4) == 1 else 0
            coupon = min(50, price - card) if dice.chance(1 / lines_with_coupon) else 0
            added = coupon // 2
            lines.append(
                BasketLine(
                    basket=FIRST_BASKET + 1000 * week + place,
                    household=household,
                    store=300 + household % 5,
                    article=article.number,
                    quantity=quantity,
                    sales=price - card - added,
                    card=card,
                    coupon=coupon,
                    added=added,
                    week=week,
                    sold_at=sold_at,
                )
            )
    return lines
