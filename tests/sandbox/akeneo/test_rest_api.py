"""What the PIM answers, and what it refuses."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import requests

import sandbox
from sandbox.faults import Fault, FaultKind

LISTS = {"families": 9, "categories": 17, "attributes": 11, "channels": 2, "locales": 3, "currencies": 2}


def refused(response: requests.Response) -> tuple[int, str]:
    payload = response.json()
    assert payload["code"] == response.status_code
    return response.status_code, payload["message"]


def search(**filters: object) -> str:
    return json.dumps({name: [condition] for name, condition in filters.items()})


def is_(operator: str, value: object = None) -> dict:
    return {"operator": operator} if value is None else {"operator": operator, "value": value}


def test_a_token_opens_the_door(pim):
    token = pim.token().json()
    assert token["token_type"] == "bearer"
    assert token["expires_in"] == 3600
    assert pim.get("channels").status_code == 200


def test_a_token_can_be_asked_for_with_a_form(box):
    given = box.credentials
    form = {"grant_type": "password", "username": given.akeneo_username, "password": given.akeneo_password}
    client = (given.akeneo_client_id, given.akeneo_client_secret)
    assert (
        requests.post(f"{box.akeneo_url}/api/oauth/v1/token", data=form, auth=client, timeout=5).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "wrong"}, "No user found for the given username and password"),
        ({"password": ""}, 'Parameter "grant_type", "username" or "password" is missing, empty or invalid'),
        (
            {"grant_type": "magic"},
            'Parameter "grant_type", "username" or "password" is missing, empty or invalid',
        ),
        ({"grant_type": "refresh_token"}, 'Parameter "grant_type" or "refresh_token" is missing or empty'),
        (
            {"grant_type": "refresh_token", "refresh_token": "nobody's"},
            "Refresh token is invalid or has expired",
        ),
    ],
)
def test_a_wrong_form_gets_no_token(pim, changes, message):
    assert refused(pim.token(**changes)) == (422, message)


def test_a_wrong_client_gets_no_token(box):
    answer = requests.post(f"{box.akeneo_url}/api/oauth/v1/token", json={}, auth=("nobody", "x"), timeout=5)
    assert refused(answer)[0] == 422
    assert '"client_id" is missing or does not match any client' in answer.json()["message"]


def test_tokens_come_as_json_or_form_only(box):
    url = f"{box.akeneo_url}/api/oauth/v1/token"
    assert (
        requests.post(url, data="<xml/>", headers={"Content-Type": "text/xml"}, timeout=5).status_code == 415
    )
    broken = requests.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=5)
    assert refused(broken) == (400, "Invalid JSON message received")
    assert requests.get(url, timeout=5).status_code == 405


def test_a_token_expires_and_a_refresh_token_works_once(own_pim, clock):
    refresh = own_pim.token().json()["refresh_token"]
    clock.forward(seconds=3600)
    assert refused(own_pim.get("channels")) == (401, "The access token provided has expired.")
    renewed = own_pim.token(grant_type="refresh_token", refresh_token=refresh).json()
    own_pim.session.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    assert own_pim.get("channels").status_code == 200
    assert own_pim.token(grant_type="refresh_token", refresh_token=refresh).status_code == 422


@pytest.mark.parametrize(
    ("header", "message"),
    [(None, "Authentication is required"), ("Bearer x", "The access token provided is invalid.")],
)
def test_without_a_token_nothing_is_shown(box, header, message):
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{box.akeneo_url}/api/rest/v1/channels", headers=headers, timeout=5)
    assert refused(answer) == (401, message)


def test_only_json_can_be_accepted(pim):
    answer = pim.session.get(
        f"{pim.box.akeneo_url}/api/rest/v1/channels", headers={"Accept": "text/html"}, timeout=5
    )
    assert refused(answer)[0] == 406


def test_search_after_shows_every_product_once_in_a_stable_order(pim):
    by_seven = [item["uuid"] for item in pim.everything(limit=7)]
    assert by_seven == [item["uuid"] for item in pim.everything(limit=100)]
    assert len(set(by_seven)) == len(by_seven) == pim.box.world.launched_variants


def test_a_full_last_page_leads_to_an_empty_one(pim):
    first = pim.get("products-uuid", pagination_type="search_after", limit=3).json()
    skus = [item["values"]["sku"][0]["data"] for item in first["_embedded"]["items"]]
    page = pim.get(
        "products-uuid", pagination_type="search_after", limit=3, search=search(sku=is_("IN", skus))
    ).json()
    last = pim.get(page["_links"]["next"]["href"]).json()
    assert last["_embedded"]["items"] == []
    assert "next" not in last["_links"]


def test_pages_have_ten_records_unless_told_otherwise(pim):
    for kind in ("page", "search_after"):
        assert len(pim.get("products-uuid", pagination_type=kind).json()["_embedded"]["items"]) == 10


def test_pages_by_number_count_and_link_both_ways(pim):
    page = pim.get("products-uuid", page=2, limit=20, with_count="true").json()
    assert page["current_page"] == 2
    assert page["items_count"] == pim.box.world.launched_variants
    assert set(page["_links"]) == {"self", "first", "previous", "next"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 101}, "You cannot request more than 100 items."),
        ({"limit": 0}, '"0" is not a valid limit number.'),
        ({"limit": "ten"}, '"ten" is not a valid limit number.'),
        ({"page": "string"}, '"string" is not a valid page number.'),
        (
            {"with_count": "maybe"},
            'Parameter "with_count" has to be a boolean. Only "true" or "false" allowed, "maybe" given.',
        ),
        ({"pagination_type": "unknown"}, "Pagination type does not exist."),
        (
            {"pagination_type": "search_after", "with_count": "true"},
            'Parameter "with_count" is not available with the search after pagination type.',
        ),
        ({"scope": "not_found"}, 'Scope "not_found" does not exist.'),
        ({"locales": "fr_FR"}, 'Locale "fr_FR" does not exist or is not activated.'),
        ({"attributes": "not_found"}, 'Attribute "not_found" does not exist.'),
    ],
)
def test_wrong_parameters_are_refused_in_the_pims_words(pim, query, message):
    assert refused(pim.get("products-uuid", **query)) == (422, message)


def test_paging_by_number_ends_after_ten_thousand(pim):
    answer = pim.get("products-uuid", page=101, limit=100)
    assert answer.status_code == 422
    assert "search_after" not in answer.json()["message"]
    assert answer.json()["_links"]["documentation"]["href"].endswith("#the-search-after-method")


def test_a_foreign_cursor_is_refused(pim):
    answer = pim.get("products-uuid", pagination_type="search_after", search_after="é")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("string", 400, "Search query parameter should be valid JSON."),
        ("[]", 400, "Search query parameter should be valid JSON."),
        (
            '{"updated":{"operator":"="}}',
            422,
            'Structure of filter "updated" should respect this structure:'
            ' {"updated":[{"operator": "my_operator", "value": "my_value"}]}',
        ),
        ('{"updated":[{"value":"x"}]}', 422, 'Operator is missing for the property "updated".'),
        ('{"updated":[{"operator":["="]}]}', 422, 'Operator has to be a string, "array" given.'),
        (
            search(updated=is_("LIKE", "x")),
            422,
            'Filter on property "updated" is not supported or does not support operator "LIKE"',
        ),
        (
            search(name=is_("CONTAINS", "x")),
            422,
            'Filter on property "name" is not supported or does not support operator "CONTAINS"',
        ),
        (
            search(wrong=is_("=", 1)),
            422,
            '"wrong" does not exist or you do not have permission to access it.',
        ),
        (
            search(updated=is_(">", "2026-11-02T00:00:00")),
            422,
            'Property "updated" expects a string with the format "yyyy-mm-dd H:i:s" as data,'
            ' "2026-11-02T00:00:00" given.',
        ),
        (
            search(enabled=is_("=", "yes")),
            422,
            'Property "enabled" expects a boolean as data, "string" given.',
        ),
        (search(categories=is_("IN", ["not_found"])), 422, 'Category "not_found" does not exist.'),
        (
            search(family=is_("IN", "shoes")),
            422,
            'Property "family" expects an array as data, "string" given.',
        ),
        (
            search(updated=is_("BETWEEN", "x")),
            422,
            'Property "updated" should contain 2 strings with the format "yyyy-mm-dd H:i:s".',
        ),
        (
            search(updated=is_("SINCE LAST N DAYS", "x")),
            422,
            'Property "updated" expects a numeric as data, "x" given.',
        ),
    ],
)
def test_wrong_searches_are_refused_in_the_pims_words(pim, text, status, message):
    for kind in ("page", "search_after"):
        assert refused(pim.get("products-uuid", pagination_type=kind, search=text)) == (status, message)


def test_updated_filters_are_read_in_the_servers_zone(tmp_path, clock, pim_client):
    summer = {"start": date(2026, 7, 1), "akeneo_zone": "Europe/Berlin"}
    with sandbox.running(tmp_path, clock=clock, scale=0.05, **summer) as box:
        pim = pim_client(box)
        everything = pim.everything()
        moments = sorted(datetime.fromisoformat(item["updated"]) for item in everything)
        middle = moments[len(moments) // 2]
        assert middle.utcoffset() == timedelta(hours=2)
        local = middle.strftime("%Y-%m-%d %H:%M:%S")
        later = pim.everything(search=search(updated=is_(">", local)))
        assert len(later) == sum(moment > middle for moment in moments)
        as_if_utc = middle.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        assert len(pim.everything(search=search(updated=is_(">", as_if_utc)))) >= len(later)


def test_date_operators_agree_with_the_dates_shown(pim):
    items = pim.everything()
    moments = sorted({item["updated"] for item in items})
    low, high = (
        datetime.fromisoformat(moments[place]) for place in (len(moments) // 3, 2 * len(moments) // 3)
    )
    text = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in (low, high)]
    inside = {item["uuid"] for item in items if low <= datetime.fromisoformat(item["updated"]) <= high}
    day = {item["uuid"] for item in items if datetime.fromisoformat(item["updated"]).date() == low.date()}
    everything = {item["uuid"] for item in items}

    def found(operator: str, value: object) -> set[str]:
        return {item["uuid"] for item in pim.everything(search=search(updated=is_(operator, value)))}

    assert found("BETWEEN", text) == inside
    assert found("NOT BETWEEN", text) == everything - inside
    assert found("=", text[0]) == day
    assert found("!=", text[0]) == everything - day
    assert found("<", text[0]) | found(">", text[0]) | found("BETWEEN", [text[0], text[0]]) == everything


def test_the_last_days_are_counted_from_now(own_pim):
    recent = own_pim.everything(search=search(updated=is_("SINCE LAST N DAYS", 30)))
    limit = own_pim.box.clock() - timedelta(days=30)
    everything = own_pim.everything()
    assert 0 < len(recent) < len(everything)
    assert {item["uuid"] for item in recent} == {
        item["uuid"] for item in everything if datetime.fromisoformat(item["updated"]) > limit
    }


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"enabled": is_("=", False)}, lambda item: not item["enabled"]),
        ({"enabled": is_("!=", False)}, lambda item: item["enabled"]),
        ({"family": is_("IN", ["shoes", "lamps"])}, lambda item: item["family"] in ("shoes", "lamps")),
        ({"family": is_("NOT IN", ["shoes"])}, lambda item: item["family"] != "shoes"),
        ({"family": is_("EMPTY")}, lambda item: False),
        ({"family": is_("NOT EMPTY")}, lambda item: True),
        ({"parent": is_("EMPTY")}, lambda item: item["parent"] is None),
        ({"parent": is_("NOT EMPTY")}, lambda item: item["parent"] is not None),
        ({"categories": is_("IN", ["new_arrivals"])}, lambda item: "new_arrivals" in item["categories"]),
        ({"categories": is_("IN", ["home"])}, lambda item: False),
        (
            {"categories": is_("NOT IN", ["new_arrivals"])},
            lambda item: "new_arrivals" not in item["categories"],
        ),
        (
            {"categories": is_("IN CHILDREN", ["home"])},
            lambda item: any(code.startswith("home") for code in item["categories"]),
        ),
        (
            {"categories": is_("NOT IN CHILDREN", ["home"])},
            lambda item: not any(code.startswith("home") for code in item["categories"]),
        ),
        ({"categories": is_("UNCLASSIFIED")}, lambda item: False),
        (
            {"categories": is_("IN OR UNCLASSIFIED", ["new_arrivals"])},
            lambda item: "new_arrivals" in item["categories"],
        ),
    ],
)
def test_filters_find_what_they_say(pim, condition, holds):
    found = {item["uuid"] for item in pim.everything(search=search(**condition))}
    assert found == {item["uuid"] for item in pim.everything() if holds(item)}


def test_identity_filters_find_single_products(pim):
    one, two = pim.everything()[:2]
    sku, parent = (
        one["values"]["sku"][0]["data"],
        next(item["parent"] for item in pim.everything() if item["parent"]),
    )
    assert [item["uuid"] for item in pim.everything(search=search(sku=is_("=", sku)))] == [one["uuid"]]
    assert one["uuid"] not in [item["uuid"] for item in pim.everything(search=search(sku=is_("!=", sku)))]
    uuids = [one["uuid"], two["uuid"]]
    assert [item["uuid"] for item in pim.everything(search=search(uuid=is_("IN", uuids)))] == uuids
    for operator, value in (("=", parent), ("IN", [parent])):
        assert {item["parent"] for item in pim.everything(search=search(parent=is_(operator, value)))} == {
            parent
        }


def test_a_renamed_model_brings_its_variants_back_with_their_own_older_date(
    own_box, own_pim, clock, pim_client
):
    before = {item["uuid"]: item for item in own_pim.everything()}
    clock.forward(hours=1)
    mark = own_box.clock().strftime("%Y-%m-%d %H:%M:%S")
    clock.forward(hours=1)
    own_box.drop_day(2)
    changed = pim_client(own_box).everything(search=search(updated=is_(">", mark)))
    known = [(item, before[item["uuid"]]) for item in changed if item["uuid"] in before]
    inherited = [(item, old) for item, old in known if item["updated"] == old["updated"]]
    assert inherited
    assert all(item["parent"] for item, _ in inherited)
    assert all(item["values"]["name"] != old["values"]["name"] for item, old in inherited)


def test_values_are_localized_scoped_and_exact(pim):
    item = next(item for item in pim.everything() if item["parent"] and "color" in item["values"])
    values = item["values"]
    assert {value["locale"] for value in values["name"]} == {"en_US", "de_DE"}
    assert {(value["locale"], value["scope"]) for value in values["description"]} == {
        (locale, scope) for locale in ("en_US", "de_DE") for scope in ("ecommerce", "print")
    }
    ecommerce = next(value for value in values["price"] if value["scope"] == "ecommerce")
    assert [amount["currency"] for amount in ecommerce["data"]] == ["EUR", "USD"]
    assert all(
        isinstance(amount["amount"], str) and amount["amount"][-3] == "." for amount in ecommerce["data"]
    )
    assert values["weight"][0]["data"]["unit"] == "GRAM"
    assert values["is_taxable"][0]["data"] is True


def test_values_can_be_chosen(pim):
    chosen = pim.everything(attributes="name,price", locales="de_DE", scope="print", limit=100)
    named = next(item for item in chosen if "name" in item["values"])
    assert set(named["values"]) == {"name", "price"}
    assert [value["locale"] for value in named["values"]["name"]] == ["de_DE"]
    assert [value["scope"] for value in named["values"]["price"]] == ["print"]


def test_option_labels_come_when_asked_for(pim):
    item = next(item for item in pim.everything(with_attribute_options="true") if "color" in item["values"])
    assert set(item["values"]["color"][0]["linked_data"]["labels"]) == {"en_US", "de_DE"}
    options = pim.get("attributes/color/options", limit=100).json()["_embedded"]["items"]
    assert item["values"]["color"][0]["data"] in [option["code"] for option in options]


@pytest.mark.parametrize(("name", "count"), LISTS.items())
def test_lists_are_paged_by_number(pim, name, count):
    found, page = [], pim.get(name, limit=4, with_count="true").json()
    assert page["items_count"] == count
    while True:
        found += [item["code"] for item in page["_embedded"]["items"]]
        if "next" not in page["_links"]:
            break
        page = pim.get(page["_links"]["next"]["href"]).json()
    assert len(found) == len(set(found)) == count


def test_lists_cannot_be_paged_by_cursor(pim):
    answer = pim.get("families", pagination_type="search_after")
    assert refused(answer) == (422, "Pagination type is not supported.")


def test_one_product_can_be_asked_for(pim):
    item = pim.everything()[0]
    assert pim.get(f"products-uuid/{item['uuid']}").json() == item
    assert pim.get("products-uuid/00000000-0000-0000-0000-000000000000").status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("product-models", {}, 404),
        ("families", {"search": "{}"}, 501),
        ("products-uuid", {"with_completenesses": "true"}, 501),
    ],
)
def test_what_is_not_built_does_not_seem_to_work(pim, path, query, status):
    assert pim.get(path, **query).status_code == status


def test_the_pim_can_only_be_read(pim):
    answer = pim.session.patch(f"{pim.box.akeneo_url}/api/rest/v1/products-uuid", data="{}", timeout=5)
    assert answer.status_code == 501


def test_a_fifth_request_at_a_time_is_too_many(own_box, own_pim):
    own_box.faults.add(
        Fault(system="akeneo", operation="channels", kind=FaultKind.LATENCY, seconds=0.6, times=None)
    )
    statuses: list[tuple[int, str | None]] = []

    def ask() -> None:
        answer = own_pim.get("channels")
        statuses.append((answer.status_code, answer.headers.get("Retry-After")))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses, key=str) == [(200, None)] * 4 + [(429, "1")] * 2


def test_answers_are_compressed_when_asked_for(pim):
    headers = {"Accept-Encoding": "gzip", "Authorization": pim.session.headers["Authorization"]}
    with requests.get(
        f"{pim.box.akeneo_url}/api/rest/v1/products-uuid", headers=headers, stream=True, timeout=5
    ) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(answer.raw.read(decode_content=False)))["current_page"] == 1
