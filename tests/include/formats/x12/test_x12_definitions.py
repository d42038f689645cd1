from __future__ import annotations

import re
from pathlib import Path

import pytest

from include.formats.x12 import definitions
from include.formats.x12.definitions import CompositeDefinition, ElementUse
from include.formats.x12.grammar import segment_pattern, set_pattern

RELEASES = ("003030", "003060", "004010", "004030", "005010", "006030", "008010")
STANDARD = Path(definitions.__file__).parent / "standard"


@pytest.mark.parametrize("release", RELEASES)
def test_every_set_is_described_whole_in_every_release(release: str) -> None:
    for set_id in definitions.described_sets():
        definition = definitions.set_definition(set_id, release)
        assert definition is not None
        assert definition.id == set_id
        assert set_id in definitions.functional_groups()[definition.functional_group]
        assert definition.body.parts[0].tag == "ST"
        assert definition.body.parts[-1].tag == "SE"
        assert all(definitions.segment_definition(tag, release) for tag in definition.tags)


@pytest.mark.parametrize("release", RELEASES)
def test_every_segment_is_described_whole_in_every_release(release: str) -> None:
    for tag in definitions._segments():
        definition = definitions.segment_definition(tag, release)
        assert definition is not None
        for note in definition.notes:
            assert note.kind in "PRECL"
            assert max(note.positions) <= len(definition.elements or ())
        for use in definition.elements or ():
            assert_use(use)
        assert (
            segment_pattern(definition).fullmatch(tag) is None
            or definition.elements is None
            or not any(use.is_mandatory for use in definition.elements)
        )


def assert_use(use: ElementUse) -> None:
    if isinstance(use.definition, CompositeDefinition):
        assert use.definition.components[0].is_mandatory
        for component in use.definition.components:
            assert_use(component)
        return
    assert re.fullmatch(r"AN|ID|R|N[0-9]|DT|TM", use.definition.type)
    assert 1 <= use.definition.minimum <= use.definition.maximum


def test_an_unknown_release_or_set_is_not_described() -> None:
    assert definitions.set_definition("846", "009999") is None
    assert definitions.set_definition("846", "00401") is None
    assert definitions.set_definition("850Z", "004010") is None
    assert definitions.set_definition("../846", "004010") is None


def test_a_set_that_is_not_described_belongs_to_a_group_all_the_same() -> None:
    assert "850" in definitions.known_sets()
    assert definitions.functional_groups()["PO"] == {"850"}


def test_a_set_is_added_by_adding_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caches = (definitions.described_sets, definitions.set_definition, definitions.known_sets)
    (tmp_path / "sets").mkdir()
    for name in ("elements.yml", "segments.yml", "groups.yml"):
        (tmp_path / name).write_bytes((STANDARD / name).read_bytes())
    (tmp_path / "sets" / "864.yml").write_text(
        'set: "864"\nname: Text Message\nfunctional_group: TX\nstructure: [ST M 1, NTE O >1, SE M 1]\n'
    )
    monkeypatch.setattr(definitions, "_STANDARD", tmp_path)
    for each in caches:
        each.cache_clear()
    try:
        definition = definitions.set_definition("864", "004010")
        assert definition is not None
        assert set_pattern(definition, True).fullmatch(
            "ST\x1d864\x1d0001\x1eNTE\x1d\x1dhello\x1eSE\x1d3\x1d0001\x1e"
        )
    finally:
        for each in caches:
            each.cache_clear()
