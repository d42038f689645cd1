"""Flow ``pull_catalog_from_supplier_sftp``: product and price lists of suppliers, in the Shopify product form.

Source: https://help.shopify.com/en/manual/products/import-export/using-csv. The first row of a product
carries its texts and first variant; further rows of the same handle carry a variant, an image, or both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl

from include.delivery import LandedDelivery
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import LINE, Batch, RefusedRecord
from include.formats.findings import Finding, Unreadable
from include.systems import partner_files
from include.systems.partners import Partner, partner
from include.systems.sftp import pickup

SYSTEM = "supplier_sftp"
ENTITY = "catalog"
HANDLE = "Handle"
OPTIONS = ("Option1 Value", "Option2 Value", "Option3 Value")
VARIANT_COLUMNS = ("Variant Price", "Variant SKU", *OPTIONS)
IMAGE = "Image Src"
ROW_KEY = "row_key"
IS_FIRST_ROW = "is_first_row"

PULL_CATALOG = PullFlow(
    dag_id="pull_catalog_from_supplier_sftp",
    summary="Brings the product and price lists that suppliers put on our SFTP server.",
    system=SYSTEM,
    objects=("product", "price"),
    pattern=Pattern.FILE,
    because="Suppliers write lists with the tools they have, and a list can be kept, compared and handed in by e-mail.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="supplier-relations",
    schedule="*/15 * * * *",
    late_after=timedelta(hours=26),
    entities=(ENTITY,),
    source="include.systems.supplier_sftp.pull:arrivals",
    reader="include.systems.supplier_sftp.pull:read",
)


arrivals = pickup.source_of_files(SYSTEM, ENTITY)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Rows of a list with three columns more.

    ``row_key`` is ``variant:`` and the option values where the row is a variant, else ``image:`` and its
    address; ``is_first_row`` says that the row opens its product; constants of the profile, as
    ``currency_code``, are columns too.

    Raises:
        Unreadable: see ``partner_files.read``; or a column has the name of one that is made here.
    """
    profile = partner(SYSTEM, delivery.account)
    for file in delivery.files:
        rows = _Rows(profile)
        for batch in partner_files.read(file, profile):
            yield rows.completed(batch)


class _Rows:
    """The rows of one file; remembers from batch to batch what the row above says."""

    def __init__(self, profile: Partner):
        self._profile = profile
        self._above: dict[str, str | None] = {}
        self._handle_above: str | None = None

    def completed(self, batch: Batch) -> Batch:
        """The batch with what its rows leave unsaid."""
        self._refuse_reserved(batch.frame.columns)
        frame = self._filled_down(batch.frame, batch.refused)
        frame = frame.with_columns(**self._constants())
        if HANDLE in frame.columns:
            frame = self._with_keys(frame)
        return replace(batch, frame=frame.select(pl.exclude(LINE), LINE))

    def _constants(self) -> dict[str, pl.Expr]:
        """What the profile says in the supplier's place; an empty text says that it never says anything."""
        constants = self._profile.constants.items()
        return {name: pl.lit(value or None, dtype=pl.String) for name, value in constants}

    def _refuse_reserved(self, columns: list[str]) -> None:
        made = {ROW_KEY, IS_FIRST_ROW, *self._profile.constants}
        for name in columns:
            if name in made:
                message = (
                    f"The file has a column {name!r}, which is made here from the profile. Mend the profile."
                )
                raise Unreadable(
                    Finding(rule="reserved_column", message=message, place="line 1", line=1, field=name)
                )

    def _with_keys(self, frame: pl.DataFrame) -> pl.DataFrame:
        handle = pl.col(HANDLE)
        above = handle.shift(1, fill_value=pl.lit(self._handle_above, dtype=pl.String))
        frame = frame.with_columns(handle.ne_missing(above).alias(IS_FIRST_ROW))
        self._handle_above = frame[HANDLE][-1] if frame.height else self._handle_above
        return frame.with_columns(_row_key(frame.columns), pl.col(IS_FIRST_ROW).cast(pl.String))

    def _filled_down(self, frame: pl.DataFrame, refused: tuple[RefusedRecord, ...]) -> pl.DataFrame:
        """Empty cells with the value above them. Below a row that could not be read nobody knows it."""
        names = [name for name in self._profile.fill_down if name in frame.columns]
        if not names:
            return frame
        gaps = sorted(record.line for record in refused)
        stretch = pl.Series(np.searchsorted(gaps, frame[LINE].to_numpy()))
        filled = frame.with_columns(pl.col(name).forward_fill().over(stretch) for name in names)
        above = {name: pl.lit(self._above.get(name), dtype=pl.String) for name in names}
        filled = filled.with_columns(
            pl.when(stretch == 0).then(pl.col(name).fill_null(above[name])).otherwise(pl.col(name))
            for name in names
        )
        self._above = self._last_of(filled, names, gaps)
        return filled

    def _last_of(self, frame: pl.DataFrame, names: list[str], gaps: list[int]) -> dict[str, str | None]:
        if gaps and (not frame.height or gaps[-1] > frame[LINE][-1]):
            return {}
        return {name: frame[name][-1] for name in names} if frame.height else self._above


def _row_key(columns: list[str]) -> pl.Expr:
    present = [pl.col(name).is_not_null() for name in VARIANT_COLUMNS if name in columns]
    is_variant = pl.any_horizontal(pl.col(IS_FIRST_ROW), *present)
    variant = pl.concat_str([_or_nothing(name, columns) for name in OPTIONS], separator="/")
    return (
        pl.when(is_variant)
        .then(pl.lit("variant:") + variant)
        .otherwise(pl.lit("image:") + _or_nothing(IMAGE, columns))
        .alias(ROW_KEY)
    )


def _or_nothing(name: str, columns: list[str]) -> pl.Expr:
    return pl.col(name).fill_null("") if name in columns else pl.lit("")
