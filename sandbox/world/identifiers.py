"""Numbers that identify things: article numbers, EANs, addresses on the web, UUIDs."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid

# A company prefix of the German range (400 to 440); five digits of it are ours, seven number the article.
COMPANY_PREFIX = "42607"
NAMESPACE = uuid.UUID("6f0b6c3e-6b0e-5b8e-9d55-1d7f9f6a2b11")
_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ä": "ae", "ö": "oe", "ü": "ue"})


def ean13(article: int) -> str:
    """The EAN-13 of an article, check digit included (GS1 General Specifications, 7.9.1)."""
    digits = f"{COMPANY_PREFIX}{article:07d}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """The check digit of a GTIN without it: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def slug(text: str) -> str:
    """A title as it stands in a web address: lower case letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_FOLDED))
    ascii_only = plain.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def stable_uuid(kind: str, key: str) -> str:
    """The same UUID for the same thing in every run."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}:{key}"))


def hex_id(kind: str, key: str) -> str:
    """32 hexadecimal digits for a thing, as the marketplace writes its identifiers."""
    return hashlib.md5(f"{kind}:{key}".encode(), usedforsecurity=False).hexdigest()
