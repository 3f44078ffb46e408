"""What real docker and notary wrote verifies here, byte for byte."""

from base64 import b64encode
from pathlib import Path

import pytest

from inkan.tuf.canonical_json import canonical, envelope
from inkan.tuf.certificates import RootCertificate
from inkan.tuf.delegations import released, verified
from inkan.tuf.metadata import FileMeta, parse, parse_root
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.verify import require_threshold

VECTORS = Path(__file__).parents[2] / "vectors"


def read(folder: str) -> dict[RoleName, object]:
    base = VECTORS / folder
    names = {p.relative_to(base).as_posix().removesuffix(".json"): p for p in base.rglob("*.json")}
    return {
        RoleName(name): parse(RoleName(name), path.read_bytes())
        for name, path in names.items()
        if not name[0].isdigit()
    }


@pytest.mark.parametrize("folder", ["consumer", "delegations", "rotation"])
def test_every_file_verifies_from_the_root_down(folder):
    files = read(folder)
    root = files[ROOT]
    for role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP):
        require_threshold(root.role_keys(role), files[role].signatures, files[role].message)
    targets_like = {role: file for role, file in files.items() if role.is_targets_like}
    assert verified(root, targets_like) == targets_like


@pytest.mark.parametrize("folder", ["consumer", "delegations", "rotation"])
def test_canonical_bytes_and_envelopes_are_those_that_go_wrote(folder):
    for file in read(folder).values():
        assert file.raw.startswith(b'{"signed":' + canonical(file.tree()) + b',"signatures":')
        listed = [
            {"keyid": s.key_id, "method": s.method, "sig": b64encode(s.value).decode()}
            for s in file.signatures
        ]
        assert envelope(file.tree(), listed) == file.raw


@pytest.mark.parametrize("folder", ["consumer", "delegations", "rotation"])
def test_every_announced_file_is_the_one_at_hand(folder):
    files = read(folder)
    for announcer in (SNAPSHOT, TIMESTAMP):
        for role, meta in files[announcer].meta.items():
            meta.require_match(role, files[role].raw)
            assert FileMeta.of(files[role].raw).length == meta.length


def test_root_certificates_are_named_for_their_collection():
    root = read("consumer")[ROOT]
    (key,) = root.role_keys(ROOT).keys
    assert RootCertificate.parse(key.public).common_name == "registry.test:5443/ns/app"
    assert key.canonical_key_id != key.key_id


@pytest.mark.parametrize("version", range(2, 7))
def test_each_root_is_vouched_for_by_the_one_before(version):
    before, after = (
        parse_root((VECTORS / "rotation" / f"{n}.root.json").read_bytes())
        for n in (version - 1, version)
    )
    for root in (before, after):
        require_threshold(root.role_keys(ROOT), after.signatures, after.message)


def test_releases_show_their_signers():
    files = read("consumer")
    tags = released({role: file for role, file in files.items() if role.is_targets_like})
    assert {tag.signers for tag in tags.values()} == {("Repo Admin",), ("alice",)}
