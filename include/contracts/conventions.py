"""How a partner writes numbers, dates and truth, and text turned into values accordingly.

A value is taken only if it says the same thing without loss: `1.234` is no amount with two
decimals, `31.02.2026` no date, `02:30` no time in a night when the clock skips it.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from include.contracts.contract import Kind, Property

ISO_TIMESTAMP = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:?\d{2})?$"
INTEGER_LIMITS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """How a partner writes values.

    Attributes:
        decimal_mark: between units and decimals.
        thousands_mark: between groups of three digits, if the partner groups them.
        date_formats: strptime patterns, tried in order.
        timestamp_formats: strptime patterns without a zone, tried in order, when the text is not ISO 8601.
        time_zone: IANA name of the zone in which times without an offset are meant.
        true_words, false_words: in lower case.
    """

    decimal_mark: str = "."
    thousands_mark: str | None = None
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    timestamp_formats: tuple[str, ...] = ()
    time_zone: str = "UTC"
    true_words: tuple[str, ...] = ("true",)
    false_words: tuple[str, ...] = ("false",)


def values(text: pl.Series, prop: Property, conventions: Conventions) -> pl.Series:
    """The typed values of a text column; null where the text does not say such a value.

    Types: Int64, Decimal(p,s), Boolean, Date, Datetime(us, UTC); text, arrays and objects stay text.
    """
    usual = _usual_values(text, prop, conventions)
    if usual is None:
        return _values(text, prop, conventions)
    if usual.null_count() == text.null_count():
        return usual
    # The many ways to write a value are tried only on what is not written in the usual one.
    is_unusual = usual.is_null() & text.is_not_null()
    return usual.scatter(is_unusual.arg_true(), _values(text.filter(is_unusual), prop, conventions))


def _usual_values(text: pl.Series, prop: Property, conventions: Conventions) -> pl.Series | None:
    """The values that are written in the most usual way; None for a kind that has none."""
    if prop.kind is Kind.TIMESTAMP:
        return text.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_unit="us", time_zone="UTC")
    if prop.kind is Kind.NUMBER and conventions.decimal_mark == ".":
        precision, scale = prop.precision_and_scale
        behind = rf"(\.\d{{1,{scale}}})?" if scale else ""
        usual = _only(pl.col("text"), rf"^-?\d{{1,{max(precision - scale, 1)}}}{behind}$")
        typed = usual.cast(pl.Decimal(precision, scale), strict=False)
        return text.to_frame("text").select(typed).to_series().alias(text.name)
    return None


def _values(text: pl.Series, prop: Property, conventions: Conventions) -> pl.Series:
    return (
        text.to_frame("text").select(_value(pl.col("text"), prop, conventions)).to_series().alias(text.name)
    )


def _value(text: pl.Expr, prop: Property, conventions: Conventions) -> pl.Expr:
    match prop.kind:
        case Kind.INTEGER:
            return _integer(text, prop.sql_type)
        case Kind.NUMBER:
            return _number(text, *prop.precision_and_scale, conventions)
        case Kind.BOOLEAN:
            return _boolean(text, conventions)
        case Kind.DATE:
            return _date(text, conventions)
        case Kind.TIMESTAMP:
            return _timestamp(text, conventions)
        case _:
            return text


def expectation(prop: Property, conventions: Conventions) -> str:
    """What a value of this property looks like, for the reader of an error."""
    match prop.kind:
        case Kind.INTEGER:
            return "a whole number"
        case Kind.NUMBER:
            precision, scale = prop.precision_and_scale
            grouped = (
                f", thousands marked by {conventions.thousands_mark!r}" if conventions.thousands_mark else ""
            )
            return (
                f"a number with at most {precision - scale} digits before and {scale} behind the decimal mark "
                f"{conventions.decimal_mark!r}{grouped}"
            )
        case Kind.BOOLEAN:
            return " or ".join(sorted({*conventions.true_words, *conventions.false_words}))
        case Kind.DATE:
            return f"an existing date written as {' or '.join(conventions.date_formats)}"
        case Kind.TIMESTAMP:
            formats = " or ".join(("ISO 8601", *conventions.timestamp_formats))
            return f"an existing time written as {formats}, without an offset in {conventions.time_zone}"
        case _:
            return str(prop.kind)


def time_zone(text: pl.Expr, conventions: Conventions) -> pl.Expr:
    """The zone in which a timestamp was written: its own offset, else the partner's zone."""
    own = text.str.extract(ISO_TIMESTAMP, 3)
    return pl.when(own == "Z").then(pl.lit("UTC")).otherwise(own).fill_null(conventions.time_zone)


def _integer(text: pl.Expr, sql_type: str) -> pl.Expr:
    limit = INTEGER_LIMITS.get(sql_type, 2**63)
    number = _only(text, r"^[+-]?\d{1,18}$").cast(pl.Int64, strict=False)
    return pl.when(number.is_between(-limit, limit - 1)).then(number)


def _number(text: pl.Expr, precision: int, scale: int, conventions: Conventions) -> pl.Expr:
    decimal = "\\" + conventions.decimal_mark
    whole = rf"\d{{0,{precision - scale}}}"
    if conventions.thousands_mark:
        mark = "\\" + conventions.thousands_mark
        text = _only(text, rf"^[+-]?(\d+|\d{{1,3}}({mark}\d{{3}})+)({decimal}\d*)?$")
        text = text.str.replace_all(conventions.thousands_mark, "", literal=True)
    plain = _only(text, rf"^[+-]?({whole}{decimal}\d{{1,{max(scale, 1)}}}0*|{whole}\d{decimal}?)$")
    if scale == 0:
        plain = _only(text, rf"^[+-]?{whole}\d({decimal}0*)?$")
    plain = _within_digits(plain, precision - scale, decimal)
    if conventions.decimal_mark != ".":
        plain = plain.str.replace(conventions.decimal_mark, ".", literal=True)
    return plain.cast(pl.Decimal(precision, scale), strict=False)


def _within_digits(text: pl.Expr, digits: int, decimal: str) -> pl.Expr:
    return _only(text, rf"^[+-]?0*\d{{0,{digits}}}({decimal}|$)")


def _boolean(text: pl.Expr, conventions: Conventions) -> pl.Expr:
    word = text.str.to_lowercase()
    return (
        pl.when(word.is_in(conventions.true_words))
        .then(pl.lit(True))
        .when(word.is_in(conventions.false_words))
        .then(pl.lit(False))
    )


def _date(text: pl.Expr, conventions: Conventions) -> pl.Expr:
    return pl.coalesce(text.str.to_date(form, strict=False) for form in conventions.date_formats)


def _timestamp(text: pl.Expr, conventions: Conventions) -> pl.Expr:
    day, clock, offset = (text.str.extract(ISO_TIMESTAMP, group) for group in (1, 2, 3))
    local = pl.concat_str(day, clock, separator=" ")
    naive = pl.coalesce(
        local.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us"),
        local.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us"),
        *(text.str.to_datetime(form, strict=False, time_unit="us") for form in conventions.timestamp_formats),
    )
    in_zone = naive.dt.replace_time_zone(
        conventions.time_zone, ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
    return pl.when(offset.is_null()).then(in_zone).otherwise(_at_offset(naive, offset))


def _at_offset(naive: pl.Expr, offset: pl.Expr) -> pl.Expr:
    digits = offset.str.replace(":", "").str.replace("Z", "+0000")
    minutes = digits.str.slice(1, 2).cast(pl.Int32) * 60 + digits.str.slice(3, 2).cast(pl.Int32)
    signed = pl.when(digits.str.starts_with("-")).then(-minutes).otherwise(minutes)
    return (naive - pl.duration(minutes=signed)).dt.replace_time_zone("UTC")


def _only(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)
