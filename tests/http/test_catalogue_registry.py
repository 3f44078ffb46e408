"""The catalogue's rows about the registry's API, each under its number."""

import asyncio
import json
from hashlib import sha256
from urllib.parse import unquote

import pytest

from inkan import limits

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
V2 = "/v2/team/app"


def of(content):
    return f"sha256:{sha256(content).hexdigest()}"


async def begin(client, repository=V2):
    return (await client("POST", f"{repository}/blobs/uploads/", expect=202))["location"]


async def push(client, content=b"{}", repository=V2):
    target = f"{repository}/blobs/uploads/?digest={of(content)}"
    await client("POST", target, content, expect=201)
    return of(content)


def image(digest, size=2, **members):
    tree = {"schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "c", "digest": digest, "size": size}, "layers": []}  # fmt: skip
    return json.dumps({**tree, **members}).encode()


async def put(client, raw, reference="v", kind=MANIFEST, **options):
    headers = [("Content-Type", kind)]
    return await client("PUT", f"{V2}/manifests/{reference}", raw, headers, **options)


async def test_REG_API_001_another_digest_than_the_bytes_have(admin):
    refused = await admin("PUT", f"{await begin(admin)}?digest={of(b'x')}", b"y", expect=400)
    assert refused.code == "DIGEST_INVALID"
    await admin("HEAD", f"{V2}/blobs/{of(b'x')}", expect=404)
    await admin("HEAD", f"{V2}/blobs/{of(b'y')}", expect=404)


@pytest.mark.parametrize("name", ["TEAM/app", "team/a..b", "team/-app", "team/app-", "team/a/../b", "team/" + "a" * 256])  # fmt: skip
async def test_REG_API_004_names_outside_the_grammar(admin, name):
    refused = await admin("POST", f"/v2/{name}/blobs/uploads/")
    assert refused.status in (400, 404)
    assert refused.code in ("NAME_INVALID", "NAME_UNKNOWN", "NOT_FOUND", "UNSUPPORTED")


@pytest.mark.parametrize("tag", ["a" * 129, ".a", "-a", "%C3%BC", "a%20b"])
async def test_REG_API_005_tags_outside_the_grammar(admin, tag):
    raw = image(await push(admin))
    assert (await put(admin, raw, tag)).status in (400, 404)


async def test_REG_API_006_a_manifest_over_four_mebibytes(admin):
    raw = image(await push(admin), annotations={"a": "x" * limits.MANIFEST_BYTES})
    assert (await put(admin, raw)).status in (400, 413)


@pytest.mark.parametrize("members", [{"manifests": []}, {"mediaType": INDEX}, {"fsLayers": []}, {"schemaVersion": 1}])  # fmt: skip
async def test_REG_API_007_008_documents_that_are_two_things_at_once(admin, members):
    assert (await put(admin, image(await push(admin), **members), expect=400)).code == "MANIFEST_INVALID"  # fmt: skip


async def test_REG_API_009_a_member_twice(admin):
    raw = image(await push(admin))
    twice = raw[:-1] + b',"layers":[]}'
    assert (await put(admin, twice, expect=400)).code == "MANIFEST_INVALID"


async def test_REG_API_011_content_that_is_not_there(admin):
    refused = await put(admin, image(of(b"nowhere")))
    assert (refused.status in (400, 404), refused.code) == (True, "MANIFEST_BLOB_UNKNOWN")


async def test_REG_API_013_a_mount_tells_nobody_what_is_elsewhere(world, admin):
    digest = await push(admin, b"secret layer", "/v2/team/secret")
    for wanted in (digest, of(b"no such layer")):
        target = f"{V2}/blobs/uploads/?mount={wanted}&from=other/secret"
        answer = await admin("POST", target, expect=202)
        assert answer["location"]


async def test_REG_API_015_deleted_in_one_repository_and_held_in_another(admin):
    for repository in (V2, "/v2/team/other"):
        await push(admin, b"shared", repository)
    await admin("GET", f"{V2}/blobs/{of(b'shared')}", expect=200)
    await admin("DELETE", f"{V2}/blobs/{of(b'shared')}", expect=202)
    for _ in range(2):
        await admin("GET", f"/v2/team/other/blobs/{of(b'shared')}", expect=200)
        await admin("GET", f"{V2}/blobs/{of(b'shared')}", expect=404)


async def test_REG_API_016_layers_that_are_said_to_be_elsewhere_are_never_fetched(admin):
    foreign = {"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
               "digest": of(b"foreign"), "size": 7, "urls": ["http://169.254.169.254/"]}  # fmt: skip
    raw = image(await push(admin), layers=[foreign])
    await put(admin, raw, expect=201)
    assert (await admin("GET", f"{V2}/manifests/v", expect=200)).body == raw
    await admin("GET", f"{V2}/blobs/{of(b'foreign')}", expect=404)


async def test_REG_API_017_an_index_of_very_many_images(admin):
    child = image(await push(admin))
    await put(admin, child, of(child), expect=201)
    entry = {"mediaType": MANIFEST, "digest": of(child), "size": len(child)}
    for count, status in ((1_000, 201), (limits.MANIFEST_DESCRIPTORS + 1, 400)):
        tree = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] * count}
        await put(admin, json.dumps(tree).encode(), "index", INDEX, expect=status)


@pytest.mark.parametrize("number", ["1000000000", "-1", "abc", "", "0", "9" * 400])
async def test_REG_API_020_pages_of_any_size(admin, number):
    await push(admin)
    for path in ("/v2/_catalog", f"{V2}/tags/list"):
        answer = await admin("GET", f"{path}?n={number}")
        assert answer.status in (200, 400)
        if answer.status == 400:
            assert answer.code == "PAGINATION_NUMBER_INVALID"


@pytest.mark.parametrize("last", ["unknown", "%2F", "..", "zzz", "%F0%9F%98%80", "'%3B--"])
async def test_REG_API_021_043_pages_begin_after_anything(admin, last):
    raw = image(await push(admin))
    for tag in ("a", "b", "v1"):
        await put(admin, raw, tag, expect=201)
    answer = await admin("GET", f"{V2}/tags/list?n=2&last={last}", expect=200)
    assert answer.json["tags"] == [tag for tag in ("a", "b", "v1") if tag > unquote(last)][:2]


async def test_REG_API_026_an_uploads_name_is_good_for_its_repository_only(admin):
    location = await begin(admin)
    name = location.rpartition("/")[2]
    for other in (f"/v2/team/other/blobs/uploads/{name}", f"{V2}/blobs/uploads/{name[::-1]}", f"{V2}/blobs/uploads/{'0' * 32}"):  # fmt: skip
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            query = f"?digest={of(b'')}" if method == "PUT" else ""
            assert (await admin(method, f"{other}{query}")).status == 404
    await admin("GET", location, expect=204)


@pytest.mark.parametrize("field", ["0-4", "3-7", "9-12", "5-4", "-5", "5-", "a-b", "5-9223372036854775808", "5-99"])  # fmt: skip
async def test_REG_API_027_031_pieces_that_do_not_follow(admin, field):
    location = await begin(admin)
    await admin("PATCH", location, b"01234", [("Content-Range", "0-4")], expect=202)
    refused = await admin("PATCH", location, b"56789", [("Content-Range", field)])
    assert refused.status in (400, 416)
    assert (await admin("GET", location, expect=204))["range"] == "0-4"
    await admin("PATCH", location, b"56789", [("Content-Range", "5-9")], expect=202)
    await admin("PUT", f"{location}?digest={of(b'0123456789')}", expect=201)


async def test_REG_API_028_four_who_write_at_once(admin):
    location = await begin(admin)
    pieces = [bytes([65 + number]) * 50_000 for number in range(4)]
    ended = await asyncio.gather(*(admin("PATCH", location, piece, [("Content-Range", "0-49999")]) for piece in pieces))  # fmt: skip
    statuses = sorted(one.status for one in ended)
    assert statuses[0] == 202
    assert set(statuses[1:]) <= {409, 416}
    winner = pieces[[one.status for one in ended].index(202)]
    await admin("PUT", f"{location}?digest={of(winner)}", expect=201)


async def test_REG_API_030_finished_twice_and_finished_after_a_cancel(admin):
    location = await begin(admin)
    await admin("PUT", f"{location}?digest={of(b'x')}", b"x", expect=201)
    await admin("PUT", f"{location}?digest={of(b'x')}", b"x", expect=404)
    assert (await admin("GET", f"{V2}/blobs/{of(b'x')}", expect=200)).body == b"x"
    location = await begin(admin)
    await admin("DELETE", location, expect=204)
    await admin("PUT", f"{location}?digest={of(b'y')}", b"y", expect=404)


@pytest.mark.parametrize(
    ("field", "status", "body"),
    [
        ("bytes=0-0", 206, b"0"),
        ("bytes=9-9", 206, b"9"),
        ("bytes=5-999", 206, b"56789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=10-", 416, None),
        ("bytes=5-2", (200, 416), None),
        ("bytes=" + ",".join(["0-0"] * 10_000), (200, 416), None),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
async def test_REG_API_032_ranges(admin, field, status, body):
    digest = await push(admin, b"0123456789")
    got = await admin("GET", f"{V2}/blobs/{digest}", headers=[("Range", field)])
    assert got.status in (status if isinstance(status, tuple) else (status,))
    assert body is None or got.body == body


@pytest.mark.parametrize(("tag", "status"), [("{}", 304), ("W/{}", 304), ("*", 304), ('"other"', 200), ("", 200)])  # fmt: skip
async def test_REG_API_033_not_modified_only_for_the_very_digest(admin, tag, status):
    digest = await push(admin, b"0123456789")
    field = tag.format(f'"{digest}"')
    await admin("GET", f"{V2}/blobs/{digest}", headers=[("If-None-Match", field)], expect=status)


async def test_REG_API_037_nobody_says_where_an_answer_leads(admin):
    for spoof in ("X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded"):
        answer = await admin("POST", f"{V2}/blobs/uploads/", headers=[(spoof, "evil.example.com")], expect=202)  # fmt: skip
        assert answer["location"].startswith(f"{V2}/blobs/uploads/")


async def test_STO_027_two_who_push_one_blob_at_once(world, admin):
    locations = [await begin(admin) for _ in range(2)]
    content = b"the same" * 10_000
    ended = await asyncio.gather(*(admin("PUT", f"{one}?digest={of(content)}", content) for one in locations))  # fmt: skip
    assert [one.status for one in ended] == [201, 201]
    assert (await admin("GET", f"{V2}/blobs/{of(content)}", expect=200)).body == content
    kept = [key async for key in world.stores.blobs.keys()]  # noqa: SIM118 - a port's method
    assert len(kept) == 1


async def test_STO_028_029_fifty_who_move_one_tag_and_read_what_they_wrote(admin):
    digest = await push(admin)
    raws = [image(digest, annotations={"n": str(number)}) for number in range(50)]
    ended = await asyncio.gather(*(put(admin, raw) for raw in raws))
    assert {one.status for one in ended} == {201}
    got = await admin("GET", f"{V2}/manifests/v", expect=200)
    assert got.body in raws
    assert (await admin("GET", f"{V2}/tags/list", expect=200)).json["tags"] == ["v"]
    for raw in raws[:5]:
        await put(admin, raw, expect=201)
        assert (await admin("GET", f"{V2}/manifests/v", expect=200)).body == raw


async def test_STO_026_a_namespace_that_goes_while_somebody_pushes_into_it(admin):
    digest, location = await push(admin), await begin(admin)
    await admin("DELETE", "/api/v1/namespaces/team?force=true", expect=204)
    assert (await put(admin, image(digest))).status in (403, 404, 400)
    late = await admin("PUT", f"{location}?digest={of(b'late')}", b"late")
    assert late.status < 500
    await admin("PUT", "/api/v1/namespaces/team", expect=201)
    await put(admin, image(await push(admin)), expect=201)
