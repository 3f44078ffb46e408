"""Two servers on one PostgreSQL database and one bucket, behind HAProxy as `deploy/haproxy.cfg` has it."""

import http.client
import itertools
import json
import os
import random
import shutil
import threading
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from obstore.store import S3Store

from faults.test_kill import Owner, Pusher
from faults.wire import PASSWORD, Server, Wire
from interop.ceph_server import ACCESS_KEY, SECRET_KEY
from interop.conftest import require
from interop.docker_client import DockerClient
from interop.inkan_server import inkan_program
from interop.postgresql_server import PASSWORD as DATABASE_PASSWORD
from interop.processes import Daemon, free_port, run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)
LARGE = random.Random(5).randbytes(10_000_000)


def environment(postgresql, ceph, name, **more):
    return {
        "INKAN_DATABASE": postgresql.new_database(name),
        "PGPASSWORD": DATABASE_PASSWORD,
        "INKAN_BLOBS": f"s3://inkan-two/{name}",
        "INKAN_KEY_ENCRYPTION_KEY": "17" * 32,
        "INKAN_HOST": "localhost",
        "INKAN_PROXIES": "127.0.0.1",
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
        **ceph.environment,
        **more,
    }


class Pair:
    """Two servers and the balancer before them."""

    def __init__(self, folder: Path, shared: dict):
        self.servers = []
        for number in (1, 2):
            (folder / f"server{number}").mkdir()
            data = folder / f"server{number}" / "data"
            self.servers.append(Server(data, environment=shared))
        self.folder, self.balancer, self.port = folder, None, free_port()

    def start(self):
        starts = [threading.Thread(target=server.start) for server in self.servers]
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        assert all(server.process.poll() is None for server in self.servers), self.logs()
        self.balancer = self._balance(self.folder)
        with self.wire() as wire:
            wire.make_namespace("team")
        return self

    def _balance(self, folder: Path) -> Daemon:
        text = (ROOT / "deploy" / "haproxy.cfg").read_text()
        one, two = (f"127.0.0.1:{server.port}" for server in self.servers)
        for written, here in (
            ("bind :443 ssl crt /etc/haproxy/inkan.pem alpn h2,http/1.1", f"bind 127.0.0.1:{self.port}"),
            ("10.0.0.11:5000", one),
            ("10.0.0.12:5000", two),
        ):  # fmt: skip
            assert text.count(written) == 1, written
            text = text.replace(written, here)
        path = folder / "haproxy.cfg"
        path.write_text(text)
        daemon = Daemon(["/usr/sbin/haproxy", "-f", path], folder / "haproxy.log")
        daemon.wait_until(self._answers)
        return daemon

    def _answers(self) -> bool:
        try:
            with self.wire() as wire:
                return wire.call("GET", "/health/ready").status == 200
        except OSError:
            return False

    def wire(self, number: int | None = None) -> Wire:
        """A connection through the balancer, or to one server."""
        return Wire(self.port if number is None else self.servers[number].port)

    def logs(self) -> str:
        return "\n".join((s.data.parent / "server.log").read_text() for s in self.servers)

    def stop(self):
        if self.balancer is not None:
            self.balancer.end()
        for server in self.servers:
            if server.process is not None and server.process.poll() is None:
                server.stop()


@pytest.fixture(scope="module")
def pair(postgresql, ceph, tmp_path_factory):
    require(
        shutil.which("haproxy") or Path("/usr/sbin/haproxy").exists(), "haproxy is not installed"
    )
    running = Pair(tmp_path_factory.mktemp("two"), environment(postgresql, ceph, "two"))
    try:
        yield running.start()
    finally:
        running.stop()


def new_name():
    return f"team/app{next(_numbers)}"


def digest_of(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def test_servers_that_start_together_share_one_account_and_one_signing_key(pair):
    with pair.wire(0) as first, pair.wire(1) as second:
        token = first.call("GET", "/token?service=inkan", expect=200).body.split(b'"token"')[1].split(b'"')[1]  # fmt: skip
        second.headers = {**second.headers, "Authorization": f"Bearer {token.decode()}"}
        assert second.call("GET", "/v2/").status == 200


def test_an_upload_that_was_begun_on_one_is_finished_on_the_other(pair):
    name, digest = new_name(), digest_of(LARGE)
    with pair.wire(0) as first, pair.wire(1) as second:
        session = first.call("POST", f"/v2/{name}/blobs/uploads/", expect=202).headers["location"]
        path = urlsplit(session).path
        first.call("PATCH", path, LARGE[:9_000_000], expect=202)
        assert second.call("GET", path, expect=204).headers["range"] == "0-8999999"
        second.call("PATCH", path, LARGE[9_000_000:9_500_000], expect=202)
        first.call("PUT", f"{path}?digest={digest}", LARGE[9_500_000:], expect=201)
        for wire in (first, second):
            assert wire.call("GET", f"/v2/{name}/blobs/{digest}", expect=200).body == LARGE
        # in one request, and closed on the other
        session = second.call("POST", f"/v2/{name}/blobs/uploads/", expect=202).headers["location"]
        content = LARGE[:9_100_000]
        second.call("PATCH", urlsplit(session).path, content, expect=202)
        first.call("PUT", f"{urlsplit(session).path}?digest={digest_of(content)}", expect=201)
        part = {"Range": "bytes=5-9"}
        answer = second.call("GET", f"/v2/{name}/blobs/{digest_of(content)}", headers=part, expect=206)  # fmt: skip
        assert answer.body == content[5:10]


def test_a_tag_that_was_moved_on_one_is_at_once_seen_on_the_other(pair):
    name = new_name()
    with pair.wire(0) as first, pair.wire(1) as second:
        for number in range(30):
            content = b"%d" % number
            writer, reader = ((first, second), (second, first))[number % 2]
            # asked before as well, with the same head: nothing of it may be remembered
            reader.call("GET", f"/v2/{name}/manifests/moving")
            _, manifest = writer.push_image(name, "moving", content)
            answer = reader.call("GET", f"/v2/{name}/manifests/moving", expect=200)
            assert answer.headers["docker-content-digest"] == manifest


def test_STO_027_two_writers_of_one_blob_both_succeed_and_one_file_stays(pair):
    name, content = new_name(), LARGE[:3_000_000]
    answers = []

    def push(number):
        with pair.wire(number % 2) as wire:
            answers.append(wire.push_blob(name, content))

    pushers = [threading.Thread(target=push, args=(n,)) for n in range(8)]
    for one in pushers:
        one.start()
    for one in pushers:
        one.join()
    assert answers == [digest_of(content)] * 8
    with pair.wire() as wire:
        assert wire.call("GET", f"/v2/{name}/blobs/{answers[0]}", expect=200).body == content


def test_STO_028_of_many_writers_of_one_tag_each_succeeds_and_one_is_last(pair):
    name, manifests, failures = new_name(), set(), []

    def push(number):
        try:
            with pair.wire(number % 2) as wire:
                for turn in range(2):
                    manifests.add(wire.push_image(name, "one", b"%d %d" % (number, turn))[1])
        except AssertionError as error:
            failures.append(error)

    pushers = [threading.Thread(target=push, args=(n,)) for n in range(50)]
    for one in pushers:
        one.start()
    for one in pushers:
        one.join()
    assert not failures
    with pair.wire(0) as first, pair.wire(1) as second:
        seen = {
            wire.call("GET", f"/v2/{name}/manifests/one", expect=200).headers["docker-content-digest"]
            for wire in (first, second, first)
        }  # fmt: skip
    assert len(seen) == 1
    assert seen <= manifests


def test_STO_045_OPS_013_kill_9_of_one_loses_nothing_acknowledged_and_tries_again_succeed(pair):
    pushers = [Pusher(next(_numbers)), Pusher(next(_numbers))]
    owner = Owner(pair.port, f"signed{next(_numbers)}")
    chance, surprises = random.Random(45), []
    for kill in range(3):
        workers = [
            threading.Thread(target=keep_on, args=(w, pair.port, time.monotonic() + 3, surprises))
            for w in (*pushers, owner)
        ]
        for worker in workers:
            worker.start()
        time.sleep(chance.uniform(0.5, 1.5))
        doomed = pair.servers[kill % 2]
        doomed.kill()
        with pair.wire(1 - kill % 2) as wire:
            # the other goes on without a pause
            wire.call("GET", "/v2/", expect=200)
        for worker in workers:
            worker.join(timeout=60)
            assert not worker.is_alive()
        for port in (pair.port, pair.servers[1 - kill % 2].port):
            with Wire(port) as wire:
                for witness in (*pushers, owner):
                    witness.check(wire)
        doomed.start()
    assert not surprises
    assert sum(len(p.tags) for p in pushers) > 20
    assert len(owner.acknowledged) > 5


def test_OPS_013_a_rolling_restart_fails_no_pull(pair):
    name = new_name()
    with pair.wire() as wire:
        blob, manifest = wire.push_image(name, "v1", LARGE[:300_000])
    done, failed, is_over = [], [], threading.Event()

    def pull():
        while not is_over.is_set():
            for attempt in (1, 2):
                try:
                    with pair.wire() as wire:
                        answer = wire.call("GET", f"/v2/{name}/manifests/v1", expect=200)
                        assert answer.headers["docker-content-digest"] == manifest
                        content = wire.call("GET", f"/v2/{name}/blobs/{blob}", expect=200).body
                        assert content == LARGE[:300_000]
                except (AssertionError, OSError, http.client.HTTPException) as error:
                    if attempt == 2:
                        failed.append(error)
                    time.sleep(0.1)
                else:
                    done.append(attempt)
                    break

    pullers = [threading.Thread(target=pull) for _ in range(4)]
    for puller in pullers:
        puller.start()
    for server in pair.servers:
        assert server.stop() == 0
        server.start()
        # the balancer looks every two seconds
        time.sleep(2.5)
    is_over.set()
    for puller in pullers:
        puller.join(timeout=60)
    assert not failed
    assert len(done) > 20


def test_skopeo_copies_through_the_balancer_while_a_server_dies(pair, tmp_path):
    require(shutil.which("skopeo"), "skopeo is not installed")
    name, source = new_name(), tmp_path / "source"
    write_image(source, [LARGE[:5_000_000], LARGE[5_000_000:]])
    target = f"docker://127.0.0.1:{pair.port}/{name}:v1"
    log_in = ("--dest-creds", f"admin:{PASSWORD}", "--dest-tls-verify=false")
    killer = threading.Timer(0.4, pair.servers[1].kill)
    killer.start()
    try:
        # skopeo tries again what it holds for a broken connection; a person says the same words once more
        for _ in range(3):
            ended = run("skopeo", "copy", "--preserve-digests", "--retry-times", "5", *log_in, f"dir:{source}", target, timeout=120, check=False)  # fmt: skip
            if ended.code == 0:
                break
        assert ended.code == 0, ended.text
    finally:
        killer.join()
        pair.servers[1].start()
    from_ = ("--src-creds", f"admin:{PASSWORD}", "--src-tls-verify=false")
    run("skopeo", "copy", *from_, target, f"dir:{tmp_path / 'back'}")
    for path in source.iterdir():
        assert (tmp_path / "back" / path.name).read_bytes() == path.read_bytes(), path.name


def test_docker_pushes_and_pulls_through_the_balancer_while_a_server_dies(pair, cli, engine, tmp_path):  # fmt: skip
    client = DockerClient(cli, tmp_path / "home", engine)
    # by address: docker speaks plain HTTP to the loopback network
    client.log_in(f"127.0.0.1:{pair.port}")
    reference = f"127.0.0.1:{pair.port}/{new_name()}:v1"
    image = client.make_image(reference, LARGE)
    killer = threading.Timer(0.5, pair.servers[0].kill)
    killer.start()
    try:
        # docker tries each layer five times; a person says the same words once more
        pushed = any(client("push", reference, check=False).code == 0 for _ in range(3))
    finally:
        killer.join()
        pair.servers[0].start()
    assert pushed
    client("image", "rm", reference)
    client("pull", reference)
    assert client.image_id(reference) == image


def write_image(folder: Path, layers):
    """An image in skopeo's folder form."""
    folder.mkdir()
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
    for content in (config, *layers):
        (folder / sha256(content).hexdigest()).write_bytes(content)
    kind = "application/vnd.oci.image"

    def descriptor(media_type, content):
        return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": descriptor(f"{kind}.config.v1+json", config),
        "layers": [descriptor(f"{kind}.layer.v1.tar", content) for content in layers],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "version").write_text("Directory Transport Version: 1.1\n")


def keep_on(worker, port, deadline, surprises):
    """What a client does: it tries again."""
    while time.monotonic() < deadline:
        try:
            with Patient(port, deadline) as wire:
                worker.push(wire) if isinstance(worker, Pusher) else worker.publish(wire)
        except AssertionError as error:
            # the balancer's answer for a request that a dead server had, and ours for what then is not there
            if not any(f", {status}, " in str(error) for status in (404, 409, 502, 503, 504)):
                surprises.append(error)
            time.sleep(0.1)


class Patient(Wire):
    """A connection that is cut at an instant."""

    def __init__(self, port, deadline):
        super().__init__(port)
        self.deadline = deadline

    def call(self, *args, **kwargs):
        if time.monotonic() > self.deadline:
            raise ConnectionResetError
        return super().call(*args, **kwargs)


def test_a_killed_servers_upload_can_be_gone_on_with_on_the_other(pair):
    name, digest = new_name(), digest_of(LARGE)
    with pair.wire(0) as first:
        session = first.call("POST", f"/v2/{name}/blobs/uploads/", expect=202).headers["location"]
        path = urlsplit(session).path
        first.call("PATCH", path, LARGE[:4_000_000], expect=202)

        def slowly():
            yield LARGE[4_000_000:5_000_000]
            pair.servers[0].kill()
            yield LARGE[5_000_000:]

        with pytest.raises((OSError, http.client.HTTPException)):
            first.call("PATCH", path, slowly(), {"Transfer-Encoding": "chunked"})
    with pair.wire(1) as second:
        assert second.call("GET", path, expect=204).headers["range"] == "0-3999999"
        deadline = time.monotonic() + 40
        # the dead one holds it for some seconds more
        while (answer := second.call("PATCH", path, LARGE[4_000_000:])).status != 202:
            assert answer.status in (409, 416, 503), (answer.status, answer.body)
            assert time.monotonic() < deadline
            time.sleep(1)
        second.call("PUT", f"{path}?digest={digest}", expect=201)
        assert second.call("GET", f"/v2/{name}/blobs/{digest}", expect=200).body == LARGE
    pair.servers[0].start()


def test_STO_037_without_the_database_every_answer_says_when_to_come_again(own_postgresql, ceph, tmp_path):  # fmt: skip
    (tmp_path / "one").mkdir()
    shared = environment(own_postgresql, ceph, "away")
    server = Server(tmp_path / "one" / "data", environment=shared).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        _, manifest = wire.push_image("team/app", "v1", b"kept")
        own_postgresql.crash()
        for method, path in (
            ("GET", "/v2/team/app/manifests/v1"),
            ("POST", "/v2/team/app/blobs/uploads/"),
        ):
            answer = wire.call(method, path)
            assert answer.status == 503, answer.body
            assert int(answer.headers["retry-after"]) >= 1
        assert wire.call("GET", "/health/live").status == 200
        assert wire.call("GET", "/health/ready").status == 503
        own_postgresql.start()
        began = time.monotonic()
        while wire.call("GET", "/v2/team/app/manifests/v1").status != 200:
            assert time.monotonic() - began < 5
        kept = wire.call("GET", "/v2/team/app/manifests/v1", expect=200)
        assert kept.headers["docker-content-digest"] == manifest
        wire.push_image("team/app", "v2", b"new")
    assert server.stop() == 0
    assert DATABASE_PASSWORD not in (tmp_path / "one" / "server.log").read_text()


def test_without_the_bucket_nothing_is_acknowledged_and_what_needs_no_bytes_goes_on(pair, ceph):
    name = new_name()
    with pair.wire(0) as wire:
        _, manifest = wire.push_image(name, "v1", b"kept")
        session = wire.call("POST", f"/v2/{name}/blobs/uploads/", expect=202).headers["location"]
        path = urlsplit(session).path
        ceph.kill_gateway()
        try:
            answer = wire.call("PATCH", path, b"x" * 100)
            assert (answer.status, "retry-after" in answer.headers) == (503, True)
            answer = wire.call("GET", f"/v2/{name}/manifests/v1", expect=200)
            assert answer.headers["docker-content-digest"] == manifest
        finally:
            ceph.start_gateway()
        # what was not acknowledged is not there, and the same upload goes on
        wire.call("PATCH", path, b"y" * 100, expect=202)
        wire.call("PUT", f"{path}?digest={digest_of(b'y' * 100)}", expect=201)


def test_fsck_finds_puts_aside_and_lets_a_push_heal_while_servers_run(postgresql, ceph, tmp_path):
    (tmp_path / "one").mkdir()
    shared = environment(postgresql, ceph, "checked")
    server = Server(tmp_path / "one" / "data", environment=shared).start()

    def fsck(*words):
        ended = run(inkan_program(), "fsck", "-o", "json", *words, env=shared, check=False)
        return {(one["kind"], one["what"]) for one in json.loads(ended.out)["damage"]}

    with Wire(server.port) as wire:
        wire.make_namespace("team")
        blob, _ = wire.push_image("team/app", "v1", LARGE)
        # one that is on its way is no orphan
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        wire.call("PATCH", urlsplit(session).path, b"part", expect=202)
        assert fsck() == set()
        key = postgresql.sql(f"SELECT storage_key FROM blobs WHERE digest = '{blob}'", "checked")
        store = S3Store("inkan-two", prefix="checked", config={"endpoint": ceph.endpoint, "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY, "region": "us-east-1"}, client_options={"allow_http": True})  # fmt: skip
        store.put(f"blobs/{key}", LARGE[:-1] + b"?")
        store.put(f"blobs/ab/{'ab' * 16}", b"nobody's")
        assert fsck("--repair") == {("blob", blob), ("orphan", f"ab/{'ab' * 16}")}
        assert fsck() == {("blob", blob)}  # in quarantine, and so not there
        assert wire.call("HEAD", f"/v2/team/app/blobs/{blob}").status == 404
        assert wire.push_blob("team/app", LARGE) == blob
        assert wire.call("GET", f"/v2/team/app/blobs/{blob}", expect=200).body == LARGE
        assert fsck() == set()
    assert server.stop() == 0


def test_a_pull_is_sent_to_the_bucket_where_that_is_wanted(postgresql, ceph, tmp_path):
    (tmp_path / "one").mkdir()
    shared = environment(postgresql, ceph, "redirect", INKAN_BLOB_REDIRECT="true")
    server = Server(tmp_path / "one" / "data", "--log-level", "info", environment=shared).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        large, small = (wire.push_blob("team/app", c) for c in (LARGE, b"small"))
        answer = wire.call("GET", f"/v2/team/app/blobs/{large}", expect=307)
        assert answer.headers["cache-control"] == "no-store"
        with urlopen(answer.headers["location"], timeout=20) as object_:
            assert object_.read() == LARGE
        assert wire.call("HEAD", f"/v2/team/app/blobs/{large}").status == 200
        assert wire.call("GET", f"/v2/team/app/blobs/{small}", expect=200).body == b"small"
    assert server.stop() == 0
    log = (tmp_path / "one" / "server.log").read_text()
    for secret in ("X-Amz", DATABASE_PASSWORD, ceph.environment["AWS_SECRET_ACCESS_KEY"], PASSWORD):
        assert secret not in log
