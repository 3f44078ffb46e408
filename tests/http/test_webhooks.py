"""Webhooks: signed, at least once, in order, and never into the network that the server stands in."""

import asyncio
import hmac
import json
import re
import socket
from datetime import timedelta

import pytest
from test_lifecycle import push
from test_trust import BASE, GUN, make_owner, publish

from inkan.registry.webhook_sender import WebhookSender
from inkan.registry.webhook_target import Target
from inkan.testing.clock import FixedClock
from inkan.tuf.roles import TARGETS

PATH = "/api/v1/webhooks"
EVERYTHING = ["push", "tag", "pull", "delete", "restore", "quota", "sign", "revoke", "trust"]


class Receiver:
    """A web server that answers as it is told to, and remembers what came."""

    def __init__(self):
        self.messages, self.statuses, self.more = [], [], ""

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        fields = dict(one.lower().split(": ", 1) for one in lines)
        body = await reader.readexactly(int(fields["content-length"]))
        self.messages.append((line, fields, body))
        status = self.statuses.pop(0) if self.statuses else 204
        writer.write(f"HTTP/1.1 {status} Said\r\n{self.more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @property
    def events(self):
        return [one for _, _, body in self.messages for one in json.loads(body)["events"]]


@pytest.fixture
async def receiver():
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?a=b"
    yield receiver
    server.close()
    await server.wait_closed()


@pytest.fixture
def allowed(world, monkeypatch):
    """Private addresses are allowed, as by the setting."""
    parse, find = Target.parse, Target.find_address
    monkeypatch.setattr(Target, "parse", lambda url, **_: parse(url, allow_private=True))
    monkeypatch.setattr(Target, "find_address", lambda self, **_: find(self, allow_private=True))


def job(world, name):
    return next(one for one in world.product.jobs if one.name == name)


async def add(client, url, events=("push",), namespace="", expect=201):
    body = json.dumps({"url": url, "events": list(events), "namespace": namespace}).encode()
    return (await client("POST", PATH, body, expect=expect)).json


async def test_what_happens_is_told_signed_and_in_its_order(world, admin, receiver, allowed):
    made = await add(admin, receiver.url, EVERYTHING, "team")
    digest = await push(admin, "team/app", "v1")
    await admin("GET", "/v2/team/app/manifests/v1", expect=200)
    await admin("DELETE", f"/v2/team/app/manifests/{digest}", expect=202)
    await admin("POST", "/api/v1/trash/team/app/restore?reference=v1", expect=200)
    await admin("PATCH", "/api/v1/quotas?namespace=team", b'{"storage_megabytes": 0}', expect=200)
    await admin("POST", "/v2/team/app/blobs/uploads/", expect=403)
    await job(world, "count traffic").run()
    await job(world, "tell webhooks").run()
    ((line, fields, body),) = receiver.messages
    assert line == "POST /hook?a=b HTTP/1.1"
    assert fields["content-type"] == "application/vnd.docker.distribution.events.v1+json"
    signed = f"{fields['x-inkan-timestamp']}.".encode() + body
    expected = hmac.new(made["secret"].encode(), signed, "sha256").hexdigest()
    assert fields["x-inkan-signature"] == f"sha256={expected}"
    assert int(fields["x-inkan-timestamp"]) == int(world.clock.now().timestamp())
    actions = [one["action"] for one in receiver.events]
    assert actions == ["push", "tag", "delete", "restore", "pull", "quota"]
    first = receiver.events[0]
    assert first["actor"] == {"name": "admin"}
    assert first["target"]["repository"] == "team/app"
    assert (first["target"]["digest"], first["target"]["tag"]) == (digest, "v1")
    assert first["target"]["mediaType"].startswith("application/vnd.oci.image.manifest")
    assert first["target"]["url"].endswith(f"/v2/team/app/manifests/{digest}")
    assert "inkan quota-set" in receiver.events[-1]["note"]
    await job(world, "tell webhooks").run()
    assert len(receiver.messages) == 1


async def test_what_fails_is_tried_again_later_and_nothing_is_lost(world, admin, receiver, allowed):
    await add(admin, receiver.url)
    await push(admin, "team/app", "v1")
    receiver.statuses = [500, 302]
    receiver.more = "Location: http://127.0.0.1:1/elsewhere\r\n"
    tell = job(world, "tell webhooks").run
    await tell()
    (listed,) = (await admin("GET", PATH, expect=200)).json["webhooks"]
    assert (listed["failures"], listed["outcome"]) == (1, "500")
    await tell()
    assert len(receiver.messages) == 1
    world.clock.move(timedelta(seconds=11))
    await tell()
    (listed,) = (await admin("GET", PATH, expect=200)).json["webhooks"]
    assert listed["outcome"].startswith("302: it sends elsewhere")
    await push(admin, "team/app", "v2", b"2")
    world.clock.move(timedelta(seconds=21))
    await tell()
    told = [one["target"]["tag"] for one in json.loads(receiver.messages[-1][2])["events"]]
    assert told == ["v1", "v2"]
    ids = {one["id"] for one in receiver.events if one["target"]["tag"] == "v1"}
    assert len(ids) == 1


async def test_a_webhook_that_never_answers_is_given_up_after_twelve_attempts(
    world, admin, receiver, allowed
):
    await add(admin, receiver.url)
    await push(admin, "team/app", "v1")
    receiver.statuses = [503] * 20
    for _ in range(20):
        await job(world, "tell webhooks").run()
        world.clock.move(timedelta(hours=1, seconds=1))
    assert len(receiver.messages) == 12


async def test_a_test_sends_a_ping_at_once(admin, receiver, allowed):
    made = await add(admin, receiver.url)
    receiver.statuses = [200, 410]
    path = f"{PATH}/{made['id']}/test"
    assert (await admin("POST", path, expect=200)).json == {"delivered": True, "outcome": "200"}
    assert (await admin("POST", path, expect=200)).json["delivered"] is False
    assert [one["action"] for one in receiver.events] == ["ping", "ping"]
    assert (await admin("POST", f"{PATH}/none/test", expect=404)).code == "WEBHOOK_UNKNOWN"


async def test_the_secret_is_shown_once_and_kept_sealed(world, admin, receiver, allowed):
    made = await add(admin, receiver.url)
    assert len(made["secret"]) == 64
    answer = await admin("GET", PATH, expect=200)
    assert made["secret"] not in answer.body.decode()
    assert "secret" not in answer.json["webhooks"][0]
    dump = "\n".join(world.stores.database._connection.iterdump())
    assert made["secret"] not in dump
    assert made["secret"].encode().hex() not in dump.lower()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
    ],
)
async def test_REG_API_041_a_private_address_is_refused(admin, url):
    refused = await add(admin, url, expect=403)
    assert "webhook_allow_private" in refused["errors"][0]["message"]


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["9.9.9.9", "10.0.0.1"], ["fe80::1%lo"]])
async def test_REG_API_041_a_name_that_leads_into_a_private_network_is_told_nothing(
    admin, monkeypatch, addresses
):
    made = await add(admin, "https://rebinding.example/")
    connected = []

    async def resolve(self, host, port, **_options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    async def connect(*arguments, **_options):
        connected.append(arguments)
        raise OSError

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolve)
    monkeypatch.setattr(asyncio, "open_connection", connect)
    done = (await admin("POST", f"{PATH}/{made['id']}/test", expect=200)).json
    assert done["delivered"] is False
    assert "private network" in done["outcome"]
    assert connected == []


async def test_REG_API_041_the_address_that_was_checked_is_the_one_connected_to(admin, monkeypatch):
    made = await add(admin, "https://hook.example:8443/x")
    asked, connected = [], []

    async def resolve(self, host, port, **_options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("9.9.9.9", port))]

    async def connect(*arguments, **options):
        connected.append((arguments, options["server_hostname"]))
        raise OSError(111, "Connection refused")

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolve)
    monkeypatch.setattr(asyncio, "open_connection", connect)
    done = (await admin("POST", f"{PATH}/{made['id']}/test", expect=200)).json
    assert done["outcome"] == "no connection: Connection refused"
    assert asked == ["hook.example"]
    assert connected == [(("9.9.9.9", 8443), "hook.example")]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook.example",
        "http://hook.example/",
        "ftp://hook.example/",
        "https://",
        "https://user:word@hook.example/",
        "https://hook.example/#x",
        "https://hook.example/a b",
        "https://hook.example/\r\nX: y",
        "https://hook.example:99999/",
        "https://h\u00f6ok.example/",
        "https://hook.example/" + "a" * 2048,
    ],
)
async def test_an_address_that_cannot_be_one_is_refused(admin, url):
    await add(admin, url, expect=400)


async def test_webhooks_are_a_managers_and_so_many(world, admin):
    for events in ([], ["ping"], ["everything"]):
        await add(admin, "https://hook.example/", events, expect=400)
    await add(admin, "https://hook.example/", namespace="nobody", expect=404)
    bob = world.client(user="bob", password="other-password")
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/x")):
        assert (await bob(method, path, b"{}" if method == "POST" else b"")).status == 403
    made = [await add(admin, f"https://hook.example/{n}") for n in range(50)]
    await add(admin, "https://hook.example/", expect=400)
    await admin("DELETE", f"{PATH}/{made[0]['id']}", expect=204)
    await admin("DELETE", f"{PATH}/{made[0]['id']}", expect=404)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 2000\r\n\r\n", b"x" * 99_999])
async def test_what_is_no_http_answer_is_a_failure(answer):
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = WebhookSender("localhost", "https", allow_private=True)
    outcome = await sender.send(f"http://127.0.0.1:{port}/", "s", [], FixedClock().now())
    server.close()
    assert (outcome.is_taken, outcome.text) == (False, "no HTTP answer")


async def test_what_is_signed_and_taken_back_is_told_with_its_role(world, admin, receiver, allowed):
    await add(admin, receiver.url, ["sign", "revoke", "trust"], "team")
    owner = await make_owner(admin, world)
    await publish(admin, owner.first_push("1.0", b"1" * 32), expect=200)
    await publish(admin, owner.push("1.0", b"2" * 32), expect=200)
    await publish(admin, owner.add_signer("alice"), expect=200)
    await publish(admin, owner.sign_as("alice", "2.0", b"3" * 32), expect=200)
    # what is refused was not done
    owner.targets_version = 1
    await publish(admin, owner.push("3.0", b"4" * 32), expect=400)
    owner.targets_version, owner.tags = 4, {}
    await publish(admin, {TARGETS: owner.next_targets()}, expect=200)
    await admin("DELETE", f"{BASE}/", expect=200)
    await job(world, "tell webhooks").run()
    told = [(one["action"], one["target"].get("tag"), one["note"]) for one in receiver.events]
    assert told == [
        ("sign", "1.0", f"signed by targets in {GUN}"),
        ("sign", "1.0", f"moved by targets in {GUN}"),
        ("trust", None, f"publish in {GUN}"),
        ("sign", "2.0", f"signed by targets/alice in {GUN}"),
        ("sign", "2.0", f"signed by targets/releases in {GUN}"),
        ("revoke", "1.0", f"revoked by targets in {GUN}"),
        ("trust", None, f"delete in {GUN}"),
    ]
    assert {one["actor"]["name"] for one in receiver.events} == {"admin"}
    assert {one["target"]["repository"] for one in receiver.events} == {"team/app"}


async def test_what_comes_of_messages_is_measured(world, admin, receiver, allowed):
    await add(admin, receiver.url)
    await push(admin, "team/app", "v1")
    receiver.statuses = [503] * 12

    async def measured():
        text = (await admin("GET", "/metrics", expect=200)).body.decode()
        return {
            name: float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])
            for name in (
                'inkan_webhook_messages_total{outcome="failed"}',
                "inkan_webhook_events_waiting",
                "inkan_webhook_events_given_up_total",
            )
        }

    for _ in range(11):
        await job(world, "tell webhooks").run()
        world.clock.move(timedelta(hours=1, seconds=1))
    assert list((await measured()).values()) == [11, 1, 0]
    await job(world, "tell webhooks").run()
    assert list((await measured()).values()) == [12, 0, 1]
