"""``metric``: what the business does, in numbers that are defined once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from include.commands import printing
from include.environment import WAREHOUSE_ANALYST, dsn, endpoint
from include.errors import NotPossible
from include.semantic_layer import CURRENCY, GRAINS, SHARE, Metric, Question, SemanticLayer, published
from include.stores import publications
from include.stores.connection import connected

Row = tuple[Any, ...]


class NothingPublished(NotPossible):
    """Nothing that this asks has been published yet: DAG `push_metrics_to_bi` shows it after the first build. If it
    stays so, `./seamline gate list` says what holds it."""


def list_metrics(*, as_json: bool) -> int:
    """Every metric with its unit and meaning; needs no database."""
    metrics = sorted(published().metrics.values(), key=lambda one: one.name)
    if as_json:
        printing.as_json([asdict(one) for one in metrics])
    else:
        printing.table(
            [{"metric": one.name, "unit": one.unit, "what it says": one.description} for one in metrics]
        )
        printing.line(f"{len(metrics)} metrics; docs/metrics.md has formulas, dates and owners.")
    return 0


def show_metrics(
    question: Question, *, as_json: bool, as_csv: bool, as_sql: bool, plot: Path | None, limit: int
) -> int:
    """Ask what readers see, as the analysts' role.

    Args:
        as_sql: print the statement instead of asking it.
        plot: PNG file to draw into.
        limit: rows to print at most; 0 prints all.
    """
    if as_json + as_csv + as_sql > 1:
        raise NotPossible("Only one of --json, --csv and --sql can be printed; choose one.")
    layer = published()
    statement = layer.statement(question)
    if as_sql:
        text = statement.text % {name: _literal(value) for name, value in statement.parameters.items()}
        for line in text.splitlines():
            printing.line(line)
        return 0
    with closing(connected(dsn(endpoint(WAREHOUSE_ANALYST)), "seamline metric")) as connection:
        connection.read_only = True
        state = publications.freshness(connection)
        if state is None:
            raise NothingPublished("There is nothing to ask.")
        rows = [tuple(map(_plain, row)) for row in _asked(connection, statement.text, statement.parameters)]
    if plot is not None:
        _draw(plot, layer, question, rows)
    shown = rows[:limit] if limit else rows
    _print(layer, question, statement.columns, shown, state, as_json=as_json, as_csv=as_csv)
    _warn(state, cut=len(rows) - len(shown), drawn=plot)
    return 0


def parsed_conditions(texts: Sequence[str]) -> dict[str, list[str]]:
    """``channel=Feira,Gifts`` as a dimension and its values.

    Raises:
        NotPossible: it is no such text.
    """
    only: dict[str, list[str]] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or not name.strip() or not values.strip():
            raise NotPossible(
                f"--where {text!r} is not of the form DIMENSION=VALUE or DIMENSION=VALUE,VALUE."
            )
        only.setdefault(name.strip(), []).extend(value.strip() for value in values.split(","))
    return only


def parsed_day(name: str, text: str | None) -> date | None:
    """A day as ``2026-11-01``.

    Raises:
        NotPossible: it is none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotPossible(f"{name} {text!r} is no day; write it as 2026-11-01.") from None


def _asked(connection: psycopg.Connection, text: str, parameters: dict[str, str]) -> list[Row]:
    try:
        return connection.execute(text.encode(), parameters).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise NothingPublished("Readers do not see all that this metric is made of.") from None


def _plain(value: Any) -> Any:
    """Days instead of midnights."""
    return value.date() if hasattr(value, "hour") else value


def _print(
    layer: SemanticLayer,
    question: Question,
    columns: Sequence[str],
    rows: Sequence[Row],
    state: dict[str, Any],
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    metrics = [layer.metrics[name] for name in question.names]
    if as_csv:
        printing.as_csv(columns, rows)
    elif as_json:
        printing.as_json(
            {
                "metrics": [asdict(one) | {"currency_code": _currency(layer, one)} for one in metrics],
                "by": list(question.by),
                "published_at": state["published_at"],
                "build_id": state["build_id"],
                "rows": [dict(zip(columns, row, strict=True)) for row in rows],
            }
        )
    else:
        units = [None] * len(question.by) + [one.unit for one in metrics]
        titles = [*question.by, *(_title(layer, one) for one in metrics)]
        printing.table(
            [
                dict(zip(titles, map(_for_people, row, units), strict=True))
                for row in rows
            ],
            titles,
            headings=False,
            numbers=titles[len(question.by) :],
        )  # fmt: skip
        printing.line(f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}")


def _title(layer: SemanticLayer, metric: Metric) -> str:
    currency = _currency(layer, metric)
    return f"{metric.name} {currency}" if currency else metric.name


def _currency(layer: SemanticLayer, metric: Metric) -> str | None:
    return layer.currency_code if metric.unit == CURRENCY else None


def _for_people(value: Any, unit: str | None) -> Any:
    if value is None or unit is None:
        return value
    if unit == SHARE:
        return f"{100 * float(value):.1f} %"
    if unit == CURRENCY:
        return f"{float(value):,.2f}"
    return f"{float(value):,.1f}".removesuffix(".0")


def _warn(state: dict[str, Any], *, cut: int, drawn: Path | None) -> None:
    """What the numbers do not say, for people, beside them."""
    said = [f"As published {state['published_at']:%Y-%m-%d %H:%M} UTC (build {state['build_id']})."]
    if state["held_since"] is not None:
        said.append(f"A newer state has been held since {state['held_since']:%Y-%m-%d %H:%M} UTC.")
    if cut:
        said.append(f"{cut:,} more rows; --limit 0 shows all.")
    if drawn is not None:
        said.append(f"Drawn into {drawn}.")
    print(" ".join(said), file=sys.stderr)


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _draw(path: Path, layer: SemanticLayer, question: Question, rows: Sequence[Row]) -> None:
    from include.metric_plot import Plot, drawn

    grain = next((name for name in question.by if name in GRAINS), None)
    content = drawn(
        Plot(
            titles=[f"{layer.metrics[name].label}{_in_unit(layer, name)}" for name in question.names],
            shares=[layer.metrics[name].unit == SHARE for name in question.names],
            time=question.by.index(grain) if grain else None,
            width=len(question.by),
            rows=rows,
        )
    )
    try:
        path.write_bytes(content)
    except OSError as error:
        raise NotPossible(f"{path} cannot be written: {error.strerror}.") from None


def _in_unit(layer: SemanticLayer, name: str) -> str:
    metric = layer.metrics[name]
    return "" if metric.unit == SHARE else f", {_currency(layer, metric) or metric.unit}"
