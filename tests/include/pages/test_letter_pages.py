"""Dead letters in the browser: the list, one of them, and the four things to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from depot import COLUMNS, Depot, row, run, run_step, written
from fastapi import HTTPException
from markupsafe import escape
from seam_site import ANNA, BERT, NASTY, NASTY_SQL, PULL, Browser, Site
from starlette.datastructures import FormData
from storefront import Shop, stock_row

from include.pages.letter_pages import as_text, columns, edited_record
from include.systems.shopify.push import PUSH_STOCK

WHY = "Confirmed with the supplier by phone"


def take_up(site: Site) -> None:
    """What the next run of the flow does."""
    for step in ("check_contract", "load_raw", "count_balance"):
        run_step(step, site.facts["pull"], site.outbound.workspace)


def loaded(site: Site, sku: str) -> list[dict[str, Any]]:
    """What raw holds of an article."""
    return site.outbound.database.rows(
        "select sku, size, price::text, note, revision from raw.depot__lists where sku = %s", sku
    )


def listed(text: str) -> set[int]:
    """The letters that a page lists."""
    return set(map(int, re.findall(r'/seams/dead-letters/(\d+)"', text)))


def test_the_list_shows_what_waits_and_finds_it_by_every_filter(site: Site, anna: Browser):
    ids = site.facts["letters"]
    everything = set(ids.values())
    assert len(everything) == 5
    for query, found in (
        ("", everything),
        ("status=all", everything),
        (f"flow={PULL}", everything),
        ("flow=push_stock_to_shopify", set()),
        ("rule=minimum", {ids["B-2"]}),
        ("rule=type", {ids["B-1"], ids["B-3"], ids["B-4"]}),
        ("owner=integration", everything),
        ("owner=finance", set()),
        ("key=B-3+%2F+1", {ids["B-3"]}),
        ("key=cheap", {ids["B-4"]}),
        ("status=suppressed", set()),
        (f"before={ids['B-3']}", {one for one in everything if one < ids["B-3"]}),
    ):
        shown = anna.get(f"/dead-letters?{query}")
        assert shown.status_code == 200
        assert listed(shown.text) == found, query


def test_values_of_the_address_are_values_and_nothing_else(site: Site, anna: Browser):
    for name in ("key", "rule", "owner", "flow", "status"):
        for value in (NASTY_SQL, f'"{NASTY}', "%", "_", "' or true --"):
            shown = anna.http.get("/dead-letters", params={name: value})
            assert shown.status_code == 200
            assert NASTY not in shown.text
            assert name == "status" or listed(shown.text) == set(), (name, value)
    assert len(loaded(site, "A-1")) == 1


def test_a_long_list_is_read_a_page_at_a_time(quiet_site: Site, depot: Depot):
    quiet_site.outbound.places["depot"] = depot.endpoint("depot")
    refused = [row(f"P-{number}", price="-1.00") for number in range(120)]
    depot.deliver([*refused, *(row(f"Q-{number}") for number in range(200))])
    run(depot.flow("lists", dag_id=PULL), quiet_site.outbound.workspace, ("land", "check_contract"))
    seen: list[int] = []
    with quiet_site.browser(ANNA) as anna:
        path = f"/dead-letters?flow={PULL}"
        for expected in (50, 50, 20):
            shown = anna.get(path)
            assert "120 found" in shown.text
            ids = sorted(listed(shown.text), reverse=True)
            assert len(ids) == expected
            seen += ids
            path = f"/dead-letters?flow={PULL}&status=waiting&before={ids[-1]}"
            more = f'<a href="/seams/dead-letters?flow={PULL}&amp;status=waiting&amp;before={ids[-1]}">'
            assert (more in shown.text) == (expected == 50)
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 120


def test_a_letter_shows_its_record_as_text_whatever_it_says(site: Site, anna: Browser):
    for sku, value in (("B-2", NASTY), ("B-3", NASTY_SQL)):
        shown = anna.get(f"/dead-letters/{site.facts['letters'][sku]}").text
        assert f"<pre>{escape(value)}</pre>" in shown
        assert f'value="{escape(value)}"' in shown
        assert NASTY not in shown
        assert f"winter {escape(NASTY)}.csv" in shown
        assert "Integration team" in shown
        assert "line" in shown


def test_a_letter_puts_first_what_is_wrong_with_it(site: Site):
    first, *others = columns(site.letter(site.facts["letters"]["B-2"]))
    assert (first["name"], first["text"]) == ("price", "-3.00")
    assert first["complaints"] == ["price is -3.00; it must be 0 or more."]
    assert not any(column["complaints"] for column in others)


def test_a_repaired_record_comes_back_as_edited_and_nothing_else_of_it_changes(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-4"]
    fields = {"column__price": "12.50", "column__note": "line one\r\nline two"}
    answer = anna.send(f"/dead-letters/{letter}/repair", reason=WHY, **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/seams/dead-letters/{letter}")
    take_up(site)
    assert loaded(site, "B-4") == [
        {"sku": "B-4", "size": 1, "price": "12.50", "note": "line one\nline two", "revision": 1}
    ]
    assert site.letter(letter)["status"] == "repaired"
    assert site.interventions() == [("repair", f"dead letter {letter}", ANNA, WHY)]
    shown = anna.get(f"/dead-letters/{letter}").text
    assert f"<b>{ANNA}</b>" in shown
    assert WHY in shown
    assert "Bring it back repaired" not in shown


def test_values_of_a_repair_reach_the_warehouse_as_text(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-3"]
    anna.send(f"/dead-letters/{letter}/repair", reason=NASTY_SQL, column__revision="7", column__note=NASTY)
    take_up(site)
    assert [(one["note"], one["revision"]) for one in loaded(site, "B-3")] == [(NASTY, 7)]
    assert site.interventions() == [("repair", f"dead letter {letter}", ANNA, NASTY_SQL)]
    assert str(escape(NASTY_SQL)) in anna.get(f"/dead-letters/{letter}").text


def test_a_repair_that_is_still_wrong_is_refused_again_with_a_letter_of_its_own(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    anna.send(f"/dead-letters/{letter}/repair", reason=WHY, column__price="-4.00")
    take_up(site)
    assert loaded(site, "B-2") == []
    (again,) = [
        one for one in site.outbound.letters(status="open") if (one["record"] or {}).get("sku") == "B-2"
    ]
    assert again["value"] == "-4.00"
    shown = anna.get(f"/dead-letters/{again['dead_letter_id']}").text
    assert "The same record, other letters" in shown
    assert f'/seams/dead-letters/{letter}"' in shown


def test_a_repair_that_changes_nothing_is_not_done(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    answer = anna.send(
        f"/dead-letters/{letter}/repair", reason=WHY, column__price="-3.00", column__made_on=""
    )
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert site.letter(letter)["status"] == "open"
    assert site.interventions() == []


def test_what_is_no_record_cannot_be_repaired(site: Site, anna: Browser):
    letter = site.facts["letters"]["delivery"]
    assert "Repair it" not in anna.get(f"/dead-letters/{letter}").text
    answer = anna.send(f"/dead-letters/{letter}/repair", reason=WHY, column__delivery="x.csv")
    assert answer.status_code == 409
    assert "retry it instead" in answer.text
    assert site.letter(letter)["status"] == "open"


def test_several_letters_are_settled_at_once_and_each_is_on_record(site: Site, anna: Browser):
    ids = [site.facts["letters"][name] for name in ("B-1", "B-3", "delivery")]
    answer = anna.send("/dead-letters/retry", reason=WHY, id=ids)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/seams/dead-letters?settled=3"
    assert "3 dead letters settled" in anna.get("/dead-letters?settled=3").text
    assert {site.letter(one)["status"] for one in ids} == {"retried"}
    assert site.letter(site.facts["letters"]["B-2"])["status"] == "open"
    assert sorted(site.interventions()) == sorted(("retry", f"dead letter {one}", ANNA, WHY) for one in ids)
    take_up(site)
    came_back = [one for one in site.outbound.letters(status="open") if one["dead_letter_id"] not in ids]
    assert {(one["record"] or {}).get("sku") for one in came_back} >= {"B-1", "B-3"}


def test_what_could_not_be_settled_is_named_with_its_reason(site: Site, anna: Browser):
    first, second = site.facts["letters"]["B-1"], site.facts["letters"]["B-2"]
    assert anna.send("/dead-letters/suppress", reason=WHY, id=first).status_code == 303
    with site.browser(BERT) as bert:
        answer = bert.send("/dead-letters/suppress", reason="Bert too", id=[first, second])
    assert answer.status_code == 409
    assert "1 dead letter settled; 1 could not be" in answer.text
    assert "It is suppressed already." in answer.text
    assert site.interventions() == [
        ("suppress", f"dead letter {first}", ANNA, WHY),
        ("suppress", f"dead letter {second}", BERT, "Bert too"),
    ]


def test_a_letter_is_handed_to_an_owner_that_there_is(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    for nobody in ("", "nobody", NASTY):
        answer = anna.send("/dead-letters/escalate", reason=WHY, id=letter, to=nobody)
        assert answer.status_code == 400
        assert "Say to whom" in answer.text
    assert anna.send("/dead-letters/escalate", reason=WHY, id=letter, to="pricing").status_code == 303
    found = site.letter(letter)
    assert (found["status"], found["owner"]) == ("escalated", "pricing")
    assert [(kind, person) for kind, _, person, _ in site.interventions()] == [("escalate", ANNA)]
    assert letter in listed(anna.get("/dead-letters?owner=pricing").text)


def test_nothing_chosen_is_nothing_done(site: Site, anna: Browser):
    answer = anna.send("/dead-letters/suppress", reason=WHY)
    assert answer.status_code == 400
    assert "Choose at least one" in answer.text
    assert site.interventions() == []


def test_a_message_that_the_channel_refused_shows_what_it_said_and_is_sent_again(
    quiet_site: Site, shop: Shop, sku: Callable[[], str]
):
    number, outbound = sku(), quiet_site.outbound
    shop.add_article(number)
    twin = shop.add_article(number)
    outbound.push(PUSH_STOCK, stock_row(number, 5))
    (letter,) = outbound.letters()
    with quiet_site.browser(ANNA) as anna:
        shown = anna.get(f"/dead-letters/{letter['dead_letter_id']}").text
        assert "What the channel said" in shown
        assert str(letter["message_id"]) in shown
        assert "Repair it" not in shown
        shop.tables.save_variant(replace(twin, sku=f"{number}-other"))
        answer = anna.send("/dead-letters/retry", reason="The twin was renamed", id=letter["dead_letter_id"])
    assert answer.status_code == 303
    outbound.push(PUSH_STOCK)
    assert shop.quantity(number) == 5
    assert quiet_site.letter(letter["dead_letter_id"])["status"] == "retried"


def test_a_record_that_could_not_be_read_is_written_anew_by_the_columns_of_its_contract(
    quiet_site: Site, depot: Depot
):
    outbound = quiet_site.outbound
    outbound.places["depot"] = depot.endpoint("depot")
    pull = depot.flow("lists", dag_id=PULL)
    good = written([row(f"A-{number}") for number in range(20)])
    depot.deliver(good + b"U-1,1,2,00,one,1,,,,,\n")
    run(pull, outbound.workspace)
    (letter,) = outbound.letters()
    assert set(letter["record"]) == {"text"}
    assert [column["name"] for column in columns(letter)] == list(COLUMNS)
    with quiet_site.browser(ANNA) as anna:
        path = f"/dead-letters/{letter['dead_letter_id']}"
        shown = anna.get(path).text
        assert "U-1" in shown
        fields = {"column__sku": "U-1", "column__size": "1", "column__price": "2.00", "column__revision": "1"}
        assert anna.send(f"{path}/repair", reason=WHY, **fields).status_code == 303
    run(pull, outbound.workspace)
    assert [(one["price"], one["note"]) for one in loaded(quiet_site, "U-1")] == [("2.00", None)]


def test_values_that_are_no_text_stay_of_their_kind():
    record = {
        "amount": 12,
        "tags": ["a", "b"],
        "active": True,
        "name": "Ärmel",
        "note": None,
        "lines": "a\r\nb",
    }
    letter = {"record": record, "entity": None, "level": "record", "findings": []}

    def edited(**fields: str) -> dict[str, Any]:
        return edited_record(letter, FormData({f"column:{name}": value for name, value in fields.items()}))

    untouched = {name: as_text(value).replace("\r\n", "\n") for name, value in record.items()}
    assert edited(**untouched | {"amount": "13"}) == record | {"amount": 13}
    assert edited(tags='["a"]') == record | {"tags": ["a"]}
    assert edited(active="false") == record | {"active": False}
    assert edited(name="", note="new") == record | {"name": None, "note": "new"}
    assert edited(lines="a\r\nc") == record | {"lines": "a\nc"}
    with pytest.raises(HTTPException, match="is not written like that"):
        edited(tags="[a")
    with pytest.raises(HTTPException, match="Nothing was changed"):
        edited(**untouched)


def test_a_form_cannot_bring_in_columns_that_the_record_does_not_have(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    anna.send(f"/dead-letters/{letter}/repair", reason=WHY, column__price="3.00", column__owner="me")
    take_up(site)
    ((payload,),) = [
        (one["detail"],) for one in site.outbound.database.rows("select detail from seam.interventions")
    ]
    assert "owner" not in payload["record"]
    assert loaded(site, "B-2")[0]["price"] == "3.00"
