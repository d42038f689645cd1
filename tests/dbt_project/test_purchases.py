"""What suppliers and warehouses say of purchases, in the conformed model."""

from __future__ import annotations

from typing import Any

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
            for row in stage.all("conformed.purchase_order_lines", order_number="PO-1")
        }

    def test_parts_of_a_line_are_put_together_and_tests_count_nowhere(self, day_one: Stage) -> None:
        assert self.lines(day_one) == {
            "1": ("accepted", 100, 0),
            "2": ("changed", 60, 40),
            "3": ("rejected", 0, 0),
        }
        order = day_one.one("conformed.purchase_orders", order_number="PO-1")
        assert (order["line_count"], order["ordered_quantity"], order["confirmed_quantity"]) == (3, 300, 160)
        assert (order["confirmed_amount"], order["status"]) == (2000, "changed")

    def test_the_newest_word_about_a_line_holds_whenever_it_came(self, day_two: Stage) -> None:
        assert self.lines(day_two) == {
            "1": ("accepted", 100, 0),
            "2": ("accepted", 100, 0),
            "3": ("rejected", 0, 0),
        }
        order = day_two.one("conformed.purchase_orders", order_number="PO-1")
        assert order["confirmed_quantity"] == 200
        changed = day_two.all(
            "conformed.purchase_order_lines", order_number="PO-1", _build_id=day_two.build_id
        )
        assert {row["line_key"] for row in changed} <= {"2"}


class TestOrdersOfTheErp:
    def lines(self, stage: Stage, order: str) -> dict[str, Any]:
        return {
            row["line_key"]: row
            for row in stage.all(
                "conformed.purchase_order_lines", order_number=order, source_account="nordkap"
            )
        }

    def test_what_was_ordered_stands_beside_what_is_confirmed(self, day_one: Stage) -> None:
        lines = self.lines(day_one, "PO-20")
        names = ("ordered_quantity", "confirmed_quantity", "status")
        assert {key: tuple(row[name] for name in names) for key, row in lines.items()} == {
            "10": (24, 24, "accepted"), "20": (12, 6, "changed"),
        }  # fmt: skip
        assert (float(lines["10"]["ordered_price_amount"]), float(lines["10"]["price_amount"])) == (
            12.5,
            12.75,
        )
        order = day_one.one("conformed.purchase_orders", order_number="PO-20")
        assert (order["ordered_quantity"], order["ordered_amount"], order["confirmed_quantity"]) == (
            36,
            450,
            30,
        )

    def test_an_order_that_nobody_answered_is_known(self, day_one: Stage) -> None:
        order = day_one.one("conformed.purchase_orders", order_number="PO-21")
        assert (order["status"], order["confirmed_quantity"], order["responded_at"]) == ("ordered", 0, None)

    def test_an_order_to_nobody_stays_with_the_erp_and_is_told(self, day_one: Stage) -> None:
        order = day_one.one("conformed.purchase_orders", order_number="PO-30")
        assert (order["source_system"], order["source_account"]) == ("erp_sftp", "79999")
        assert not day_one.all("outbound.supplier_edi__purchase_orders", order_number="PO-30")

    def test_lines_that_are_taken_back_are_ordered_no_more(self, day_two: Stage) -> None:
        lines = self.lines(day_two, "PO-20")
        assert {key: (row["ordered_quantity"], row["is_cancelled"]) for key, row in lines.items()} == {
            "10": (48, False), "20": (0, True),
        }  # fmt: skip

    def test_an_older_export_changes_nothing(self, day_two: Stage) -> None:
        assert self.lines(day_two, "PO-40")["10"]["ordered_quantity"] == 2


class TestOrdersForSuppliers:
    def order(self, stage: Stage, number: str, account: str = "nordkap") -> Any:
        return stage.one("outbound.supplier_edi__purchase_orders", order_number=number, account=account)

    def test_an_order_goes_out_whole(self, day_one: Stage) -> None:
        order = self.order(day_one, "PO-20")
        assert (order["line_count"], order["total_amount"], order["is_cancelled"]) == (2, 450, False)
        assert str(order["requested_delivery_date"]) == "2026-11-12"
        assert order["lines"][0] == {
            "line_number": 10, "sku": "A-10", "vendor_sku": "NK-10", "gtin": "04006381333931", "description": "Hemd",
            "quantity": "24", "unit_code": "EA", "price_amount": "12.5", "requested_delivery_date": "2026-11-20",
        }  # fmt: skip

    def test_what_the_gate_must_see_is_counted(self, day_one: Stage) -> None:
        order = self.order(day_one, "PO-40")
        assert (order["unknown_unit_count"], order["free_line_count"]) == (1, 1)

    def test_only_lines_that_are_wanted_go_out(self, day_two: Stage) -> None:
        order = self.order(day_two, "PO-20")
        assert [(line["line_number"], line["quantity"]) for line in order["lines"]] == [(10, "48")]

    def test_a_supplier_that_lost_an_order_hears_of_it(self, day_one: Stage, day_two: Stage) -> None:
        lost = self.order(day_two, "PO-21")
        assert (lost["is_cancelled"], lost["lines"], lost["currency_code"]) == (True, [], "NOK")
        assert lost["order_date"] == self.order(day_one, "PO-21")["order_date"]
        won = self.order(day_two, "PO-21", "fjell")
        assert (won["is_cancelled"], won["line_count"]) == (False, 1)

    def test_an_answer_sends_nothing_out_again(self, nothing_new: Stage, day_two: Stage) -> None:
        assert {
            row["order_number"] for row in nothing_new.changed("outbound.supplier_edi__purchase_orders")
        } == set()
        changed = day_two.changed("outbound.supplier_edi__purchase_orders")
        assert {row["order_number"] for row in changed} == {"PO-20", "PO-21"}


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
        lines = day_two.all("conformed.ship_notice_lines", shipment_number="S-1")
        assert [row["shipped_quantity"] for row in lines] == [55]
        notice = day_two.one("conformed.ship_notices", shipment_number="S-1")
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
        lines = day_one.all("conformed.warehouse_shipment_lines", shipment_number="SH-1")
        assert sorted((row["package_code"][-2:], row["shipped_quantity"]) for row in lines) == [
            ("40", 2),
            ("50", 1),
        ]

    def test_corrections_are_told_with_their_sign(self, day_one: Stage) -> None:
        assert sorted(row["changed_quantity"] for row in day_one["conformed.stock_changes"]) == [-3, 1]

    def test_receipts_are_what_arrived(self, day_two: Stage) -> None:
        assert sorted(row["received_quantity"] for row in day_two["conformed.receipts"]) == [6, 125]


class TestRetailers:
    def found(self, stage: Stage) -> dict[tuple[str, str], int]:
        return {
            (row["location"], row["activity"]): row["quantity"] for row in stage["conformed.retailer_sales"]
        }

    def test_what_was_sold_and_held_stands_by_shop_and_week(self, day_one: Stage) -> None:
        assert self.found(day_one) == {
            ("0101", "sold"): 15, ("0101", "on_hand"): 40, ("0102", "sold"): 7, ("0101", "unknown"): 1,
        }  # fmt: skip
        sold = day_one.one("conformed.retailer_sales", location="0101", activity="sold")
        assert (float(sold["sales_amount"]), sold["currency_code"], sold["activity_codes"]) == (
            748.5,
            "USD",
            "QS",
        )

    def test_the_newest_report_about_a_week_holds_whenever_it_came(self, day_two: Stage) -> None:
        found = self.found(day_two)
        assert (found["0101", "sold"], found["0102", "sold"]) == (14, 7)
        assert {row["location"] for row in day_two.changed("conformed.retailer_sales")} <= {"0101"}
