"""What becomes of images, as docker and skopeo see it: the trash, immutable tags, retention, quotas, webhooks."""

import base64
import hmac
import json
import os
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from interop.conftest import require
from interop.inkan_server import PASSWORD, InkanServer
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of our own: whose webhooks may lead to this machine, and whose quotas are nobody else's."""
    folder = tmp_path_factory.mktemp("lifecycle")
    server = InkanServer(folder)
    server.environment["INKAN_WEBHOOK_ALLOW_PRIVATE"] = "true"
    server.start().log_in()
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture
def namespace(server):
    """A namespace of this test's own."""
    name = f"life{os.urandom(4).hex()}"
    server.inkan("namespace-add", name)
    return name


@pytest.fixture
def repository(server, namespace):
    return f"{server.host}/{namespace}/app"


@pytest.fixture
def image(owner, repository):
    """An image that was pushed as 1.0; its ID."""
    made = owner.make_image(f"{repository}:1.0", os.urandom(64))
    owner("push", f"{repository}:1.0")
    return made


def push(owner, reference, content, check=True):
    owner.make_image(reference, content)
    return owner("push", reference, check=check)


def test_a_deleted_image_is_gone_for_docker_and_comes_back(
    server, owner, namespace, repository, image
):
    server.inkan("image-tag", f"{repository}:1.0", f"{repository}:stable")
    digest = server.inkan("manifest-inspect", "-q", f"{repository}:1.0").out.strip()
    server.inkan("image-rm", f"{repository}:1.0")
    owner("rmi", "-f", image)
    assert "not found" in owner("pull", f"{repository}:1.0", check=False).text
    listed = server.inkan("trash-list", "--restrict", namespace).out
    assert listed.splitlines()[0].split("   ")[0] == "Digest"
    (row,) = listed.splitlines()[1:]
    assert row.split() == [f"{repository}@{digest}", "30", "1.0,", "stable"]
    said = server.inkan("image-restore", f"{repository}@{digest}")
    assert said.err == f"Restoring image '{repository}@{digest}'...\n"
    for tag in ("1.0", "stable"):
        owner("pull", f"{repository}:{tag}")
    assert owner.image_id(f"{repository}:1.0") == image
    assert server.inkan("image-restore", f"{repository}:1.0", check=False).code == 3


def test_what_skopeo_deletes_can_be_had_back(server, owner, repository, image, tmp_path):
    require(shutil.which("skopeo"), "skopeo is not installed")
    auth = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {server.host: {"auth": auth}}}))
    shutil.copy(server.ca, tmp_path / "ca.crt")
    options = ("--authfile", tmp_path / "auth.json", "--cert-dir", tmp_path)
    run("skopeo", "delete", *options, f"docker://{repository}:1.0")
    assert run("skopeo", "inspect", *options, f"docker://{repository}:1.0", check=False).code != 0
    assert server.inkan("image-restore", f"{repository}:1.0").code == 0
    run("skopeo", "inspect", *options, f"docker://{repository}:1.0")


def test_docker_says_why_an_immutable_tag_does_not_move(
    server, owner, namespace, repository, image
):
    server.inkan("immutable-tags-set", namespace, "1.*")
    owner("push", f"{repository}:1.0")
    refused = push(owner, f"{repository}:1.0", b"another", check=False)
    assert refused.code != 0
    assert f"tag 1.0 of {namespace}/app is immutable" in refused.text
    assert server.inkan("image-rm", f"{repository}:1.0", check=False).code == 4
    assert server.inkan("image-untag", f"{repository}:1.0", check=False).code == 4
    push(owner, f"{repository}:2.0", b"another")
    owner("pull", f"{repository}:1.0")
    assert owner.image_id(f"{repository}:1.0") == image


def test_only_the_newest_stay_and_what_docker_has_signed(server, owner, namespace, repository):
    for number in range(4):
        push(owner, f"{repository}:{number}", b"%d" % number)
        if number == 1:
            owner("push", f"{repository}:1", trust=True)
    words = ("--images", "1", namespace)
    assert server.inkan("retention-run", *words, check=False).code == 2
    said = server.inkan("retention-policy-set", "-f", "-o", "json", *words)
    assert "Found 2 images to delete." in said.err
    assert {tag for one in json.loads(said.out)["images"] for tag in one["tags"]} == {"0", "2"}
    owner("pull", f"{repository}:1", trust=True)
    owner("pull", f"{repository}:3")
    assert owner("pull", f"{repository}:2", check=False).code != 0
    listed = json.loads(server.inkan("retention-policy-list", "-o", "json").out)
    (policy,) = [one for one in listed if one["namespace"] == namespace]
    assert policy["images_per_repo"] == 1
    server.inkan("image-restore", f"{repository}:2")
    owner("pull", f"{repository}:2")


def test_docker_ends_what_crosses_a_limit_and_says_why_the_next_is_refused(
    server, owner, namespace, repository
):
    here = ("--namespace", namespace)
    server.inkan("quota-set", "--storage", "1", *here)
    push(owner, f"{repository}:1", os.urandom(2 * MEBIBYTE))
    refused = push(owner, f"{repository}:2", os.urandom(MEBIBYTE), check=False)
    assert refused.code != 0
    assert f"the storage quota of namespace {namespace} is used up" in refused.text
    server.inkan("quota-set", "--storage", "unlimited", "--traffic", "1", *here)
    image = owner.image_id(f"{repository}:1")
    owner("rmi", "-f", image)
    owner("pull", f"{repository}:1")
    owner("rmi", "-f", image)
    refused = owner("pull", f"{repository}:1", check=False)
    assert refused.code != 0
    assert f"the traffic quota of namespace {namespace} is used up" in refused.text
    lines = server.inkan("quota", *here).out.splitlines()
    assert lines[0].split() == ["QUOTA", "LIMIT", "USED"]
    assert lines[1].startswith("Pull traffic   1 MB")
    usage = json.loads(server.inkan("quota", "-o", "json", *here).out)
    assert usage["limit"] == {"traffic": MEBIBYTE, "store": None}
    assert usage["usage"]["traffic"] > 2 * MEBIBYTE
    server.inkan("quota-set", "--traffic", "100", *here)
    owner("pull", f"{repository}:1")


@pytest.fixture
def receiver():
    """A web server on this machine that takes messages."""
    messages = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    web.messages = messages
    yield web
    web.shutdown()
    web.server_close()


def test_a_web_server_is_told_what_docker_does(server, owner, namespace, repository, receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    words = ("webhook-add", url, "--events", "push,delete,pull", "--namespace", namespace)
    made = json.loads(server.inkan(*words, "-o", "json").out)
    assert server.inkan("webhook-test", made["id"]).out == "Delivered: 204\n"
    image = owner.make_image(f"{repository}:1.0", b"told")
    owner("push", f"{repository}:1.0")
    owner("rmi", "-f", image)
    owner("pull", f"{repository}:1.0")
    server.inkan("image-rm", f"{repository}:1.0")

    def told():
        events = [one for _, body in receiver.messages for one in json.loads(body)["events"]]
        return {one["action"]: one for one in events}

    deadline = time.monotonic() + 60
    while not {"push", "pull", "delete"} <= told().keys() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert told()["push"]["target"]["tag"] == "1.0"
    assert told()["pull"]["target"]["repository"] == f"{namespace}/app"
    assert told()["delete"]["target"]["digest"] == told()["push"]["target"]["digest"]
    for fields, body in receiver.messages:
        signed = fields["X-Inkan-Timestamp"].encode() + b"." + body
        wanted = hmac.new(made["secret"].encode(), signed, "sha256").hexdigest()
        assert fields["X-Inkan-Signature"] == f"sha256={wanted}"
    assert made["secret"] not in server.inkan("webhook-list", "-o", "json").out
    server.inkan("webhook-rm", made["id"])
    assert made["id"] not in server.inkan("webhook-list").out
