from __future__ import annotations

from include.formats import x12
from tests.include.formats.x12 import x12_documents as documents


def test_segments_stand_in_the_loops_of_the_definition() -> None:
    data = documents.stock_bytes(
        "N1*WH*Central*92*C1",
        "N3*Street 1",
        "LIN*1*SK*A",
        "QTY*33*1*EA",
        "UIT*EA",
        "QTY*17*2*EA",
        "LIN*2*SK*B",
        "N1*WH**92*C2",
    )
    root = x12.loop_tree(documents.first_set(data))
    assert [each.tag for each in root.parts if isinstance(each, x12.Segment)] == [
        "ST",
        "BIA",
        "DTM",
        "CTT",
        "SE",
    ]
    (party,) = root.loops("N1")
    assert [each.value(1) for each in party.segments("N3")] == ["Street 1"]
    first, second = root.loops("LIN")
    assert [quantity.parts[0].value(2) for quantity in first.loops("QTY")] == ["1", "2"]
    assert [len(quantity.parts) for quantity in first.loops("QTY")] == [2, 1]
    assert next(second.loops("N1")).parts[0].value(4) == "C2"


def test_every_segment_is_in_the_tree_once_and_in_order() -> None:
    data = documents.stock_bytes("LIN*1*SK*A", "PO1*1", "QTY*33*1*EA", "BIA*00*SI*1*20261102", "LIN*2*SK*B")
    found = documents.first_set(data)
    assert tuple(flat(x12.loop_tree(found))) == found.segments


def test_a_set_that_is_not_described_has_no_loops() -> None:
    data = documents.stock_bytes("LIN*1*SK*A").replace(b"ST*846", b"ST*830")
    found = documents.first_set(data)
    assert x12.loop_tree(found).parts == list(found.segments)


def flat(node: x12.LoopNode) -> list[x12.Segment]:
    return [
        each for part in node.parts for each in (flat(part) if isinstance(part, x12.LoopNode) else [part])
    ]
