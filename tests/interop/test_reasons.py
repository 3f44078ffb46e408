"""What is refused is refused to every client, and each shows our reason and the way out."""

import json

import pytest

from inkan.testing.images import make_image
from interop.clients import CLIENTS
from interop.inkan_server import PASSWORD
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
READER, SECRET = "only-reads", "a-password-of-only-reads"
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def ruled(server, tmp_path_factory):
    """A namespace whose releases stay as they are, one that is full, and somebody who may only read."""
    server.inkan("user-add", READER, "--password-stdin", stdin=SECRET.encode())
    server.inkan("policy-add", "reader", READER, "--namespace", "team")
    for namespace in ("fixed", "full"):
        server.inkan("namespace-add", namespace)
    server.inkan("immutable-tags-set", "fixed", "1.*")
    server.inkan("quota-set", "--storage", "1", "--namespace", "full")
    folder = tmp_path_factory.getbasetemp()
    make_image(folder / "large", bytes(MEBIBYTE + 1))
    put(server, folder / "large", "full/app:1.0.0")
    return server


def put(server, folder, reference):
    words = ("push", "--disable-content-trust", "--from", folder, f"{server.host}/{reference}")
    server.inkan(*words)


@pytest.fixture(params=[name for name in CLIENTS if name != "notary"])
def client(request, ruled, tmp_path):
    made = CLIENTS[request.param](request, ruled, tmp_path)
    made.name = request.param
    return made


@pytest.fixture
def layout(tmp_path):
    """An image of its own, tagged 1.0.0."""
    folder = tmp_path / "another"
    make_image(folder, tar_of(hello=b"another"))
    index = json.loads((folder / "index.json").read_text())
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "1.0.0"}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def check(result, reason):
    assert result.code != 0
    assert reason in " ".join(result.text.split())


def test_a_tag_that_stays_as_it_is(client, ruled, layout, tmp_path):
    make_image(tmp_path / "first", tar_of(hello=b"first"))
    put(ruled, tmp_path / "first", f"fixed/{client.name}:1.0.0")
    client.log_in("admin", PASSWORD)
    refused = client.push(layout, f"{ruled.host}/fixed/{client.name}:1.0.0")
    check(refused, f"tag 1.0.0 of fixed/{client.name} is immutable (it matches 1.*)")


def test_a_right_that_is_not_there(client, ruled, layout):
    client.log_in(READER, SECRET)
    refused = client.push(layout, f"{ruled.host}/team/{client.name}:1.0.0")
    check(refused, f"{READER} has no right to push in namespace team")


def test_a_namespace_that_is_full(client, ruled, layout):
    client.log_in("admin", PASSWORD)
    refused = client.push(layout, f"{ruled.host}/full/{client.name}:1.0.0")
    check(refused, "the storage quota of namespace full is used up")
