"""Signers come and go, with docker's own commands."""

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture
def signed(owner, repository):
    owner.make_image(f"{repository}:1.0", b"first")
    owner("push", f"{repository}:1.0", trust=True)
    return repository


def add_signer(owner, signer, name, repository):
    """The signer makes a key, the owner adds it."""
    signer("trust", "key", "generate", name, "--dir", signer.home)
    added = owner("trust", "signer", "add", "--key", signer.home / f"{name}.pub", name, repository)
    assert f"Successfully added signer: {name} to {repository}" in added.text


def rows(client, repository):
    shown = client.signatures(repository)
    return {row["SignedTag"]: sorted(row["Signers"]) for row in shown["SignedTags"]}


def test_a_signer_signs_and_a_consumer_pulls(owner, person, signed, server):
    alice, consumer = person("alice"), person("consumer")
    add_signer(owner, alice, "alice", signed)
    image = alice.make_image(f"{signed}:2.0", b"by alice")
    said = alice("trust", "sign", f"{signed}:2.0")
    assert f"Successfully signed {signed}:2.0" in said.text
    assert rows(owner, signed) == {"1.0": ["Repo Admin"], "2.0": ["alice"]}
    pretty = owner("trust", "inspect", "--pretty", signed).out
    assert "List of signers and their keys" in pretty
    alice("rmi", "-f", image)
    consumer("pull", f"{signed}:2.0", trust=True)
    assert consumer.image_id(f"{signed}:2.0") == image
    listed = server.inkan("image-list", "--restrict", signed.partition("/")[2]).out
    assert any(
        line.split()[2] == "2.0" and line.endswith("alice") for line in listed.splitlines()[1:]
    )


def test_S64_the_owner_signs_no_more_without_being_a_signer(owner, person, signed):
    add_signer(owner, person("alice"), "alice", signed)
    owner("tag", f"{signed}:1.0", f"{signed}:3.0")
    refused = owner("push", f"{signed}:3.0", trust=True, check=False)
    assert refused.code == 1
    assert "no valid signing keys for delegation roles" in refused.text


def test_two_signers_sign_one_tag(owner, person, signed):
    alice, bob = person("alice"), person("bob")
    add_signer(owner, alice, "alice", signed)
    add_signer(owner, bob, "bob", signed)
    alice.make_image(f"{signed}:2.0", b"by both")
    alice("trust", "sign", f"{signed}:2.0")
    bob("trust", "sign", f"{signed}:2.0")
    assert rows(owner, signed)["2.0"] == ["alice", "bob"]


def test_a_stranger_cannot_sign(owner, person, signed):
    add_signer(owner, person("alice"), "alice", signed)
    mallory = person("mallory")
    mallory("trust", "key", "generate", "mallory", "--dir", mallory.home)
    mallory.make_image(f"{signed}:evil", b"evil")
    refused = mallory("trust", "sign", f"{signed}:evil", check=False)
    assert refused.code == 1
    assert "evil" not in rows(owner, signed)


def test_KEY_027_S72_a_removed_signers_tags_are_trusted_no_more(owner, person, signed):
    alice, consumer = person("alice"), person("consumer")
    add_signer(owner, alice, "alice", signed)
    alice.make_image(f"{signed}:2.0", b"by alice")
    alice("trust", "sign", f"{signed}:2.0")
    # the last signer of a release is removed only on a yes, and only with a terminal does docker 28 listen to it
    removed = owner("trust", "signer", "remove", "alice", signed, stdin=b"y\n")
    assert f"Successfully removed alice from {signed}" in removed.text
    assert owner.signatures(signed)["Signers"] == []
    refused = consumer("pull", f"{signed}:2.0", trust=True, check=False)
    assert refused.code == 1


def test_a_tag_is_revoked_and_signed_again(owner, signed, person):
    revoked = owner("trust", "revoke", "-y", f"{signed}:1.0")
    assert f"Successfully deleted signature for {signed}:1.0" in revoked.text
    assert rows(owner, signed) == {}
    refused = person("consumer")("pull", f"{signed}:1.0", trust=True, check=False)
    assert refused.code == 1
    owner("push", f"{signed}:1.0", trust=True)
    assert rows(owner, signed) == {"1.0": ["Repo Admin"]}


def test_trust_sign_begins_a_repository(owner, repository):
    """The first `docker trust sign` makes root, repository key and a signer named after the account."""
    owner.make_image(f"{repository}:1.0")
    said = owner("trust", "sign", f"{repository}:1.0")
    assert "Created signer: admin" in said.text
    assert rows(owner, repository) == {"1.0": ["admin"]}


def test_L4_an_administrator_resets_what_nobody_can_sign_any_more(owner, person, signed, server):
    """The owner lost the root key: status, log, reset, a new beginning, and the way back."""
    name = signed.partition("/")[2]
    assert "1.0" in server.inkan("trust", "status", name).out
    assert "signed 1.0 in targets" in server.inkan("trust", "log", signed).out
    said = server.inkan("trust", "reset", name, "--confirm", signed).out
    archive = said.split(" as ")[1].split(".")[0]
    newcomer = person("newcomer")
    newcomer.make_image(f"{signed}:2.0", b"new owner")
    assert "Finished initializing" in newcomer("push", f"{signed}:2.0", trust=True).text
    # whoever has pulled before refuses the new root
    refused = owner("pull", f"{signed}:2.0", trust=True, check=False)
    assert refused.code == 1
    server.inkan("trust", "restore", name, archive)
    owner("pull", f"{signed}:1.0", trust=True)
    assert server.inkan("trust", "reset", name, check=False).code == 2


def test_a_stuck_role_is_told_and_repaired(owner, person, signed, server):
    """Removing the last signer: the reference wedges here and says nothing."""
    alice, bob = person("alice"), person("bob")
    add_signer(owner, alice, "alice", signed)
    alice.make_image(f"{signed}:2.0", b"by alice")
    alice("trust", "sign", f"{signed}:2.0")
    owner("trust", "signer", "remove", "alice", signed, stdin=b"y\n")
    add_signer(owner, bob, "bob", signed)
    assert "is stuck" in server.inkan("trust", "status", signed).err
    bob.make_image(f"{signed}:3.0", b"by bob")
    refused = bob("trust", "sign", f"{signed}:3.0", check=False)
    assert refused.code == 1
    assert f"notary witness {signed} targets/releases -p" in refused.text
