"""Dead letters through their steps again, started by a person.

### Data flow

Dead letters → new deliveries with the records as they were, or new messages → the flow's own next run.

### When

By hand: say which (ids, or a flow and a rule), who you are and why.

### If it fails

Nothing was settled; the message says why.

### Safe to re-run?

Yes. A dead letter is settled once; those that are settled already are left alone.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from include.operations import REPLAY_DEAD_LETTERS
from include.task_groups import facts, operate

PARAMS = {
    "by": Param(type="string", minLength=1, title="Your name", description="Kept on record."),
    "because": Param(type="string", minLength=1, title="Why", description="Kept on record."),
    "of_flow": Param(
        None, type=["null", "string"], title="Flow", description="Only dead letters of this flow."
    ),
    "rule": Param(None, type=["null", "string"], title="Rule", description="Only dead letters of this rule."),
    "ids": Param(
        None, type=["null", "array"], items={"type": "integer"}, title="Ids", description="Or just these."
    ),
}

with DAG("replay_dead_letters", params=PARAMS, **facts(REPLAY_DEAD_LETTERS, __doc__)):
    operate(REPLAY_DEAD_LETTERS, PARAMS)
