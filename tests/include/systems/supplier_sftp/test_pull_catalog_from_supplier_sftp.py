from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.supplier_sftp.pull import PULL_CATALOG

TestStandards = standard_pull_suite(
    PULL_CATALOG,
    accounts={"": "nordhaus", "lumiere": "lumiere", "kontor": "kontor"},
    refusals={
        "catalog/bad_contradicting_rows.csv": "conflicting_records",
        "catalog/bad_cut_in_quotes.csv": "cut_off",
        "catalog/bad_cut_in_record.csv": "cut_off",
        "catalog/bad_delimiter.csv": "missing_column",
        "catalog/bad_empty.csv": "empty_file",
        "catalog/bad_encoding.csv": "encoding",
        "catalog/bad_extra_field.csv": "field_count",
        "catalog/bad_header_only.csv": "no_records",
        "catalog/bad_missing_column.csv": "missing_column",
        "catalog/bad_missing_field.csv": "field_count",
        "catalog/bad_negative_price.csv": "minimum",
        "catalog/bad_price.csv": "type",
        "catalog/bad_price_of_another_country.csv": "type",
        "catalog/bad_quote.csv": "stray_quote",
        "catalog/bad_renamed_column.csv": "renamed_column",
        "catalog/bad_repeated_column.csv": "repeated_column",
        "catalog/bad_repeated_row.csv": "repeated_record",
        "catalog/bad_reserved_column.csv": "reserved_column",
    },
)
