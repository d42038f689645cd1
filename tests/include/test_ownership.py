"""``ownership.yml`` answers every question about every object, and no flow writes what its system does not own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import yaml
from depot import Depot

from include import ownership
from include.contracts.contract import contract, contract_ids
from include.errors import Misconfigured
from include.flow import Flow, PublishFlow, PullFlow, PushFlow, ReconcileFlow, flows
from include.ownership import Ownership, Right, objects, owned_object, owners, systems, why_not
from include.systems.bi.push import PUSH_METRICS
from include.systems.shopify.push import PUSH_PRODUCTS, PUSH_STOCK

OBJECTS = {
    "product", "category", "price", "promotion", "inventory", "customer", "company", "address", "cart", "order",
    "payment", "tax", "fulfillment", "return", "refund", "loyalty", "content", "analytics event",
}  # fmt: skip
NEVER_CORRECTED = {"cart", "analytics event"}
ROLES = ("create", "update", "ask", "correct", "consume")
EVERY = pytest.mark.parametrize("name", sorted(OBJECTS))


def rights_of(name: str) -> list[Ownership]:
    """Of the object and of each field that is owned by somebody else."""
    return [objects()[name].ownership, *objects()[name].fields.values()]


class TestEveryObject:
    def test_there_are_eighteen(self) -> None:
        assert set(objects()) == OBJECTS
        assert len(OBJECTS) == 18

    @EVERY
    def test_every_question_is_answered(self, name: str) -> None:
        document = yaml.safe_load(ownership.FILE.read_text(encoding="utf-8"))["objects"][name]
        asked = {"description", "identifiers", "system_of_record", "fallback", "owner", *ROLES}
        assert asked <= document.keys() <= asked | {"fields"}
        for part in document.get("fields", {}).values():
            assert part.keys() == {"system_of_record", *ROLES}

    @EVERY
    def test_it_is_described_identified_and_has_a_fallback_and_an_owner(self, name: str) -> None:
        found = objects()[name]
        assert found.description.endswith(".") and found.fallback.endswith(".")
        assert found.identifiers and len(set(found.identifiers)) == len(found.identifiers)
        assert found.owner in owners()

    @EVERY
    def test_whoever_it_names_is_a_system_that_is_known(self, name: str) -> None:
        for right in rights_of(name):
            named = {right.system_of_record, *(system for role in ROLES for system in getattr(right, role))}
            assert named <= set(systems())

    @EVERY
    def test_its_system_of_record_makes_it_and_somebody_changes_and_corrects_it(self, name: str) -> None:
        for right in rights_of(name):
            assert right.system_of_record in right.create
            assert right.consume
            if name in NEVER_CORRECTED:
                assert right.correct == ()
            else:
                assert right.update and right.correct
                assert set(right.correct) <= {*right.create, *right.update}

    @EVERY
    def test_nobody_both_decides_and_only_asks(self, name: str) -> None:
        for right in rights_of(name):
            assert not set(right.ask) & {*right.create, *right.update, *right.correct}

    def test_every_owner_can_be_reached(self) -> None:
        for owner in owners().values():
            assert owner.name and "@" in owner.contact
        asked = {found.owner for found in objects().values()} | {flow.owner for flow in flows().values()}
        asked |= {contract(*ids).owner for ids in contract_ids()}
        assert asked <= set(owners())


class TestRights:
    def test_the_strongest_right_counts(self) -> None:
        right = Ownership(
            system_of_record="a", create=("a", "b"), update=("a",), ask=("c",), correct=("d",), consume=("e",)
        )
        found = {system: right.right_of(system) for system in "abcde"}
        assert found == {"a": Right.UPDATE, "b": Right.CREATE, "c": Right.ASK, "d": Right.CORRECT, "e": None}

    def test_a_field_may_belong_to_another_system_than_its_object(self) -> None:
        price = owned_object("price")
        assert price.ownership_of(None).system_of_record == "akeneo"
        assert price.ownership_of("purchase").system_of_record == "supplier_sftp"
        assert price.ownership_of("channel") is price.ownership

    def test_an_object_that_nobody_knows(self) -> None:
        with pytest.raises(Misconfigured, match=r"no object 'voucher'. It has: product, category"):
            owned_object("voucher")

    def test_a_refusal_says_whose_it_is_and_where_it_is_corrected(self) -> None:
        sku = next(p for p in contract("warehouse_edi", "stock").properties if p.name == "sku")
        assert why_not("warehouse_edi", sku) is None
        assert why_not("marketplace_sftp", sku) == (
            "marketplace_sftp may not state 'sku': it belongs to inventory, whose system of record is warehouse_edi. "
            "Have it corrected in warehouse_edi, or give the right in ownership.yml."
        )


def oversteps(flow: Flow) -> Iterator[str]:
    """What a flow writes that its system does not own, or shows to a system that may not see it."""
    if isinstance(flow, PullFlow):
        for entity in flow.entities:
            agreed = contract(flow.system, entity)
            stated = [*agreed.properties, *(item for prop in agreed.properties for item in prop.items)]
            yield from filter(None, (why_not(flow.system, prop) for prop in stated))
            yield from (
                f"{flow.dag_id} brings {prop.owned_object}, which is none of its objects"
                for prop in stated
                if prop.owned_object not in flow.objects
            )
    elif isinstance(flow, PushFlow | PublishFlow | ReconcileFlow):
        for name in flow.objects:
            right = owned_object(name).ownership_of(getattr(flow, "owned_field", None))
            if flow.system not in right.consume:
                yield f"{flow.dag_id} shows {name} to {flow.system}, which ownership.yml does not"
            if flow.system in (right.system_of_record, *right.create, *right.update):
                yield f"{flow.dag_id} overwrites {name} in {flow.system}, which owns it"


class TestFlows:
    @pytest.mark.parametrize("dag_id", flows())
    def test_none_writes_what_its_system_does_not_own(self, dag_id: str) -> None:
        assert list(oversteps(flows()[dag_id])) == []

    def test_a_pull_of_what_another_system_owns_is_found(self, depot: Depot) -> None:
        wrong = depot.flow("lists")
        assert list(oversteps(wrong)) == []
        depot.give_rights(system_of_record="akeneo", create=["akeneo"], update=["akeneo"], correct=["akeneo"])
        found = list(oversteps(wrong))
        assert len(found) == len(contract("depot", "lists").properties)
        assert all("depot may not state" in one for one in found)

    def test_a_pull_of_a_field_that_another_system_owns_is_found(self, depot: Depot) -> None:
        stock = contract("warehouse_edi", "stock")
        taken = [replace(p, owned_object="price", owned_field="purchase") for p in stock.properties[:1]]
        assert [why_not("warehouse_edi", prop) is None for prop in taken] == [False]
        assert [why_not("supplier_sftp", prop) is None for prop in taken] == [True]

    def test_a_pull_that_does_not_say_what_it_brings_is_found(self) -> None:
        wrong = replace(flows()["pull_orders_from_shopify"], objects=("order",))
        assert any("brings payment, which is none of its objects" in one for one in oversteps(wrong))

    def test_a_push_into_the_system_that_owns_it_is_found(self) -> None:
        wrong = replace(PUSH_PRODUCTS, objects=("promotion",))
        assert list(oversteps(wrong)) == [
            "push_products_to_shopify shows promotion to shopify, which ownership.yml does not",
            "push_products_to_shopify overwrites promotion in shopify, which owns it",
        ]

    def test_showing_somebody_what_is_not_meant_for_them_is_found(self) -> None:
        assert list(oversteps(replace(PUSH_STOCK, system="akeneo"))) == [
            "push_stock_to_shopify shows inventory to akeneo, which ownership.yml does not"
        ]
        assert list(oversteps(replace(PUSH_METRICS, objects=("content",))))
