"""What the retailer sells and how it is called, in English, German and French."""

from __future__ import annotations

from dataclasses import dataclass

Names = tuple[str, str, str]
"""The same thing in English, German and French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of product.

    Attributes:
        code: family code of the PIM.
        prefix: first three letters of its article numbers.
        labels: English, German.
        nouns: what one piece is called.
        materials: what it is made of, as it follows the noun.
        sizes: the values of the size axis; empty where the family has none.
        has_color: whether colour is an axis.
        cents: lowest and highest list price in euro cents.
        grams: lowest and highest weight of one piece.
        categories: category codes its products are classified in.
    """

    code: str
    prefix: str
    labels: tuple[str, str]
    nouns: tuple[Names, ...]
    materials: tuple[Names, ...]
    sizes: tuple[str, ...]
    has_color: bool
    cents: tuple[int, int]
    grams: tuple[int, int]
    categories: tuple[str, ...]


_WOOL = ("Merino", "Merinowolle", "laine mérinos")
_COTTON = ("Organic Cotton", "Bio-Baumwolle", "coton bio")
_LINEN = ("Linen", "Leinen", "lin")
_LEATHER = ("Leather", "Leder", "cuir")
_OAK = ("Oak", "Eiche", "chêne")
_STEEL = ("Steel", "Edelstahl", "acier inoxydable")
_CLOTHES_SIZES = ("xs", "s", "m", "l", "xl")
_SHOE_SIZES = ("38", "39", "40", "41", "42", "43")

FAMILIES: tuple[Family, ...] = (
    Family(
        code="knitwear",
        prefix="KNI",
        labels=("Knitwear", "Strickwaren"),
        nouns=(
            ("Cardigan", "Strickjacke", "Gilet"),
            ("Crewneck Sweater", "Rundhalspullover", "Pull à col rond"),
            ("Rollneck Sweater", "Rollkragenpullover", "Pull à col roulé"),
            ("Beanie", "Mütze", "Bonnet"),
        ),
        materials=(_WOOL, _COTTON, ("Alpaca", "Alpaka", "alpaga"), ("Cashmere", "Kaschmir", "cachemire")),
        sizes=_CLOTHES_SIZES,
        has_color=True,
        cents=(4900, 18900),
        grams=(180, 650),
        categories=("apparel_knitwear", "new_arrivals"),
    ),
    Family(
        code="shirts",
        prefix="SHI",
        labels=("Shirts", "Hemden und Blusen"),
        nouns=(
            ("Shirt", "Hemd", "Chemise"),
            ("Blouse", "Bluse", "Blouse"),
            ("T-Shirt", "T-Shirt", "T-shirt"),
            ("Polo Shirt", "Polohemd", "Polo"),
        ),
        materials=(_COTTON, _LINEN, ("Silk", "Seide", "soie"), ("Tencel", "Tencel", "tencel")),
        sizes=_CLOTHES_SIZES,
        has_color=True,
        cents=(2400, 11900),
        grams=(120, 320),
        categories=("apparel_shirts",),
    ),
    Family(
        code="outerwear",
        prefix="OUT",
        labels=("Outerwear", "Jacken und Mäntel"),
        nouns=(
            ("Rain Jacket", "Regenjacke", "Veste de pluie"),
            ("Parka", "Parka", "Parka"),
            ("Wool Coat", "Wollmantel", "Manteau"),
        ),
        materials=(
            ("Recycled Nylon", "recyceltem Nylon", "nylon recyclé"),
            ("Waxed Cotton", "gewachster Baumwolle", "coton ciré"),
            ("Boiled Wool", "Walkwolle", "laine bouillie"),
        ),
        sizes=_CLOTHES_SIZES,
        has_color=True,
        cents=(12900, 44900),
        grams=(500, 1800),
        categories=("apparel_outerwear", "outdoor_clothing"),
    ),
    Family(
        code="shoes",
        prefix="SHO",
        labels=("Shoes", "Schuhe"),
        nouns=(
            ("Sneaker", "Sneaker", "Baskets"),
            ("Chelsea Boot", "Chelsea-Stiefel", "Bottines Chelsea"),
            ("Loafer", "Loafer", "Mocassins"),
        ),
        materials=(_LEATHER, ("Suede", "Veloursleder", "daim"), ("Canvas", "Canvas", "toile")),
        sizes=_SHOE_SIZES,
        has_color=True,
        cents=(7900, 24900),
        grams=(600, 1400),
        categories=("footwear_casual",),
    ),
    Family(
        code="bags",
        prefix="BAG",
        labels=("Bags", "Taschen"),
        nouns=(
            ("Backpack", "Rucksack", "Sac à dos"),
            ("Tote Bag", "Shopper", "Cabas"),
            ("Weekender", "Reisetasche", "Sac de voyage"),
        ),
        materials=(
            _LEATHER,
            ("Canvas", "Canvas", "toile"),
            ("Recycled Felt", "Recyclingfilz", "feutre recyclé"),
        ),
        sizes=(),
        has_color=True,
        cents=(3900, 32900),
        grams=(350, 1500),
        categories=("accessories_bags", "new_arrivals"),
    ),
    Family(
        code="lamps",
        prefix="LMP",
        labels=("Lamps", "Leuchten"),
        nouns=(
            ("Table Lamp", "Tischleuchte", "Lampe de table"),
            ("Pendant Lamp", "Pendelleuchte", "Suspension"),
            ("Floor Lamp", "Stehleuchte", "Lampadaire"),
        ),
        materials=(
            ("Brass", "Messing", "laiton"),
            _OAK,
            ("Opal Glass", "Opalglas", "verre opalin"),
            ("Washi Paper", "Washi-Papier", "papier washi"),
        ),
        sizes=(),
        has_color=False,
        cents=(5900, 49900),
        grams=(700, 6500),
        categories=("home_lighting",),
    ),
    Family(
        code="cookware",
        prefix="COK",
        labels=("Cookware", "Kochgeschirr"),
        nouns=(
            ("Frying Pan", "Bratpfanne", "Poêle"),
            ("Saucepan", "Stielkasserolle", "Casserole"),
            ("Casserole", "Bräter", "Cocotte"),
        ),
        materials=(
            ("Cast Iron", "Gusseisen", "fonte"),
            _STEEL,
            ("Carbon Steel", "Kohlenstoffstahl", "acier au carbone"),
            ("Copper", "Kupfer", "cuivre"),
        ),
        sizes=("20cm", "24cm", "28cm"),
        has_color=False,
        cents=(2900, 27900),
        grams=(800, 5200),
        categories=("home_kitchen",),
    ),
    Family(
        code="textiles",
        prefix="TEX",
        labels=("Home textiles", "Heimtextilien"),
        nouns=(
            ("Throw", "Plaid", "Plaid"),
            ("Cushion Cover", "Kissenhülle", "Housse de coussin"),
            ("Tablecloth", "Tischdecke", "Nappe"),
            ("Bath Towel", "Badetuch", "Drap de bain"),
        ),
        materials=(_LINEN, _COTTON, _WOOL, ("Velvet", "Samt", "velours")),
        sizes=(),
        has_color=True,
        cents=(1900, 15900),
        grams=(150, 1600),
        categories=("home_textiles",),
    ),
    Family(
        code="outdoor",
        prefix="ODR",
        labels=("Outdoor gear", "Outdoor-Ausrüstung"),
        nouns=(
            ("Vacuum Flask", "Isolierflasche", "Bouteille isotherme"),
            ("Trekking Poles", "Trekkingstöcke", "Bâtons de randonnée"),
            ("Camping Stove", "Campingkocher", "Réchaud"),
            ("Head Torch", "Stirnlampe", "Lampe frontale"),
        ),
        materials=(
            ("Titanium", "Titan", "titane"),
            _STEEL,
            ("Aluminium", "Aluminium", "aluminium"),
            ("Carbon", "Carbon", "carbone"),
        ),
        sizes=(),
        has_color=False,
        cents=(1900, 18900),
        grams=(90, 2100),
        categories=("outdoor_gear",),
    ),
)

# fmt: off
LINES: tuple[str, ...] = (
    "Alma", "Arvid", "Astrid", "Birk", "Britta", "Clara", "Edda", "Eira", "Elin", "Emil", "Enno",
    "Falk", "Fenja", "Finn", "Frida", "Greta", "Gunnar", "Hedda", "Hella", "Henrik", "Ida", "Ilse",
    "Inga", "Ivar", "Jona", "Jorid", "Karla", "Kaja", "Knut", "Lasse", "Leif", "Liv", "Lovis", "Magnus",
    "Malin", "Marit", "Mats", "Mette", "Nele", "Nils", "Olea", "Oskar", "Pia", "Ragna", "Rasmus",
    "Runa", "Saga", "Signe", "Silje", "Sixten", "Smilla", "Solveig", "Sten", "Stina", "Svea", "Tilda",
    "Torben", "Tove", "Ulla", "Ylva",
)
# fmt: on

BRANDS: tuple[tuple[str, str], ...] = (
    ("fjordlicht", "Fjordlicht"),
    ("halma", "Halma & Söhne"),
    ("nordspinn", "Nordspinnerei"),
    ("atelier_lune", "Atelier Lune"),
    ("maison_brume", "Maison Brume"),
    ("kupferwerk", "Kupferwerk"),
    ("tindra", "Tindra"),
    ("holmgard", "Holmgård"),
    ("waldkante", "Waldkante"),
    ("costa_verde", "Costa Verde"),
    ("oak_and_iron", "Oak & Iron"),
    ("petit_port", "Petit Port"),
)

COLORS: tuple[tuple[str, str, str, str], ...] = (
    ("black", "BLK", "Black", "Schwarz"),
    ("navy", "NVY", "Navy", "Marineblau"),
    ("sand", "SND", "Sand", "Sand"),
    ("moss", "MOS", "Moss Green", "Moosgrün"),
    ("rust", "RST", "Rust", "Rostrot"),
    ("ecru", "ECR", "Ecru", "Ecru"),
    ("slate", "SLT", "Slate", "Schiefergrau"),
    ("ochre", "OCH", "Ochre", "Ocker"),
)
"""Option code, its part of the article number, English and German label."""

SIZE_LABELS: dict[str, str] = {
    **{size: size.upper() for size in _CLOTHES_SIZES},
    **{size: size for size in _SHOE_SIZES},
    "20cm": "20 cm",
    "24cm": "24 cm",
    "28cm": "28 cm",
}

CATEGORIES: tuple[tuple[str, str | None, str, str], ...] = (
    ("master", None, "All products", "Alle Produkte"),
    ("apparel", "master", "Apparel", "Bekleidung"),
    ("apparel_knitwear", "apparel", "Knitwear", "Strick"),
    ("apparel_shirts", "apparel", "Shirts & Blouses", "Hemden & Blusen"),
    ("apparel_outerwear", "apparel", "Coats & Jackets", "Mäntel & Jacken"),
    ("footwear", "master", "Footwear", "Schuhe"),
    ("footwear_casual", "footwear", "Casual Shoes", "Freizeitschuhe"),
    ("accessories", "master", "Accessories", "Accessoires"),
    ("accessories_bags", "accessories", "Bags", "Taschen"),
    ("home", "master", "Home", "Wohnen"),
    ("home_lighting", "home", "Lighting", "Leuchten"),
    ("home_kitchen", "home", "Kitchen", "Küche"),
    ("home_textiles", "home", "Textiles", "Textilien"),
    ("outdoor", "master", "Outdoor", "Outdoor"),
    ("outdoor_clothing", "outdoor", "Outdoor Clothing", "Outdoor-Bekleidung"),
    ("outdoor_gear", "outdoor", "Gear", "Ausrüstung"),
    ("new_arrivals", "master", "New Arrivals", "Neuheiten"),
)
"""Category code, its parent, English and German label; the first is the root of the tree."""
