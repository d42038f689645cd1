"""What suppliers and warehouses say of purchases, in the conformed model."""

from __future__ import annotations

from conftest import Stage


class TestSupplierStock:
    def test_what_can_be_delivered_is_what_is_said_else_what_lies_there(self, day_one: Stage) -> None:
        levels = {row["article"]: row for row in day_one["conformed.supplier_stock_levels"]}
        assert {name: level["available_quantity"] for name, level in levels.items()} == {
            "NK-1": 140, "NK-2": 25, "NK-3": 3,
        }  # fmt: skip
        assert levels["NK-1"]["gtin"] == "04006381333931"
        assert [levels[name]["unit"] for name in ("NK-1", "NK-3")] == ["piece", "unknown"]

    def test_the_newest_statement_holds_and_what_stays_is_not_touched(self, day_two: Stage) -> None:
        levels = {row["article"]: row for row in day_two["conformed.supplier_stock_levels"]}
        assert [levels[name]["available_quantity"] for name in ("NK-1", "NK-2", "NK-3")] == [90, 25, 3]
        assert {row["article"] for row in day_two.changed("conformed.supplier_stock_levels")} <= {"NK-1"}

    def test_nobody_sells_it(self, day_two: Stage) -> None:
        assert not day_two.all("conformed.stock_levels", source_system="supplier_edi")
