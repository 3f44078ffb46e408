"""The same uploads to notary-server 0.7.0 and to Inkan: nothing goes here that is refused there.

What Inkan alone refuses falls under a short list: the reference serves such collections to nobody, or lets one key count twice, or lets a version
lock everybody out. `INKAN_DIFFERENTIAL=10000` runs more cases than the few hundred of every day.
"""

import base64
import contextlib
import http.client
import json
import os
import random
import shutil
import ssl

import pytest

from inkan.strict_json import parse as parse_json
from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP
from interop.conftest import require
from interop.inkan_server import PASSWORD
from interop.processes import Daemon, free_port
from interop.upload_stories import NOW, STORIES

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(3600)]
CASES = int(os.environ.get("INKAN_DIFFERENTIAL", "400"))
# the sentences of what only we refuse
STRICTER = (
    "must not have",  # a member that no signature covers, or a twin by case
    "occurs twice",  # a member, or a role in one batch
    "came twice",
    "leaps over",  # a version that locks later publishers out
    "distinct keys",  # a threshold that cannot be met
    "may not sign",  # a target outside its paths
    "no sha256 or sha512",  # a target that nobody can pull
    "wrong length",  # a hash that is none
    "within 20 years",
    "takes the targets key",
    "changes the targets key",
    "not an integer",  # numbers with a fraction, negative lengths
    "nested more than",
    "larger than 2^53",
    "is not base64",
    "is not an object",  # Go reads null for some objects
    "is not a list",
    "needs keyid, method and sig",
    "not acceptable JSON",
    "cannot be read",
    "delegated twice",
    "lone surrogate",
    "is not text",
    "has no 'signatures'",
    "key ID is not valid",
)


class Side:
    """One trust server, one owner who publishes the same on both."""

    def __init__(self, name, connect, headers, host):
        self.name, self.connect, self.headers, self.host = name, connect, headers, host
        self.connection = connect()

    def call(self, method, path, body=b"", headers=None):
        # the reference drops the connection on some bodies; the next request needs a new one
        for attempt in (0, 1):
            try:
                self.connection.request(method, path, body, {**self.headers, **(headers or {})})
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = self.connect()
                if attempt:
                    return 0, b""
        raise AssertionError

    def begin(self, number: int) -> Publisher:
        self.gun = f"{self.host}/team/case{number}"
        self.base = f"/v2/{self.gun}/_trust/tuf/"
        keys = {}
        for role in (SNAPSHOT, TIMESTAMP):
            status, body = self.call("GET", f"{self.base}{role}.key")
            assert status == 200, body
            keys[role] = PublicKey.from_json(parse_json(body, limit_bytes=10_000))
        return Publisher(self.gun, keys, now=NOW)

    def publish(self, files) -> tuple[int, str]:
        parts = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n\r\n'.encode()
            + raw
            + b"\r\n"
            for role, raw in files
        )
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        status, body = self.call("POST", self.base, parts + b"--b--\r\n", kind)
        return status, body.decode(errors="replace")


@pytest.fixture
def sides(server, tmp_path):
    require(shutil.which("notary-server"), "notary-server is not installed")
    port = free_port()
    config = tmp_path / "notary.json"
    tree = {
        "server": {"http_addr": f"127.0.0.1:{port}"},
        "trust_service": {"type": "local"},
        "logging": {"level": "fatal"},
        "storage": {"backend": "memory"},
    }
    config.write_text(json.dumps(tree))
    daemon = Daemon(["notary-server", "-config", config], tmp_path / "notary.log")

    def plain():
        return http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def secured():
        context = ssl.create_default_context(cafile=str(server.ca))
        return http.client.HTTPSConnection("localhost", server.port, timeout=20, context=context)

    def answers():
        with contextlib.suppress(OSError):
            connection = plain()
            connection.request("GET", "/v2/")
            connection.getresponse().read()
            connection.close()
            return True
        return False

    daemon.wait_until(answers)
    pair = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    ours = Side("inkan", secured, {"Authorization": f"Basic {pair}"}, server.host)
    theirs = Side("notary", plain, {}, server.host)
    yield ours, theirs
    for side in (ours, theirs):
        side.connection.close()
    daemon.end()


def test_nothing_is_accepted_here_that_the_reference_refuses(sides):
    seed = int(os.environ.get("INKAN_SEED", "20261124"))
    verdicts = {"both": 0, "neither": 0, "reference only": 0}
    for number in range(CASES):
        outcomes, reasons = [], []
        for side in sides:
            chance = random.Random(seed + number)
            owner = side.begin(number)
            status, text = side.publish(owner.first_push("1", b"1" * 32).items())
            assert status == 200, (side.name, text)
            story = chance.choice(STORIES)
            status, text = side.publish(story(owner, chance))
            outcomes.append(status == 200)
            reasons.append(text)
        ours, theirs = outcomes
        assert theirs or not ours, (number, reasons)
        if theirs and not ours:
            assert any(sentence in reasons[0] for sentence in STRICTER), (number, reasons)
            verdicts["reference only"] += 1
        else:
            verdicts["both" if ours else "neither"] += 1
    print(f"{CASES} cases: {verdicts}")
    assert min(verdicts.values()) > CASES // 20, verdicts
