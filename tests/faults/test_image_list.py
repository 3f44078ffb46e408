"""`inkan image-list` of ten thousand signed tags is one question, whoever signed them."""

import base64
import json
import os
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faults.wire import PASSWORD, Server, Wire
from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP

TAGS = 10_000


@pytest.fixture
def server(tmp_path):
    """A server with one image under ten thousand tags, each of them signed."""
    server = Server(tmp_path / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        _, digest = wire.push_image("team/app", "v0", b"{}")
        size = int(wire.call("HEAD", "/v2/team/app/manifests/v0").headers["content-length"])
        gun = f"localhost:{server.port}/team/app"
        path = f"/v2/{gun}/_trust/tuf"
        keys = {role: PublicKey.from_json(json.loads(wire.call("GET", f"{path}/{role}.key", expect=200).body)) for role in (SNAPSHOT, TIMESTAMP)}  # fmt: skip
        owner = Publisher(gun, keys, now=datetime.now(UTC))
        raw = bytes.fromhex(digest.partition(":")[2])
        target = {"hashes": {"sha256": base64.b64encode(raw).decode()}, "length": size}
        owner.tags |= {f"v{number}": target for number in range(1, TAGS)}
        wire.publish(gun, owner.first_push("v0", raw, size))
    server.stop()
    # ten thousand pushes would take a minute, and are another test's
    with sqlite3.connect(tmp_path / "data" / "inkan.db") as database:
        row = database.execute("SELECT * FROM tags").fetchone()
        marks = ", ".join("?" for _ in row)
        rows = [tuple(f"v{number}" if one == "v0" else one for one in row) for number in range(1, TAGS)]  # fmt: skip
        database.executemany(f"INSERT INTO tags VALUES ({marks})", rows)
    database.close()
    yield server.start()
    assert server.stop() == 0


def requests(server) -> dict[str, int]:
    """Return how many requests of which operation the server has answered."""
    with Wire(server.port) as wire:
        text = wire.call("GET", "/metrics", expect=200).body.decode()
    found = re.findall(r'^inkan_http_requests_total{.*operation="([^"]+)".*} ([0-9.]+)$', text, re.MULTILINE)  # fmt: skip
    counts: dict[str, int] = {}
    for operation, count in found:
        counts[operation] = counts.get(operation, 0) + int(float(count))
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("words", [["image-list", "--restrict", "team"], ["images"], ["digests"]])
def test_ten_thousand_signed_tags_are_listed_in_two_requests(server, tmp_path, words):
    """One for a token, and one for all of them."""
    (tmp_path / "inkan.json").write_text(f'{{"target": "http://127.0.0.1:{server.port}"}}')
    env = {
        **os.environ, "INKAN_CONFIG": str(tmp_path / "inkan.json"), "DOCKER_CONFIG": str(tmp_path),
        "INKAN_USERNAME": "admin", "INKAN_PASSWORD": PASSWORD,
    }  # fmt: skip
    program = Path(sys.executable).with_name("inkan")
    before = requests(server)
    done = subprocess.run([program, *words], capture_output=True, text=True, env=env, check=True, timeout=60)  # fmt: skip
    after = requests(server)
    asked = {name: count - before.get(name, 0) for name, count in after.items() if name != "metrics"}  # fmt: skip
    assert {name: count for name, count in asked.items() if count} == {
        "token-get": 1,
        "image-digests" if "digests" in words else "image-list": 1,
    }
    rows = done.stdout.splitlines()[1:]
    if "digests" in words:
        assert len(rows) == 1
        return
    assert len(rows) == TAGS
    assert all(not row.endswith(" -") for row in rows), "each says who signed it"
