"""`inkan region…`, `api` and `info` say what `ibmcloud cr` says, sentence by sentence."""

import json

import pytest

from inkan import __version__
from inkan.cli.main import main
from inkan.client import regions, targets


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    regions.add({"us-south": "us.registry.test", "eu": "eu.registry.test:5000"})
    targets.remember(targets.Target("us.registry.test"))
    return tmp_path


def test_a_region_is_shown_set_and_kept(capsys):
    assert main(["region"]) == 0
    assert capsys.readouterr().out == "You are targeting region 'us-south', the registry is 'us.registry.test'.\n"  # fmt: skip
    assert main(["region-set", "eu"]) == 0
    assert capsys.readouterr().out == "The region is set to 'eu', the registry is 'eu.registry.test:5000'.\n"  # fmt: skip
    assert targets.current() == targets.Target("eu.registry.test:5000")
    assert main(["region", "set", "us-south"]) == 0
    assert targets.current().host == "us.registry.test"


def test_an_unknown_region_is_answered_with_those_there_are(capsys):
    assert main(["region-set", "mars"]) == 3
    assert capsys.readouterr().err == "inkan: there is no region 'mars'; there are: eu, us-south\n"
    assert targets.current().host == "us.registry.test"


def test_without_a_name_and_a_terminal_nothing_hangs(capsys):
    assert main(["region-set"]) == 2
    assert "inkan region-set eu|us-south" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["1", "eu"])
def test_a_region_is_chosen_from_a_list(answer, capsys, monkeypatch):
    monkeypatch.setattr("inkan.cli.prompts.require_terminal", lambda _instead: None)
    monkeypatch.setattr("click.prompt", lambda _label, err: answer)
    assert main(["region-set"]) == 0
    said = capsys.readouterr()
    assert "1. eu\n2. us-south\n" in said.err
    assert "'eu'" in said.out


def test_regions_are_listed_added_and_forgotten(capsys):
    assert main(["region-add", "lab", "lab.test:5000"]) == 0
    assert main(["region-rm", "eu"]) == 0
    capsys.readouterr()
    assert main(["regions", "-o", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["regions"]
    assert [(one["region"], one["current"]) for one in listed] == [("lab", False), ("us-south", True)]  # fmt: skip
    assert main(["region-rm", "eu"]) == 3
    assert main(["region-add", "EU!", "lab.test"]) == 2
    assert main(["region-add", "eu", "not a host"]) == 2


def test_a_registry_that_no_region_names_is_local(capsys):
    targets.remember(targets.Target("localhost:5000"))
    assert main(["region"]) == 0
    assert "region 'local', the registry is 'localhost:5000'" in capsys.readouterr().out


@pytest.mark.parametrize("damaged", ["[]", "{", '{"target": "https://a.test", "regions": []}'])
def test_a_damaged_file_is_said_and_left_alone(own, damaged, capsys):
    file = own / "config.json"
    file.write_text(damaged)
    assert main(["region-add", "lab", "lab.test"]) == 2
    assert file.read_text() == damaged
    assert "Traceback" not in capsys.readouterr().err


def test_the_api_and_the_account_are_shown(capsys):
    assert main(["api"]) == 0
    assert capsys.readouterr().out == "Registry API endpoint   https://us.registry.test/api\n\nOK\n"
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Inkan", "version", __version__]
    assert "nobody is logged in" in lines[4]


def test_no_words_at_all_are_answered_with_help(capsys):
    main([])
    shown = capsys.readouterr()
    assert "Usage: inkan" in shown.out + shown.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(shell, capsys):
    assert main(["completion", shell]) == 0
    assert "_INKAN_COMPLETE" in capsys.readouterr().out
