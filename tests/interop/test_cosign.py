"""cosign signs and attests by a key pair, with no log of anybody's; signatures and bundles are kept as what they are and follow a copy."""

import json

import pytest

from interop.go_clients import GoClient

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
# what cosign did before it had bundles, and still reads
OLDER = ("--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false")


@pytest.fixture
def cosign(registry, tmp_path):
    client = GoClient("cosign", tmp_path / "home", registry)
    client.environment |= {"COSIGN_PASSWORD": "passphrase-1234", "COSIGN_YES": "true"}
    client.log_in("login")
    client("generate-key-pair")
    # a list of services with none in it: nobody's transparency log is told
    client("signing-config", "create", "--out", "alone.json")
    return client


@pytest.fixture
def image(place, pushed):
    return f"{place}@{pushed}"


def sign(cosign, image, *words):
    return cosign("sign", "--key", "cosign.key", *words, image)


def verify(cosign, image, *words, check=True):
    return cosign("verify", "--key", "cosign.pub", "--insecure-ignore-tlog", *words, image, check=check)  # fmt: skip


def tags(registry, place):
    words = ("--format", "{{.Tag}}", "--restrict", place.partition("/")[2])
    return registry.inkan("image-list", *words).out.split()


def attached(registry, image):
    name, _, digest = image.partition("/")[2].partition("@")
    return [one["artifactType"] for one in registry.referrers(name, digest)]


def test_a_bundle_is_a_referrer_and_leaves_no_tag(cosign, image, registry, place):
    sign(cosign, image, "--signing-config", "alone.json", "-a", "stage=test")
    said = json.loads(verify(cosign, image, "-a", "stage=test").out)
    assert said[0]["critical"]["image"]["docker-manifest-digest"] == image.partition("@")[2]
    assert tags(registry, place) == ["1.0"]
    assert attached(registry, image) == [BUNDLE]


def test_the_older_signature_is_a_tag_and_is_verified_too(cosign, image, registry, place):
    sign(cosign, image, *OLDER)
    verify(cosign, image, "--new-bundle-format=false")
    name = image.partition("@")[2].replace(":", "-") + ".sig"
    assert tags(registry, place) == ["1.0", name]
    words = ("manifest-inspect", f"{place.partition('/')[2]}:{name}")
    manifest = json.loads(registry.inkan(*words).out)
    assert [one["mediaType"] for one in manifest["layers"]] == [SIMPLE]


def test_the_older_signature_by_the_referrers_api(cosign, image, registry, place):
    env = {"COSIGN_EXPERIMENTAL": "1"}
    words = ("--key", "cosign.key", *OLDER, "--registry-referrers-mode", "oci-1-1", image)
    cosign("sign", *words, env=env)
    assert tags(registry, place) == ["1.0"]
    words = ("--key", "cosign.pub", "--insecure-ignore-tlog", "--new-bundle-format=false", image)
    cosign("verify", "--experimental-oci11", *words, env=env)


def test_what_nobody_signed_and_what_another_key_signed_is_refused(cosign, image):
    unsigned = verify(cosign, image, check=False)
    assert unsigned.code != 0
    assert "no signatures found" in unsigned.err
    sign(cosign, image, "--signing-config", "alone.json")
    (cosign.home / "cosign.pub").rename(cosign.home / "true.pub")
    cosign("generate-key-pair", "--output-key-prefix", "other")
    (cosign.home / "other.pub").rename(cosign.home / "cosign.pub")
    assert verify(cosign, image, check=False).code != 0


def test_an_attestation_is_attached_and_verified(cosign, image, registry):
    (cosign.home / "sbom.json").write_text('{"spdxVersion": "SPDX-2.3", "packages": []}')
    words = ("--key", "cosign.key", "--signing-config", "alone.json", "--type", "spdxjson")
    cosign("attest", *words, "--predicate", "sbom.json", image)
    words = ("--key", "cosign.pub", "--insecure-ignore-tlog", "--type", "spdxjson", image)
    cosign("verify-attestation", *words)
    assert attached(registry, image) == [BUNDLE]
    other = ("--key", "cosign.pub", "--insecure-ignore-tlog", "--type", "vuln", image)
    assert cosign("verify-attestation", *other, check=False).code != 0


def test_a_copy_takes_signatures_of_either_kind_along(cosign, image, place):
    sign(cosign, image, *OLDER)
    sign(cosign, image, "--signing-config", "alone.json")
    cosign("copy", image, f"{place}-copy:1.0")
    copied = f"{place}-copy@{image.partition('@')[2]}"
    verify(cosign, copied, "--new-bundle-format=false")
    verify(cosign, copied)


def test_signatures_are_taken_away_again(cosign, image, registry, place):
    sign(cosign, image, *OLDER)
    cosign("clean", "--force", image)
    assert tags(registry, place) == ["1.0"]
    assert verify(cosign, image, check=False).code != 0
