"""What a grocer puts on its server on a day: the set of its panel, and the one of its campaigns."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.days.expected import Day, DroppedFile, Expected, Flow
from sandbox.deliveries import panel_sets
from sandbox.world import World
from sandbox.world.panel import BasketLine, campaigns, panel_articles, redemptions, week_of_baskets


def add_panel(day: Day, world: World, number: int) -> None:
    """The set of the panel that comes on a day: the baskets of the seven days before, and all articles."""
    today = world.start + timedelta(days=number - 1)
    lines, articles = _week_before(world, today, number), panel_articles()
    where = panel_sets.folder(today)
    files = panel_sets.set_files(lines, articles)
    for name, content in {**files, panel_sets.MARKER: b""}.items():
        day.files.append(DroppedFile(account="panel", path=f"{where}/{name}", content=content))
    listed = sum(article.is_listed for article in articles)
    for entity, delivered, changed in (
        ("transactions", len(lines), None),
        ("products", listed, None if number == 1 else 0),
    ):
        day.expected.append(
            Expected(
                day=number,
                flow=Flow.PANEL,
                entity=entity,
                delivery=where,
                delivered=delivered,
                changed=changed,
            )
        )


def add_campaigns(day: Day, world: World, number: int) -> None:
    """The campaigns as of a day, with the coupons that were handed in for the baskets of the day's set."""
    today = world.start + timedelta(days=number - 1)
    lines = _week_before(world, today, number)
    running = campaigns(world.seed, world.start - timedelta(days=7))
    used = redemptions(lines, running)
    where = panel_sets.campaigns_folder(today)
    for name, content in {**panel_sets.campaign_files(running, used), panel_sets.MARKER: b""}.items():
        day.files.append(DroppedFile(account="panel", path=f"{where}/{name}", content=content))
    counts = {
        "campaigns": len(running),
        "campaign_households": sum(len(one.households) for one in running),
        "coupons": 1 + sum(len(articles) for one in running for articles in one.coupons.values()),
        "coupon_redemptions": len(used),
    }
    for entity, delivered in counts.items():
        is_list = entity != "coupon_redemptions"
        day.expected.append(
            Expected(
                day=number,
                flow=Flow.CAMPAIGNS,
                entity=entity,
                delivery=where,
                delivered=delivered,
                changed=0 if is_list and number > 1 else None,
            )
        )


def _week_before(world: World, today: date, number: int) -> list[BasketLine]:
    count = max(round(50 * world.scale / number), 5)
    return week_of_baskets(world.seed, today - timedelta(days=7), number, count)
