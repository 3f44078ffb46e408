"""The doctor names each thing that lets images run unverified, and is silent where all is well."""

import http.server
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from inkan.cli.main import main
from inkan.client.doctor import examine
from inkan.clock import SystemClock
from inkan.keys.folder import KeyFolder
from inkan.testing.publisher import DEFAULT_NOW, root_signer
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.roles import ROOT
from inkan.tuf.sign import EcdsaSigner


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine on which all is well."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / ".docker"))
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")
    monkeypatch.delenv("DOCKER_CONTENT_TRUST_SERVER", raising=False)
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "inkan.json"))
    monkeypatch.delenv("INKAN_CA", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / ".docker").mkdir()
    (tmp_path / "bin").mkdir()
    return tmp_path


def install_docker(home, version):
    program = home / "bin" / "docker"
    program.write_text(f"#!/bin/sh\necho 'Docker version {version}, build 0'\n")
    program.chmod(0o755)


def findings(project=Path("/nonexistent"), now=DEFAULT_NOW):
    return {one.what: one for one in examine(now, project)}


def test_a_machine_on_which_all_is_well(home, capsys):
    install_docker(home, "28.2.2")
    assert findings() == {}
    assert main(["doctor"]) == 0
    assert "Nothing here runs unverified." in capsys.readouterr().out


def test_a_docker_that_ignores_content_trust(home, capsys):
    install_docker(home, "29.1.0")
    (found,) = findings().values()
    assert found.is_serious
    assert "inkan plugin install" in found.remedy
    assert main(["doctor"]) == 6


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_a_variable_that_is_off(home, monkeypatch, value):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", value)
    assert any("verifies nothing" in what for what in findings())


def test_servers_that_docker_stumbles_over(home, monkeypatch):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", "http://registry.test:4443/")
    assert len(findings()) == 2


def test_profiles_that_turn_it_off(home):
    (home / ".bashrc").write_text(
        "alias x=y\nexport DOCKER_CONTENT_TRUST=0  # for now\n# --disable-content-trust\n"
    )
    (what,) = findings()
    assert what.endswith(".bashrc:2 turns content trust off")


def test_passwords_and_keys_that_others_can_read(home, monkeypatch):
    config = home / ".docker" / "config.json"
    config.write_text('{"auths":{"registry.test":{"auth":"YTpi"}}}')
    config.chmod(0o644)
    monkeypatch.setattr("inkan.limits.KEY_ROUNDS", 1000)
    file = KeyFolder(home / ".docker" / "trust").add(
        EcdsaSigner.generate(), "root", "", "passphrase-1"
    )
    file.path.chmod(0o644)
    assert len(findings()) == 3
    config.write_text("{")
    assert any("cannot be read" in what for what in findings())


def test_roots_that_end_soon_or_are_damaged(home):
    repository = SimulatedRepository.with_tags("registry.test/team/app", a=b"1" * 32)
    path = home / ".docker" / "trust" / "tuf" / "registry.test/team/app" / "metadata" / "root.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(repository.files[ROOT])
    assert findings() == {}
    soon = findings(now=DEFAULT_NOW + timedelta(days=3500))
    assert any("registry.test/team/app ends on" in what for what in soon)
    path.write_bytes(b"{}")
    assert any("is damaged" in what for what in findings())


def test_OPS_006_metadata_at_80_percent_of_its_life_is_listed_and_the_exit_code_is_not_0(
    home, capsys, monkeypatch
):
    guns = [f"registry.test/team/{name}" for name in ("app", "web")]
    for gun in guns:
        repository = SimulatedRepository.with_tags(gun, a=b"1" * 32)
        for role, raw in repository.owner.add_signer("alice").items():
            repository.files[role] = raw
        repository.files |= repository.owner.sign_as("alice", "a", b"1" * 32)
        for role, raw in repository.files.items():
            path = home / ".docker" / "trust" / "tuf" / gun / "metadata" / f"{role}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
    targets = {f"the {role} of {gun}" for gun in guns for role in ("targets", "targets/alice", "targets/releases")}  # fmt: skip
    roots = {f"the root of {gun}" for gun in guns}
    young, old = timedelta(days=1095 * 0.79), timedelta(days=1095 * 0.81)
    assert findings(now=DEFAULT_NOW + young) == {}
    for life, listed in ((old, targets), (timedelta(days=3650 * 0.81), targets | roots)):
        found = findings(now=DEFAULT_NOW + life)
        assert {what.split(" ends ")[0].split(" has ")[0] for what in found} == listed
        assert all("inkan trust" in one.remedy for one in found.values())
    instant = DEFAULT_NOW + timedelta(days=3650 * 0.81)
    monkeypatch.setattr(SystemClock, "now", lambda _: instant)
    assert main(["doctor"]) == 6
    said = capsys.readouterr()
    assert all(gun in said.out for gun in guns)
    assert "8 of 8 findings" in said.err


@pytest.mark.parametrize(
    ("name", "line", "is_off"),
    [
        (".gitlab-ci.yml", '  DOCKER_CONTENT_TRUST: "0"', True),
        (".github/workflows/ci.yaml", "run: docker pull --disable-content-trust app", True),
        ("Jenkinsfile", "environment { DOCKER_CONTENT_TRUST = 'false' }", True),
        ("Makefile", "\tDOCKER_CONTENT_TRUST=0 docker build .", True),
        (".gitlab-ci.yml", '  DOCKER_CONTENT_TRUST: "1"', False),
        ("Makefile", "# DOCKER_CONTENT_TRUST=0", False),
        ("Makefile", "docker pull --disable-content-trust=false app", False),
    ],
)
def test_files_for_a_build_service_that_turn_it_off(home, name, line, is_off):
    path = home / "project" / name
    path.parent.mkdir(parents=True)
    path.write_text(f"first\n{line}\n")
    found = findings(home / "project")
    assert (f"{path}:2 turns content trust off" in found) == is_off
    assert len(found) == int(is_off)


def test_ca_files_that_vouch_no_longer(home, monkeypatch):
    kept = home / ".docker" / "tls" / "registry.test"
    kept.mkdir(parents=True)
    (kept / "ca.crt").write_text("nothing")
    assert "cannot be used" in next(iter(findings()))
    signer = root_signer(
        "registry.test/team/app", ec.generate_private_key(ec.SECP256R1()), DEFAULT_NOW
    )
    (kept / "ca.crt").write_bytes(signer.public_key.public)
    assert findings() == {}
    assert "has ended" in next(iter(findings(now=DEFAULT_NOW + timedelta(days=20_000))))
    monkeypatch.setenv("INKAN_CA", str(home / "none.crt"))
    assert "none.crt cannot be used" in next(iter(findings()))


def test_a_clock_that_is_not_the_registrys(home):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    (home / "inkan.json").write_text(f'{{"target": "http://127.0.0.1:{server.server_port}"}}')
    now = SystemClock().now()
    assert findings(now=now) == {}
    (ahead,) = findings(now=now + timedelta(hours=1)).values()
    assert ("ahead of" in ahead.what, ahead.is_serious) == (True, False)
    (behind,) = findings(now=now - timedelta(hours=1)).values()
    assert ("behind" in behind.what, behind.is_serious) == (True, True)
    server.shutdown()
    server.server_close()
    thread.join()
    assert "could not be asked" in next(iter(findings(now=now)))
