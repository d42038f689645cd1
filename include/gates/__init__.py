"""The gates: one Great Expectations suite per channel and entity, as a function that returns it.

A batch is the table of its rows as they would go out, with ``_key`` (the message's key) and
``_applied`` (what the channel showed last, as JSON; null for a new key).
"""

from __future__ import annotations

import logging
import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# It says hundreds of lines about its own documentation while it is imported, into the log of the task.
logging.getLogger("great_expectations").setLevel(logging.WARNING)
