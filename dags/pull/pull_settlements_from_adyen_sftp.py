"""What the payment provider settled, kept as fees, and paid out.

### Data flow

CSV over SFTP → landing → contract `adyen_sftp/settlement_lines` → `raw.adyen_sftp__settlement_lines` →
`conformed.settlements`, `conformed.settlement_lines`; held against the payments of the shops they make
`metrics.payment_settlements`.

### When

Twice an hour: reports that did not change between two looks. The provider closes a batch once a day or once a week.

### If it fails

A report that is cut off, in another form or mostly wrong is refused as a whole, and the next one goes on. What was
settled in it is missing until it comes again: its payments are told as awaited, then as not settled.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once; a line that
comes again replaces itself.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.adyen_sftp.pull import PULL_SETTLEMENTS
from include.task_groups import facts, pull_chain

with DAG("pull_settlements_from_adyen_sftp", **facts(PULL_SETTLEMENTS, __doc__)):
    pull_chain(PULL_SETTLEMENTS)
