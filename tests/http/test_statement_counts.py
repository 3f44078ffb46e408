"""How many statements a request costs: each is a way to the database and back, so that a new one is noticed and decided."""

import json
from hashlib import sha256

import pytest

from inkan.store.sql import database

KIND = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def count(monkeypatch):
    """Counts the statements that are made."""
    made = []
    real = database.Statement.__init__

    def counted(self, sql, values=()):
        made.append(sql)
        real(self, sql, values)

    monkeypatch.setattr(database.Statement, "__init__", counted)

    async def of(work):
        made.clear()
        await work
        return len(made)

    return of


async def push_blob(client, name, content):
    digest = f"sha256:{sha256(content).hexdigest()}"
    await client("POST", f"/v2/{name}/blobs/uploads/?digest={digest}", content, expect=201)
    return {"mediaType": "m", "digest": digest, "size": len(content)}


async def image(client, name, layers):
    parts = [await push_blob(client, name, b"%d" % number) for number in range(layers + 1)]
    tree = {"schemaVersion": 2, "mediaType": KIND, "config": parts[0], "layers": parts[1:]}
    return json.dumps(tree).encode()


@pytest.mark.parametrize("layers", [1, 5, 126])
async def test_a_manifest_costs_the_same_however_many_layers_it_has(admin, count, layers):
    raw = await image(admin, "team/app", layers)

    def put(tag):
        return admin("PUT", f"/v2/team/app/manifests/{tag}", raw, [("Content-Type", KIND)], expect=201)  # fmt: skip

    # who it is, what they may, the namespace; then, in one transaction: what is held and how large it is, immutable tags, webhooks,
    # the manifest, its edges, garbage no more, the tag; and the audit log
    assert await count(put("v1")) == 11
    assert await count(put("v2")) == 11


async def test_what_docker_asks_most_costs_little(admin, count):
    raw = await image(admin, "team/app", 1)
    await admin("PUT", "/v2/team/app/manifests/v1", raw, [("Content-Type", KIND)], expect=201)
    digest = f"sha256:{sha256(b'1').hexdigest()}"
    session = (await admin("POST", "/v2/team/app/blobs/uploads/", expect=202)).headers["location"]
    counts = {
        "pull": await count(admin("GET", "/v2/team/app/manifests/v1", expect=200)),
        "pull again": await count(admin("GET", "/v2/team/app/manifests/v1", expect=200)),
        "blob": await count(admin("HEAD", f"/v2/team/app/blobs/{digest}", expect=200)),
        "begin": await count(admin("POST", "/v2/team/app/blobs/uploads/", expect=202)),
        "patch": await count(admin("PATCH", session, b"1", expect=202)),
        "finish": await count(admin("PUT", f"{session}?digest={digest}", expect=201)),
    }
    # of each: who it is and what they may; the namespace is looked up by the first and known to the others until something changes
    assert counts == {
        "pull": 4,
        "pull again": 3,
        "blob": 4,
        "begin": 3,
        "patch": 6,
        "finish": 10,
    }
