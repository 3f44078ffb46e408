"""`inkan exemption-…` says what `ibmcloud cr` says."""

import pytest

from inkan.cli.main import main
from inkan.client.exemptions import Exempting

WORDS = ["--scope", "team/app", "--issue-type", "cve", "--issue-id", "CVE-2021-44228"]


@pytest.fixture(autouse=True)
def server(monkeypatch):
    kept = [
        {"scope": scope, "issue_type": "cve", "issue_id": "CVE-2021-44228"}
        for scope in ("*", "team/app", "team/apples")
    ]
    monkeypatch.setattr(Exempting, "of_target", classmethod(lambda _cls: Exempting.__new__(Exempting)))  # fmt: skip
    monkeypatch.setattr(Exempting, "exemptions", lambda _self, _namespace: kept)
    monkeypatch.setattr(Exempting, "exempt", lambda _self, *words: {"scope": words[0]})
    monkeypatch.setattr(Exempting, "exempt_no_more", lambda _self, *_words: None)


def test_the_sentences_are_those_of_the_source(capsys):
    assert main(["exemption-add", *WORDS]) == 0
    said = capsys.readouterr()
    assert said.err + said.out == "Creating exemption for 'CVE-2021-44228' in 'team/app'...\nOK\n"
    assert main(["exemption", "rm", *WORDS]) == 0
    said = capsys.readouterr()
    assert said.err + said.out == "Deleting exemption for 'CVE-2021-44228' in 'team/app'...\nOK\n"


def test_a_list_within_a_scope_has_what_holds_there(capsys):
    assert main(["exemptions", "--scope", "team/app:1.0"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Scope      Issue type   Issue ID",
        "*          cve          CVE-2021-44228",
        "team/app   cve          CVE-2021-44228",
    ]


def test_the_types_are_listed(capsys):
    assert main(["exemption-types"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Issue type      Description"
    assert [line.split()[0] for line in lines[1:]] == ["cve", "sn", "configuration"]


def test_an_unknown_type_is_answered_with_those_there_are(capsys):
    assert main(["exemption-add", *WORDS[:3], "luck", *WORDS[4:]]) == 2
    assert "'cve', 'sn', 'configuration'" in capsys.readouterr().err
