"""One registry under two names: one set of images, two sets of signatures."""

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


def test_S11_to_S13_and_S46_to_S49_signatures_belong_to_the_name(owner, person, repository, server):
    name = repository.partition("/")[2]
    other = f"127.0.0.1:{server.port}/{name}"
    image = owner.make_image(f"{repository}:1.0", b"under two names")
    owner("push", f"{repository}:1.0", trust=True)
    consumer = person("consumer")
    for client in (owner, consumer):
        client.log_in(f"127.0.0.1:{server.port}")
    # the same images, but nothing is signed under the other name
    consumer("pull", f"{other}:1.0")
    refused = consumer("pull", f"{other}:1.0", trust=True, check=False)
    assert refused.code == 1
    assert "does not have trust data" in refused.text
    # pull by the old name, tag, push by the new one
    owner("pull", f"{repository}:1.0", trust=True)
    owner("tag", f"{repository}:1.0", f"{other}:1.0")
    assert f"Successfully signed {other}:1.0" in owner("push", f"{other}:1.0", trust=True).text
    owner("rmi", "-f", image)
    for reference in (f"{other}:1.0", f"{repository}:1.0"):
        consumer("pull", reference, trust=True)
        assert consumer.image_id(reference) == image
    first, second = owner.signatures(repository), owner.signatures(other)
    assert first["SignedTags"] == second["SignedTags"]
    assert first["AdministrativeKeys"] != second["AdministrativeKeys"]
