"""docker pulls what was signed, fresh and unaltered, and nothing else."""

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture
def signed(owner, repository):
    """A repository with the signed tag 1.0."""
    owner.make_image(f"{repository}:1.0", b"first")
    owner("push", f"{repository}:1.0", trust=True)
    return repository


def forget(client, *references):
    for reference in references:
        client("rmi", "-f", reference, check=False)


def test_a_fresh_client_pulls_what_was_signed(owner, person, signed):
    image = owner.image_id(f"{signed}:1.0")
    forget(owner, image)
    consumer = person("consumer")
    pulled = consumer("pull", f"{signed}:1.0", trust=True)
    assert f"Pull (1 of 1): {signed}:1.0@sha256:" in pulled.text
    assert consumer.image_id(f"{signed}:1.0") == image
    # S14, S40: the root is kept for the next time
    assert list((consumer.home / "trust" / "tuf").rglob("root.json"))


def test_an_unsigned_tag_is_refused_and_nothing_is_stored(owner, person, signed):
    image = owner.make_image(f"{signed}:plain", b"unsigned")
    owner("push", f"{signed}:plain")
    forget(owner, image)
    consumer = person("consumer")
    refused = consumer("pull", f"{signed}:plain", trust=True, check=False)
    assert refused.code == 1
    assert "No valid trust data for plain" in refused.text
    assert not consumer.has_image(f"{signed}:plain")
    consumer("pull", "--disable-content-trust", f"{signed}:plain", trust=True)
    assert consumer.has_image(f"{signed}:plain")


def test_a_repository_that_was_never_signed_is_refused(owner, person, repository):
    image = owner.make_image(f"{repository}:1")
    owner("push", f"{repository}:1")
    forget(owner, image)
    refused = person("consumer")("pull", f"{repository}:1", trust=True, check=False)
    assert refused.code == 1
    assert "does not have trust data" in refused.text


def test_a_tag_that_moved_without_a_signature_is_pulled_as_it_was_signed(owner, person, signed):
    first = owner.image_id(f"{signed}:1.0")
    second = owner.make_image(f"{signed}:1.0", b"second, not signed")
    owner("push", f"{signed}:1.0")
    forget(owner, first, second)
    consumer = person("consumer")
    consumer("pull", f"{signed}:1.0", trust=True)
    assert consumer.image_id(f"{signed}:1.0") == first
    forget(consumer, first)
    consumer("pull", f"{signed}:1.0")
    assert consumer.image_id(f"{signed}:1.0") == second


def test_the_newest_signed_version_is_pulled(owner, person, signed):
    first = owner.image_id(f"{signed}:1.0")
    consumer = person("consumer")
    consumer("pull", f"{signed}:1.0", trust=True)
    second = owner.make_image(f"{signed}:1.0", b"second, signed")
    owner("push", f"{signed}:1.0", trust=True)
    forget(owner, first, second)
    consumer("pull", f"{signed}:1.0", trust=True)
    assert consumer.image_id(f"{signed}:1.0") == second
