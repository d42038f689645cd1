from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.errors import Misconfigured
from include.formats import x12
from include.systems.edi.partners import AcknowledgementKind, load_partner, partner_profile
from include.systems.warehouse_edi.read import stock_mapping_facts

PARTNERS = Path(__file__).parents[4] / "include" / "systems" / "warehouse_edi" / "partners"
LEAST: dict[str, Any] = {
    "description": "A warehouse",
    "owner": "warehouse-operations",
    "partner": {"qualifier": "ZZ", "identifier": "THEM", "application": "THEM"},
    "us": {"qualifier": "ZZ", "identifier": "US", "application": "US"},
    "sets": {"846": ["004010"]},
}


@pytest.mark.parametrize("name", sorted(path.stem for path in PARTNERS.glob("*.yml")))
def test_every_profile_can_be_used(name: str) -> None:
    profile = load_partner(PARTNERS / f"{name}.yml")
    assert profile.name == name
    assert profile.mapping(stock_mapping_facts()).set_id == "846"
    assert profile.reading().sender == profile.partner.party
    assert profile.answer_name(7, datetime(2026, 11, 2))


def test_the_two_warehouses_exchange_as_agreed() -> None:
    central, north = (load_partner(PARTNERS / f"{name}.yml") for name in ("central", "north"))
    assert central.separators.all() == b"*:~"
    assert north.separators == x12.Separators(element=b"|", component=b">", segment=b"\r")
    assert central.acknowledgement.kind is AcknowledgementKind.FUNCTIONAL
    assert central.acknowledgement.deadline == timedelta(hours=4)
    for profile in (central, north):
        assert profile.quantities == {
            "33": "quantity_available",
            "17": "quantity_on_hand",
            "29": "quantity_committed",
        }
        assert profile.item_numbers["SK"] == profile.own_item_number


def test_what_is_not_said_has_a_default() -> None:
    profile = partner_profile("they", LEAST, "they.yml")
    assert (profile.encoding, profile.time_zone) == ("ascii", "UTC")
    assert profile.reading().releases == {"004010"}
    assert profile.answer_name(12, datetime(2026, 11, 2)) == "997_they_000000012.edi"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"colour": "red"}, "no key 'colour'"),
        ({"partner": {"qualifier": "ZZ", "name": "x"}}, "no key 'name'"),
        ({"encoding": "ebcdic"}, "encoding is 'ebcdic'"),
        ({"tolerates": ["x12.nonsense"]}, "x12.nonsense"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"time_zone": "../etc/passwd"}, "no IANA time zone"),
        ({"own_item_number": "ean"}, "own_item_number"),
        ({"separators": {"element": "**"}}, "single characters"),
        ({"separators": {"element": "A"}}, "single characters"),
        ({"separators": {"element": ":"}}, "all different"),
        ({"separators": {"component": ""}}, "single characters"),
        ({"separators": {"element": "-"}}, "words or numbers"),
        ({"partner": {"qualifier": "Z", "identifier": "x", "application": "xx"}}, "have 2,"),
        ({"us": {"qualifier": "ZZ", "identifier": "x" * 16, "application": "xx"}}, "1 to 15"),
        ({"acknowledgement": {"kind": "998"}}, "998"),
        ({"acknowledgement": {"kind": "CONTRL"}}, "none of x12"),
        ({"standard": "tradacoms"}, "tradacoms"),
        ({"acknowledgement": {"file_name": "in/{control_number}.edi"}}, "without a folder"),
        ({"acknowledgement": {"file_name": "{partner_name}.edi"}}, "partner_name"),
        ({"sets": None}, "items"),
    ],
)
def test_impossible_profiles_say_what_is_wrong(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Misconfigured, match=r"they\.yml") as caught:
        partner_profile("they", {**LEAST, **change}, "they.yml")
    assert complaint in caught.value.message


def test_a_missing_key_is_named() -> None:
    with pytest.raises(Misconfigured, match="owner"):
        partner_profile("they", {key: value for key, value in LEAST.items() if key != "owner"}, "they.yml")


@pytest.mark.parametrize("content", ["pickup: {folder: /x}", "[1, 2]", "edi: [", "edi: 5", ""])
def test_a_file_without_the_section_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "they.yml"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=r"they\.yml"):
        load_partner(path)
    with pytest.raises(Misconfigured, match=r"nobody\.yml"):
        load_partner(tmp_path / "nobody.yml")


def test_a_code_that_leads_to_no_column_is_found_before_any_data() -> None:
    profile = partner_profile("they", {**LEAST, "quantities": {"33": "quantity_in_space"}}, "they.yml")
    with pytest.raises(Misconfigured, match="quantity_in_space"):
        profile.mapping(stock_mapping_facts())


def test_a_partner_may_say_a_line_of_the_mapping_its_own_way(tmp_path: Path) -> None:
    overrides = {"record": {"REF": {"qualifier": 1, "columns": "references", "value": 3}}}
    path = tmp_path / "they.yml"
    path.write_text(
        yaml.safe_dump({"edi": {**LEAST, "references": {"LI": "line_number"}, "overrides": overrides}})
    )
    mapping = load_partner(path).mapping(stock_mapping_facts())
    assert mapping.record["REF"].value == 3
    assert mapping.record["LIN"].pairs == 2


def test_the_page_about_partners_names_every_rule_as_it_is() -> None:
    page = (PARTNERS.parents[1] / "edi" / "README.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `x12.")}
    assert rows.keys() == x12.RULES.keys()
    for rule in x12.RULES.values():
        assert ("(told only)" in rows[rule.name]) is not rule.is_fatal
        assert rule.code is None or f" {rule.code}" in rows[rule.name]
