"""A supplier's price list of any length, seeded: the same arguments make the same file.

Twelve columns: identifiers, quoted text (with delimiters, line breaks and quotes in it), decimals, words of an
enumeration, timestamps; about 150 bytes a row. In every file two rows of a hundred break the contract, each in one of
eight ways; the clean twin of a file has the same rows without a fault, because ``\\copy`` stops at the first one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

ROWS_AT_ONCE = 100_000
STRETCHES = 4
"""At least so many, that there is something to reverse."""
BAD_SHARE = 0.02
COLUMNS = (
    "offer_id", "sku", "title", "brand", "category", "price_amount", "cost_amount", "currency_code",
    "quantity", "weight_grams", "created_at", "updated_at",
)  # fmt: skip
WORDS = np.array(
    [
        *(
            "Anchor",
            "Birch",
            "Copper",
            "Delta",
            "Ember",
            "Fjord",
            "Granite",
            "Harbor",
            "Indigo",
            "Juniper",
            "Kelp",
        ),
        *(
            "Linen",
            "Maple",
            "Nordic",
            "Oak",
            "Pine",
            "Quartz",
            "River",
            "Slate",
            "Tide",
            "Umber",
            "Violet",
            "Zinc",
        ),
    ]
)
BRANDS = np.array(["Oak & Iron", "Nordhaus", "Lindqvist", "Amara", "Fjell", "Kaia"])
CATEGORIES = np.array(["apparel/shirts", "apparel/shoes", "home/kitchen", "home/garden", "office/paper"])
CURRENCIES = np.array(["EUR", "EUR", "EUR", "SEK", "USD"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a file says.

    Attributes:
        seed: another one makes other rows.
        bad_share: of all rows, how many break the contract.
        changed_share: of all rows, how many have another price and a later ``updated_at`` than without it.
        is_reversed: the last stretch of rows comes first; the same content in other bytes.
    """

    rows: int
    seed: int = 20_261_102
    bad_share: float = BAD_SHARE
    changed_share: float = 0.0
    is_reversed: bool = False

    def write(self, path: Path) -> Path:
        """The file, made unless it is there."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.with_suffix(".writing").open("wb") as file:
                file.write((",".join(COLUMNS) + "\n").encode())
                for start in self._starts:
                    self._stretch(start).write_csv(file, include_header=False)
            path.with_suffix(".writing").rename(path)
        return path

    @property
    def clean(self) -> Feed:
        """Its twin without bad rows."""
        return replace(self, bad_share=0.0)

    @property
    def bad_rows(self) -> int:
        """How many rows break the contract."""
        return sum(int(self._is_bad(start).sum()) for start in self._starts)

    @property
    def _starts(self) -> list[int]:
        starts = range(0, self.rows, self._rows_at_once)
        return list(reversed(starts) if self.is_reversed else starts)

    @property
    def _rows_at_once(self) -> int:
        return min(ROWS_AT_ONCE, math.ceil(self.rows / STRETCHES))

    def _size(self, start: int) -> int:
        return min(self._rows_at_once, self.rows - start)

    def _stretch(self, start: int) -> pl.DataFrame:
        size = self._size(start)
        number = np.arange(start, start + size)
        chance = np.random.default_rng([self.seed, start])
        price = chance.integers(100, 100_000, size)
        frame = pl.DataFrame(
            {
                "offer_id": number + 1_000_000,
                "sku": pl.Series(number).cast(pl.String).str.zfill(8),
                "title": _titles(chance, size),
                "brand": BRANDS[chance.integers(0, len(BRANDS), size)],
                "category": CATEGORIES[chance.integers(0, len(CATEGORIES), size)],
                "price": price,
                "cost": price * chance.integers(40, 90, size) // 100,
                "currency_code": CURRENCIES[chance.integers(0, len(CURRENCIES), size)],
                "quantity": chance.integers(0, 5_000, size),
                "weight": chance.integers(10, 3_000_000, size),
                "created": chance.integers(1_600_000_000, 1_760_000_000, size),
                "updated": chance.integers(1_760_000_000, 1_790_000_000, size),
                "is_changed": np.random.default_rng([self.seed, start, 1]).random(size) < self.changed_share,
                "fault": self._faults(start),
            }
        )
        return frame.select(_written())

    def _is_bad(self, start: int) -> np.ndarray:
        size = self._size(start)
        return np.random.default_rng([self.seed, start, 2]).random(size) < self.bad_share

    def _faults(self, start: int) -> np.ndarray:
        """0 for good rows, else one of the eight faults."""
        is_bad = self._is_bad(start)
        kinds = np.random.default_rng([self.seed, start, 3]).integers(1, 9, len(is_bad))
        return np.where(is_bad, kinds, 0)


def _titles(chance: np.random.Generator, size: int) -> pl.Series:
    words = [pl.Series(WORDS[chance.integers(0, len(WORDS), size)]) for _ in range(4)]
    frame = pl.DataFrame({str(number): word for number, word in enumerate(words)}).with_columns(
        kind=pl.Series(chance.integers(0, 200, size))
    )
    plain = pl.concat_str("0", "1", "2", "3", separator=" ")
    return frame.select(
        title=pl.when(pl.col("kind") == 0)
        .then(pl.concat_str(plain, pl.lit("\nwashable, 2 parts")))
        .when(pl.col("kind") == 1)
        .then(pl.concat_str(plain, pl.lit(' 7.5" wide')))
        .when(pl.col("kind") < 100)
        .then(pl.concat_str(plain, pl.lit(", set of 2")))
        .otherwise(plain)
    ).to_series()


def _written() -> list[pl.Expr]:
    """The columns as they stand in the file, faults included."""

    def unless(fault: int, text: pl.Expr, wrong: str | pl.Expr) -> pl.Expr:
        return (
            pl.when(pl.col("fault") == fault)
            .then(pl.lit(wrong) if isinstance(wrong, str) else wrong)
            .otherwise(text)
        )

    price = pl.col("price") + pl.col("is_changed").cast(pl.Int64)
    updated = pl.col("updated") + pl.col("is_changed").cast(pl.Int64) * 100_000_000
    return [
        "offer_id",
        unless(1, pl.concat_str(pl.lit("SKU-"), "sku"), pl.concat_str(pl.lit("sku "), "sku")).alias("sku"),
        unless(2, pl.col("title"), "").alias("title"),
        "brand",
        "category",
        unless(3, unless(4, _decimal(price, 2), "12,50"), "-1.00").alias("price_amount"),
        _decimal(pl.col("cost"), 2).alias("cost_amount"),
        unless(5, pl.col("currency_code"), "XXX").alias("currency_code"),
        unless(6, pl.col("quantity").cast(pl.String), "many").alias("quantity"),
        unless(7, _decimal(pl.col("weight"), 3), "1.2.3").alias("weight_grams"),
        _time(pl.col("created")).alias("created_at"),
        unless(8, _time(updated), "2026-02-30T00:00:00Z").alias("updated_at"),
    ]  # fmt: skip


def _decimal(units: pl.Expr, scale: int) -> pl.Expr:
    digits = units.cast(pl.String).str.zfill(scale + 1)
    return pl.concat_str(digits.str.head(-scale), pl.lit("."), digits.str.tail(scale))


def _time(seconds: pl.Expr) -> pl.Expr:
    return pl.from_epoch(seconds, "s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
