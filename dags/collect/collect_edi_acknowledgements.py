"""What EDI partners say of what we sent: TA1, 997, 999, CONTRL, 824, APERAK.

### Data flow

Acknowledgements over SFTP → landing → `edi.answers`, and the status of what they answer in
`edi.sent_interchanges` and `edi.sent_documents`. Transport, syntax and business are kept apart.

### When

Every ten minutes, and at once when another flow has found an acknowledgement among documents in its files.

### If it fails

A refusal by a partner, an answer to something that was never sent, and one that says the opposite of an earlier
one become dead letters of the partner's owner. A partner that does not answer in time is an alert, told once.
Numbers of a partner that never came are dead letters, settled by themselves when they come.

### Safe to re-run?

Yes, any task, at any time, twice. An acknowledgement is read once, in one transaction with what it changes.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import handed_over
from include.operations import COLLECT_EDI_ACKNOWLEDGEMENTS
from include.task_groups import collect_chain, facts

with DAG(
    "collect_edi_acknowledgements",
    **facts(COLLECT_EDI_ACKNOWLEDGEMENTS, __doc__, wakes_on=[handed_over(COLLECT_EDI_ACKNOWLEDGEMENTS)]),
):
    collect_chain(COLLECT_EDI_ACKNOWLEDGEMENTS)
