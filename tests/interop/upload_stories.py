"""What may come after a first push: from an owner, a signer, somebody else, or a broken program. Each story is a batch of files."""

import json
import random
from datetime import UTC, datetime, timedelta

from inkan.testing.publisher import Publisher, role_entry, target
from inkan.tuf.envelope import format_expiry
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner

NOW = datetime.now(UTC)
ALICE = RoleName("targets/alice")
STORIES = []


def story(function):
    """Add a story to the vocabulary."""
    STORIES.append(function)
    return function


def next_tag(owner: Publisher) -> bytes:
    return owner.push("2", b"2" * 32)[TARGETS]


@story
def a_second_tag(owner, chance):
    return list(owner.push("2", chance.randbytes(32)).items())


@story
def damaged_bytes(owner, chance):
    raw = next_tag(owner)
    start = chance.randrange(len(raw))
    stop = min(len(raw), start + chance.choice([0, 1, 1, 5, 40]))
    damaged = (
        raw[:start] + chance.choice([b"", b" ", b"0", b'"', b"{}", b"null", b"\n"]) + raw[stop:]
    )
    # keys and signatures differ from side to side: what is put in may be what was there on one of them
    return [(TARGETS, damaged if damaged != raw else raw[:-1])]


@story
def another_version(owner, chance):
    return [(TARGETS, owner.next_targets(version=chance.choice([0, 1, 2, 3, 5, 2000, 2**31])))]


@story
def another_expiry(owner, chance):
    days = chance.choice([-1, 0.001, 1, 3000, 20_000])
    return [(TARGETS, owner.next_targets(expires=format_expiry(NOW + timedelta(days=days))))]


@story
def a_strangers_targets(owner, chance):
    mine, owner.targets = owner.targets, EcdsaSigner.generate()
    files = [(TARGETS, next_tag(owner))]
    owner.targets = mine
    return files


@story
def a_root_rotation(owner, chance):
    return list(owner.rotate_root().items())


@story
def another_root_version(owner, chance):
    owner.root_version = chance.choice([0, 1, 2, 3, 9])
    return [(ROOT, owner.root_file([owner.root]))]


@story
def a_root_that_one_key_signed(owner, chance):
    old = owner.root
    owner.rotate_root()
    return [(ROOT, owner.root_file([chance.choice([old, owner.root])]))]


@story
def a_new_signer(owner, chance):
    return list(owner.add_signer("alice").items())


@story
def a_new_signer_who_signs(owner, chance):
    files = owner.add_signer("alice")
    return [*files.items(), *owner.sign_as("alice", "3", b"3" * 32).items()]


@story
def a_signer_nobody_added(owner, chance):
    owner.signers["mallory"] = EcdsaSigner.generate()
    return list(owner.sign_as("mallory", "3", b"3" * 32).items())


@story
def nothing(owner, chance):
    return []


@story
def one_role_twice(owner, chance):
    raw = next_tag(owner)
    return [(TARGETS, raw), (TARGETS, raw)]


@story
def something_around_the_file(owner, chance):
    extra = chance.choice([b',"abc":1}', b',"Signed":{}}', b"} ", b"}\n", b"}{}"])
    return [(TARGETS, next_tag(owner)[:-1] + extra)]


@story
def other_roles_in_the_root(owner, chance):
    owner.root_version = 2
    roles = {
        "root": role_entry([owner.root.public_key]),
        "targets": role_entry([owner.targets.public_key], chance.choice([1, 2, 0, -1])),
        "snapshot": role_entry([owner.server_keys[SNAPSHOT]]),
        "timestamp": role_entry([owner.server_keys[TIMESTAMP]]),
    }
    if chance.random() < 0.3:
        del roles[chance.choice(list(roles))]
    return [(ROOT, owner.root_file([owner.root], roles=roles))]


@story
def an_odd_target(owner, chance):
    hashes = chance.choice([{}, None, {"sha256": "YQ=="}, {"md5": "YQ=="}, {"sha512": "YQ=="}])
    owner.tags["odd"] = {"hashes": hashes, "length": chance.choice([5, 0, -1])}
    return [(TARGETS, owner.next_targets())]


@story
def another_type(owner, chance):
    return [(TARGETS, owner.next_targets(_type=chance.choice(["targets", "Root", "", "Targets"])))]


@story
def a_signed_member_that_is_unknown(owner, chance):
    return [
        (TARGETS, owner.next_targets(**{"x-extra": chance.choice([1, "a", None, [1, {"b": 2}]])}))
    ]


@story
def another_file_name(owner, chance):
    names = ["targets/x", "targets/X", "snapshot.json", "nonsense", "targets.json", "root.json"]
    return [(chance.choice(names), owner.next_targets())]


@story
def a_new_targets_key(owner, chance):
    owner.root_version = 2
    owner.targets = EcdsaSigner.generate()
    files = [(ROOT, owner.root_file([owner.root]))]
    return files + [(TARGETS, owner.next_targets())] * chance.choice([0, 1])


@story
def other_delegations(owner, chance):
    forms = [None, {}, {"keys": {}, "roles": None}, {"keys": None, "roles": []}]
    return [(TARGETS, owner.next_targets(delegations=chance.choice(forms)))]


@story
def a_signer_with_paths(owner, chance):
    owner.add_signer("alice")
    (key,) = (owner.signers["alice"].public_key,)
    paths = chance.choice([["dev"], [""], [], None])
    roles = [{**role_entry([key]), "name": str(ALICE), "paths": paths}]
    delegations = {"keys": {key.key_id: key.to_json()}, "roles": roles}
    targets = owner.next_targets(delegations=delegations)
    return [
        (TARGETS, targets),
        (
            ALICE,
            owner.delegated_file(ALICE, owner.signers["alice"], {"prod": target(b"1" * 32, 5)}),
        ),
    ]


@story
def many_or_no_signatures(owner, chance):
    tree = json.loads(next_tag(owner))
    tree["signatures"] *= chance.choice([0, 2, 60])
    return [(TARGETS, json.dumps(tree, separators=(",", ":")).encode())]


@story
def releases_that_were_never_delegated(owner, chance: random.Random):
    return [(TIMESTAMP, b"junk"), (RELEASES, owner.next_targets())]
