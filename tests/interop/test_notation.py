"""notation signs with a key of a test's own, lists, inspects and verifies, by either scheme of referrers; what was altered is refused."""

import json

import pytest

from inkan.testing.images import make_image
from interop.go_clients import GoClient
from interop.inkan_server import PASSWORD
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
TYPE = "application/vnd.cncf.notary.signature"


@pytest.fixture
def notation(registry, tmp_path):
    client = GoClient("notation", tmp_path / "home", registry)
    # notation keeps no password without a credential helper: builds hand it over like this
    client.environment |= {"NOTATION_USERNAME": "admin", "NOTATION_PASSWORD": PASSWORD}
    client("cert", "generate-test", "--default", "inkan.test")
    policy = {
        "name": "all",
        "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:inkan.test"],
        "trustedIdentities": ["*"],
    }
    file = client.home / "policy.json"
    file.write_text(json.dumps({"version": "1.0", "trustPolicies": [policy]}))
    client("policy", "import", file)
    return client


@pytest.fixture
def image(registry, place, pushed):
    """The image, by a name of the registry's to which notation speaks TLS: to `localhost` it never does."""
    host = registry.host if registry.is_plain else registry.host.replace("localhost", "127.0.0.1")
    return f"{host}/{place.partition('/')[2]}@{pushed}"


def test_a_signature_is_kept_as_what_it_is_and_verified(notation, image, registry, pushed, place):
    notation("sign", "--force-referrers-tag=false", image)
    assert "Successfully verified signature" in notation("verify", image).out
    listed = notation("list", image).out
    assert TYPE in listed
    signature = listed.strip().rpartition("sha256:")[2][:64]
    name = place.partition("/")[2]
    words = ("manifest-inspect", f"{name}@sha256:{signature}")
    manifest = json.loads(registry.inkan(*words).out)
    assert manifest["subject"]["digest"] == pushed
    assert TYPE in (manifest.get("artifactType"), manifest["config"]["mediaType"])
    # a referrer, and no tag
    tags = registry.inkan("image-list", "--format", "{{.Tag}}", "--restrict", name).out.split()
    assert tags == ["1.0"]


def test_by_the_older_scheme_too_and_in_the_other_envelope(notation, image):
    notation("sign", "--signature-format", "cose", image)
    notation("sign", "--force-referrers-tag=false", "-m", "stage=test", image)
    assert "Successfully verified signature" in notation("verify", image).out
    notation("verify", "-m", "stage=test", image)
    inspected = json.loads(notation("inspect", "-o", "json", image).out)
    kinds = {one["mediaType"] for one in inspected["Signatures"]}
    assert kinds == {"application/cose", "application/jose+json"}


def test_what_nobody_signed_is_refused(notation, image, registry, tmp_path):
    notation("sign", image)
    other = make_image(tmp_path / "other", tar_of(hello=b"other"))
    name = image.partition("/")[2].partition("@")[0]
    words = ("push", "--disable-content-trust", "--from", tmp_path / "other", f"{name}:other")
    registry.inkan(*words)
    refused = notation("verify", f"{image.partition('@')[0]}@{other}", check=False)
    assert refused.code == 1
    assert "no signature is associated" in refused.err


def test_who_may_not_push_may_not_attach_a_signature(notation, image):
    refused = notation("sign", image, env={"NOTATION_PASSWORD": "wrong"}, check=False)
    assert refused.code == 1
    assert "unauthorized" in refused.err.lower()
