"""At least once on the wire, once in effect: whatever goes wrong between us and the storefront."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from storefront import (
    NORTH,
    SHOP,
    Outbound,
    OutboundRow,
    Shop,
    ago,
    product_key,
    product_row,
    stock_key,
    stock_row,
    variant,
)

from include.errors import AccessDenied, VersionFellForward
from include.flow import PushFlow
from include.interventions import Person, reset_breaker
from include.settlement import LONGEST_WAIT, MAX_ATTEMPTS, OUT_OF_BUDGET_SECONDS
from include.steps.push import BREAKER_INCIDENT
from include.stores.connection import connected
from include.stores.outbox import BREAKER_THRESHOLD, LEASE_SECONDS, RETRY_BUDGET, Outbox
from include.systems.shopify.push import PUSH_PRODUCTS, PUSH_STOCK
from include.systems.shopify.stock_sender import WAITS_FOR_PRODUCT_SECONDS, StockSender
from sandbox.faults import FaultKind

SET = "inventorySetQuantities"
Sku = Callable[[], str]


def wait_seconds(outbound: Outbound) -> float:
    """How long the one message that waits has to."""
    return (outbound.message(status="pending")["next_attempt_at"] - datetime.now(UTC)).total_seconds()


def goes_on(outbound: Outbound, flow: PushFlow) -> None:
    """Push as an operator's scheduler does, until nothing waits and nothing is under way."""
    for _ in range(6):
        outbound.time_passes()
        outbound.push(flow, steps=["push", "collect_acknowledgements"])
        if not outbound.database.value(
            "select count(*) from outbox.messages where status in ('pending', 'claimed', 'submitted', 'accepted')"
        ):
            return
    raise AssertionError(outbound.messages())


@pytest.fixture
def article(shop: Shop, sku: Sku) -> str:
    """An article of which the shop has three, since long ago."""
    number = sku()
    shop.add_article(number, 3)
    return number


@contextmanager
def sale_while_we_set(shop: Shop, article: str) -> Iterator[None]:
    """The storefront sells one after we read its stock and before it takes our quantity."""
    shop.fault(FaultKind.LATENCY, SET, seconds=0.5)

    def sell() -> None:
        before = shop.box.state.request_counts()["shopify"].get(SET, 0)
        while shop.box.state.request_counts()["shopify"].get(SET, 0) == before:
            time.sleep(0.01)
        shop.sell(article)

    # The count of requests is read before the thread begins to wait for one more.
    thread = threading.Thread(target=sell)
    thread.start()
    time.sleep(0.05)
    yield
    thread.join()


class TestUndisturbed:
    def test_a_quantity_is_accepted_then_seen(self, outbound: Outbound, shop: Shop, article: str) -> None:
        said = outbound.push(PUSH_STOCK, stock_row(article, 5))
        assert (said["push"]["sent"], said["push"]["accepted"], said["push"]["new_ids"]) == (1, 1, 1)
        assert said["collect_acknowledgements"]["applied"] == 1
        message = outbound.message()
        assert (message["status"], message["attempts"]) == ("applied", 1)
        assert outbound.receipts(message["message_id"]) == ["accepted", "applied"]
        assert (shop.quantity(article), shop.stock_effects(article)) == (5, [5])
        assert outbound.states(PUSH_STOCK)[stock_key(article)]["quantity"] == 5

    def test_a_product_is_made_and_its_identifiers_are_kept(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        product, number = sku(), sku()
        said = outbound.push(PUSH_PRODUCTS, product_row(product, variant(number, "12.50")))
        assert (said["push"]["accepted"], said["push"]["new_ids"]) == (1, 3)
        assert outbound.message()["status"] == "applied"
        made = shop.variants(product.lower())[number]
        assert made.document["price"] == "12.50"
        assert outbound.ids("variant") == {number: f"gid://shopify/ProductVariant/{made.id}"}
        assert len(shop.effects("productSet", product.lower())) == 1

    def test_pushing_again_changes_nothing(self, outbound: Outbound, shop: Shop, article: str) -> None:
        outbound.push(PUSH_STOCK, stock_row(article, 5))
        photo = outbound.database.photograph("outbox", "gate", "dead_letter")
        for _ in range(2):
            said = outbound.push(PUSH_STOCK)
            assert not any(said["push"].values())
            assert not any(said["collect_acknowledgements"].values())
        after = outbound.database.photograph("outbox", "gate", "dead_letter")
        assert after == photo
        assert shop.stock_effects(article) == [5]

    def test_what_the_shop_shows_already_is_not_sent(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        said = outbound.push(PUSH_STOCK, stock_row(article, 3))
        assert (said["push"]["sent"], said["push"]["applied"]) == (0, 1)
        assert shop.stock_effects(article) == []

    def test_many_go_in_one_request(self, outbound: Outbound, shop: Shop, sku: Sku) -> None:
        numbers = [sku() for _ in range(12)]
        for number in numbers:
            shop.add_article(number, 1)
        before = shop.box.state.request_counts()["shopify"].get(SET, 0)
        outbound.push(PUSH_STOCK, *(stock_row(number, 7) for number in numbers))
        assert shop.box.state.request_counts()["shopify"][SET] == before + 1
        assert [shop.quantity(number) for number in numbers] == [7] * 12


WITHOUT_EFFECT = [
    FaultKind.RATE_LIMIT,
    FaultKind.THROTTLE,
    FaultKind.ERROR_BEFORE_EFFECT,
    FaultKind.CUT_BEFORE_EFFECT,
]
WITH_EFFECT = [
    FaultKind.ERROR_AFTER_EFFECT,
    FaultKind.CUT_AFTER_EFFECT,
    FaultKind.CUT_IN_BODY,
    FaultKind.TRUNCATED_JSON,
]
ANSWERED = [FaultKind.LATENCY, FaultKind.SLOW_DRIP, FaultKind.SLOW_EFFECT]
STOPPING = {FaultKind.EXPIRED_TOKEN: AccessDenied, FaultKind.OTHER_VERSION: VersionFellForward}


class TestFaults:
    @pytest.mark.parametrize("kind", [*WITHOUT_EFFECT, *WITH_EFFECT, *ANSWERED])
    def test_a_quantity_arrives_once(
        self, outbound: Outbound, shop: Shop, article: str, kind: FaultKind
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        number = shop.fault(kind, SET, seconds=0.02)
        outbound.run("push", PUSH_STOCK)
        if kind in WITHOUT_EFFECT and kind is not FaultKind.ERROR_BEFORE_EFFECT:
            assert shop.stock_effects(article) == []
        goes_on(outbound, PUSH_STOCK)
        assert [one["hits"] for one in shop.box.faults.listed() if one["id"] == number] == [1]
        assert outbound.message()["status"] == "applied"
        assert (shop.quantity(article), shop.stock_effects(article)) == (5, [5])
        assert outbound.letters() == []

    @pytest.mark.parametrize("kind", [*WITHOUT_EFFECT, *WITH_EFFECT, *ANSWERED])
    def test_a_product_arrives_once(self, outbound: Outbound, shop: Shop, sku: Sku, kind: FaultKind) -> None:
        product, number = sku(), sku()
        outbound.fill(PUSH_PRODUCTS, product_row(product, variant(number)))
        shop.fault(kind, "productSet", seconds=0.02)
        outbound.run("push", PUSH_PRODUCTS)
        goes_on(outbound, PUSH_PRODUCTS)
        assert outbound.message()["status"] == "applied"
        assert len(shop.effects("productSet", product.lower())) == 1
        assert list(shop.variants(product.lower())) == [number]
        assert set(outbound.ids("variant")) == {number}
        assert outbound.letters() == []

    @pytest.mark.parametrize("kind", STOPPING)
    def test_what_a_person_must_mend_stops_the_task_and_nothing_is_lost(
        self, outbound: Outbound, shop: Shop, article: str, kind: FaultKind
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(kind, SET)
        with pytest.raises(STOPPING[kind]):
            outbound.run("push", PUSH_STOCK)
        assert outbound.message()["status"] == "submitted"
        goes_on(outbound, PUSH_STOCK)
        assert outbound.message()["status"] == "applied"
        assert (shop.quantity(article), shop.stock_effects(article)) == (5, [5])

    def test_a_refused_token_at_the_first_question_sends_nothing(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.EXPIRED_TOKEN, "*")
        with pytest.raises(AccessDenied):
            outbound.run("push", PUSH_STOCK)
        assert outbound.message()["status"] == "claimed"
        goes_on(outbound, PUSH_STOCK)
        assert shop.stock_effects(article) == [5]

    @pytest.mark.parametrize(
        "kind", [FaultKind.DUPLICATE_RECORD, FaultKind.DUPLICATE_PAGE, FaultKind.OUT_OF_ORDER]
    )
    def test_an_answer_that_says_things_twice_is_read_once(
        self, outbound: Outbound, shop: Shop, article: str, kind: FaultKind
    ) -> None:
        shop.fault(kind, "inventoryItems")
        outbound.push(PUSH_STOCK, stock_row(article, 5))
        assert outbound.message()["status"] == "applied"
        assert shop.quantity(article) == 5

    def test_an_article_that_an_answer_leaves_out_waits(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        shop.fault(FaultKind.PARTIAL_PAGE, "inventoryItems")
        said = outbound.push(PUSH_STOCK, stock_row(article, 5))
        assert said["push"]["parked"] == 1
        goes_on(outbound, PUSH_STOCK)
        assert shop.stock_effects(article) == [5]

    def test_the_pause_is_as_long_as_the_channel_asks(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.RATE_LIMIT, SET, retry_after=700)
        assert outbound.run("push", PUSH_STOCK)["retry"] == 1
        assert 690 < wait_seconds(outbound) < 700 * 1.2 + 1
        message = outbound.message()
        assert message["attempts"] == 0
        assert outbound.receipts(message["message_id"]) == ["retry"]
        # Asked to slow down is no failure: neither breaker nor budget suffer.
        channel = outbound.channel()
        assert (channel["failures_in_a_row"], channel["retry_budget"]) == (0, RETRY_BUDGET)

    def test_without_a_time_the_pause_doubles(self, outbound: Outbound, shop: Shop, article: str) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.RATE_LIMIT, SET, times=None)
        pauses = []
        for _ in range(5):
            outbound.run("push", PUSH_STOCK)
            pauses.append(wait_seconds(outbound))
            outbound.time_passes()
        for tries, pause in enumerate(pauses):
            assert 2.5 * 2**tries - 1 <= pause <= 7.5 * 2**tries

    def test_it_keeps_going_for_what_is_due_shortly(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.RATE_LIMIT, SET, retry_after=0)
        said = outbound.run("push", PUSH_STOCK, keep_going_seconds=10)
        assert (said["retry"], said["accepted"]) == (1, 1)
        assert shop.quantity(article) == 5


class TestUnknownOutcome:
    def test_nothing_of_its_key_goes_out_before_it_is_looked_up(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.CUT_AFTER_EFFECT, SET)
        assert outbound.run("push", PUSH_STOCK)["unknown"] == 1
        first = outbound.message()
        assert (first["status"], outbound.receipts(first["message_id"])) == ("submitted", ["unknown"])
        outbound.fill(PUSH_STOCK, stock_row(article, 6))
        assert not any(outbound.run("push", PUSH_STOCK).values())
        assert shop.quantity(article) == 5
        outbound.time_passes(LEASE_SECONDS)
        said = outbound.run("push", PUSH_STOCK)
        assert (said["applied"], said["sent"], said["accepted"]) == (1, 1, 1)
        assert outbound.receipts(first["message_id"]) == ["unknown", "found_applied"]
        assert shop.stock_effects(article) == [5, 6]

    def test_an_answer_without_an_outcome_is_looked_up_at_once(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.ERROR_AFTER_EFFECT, SET)
        outbound.run("push", PUSH_STOCK)
        message = outbound.message()
        assert message["status"] == "applied"
        assert outbound.receipts(message["message_id"]) == ["unknown", "found_applied"]

    def test_what_had_no_effect_is_sent_again_at_once(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.ERROR_BEFORE_EFFECT, SET)
        said = outbound.run("push", PUSH_STOCK)
        assert (said["sent"], said["accepted"]) == (2, 1)
        assert outbound.receipts(outbound.message()["message_id"]) == ["unknown", "found_missing", "accepted"]

    def test_a_sale_after_an_effect_that_we_did_not_hear_of_is_not_undone(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.CUT_AFTER_EFFECT, SET)
        outbound.run("push", PUSH_STOCK)
        shop.sell(article)
        outbound.time_passes()
        said = outbound.run("push", PUSH_STOCK)
        assert (said["stale"], outbound.message()["status"]) == (1, "superseded")
        assert (shop.quantity(article), shop.stock_effects(article)) == (4, [5])

    def test_a_newer_wish_takes_the_place_of_one_that_had_no_effect(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.CUT_BEFORE_EFFECT, SET)
        outbound.run("push", PUSH_STOCK)
        outbound.fill(PUSH_STOCK, stock_row(article, 6))
        goes_on(outbound, PUSH_STOCK)
        assert [message["status"] for message in outbound.messages()] == ["superseded", "applied"]
        assert shop.stock_effects(article) == [6]

    def test_a_request_delivered_twice_has_one_effect(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        calls: list[dict[str, object]] = []
        plain = StockSender._request

        def twice(sender: StockSender, wishes: object, salt: str) -> object:
            calls.append({"wishes": wishes})
            assert plain(sender, wishes, salt)[0] == []
            shop.sell(article)
            return plain(sender, wishes, salt)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(StockSender, "_request", twice)
            assert outbound.run("push", PUSH_STOCK)["accepted"] == 1
        assert len(calls) == 1
        assert (shop.quantity(article), shop.stock_effects(article)) == (4, [5])


class TestStaleStock:
    def test_a_sale_after_our_statement_is_not_overwritten(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        shop.sell(article)
        said = outbound.push(PUSH_STOCK, stock_row(article, 5, as_of=ago(hours=1)))
        assert said["push"]["stale"] == 1
        assert (outbound.message()["status"], shop.quantity(article)) == ("superseded", 2)
        outbound.push(PUSH_STOCK, stock_row(article, 4, as_of=ago(hours=-1)))
        assert shop.quantity(article) == 4

    def test_a_sale_between_reading_and_setting_is_read_back_and_kept(
        self, outbound: Outbound, shop: Shop, article: str, sku: Sku
    ) -> None:
        other = sku()
        shop.add_article(other, 1)
        outbound.fill(PUSH_STOCK, stock_row(article, 5), stock_row(other, 9))
        with sale_while_we_set(shop, article):
            said = outbound.run("push", PUSH_STOCK)
        assert (said["stale"], said["accepted"]) == (1, 1)
        assert (shop.quantity(article), shop.stock_effects(article)) == (2, [])
        assert shop.stock_effects(other) == [9]

    def test_a_statement_that_knows_of_the_sale_is_set_in_the_next_round(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5, as_of=ago(hours=-1)))
        with sale_while_we_set(shop, article):
            assert outbound.run("push", PUSH_STOCK)["accepted"] == 1
        assert shop.stock_effects(article) == [5]

    def test_a_change_that_is_older_than_our_statement_is_known_to_it(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.push(PUSH_STOCK, stock_row(article, 5))
        (made,) = shop.tables.variants_with_sku(article)
        shop.stock(made, 8)
        outbound.push(PUSH_STOCK, stock_row(article, 6))
        assert shop.quantity(article) == 6

    def test_an_article_is_stocked_at_a_place_that_is_new_to_it(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.push(PUSH_STOCK, stock_row(article, 8, location=NORTH), stock_row(article, 5))
        assert (shop.quantity(article, at=NORTH), shop.quantity(article)) == (8, 5)


class TestRefusals:
    def test_what_the_shop_refuses_is_a_dead_letter_with_owner_and_runbook(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        row = stock_row(article, 5, location="Atlantis")
        said = outbound.push(PUSH_STOCK, row, stock_row(article, 6))
        assert (said["push"]["rejected"], said["push"]["accepted"]) == (1, 1)
        message = outbound.message(status="rejected")
        (letter,) = outbound.letters()
        facts = {
            name: letter[name] for name in ("level", "step", "flow", "entity", "rule", "field", "status")
        }
        assert facts == {
            "level": "message",
            "step": "push",
            "flow": PUSH_STOCK.dag_id,
            "entity": "stock",
            "rule": "no_such_location",
            "field": "location_name",
            "status": "open",
        }
        assert (letter["message_id"], letter["record_key"]) == (message["message_id"], message["key"])
        assert (letter["owner"], letter["runbook"]) == (PUSH_STOCK.owner, PUSH_STOCK.runbook)
        assert letter["record"] == message["payload"]
        assert "Atlantis" in letter["message"]
        assert shop.quantity(article) == 6

    def test_an_error_of_one_product_in_an_http_200_is_read_and_the_others_go_on(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        bad, good = sku(), sku()
        alike = [variant(f"{bad}-{n}", options={"Color": "Red"}) for n in range(2)]
        said = outbound.push(PUSH_PRODUCTS, product_row(bad, *alike), product_row(good, variant(good)))
        assert (said["push"]["rejected"], said["push"]["accepted"]) == (1, 1)
        (letter,) = outbound.letters()
        assert (letter["rule"], letter["record_key"]) == ("invalid_variant", product_key(bad))
        assert "already exists" in letter["message"]
        assert shop.effects("productSet", bad.lower()) == []
        assert outbound.message(status="applied")["key"] == product_key(good)

    def test_an_error_of_one_quantity_leaves_the_others(
        self, outbound: Outbound, shop: Shop, article: str, sku: Sku
    ) -> None:
        too_many = sku()
        shop.add_article(too_many, 1)
        outbound.fill(PUSH_STOCK, stock_row(article, 5), stock_row(too_many, 6))
        outbound.database.execute(
            "update outbox.messages set payload = payload || '{\"quantity\": -3}' where key = %s",
            stock_key(too_many),
        )
        said = outbound.run("push", PUSH_STOCK)
        assert (said["rejected"], said["accepted"]) == (1, 1)
        (letter,) = outbound.letters()
        assert letter["rule"] == "invalid_quantity_negative"
        assert (shop.quantity(article), shop.quantity(too_many)) == (5, 1)

    def test_a_number_that_several_articles_carry_is_not_guessed(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        number = sku()
        shop.add_product(f"{number}-one", (number, {"Title": "Default Title"}))
        shop.add_product(f"{number}-two", (number, {"Title": "Default Title"}))
        outbound.push(PUSH_STOCK, stock_row(number, 5))
        (letter,) = outbound.letters()
        assert letter["rule"] == "ambiguous_article"
        assert shop.effects(SET, f"{number}@1") == []

    def test_a_refused_wish_is_not_sent_again_by_itself(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.push(PUSH_STOCK, stock_row(article, 5, location="Atlantis"))
        outbound.time_passes()
        assert not any(outbound.push(PUSH_STOCK)["push"].values())
        assert len(outbound.letters()) == 1

    def test_a_letter_is_closed_when_a_newer_wish_of_its_key_arrives(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        product = sku()
        alike = [variant(f"{product}-{n}", options={"Color": "Red"}) for n in range(2)]
        outbound.push(PUSH_PRODUCTS, product_row(product, *alike))
        (letter,) = outbound.letters()
        assert letter["status"] == "open"
        outbound.push(PUSH_PRODUCTS, product_row(product, alike[0]))
        (letter,) = outbound.letters()
        assert (letter["status"], outbound.messages()[-1]["status"]) == ("resolved", "applied")
        assert letter["settled_at"]
        assert str(outbound.messages()[-1]["message_id"]) in letter["status_reason"]

    def test_what_never_has_an_effect_is_given_up(self, outbound: Outbound, shop: Shop, article: str) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.CUT_BEFORE_EFFECT, SET, times=None)
        # Between two attempts, a run looks up what became of the first.
        for _ in range(2 * MAX_ATTEMPTS + 1):
            if outbound.run("push", PUSH_STOCK)["dead"]:
                break
            outbound.time_passes()
        assert (outbound.message()["status"], outbound.message()["attempts"]) == ("dead", MAX_ATTEMPTS)
        (letter,) = outbound.letters()
        assert (letter["rule"], letter["owner"]) == ("retry", PUSH_STOCK.owner)

    def test_what_waits_for_days_is_given_to_its_owner(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        number = sku()
        outbound.fill(PUSH_STOCK, stock_row(number, 5))
        outbound.database.execute("update outbox.messages set made_at = now() - %s", LONGEST_WAIT)
        assert outbound.run("push", PUSH_STOCK)["dead"] == 1
        (letter,) = outbound.letters()
        assert (letter["rule"], letter["record_key"]) == ("no_such_article", stock_key(number))


class TestOrder:
    def test_stock_waits_for_its_product_and_goes_right_after_it(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        product, number = sku(), sku()
        said = outbound.push(PUSH_STOCK, stock_row(number, 5))
        assert said["push"]["parked"] == 1
        assert WAITS_FOR_PRODUCT_SECONDS - 10 < wait_seconds(outbound) <= WAITS_FOR_PRODUCT_SECONDS
        assert outbound.message()["attempts"] == 0
        outbound.push(PUSH_PRODUCTS, product_row(product, variant(number)))
        outbound.push(PUSH_STOCK, steps=["push"])
        assert shop.quantity(number) == 5

    def test_the_oldest_wishes_go_first(self, outbound: Outbound, shop: Shop, sku: Sku) -> None:
        numbers = [sku() for _ in range(6)]
        for number in numbers:
            shop.add_article(number, 1)
            outbound.fill(PUSH_STOCK, stock_row(number, 7))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(StockSender, "batch_size", 2)
            outbound.run("push", PUSH_STOCK)
        order = [
            one["key"].partition("@")[0]
            for one in shop.effects(SET)
            if one["key"].partition("@")[0] in numbers
        ]
        assert order == numbers

    def test_two_workers_share_the_work(self, outbound: Outbound, shop: Shop, sku: Sku) -> None:
        numbers = [sku() for _ in range(24)]
        for number in numbers:
            shop.add_article(number, 1)
        outbound.fill(PUSH_STOCK, *(stock_row(number, 7) for number in numbers))
        shop.fault(FaultKind.LATENCY, SET, times=None, seconds=0.02)
        said: list[dict[str, int]] = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(StockSender, "batch_size", 3)
            workers = [
                threading.Thread(target=lambda: said.append(outbound.run("push", PUSH_STOCK)))
                for _ in range(2)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        assert sum(one["sent"] for one in said) == 24
        assert all(one["sent"] for one in said)
        assert [shop.stock_effects(number) for number in numbers] == [[7]] * 24
        assert {message["attempts"] for message in outbound.messages()} == {1}

    def test_a_worker_that_vanished_before_it_sent_lets_its_messages_go(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        with connected(outbound.workspace.warehouse, "gone") as connection:
            gone = Outbox(connection, "shopify", "stock", "gone")
            (row,) = gone.claim(10)
            assert not any(outbound.run("push", PUSH_STOCK).values())
            outbound.time_passes(LEASE_SECONDS)
            assert outbound.run("push", PUSH_STOCK)["accepted"] == 1
            # It comes back late and may neither send nor settle what another has sent by now.
            assert gone.set_submitted([row["message_id"]]) == set()
            assert not gone.settle([row["message_id"]], "applied")
        assert outbound.message()["status"] == "accepted"
        assert shop.stock_effects(article) == [5]

    def test_a_message_whose_lease_was_lost_while_it_was_prepared_is_not_sent(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        plain = StockSender.levels

        def slowly(sender: StockSender, messages: object) -> object:
            outbound.database.execute("update outbox.messages set leased_by = 'another'")
            return plain(sender, messages)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(StockSender, "levels", slowly)
            assert outbound.run("push", PUSH_STOCK)["sent"] == 0
        assert shop.stock_effects(article) == []
        assert (outbound.message()["status"], outbound.message()["leased_by"]) == ("claimed", "another")


class TestBreaker:
    def failing(self, outbound: Outbound, shop: Shop, count: int) -> None:
        """So many requests in a row get no answer."""
        fault = shop.fault(FaultKind.CUT_BEFORE_EFFECT, SET, times=count)
        for _ in range(3 * count):
            outbound.run("push", PUSH_STOCK)
            if any(each["id"] == fault and each["hits"] == count for each in shop.box.faults.listed()):
                return
            # Not `time_passes`, which lets the breaker's pause pass too.
            outbound.database.execute(
                "update outbox.messages set next_attempt_at = now(), lease_until = lease_until - interval '1 h'"
            )
        raise AssertionError(shop.box.faults.listed())

    def test_after_failures_in_a_row_nothing_is_sent_and_the_owner_is_told(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        self.failing(outbound, shop, BREAKER_THRESHOLD)
        assert outbound.channel()["breaker"] == "open"
        requests = shop.box.state.request_counts()["shopify"]
        assert not any(outbound.run("push", PUSH_STOCK).values())
        assert shop.box.state.request_counts()["shopify"] == requests
        (alert,) = outbound.alerts(PUSH_STOCK)
        assert (alert["incident"], alert["owner"]) == (BREAKER_INCIDENT, PUSH_STOCK.owner)
        assert alert["runbook"] == f"{PUSH_STOCK.runbook}#channel-does-not-answer"

    def test_one_message_tries_first_and_then_all_follow(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        numbers = [sku() for _ in range(4)]
        for number in numbers:
            shop.add_article(number, 1)
        outbound.fill(PUSH_STOCK, *(stock_row(number, 7) for number in numbers))
        outbound.database.execute(
            "update outbox.channels set breaker = 'open', failures_in_a_row = 5, open_until = now() + interval '15 s'"
        )
        assert not any(outbound.run("push", PUSH_STOCK).values())
        outbound.time_passes(16)
        before = shop.box.state.request_counts()["shopify"].get(SET, 0)
        assert outbound.run("push", PUSH_STOCK)["accepted"] == 4
        assert shop.box.state.request_counts()["shopify"][SET] == before + 2
        channel = outbound.channel()
        assert (channel["breaker"], channel["failures_in_a_row"], channel["open_until"]) == (
            "closed",
            0,
            None,
        )
        (alert,) = outbound.alerts(PUSH_STOCK)
        assert alert["cleared_at"]

    def test_a_trial_that_fails_opens_it_for_longer(self, outbound: Outbound, shop: Shop, sku: Sku) -> None:
        numbers = [sku() for _ in range(3)]
        for number in numbers:
            shop.add_article(number, 1)
        outbound.fill(PUSH_STOCK, *(stock_row(number, 7) for number in numbers))
        outbound.database.execute(
            "update outbox.channels set breaker = 'open', failures_in_a_row = 5, open_until = now()"
        )
        shop.fault(FaultKind.CUT_BEFORE_EFFECT, SET)
        said = outbound.run("push", PUSH_STOCK)
        assert (said["sent"], said["unknown"]) == (1, 1)
        channel = outbound.channel()
        assert (channel["breaker"], channel["failures_in_a_row"]) == ("open", 6)
        assert 25 < (channel["open_until"] - datetime.now(UTC)).total_seconds() <= 30

    def test_a_person_may_close_it_at_once(self, outbound: Outbound, shop: Shop, article: str) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        outbound.database.execute(
            "update outbox.channels set breaker = 'open', failures_in_a_row = 9, open_until = now() + interval '1 h'"
        )
        reset_breaker(outbound.workspace, "shopify", Person("Anna", "The shop is up again."))
        assert outbound.run("push", PUSH_STOCK)["accepted"] == 1
        (record,) = outbound.database.rows("select kind, subject, person from seam.interventions")
        assert record == {"kind": "reset_breaker", "subject": "channel shopify", "person": "Anna"}

    def test_without_a_retry_left_in_the_budget_the_pause_is_long(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        outbound.database.execute("update outbox.channels set retry_budget = 0.9")
        shop.fault(FaultKind.RATE_LIMIT, SET)
        outbound.run("push", PUSH_STOCK)
        assert OUT_OF_BUDGET_SECONDS - 5 < wait_seconds(outbound) <= OUT_OF_BUDGET_SECONDS
        outbound.time_passes()
        outbound.run("push", PUSH_STOCK)
        assert float(outbound.channel()["retry_budget"]) == pytest.approx(1.1, abs=0.01)

    def test_a_retry_costs_the_budget_and_successes_earn_it_back(
        self, outbound: Outbound, shop: Shop, article: str
    ) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        shop.fault(FaultKind.RATE_LIMIT, SET)
        outbound.run("push", PUSH_STOCK)
        assert outbound.channel()["retry_budget"] == RETRY_BUDGET - 1
        for quantity in range(6, 13):
            outbound.time_passes()
            outbound.push(PUSH_STOCK, stock_row(article, quantity))
        assert outbound.channel()["retry_budget"] == RETRY_BUDGET


class TestWhatIsNotOurs:
    def test_productset_deletes_nothing_that_the_model_does_not_own(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        handle, ours = sku().lower(), sku()
        foreign = [(f"{ours}-F{n}", {"Color": f"Shade {n}"}) for n in range(55)]
        made = shop.add_product(
            handle,
            *foreign,
            tags=["brand:old", "summer", "staff-pick"],
            metafields=[shop.metafield(f"key_{n:02}", f"value {n}") for n in range(25)],
            media=[shop.image(f"{handle}-{n}") for n in range(23)],
        )
        before = {one.sku: (one.id, one.document["optionValues"]) for one in shop.tables.variants_of(made.id)}
        row = product_row(handle.upper(), variant(ours, "15.00", options={"Color": "Red"}))
        assert row.values["handle"] == handle
        outbound.push(PUSH_PRODUCTS, row)
        assert outbound.message()["status"] == "applied"
        shown, variants = shop.product(handle), shop.variants(handle)
        assert shown.id == made.id
        assert {
            number: (one.id, one.document["optionValues"])
            for number, one in variants.items()
            if number != ours
        } == before
        assert variants[ours].document["price"] == "15.00"
        assert shown.document["tags"] == ["brand:lindqvist", "category:bags", "staff-pick", "summer"]
        assert [one["key"] for one in shown.document["metafields"]] == [f"key_{n:02}" for n in range(25)]
        assert [one["id"] for one in shown.document["media"]] == [one["id"] for one in made.document["media"]]

    def test_a_variant_that_we_no_longer_wish_goes_and_a_foreign_one_stays(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        product, first, second, foreign = sku(), sku(), sku(), sku()
        colours = [variant(first, options={"Color": "Red"}), variant(second, options={"Color": "Blue"})]
        outbound.push(PUSH_PRODUCTS, product_row(product, *colours))
        shop.add_variant(shop.product(product.lower()), foreign, {"Color": "Green"})
        outbound.push(PUSH_PRODUCTS, product_row(product, colours[0]))
        assert set(shop.variants(product.lower())) == {first, foreign}
        assert outbound.messages()[-1]["status"] == "applied"

    def test_the_same_product_again_keeps_its_variants_and_their_stock(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        product, number = sku(), sku()
        outbound.push(PUSH_PRODUCTS, product_row(product, variant(number, "10.00")))
        made = shop.variants(product.lower())[number]
        outbound.push(PUSH_STOCK, stock_row(number, 5))
        outbound.push(PUSH_PRODUCTS, product_row(product, variant(number, "11.00"), title="Another name"))
        assert shop.variants(product.lower())[number].id == made.id
        assert shop.quantity(number) == 5

    def test_a_product_that_was_renamed_is_found_by_its_identifier(
        self, outbound: Outbound, shop: Shop, sku: Sku
    ) -> None:
        product, number = sku(), sku()
        outbound.push(PUSH_PRODUCTS, product_row(product, variant(number)))
        made = shop.product(product.lower())
        moved = OutboundRow(**vars(product_row(product, variant(number), handle=f"{product.lower()}-new")))
        outbound.push(PUSH_PRODUCTS, moved)
        assert shop.product(f"{product.lower()}-new").id == made.id
        assert shop.tables.product_by_handle(product.lower()) is None

    def test_each_shop_is_sent_its_own(self, outbound: Outbound, article: str) -> None:
        outbound.fill(PUSH_STOCK, stock_row(article, 5))
        assert outbound.message()["key"].endswith(f"@{SHOP}")
