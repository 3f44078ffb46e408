"""docker signs what it pushes, and the server keeps what docker signed."""

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


def test_a_first_signed_push_makes_keys_and_signs(owner, repository, server):
    owner.make_image(f"{repository}:1.0")
    pushed = owner("push", f"{repository}:1.0", trust=True)
    assert "Signing and pushing trust metadata" in pushed.text
    assert f'Finished initializing "{repository}"' in pushed.text
    assert f"Successfully signed {repository}:1.0" in pushed.text
    # S32, S37: two pairs of keys, kept here and named by their roles
    assert owner.key_headers() == ["root", "targets"]
    digest = pushed.out.split("digest: sha256:")[1][:64]
    assert owner.signatures(repository)["SignedTags"] == [
        {"SignedTag": "1.0", "Digest": digest, "Signers": ["Repo Admin"]}
    ]


def test_a_second_tag_is_signed_with_the_same_key(owner, repository):
    owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    owner("tag", f"{repository}:1.0", f"{repository}:2.0")
    pushed = owner("push", f"{repository}:2.0", trust=True)
    assert f"Successfully signed {repository}:2.0" in pushed.text
    assert owner.key_headers() == ["root", "targets"]
    assert [row["SignedTag"] for row in owner.signatures(repository)["SignedTags"]] == [
        "1.0",
        "2.0",
    ]


def test_two_repositories_have_two_keys_and_one_root(owner, repository):
    for name in (repository, f"{repository}-b"):
        owner.make_image(f"{name}:1")
        owner("push", f"{name}:1", trust=True)
    assert owner.key_headers() == ["root", "targets", "targets"]


def test_an_unchanged_tag_can_be_pushed_again(owner, repository):
    """docker then publishes a body without parts."""
    owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    again = owner("push", f"{repository}:1.0", trust=True)
    assert f"Successfully signed {repository}:1.0" in again.text


def test_an_unsigned_push_leaves_no_trust_data(owner, repository):
    owner.make_image(f"{repository}:1.0")
    owner("push", "--disable-content-trust", f"{repository}:1.0", trust=True)
    inspected = owner("trust", "inspect", repository, check=False)
    assert inspected.code == 1
    assert "o signatures or cannot access" in inspected.err


def test_signed_and_unsigned_tags_live_side_by_side(owner, repository, server):
    owner.make_image(f"{repository}:signed")
    owner("push", f"{repository}:signed", trust=True)
    owner.make_image(f"{repository}:plain", b"other")
    owner("push", f"{repository}:plain")
    listed = server.inkan("image-list", "--restrict", "team").out
    rows = {
        line.split()[2]: line for line in listed.splitlines() if line.startswith(f"{repository} ")
    }
    assert rows["signed"].endswith("Repo Admin")
    assert rows["plain"].endswith("-")


@pytest.mark.parametrize("address", ["", "{trust}", "{trust}/", "https://{host}"])
def test_every_address_of_the_trust_server_works(owner, repository, server, address):
    chosen = address.format(trust=server.trust_url, host=server.host)
    owner.make_image(f"{repository}:1.0")
    pushed = owner("push", f"{repository}:1.0", trust=True, server=chosen)
    assert "Successfully signed" in pushed.text
    assert owner.signatures(repository, server=chosen)["SignedTags"]


def test_without_the_repository_key_a_push_fails_and_names_the_key(person, repository):
    owner, other = person("owner"), person("other")
    owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    key = next(
        entry["Keys"][0]["ID"]
        for entry in owner.signatures(repository)["AdministrativeKeys"]
        if entry["Name"] == "Repository"
    )
    other("tag", f"{repository}:1.0", f"{repository}:2.0")
    refused = other("push", f"{repository}:2.0", trust=True, check=False)
    assert refused.code == 1
    assert key in refused.text


def test_a_push_into_a_missing_namespace_names_the_command_that_makes_it(owner, server):
    reference = f"{server.host}/nowhere/app:1"
    owner.make_image(reference)
    refused = owner("push", reference, trust=True, check=False)
    assert refused.code == 1
    assert "inkan namespace-add nowhere" in refused.text


def test_a_push_without_a_namespace_says_where_images_live(owner, server):
    reference = f"{server.host}/app:1"
    owner.make_image(reference)
    refused = owner("push", reference, check=False)
    assert refused.code == 1
    assert "images live in a namespace" in refused.text


def test_a_wrong_password_is_refused(owner, server):
    refused = owner.log_in(server.host, password="wrong", check=False)
    assert refused.code == 1
    assert "wrong user name or password" in refused.text


def test_without_a_login_nothing_can_be_pushed(owner, repository, server):
    owner.make_image(f"{repository}:1")
    owner("logout", server.host)
    refused = owner("push", f"{repository}:1", trust=True, check=False)
    assert refused.code == 1
