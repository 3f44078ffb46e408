"""Logging in: who was logged in is not asked again, a key is never an argument, a CA is kept only when it is the one that was meant."""

import json

import pytest

from inkan.cli.main import main
from inkan.client import ca_offer, certificates, credentials, podman, targets
from inkan.client.administration import Administration
from inkan.client.credentials import Credential
from inkan.client.session import Session
from inkan.errors import ServerUnreachableError

HOST = "registry.test"


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.delenv("DOCKER_CONTENT_TRUST", raising=False)
    monkeypatch.setattr(ca_offer, "is_vouched_for", lambda _host: True)
    monkeypatch.setattr(Administration, "version", lambda _self: {"trust_server": "https://registry.test:4443"})  # fmt: skip
    monkeypatch.setattr(Administration, "regions", lambda _self: {"eu": HOST})
    return tmp_path


def test_an_api_key_comes_from_a_file(own, capsys):
    (own / "key").write_text("k3y\n")
    assert main(["login", HOST, "--apikey", f"@{own / 'key'}"]) == 0
    assert credentials.find(HOST) == Credential("iamapikey", "k3y")
    assert targets.current().host == HOST
    shown = capsys.readouterr()
    assert shown.err.endswith(f"Logging in to '{HOST}'...\nLogged in to '{HOST}'.\n")
    assert "k3y" not in shown.out + shown.err
    assert main(["region"]) == 0
    assert "region 'eu'" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "two words", "ümlaut"])
def test_a_file_that_holds_no_key_is_refused(own, content, capsys):
    (own / "key").write_text(content)
    assert main(["login", HOST, "--apikey", f"@{own / 'key'}"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_key_is_never_an_argument(capsys):
    assert main(["login", HOST, "--apikey", "s3cr3t"]) == 2
    said = capsys.readouterr().err
    assert "@FILE" in said
    assert "s3cr3t" not in said


def test_who_was_logged_in_is_not_asked_again():
    credentials.store(HOST, Credential("alice", "secret"))
    assert main(["login", HOST]) == 0


def test_nobody_is_waited_for(capsys):
    assert main(["login", HOST]) == 2
    assert "no terminal" in capsys.readouterr().err


def test_a_log_in_is_forgotten_and_nothing_else(own, capsys):
    credentials.store("other.test", Credential("bob", "secret"))
    credentials.store(HOST, Credential("alice", "secret"))
    assert main(["logout", HOST]) == 0
    auths = json.loads((own / "docker/config.json").read_text())["auths"]
    assert list(auths) == ["other.test"]
    assert main(["logout", HOST]) == 0
    assert "Nobody was logged in." in capsys.readouterr().out


def test_a_fingerprint_is_compared_whole_however_it_is_spelled():
    offer = ca_offer.CaOffer(b"", "AB:" * 31 + "CD")
    for spelled in (offer.fingerprint, offer.fingerprint.lower(), "ab" * 31 + "cd", f"SHA256:{offer.fingerprint}"):  # fmt: skip
        assert offer.is_of(spelled)
    for other in ("", "ab", "AB:" * 31 + "CE", offer.fingerprint + ":AB"):
        assert not offer.is_of(other)


def test_a_ca_that_is_not_the_one_that_was_meant_is_not_kept(own, monkeypatch, capsys):
    monkeypatch.setattr(ca_offer, "is_vouched_for", lambda _host: False)
    monkeypatch.setattr(
        ca_offer, "fetch_ca", lambda _host: ca_offer.CaOffer(b"", "AB:" * 31 + "CD")
    )
    monkeypatch.setattr(certificates, "keep_ca", lambda *_: pytest.fail("kept"))
    credentials.store(HOST, Credential("alice", "secret"))
    assert main(["login", HOST, "--ca-fingerprint", "00" * 32]) == 6
    assert "somebody may stand between" in capsys.readouterr().err
    assert main(["login", HOST]) == 2
    assert "AB:AB" in capsys.readouterr().err


@pytest.fixture
def ended(monkeypatch):
    """What was ended at the server."""
    ended = []
    monkeypatch.setattr(Session, "call", lambda self, *words, body, **_more: ended.append((self.url, *words, body)))  # fmt: skip
    return ended


@pytest.mark.parametrize(
    ("kept", "is_ended"),
    [
        (Credential("iamrefresh", "ir_1"), True),
        (Credential("<token>", "ir_1"), True),
        (Credential("alice", "secret"), False),
        (Credential("iamapikey", "k3y"), False),
    ],
)
def test_who_logs_out_ends_at_the_server_what_ends_there(ended, capsys, kept, is_ended):
    """Once, though docker and podman both had it: a password and a key stay good for who knows them."""
    credentials.store(HOST, kept)
    podman.store(HOST, kept)
    assert main(["logout", HOST]) == 0
    call = (f"https://{HOST}", "POST", "/token/revoke", b"token=ir_1&token_type_hint=refresh_token")
    assert set(ended) == ({call} if is_ended else set())
    assert credentials.find_kept(HOST) is podman.find(HOST) is None
    assert "warning" not in capsys.readouterr().err


def test_a_server_that_is_away_keeps_nobody_logged_in_here(monkeypatch, capsys):
    credentials.store(HOST, Credential("iamrefresh", "ir_canary"))

    def away(*_words, **_more):
        raise ServerUnreachableError("nobody answers")

    monkeypatch.setattr(Session, "call", away)
    assert main(["logout", HOST]) == 0
    assert credentials.find_kept(HOST) is None
    said = capsys.readouterr()
    assert "warning: the log-in could not be ended at the server" in said.err
    assert "canary" not in said.out + said.err
