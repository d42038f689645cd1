"""Every error of the suite, grouped by what happens next.

    SeamlineError
    ├── RetryLater                 the same attempt may succeed later; nothing was lost
    │   ├── SystemUnavailable      no answer, a cut connection, a 5xx
    │   ├── RateLimited            asked to slow down; ``retry_after`` says for how long
    │   ├── OutcomeUnknown         sent, but no answer: look the effect up before sending again
    │   └── NotOurTurn             another worker holds what this one needs
    ├── SetAside                   this record, delivery or message is at fault; the others go on
    │   ├── DeliveryRefused        the delivery cannot be used as a whole
    │   └── MessageRejected        the channel read the message and refused it
    └── Stop                       nothing gets better by itself: a person must act
        ├── NotPossible            what a person asked for does not exist or cannot be done
        ├── Misconfigured          a flow, contract, profile or connection says something impossible
        ├── AccessDenied           the system refuses our credentials or its host key is not known
        ├── VersionFellForward     the system served another API version than the one asked for
        ├── CountGap               counts do not close: something was lost or doubled
        ├── BatchChanged           what should go out is not what was checked
        └── ModelsFailed           models or tests of the warehouse failed; the next build takes the rows up

The docstring of a class is the advice that the reader gets; ``evidence`` is what was seen.
"""

from __future__ import annotations

import inspect


class SeamlineError(Exception):
    """Something went wrong in a seam.

    Args:
        message: what happened, where, with which value, as one sentence.
        evidence: what was seen, JSON-serializable, without secrets.
    """

    def __init__(self, message: str, **evidence: object):
        super().__init__(message)
        self.message = message
        self.evidence = evidence

    @property
    def advice(self) -> str:
        """What to do now: the docstring of the class."""
        return " ".join((inspect.getdoc(type(self)) or "").split())

    def __str__(self) -> str:
        return f"{self.message} ({self.advice})" if self.advice else self.message


class RetryLater(SeamlineError):
    """Nothing was lost. The task tries again by itself; look only if it keeps happening."""


class SystemUnavailable(RetryLater):
    """The system did not answer properly. The task tries again by itself; if it lasts, check the
    system's status page and its connection in Airflow."""


class RateLimited(RetryLater):
    """The system asked to slow down. The work goes on by itself when the pause is over."""

    def __init__(self, message: str, retry_after: float | None = None, **evidence: object):
        super().__init__(message, retry_after=retry_after, **evidence)
        self.retry_after = retry_after


class OutcomeUnknown(RetryLater):
    """The request left, no proper answer came. The effect is looked up before anything is sent again."""

    def __init__(self, message: str, is_answered: bool = False, **evidence: object):
        """``is_answered``: something came back, so the system is not at work on the request any more."""
        super().__init__(message, **evidence)
        self.is_answered = is_answered


class NotOurTurn(RetryLater):
    """Another run is doing this work. Nothing to do: this one takes what is left next time."""


class SetAside(SeamlineError):
    """It was set aside with its evidence. See `./seamline dead-letters`."""


class DeliveryRefused(SetAside):
    """The delivery was refused as a whole and is kept. Ask its owner for a good one, or hand in a
    mended file with `./seamline deliver`."""

    def __init__(self, message: str, rule: str, **evidence: object):
        super().__init__(message, **evidence)
        self.rule = rule


class MessageRejected(SetAside):
    """The channel read the message and refused it. Mend the record at its source, or retry it
    with `./seamline dead-letters retry`."""


class Stop(SeamlineError):
    """A person must act; trying again will not help."""


class NotPossible(Stop):
    """`./seamline --help` and `./seamline explain` say what there is."""


class Misconfigured(Stop):
    """The configuration contradicts itself. Mend the named file or connection, then clear the task."""


class AccessDenied(Stop):
    """The system does not let us in. Renew the credentials or the known host key in the Airflow
    connection, then clear the task."""


class VersionFellForward(Stop):
    """The system answers with another API version than the one this flow was checked against. Read
    the vendor's change log, raise the version in the flow, run its tests."""


class CountGap(Stop):
    """Counts do not close, so something was lost or doubled. Nothing moves on; compare the numbers
    in the message with `./seamline trace` of the delivery."""


class BatchChanged(Stop):
    """Nothing was sent, and the batch was given up. Find out who wrote to schema gate, then clear
    check_gate: it makes a new batch of what should go out and judges it."""


class ModelsFailed(Stop):
    """Nothing downstream was touched. Mend the model or the data, then clear this task; the rows of this
    build are taken up again."""
