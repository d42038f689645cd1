"""The admin path drives everything, for whoever has the token."""

from __future__ import annotations

import pytest
import requests


def test_without_the_token_nothing_is_told(own_box):
    for url in (own_box.akeneo_url, own_box.shopify_url):
        answer = requests.get(f"{url}/_sandbox/state", timeout=5)
        assert answer.status_code == 401
        assert "admin token" in answer.json()["error"]


def test_faults_are_switched_on_and_off(admin, own_pim):
    added = admin.call(
        "POST", "faults", json={"system": "akeneo", "operation": "channels", "kind": "error_before_effect"}
    )
    assert added.status_code == 201
    assert own_pim.get("channels").status_code == 500
    assert admin.call("GET", "state").json()["faults"][0]["hits"] == 1
    admin.call("POST", "faults", json={"system": "akeneo", "kind": "latency"})
    assert admin.call("DELETE", f"faults/{added.json()['id']}").json()["faults"] == 1
    assert admin.call("DELETE", "faults").json()["faults"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"system": "erp"}, 422),
        ("POST", "faults", None, 422),
        ("POST", "day/3", None, 422),
        ("POST", "day/1", None, 422),
        ("POST", "sell", {"sku": "no such"}, 422),
        ("POST", "sell", {"quantity": 1}, 422),
        ("POST", "marketplace/complete", None, 422),
        ("GET", "nothing", None, 404),
    ],
)
def test_what_cannot_be_done_is_said(admin, method, path, body, status):
    answer = admin.call(method, path, json=body)
    assert answer.status_code == status
    assert len(answer.json()["error"]) > 10


def test_the_second_day_comes_once(admin, own_box):
    assert admin.call("POST", "day/2").json()["day"] == 2
    assert admin.call("POST", "day/2").status_code == 422
    state = admin.call("GET", "state").json()
    assert state["day"] == own_box.day == 2
    assert state["gate_stops"]
    assert state["effects"] == {"sale": 3}
    assert {fault["system"] for fault in state["faults"]} == {"shopify"}
    assert {one["day"] for one in admin.call("GET", "expected").json()} == {1, 2}


def test_the_marketplaces_second_set_is_completed(admin, own_box):
    admin.call("POST", "day/2")
    folder = own_box.settings.state_dir / "sftp/marketplace/feira/out/2026-11-03"
    assert not (folder / "_COMPLETE").exists()
    assert len(list(folder.iterdir())) == 5
    assert admin.call("POST", "marketplace/complete").status_code == 200
    assert len(list(folder.iterdir())) == 7


def test_a_sale_takes_stock_away_and_is_an_effect(admin, own_box, clock):
    variant = next(
        one for one in own_box.tables.variants() if own_box.tables.levels_of(one.id)[0].available > 2
    )
    level = own_box.tables.levels_of(variant.id)[0]
    clock.forward(hours=1)
    sold = admin.call(
        "POST", "sell", json={"sku": variant.sku, "quantity": 2, "location_id": level.location_id}
    ).json()
    assert sold["available"] == level.available - 2
    assert sold["committed"] == level.committed + 2
    assert sold["updated_at"] > level.updated_at
    effects = admin.call("GET", "effects", params={"operation": "sale"}).json()
    assert [effect["key"] for effect in effects] == [f"{variant.sku}@{level.location_id}"]
    assert effects[0]["after"]["available"] - effects[0]["before"]["available"] == -2
