"""``explain``: who owns an object; how a flow works, and why so."""

from __future__ import annotations

from include.commands import printing
from include.errors import NotPossible
from include.explanation import flow_facts, object_facts
from include.flow import flows
from include.ownership import objects


def explain_subject(subject: str, *, as_json: bool) -> int:
    """Explain an object of ``ownership.yml`` or a flow."""
    name = subject.replace("_", " ") if subject not in flows() else subject
    if name in flows():
        facts = flow_facts(flows()[name])
    elif name in objects():
        facts = object_facts(objects()[name])
    else:
        raise NotPossible(
            f"{subject!r} is neither an object ({', '.join(objects())}) nor a flow ({', '.join(flows())})."
        )
    printing.as_json(facts) if as_json else printing.facts(facts)
    return 0
