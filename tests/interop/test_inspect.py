"""`docker trust inspect` shows what was signed, in the words and the layout people know."""

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


def test_inspect_shows_tags_digests_and_keys(owner, repository):
    owner.make_image(f"{repository}:1.0")
    pushed = owner("push", f"{repository}:1.0", trust=True)
    digest = pushed.out.split("digest: sha256:")[1][:64]
    shown = owner.signatures(repository)
    assert shown["Name"] == repository
    assert shown["Signers"] == []
    keys = {entry["Name"]: entry["Keys"][0]["ID"] for entry in shown["AdministrativeKeys"]}
    assert set(keys) == {"Root", "Repository"}
    # the root is shown by its certificate's ID, which is another in each repository; its file is named by the key's
    assert (owner.home / "trust" / "private" / f"{keys['Repository']}.key").exists()
    pretty = owner("trust", "inspect", "--pretty", repository).out
    assert pretty == (
        f"\nSignatures for {repository}\n\n"
        f"SIGNED TAG   DIGEST{' ' * 61}SIGNERS\n"
        f"1.0          {digest}   (Repo Admin)\n\n"
        f"Administrative keys for {repository}\n\n"
        f"  Repository Key:\t{keys['Repository']}\n"
        f"  Root Key:\t{keys['Root']}\n"
    )


def test_an_unsigned_tag_of_a_signed_repository_has_no_rows(owner, repository):
    owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    assert owner.signatures(f"{repository}:other")["SignedTags"] == []
