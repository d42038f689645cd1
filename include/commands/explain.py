"""``explain``: who owns an object; how a flow works, and why so."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from include.commands import printing
from include.errors import NotPossible
from include.explanation import flow_facts, object_facts
from include.flow import Flow, flows
from include.ownership import OwnedObject, objects


def explain_subject(subject: str, *, as_json: bool) -> int:
    """Explain an object of ``ownership.yml`` or a flow."""
    known: dict[str, Flow | OwnedObject] = {**objects(), **flows()}
    name = next((one for one in known if _plain(one) == _plain(subject)), None)
    if name is None:
        raise NotPossible(f"{subject!r} is neither an object nor a flow. {_what_there_is(subject, known)}")
    found = known[name]
    facts = flow_facts(found) if isinstance(found, Flow) else object_facts(found)
    printing.as_json(facts) if as_json else printing.facts(facts)
    return 0


def _plain(name: str) -> str:
    """A name however it was typed: `analytics event`, `Analytics_Event`, `dags/pull/pull_x.py`."""
    return name.rpartition("/")[2].removesuffix(".py").strip().replace("_", " ").replace("-", " ").casefold()


def _what_there_is(subject: str, known: Collection[str]) -> str:
    close = get_close_matches(_plain(subject), [_plain(name) for name in known], n=3, cutoff=0.5)
    meant = [name for name in known if _plain(name) in close]
    if meant:
        return f"Did you mean {' or '.join(meant)}?"
    return f"There are the objects {', '.join(objects())}, and the flows {', '.join(flows())}."
