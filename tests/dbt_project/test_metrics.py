"""Metrics: defined once, asked in three ways, one answer."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import Stage
from small_warehouse import DATABASE, DBT_PROJECT, Warehouse

from include import ownership
from include.commands.__main__ import main
from include.errors import NotPossible
from include.semantic_layer import NoSuchDimension, NoSuchMetric, Question, SemanticLayer
from include.stores import publications
from include.systems.bi.push import PUSH_METRICS

CENT = Decimal("0.01")
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def shown(warehouse: Warehouse, day_two: Stage) -> Stage:
    """The second day, published."""
    with psycopg.connect(warehouse.dsn("seamline_pipeline"), autocommit=True) as connection:
        made = publications.begin(connection, day_two.build_id)
        for table in PUSH_METRICS.tables:
            publications.write_table(connection, made.side, table, day_two.build_id)
        publications.set_verdict(
            connection, made.publication_id, is_open=True, verdict={}, evidence_page="none"
        )
        assert publications.publish(connection, made, PUSH_METRICS.tables)
    warehouse.execute("alter role seamline_analyst login")
    return day_two


@pytest.fixture
def seamline(
    warehouse: Warehouse, shown: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    place = {"host": str(warehouse.socket), "schema": DATABASE, "login": "seamline_analyst"}
    connection = {"conn_type": "postgres", "port": 5432, **place}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DB_ANALYST", json.dumps(connection))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["metric", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture(scope="module")
def layer(warehouse: Warehouse, day_one: Stage) -> SemanticLayer:
    path = warehouse.folder / "target" / "semantic_manifest.json"
    if not path.is_file():
        assert warehouse.dbt("parse").returncode == 0
    return SemanticLayer(json.loads(path.read_text()))


def by_mf(warehouse: Warehouse, folder: Path, metrics: str, by: str) -> list[dict[str, str]]:
    """What MetricFlow's own command answers over the tables of the build."""
    project, file = folder / "dbt_project", folder / "answer.csv"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    command = [Path(sys.executable).with_name("mf"), "query", "--metrics", metrics, "--group-by", by]
    parse = [Path(sys.executable).with_name("dbt"), "parse"]
    paths = {"DBT_PROFILES_DIR": str(project), "DBT_TARGET_PATH": "target", "DBT_LOG_PATH": "logs"}
    for step in (parse, [*command, "--csv", file]):
        asked = subprocess.run(
            [str(part) for part in step],
            cwd=project,
            env=os.environ | warehouse.environment() | paths,
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
    return list(csv.DictReader(io.StringIO(file.read_text())))


def close(one: Any, other: Any) -> bool:
    return abs(float(one) - float(other)) <= TOLERANCE * max(1.0, abs(float(one)))


def test_three_ways_of_asking_give_one_answer(
    warehouse: Warehouse, shown: Stage, seamline: Any, tmp_path: Path
) -> None:
    asked = ("orders", "gross_revenue", "discounts", "returned_goods", "net_revenue", "average_order_value")
    code, out, _ = seamline(*asked, "--by", "day,channel", "--json")
    assert code == 0
    ours = {(row["day"], row["channel"]): row for row in json.loads(out)["rows"]}

    theirs = by_mf(warehouse, tmp_path, ",".join(asked), "metric_time__day,shop__channel")
    assert len(theirs) == len(ours) > 4
    for row in theirs:
        mine = ours[row["metric_time__day"][:10], row["shop__channel"]]
        for name in asked:
            if row[name] and mine[name] is not None:
                assert close(row[name], mine[name]), (name, row, mine)
            else:
                assert (row[name] or None) == mine[name]

    with psycopg.connect(warehouse.dsn("seamline_analyst")) as connection:
        daily = connection.execute(
            "select s.business_date::text, c.channel, sum(s.order_count), sum(s.gross_reporting_amount),"
            " sum(s.discount_reporting_amount), sum(s.returned_reporting_amount), sum(s.net_reporting_amount)"
            " from bi.daily_sales as s join bi.channels as c using (source_system, source_account)"
            " group by 1, 2"
        ).fetchall()
    assert {(day, channel) for day, channel, *_ in daily} == set(ours)
    for day, channel, *values in daily:
        mine = [float(ours[day, channel][name]) for name in asked[:5]]
        assert mine == pytest.approx([float(value or 0) for value in values])


@pytest.mark.parametrize(
    ("names", "by"),
    [
        (("stocked_articles", "stock_out_rate", "available_stock", "sell_through"), ("warehouse", "month")),
        (("sell_through", "available_stock", "stock_out_rate", "stocked_articles"), ("month", "warehouse")),
        (("orders", "net_revenue", "average_order_value", "customers"), ("channel", "week", "country_code")),
        (("customers", "average_order_value", "orders", "net_revenue"), ("country_code", "channel", "week")),
    ],
)
def test_a_number_stands_in_the_column_that_was_asked_for(
    warehouse: Warehouse, shown: Stage, layer: SemanticLayer, names: tuple[str, ...], by: tuple[str, ...]
) -> None:
    known = layer.dimensions(names)
    asked = layer.statement(Question(names=names, by=by))
    with psycopg.connect(warehouse.dsn("seamline_analyst")) as connection:
        found = connection.execute(asked.text.encode(), asked.parameters).description
    assert [column.name for column in found] == [*(known[name] for name in by), *names]
    assert asked.columns == (*by, *names)


def test_amounts_of_several_currencies_are_added_in_one(shown: Stage, seamline: Any) -> None:
    sales = [row for row in shown["conformed.orders"] if row["is_sale"]]
    assert len({row["currency_code"] for row in sales}) == 4
    _, out, _ = seamline("order_value", "orders", "--json")
    (row,) = json.loads(out)["rows"]
    assert Decimal(row["order_value"]) == sum(row["total_reporting_amount"] for row in sales)
    assert int(row["orders"]) == len(sales)
    assert json.loads(out)["metrics"][0]["currency_code"] == "EUR"


def test_customers_are_new_once_and_retained_as_counted_by_hand(shown: Stage, seamline: Any) -> None:
    bought = defaultdict(list)
    for row in sorted(shown["conformed.orders"], key=lambda one: (one["placed_at"], one["order_id"])):
        if row["is_sale"] and row["customer_id"]:
            bought[row["customer_id"]].append(row["business_date"])
    _, out, _ = seamline("customers", "new_customers", "returning_customers", "--json")
    (row,) = json.loads(out)["rows"]
    assert int(row["customers"]) == int(row["new_customers"]) == len(bought)
    assert int(row["returning_customers"]) == sum(len(days) > 1 for days in bought.values()) > 0

    retained = defaultdict(set)
    for customer, days in bought.items():
        first = days[0].replace(day=1)
        for day in days:
            months = 12 * (day.year - first.year) + day.month - first.month
            retained[first.isoformat(), months].add(customer)
    _, out, _ = seamline(
        "retained_customers", "cohort_customers", "--by", "first_month,months_since_first", "--json"
    )
    found = {(row["first_month"], row["months_since_first"]): row for row in json.loads(out)["rows"]}
    assert {key: int(row["retained_customers"]) for key, row in found.items()} == {
        key: len(customers) for key, customers in retained.items()
    }


def only_row(seamline: Any, *arguments: str) -> dict[str, Any]:
    (row,) = json.loads(seamline(*arguments, "--json")[1])["rows"]
    return row


def test_a_campaign_moved_what_it_moved_beyond_the_change_of_others(seamline: Any) -> None:
    # Reached: 9.99 + 3.19 + 0.99 before, 3.33 during. Others: 2.00 before, 3.19 during.
    found = only_row(seamline, "promotion_uplift", "--by", "promotion_title")
    assert found["promotion_title"] == "Campaign 7, Type A"
    assert float(found["promotion_uplift"]) == pytest.approx((3.33 / 14.17) / (3.19 / 2.00) - 1, abs=1e-3)


def test_reductions_are_told_apart_by_who_pays_for_them(shown: Stage, seamline: Any) -> None:
    found = only_row(seamline, "promotion_discounts", "funded_discounts")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in shown["conformed.promotion_applications"]:
        sums[row["paid_by"]] += row["discount_reporting_amount"] or 0
    assert close(found["promotion_discounts"], sums["us"])
    assert close(found["funded_discounts"], sums["manufacturer"])
    assert min(sums.values()) > 0


def test_returns_that_were_declined_are_not_asked_for(seamline: Any) -> None:
    found = {
        row["return_reason"]: (int(row["requested_return_units"]), int(row["open_return_units"]))
        for row in json.loads(
            seamline("requested_return_units", "open_return_units", "--by", "return_reason", "--json")[1]
        )["rows"]
    }
    assert found == {"size-too-small": (1, 0), "not_stated": (1, 1)}


def test_carts_that_were_left_are_as_counted_by_hand(shown: Stage, seamline: Any) -> None:
    found = only_row(
        seamline,
        "left_carts",
        "recovered_carts",
        "abandoned_carts",
        "abandoned_cart_value",
        "cart_recovery_rate",
    )
    assert [int(found[name]) for name in ("left_carts", "recovered_carts", "abandoned_carts")] == [4, 2, 2]
    # 99.80 and 20.00.
    assert close(found["abandoned_cart_value"], Decimal("119.80"))
    assert close(found["cart_recovery_rate"], Decimal("0.5"))
    rated = only_row(seamline, "cart_abandonment_rate", "orders")
    assert close(rated["cart_abandonment_rate"], Decimal(2) / (2 + int(rated["orders"])))


def test_events_are_counted_by_what_happened(seamline: Any) -> None:
    rows = json.loads(seamline("tracked_events", "active_persons", "--by", "event_type", "--json")[1])["rows"]
    assert {row["event_type"]: (int(row["tracked_events"]), int(row["active_persons"])) for row in rows} == {
        "message_received": (1, 1),
        "placed_order": (1, 1),
        "viewed_product": (1, 1),
        "message_clicked": (1, 1),
    }


def test_what_providers_settled_is_as_counted_by_hand(shown: Stage, seamline: Any) -> None:
    names = (
        "settled_amount",
        "settlement_difference",
        "settlement_differences",
        "unsettled_amount",
        "settlement_fees",
    )
    found = only_row(seamline, *names)
    # 99.80 + 40.00 + 25.00 + 119.00, and 40.00 that a bank took back.
    assert close(found["settled_amount"], Decimal("243.80"))
    # 9.90 less than was paid, 25.00 of no shop, and the 40.00.
    assert close(found["settlement_difference"], Decimal("-24.90"))
    assert int(found["settlement_differences"]) == 3
    assert close(found["unsettled_amount"], Decimal(0))
    # 1.30 of a payment, 4.20 for itself, 7.50 for the dispute.
    assert close(found["settlement_fees"], Decimal("13.00"))


def test_prices_that_the_shop_charged_are_compared_with_those_that_held(shown: Stage, seamline: Any) -> None:
    found = only_row(
        seamline, "price_mismatches", "compared_prices", "price_mismatch_rate", "price_mismatch_value"
    )
    checks = [row for row in shown["metrics.price_checks"] if row["is_sale"]]
    other = [
        row for row in checks if row["charged_amount"] != row["effective_amount"] and row["effective_amount"]
    ]
    compared = [row for row in checks if row["effective_amount"] is not None]
    assert (int(found["price_mismatches"]), int(found["compared_prices"])) == (len(other), len(compared))
    assert 0 < len(other) < len(compared)
    assert close(found["price_mismatch_rate"], Decimal(len(other)) / len(compared))
    value = sum((row["charged_amount"] - row["effective_amount"]) * row["quantity"] for row in other)
    assert close(found["price_mismatch_value"], value)


def test_our_sales_and_the_differences_are_what_the_platforms_count(shown: Stage, seamline: Any) -> None:
    found = only_row(seamline, "platform_order_value", "order_value", "unexplained_orders")
    different = sum(row["difference_reporting_amount"] or 0 for row in shown["metrics.platform_differences"])
    assert close(found["platform_order_value"], Decimal(found["order_value"]) + different)
    assert different > 0
    assert int(found["unexplained_orders"]) == 0


def test_what_was_sent_and_what_arrived_is_as_counted_by_hand(shown: Stage, seamline: Any) -> None:
    def one(*names: str) -> dict[str, Any]:
        (row,) = json.loads(seamline(*names, "--json")[1])["rows"]
        return row

    sent = [row for row in shown["conformed.fulfillments"] if row["is_sale"] and row["status"] == "sent"]
    shipped = [(row["shipped_at"] - row["placed_at"]).total_seconds() / 3600 for row in sent]
    found = one("shipments", "hours_to_ship")
    assert int(found["shipments"]) == len(sent) > 2
    assert close(found["hours_to_ship"], sum(shipped) / len(shipped))

    filled = sum(
        row["quantity"]
        for row in shown["conformed.fulfillment_lines"]
        if row["is_sent_sale"] and row["order_line_id"]
    )
    stated = sum(
        row["unit_count"]
        for row in shown["conformed.orders"]
        if row["is_sale"] and row["fulfillment_status"] != "not_stated"
    )
    assert close(one("fill_rate")["fill_rate"], filled / stated)

    arrivals = [row for row in shown["metrics.purchase_arrivals"] if not row["is_cancelled"]]
    days = [row["lead_days"] for row in arrivals if row["lead_days"] is not None]
    found = one("supplier_lead_time", "supplier_fill_rate")
    assert close(found["supplier_lead_time"], sum(days) / len(days))
    ordered, arrived = (
        sum(row[name] for row in arrivals) for name in ("ordered_quantity", "filled_quantity")
    )
    assert close(found["supplier_fill_rate"], arrived / ordered)


def test_the_seams_count_what_came(warehouse: Warehouse, shown: Stage, seamline: Any) -> None:
    (row,) = json.loads(seamline("deliveries", "refusal_rate", "--json")[1])["rows"]
    assert int(row["deliveries"]) == warehouse.value("select count(*) from landing.deliveries")


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_that_is_counted_again_is_counted_whole_wherever_the_server_stands(
    warehouse: Warehouse, shown: Stage, zone: str
) -> None:
    last = "(select max(day) from metrics.daily_seams)"
    moments = [f"({last} - 3)::timestamp + interval '{hours} hours'" for hours in (1, 23)]
    warehouse.execute(
        "insert into landing.deliveries (flow, source_system, account, kind, name, content_sha256, as_of, landed_at)"
        " select 'pull_nothing', 's', 'a', 'file', 'n' || moment, md5(moment::text) || md5(moment::text),"
        " moment at time zone 'UTC', moment at time zone 'UTC'"
        f" from (values ({moments[0]}), ({moments[1]})) as m (moment)"
    )
    count = "select delivery_count from metrics.daily_seams where flow = 'pull_nothing'"
    warehouse.execute(f"alter role seamline_builder set timezone = '{zone}'")
    try:
        assert warehouse.dbt("run", "--select", "daily_seams").returncode == 0
        assert warehouse.value(count) == 2
    finally:
        warehouse.execute("alter role seamline_builder reset timezone")
        warehouse.execute("delete from landing.deliveries where flow = 'pull_nothing'")
        warehouse.execute("delete from metrics.daily_seams where flow = 'pull_nothing'")


def test_what_comes_back_is_told_apart_by_article(shown: Stage, seamline: Any) -> None:
    back = [row for row in shown["conformed.refund_lines"] if row["is_sale"]]
    by_article: dict[str | None, int] = defaultdict(int)
    for row in back:
        by_article[row["product_id"]] += row["quantity"]
    assert {row["source_system"] for row in back} == {"shopify", "ledger_sftp"}
    assert None not in by_article
    names = (
        "product_returned_units",
        "product_returned_goods",
        "product_kept_revenue",
        "product_return_rate",
    )
    (row,) = json.loads(seamline(*names, "--json")[1])["rows"]
    assert int(row["product_returned_units"]) == sum(by_article.values()) > 0
    assert Decimal(row["product_returned_goods"]) == sum(row["goods_reporting_amount"] for row in back)
    rows = json.loads(seamline("product_returned_units", "--by", "product_name", "--json")[1])["rows"]
    assert sum(int(row["product_returned_units"]) for row in rows) == sum(by_article.values())


def test_stock_is_held_against_what_is_sold(warehouse: Warehouse, shown: Stage, seamline: Any) -> None:
    levels = [row for row in shown["conformed.stock_levels"] if not row["is_deleted"]]
    available: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in levels:
        available[row["source_account"], row["sku"]] += row["available_units"] or 0
    empty = sum(units <= 0 for units in available.values())
    names = ("stocked_articles", "stock_out_rate", "available_stock", "sell_through")
    (row,) = json.loads(seamline(*names, "--json")[1])["rows"]
    assert int(row["stocked_articles"]) == len(available)
    assert close(row["stock_out_rate"], empty / len(available))
    assert Decimal(row["available_stock"]) == sum(available.values())
    sold = warehouse.value("select sum(sold_units) from bi.daily_stock")
    assert close(row["sell_through"], sold / (sold + sum(available.values())))


def test_a_value_is_never_a_part_of_the_statement(warehouse: Warehouse, seamline: Any) -> None:
    odd = "x' or 1=1; {{ 1 // 0 }} %s -- '"
    code, out, _ = seamline("orders", "--where", f"channel={odd}", "--json")
    assert code == 0
    assert [row for row in json.loads(out)["rows"] if row["orders"]] == []
    code, out, _ = seamline("orders", "--by", "channel", "--where", "channel=Feira", "--csv")
    assert out.splitlines()[0] == "channel,orders"
    assert [line.partition(",")[0] for line in out.splitlines()[1:]] == ["Feira"]
    code, out, _ = seamline("orders", "--where", f"channel={odd}", "--sql")
    assert "'x'' or 1=1; {{ 1 // 0 }} %s -- '''" in out
    with psycopg.connect(warehouse.dsn("seamline_analyst")) as connection:
        assert connection.execute(out.encode()).fetchall() == [(0,)]


def test_what_cannot_be_asked_is_answered_with_what_can(seamline: Any) -> None:
    code, _, err = seamline("net_revenue", "--by", "sku")
    assert code == 2
    assert "channel" in err
    assert "month" in err
    for wrong in (
        ("no_such",),
        ("orders", "--where", "channel"),
        ("orders", "--since", "1.11.2026"),
        ("orders", "--json", "--csv"),
        ("cohort_retention", "--by", "day"),
        ("orders", "cohort_retention", "--by", "sales_channel"),
    ):
        code, out, err = seamline(*wrong)
        assert code == 2
        assert "Traceback" not in out + err
        assert "message" in json.loads(out)["error"] if "--json" in wrong else err


def test_a_plot_is_drawn_or_refused(seamline: Any, tmp_path: Path) -> None:
    for arguments in (
        ("net_revenue", "return_rate", "--by", "month,channel"),
        ("orders", "--by", "channel"),
        ("orders",),
    ):
        file = tmp_path / "plot.png"
        code, _, err = seamline(*arguments, "--plot", str(file))
        assert code == 0, err
        assert file.read_bytes().startswith(b"\x89PNG")
        file.unlink()
    code, _, err = seamline("orders", "--plot", str(tmp_path / "no" / "plot.png"))
    assert (code, "cannot be written" in err) == (2, True)


def test_every_metric_can_be_asked_and_says_whose_it_is(
    warehouse: Warehouse, shown: Stage, layer: SemanticLayer
) -> None:
    assert len(layer.metrics) > 30
    owners = ownership.owners()
    with psycopg.connect(warehouse.dsn("seamline_analyst")) as connection:
        for metric in layer.metrics.values():
            assert metric.owner in owners, metric
            assert metric.description.endswith("."), metric
            known = layer.dimensions([metric.name])
            by = ["month", *(one for one in ("channel", "supplier", "warehouse", "flow") if one in known)]
            asked = layer.statement(Question(names=[metric.name], by=by))
            rows = connection.execute(asked.text.encode(), asked.parameters).fetchall()
            # A ratio has no value where there is nothing to divide by.
            assert any(row[-1] is not None or "/" in metric.formula for row in rows), metric.name


def test_readers_find_the_meaning_of_tables_and_columns_in_the_database(
    warehouse: Warehouse, shown: Stage
) -> None:
    silent = warehouse.rows(
        "select c.relname, a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
        " where c.relnamespace = 'bi'::regnamespace and c.relname not in ('freshness', 'days') and a.attnum > 0"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
    )
    assert silent == []


def test_refusals_name_what_there_is(layer: SemanticLayer) -> None:
    with pytest.raises(NoSuchMetric, match="'sales'"):
        layer.statement(Question(names=["sales"]))
    with pytest.raises(NoSuchDimension, match="month"):
        layer.statement(Question(names=["orders"], by=["months"]))
    with pytest.raises(NotPossible):
        layer.statement(Question(names=[]))
