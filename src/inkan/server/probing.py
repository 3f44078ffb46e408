"""What a probe of a store is, and what it says.

Three verdicts: `good`; `bad`, which a server needs and does not get; `not relied on`, which engines differ in and which nothing of ours rests on, told so that nobody builds on it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from inkan.errors import InkanError

GOOD, BAD, NOT_RELIED_ON = "good", "bad", "not relied on"
Probe = Callable[[], Awaitable[str]]
"""Returns what is good about a store; raises `NotSoError` or the store's own error where something is bad."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen.

    Attributes:
        store: `database`, `bucket` or `folder`.
        verdict: `good`, `bad` or `not relied on`.
    """

    store: str
    what: str
    verdict: str
    detail: str


class NotSoError(Exception):
    """A store does not do what it must."""


class NotReliedOn(str):
    """Something that a probe says without judging it."""

    __slots__ = ()


def require(condition: object, otherwise: str) -> None:
    """Return if something is so.

    Raises:
        NotSoError: with `otherwise`, if not.
    """
    if not condition:
        raise NotSoError(otherwise)


async def probe_all(store: str, probes: Mapping[str, Probe]) -> list[Finding]:
    """Return what each probe says."""
    found = []
    for what, probe in probes.items():
        try:
            detail = await probe()
        except (NotSoError, InkanError, OSError) as error:
            found.append(Finding(store, what, BAD, str(error)))
        else:
            verdict = NOT_RELIED_ON if isinstance(detail, NotReliedOn) else GOOD
            found.append(Finding(store, what, verdict, str(detail)))
    return found
