"""A trust collection on a peer, and its owner."""

import base64
import http.client
import json
import random
import time
from datetime import UTC, datetime
from hashlib import sha256

from peers import Peer

from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import SNAPSHOT, TARGETS, TIMESTAMP


class Collection:
    """A collection with a number of tags in its targets file, all for one manifest.

    Args:
        peer: where it is published.
        name: of the repository.
        tags: how many; named `t0` and so on.
        digest: of the manifest.
        length: of the manifest.
    """

    def __init__(
        self, peer: Peer, name: str, tags: int, digest: bytes = bytes(32), length: int = 528
    ) -> None:
        self.peer = peer
        self.gun = f"{peer.host}/{name}"
        self.base = f"/v2/{self.gun}/_trust/tuf"
        keys = {role: self._key(role) for role in (SNAPSHOT, TIMESTAMP)}
        self.owner = Publisher(self.gun, keys, now=datetime.now(UTC))
        for number in range(1, tags):
            self.owner.tags[f"t{number}"] = {
                "hashes": {"sha256": base64.b64encode(digest).decode()},
                "length": length,
            }
        files = self.owner.first_push("t0", digest, length)
        self.targets_sha256 = sha256(files[TARGETS]).hexdigest()
        self._send(_body(files))

    def publishes_per_second(self, count: int) -> float:
        """Return how many pushes of one moving tag are published in a second, one after another."""
        batches = [_body(self.owner.push("moving", random.randbytes(32))) for _ in range(count)]
        connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=120)
        began = time.perf_counter()
        for body in batches:
            self._send(body, connection)
        seconds = time.perf_counter() - began
        connection.close()
        return count / seconds

    def _key(self, role) -> PublicKey:
        _, body = self.peer.call("GET", f"{self.base}/{role}.key")
        return PublicKey.from_json(json.loads(body))

    def _send(self, body, connection=None) -> None:
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        self.peer.call("POST", f"{self.base}/", body, kind, connection)


def _body(files) -> bytes:
    parts = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n\r\n'.encode()
        + raw
        + b"\r\n"
        for role, raw in files.items()
    )
    return parts + b"--b--\r\n"
