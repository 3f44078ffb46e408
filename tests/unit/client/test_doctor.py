"""The doctor names each thing that lets images run unverified, and is silent where all is well."""

from datetime import timedelta

import pytest

from inkan.cli.main import main
from inkan.client.doctor import examine
from inkan.keys.folder import KeyFolder
from inkan.testing.publisher import DEFAULT_NOW
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
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / ".docker").mkdir()
    (tmp_path / "bin").mkdir()
    return tmp_path


def install_docker(home, version):
    program = home / "bin" / "docker"
    program.write_text(f"#!/bin/sh\necho 'Docker version {version}, build 0'\n")
    program.chmod(0o755)


def findings():
    return {one.what: one for one in examine(DEFAULT_NOW)}


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
    soon = {one.what for one in examine(DEFAULT_NOW + timedelta(days=3500))}
    assert any("registry.test/team/app ends on" in what for what in soon)
    path.write_bytes(b"{}")
    assert any("is damaged" in what for what in findings())
