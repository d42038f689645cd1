"""What an independent engine made of real files, against what we read in them, field by field."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from include.formats import edifact
from include.formats.edifact.definitions import CompositeDefinition, segment_definition
from include.formats.x12.placing import Placing


@pytest.fixture
def real(shared: Path) -> Path:
    return shared / "data/edi/bots-edi"


@pytest.fixture
def expected(shared: Path) -> Path:
    return shared / "data/edi-bots-expected"


def messages(*paths: Path) -> Iterator[edifact.Message]:
    for path in paths:
        for event in edifact.read([path.read_bytes()]):
            if isinstance(event, edifact.Message):
                assert event.is_accepted, (path.name, event.findings)
                yield event


def tables(*paths: Path) -> dict[str, pl.DataFrame]:
    """The records of all messages in the files."""
    made = edifact.RecordTables()
    for message in messages(*paths):
        assert made.add(message) == ()
    return made.frames()


# Whole messages, as a tree: every element of every segment by its number in the directory.

Node = tuple[str, dict[str, str], list["Node"]]
# What later directories, after which our definitions are named, number otherwise than D.96A.
RENUMBERED = {("BGM", "1004"): "C106.1004", ("NAD", "3229"): "C819.3229"}


def tree_of_theirs(element: ElementTree.Element) -> Node:
    found: dict[str, str] = {}
    for child in element:
        if child.tag.startswith("_"):
            # They count elements that may stand several times in a row: C212_1.7140, 4183_1.
            name = re.sub("_[0-9]+", "", child.tag.removeprefix("_"))
            note(found, RENUMBERED.get((element.tag, name), name), child.text or "")
    return element.tag, found, [tree_of_theirs(child) for child in element if not child.tag.startswith("_")]


def tree_of_ours(message: edifact.Message) -> Node:
    """As the other engine nests it: what follows UNH in UNH, what follows in a group in its first segment."""
    assert message.definition is not None
    placing = Placing(message.definition.body)
    nodes: list[Node] = []
    for each in message.segments:
        placed = placing.place(each.tag)
        node: Node = (each.tag, fields_of(each), [])
        del nodes[placed.depth - len(placed.opened) + 1 :]
        if nodes:
            nodes[-1][2].append(node)
        if not nodes or placed.opened:
            nodes.append(node)
    return nodes[0]


def fields_of(segment: edifact.Segment) -> dict[str, str]:
    definition = segment_definition(segment.tag)
    assert definition is not None
    assert definition.elements is not None
    found: dict[str, str] = {}
    for position, use in enumerate(definition.elements, 1):
        inner = use.definition
        is_composite = isinstance(inner, CompositeDefinition)
        parts = [part.definition.reference for part in inner.components] if is_composite else [""]
        for component, part in enumerate(parts, 1):
            name = f"{inner.reference}.{part}" if part else inner.reference
            note(found, name, segment.value(position, component))
    return found


def note(found: dict[str, str], name: str, value: str) -> None:
    """Keep a value that is not empty, under a name of its own where others have that name."""
    while value and name in found:
        name += " again"
    if value:
        found[name] = value


def test_every_element_of_whole_orders_is_what_the_other_engine_found(real: Path, expected: Path) -> None:
    paths = sorted(real.glob("demo__one-on-one_edifact_order_xml__*__edi__orders*.edi"))
    ours = {message.reference: tree_of_ours(message) for message in messages(*paths)}
    theirs = [
        tree_of_theirs(ElementTree.parse(path).getroot())
        for path in sorted(expected.glob("demo__one-on-one_edifact_order_xml__*.xml"))
    ]
    assert len(theirs) == len(ours) == 26
    for tree in theirs:
        assert ours[tree[1]["0062"]] == tree


# Orders, as the other engine's mappings make something else of them.

Line = tuple[str, str, Decimal]
# Document number, type, date, sender, recipient, buyer, supplier, lines.
Order = tuple[str, str, str, str, str, str, str, tuple[Line, ...]]


def orders(*paths: Path) -> list[Order]:
    made = tables(*paths)
    return [
        (
            one["document_number"],
            one["document_type_code"],
            rows(made["dates"], message_number=one["message_number"], qualifier="137")[0]["value"],
            one["sender"],
            one["recipient"],
            *(
                rows(made["parties"], message_number=one["message_number"], qualifier=each)[0]["party_id"]
                for each in ("BY", "SU")
            ),
            tuple(order_lines(made, one["message_number"])),
        )
        for one in rows(made["documents"])
    ]


def rows(table: pl.DataFrame, **values: object) -> list[dict[str, object]]:
    return table.filter(*(pl.col(name) == value for name, value in values.items())).to_dicts()


def order_lines(made: dict[str, pl.DataFrame], message: int) -> Iterator[Line]:
    for each in rows(made["lines"], message_number=message):
        quantity = rows(made["quantities"], message_number=message, line=each["line"], qualifier="21")[0]
        yield each["line_number"], each["item_number"], quantity["quantity"]


def orders_in_fixed_lines(text: str, header: str) -> Iterator[Order]:
    """Records of fixed width: HEA and, each with its order's, LIN."""
    for record in re.split("^HEA", text, flags=re.MULTILINE)[1:]:
        first, *others = record.splitlines()
        match = re.fullmatch(header, first)
        assert match, first
        facts = {name: value.strip() for name, value in match.groupdict().items()}
        yield (
            *(facts[name] for name in ("number", "type", "date", "sender", "recipient", "buyer", "supplier")),
            tuple((str(int(each[3:9])), each[9:23].strip(), Decimal(each[-16:])) for each in others if each),
        )


HEADERS = {
    "demo__my_first_plugin__my_first_plugin__orders1.inh": (
        ".{20}(?P<sender>.{13})(?P<recipient>.{13})(?P<number>.{17})(?P<date>.{8}).{4}"
        "(?P<type>.{3})(?P<buyer>.{13})(?P<supplier>.{13}).*"
    ),
    "": (
        ".{20}(?P<sender>.{13})(?P<recipient>.{13}).(?P<number>.{17})(?P<date>.{8}).{7}"
        "(?P<type>.{3})(?P<buyer>.{13})(?P<supplier>.{13}).*"
    ),
}


def order_in_xml(path: Path) -> Order:
    root = ElementTree.parse(path).getroot()
    party = {each.findtext("qual"): each.findtext("gln") for each in root.iter("party")}
    names = ("docnum", "docsrt", "docdtm", "sender", "receiver")
    lines = [
        (each.findtext("linenum"), each.findtext("gtin"), each.findtext("ordqua"))
        for each in root.iter("line")
    ]
    return (
        *(root.findtext(name) for name in names),
        party["BY"],
        party["SU"],
        tuple((number, item, Decimal(quantity)) for number, item, quantity in lines),
    )


def orders_in_print(text: str) -> Iterator[Order]:
    """Pages to print: a table of names and values, a table of lines."""
    for page in re.split("<h1>(?:EDI Order|Orderheader)</h1>", text)[1:]:
        facts = dict(re.findall("<td>([^<]+)</td><td>([^<]*)</td>", page))
        lines = re.findall(r"<td>(\d+)</td>\s*<td>(\d+)</td>\s*<td>([\d.]+)</td>", page)
        yield (
            *(next(facts[name] for name in names if name in facts) for names in PRINTED),
            tuple((number, item, Decimal(quantity)) for number, item, quantity in lines),
        )


# What the pages call the number, type and date of an order, its sender and recipient, buyer and supplier.
PRINTED = (
    ("Ordernummer", "Order number"),
    ("Soort order", "Order type"),
    ("Orderdatum", "Order date"),
    ("Zender", "Sender"),
    ("Ontvanger", "Receiver"),
    ("Afnemer", "Buyer"),
    ("Leverancier", "Supplier"),
)


def test_orders_say_what_the_other_engine_says(real: Path, expected: Path) -> None:
    """Five of its outputs are of orders that stand, as the same orders, in the files of ``composite_route``."""
    composite = orders(*sorted(real.glob("demo__composite_route__*__orders0*.edi")))
    compared = 0
    for path in sorted(expected.iterdir()):
        if "orders" not in path.name or "one-on-one" in path.name:
            continue
        match path.suffix:
            case ".xml":
                theirs = [order_in_xml(path)]
            case ".html":
                theirs = list(orders_in_print(path.read_text("utf-8")))
            case _:
                header = HEADERS.get(path.name, HEADERS[""])
                theirs = list(orders_in_fixed_lines(path.read_text("utf-8"), header))
        is_first = path.name.startswith("demo__my_first_plugin")
        ours = orders(*sorted(real.glob("demo__my_first_plugin*.edi"))) if is_first else composite
        assert theirs, path.name
        for order in theirs:
            assert order in ours, path.name
        compared += len(theirs)
    assert compared == 36


def test_sales_are_what_the_other_engine_says(real: Path, expected: Path) -> None:
    """A row each: the day, the shop, the article, how many, the price with three decimals and a comma."""
    made = tables(*real.glob("demo__composite_route__*__slsrpt01.edi"))
    key = ["message_number", "line"]
    shops = made["locations"].select("message_number", shop_at="within", shop="location_id")
    days = made["dates"].filter(qualifier="356").select("message_number", shop_at="within", day="value")
    sold = made["quantities"].filter(qualifier="153").select(*key, "quantity")
    prices = made["prices"].select(*key, "price")
    ours = (
        made["lines"]
        .join(sold, on=key)
        .join(prices, on=key)
        .sort("message_number", "position")
        .join_asof(
            shops.join(days, on=["message_number", "shop_at"]).sort("shop_at"),
            left_on="position",
            right_on="shop_at",
            by="message_number",
            check_sortedness=False,
        )
        .select("day", "shop", "item_number", "quantity", "price")
        .rows()
    )
    for name, count in (
        ("demo__composite_route__demo_composite_route__csv_slsrpt__1.csv", 392),
        ("edifact__pricat_slsrpt__consignment__slsrpt__slsrpt1.csv", 196),
    ):
        with (expected / name).open(encoding="utf-8") as lines:
            theirs = [
                (day, shop, item, Decimal(sold), Decimal(price.replace(",", ".")))
                for day, shop, item, sold, price in csv.reader(lines, delimiter=";")
            ]
        assert ours[: len(theirs)] == theirs
        assert len(theirs) == count


# Invoices: what the other engine calls a party, a total, a part of a line.
PARTIES = {
    "EANFACTUUR": "IV",
    "EANAFNEMER": "BY",
    "EANAFLEVER": "DP",
    "EANEINDBESTEMMING": "UC",
    "EANLEVERANCIER": "SU",
}
TAX_NUMBERS = {"BTWFACTUUR": "IV", "BTWAFNEMER": "BY", "BTWLEVERANCIER": "SU"}
TOTALS = {
    "TOTAALFACTUUR": "77",
    "GRONDSLAGBETKORTING": "129",
    "TOTAALBTW": "176",
    "TOTAALREGEL": "79",
    "BTWGRONDSLAG1": "125",
    "BTWBEDRAG1": "124",
}


class Invoice:
    """One message INVOIC in the records, by the names of the other engine."""

    def __init__(self, made: dict[str, pl.DataFrame], number: int):
        self._made = made
        self._number = number

    def find(self, table: str, **values: object) -> list[dict[str, object]]:
        return rows(self._made[table], message_number=self._number, **values)

    def header(self) -> dict[str, object]:
        (one,) = self.find("documents")
        found = {
            "EANZENDER": one["sender"],
            "EANONTVANGER": one["recipient"],
            "FACTUURNUMMER": one["document_number"],
            "SOORTFACTUUR": one["document_type_code"],
            "SOORT": one["message_type"]
            + one["directory_version"]
            + one["directory_release"]
            + one["controlling_agency"]
            + one["association"],
            "FACTUURDATUM": self.find("dates", qualifier="137")[0]["value"],
            "LEVERDATUM": self.find("dates", qualifier="35")[0]["value"],
            "ORDERNUMMERAFNEMER": self.find("references", qualifier="ON")[0]["reference"],
            "VERZENDBERICHTNUMMER": self.find("references", qualifier="AAK")[0]["reference"],
            "VALUTA": self.find("currencies")[0]["currency_code"],
            "DAGNAFACTUUR1": self.find("payment_terms")[0]["period_count"],
            "PERCENTKORTING1": self.find("percentages", group_path="PAT")[0]["percentage"],
        }
        for name, qualifier in PARTIES.items():
            found[name] = self.find("parties", qualifier=qualifier)[0]["party_id"]
        for name, qualifier in TAX_NUMBERS.items():
            within = self.find("parties", qualifier=qualifier)[0]["position"]
            # NAD begins the group in which RFF begins another.
            after = [each for each in self.find("references", qualifier="VA") if each["position"] > within]
            found[name] = after[0]["reference"]
        for name, qualifier in TOTALS.items():
            found[name] = [
                each for each in self.find("amounts", qualifier=qualifier) if each["line"] is None
            ][-1]["amount"]
        return found

    def allowances(self, line: int | None) -> list[dict[str, object]]:
        return [
            {"KORTINGTOESLAG": one["qualifier"], "SOORTKORTING": one["service_code"]}
            | {"KORTINGSBEDRAG": self.amount_of(one)}
            | self.tax_of(one)
            for one in self.find("allowances_and_charges")
            if one["line"] == line
        ]

    def amount_of(self, allowance: dict[str, object]) -> object:
        """MOA begins a group in the group of ALC: the first one behind it."""
        return next(
            each["amount"] for each in self.find("amounts") if each["position"] > allowance["position"]
        )

    def tax_of(self, allowance: dict[str, object]) -> dict[str, object]:
        others = [each["position"] for each in self.find("allowances_and_charges")]
        end = min([each for each in others if each > allowance["position"]], default=10_000)
        path = f"{allowance['group_path']}/TAX"
        taxes = [
            each
            for each in self.find("taxes", group_path=path)
            if allowance["position"] < each["position"] < end
        ]
        return tax(taxes[0]) if taxes else {}

    def lines(self) -> dict[str, dict[str, object]]:
        return {
            one["line_number"]: {
                "ARTIKEL": one["item_number"],
                "GEFACTAANTAL": self.find("quantities", line=one["line"], qualifier="47")[0]["quantity"],
                "GELEVERDAANTAL": self.find("quantities", line=one["line"], qualifier="12")[0]["quantity"],
                "NETTOREGELBEDRAG": self.find("amounts", line=one["line"], qualifier="203")[0]["amount"],
                "PRIJS": self.find("prices", line=one["line"], qualifier="INV")[0]["price"],
                "REGEL": one["line_number"],
            }
            | tax(self.find("taxes", line=one["line"], group_path="LIN/TAX")[0])
            for one in self.find("lines")
        }


def tax(row: dict[str, object]) -> dict[str, object]:
    found = {"BTWTARIEF": row["category_code"], "BTWPERCENTAGE": row["rate"]}
    return {name: value for name, value in found.items() if value is not None}


def same(theirs: dict[str, str], ours: dict[str, object]) -> None:
    """Every value that they have: as text, or as the number that it is with their number of decimals."""
    for name, value in theirs.items():
        found = ours[name]
        if isinstance(found, Decimal) or name == "BTWPERCENTAGE":
            value, found = Decimal(value), Decimal(str(found))
        assert value == found, name


def test_invoices_say_what_the_other_engine_says(real: Path, expected: Path) -> None:
    made = tables(real / "edifact__to_json_invoice__edifactinvoic2json__edifact__invoic01.edi")
    for number in (1, 2):
        name = f"edifact__to_json_invoice__edifactinvoic2json__json__{number}.json"
        theirs, ours = json.loads((expected / name).read_text("utf-8"))["HEA"], Invoice(made, number)
        lists = {each: theirs.pop(each) for each in ("HAL", "LIN", "TOT")}
        assert theirs.pop("TEST") == ""
        tax_of_totals = {"BTWTARIEF1": "S", "BTWPERCENTAGE1": Decimal(19)}
        same(theirs | lists["TOT"][0], ours.header() | tax_of_totals)
        assert len(lists["LIN"]) == len(ours.lines())
        for line in lists["LIN"]:
            # They wrote lines in another order than they came in.
            allowances = line.pop("LAL")
            same(line, ours.lines()[line["REGEL"]])
            assert_same_allowances(allowances, ours.allowances(int(line["REGEL"])))
        assert_same_allowances(lists["HAL"], ours.allowances(None))


def assert_same_allowances(theirs: list[dict[str, str]], ours: list[dict[str, object]]) -> None:
    assert len(theirs) == len(ours)
    key = lambda each: (each["KORTINGTOESLAG"], each["SOORTKORTING"], Decimal(each["KORTINGSBEDRAG"]))  # noqa: E731
    for one, other in zip(sorted(theirs, key=key), sorted(ours, key=key), strict=True):
        assert one.keys() == other.keys()
        same(one, other)
