"""All stand-ins together: one state that outlives them, days that come once."""

from __future__ import annotations

import stat

import pytest

import sandbox


def test_a_restart_goes_on_where_it_ended(tmp_path, clock, pim_client, shop_client):
    settings = {"scale": 0.05, "clock": clock}
    with sandbox.running(tmp_path, **settings) as box:
        pim, shop = pim_client(box), shop_client(box)
        shop.data('mutation { productSet(input: {title: "Kept"}) { product { id } } }')
        box.drop_day(2)
        products = [item["uuid"] for item in pim.everything()]
        token = pim.session.headers["Authorization"]
        ready = box.ready()
    with sandbox.running(tmp_path, scale=9, seed=99, clock=clock) as again:
        assert again.day == 2
        assert again.world.scale == 0.05
        assert {name: again.ready()[name] for name in ("world", "day")} == {
            name: ready[name] for name in ("world", "day")
        }
        assert again.ready()["akeneo"]["client_secret"] == ready["akeneo"]["client_secret"]
        assert len(again.state.effects("productSet")) == 1
        pim = pim_client(again)
        pim.session.headers["Authorization"] = token
        assert [item["uuid"] for item in pim.everything()] == products
        with pytest.raises(ValueError, match="day 2 cannot come after day 2"):
            again.drop_day(2)


def test_it_can_begin_before_the_first_day(tmp_path):
    with sandbox.running(tmp_path, scale=0.05, day=0) as box:
        assert box.day == 0
        assert box.expected() == []
        assert [path for path in (tmp_path / "sftp/supplier").rglob("*") if path.is_file()] == []
        box.drop_day(1)
        assert len(list((tmp_path / "sftp/supplier").glob("*/*/*.csv"))) >= 3


def test_files_are_whole_when_they_can_be_seen(own_box):
    root = own_box.settings.state_dir / "sftp"
    assert [path for path in root.rglob("*") if path.is_file() and path.name.startswith(".")] == []
    for file in own_box.first_day.files:
        assert (root / file.account / file.path).read_bytes() == file.content


def test_every_mailbox_has_its_folders(own_box):
    root = own_box.settings.state_dir / "sftp"
    assert {path.name for path in (root / "supplier/kontor").iterdir()} == {"outbox", "archive"}
    assert {path.name for path in (root / "warehouse/north").iterdir()} == {"out", "in", "archive"}


def test_secrets_are_readable_by_their_owner_only(own_box):
    for name in ("credentials.json", "host_key", "supplier_key"):
        assert stat.S_IMODE((own_box.settings.state_dir / name).stat().st_mode) == 0o600


def test_the_second_day_shows_in_every_system(own_box, own_pim, own_shop, clock, pim_client):
    jumped = {item["uuid"]: item for item in own_pim.everything()}
    clock.forward(hours=1)
    day = own_box.drop_day(2)
    after = {item["uuid"]: item for item in pim_client(own_box).everything()}
    assert len(after) == len(own_box.world.catalog.variants)
    stopped = [
        (item, jumped[uuid])
        for uuid, item in after.items()
        if item["values"].get("sku", [{}])[0].get("data") in day.gate_stops
    ]
    assert stopped
    for item, old in stopped:
        new_price, old_price = (one["values"]["price"][0]["data"][0]["amount"] for one in (item, old))
        assert float(new_price) == pytest.approx(100 * float(old_price))
    assert own_box.state.effects("sale")
    assert {fault["operation"] for fault in own_box.faults.listed()} == {
        "orders",
        "productSet",
        "inventorySetQuantities",
    }


def test_the_second_days_faults_are_over_after_a_while(own_box, own_shop):
    own_box.drop_day(2)
    query = 'mutation { productSet(identifier: {handle: "x"}, input: {handle: "x", title: "X"}) { product { id } } }'
    statuses = [own_shop.post(query).status_code for _ in range(5)]
    assert statuses == [500, 500, 429, 200, 200]
    assert len(own_box.state.effects("productSet")) == 3
