"""Validates a table against a suite, and fails closed: what could not be judged is not good."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from sqlalchemy.engine import URL

from include.delivery import Endpoint

EXAMPLES = 20
MOST_LISTED = 10_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a batch found.

    Attributes:
        is_open: every expectation was judged and holds.
        expectations: how many there were.
        broken: for each that does not hold: ``rule``, ``count`` and ``examples``.
        page: the Data Docs page, HTML.
    """

    is_open: bool
    expectations: int
    broken: tuple[dict[str, Any], ...]
    page: str

    def to_json(self) -> dict[str, Any]:
        """Everything but the page."""
        return {"is_open": self.is_open, "expectations": self.expectations, "broken": list(self.broken)}


def validated(where: Endpoint, schema: str, table: str, suite: gx.ExpectationSuite) -> Verdict:
    """Validate all rows of a table in the warehouse.

    Args:
        where: the warehouse, with a role that may read the table.
    """
    batch = _batch(where, schema, table)
    result = batch.validate(
        suite, result_format={"result_format": "BASIC", "partial_unexpected_count": EXAMPLES}
    )
    failed = [r for r in result.results if not r.success]
    return Verdict(
        is_open=bool(result.success) and not failed and len(result.results) == len(suite.expectations),
        expectations=len(suite.expectations),
        broken=tuple(_broken(batch, one) for one in failed),
        page=_page(result),
    )


def _batch(where: Endpoint, schema: str, table: str) -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
    url = URL.create("postgresql+psycopg2", where.login, where.password, where.host, where.port, where.schema)
    source = context.data_sources.add_postgres(
        "warehouse", connection_string=url.render_as_string(hide_password=False)
    )
    asset = source.add_table_asset(table, table_name=table, schema_name=schema)
    return asset.add_batch_definition_whole_table("all rows").get_batch()


def _broken(batch: Any, result: Any) -> dict[str, Any]:
    """One broken expectation with examples, each with the key of its row where that can be told."""
    config = result.expectation_config
    found = result.result
    shown = {
        "rule": config.description or config.type,
        "column": config.kwargs.get("column"),
        "count": found.get("unexpected_count", found.get("observed_value")),
        "examples": _plain(_examples(batch, result)),
    }
    if result.exception_info and _raised(result.exception_info):
        shown["could_not_be_judged"] = _raised(result.exception_info)
    return {name: value for name, value in shown.items() if value not in (None, [], "")}


def _examples(batch: Any, result: Any) -> list[Any]:
    """The rows that a query of ours found; else the keys of the rows that break it, or their values without keys."""
    found, count = result.result, result.result.get("unexpected_count") or 0
    if "unexpected_rows_query" in result.expectation_config.kwargs:
        details = _again(batch, result, {}).get("details") or {}
        return (details.get("unexpected_rows") or [])[:EXAMPLES]
    if 0 < count <= MOST_LISTED:
        keyed = _again(batch, result, {"unexpected_index_column_names": ["_key"]}).get(
            "unexpected_index_list"
        )
        if keyed:
            return keyed[:EXAMPLES]
    return (found.get("partial_unexpected_list") or [])[:EXAMPLES]


def _again(batch: Any, result: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """The same expectation with everything that it can tell."""
    expectation = result.expectation_config.to_domain_obj()
    return batch.validate(expectation, result_format={"result_format": "COMPLETE", **wanted}).result


def _raised(info: Any) -> str:
    """Why an expectation could not be judged, if it could not."""
    parts: Iterable[Any] = [info] if "exception_message" in info else info.values()
    return "; ".join(str(part["exception_message"]) for part in parts if part.get("raised_exception"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _page(result: ExpectationSuiteValidationResult) -> str:
    try:
        return _view().render(ValidationResultsPageRenderer().render(result))
    except Exception as error:
        return f"<p>The page could not be drawn: {html.escape(str(error))}</p>"


@cache
def _view() -> DefaultJinjaPageView:
    """It keeps the templates that it has compiled."""
    return DefaultJinjaPageView()
