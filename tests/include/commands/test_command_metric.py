"""Metrics without a database: the list, and the statement."""

from __future__ import annotations

from conftest import Seamline


def test_metrics_are_listed_without_a_database(seamline: Seamline) -> None:
    answer = seamline("metric", "--json")
    assert answer.code == 0
    names = [one["name"] for one in answer.document]
    assert names == sorted(names)
    assert "net_revenue" in names
    assert "net_revenue" in seamline("metric").out


def test_a_statement_is_printed_as_it_can_be_run(seamline: Seamline) -> None:
    answer = seamline("metric", "orders", "--by", "month", "--sql")
    assert answer.code == 0
    assert answer.out.count("\n") > 5
    assert "\\n" not in answer.out
    assert '"bi"."orders"' in answer.out


def test_without_a_warehouse_an_answer_says_what_is_missing(seamline: Seamline) -> None:
    answer = seamline("metric", "orders")
    assert answer.code == 2
    assert "AIRFLOW_CONN_WAREHOUSE_DB_ANALYST" in answer.err
