"""What the dbt project promises of itself: layers, descriptions, tests, and rules that hold without any data."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from conftest import GROUPS, TABLES, Stage
from small_warehouse import DBT_PROJECT, PROJECT, Warehouse

from include.contracts.contract import contract_ids
from include.flow import Flow, MatchFlow, PublishFlow, PushFlow, flows
from include.news_of_builds import nodes_with_news
from include.ownership import owners

LAYERS = ("staging", "conformed", "metrics", "outbound")
GRAIN = re.compile(r"^One row per [a-z]")


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_rules_hold_in_unit_tests(warehouse: Warehouse, day_two: Stage) -> None:
    run = warehouse.dbt("test", "--select", "test_type:unit")

    assert run.returncode == 0, run.output
    assert len(run.with_status("pass")) >= 9


def test_a_layer_is_a_folder_and_a_schema(models: list[dict[str, Any]]) -> None:
    assert {model["schema"] for model in models} == set(LAYERS)
    for model in models:
        assert model["original_file_path"].split("/")[0] == model["schema"]


def test_every_raw_table_has_a_staging_view(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    declared = {
        key: source["name"] for key, source in manifest["sources"].items() if source["source_name"] == "raw"
    }
    read = {
        declared[parent]: model["name"]
        for model in models
        for parent in model["depends_on"]["nodes"]
        if parent in declared
    }

    assert set(declared.values()) == {f"{system}__{entity}" for system, entity in contract_ids()}
    assert set(read) == set(declared.values())
    for table, view in read.items():
        assert view.startswith(f"stg_{table.split('__')[0]}__")


def test_the_lineage_ends_at_the_flows_that_go_out(manifest: dict[str, Any]) -> None:
    found = {
        one["name"]: (
            one["owner"]["email"],
            {manifest["nodes"][key]["name"] for key in one["depends_on"]["nodes"]},
        )
        for one in manifest["exposures"].values()
    }
    assert found == {
        flow.dag_id: (owners()[flow.owner].contact, taken)
        for flow in flows().values()
        if (taken := models_that_leave_by(flow))
    }


def models_that_leave_by(flow: Flow) -> set[str]:
    match flow:
        case PushFlow():
            return {flow.outbound_table}
        case PublishFlow():
            return {table.partition(".")[2] for table in flow.tables}
        case MatchFlow():
            return {table.partition(".")[2] for table in (flow.table, flow.claims)}
        case _:
            return set()


def test_only_staging_reads_sources_and_it_joins_nothing(models: list[dict[str, Any]]) -> None:
    for model in models:
        reads_a_source = any(parent.startswith("source.") for parent in model["depends_on"]["nodes"])
        assert reads_a_source == (model["schema"] == "staging"), model["name"]
        if model["schema"] == "staging":
            joins = re.findall(r"(?<!cross )\bjoin\b|cross join (?!lateral)", model["raw_code"])
            assert not joins, model["name"]


def test_layers_read_downwards(models: list[dict[str, Any]]) -> None:
    layer_of = {model["unique_id"]: LAYERS.index(model["schema"]) for model in models}
    for model in models:
        above = [
            parent
            for parent in model["depends_on"]["nodes"]
            if layer_of.get(parent, 0) > layer_of[model["unique_id"]]
        ]
        assert not above, model["name"]


def test_readers_are_shown_nothing_that_names_a_person(models: list[dict[str, Any]]) -> None:
    documents = [
        yaml.safe_load(path.read_text("utf-8")) for path in (PROJECT / "include/contracts").rglob("*.yml")
    ]
    restricted = {
        prop["name"]
        for document in documents
        for table in document["schema"]
        for prop in table["properties"]
        if prop.get("classification") == "restricted"
    }
    assert {"customer_email", "shipping_street"} <= restricted
    of_persons = restricted | {"email", "first_name", "last_name", "street", "phone"}
    (publish,) = (flow for flow in flows().values() if isinstance(flow, PublishFlow))
    shown = {table.partition(".")[2] for table in publish.tables}
    found = {
        f"{model['name']}.{column}"
        for model in models
        if model["name"] in shown
        for column in of_persons & set(model["columns"])
    }
    assert found == set()


def test_descriptions_begin_with_the_grain_and_name_every_column(
    models: list[dict[str, Any]], warehouse: Warehouse
) -> None:
    for model in models:
        columns = warehouse.rows(
            "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
            model["schema"],
            model["name"],
        )
        assert (DBT_PROJECT / model["original_file_path"]).with_suffix(".yml").exists(), model["name"]
        assert GRAIN.match(model["description"]), model["name"]
        assert {row["column_name"] for row in columns} == set(model["columns"]), model["name"]
        assert all(column["description"].strip() for column in model["columns"].values()), model["name"]


def test_the_database_carries_the_descriptions(
    models: list[dict[str, Any]], warehouse: Warehouse, day_one: Stage
) -> None:
    comment = "select obj_description(%s::regclass)"
    columns = """
        select attname, col_description(attrelid, attnum) as description
        from pg_attribute
        where attrelid = %s::regclass and attnum > 0 and not attisdropped
    """
    for model in models:
        name = f"{model['schema']}.{model['name']}"
        assert warehouse.value(comment, name) == model["description"]
        found = {row["attname"]: row["description"] for row in warehouse.rows(columns, name)}
        assert found == {column["name"]: column["description"] for column in model["columns"].values()}, name


def test_every_table_is_tested_for_its_key(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    keyed = {
        node["attached_node"].split(".")[2]
        for node in tests
        if (node.get("test_metadata") or {}).get("name") == "keyed"
    }
    assert {table.partition(".")[2] for table in TABLES} <= keyed


def test_every_table_is_indexed_by_its_key_and_by_build(warehouse: Warehouse, day_one: Stage) -> None:
    for table in TABLES:
        indexes = [
            row["indexdef"]
            for row in warehouse.rows(
                "select indexdef from pg_indexes where schemaname || '.' || tablename = %s", table
            )
        ]
        assert any("UNIQUE" in definition for definition in indexes), table
        assert any("(_build_id)" in definition for definition in indexes), table


def test_the_groups_of_a_build_hold_every_model_and_no_unit_test(
    models: list[dict[str, Any]], day_one: Stage
) -> None:
    ran = [name for run in day_one.runs for name in run.results]

    assert len(day_one.runs) == len(GROUPS)
    assert {model["name"] for model in models} <= set(ran)
    assert not [
        key for run in day_one.runs for key in run.results if "unit_test" in run.results[key]["unique_id"]
    ]


def test_every_test_runs_in_one_group(manifest: dict[str, Any], day_one: Stage) -> None:
    ran = [result["unique_id"] for run in day_one.runs for result in run.results.values()]
    tests = [key for key, node in manifest["nodes"].items() if node["resource_type"] == "test"]

    assert sorted(key for key in ran if key.startswith("test.")) == sorted(tests)


def test_with_news_of_every_table_a_group_runs_whole(manifest: dict[str, Any], day_one: Stage) -> None:
    tables = {source["name"] for source in manifest["sources"].values()}
    for group, run in zip(GROUPS[1:], day_one.runs[1:], strict=True):
        ran = {result["unique_id"] for result in run.results.values()}
        asked = {key for key in ran if key.startswith(("model.", "test."))}
        seed_models = {key for key in asked if not any_source(manifest, key) and key.startswith("model.")}
        found = set(nodes_with_news(manifest, group, tables))
        assert asked - found == {
            key
            for key in asked - found
            if key in seed_models or set(manifest["parent_map"][key]) & seed_models
        }, group
        assert found <= asked, group
        assert found, group


def any_source(manifest: dict[str, Any], key: str) -> bool:
    parents = manifest["parent_map"].get(key, [])
    return any(one.startswith("source.") or any_source(manifest, one) for one in parents)


def test_a_group_runs_only_what_is_made_from_what_has_news(manifest: dict[str, Any]) -> None:
    def models_of(group: str, *tables: str) -> set[str]:
        nodes = nodes_with_news(manifest, group, tables)
        return {key.rpartition(".")[2] for key in nodes if key.startswith("model.")}

    assert models_of("conformed_stock", "warehouse_edi__stock") == {
        "stock_levels",
        "stock_level_versions",
    }
    assert models_of("outbound", "warehouse_edi__stock") == {"retailer_edi__stock", "shopify__stock"}
    # The seams' own days change without any delivery.
    assert models_of("metrics", "warehouse_edi__stock") == {"daily_stock", "daily_seams"}
    assert models_of("conformed_orders", "warehouse_edi__stock") == set()
    assert models_of("conformed_products", "channel_ids") == {"product_ids"}
    settled = models_of("conformed_orders", "adyen_sftp__settlement_lines")
    assert settled == {"settlement_lines", "settlements"}
    assert models_of("metrics", "adyen_sftp__settlement_lines") == {"payment_settlements", "daily_seams"}
    assert {"orders", "order_lines", "taxes", "returns"} <= models_of("conformed_orders", "shopify__orders")
    assert models_of("conformed_orders", "shopify__carts") == {"carts", "cart_lines"}
    assert models_of("metrics", "shopify__carts") == set()
    assert models_of("conformed_orders", "klaviyo__events") == {"analytics_events"}
    assert not models_of("conformed_stock", "shopify__orders")


def test_tests_run_with_the_models_that_they_look_at(manifest: dict[str, Any]) -> None:
    nodes = nodes_with_news(manifest, "conformed_stock", ["warehouse_edi__stock"])
    tests = [key for key in nodes if key.startswith("test.")]
    assert len(tests) >= 3
    looked_at = {"model.seamline.stock_levels", "model.seamline.stock_level_versions"}
    assert all(looked_at & set(manifest["parent_map"][key]) for key in tests)


def test_models_that_groups_depend_on_are_in_earlier_groups(day_one: Stage, manifest: dict[str, Any]) -> None:
    group_of = {
        result["unique_id"]: number
        for number, run in enumerate(day_one.runs)
        for result in run.results.values()
    }
    for node, number in group_of.items():
        if node.startswith("model."):
            assert all(group_of.get(parent, -1) <= number for parent in manifest["parent_map"][node]), node
