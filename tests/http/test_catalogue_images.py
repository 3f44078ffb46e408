"""The catalogue's rows about images that are larger than they look, and about who may name them anew."""

import json
import pathlib

import pytest
from conformance import CONFIG, INDEX, MANIFEST, REPO, descriptor, document, of, push

from inkan import limits
from inkan.cli.main import main
from inkan.client.registry import FetchedManifest, Registry
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.records import BlobRecord, StorageKey
from inkan.store.sql.catalog import SqlCatalog

GIB = 1024 * limits.MIB
HUGE = {"mediaType": CONFIG, "digest": of(b"a configuration of a GiB"), "size": GIB}
IMAGE = document(mediaType=MANIFEST, config=HUGE, layers=[])


async def put(client, reference, raw, kind=MANIFEST):
    return await client("PUT", f"{REPO}/manifests/{reference}", raw, [("Content-Type", kind)])


async def test_REG_API_018_the_server_shows_images_without_reading_their_configuration(world, admin):  # fmt: skip
    """There is no page that renders one; what lists images knows their size from the manifest, and reads no blob."""
    huge = BlobRecord(Digest.parse(HUGE["digest"]), GIB, StorageKey("huge"))
    await SqlCatalog(world.stores.database).link_blob(RepositoryName("team/app"), huge)
    assert (await put(admin, "huge", IMAGE)).status == 201
    # not one of its bytes is there: whoever read it would fail
    assert not world.stores.blobs.contents
    (image,) = (await admin("GET", "/api/v1/images?namespace=team", expect=200)).json["images"]
    assert image["size"] == GIB
    (digest,) = (await admin("GET", "/api/v1/digests?namespace=team", expect=200)).json["digests"]
    assert digest["size"] == GIB
    assert (await admin("GET", f"{REPO}/manifests/huge", expect=200)).body == IMAGE


class OneImage:
    """A registry that has a manifest, and whose blobs are as long as they say."""

    url = "https://registry.test"

    def __init__(self, raw, kind=MANIFEST, sent=b""):
        self.kept = FetchedManifest(Digest.of(raw), kind, raw)
        self.sent, self.asked = sent, []

    def manifest(self, _reference):
        return self.kept

    def blob(self, digest, size, start=0):
        self.asked.append((digest, size, start))
        yield self.sent


def inspected(monkeypatch, capsys, registry, *words):
    monkeypatch.setattr(Registry, "of", classmethod(lambda _cls, _reference: registry))
    code = main([*words, "registry.test/team/app:huge"])
    return code, capsys.readouterr()


def test_REG_API_018_a_configuration_of_a_gib_is_too_large_to_show(monkeypatch, capsys):
    registry = OneImage(IMAGE)
    code, said = inspected(monkeypatch, capsys, registry, "image-inspect")
    assert (code != 0, said.out, registry.asked) == (True, "", [])
    assert f"{GIB} bytes is too large to show" in said.err


def test_REG_API_018_the_cap_is_four_mebibytes(monkeypatch, capsys):
    assert limits.MANIFEST_BYTES == 4 * limits.MIB
    over = document(mediaType=MANIFEST, config={**HUGE, "size": 4 * limits.MIB + 1}, layers=[])
    code, said = inspected(monkeypatch, capsys, OneImage(over), "image-inspect")
    assert (code != 0, "too large to show" in said.err) == (True, True)
    content = json.dumps({"os": "linux", "author": "x" * (4 * limits.MIB - 40)}).encode()
    full = document(mediaType=MANIFEST, config=descriptor(content, CONFIG), layers=[])
    registry = OneImage(full, sent=content)
    code, said = inspected(monkeypatch, capsys, registry, "image-inspect", "-f", "{{.Os}}")
    assert (code, said.out.strip(), len(registry.asked)) == (0, "linux", 1)


def test_REG_API_018_the_manifest_of_such_an_image_is_shown(monkeypatch, capsys):
    registry = OneImage(IMAGE)
    code, said = inspected(monkeypatch, capsys, registry, "manifest-inspect")
    assert (code, said.out.encode().strip(), registry.asked) == (0, IMAGE, [])


def test_an_index_of_no_image_is_said_to_be_none(monkeypatch, capsys):
    attestation = descriptor(b"x", MANIFEST, platform={"os": "unknown", "architecture": "unknown"})
    raw = document(mediaType=INDEX, manifests=[attestation])
    code, said = inspected(monkeypatch, capsys, OneImage(raw, INDEX), "image-inspect")
    assert (code != 0, "an index without an image" in said.err) == (True, True)


async def test_REG_API_024_where_tags_may_only_be_made_none_is_overwritten_not_even_latest(world, admin):  # fmt: skip
    """No role here may create and not overwrite; a namespace whose every tag is immutable is what comes nearest, and it holds for everybody, whatever the tag is called.

    Its answer is 409 `DENIED`, as for every immutable tag: no other right would help. Who has no right to push hears 403.
    """
    await push(admin, b"{}")
    config = descriptor(b"{}", CONFIG)
    first, second = (document(mediaType=MANIFEST, config=config, layers=[], annotations={"n": n}) for n in "12")  # fmt: skip
    await admin("PUT", "/api/v1/immutable-tags/team", b'{"patterns": ["*"]}', expect=200)
    await admin("PUT", "/api/v1/namespaces/team/policies/pusher/account/bob", expect=201)
    bob = world.client(user="bob", password="other-password")
    for tag in ("v1", "latest", "LATEST", "main"):
        assert (await put(bob, tag, first)).status == 201
        for who in (bob, admin):
            refused = await put(who, tag, second)
            assert (refused.status, refused.code) == (409, "DENIED")
            by_digest = await put(who, f"{of(second)}?tag=new-{tag}&tag={tag}", second)
            assert (by_digest.status, by_digest.code) == (409, "DENIED")
        head = await admin("HEAD", f"{REPO}/manifests/{tag}", expect=200)
        assert head["docker-content-digest"] == of(first)
        await admin("HEAD", f"{REPO}/manifests/new-{tag}", expect=404)


@pytest.mark.parametrize("role", ["reader", "signer"])
@pytest.mark.parametrize("tag", ["v1", "latest", "new"])
async def test_REG_API_024_who_may_not_push_overwrites_nothing(world, admin, role, tag):
    await push(admin, b"{}")
    raw = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
    for name in ("v1", "latest"):
        assert (await put(admin, name, raw)).status == 201
    await admin("PUT", f"/api/v1/namespaces/team/policies/{role}/account/bob", expect=201)
    bob = world.client(user="bob", password="other-password")
    for reference in (tag, f"{of(raw)}?tag={tag}"):
        refused = await put(bob, reference, raw)
        assert (refused.status, refused.code) == (403, "DENIED")
    deleted = await bob("DELETE", f"{REPO}/manifests/{tag}")
    assert (deleted.status, deleted.code) == (403, "DENIED")


def test_no_name_has_an_exception_in_the_code():
    """CVE-2026-31801 was one word in a condition."""
    for package in ("registry", "store", "access"):
        folder = pathlib.Path(limits.__file__).with_name(package)
        for file in folder.rglob("*.py"):
            assert '"latest"' not in file.read_text(), file
