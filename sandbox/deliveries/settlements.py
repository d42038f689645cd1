"""Reports of the payment provider: the lines of a settled batch, in the form of Adyen's settlement details report.

Source: https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

MERCHANT_ACCOUNT = "LindqvistEcom"
FOLDER = f"{MERCHANT_ACCOUNT}/reports"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NET_CURRENCY = "EUR"
COLUMNS = (
    *("Company Account", "Merchant Account", "Psp Reference", "Merchant Reference", "Payment Method"),
    *("Creation Date", "TimeZone", "Type", "Modification Reference", "Gross Currency"),
    *("Gross Debit (GC)", "Gross Credit (GC)", "Exchange Rate", "Net Currency"),
    *("Net Debit (NC)", "Net Credit (NC)", "Commission (NC)", "Markup (NC)", "Scheme Fees (NC)"),
    *("Interchange (NC)", "Payment Method Variant", "Modification Merchant Reference", "Batch Number"),
    *(f"Reserved{number}" for number in range(4, 11)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a report.

    Attributes:
        kind: as the report calls it, ``Settled``.
        reference, own_reference: the shop's number of the payment, and of its refund.
        gross: what the customer paid, or got back (below zero), in ``currency``.
        net: what that is in euros.
        fee: what the provider keeps of it, in euros.
    """

    kind: str
    at: datetime
    psp_reference: str = ""
    reference: str = ""
    own_reference: str = ""
    modification: str = ""
    method: str = ""
    currency: str = ""
    gross: Decimal | None = None
    net: Decimal
    fee: Decimal = Decimal(0)


def path(batch: int, suffix: str = "") -> str:
    """Where a report lies, seen from the account's root."""
    return f"{FOLDER}/settlement_detail_report_batch_{batch}{suffix}.csv"


def paid_out(entries: Sequence[Entry], at: datetime) -> list[Entry]:
    """The lines of a batch that is closed: the provider's own fee, and the payout of what is left."""
    fee = Entry(kind="Fee", at=at, modification="Transaction Fees", net=Decimal("-4.20"))
    left = sum((entry.net - entry.fee for entry in entries), fee.net)
    payout = Entry(kind="MerchantPayout", at=at, modification=f"TX{at:%Y%m%d}XT", net=-left)
    return [*entries, fee, payout]


def report(entries: Sequence[Entry], batch: int) -> bytes:
    """The file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cells(entry, batch).get(column, "") for column in COLUMNS] for entry in entries)
    return text.getvalue().encode()


def _cells(entry: Entry, batch: int) -> dict[str, str]:
    local = entry.at.astimezone(AMSTERDAM)
    net = entry.net - entry.fee
    return {
        "Company Account": "Lindqvist",
        "Merchant Account": MERCHANT_ACCOUNT,
        "Psp Reference": entry.psp_reference,
        "Merchant Reference": entry.reference,
        "Payment Method": entry.method,
        "Creation Date": f"{local:%Y-%m-%d %H:%M:%S}",
        "TimeZone": local.tzname() or "",
        "Type": entry.kind,
        "Modification Reference": entry.modification,
        **_gross(entry),
        "Net Currency": NET_CURRENCY,
        "Net Debit (NC)": _cents(-net) if net < 0 else "",
        "Net Credit (NC)": _cents(net) if net >= 0 else "",
        **_fees(entry),
        "Modification Merchant Reference": entry.own_reference,
        "Batch Number": str(batch),
    }


def _gross(entry: Entry) -> dict[str, str]:
    if entry.gross is None:
        return {}
    rate = abs(entry.net / entry.gross) if entry.gross else Decimal(1)
    return {
        "Gross Currency": entry.currency,
        "Gross Debit (GC)": _cents(-entry.gross) if entry.gross < 0 else "",
        "Gross Credit (GC)": _cents(entry.gross) if entry.gross >= 0 else "",
        "Exchange Rate": f"{rate:.6f}",
    }


def _fees(entry: Entry) -> dict[str, str]:
    """One sum for PayPal, the parts of it for cards."""
    if not entry.fee:
        return {}
    if entry.method == "paypal":
        return {"Commission (NC)": _cents(entry.fee)}
    parts = entry.fee / 4
    markup, scheme = (parts.quantize(Decimal("0.0001")) for _ in range(2))
    rest = entry.fee - markup - scheme
    return {"Markup (NC)": f"{markup}", "Scheme Fees (NC)": f"{scheme}", "Interchange (NC)": f"{rest:.4f}"}


def _cents(amount: Decimal) -> str:
    return f"{amount:.2f}"
