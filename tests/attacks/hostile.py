"""A server that answers as a case says, and the client that `inkan` uses, on a real folder."""

import pytest

from inkan.client.trust_cache import TrustCache
from inkan.client.trust_updater import TrustUpdater
from inkan.errors import MetadataUnknownError, ServerUnreachableError
from inkan.testing.publisher import DEFAULT_NOW
from inkan.tuf.pinning import Pins

GUN = "localhost:5000/team/app"
GOOD, EVIL = b"1" * 32, b"e" * 32


class HostileServer:
    """Answers from the simulator, unless a case says otherwise."""

    def __init__(self, repository):
        self.repository, self.gun = repository, GUN
        self.fails = {}
        self.asked = []

    def fetch(self, name, cap):
        self.asked.append(name)
        for part, error in self.fails.items():
            if part in name:
                raise error
        raw = self.repository.fetch(f"{name}.json")
        if raw is None:
            raise MetadataUnknownError(GUN, name)
        if len(raw) > cap:
            raise ServerUnreachableError("the answer is over the cap")
        return raw


class Client:
    def __init__(self, repository, folder):
        self.server = HostileServer(repository)
        self.cache = TrustCache(folder, GUN)
        self.pins = Pins()
        self.now = DEFAULT_NOW

    def look(self, *, offline=False):
        return TrustUpdater(
            self.server, self.cache, self.pins, self.now, is_offline=offline
        ).update()

    def digest(self, tag="a", **options):
        return bytes.fromhex(self.look(**options).resolve(tag).sha256)

    def refuses(self, kind, **options):
        before = {path: path.read_bytes() for path in self.cache.folder.rglob("*.json")}
        with pytest.raises(kind):
            self.digest(**options)
        after = {path: path.read_bytes() for path in self.cache.folder.rglob("*.json")}
        changed = {path.name for path in after if before.get(path) != after[path]}
        assert changed <= {"root.json"}
