"""`inkan trusted-issuer-…`: whose word is taken for builds, sent as it was told and shown as it is kept."""

import json

import pytest

from inkan.cli.main import main
from inkan.client.people import People

TOLD = [
    "--issuer", "https://ci.test", "--audience", "inkan", "--subject", "repo:team/*", "--claim", "ref=refs/heads/main",
    "--claim", "env=prod", "--account", "robot", "--role", "pusher", "--namespace", "team",
]  # fmt: skip
KEPT = {
    "name": "ci",
    "issuer": "https://ci.test",
    "audience": "inkan",
    "subject": "repo:team/*",
    "claims": ["ref=refs/heads/main", "env=prod"],
    "account": "robot",
    "roles": ["pusher"],
    "namespaces": ["team"],
}


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What the server was asked."""
    asked = []

    def answer(_self, method, path, tree=None, *_scope):
        asked.append((method, path, tree if tree is None else json.loads(json.dumps(tree))))
        return {"trusted_issuers": [KEPT]} if method == "GET" else KEPT

    monkeypatch.setattr(People, "of_target", classmethod(lambda cls: cls.__new__(cls)))
    monkeypatch.setattr(People, "_ask", answer)
    return asked


@pytest.mark.parametrize("words", [["trusted-issuer-add"], ["trusted-issuer", "add"]])
def test_what_was_told_is_what_is_sent(asked, capsys, words):
    assert main([*words, "ci", *TOLD]) == 0
    assert capsys.readouterr().out == "OK\n"
    told = {name: value for name, value in KEPT.items() if name != "name"}
    assert asked == [("PUT", "/api/v1/trusted-issuers/ci", told)]


def test_a_name_is_part_of_no_other_path(asked):
    assert main(["trusted-issuer-rm", "../accounts/admin?x"]) == 0
    assert asked[0][:2] == ("DELETE", "/api/v1/trusted-issuers/..%2Faccounts%2Fadmin%3Fx")


def test_they_are_listed(capsys):
    assert main(["trusted-issuers"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Name   Issuer            Subject       Account",
        "ci     https://ci.test   repo:team/*   robot",
    ]
    assert main(["trusted-issuer-list", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"trusted_issuers": [KEPT]}


def test_one_is_removed(asked, capsys):
    assert main(["trusted-issuer-rm", "ci", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"removed": "ci"}
    assert asked == [("DELETE", "/api/v1/trusted-issuers/ci", None)]


@pytest.mark.parametrize("missing", ["--issuer", "--audience", "--subject", "--account"])
def test_without_who_and_what_nobody_is_trusted(asked, capsys, missing):
    at = TOLD.index(missing)
    assert main(["trusted-issuer-add", "ci", *TOLD[:at], *TOLD[at + 2 :]]) == 2
    assert missing in capsys.readouterr().err
    assert asked == []


def test_a_role_that_there_is_not_is_answered_with_those_there_are(asked, capsys):
    assert main(["trusted-issuer-add", "ci", *TOLD, "--role", "king"]) == 2
    assert "pusher" in capsys.readouterr().err
    assert asked == []
