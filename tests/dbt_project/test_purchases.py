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


def test_prices_of_articles_are_those_of_a_unit(day_one: Stage) -> None:
    prices = {row["article"]: row["purchase_price_amount"] for row in day_one["conformed.supplier_items"]}
    assert {article: float(price) for article, price in prices.items()} == {"NK-1": 12.5, "NK-2": 1250}


class TestPurchaseOrders:
    def lines(self, stage: Stage) -> dict[str, tuple[str, int, int]]:
        return {
            row["line_key"]: (row["status"], row["confirmed_quantity"], row["waiting_quantity"])
            for row in stage["conformed.purchase_order_lines"]
        }

    def test_parts_of_a_line_are_put_together_and_tests_count_nowhere(self, day_one: Stage) -> None:
        assert self.lines(day_one) == {
            "1": ("accepted", 100, 0),
            "2": ("changed", 60, 40),
            "3": ("rejected", 0, 0),
        }
        (order,) = day_one["conformed.purchase_orders"]
        assert (order["line_count"], order["ordered_quantity"], order["confirmed_quantity"]) == (3, 300, 160)
        assert (order["confirmed_amount"], order["status"]) == (2000, "changed")

    def test_the_newest_word_about_a_line_holds_whenever_it_came(self, day_two: Stage) -> None:
        assert self.lines(day_two) == {
            "1": ("accepted", 100, 0),
            "2": ("accepted", 100, 0),
            "3": ("rejected", 0, 0),
        }
        (order,) = day_two["conformed.purchase_orders"]
        assert order["confirmed_quantity"] == 200
        assert {row["line_key"] for row in day_two.changed("conformed.purchase_order_lines")} <= {"2"}


class TestShipNotices:
    def test_items_stand_with_their_packages(self, day_one: Stage) -> None:
        assert sorted(row["shipped_quantity"] for row in day_one["conformed.ship_notice_lines"]) == [40, 60]
        (notice,) = day_one["conformed.ship_notices"]
        assert (notice["package_count"], notice["shipped_quantity"], notice["order_numbers"]) == (
            2,
            100,
            "PO-1",
        )

    def test_a_notice_that_comes_again_replaces_the_one_before(self, day_two: Stage) -> None:
        assert [row["shipped_quantity"] for row in day_two["conformed.ship_notice_lines"]] == [55]
        (notice,) = day_two["conformed.ship_notices"]
        assert (notice["package_count"], notice["shipped_quantity"]) == (1, 55)


def test_an_invoice_is_the_sum_of_its_lines_beside_what_it_says(day_one: Stage) -> None:
    amounts = sorted(row["line_amount"] for row in day_one["conformed.supplier_invoice_lines"])
    assert amounts == [300, 1250]
    (invoice,) = day_one["conformed.supplier_invoices"]
    assert (invoice["lines_amount"], float(invoice["invoice_total_amount"])) == (1550, 1562.5)


class TestThreeWayMatch:
    def found(self, stage: Stage) -> dict[tuple[str, str, str], tuple[float, float]]:
        return {
            (row["order_number"], row["item_key"], row["kind"]): (
                float(row["expected"] or 0),
                float(row["found"]),
            )
            for row in stage["conformed.invoice_differences"]
        }

    def test_more_is_invoiced_than_was_ordered_or_announced(self, day_one: Stage) -> None:
        # The price differs by 0.8 %, and 1 % was agreed.
        assert self.found(day_one) == {
            ("PO-1", "NK-1", "quantity"): (100, 125),
            ("PO-1", "NK-1", "invoiced not shipped"): (100, 125),
        }
        stakes = {
            row["kind"]: float(row["at_stake_amount"]) for row in day_one["conformed.invoice_differences"]
        }
        assert stakes == {"quantity": 310, "invoiced not shipped": 310}

    def test_what_arrived_counts_more_than_what_was_announced(self, day_two: Stage) -> None:
        assert self.found(day_two) == {
            ("PO-1", "NK-1", "quantity"): (100, 125),
            ("PO-1", "NK-8", "shipped not ordered"): (0, 6),
            ("PO-9", "NK-9", "unknown order"): (0, 5),
            ("PO-9", "NK-9", "invoiced not shipped"): (0, 5),
        }

    def test_documents_of_a_purchase_are_linked(self, day_two: Stage) -> None:
        links = [row for row in day_two["conformed.purchase_document_links"] if row["order_number"] == "PO-1"]
        assert sorted((row["document_role"], row["document_number"]) for row in links if not row["is_test"]) == [
            ("invoice", "R-1"), ("receipt", "W-1"), ("response", None), ("response", None), ("response", None),
            ("ship notice", "S-1"), ("ship notice", "S-1"),
        ]  # fmt: skip


class TestWarehouses:
    def test_what_was_sent_out_stands_by_package(self, day_one: Stage) -> None:
        lines = day_one["conformed.warehouse_shipment_lines"]
        assert sorted((row["package_code"][-2:], row["shipped_quantity"]) for row in lines) == [
            ("40", 2),
            ("50", 1),
        ]

    def test_corrections_are_told_with_their_sign(self, day_one: Stage) -> None:
        assert sorted(row["changed_quantity"] for row in day_one["conformed.stock_changes"]) == [-3, 1]

    def test_receipts_are_what_arrived(self, day_two: Stage) -> None:
        assert sorted(row["received_quantity"] for row in day_two["conformed.receipts"]) == [6, 125]
