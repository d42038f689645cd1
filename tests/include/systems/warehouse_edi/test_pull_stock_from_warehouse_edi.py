from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.warehouse_edi.pull import PULL_STOCK

TestStandards = standard_pull_suite(
    PULL_STOCK,
    accounts={"": "central", "cr": "north"},
    refusals={
        "stock/bad_all_quantities.edi": "x12.all_records_wrong",
        "stock/bad_blank.edi": "x12.no_interchange",
        "stock/bad_counts.edi": "x12.segment_count",
        "stock/bad_cut_in_isa.edi": "x12.isa_unreadable",
        "stock/bad_cut_in_the_middle.edi": "x12.interchange_trailer_missing",
        "stock/bad_cut_then_another.edi": "x12.interchange_trailer_missing",
        "stock/bad_date.edi": "x12.invalid_date",
        "stock/bad_empty.edi": "x12.no_interchange",
        "stock/bad_encoding.edi": "x12.invalid_character",
        "stock/bad_group_count.edi": "x12.set_count",
        "stock/bad_interchange_count.edi": "x12.group_count",
        "stock/bad_interchange_number.edi": "x12.interchange_control_number",
        "stock/bad_isa_elements_missing.edi": "x12.isa_unreadable",
        "stock/bad_isa_length.edi": "x12.isa_length",
        "stock/bad_isa_without_component_separator.edi": "x12.isa_unreadable",
        "stock/bad_missing_ge.edi": "x12.group_trailer_missing",
        "stock/bad_missing_gs.edi": "x12.group_header_missing",
        "stock/bad_missing_iea.edi": "x12.interchange_trailer_missing",
        "stock/bad_missing_se.edi": "x12.set_trailer_missing",
        "stock/bad_missing_st.edi": "x12.set_header_missing",
        "stock/bad_no_edi.edi": "x12.no_interchange",
        "stock/bad_number_of_group.edi": "x12.group_control_number",
        "stock/bad_quantity.edi": "x12.invalid_character",
        "stock/bad_segment_of_another_set.edi": "x12.segment_not_in_set",
        "stock/bad_sender.edi": "x12.unknown_sender",
        "stock/bad_set_number.edi": "x12.set_control_number",
        "stock/bad_too_many_decimals.edi": "x12.number_too_long",
        "stock/bad_total.edi": "x12.total",
        "stock/bad_two_quantities.edi": "x12.ambiguous_value",
        "stock/bad_unit.edi": "x12.unknown_value",
        "stock/bad_units_differ.edi": "x12.ambiguous_value",
        "stock/bad_unknown_set.edi": "x12.set_not_supported",
        "stock/bad_version.edi": "x12.version_not_agreed",
    },
    others=("stock/bad_segment_order.edi", "stock/good_everything_a_line_may_say.edi"),
)
