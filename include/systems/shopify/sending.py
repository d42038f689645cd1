"""How long a request may take that changes the shop."""

from __future__ import annotations

from include.systems.web import Limits

LIMITS = Limits(connect_seconds=5, silence_seconds=25, answer_seconds=25)
"""At the worst 80 seconds in all, for the answer's limit is looked at between two pieces: shorter than a message
is leased, so that nobody takes a message over whose request may still be under way."""
