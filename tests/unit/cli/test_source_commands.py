"""The commands that users of `ibmcloud cr` know: same names, other names, flags and headings.

Source: the requirement's table of commands, both generations.
"""

import re

import click
import pytest

from inkan.cli.index import ALIASES, ELSEWHERE
from inkan.cli.main import cli, main

TABLE = """
api
exemption-add            --scope --issue-type --issue-id -o
exemption-list           --scope -o
exemption-rm             --scope --issue-type --issue-id -o
exemption-types          -o
image-digests            --format -q -o --restrict --include-ibm --no-va --va
image-inspect            --format
image-list               --no-trunc --format -q --restrict --include-ibm --show-type --va --no-va -o
image-prune-untagged     -f -o --restrict
image-restore
image-rm
image-tag
image-untag
info                     --verbose
login                    --client
manifest-inspect         -q
namespace-add            -g
namespace-list           -v -o
namespace-rm             -f
quota                    -o
quota-set                --traffic --storage
region
region-set
retention-policy-list    -o
retention-policy-set     --retain-untagged --deletion-threshold-days -f --images
retention-run            --retain-untagged --deletion-threshold-days -f --images -o
trash-list               --restrict -o
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
GONE = (
    "build iam-policies-enable iam-policies-status namespace-assign plan plan-upgrade platform-metrics ppa-archive-load "
    "private-only token-add token-get token-list tokens token-rm va va-version va-version-set vulnerability-assessment"
)
OTHER_NAMES = {
    "exemptions": "exemption-list",
    "digests": "image-digests",
    "images": "image-list",
    "namespaces": "namespace-list",
}
# those without which the command says nothing to anybody
REQUIRED = {"--scope", "--issue-type", "--issue-id", "--images"}


@pytest.mark.parametrize(("name", "flags"), [(row[0], row[1:]) for row in ROWS])
def test_a_command_has_every_flag_of_the_source_s_and_no_other_is_needed(name, flags):
    command = cli.get_command(click.Context(cli), name)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert set(flags) <= {flag for one in options for flag in one.opts}
    needed = {flag for one in options if one.required for flag in one.opts}
    assert needed <= REQUIRED & set(flags)


def test_the_other_names_are_the_source_s():
    assert OTHER_NAMES.items() <= ALIASES.items()


@pytest.mark.parametrize("name", GONE.split())
@pytest.mark.parametrize("is_spaced", [False, True])
def test_what_there_is_none_of_says_what_to_do_instead(name, is_spaced, capsys):
    assert main(name.split("-") if is_spaced else [name]) == 2
    assert ELSEWHERE[name] in capsys.readouterr().err


def test_arguments_stand_where_the_source_has_them(capsys):
    """What is after the flags: as many words as there, in their order."""
    for words in (
        "image-inspect IMAGE...", "image-restore IMAGE", "image-rm IMAGE...", "image-tag SOURCE TARGET", "namespace-rm NAME",
        "image-untag IMAGE:TAG...", "manifest-inspect IMAGE", "namespace-add NAME", "region-set [REGION]", "retention-run NAMESPACE",
        "retention-policy-set NAMESPACE",
    ):  # fmt: skip
        assert main([words.split()[0], "--help"]) == 0
        usage = capsys.readouterr().out.splitlines()[0]
        assert re.sub(r"^Usage: inkan (\S+) \[OPTIONS\] ", r"\1 ", usage) == words
