"""Checks inside arrays of objects: every element against the properties of the contract's ``items``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from include.contracts.contract import Kind, Property

ROW = "_row"
POSITION = "_position"
ELEMENT = "_element"


def decoded(array: pl.Series, items: tuple[Property, ...]) -> tuple[pl.Series, pl.Series]:
    """Arrays of objects from their JSON text, and which texts are something else (null in the first)."""
    dtype = pl.List(_struct(items))
    if array.dtype != pl.String:
        return array, pl.Series([False]).new_from_index(0, len(array))
    try:
        return array.str.json_decode(dtype), pl.Series([False]).new_from_index(0, len(array))
    except pl.exceptions.PolarsError:
        broken = pl.Series([not _decodes(array[row : row + 1], dtype) for row in range(len(array))])
        return array.set(broken, None).str.json_decode(dtype), broken


def elements(arrays: pl.Series) -> pl.DataFrame:
    """Every element of every array, one row each.

    Args:
        arrays: lists of structs, as ``decoded`` makes them.

    Returns:
        columns ``ROW`` (index of the record), ``POSITION`` (from 0) and ``ELEMENT``, a struct.
    """
    frame = pl.DataFrame({ROW: pl.Series(range(len(arrays)), dtype=pl.Int64), ELEMENT: arrays})
    frame = frame.filter(pl.col(ELEMENT).list.len() > 0)
    return frame.with_columns(pl.int_ranges(pl.col(ELEMENT).list.len()).alias(POSITION)).explode(
        ELEMENT, POSITION
    )


def part(frame: pl.DataFrame, prop: Property) -> pl.Series:
    """One property of the elements, text or lists."""
    expression = pl.col(ELEMENT)
    for step in prop.source.split("."):
        expression = expression.struct.field(step)
    return frame.select(expression).to_series()


def place_in(
    frame: pl.DataFrame, prop: Property, place: Callable[[int], tuple[int, str]]
) -> Callable[[int], tuple[int, str]]:
    """Where a row of ``frame`` stands: its record, and the path of ``prop`` with the element's position."""

    def element_place(row: int) -> tuple[int, str]:
        record, field = place(frame[ROW][row])
        return record, f"{field}[{frame[POSITION][row]}].{prop.source}"

    return element_place


def _decodes(text: pl.Series, dtype: pl.DataType) -> bool:
    try:
        text.str.json_decode(dtype)
    except pl.exceptions.PolarsError:
        return False
    return True


def _struct(items: tuple[Property, ...]) -> pl.Struct:
    tree: dict[str, Any] = {}
    for prop in items:
        *parents, leaf = prop.source.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = prop
    return _dtype(tree)


def _dtype(tree: Mapping[str, Any]) -> pl.Struct:
    return pl.Struct(
        {name: _leaf(node) if isinstance(node, Property) else _dtype(node) for name, node in tree.items()}
    )


def _leaf(prop: Property) -> Any:
    if prop.kind is Kind.ARRAY and prop.items:
        return pl.List(_struct(prop.items))
    return pl.String
