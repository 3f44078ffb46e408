"""What somebody changed behind the server's back is refused."""

import sqlite3
from contextlib import closing

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


def change(server, sql, *values):
    with closing(sqlite3.connect(server.data / "inkan.db", timeout=10)) as connection, connection:
        assert connection.execute(sql, values).rowcount > 0


def test_S1_one_changed_byte_of_a_manifest_is_refused(owner, person, repository, server):
    image = owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    owner("rmi", "-f", image)
    name = repository.partition("/")[2]
    # a space becomes a tab: still JSON, another digest
    change(
        server,
        "UPDATE manifests SET payload = CAST(replace(CAST(payload AS TEXT), '{', '{ ') AS BLOB) WHERE repository = ?",
        name,
    )
    refused = person("consumer")("pull", f"{repository}:1.0", trust=True, check=False)
    assert refused.code == 1
    assert not owner.has_image(f"{repository}:1.0")


def test_S14_S17_a_swapped_root_is_refused_by_whoever_pulled_before(person, repository, server):
    owner, thief, consumer = person("owner"), person("thief"), person("consumer")
    owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    consumer("pull", f"{repository}:1.0", trust=True)
    change(server, "DELETE FROM trust_files WHERE gun = ?", repository)
    thief.make_image(f"{repository}:1.0", b"evil")
    thief("push", f"{repository}:1.0", trust=True)
    refused = consumer("pull", f"{repository}:1.0", trust=True, check=False)
    assert refused.code == 1
    assert "could not rotate trust to a new trusted root" in refused.text
    # S16: a client that sees the repository for the first time cannot know; docker trusts on first use
    assert person("newcomer")("pull", f"{repository}:1.0", trust=True).code == 0
