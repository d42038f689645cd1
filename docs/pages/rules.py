"""``rules.md``: every rule that a dead letter can name."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

from docs.pages.markdown import anchor, code, joined, link, opening, table
from include.contracts.contract import contract, contract_ids

MEND_PROFILE = (
    "If the partner means it so, say it in the partner profile; else ask the sender for a proper file."
)
ASK = "Ask the sender for the file again."
AT_SOURCE = (
    "Have the record corrected in its system; its next delivery settles the dead letter. Or repair it here."
)
VENDOR = "Tell whoever looks after the system's connection; clear `land` when it answers properly again."

VALUES = {
    "required": ("A value that must be there is missing or blank.", AT_SOURCE),
    "type": (
        "The text is no value of the column's type: no whole number, no such date, a decimal mark that was not agreed.",
        "A few records: have them corrected. All of them: the partner writes numbers or dates otherwise; set its "
        "`conventions` in the partner profile.",
    ),
    "pattern": ("The text has not the form that the contract asks for.", AT_SOURCE),
    "length": ("The text is too short or too long.", AT_SOURCE),
    "enum": (
        "The value is none of those that the contract lists.",
        "A new value that is right: add it to the contract and raise its version. Else have it corrected.",
    ),
    "minimum": ("The value is too small, as a price below zero.", AT_SOURCE),
    "maximum": ("The value is too large.", AT_SOURCE),
    "nul_character": ("The text has the character U+0000, which no database keeps.", AT_SOURCE),
    "ownership": (
        "The system states a field that it has no right to state.",
        "See `./seamline explain <object>`. Either the sender leaves the field out, or both owners agree to change "
        "`include/ownership.yml`.",
    ),
    "repeated_record": (
        "The same record stands in the delivery already. The first one was taken.",
        "Nothing is missing. Tell the sender if it goes on; suppress the dead letters.",
    ),
    "repeated_record_taken_once": (
        "The same record stands in the delivery more than once. Its contract says that it counts once (`repeats: "
        "taken_once`): a note of the delivery, not a dead letter.",
        "Nothing, where the records mean the same thing. If each was to count, ask the sender for a number that tells "
        "them apart, and make it part of the key.",
    ),
    "conflicting_records": (
        "Several records have one key and say different things. None was taken.",
        "Ask the sender which one is right. Repair one of the dead letters, suppress the others.",
    ),
}
COLUMNS = {
    "missing_column": ("A column that the contract needs is not there.", MEND_PROFILE),
    "renamed_column": (
        "A column is missing and a new one looks very much like it.",
        "Ask the sender. If it was renamed for good, map it under `rename` in the partner profile and retry.",
    ),
    "new_column": (
        "A column that the contract does not know. Where the contract says keep, it is kept beside the record and only "
        "noted; where it says stop, the delivery is refused.",
        "If somebody needs it, add it to the contract. If not, list it under `notTaken`.",
    ),
    "repeated_column": ("The header names a column more than once.", ASK),
    "renamed_twice": (
        "`rename` gives a column a name that another one has.",
        "Mend `rename` in the partner profile.",
    ),
    "reserved_column": (
        "A column or key has a name that is made here.",
        "Rename it at the source, or mend `constants` in the partner profile.",
    ),
    "header": ("The first line is no header.", MEND_PROFILE),
    "no_header": ("The first line names no columns.", ASK),
}
FILES = {
    "empty_file": ("Nothing is in the file.", ASK),
    "no_records": (
        "There is a header, or an envelope, and no record.",
        "Ask the sender whether there is really nothing. An empty list never deletes anything.",
    ),
    "cut_off": (
        "The file ends in the middle of something.",
        "Ask for the whole file; deliver it under any name.",
    ),
    "encoding": (
        "Bytes that are not of the agreed encoding.",
        "Ask for UTF-8, or name the right encoding under `encodings` in the partner profile.",
    ),
    "field_count": ("A record has more or fewer fields than the header.", AT_SOURCE),
    "unclosed_quote": ("A quoted field is never closed.", AT_SOURCE),
    "stray_quote": ("Text follows a closing quote.", "Ask the sender to double quotes inside of fields."),
    "carriage_return": ("A lone carriage return stands in a record.", "Ask for one kind of line end."),
    "broken_quotes": ("So many quotes are broken that nothing can be trusted.", ASK),
    "record_too_long": (
        "A record is longer than any record may be.",
        "Look for a quote that is never closed. " + ASK,
    ),
    "mostly_unreadable": ("So many records could not be read that the reader gave up.", MEND_PROFILE),
    "mostly_refused": (
        "More than half of the records break the contract, so it is something else than agreed. Nothing was taken.",
        "`./seamline try` shows the records. Usually a column moved or numbers are written otherwise.",
    ),
    "not_gzip": ("The file is not gzip, or damaged.", ASK),
    "not_zip": ("The file is not ZIP, or damaged.", ASK),
    "zip_members": ("The ZIP file does not hold exactly one file.", "Ask for one file in each ZIP file."),
    "encrypted": ("The file is encrypted.", "Ask for it without a password."),
    "too_large": ("The file is larger than any that was agreed.", "Ask what it is. Do not open it by hand."),
    "compression_bomb": (
        "It unfolds into far more bytes than a list does.",
        "Ask what it is. Do not open it by hand.",
    ),
    "not_parquet": ("The file is no Parquet.", ASK),
    "parquet": ("The Parquet file cannot be read: it is damaged, or says other things than it holds.", ASK),
    "unread_type": (
        "A column of a Parquet file holds values of a kind that is not read, as durations.",
        "Ask for text, numbers, dates or times.",
    ),
    "xml_syntax": ("The file is no well-formed XML.", ASK),
    "forbidden_xml": (
        "The XML declares entities or a document type, which is never read.",
        "Ask for it without them.",
    ),
    "not_json": ("The document is no JSON.", VENDOR),
    "error_answer": ("A page is an error message of the system.", VENDOR),
    "missing_records": ("A page has no list where its records should be.", VENDOR),
    "document_too_large": ("A document is larger than can be held.", "Ask for smaller pages or parts."),
    "not_an_object": ("A record is no JSON object.", AT_SOURCE),
    "shape": ("A part of a record is a list or a text where the contract has an object.", AT_SOURCE),
    "too_deep": ("A document or record is nested too deep.", AT_SOURCE),
    "repeated_key": ("An object has a key twice.", AT_SOURCE),
    "number": ("A number that nothing can keep, as 1e999999 or NaN.", AT_SOURCE),
    "lone_surrogate": ("A text holds half of a character.", AT_SOURCE),
}
DELIVERIES = {
    "missing_file": (
        "A set says that it is complete and lacks a file. Nothing of it was taken.",
        "Ask for the file. As soon as it lies in the folder, the set is taken and the dead letter settles itself.",
    ),
    "unusable_name": ("A file name has control characters.", "Ask for it under a proper name."),
    "impossible_moment": (
        "A file name tells a moment that does not exist.",
        "Ask for it under a proper name.",
    ),
    "future_moment": (
        "A file name tells a moment that is yet to come, behind which every later delivery would seem old.",
        "Ask for it under a proper name.",
    ),
    "stray_page": ("A page of lines belongs to no order or cart of the page before it.", VENDOR),
    "incomplete_order": (
        "An order has more parts than could be fetched.",
        "Retry. If it stays so, escalate.",
    ),
    "incomplete_cart": ("A cart has more lines than could be fetched.", "Retry. If it stays so, escalate."),
    "document_not_taken": (
        "A document of a kind that no flow takes from this partner.",
        "If it should be taken, add its kind to the partner's profile or its flow; else tell the partner.",
    ),
    "document_without_lines": (
        "A document that says nothing of any article.",
        "Ask the partner what it means by it; suppress the letter if it means nothing.",
    ),
    "unknown_unit": (
        "A unit of measure that was not agreed with the partner.",
        "Ask what it means, add it to `units` in the partner's profile, and retry.",
    ),
    "control_number_reused": (
        "An interchange number came again with other content. Nothing of the later one was taken.",
        "Ask the partner which one is right, and for the other one under a new number. Treat it as an alarm.",
    ),
    "delete_cap": (
        "A complete list would delete more than its contract allows. It was loaded, and nothing was deleted.",
        "Ask the sender whether the list is whole. If the records are gone indeed: raise `deleteCap` in the contract, "
        "retry the dead letter, set it back. If not: ask for the whole list and suppress the dead letter.",
    ),
    "uncertain_list": (
        "Records of a complete list could not be read, so nothing was deleted. Only noted.",
        "Mend the records; the next complete list deletes.",
    ),
}
MESSAGES = {
    "no_such_article": (
        "The shop has no article with this SKU after two days of waiting.",
        "See why `push_products_to_shopify` did not make it, then retry.",
    ),
    "ambiguous_article": (
        "Several articles of the shop have this SKU, so it is unclear which one is meant. Nothing was sent.",
        "Have the wrong one deleted in the shop, then retry.",
    ),
    "no_such_location": (
        "The shop has no location of the name that `dbt_project/seeds/channel_locations.csv` gives.",
        "Mend the name in the seed or in the shop, then retry.",
    ),
    "x12.unwritable": ("A value cannot be written into an X12 interchange.", AT_SOURCE),
    "edifact.unwritable": ("A value cannot be written into an EDIFACT interchange.", AT_SOURCE),
    "rejected": ("The channel read a message and refuses it, without a code of its own.", AT_SOURCE),
    "retry": (
        "The message was sent as often as allowed and did nothing.",
        "Look at its receipts, then retry.",
    ),
    "parked": (
        "What must be there first, as the product of a stock level, did not come for two days.",
        "See why the product is not at the channel, then retry.",
    ),
    "not_shown": (
        "The channel took the message and never showed it.",
        "Look at the channel. If it shows the wish by now, suppress; else retry.",
    ),
}
EXCHANGES = {
    "partner_profile": (
        "The partner's profile does not say how or where a document goes: no mailbox, or no version for its kind. "
        "Nothing was written.",
        "Mend the profile in `include/systems/<system>/partners/`, deploy, then retry.",
    ),
    "rejected_by_partner": (
        "An EDI partner did not take an interchange or a document of ours.",
        "The letter says what and why. Mend the data or the partner's profile, and send the message again.",
    ),
    "answers_nothing_sent": (
        "An acknowledgement speaks of something that was not sent to this partner.",
        "Ask the partner; suppress the letter.",
    ),
    "answer_contradicts": (
        "A partner says the opposite of what it said before. The later word counts.",
        "Ask the partner which one holds.",
    ),
    "control_number_gap": (
        "Interchanges of a partner are missing: a later number came, and these did not.",
        "Ask the partner for them; the letter is settled when they come. Suppress it if they were never used.",
    ),
}
SECTIONS: tuple[tuple[str, str, Mapping[str, tuple[str, str]]], ...] = (
    ("Values and records", "Refuse one record; the others go on.", VALUES),
    ("Columns", "Concern a whole delivery, for its columns are not those of the contract.", COLUMNS),
    ("Files and documents", "Tell that bytes, or some of their records, cannot be read.", FILES),
    ("Deliveries", "Concern a delivery as such.", DELIVERIES),
    ("Exchanges", "Concern what was sent to an EDI partner, or what it did not send.", EXCHANGES),
    (
        "Messages",
        "Name what became of a message to a channel. Where the channel gave a code of its own, the rule is that code "
        "in small letters, and the message of the dead letter is the channel's text.",
        MESSAGES,
    ),
)
LEVELS = {
    "interchange": "The whole interchange is refused. Ask the partner for it again under a new number.",
    "group": "The functional group is refused. Ask the partner for it again.",
    "set": "The transaction set is refused alone; the others are taken. The partner reads so in the acknowledgement.",
    "message": "The message is refused alone; the others are taken. The partner reads so in the acknowledgement.",
    "segment": "The record that the segment stands in is refused, or else its set.",
    "element": "The record that the element stands in is refused, or else its set.",
}
STANDARDS = {"x12": "X12", "edifact": "EDIFACT"}


def page() -> str:
    """Every rule with its meaning and what to do."""
    return joined(
        [
            opening("Rules", "`docs/pages/rules.py`, the contracts and the rules of the EDI readers"),
            "A dead letter names the rule that was broken. `./seamline dead-letters list --rule <rule>` shows all of "
            "one rule; `retry`, `repair`, `suppress` and `escalate` settle them.",
            *(_section(*section) for section in SECTIONS),
            _contract_rules(),
            *(_standard(name, title) for name, title in STANDARDS.items()),
        ]
    )


def documented() -> set[str]:
    """The names of all rules on the page."""
    of_sections = {name for _, _, rules in SECTIONS for name in rules}
    of_contracts = {rule.name for ids in contract_ids() for rule in contract(*ids).rules}
    return of_sections | of_contracts | {name for standard in STANDARDS for name in edi_rules(standard)}


def edi_rules(standard: str) -> dict[str, Any]:
    """Every rule of the reader of an EDI standard by its name, in the order of the code."""
    found: dict[str, Any] = {}
    if importlib.util.find_spec(f"include.formats.{standard}") is None:
        return found
    folder = importlib.import_module(f"include.formats.{standard}")
    for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if type(value).__name__ == "Rule":
                found[value.name] = value
    return found


def _section(title: str, sentence: str, rules: Mapping[str, tuple[str, str]]) -> str:
    parts = (f"### {name}\n\n{meaning} {advice}" for name, (meaning, advice) in rules.items())
    return "\n\n".join((f"## {title}\n\n{sentence}", *parts))


def _contract_rules() -> str:
    rows = [
        (code(rule.name), link(agreed.id, f"contracts.md#{anchor(agreed.id)}"), rule.description)
        for agreed in (contract(*ids) for ids in contract_ids())
        for rule in agreed.rules
    ]
    return (
        "## Rules of single contracts\n\nHold over several columns of a record, and are looked at only where each "
        f"column is right by itself. {AT_SOURCE}\n\n{table(('rule', 'contract', 'what must hold'), rows)}"
    )


def _standard(name: str, title: str) -> str:
    found = edi_rules(name)
    if not found:
        return ""
    rows = [
        (
            code(rule.name),
            rule.level,
            rule.code,
            "refuses" if rule.is_fatal else "noted",
        )
        for rule in found.values()
    ]
    return "\n\n".join(
        (
            f"## {title}",
            "The rules of the standard itself. The name says what is wrong, the message where. A finding that is only "
            "noted refuses nothing. What a partner may break all the same stands under `tolerates` in its profile. "
            "`./seamline parse FILE…` shows every finding of a file.",
            "\n".join(f"- **{level}**: {advice}" for level, advice in _levels(rows)),
            table(("rule", "level", "code in the acknowledgement", "effect"), rows),
        )
    )


def _levels(rows: list[tuple[object, ...]]) -> Iterator[tuple[str, str]]:
    used = {str(level) for _, level, _, _ in rows}
    return ((level, advice) for level, advice in LEVELS.items() if level in used)
