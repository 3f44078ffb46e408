"""Pulled bytes, told to the quotas as answers go out, also those that are repeated from memory; pulled manifests, to the webhooks."""

import secrets

from inkan.clock import Clock
from inkan.registry.quotas import Quotas
from inkan.registry.webhooks import Happenings
from inkan.store.records import Event, EventKind
from inkan.web.answer_memory import Asked

_PULLS = frozenset({"manifest-get", "blob-get"})


class Traffic:
    """Counts answers to pulls."""

    def __init__(self, quotas: Quotas, happenings: Happenings, clock: Clock) -> None:
        self._quotas = quotas
        self._happenings = happenings
        self._clock = clock

    def __call__(self, asked: Asked, size_bytes: int) -> None:
        """Take one answer."""
        if asked.method != "GET" or asked.operation not in _PULLS or not size_bytes:
            return
        # the path is `/v2/<namespace>/…`: the row would not have matched otherwise
        namespace = asked.path[4 : asked.path.index("/", 4)]
        self._quotas.pulled(namespace, size_bytes)
        if EventKind.PULL in self._happenings.wanted and asked.operation == "manifest-get":
            self._happenings.note(self._pull(asked, namespace, size_bytes))

    def _pull(self, asked: Asked, namespace: str, size_bytes: int) -> Event:
        repository, _, reference = asked.path[4:].rpartition("/manifests/")
        digest, tag = (reference, "") if ":" in reference else ("", reference)
        event_id, now = secrets.token_hex(16), self._clock.now()
        return Event(event_id, EventKind.PULL, now, namespace, asked.account, repository, digest, tag, size_bytes=size_bytes)  # fmt: skip
