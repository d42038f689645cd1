"""Flows of the ERP: its orders to suppliers, its exchange rates and its prices.

What the ERP orders of suppliers, line by line, the rates at which it books, and the prices that it agrees.
"""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PullFlow
from include.systems import partner_files
from include.systems.sftp import pickup

SYSTEM = "erp_sftp"
PURCHASE_ORDERS = "purchase_orders"
EXCHANGE_RATES = "exchange_rates"
PRICES = "prices"

PULL_PURCHASE_ORDERS = PullFlow(
    dag_id="pull_purchase_orders_from_erp_sftp",
    summary="Brings what the ERP orders of suppliers, changes and takes back.",
    system=SYSTEM,
    objects=("order",),
    pattern=Pattern.FILE,
    because="The ERP exports its orders as files, which can be kept, compared and handed in by hand.",
    latency=LatencyClass.SAME_DAY,
    owner="supplier-relations",
    schedule="1-59/15 * * * *",
    late_after=timedelta(hours=26),
    entities=(PURCHASE_ORDERS,),
    source="include.systems.erp_sftp.pull:purchase_orders",
    reader="include.systems.erp_sftp.pull:read",
)


PULL_EXCHANGE_RATES = PullFlow(
    dag_id="pull_exchange_rates_from_erp_sftp",
    summary="Brings the exchange rates at which the ERP books, day by day.",
    system=SYSTEM,
    objects=("price",),
    pattern=Pattern.FILE,
    because="The ERP's rates are those of the books: metrics that used another source would never agree with finance.",
    latency=LatencyClass.FINANCE_CLOSE,
    owner="finance",
    schedule="4-59/30 * * * *",
    late_after=timedelta(hours=98),
    entities=(EXCHANGE_RATES,),
    source="include.systems.erp_sftp.pull:exchange_rates",
    reader="include.systems.erp_sftp.pull:read",
)

PULL_PRICES = PullFlow(
    dag_id="pull_prices_from_erp_sftp",
    summary="Brings list prices, contracts with customers and promotions, each with the days on which it holds.",
    system=SYSTEM,
    objects=("price",),
    pattern=Pattern.FILE,
    because="The ERP exports what was agreed as files, days before it holds; nothing of it is urgent by the minute.",
    latency=LatencyClass.SAME_DAY,
    owner="pricing",
    schedule="7-59/15 * * * *",
    late_after=timedelta(hours=98),
    entities=(PRICES,),
    source="include.systems.erp_sftp.pull:prices",
    reader="include.systems.erp_sftp.pull:read",
)

purchase_orders = pickup.source_of_files(SYSTEM, PURCHASE_ORDERS)
exchange_rates = pickup.source_of_files(SYSTEM, EXCHANGE_RATES)
prices = pickup.source_of_files(SYSTEM, PRICES)
read = partner_files.records
