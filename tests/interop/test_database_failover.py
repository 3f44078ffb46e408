"""The database's primary dies and its standby takes over: each server finds it by itself, and nothing acknowledged is lost."""

import os
import time

import pytest

from faults.wire import Server, Wire
from interop.conftest import require
from interop.postgresql_server import PASSWORD, PostgresServer, find_binaries
from interop.strait import Strait

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture
def primary():
    require(find_binaries(), "PostgreSQL is not installed; run `make interop` as root")
    server = PostgresServer().start()
    yield server
    server.stop()


@pytest.fixture
def standby(primary):
    server = primary.make_standby()
    yield server
    server.stop()


@pytest.mark.parametrize("how", ["dies", "vanishes"])
def test_STO_037_when_the_primary_goes_the_standby_is_found_and_nothing_acknowledged_is_lost(primary, standby, tmp_path, how):  # fmt: skip
    primary.new_database("failover")
    strait = Strait(primary.port)
    both = f"postgresql://inkan@127.0.0.1:{strait.port},127.0.0.1:{standby.port}/failover?target_session_attrs=read-write"
    environment = {
        "INKAN_DATABASE": both,
        "PGPASSWORD": PASSWORD,
        "INKAN_KEY_ENCRYPTION_KEY": "17" * 32,
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
    }
    server = Server(tmp_path / "data", environment=environment).start()
    kept = {}
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        for number in range(20):
            kept[f"v{number}"] = wire.push_image("team/app", f"v{number}", b"%d" % number)
        if how == "vanishes":
            # its machine is off: nobody is there to say no, on old connections and new ones
            strait.silence()
        primary.crash()
        answer = wire.call("GET", "/v2/team/app/manifests/v1")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        standby.promote()
        began = time.monotonic()
        while (answer := wire.call("POST", "/v2/team/app/blobs/uploads/")).status != 202:
            assert answer.status == 503, answer.body
            assert time.monotonic() - began < 10
            time.sleep(0.1)
        for tag, (_, manifest) in kept.items():
            answer = wire.call("GET", f"/v2/team/app/manifests/{tag}", expect=200)
            assert answer.headers["docker-content-digest"] == manifest
        wire.push_image("team/app", "after", b"after")
    assert server.stop() == 0
    strait.end()
