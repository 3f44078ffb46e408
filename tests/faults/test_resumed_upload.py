"""An upload goes on after the server has been started anew."""

from hashlib import sha256

import pytest

from faults.wire import Server, Wire


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["stop", "kill"])
def test_REG_API_029_an_upload_goes_on_after_a_restart(tmp_path, ends):
    server = Server(tmp_path / "data").start()
    first, second = b"a" * 300_000, b"b" * 100_000
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        told = wire.call("PATCH", session, first, expect=202)
        assert told.headers["range"] == f"0-{len(first) - 1}"
    getattr(server, ends)()
    server.start()
    with Wire(server.port) as wire:
        found = wire.call("GET", session, expect=204)
        assert found.headers["range"] == f"0-{len(first) - 1}"
        span = f"{len(first)}-{len(first) + len(second) - 1}"
        wire.call("PATCH", session, second, {"Content-Range": span}, expect=202)
        digest = f"sha256:{sha256(first + second).hexdigest()}"
        wire.call("PUT", f"{session}?digest={digest}", expect=201)
        assert wire.call("GET", f"/v2/team/app/blobs/{digest}", expect=200).body == first + second
    assert server.stop() == 0
