"""Who buys: customers with addresses in the countries that the shop delivers to."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.world.dice import Dice
from sandbox.world.identifiers import slug

# fmt: off
_FIRST = (
    "Anna", "Bastian", "Carla", "David", "Elif", "Franziska", "Gustav", "Hannah", "Ingrid", "Jonas",
    "Katharina", "Lars", "Marie", "Noah", "Olga", "Paul", "Ruth", "Samuel", "Theresa", "Viktor",
    "Wiebke", "Yusuf", "Zoe", "Emma", "Liam", "Olivia", "Ethan", "Sofia", "Astrid", "Erik",
)
# fmt: on
# fmt: off
_LAST = (
    "Müller", "Schmidt", "Weber", "Wagner", "Becker", "Hoffmann", "Şahin", "Nguyen", "Kowalski",
    "Öztürk", "Lindqvist", "Johansson", "Nilsson", "Smith", "Johnson", "Garcia", "Miller", "Davis",
    "Rodriguez", "O'Brien", "Saint-Clair", "Núñez", "Vogel", "Krämer",
)
# fmt: on
_STREETS = (
    "Lindenstraße",
    "Hauptstraße",
    "Gartenweg",
    "Birkenallee",
    "Storgatan",
    "Maple Street",
    "Ringstraße",
)
_PLACES = (
    ("DE", "Germany", "Berlin", "10115", None, None),
    ("DE", "Germany", "Hamburg", "20095", None, None),
    ("DE", "Germany", "München", "80331", None, None),
    ("AT", "Austria", "Wien", "1010", None, None),
    ("SE", "Sweden", "Göteborg", "411 03", None, None),
    ("US", "United States", "Portland", "97205", "Oregon", "OR"),
    ("US", "United States", "Brooklyn", "11201", "New York", "NY"),
)

# A name is what its bearer says it is; these must come out of every system as they went in.
DIFFICULT_NAMES = (
    ("Robert'); DROP TABLE orders;--", "Tables"),
    ("<b>Ada</b>", "Lovelace & Söhne"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person with an account in the shop."""

    number: int
    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    city: str
    zip_code: str
    province: str | None
    province_code: str | None
    country: str
    country_code: str


def build_customers(seed: int, count: int) -> list[Customer]:
    """As many customers as asked for; the first two have names that look like code."""
    dice = Dice(seed, "people")
    return [_customer(dice, number) for number in range(1, count + 1)]


def _customer(dice: Dice, number: int) -> Customer:
    first, last = dice.pick(_FIRST), dice.pick(_LAST)
    if number <= len(DIFFICULT_NAMES):
        first, last = DIFFICULT_NAMES[number - 1]
    country_code, country, city, zip_code, province, province_code = dice.pick(_PLACES)
    return Customer(
        number=number,
        first_name=first,
        last_name=last,
        email=f"{slug(first)}.{slug(last)}.{number}@example.com",
        phone=f"+49301555{number:04d}",
        street=f"{dice.pick(_STREETS)} {dice.between(1, 180)}",
        city=city,
        zip_code=zip_code,
        province=province,
        province_code=province_code,
        country=country,
        country_code=country_code,
    )
