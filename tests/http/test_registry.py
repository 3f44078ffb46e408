"""The registry's face, row by row of OCI Distribution."""

import json
from datetime import timedelta
from hashlib import sha256, sha512

import pytest

from inkan import limits
from inkan.errors import UploadRangeError
from inkan.oci.reference import RepositoryName
from inkan.store.sql.database import Statement

REPOSITORY = "/v2/team/app"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def of(content: bytes, algorithm=sha256) -> str:
    return f"{algorithm().name}:{algorithm(content).hexdigest()}"


async def begin(client, query="") -> str:
    answer = await client("POST", f"{REPOSITORY}/blobs/uploads/{query}", expect=202)
    assert answer["location"].startswith(f"{REPOSITORY}/blobs/uploads/")
    return answer["location"]


async def push_blob(client, content: bytes) -> str:
    session = await begin(client)
    await client("PUT", f"{session}?digest={of(content)}", content, expect=201)
    return of(content)


async def image(client, **members) -> bytes:
    digest = await push_blob(client, b"{}")
    config = {"mediaType": CONFIG, "digest": digest, "size": 2}
    tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
    return json.dumps({**tree, **members}).encode()


async def put(client, reference, raw, kind=MANIFEST, **options):
    return await client(
        "PUT", f"{REPOSITORY}/manifests/{reference}", raw, [("Content-Type", kind)], **options
    )


# --- uploads ------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [sha256, sha512])
@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 100_000])
async def test_every_shape_of_an_upload_makes_the_same_blob(admin, algorithm, content):
    digest = of(content, algorithm)
    half = len(content) // 2

    async def post():
        target = f"{REPOSITORY}/blobs/uploads/?digest={digest}"
        return await admin("POST", target, content, expect=201)

    async def post_put():
        return await admin("PUT", f"{await begin(admin)}?digest={digest}", content, expect=201)

    async def streamed():
        session = await begin(admin)
        await admin("PATCH", session, [content[:half], content[half:]], expect=202)
        return await admin("PUT", f"{session}?digest={digest}", expect=201)

    async def chunked():
        session = await begin(admin)
        for start, piece in ((0, content[:half]), (half, content[half:])):
            if piece:
                span = [("Content-Range", f"{start}-{start + len(piece) - 1}")]
                await admin("PATCH", session, piece, span, expect=202)
        return await admin("PUT", f"{session}?digest={digest}", expect=201)

    async def last_in_put():
        session = await begin(admin)
        await admin("PATCH", session, content[:half], expect=202)
        return await admin("PUT", f"{session}?digest={digest}", content[half:], expect=201)

    for shape in (post, post_put, streamed, chunked, last_in_put):
        created = await shape()
        assert created["location"] == f"{REPOSITORY}/blobs/{digest}"
        assert created["docker-content-digest"] == digest
        got = await admin("GET", created["location"], expect=200)
        assert got.body == content
        assert got["content-length"] == str(len(content))


async def test_a_piece_out_of_order_changes_nothing(admin):
    session = await begin(admin)
    first = await admin("PATCH", session, b"12345", [("Content-Range", "0-4")], expect=202)
    assert first["range"] == "0-4"
    for span in ("0-4", "6-9", "4-8"):
        start, stop = map(int, span.split("-"))
        refused = await admin(
            "PATCH", session, b"x" * (stop - start + 1), [("Content-Range", span)], expect=416
        )
        assert refused["range"] == "0-4"
        assert refused["location"] == session
    status = await admin("GET", f"{session}?digest=ignored", expect=204)
    assert status["range"] == "0-4"
    await admin("PATCH", session, b"6789", [("Content-Range", "5-8")], expect=202)
    await admin("PUT", f"{session}?digest={of(b'123456789')}", expect=201)


@pytest.mark.parametrize("span", ["bytes 0-4/*", "0-", "4-0", "a-b", "0-4/9"])
async def test_a_range_that_cannot_be_read_is_refused(admin, span):
    session = await begin(admin)
    await admin("PATCH", session, b"12345", [("Content-Range", span)], expect=400)


async def test_a_length_that_differs_from_the_range_changes_nothing(admin):
    session = await begin(admin)
    await admin("PATCH", session, b"123", [("Content-Range", "0-4")], expect=416)
    await admin("PATCH", session, [b"123", b"456"], [("Content-Range", "0-4")], expect=416)
    assert (await admin("GET", session, expect=204))["range"] == "0-0"
    await admin("PUT", f"{session}?digest={of(b'')}", expect=201)


async def test_a_cut_upload_goes_on_from_what_came(admin):
    session = await begin(admin)
    cut = await admin("PATCH", session, [b"12345"], cut=True)
    assert cut.status == 400
    assert (await admin("GET", session, expect=204))["range"] == "0-4"
    await admin("PATCH", session, b"6789", [("Content-Range", "5-8")], expect=202)
    await admin("PUT", f"{session}?digest={of(b'123456789')}", expect=201)


async def test_another_process_finishes_what_one_began(world, admin):
    """The facts of an upload are in the stores, not in the process that began it."""
    session = await begin(admin)
    await admin("PATCH", session, b"123", expect=202)
    handler = next(
        r for r in world.product.registry.table.faces[1].routes if r.operation == "upload-append"
    ).handler
    handler.__self__._uploads._hashers.clear()
    await admin("PATCH", session, b"456", expect=202)
    await admin("PUT", f"{session}?digest={of(b'123456')}", expect=201)


async def test_a_request_that_saw_an_older_state_takes_nothing_away(world, admin):
    """Two requests look at an upload, one after the other writes: what the first was promised stays."""
    session = await begin(admin)
    handler = next(
        r for r in world.product.registry.table.faces[1].routes if r.operation == "upload-append"
    ).handler
    uploads = handler.__self__._uploads
    seen = await uploads.get(RepositoryName("team/app"), session.rpartition("/")[2], "admin")

    async def pieces(content):
        yield content

    await uploads.append(seen, pieces(b"acknowledged"))
    with pytest.raises(UploadRangeError) as refused:
        await uploads.append(seen, pieces(b"late"))
    assert refused.value.offset == len(b"acknowledged")
    await admin("PUT", f"{session}?digest={of(b'acknowledged')}", expect=201)


@pytest.mark.parametrize("lost", ["some", "all"])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_an_upload_that_the_machine_has_lost_is_gone_and_the_client_begins_anew(
    world, admin, method, lost
):
    """The power went: what was acknowledged is not there any more, and no later answer says that it is."""
    session = await begin(admin)
    await admin("PATCH", session, b"acknowledged", expect=202)
    (upload_id,) = world.stores.uploads._contents
    if lost == "some":
        del world.stores.uploads._contents[upload_id][5:]
    else:
        del world.stores.uploads._contents[upload_id]
    handler = next(
        r for r in world.product.registry.table.faces[1].routes if r.operation == "upload-append"
    ).handler
    handler.__self__._uploads._hashers.clear()
    query = f"?digest={of(b'acknowledged more')}" if method == "PUT" else ""
    refused = await admin(method, session + query, b" more", expect=404)
    assert refused.code == "BLOB_UPLOAD_UNKNOWN"
    await admin("GET", session, expect=404)
    assert not world.stores.uploads._contents
    await push_blob(admin, b"acknowledged more")


async def test_a_body_that_nobody_will_read_is_said_not_to_be_read(admin, nobody):
    large = [("Content-Length", str(limits.REFUSED_BODY_BYTES + 1))]
    for client, status in ((nobody, 401), (admin, 404)):
        refused = await client("PATCH", f"{REPOSITORY}/blobs/uploads/none", [b"x"], large)
        assert (refused.status, refused["connection"]) == (status, "close")
    small = [("Content-Length", str(limits.REFUSED_BODY_BYTES - 1))]
    refused = await nobody("PATCH", f"{REPOSITORY}/blobs/uploads/none", [b"x"], small, expect=401)
    assert "connection" not in refused.headers


async def test_a_post_with_everything_that_is_cut_leaves_nothing(world, admin):
    """Nobody was told where to go on."""
    target = f"{REPOSITORY}/blobs/uploads/?digest={of(b'12345678')}"
    refused = await admin("POST", target, [b"1234"], cut=True)
    assert refused.status == 400
    assert not world.stores.uploads._contents
    await admin("POST", target, [b"1234", b"5678"], expect=201)


async def test_a_store_that_wishes_for_longer_pieces_says_so_and_takes_shorter_ones(world, admin):
    world.stores.uploads.chunk_min_bytes = 5_000_000
    begun = await admin("POST", f"{REPOSITORY}/blobs/uploads/", expect=202)
    assert begun["oci-chunk-min-length"] == "5000000"
    for start in range(3):
        span = [("Content-Range", f"{start}-{start}")]
        more = await admin("PATCH", begun["location"], b"x", span, expect=202)
        assert "oci-chunk-min-length" not in more.headers
    await admin("PUT", f"{begun['location']}?digest={of(b'xxx')}", expect=201)


async def test_a_wrong_digest_ends_the_upload(admin):
    session = await begin(admin)
    await admin("PATCH", session, b"content", expect=202)
    refused = await admin("PUT", f"{session}?digest={of(b'other')}", expect=400)
    assert refused.code == "DIGEST_INVALID"
    assert (await admin("GET", session, expect=404)).code == "BLOB_UPLOAD_UNKNOWN"


@pytest.mark.parametrize("digest", ["sha256:bad", "md5:abc", "nonsense", ""])
async def test_a_digest_that_is_none_is_refused(admin, digest):
    session = await begin(admin)
    assert (await admin("PUT", f"{session}?digest={digest}", expect=400)).code == "DIGEST_INVALID"
    await admin("POST", f"{REPOSITORY}/blobs/uploads/?digest={digest}", b"x", expect=400)


async def test_a_closing_put_without_digest_is_refused(admin):
    await admin("PUT", await begin(admin), expect=400)


async def test_a_cancelled_upload_is_gone(admin):
    session = await begin(admin)
    await admin("DELETE", session, expect=204)
    await admin("GET", session, expect=404)
    await admin("PATCH", session, b"x", expect=404)


async def test_a_blob_is_mounted_from_where_the_caller_may_read(admin, nobody):
    digest = await push_blob(admin, b"shared")
    target = f"/v2/team/other/blobs/uploads/?mount={digest}&from=team/app"
    mounted = await admin("POST", target, expect=201)
    assert mounted["location"] == f"/v2/team/other/blobs/{digest}"
    assert (await admin("GET", mounted["location"], expect=200)).body == b"shared"
    # the challenge asks for both at once
    challenged = (await nobody("POST", target, expect=401))["www-authenticate"]
    assert 'scope="repository:team/other:pull,push repository:team/app:pull"' in challenged
    # a token for the target alone does not read the source: the client uploads instead
    answer = await admin("GET", "/token?scope=repository:team/third:pull,push", expect=200)
    bearer = [("Authorization", f"Bearer {answer.json['token']}")]
    await nobody(
        "POST",
        f"/v2/team/third/blobs/uploads/?mount={digest}&from=team/app",
        headers=bearer,
        expect=202,
    )


@pytest.mark.parametrize(
    "source", ["team/nowhere", "Not/A/Name", "elsewhere.test:5000/team/app", ""]
)
async def test_a_mount_that_cannot_be_becomes_an_upload(admin, source):
    session = await begin(admin, f"?mount={of(b'x')}&from={source}")
    await admin("PUT", f"{session}?digest={of(b'x')}", b"x", expect=201)


async def test_an_upload_belongs_to_its_repository(admin):
    session = await begin(admin)
    elsewhere = session.replace("/team/app/", "/team/other/")
    await admin("PATCH", elsewhere, b"x", expect=404)


async def test_idle_uploads_expire(world, admin):
    session = await begin(admin)
    world.clock.move(timedelta(days=2))
    (job,) = [job for job in world.product.jobs if job.name == "expire uploads"]
    await job.run()
    await admin("GET", session, expect=404)


async def test_the_same_blob_pushed_twice_is_stored_once(world, admin):
    await push_blob(admin, b"same")
    await push_blob(admin, b"same")
    assert len(world.stores.blobs.contents) == 1


# --- blobs --------------------------------------------------------------------------------------


async def test_a_blob_is_read_through_its_repository_only(admin):
    digest = await push_blob(admin, b"secret")
    other = await admin("GET", f"/v2/team/other/blobs/{digest}", expect=404)
    assert other.code == "NAME_UNKNOWN"
    missing = await admin("GET", f"{REPOSITORY}/blobs/{of(b'nothing')}", expect=404)
    assert missing.code == "BLOB_UNKNOWN"


async def test_a_head_says_what_a_get_would(admin):
    digest = await push_blob(admin, b"12345")
    head = await admin("HEAD", f"{REPOSITORY}/blobs/{digest}", expect=200)
    assert head.body == b""
    assert head["content-length"] == "5"
    assert head["docker-content-digest"] == digest
    assert head["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("span", "content_range", "part"),
    [
        ("bytes=500-1499", "bytes 500-1499/2048", slice(500, 1500)),
        ("bytes=500-", "bytes 500-2047/2048", slice(500, None)),
        ("bytes=-500", "bytes 1548-2047/2048", slice(-500, None)),
        ("bytes=2000-5000", "bytes 2000-2047/2048", slice(2000, None)),
        ("bytes=-5000", "bytes 0-2047/2048", slice(0, None)),
    ],
)
async def test_ranges_of_a_blob(admin, span, content_range, part):
    content = bytes(range(256)) * 8
    digest = await push_blob(admin, content)
    got = await admin("GET", f"{REPOSITORY}/blobs/{digest}", headers=[("Range", span)], expect=206)
    assert got["content-range"] == content_range
    assert got.body == content[part]
    assert got["content-length"] == str(len(content[part]))


@pytest.mark.parametrize("span", ["bytes=500-0", "bytes=5000-10000", "bytes=2048-", "bytes=-0"])
async def test_ranges_outside_a_blob_are_refused(admin, span):
    digest = await push_blob(admin, b"x" * 2048)
    refused = await admin(
        "GET", f"{REPOSITORY}/blobs/{digest}", headers=[("Range", span)], expect=416
    )
    assert refused["content-range"] == "bytes */2048"


@pytest.mark.parametrize("span", ["bytes=0-1,3-4", "lines=1-2", "bytes=-", "nonsense"])
async def test_ranges_that_are_not_offered_get_the_whole(admin, span):
    digest = await push_blob(admin, b"12345")
    assert (
        await admin("GET", f"{REPOSITORY}/blobs/{digest}", headers=[("Range", span)], expect=200)
    ).body == b"12345"


async def test_what_a_client_holds_is_not_sent_again(admin):
    digest = await push_blob(admin, b"12345")
    held = [("If-None-Match", f'"{digest}"')]
    assert (
        await admin("GET", f"{REPOSITORY}/blobs/{digest}", headers=held, expect=304)
    ).body == b""


async def test_a_blob_whose_bytes_are_lost_is_not_claimed(world, admin):
    digest = await push_blob(admin, b"12345")
    world.stores.blobs.contents.clear()
    # "it is not here" makes clients push it again, and that heals it; whoever wants the bytes hears the truth
    await admin("HEAD", f"{REPOSITORY}/blobs/{digest}", expect=404)
    await admin("GET", f"{REPOSITORY}/blobs/{digest}", expect=500)
    assert await push_blob(admin, b"12345") == digest
    assert (await admin("GET", f"{REPOSITORY}/blobs/{digest}", expect=200)).body == b"12345"


# --- manifests ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MANIFEST, DOCKER])
async def test_a_manifest_comes_back_as_it_went(admin, kind):
    raw = (await image(admin, mediaType=kind)) + b"\n  "
    created = await put(admin, "v1", raw, kind, expect=201)
    assert created["docker-content-digest"] == of(raw)
    assert created["location"] == f"{REPOSITORY}/manifests/{of(raw)}"
    for reference in ("v1", of(raw)):
        got = await admin(
            "GET",
            f"{REPOSITORY}/manifests/{reference}",
            headers=[("Accept", "text/html")],
            expect=200,
        )
        assert (got.body, got["content-type"]) == (raw, kind)
        assert got["docker-content-digest"] == of(raw)
        head = await admin("HEAD", f"{REPOSITORY}/manifests/{reference}", expect=200)
        assert (head["content-length"], head.body) == (str(len(raw)), b"")


async def test_a_manifest_by_sha512_is_found_by_it_and_by_its_tag(admin):
    raw = await image(admin)
    digest = of(raw, sha512)
    assert (await put(admin, digest, raw, expect=201))["docker-content-digest"] == digest
    await admin("GET", f"{REPOSITORY}/manifests/{digest}", expect=200)


async def test_an_index_needs_its_children(admin):
    raw = await image(admin)
    child = {"mediaType": MANIFEST, "digest": of(raw), "size": len(raw)}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}).encode()
    assert (await put(admin, "multi", index, INDEX, expect=400)).code == "MANIFEST_BLOB_UNKNOWN"
    await put(admin, of(raw), raw, expect=201)
    await put(admin, "multi", index, INDEX, expect=201)


async def test_what_may_be_elsewhere_and_what_may_be_missing(admin):
    foreign = {
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "digest": of(b"f"),
        "size": 1,
    }
    subject = {"mediaType": MANIFEST, "digest": of(b"subject"), "size": 7}
    raw = await image(
        admin, layers=[foreign], subject=subject, annotations={"a": "b"}, unknown={"x": 1}
    )
    await put(admin, "v1", raw, expect=201)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"manifests": []}, MANIFEST),
        ({"fsLayers": []}, MANIFEST),
        ({"config": None}, MANIFEST),
        ({"layers": {}}, MANIFEST),
        ({"schemaVersion": 1}, MANIFEST),
        ({"mediaType": INDEX}, MANIFEST),
        ({"mediaType": MANIFEST}, INDEX),
        ({"annotations": {"a": 1}}, MANIFEST),
        ({"layers": [{"mediaType": "x", "digest": "sha256:bad", "size": 1}]}, MANIFEST),
        ({"layers": [{"mediaType": "x", "digest": of(b""), "size": -1}]}, MANIFEST),
        ({"layers": [{"mediaType": "x", "digest": of(b""), "size": 1.0}]}, MANIFEST),
        ({"layers": [{"mediaType": "x", "digest": of(b"a"), "size": 1, "data": "Yg=="}]}, MANIFEST),
        ({}, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ({"mediaType": "text/plain"}, "text/plain"),
    ],
)
async def test_CVE_2021_41190_and_other_confusions_are_refused(admin, change, kind):
    tree = {**json.loads(await image(admin)), **change}
    refused = await put(admin, "v1", json.dumps(tree).encode(), kind, expect=400)
    assert refused.code == "MANIFEST_INVALID"


async def test_a_size_that_is_false_is_refused(admin):
    config = {"mediaType": CONFIG, "digest": await push_blob(admin, b"{}"), "size": 3}
    refused = await put(admin, "v1", await image(admin, config=config), expect=400)
    assert refused.code == "SIZE_INVALID"


async def test_a_manifest_under_another_digest_is_refused(admin):
    raw = await image(admin)
    assert (await put(admin, of(b"other"), raw, expect=400)).code == "DIGEST_INVALID"
    await admin("GET", f"{REPOSITORY}/manifests/{of(b'other')}", expect=404)


async def test_a_manifest_of_almost_4_MiB_is_kept_and_a_larger_one_not(admin):
    raw = await image(admin, annotations={"a": "x" * 3_900_000})
    await put(admin, "large", [raw[:1000], raw[1000:]], expect=201)
    over = await image(admin, annotations={"a": "x" * limits.MANIFEST_BYTES})
    assert (await put(admin, "larger", over, expect=413)).code == "SIZE_INVALID"
    assert (await put(admin, "larger", [over], expect=413)).code == "SIZE_INVALID"


async def test_a_damaged_manifest_is_not_served_and_heals(world, admin):
    raw = await image(admin)
    await put(admin, "v1", raw, expect=201)

    def damage():
        yield Statement("UPDATE manifests SET payload = ?", (raw.replace(b"2", b"3", 1),))

    await world.stores.database.write(damage)
    assert (await admin("GET", f"{REPOSITORY}/manifests/v1", expect=500)).code == "UNKNOWN"
    await put(admin, "v1", raw, expect=201)
    await admin("GET", f"{REPOSITORY}/manifests/v1", expect=200)


async def test_a_push_by_digest_sets_tags_at_once(admin):
    raw = await image(admin)
    created = await put(admin, f"{of(raw)}?tag=a&tag=b", raw, expect=201)
    assert "oci-tag" in created.headers
    for tag in ("a", "b"):
        await admin("GET", f"{REPOSITORY}/manifests/{tag}", expect=200)
    await put(admin, "v1?tag=a", raw, expect=400)
    await put(admin, f"{of(raw)}?tag=.bad", raw, expect=400)
    await put(admin, of(raw) + "?" + "&".join(f"tag=t{n}" for n in range(51)), raw, expect=400)


# --- deletes and referrers ----------------------------------------------------------------------


async def test_a_tag_goes_and_its_manifest_stays(admin):
    raw = await image(admin)
    for tag in ("a", "b"):
        await put(admin, tag, raw, expect=201)
    await admin("DELETE", f"{REPOSITORY}/manifests/a", expect=202)
    await admin("GET", f"{REPOSITORY}/manifests/a", expect=404)
    await admin("GET", f"{REPOSITORY}/manifests/b", expect=200)
    assert (
        await admin("DELETE", f"{REPOSITORY}/manifests/a", expect=404)
    ).code == "MANIFEST_UNKNOWN"


async def test_a_manifest_goes_with_its_tags_and_then_its_blobs_may(admin):
    raw = await image(admin)
    await put(admin, "a", raw, expect=201)
    kept = await admin("DELETE", f"{REPOSITORY}/blobs/{of(b'{}')}", expect=409)
    assert "delete them first" in kept.json["errors"][0]["message"]
    await admin("DELETE", f"{REPOSITORY}/manifests/{of(raw)}", expect=202)
    for reference in ("a", of(raw)):
        await admin("HEAD", f"{REPOSITORY}/manifests/{reference}", expect=404)
    await admin("DELETE", f"{REPOSITORY}/blobs/{of(b'{}')}", expect=202)
    await admin("HEAD", f"{REPOSITORY}/blobs/{of(b'{}')}", expect=404)
    await admin("DELETE", f"{REPOSITORY}/blobs/{of(b'{}')}", expect=404)
    # what is gone can be pushed again
    await put(admin, "a", await image(admin), expect=201)


async def refer(client, subject: bytes, kind: str, **members) -> bytes:
    descriptor = {"mediaType": MANIFEST, "digest": of(subject), "size": len(subject)}
    raw = await image(client, subject=descriptor, artifactType=kind, **members)
    created = await put(client, of(raw), raw, expect=201)
    assert created["oci-subject"] == of(subject)
    return raw


async def test_referrers_are_listed_with_their_kind_and_annotations(admin):
    subject = await image(admin)
    signature = await refer(admin, subject, "application/x-signature", annotations={"who": "alice"})
    bom = await refer(admin, subject, "application/x-bom")
    listed = await admin("GET", f"{REPOSITORY}/referrers/{of(subject)}", expect=200)
    assert listed["content-type"] == INDEX
    rows = {one["digest"]: one for one in listed.json["manifests"]}
    assert rows.keys() == {of(signature), of(bom)}
    assert rows[of(signature)] == {
        "mediaType": MANIFEST,
        "digest": of(signature),
        "size": len(signature),
        "artifactType": "application/x-signature",
        "annotations": {"who": "alice"},
    }
    some = await admin(
        "GET", f"{REPOSITORY}/referrers/{of(subject)}?artifactType=application/x-bom", expect=200
    )
    assert [one["digest"] for one in some.json["manifests"]] == [of(bom)]
    assert some["oci-filters-applied"] == "artifactType"
    await admin("DELETE", f"{REPOSITORY}/manifests/{of(bom)}", expect=202)
    left = await admin("GET", f"{REPOSITORY}/referrers/{of(subject)}", expect=200)
    assert [one["digest"] for one in left.json["manifests"]] == [of(signature)]


async def test_referrers_of_what_is_not_here_are_none(admin):
    for path in (REPOSITORY, "/v2/team/nowhere"):
        listed = await admin("GET", f"{path}/referrers/{of(b'none')}", expect=200)
        assert listed.json == {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    await admin("GET", f"{REPOSITORY}/referrers/sha256:bad", expect=400)


async def test_many_referrers_come_in_pages(admin, monkeypatch):
    monkeypatch.setattr(limits, "REFERRERS_PER_PAGE", 2)
    subject = await image(admin)
    pushed = {of(await refer(admin, subject, "a/b", annotations={"n": str(n)})) for n in range(5)}
    found, target = set(), f"{REPOSITORY}/referrers/{of(subject)}?artifactType=a/b"
    while target:
        page = await admin("GET", target, expect=200)
        found |= {one["digest"] for one in page.json["manifests"]}
        target = page.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert found == pushed


# --- lists, ping, edges -------------------------------------------------------------------------


async def test_tags_come_in_pages(admin):
    raw = await image(admin)
    for tag in ("a", "b", "C", "d"):
        await put(admin, tag, raw, expect=201)
    first = await admin("GET", f"{REPOSITORY}/tags/list?n=3", expect=200)
    assert first.json == {"name": "team/app", "tags": ["C", "a", "b"]}
    assert first["link"] == '</v2/team/app/tags/list?n=3&last=b>; rel="next"'
    last = await admin("GET", f"{REPOSITORY}/tags/list?n=3&last=b", expect=200)
    assert last.json["tags"] == ["d"]
    assert "link" not in last.headers
    assert (await admin("GET", f"{REPOSITORY}/tags/list?n=0", expect=200)).json["tags"] == []
    assert (await admin("GET", f"{REPOSITORY}/tags/list?n=99999999", expect=200)).json["tags"] == [
        "C",
        "a",
        "b",
        "d",
    ]
    assert (await admin("GET", "/v2/_catalog", expect=200)).json == {"repositories": ["team/app"]}


async def test_the_ping_greets_who_is_logged_in(admin, nobody):
    for path in ("/v2/", "/v2", "//v2/"):
        answer = await admin("GET", path, expect=200)
        assert answer.json == {}
        assert answer["docker-distribution-api-version"] == "registry/2.0"
        challenged = await nobody("GET", path, expect=401)
        assert (
            challenged["www-authenticate"]
            == 'Bearer realm="https://localhost:5000/token",service="inkan"'
        )
        assert challenged["docker-distribution-api-version"] == "registry/2.0"


async def test_a_method_that_is_not_offered_is_said(admin):
    refused = await admin("PATCH", f"{REPOSITORY}/manifests/v1", expect=405)
    assert refused.code == "UNSUPPORTED"
    assert refused["allow"] == "DELETE, GET, HEAD, PUT"


async def test_every_answer_has_a_request_id_and_no_sniffing(admin):
    for path in ("/v2/", "/nothing", "/health/live", "/token?scope=x"):
        answer = await admin("GET", path)
        assert len(answer["x-request-id"]) == 16
        assert answer["x-content-type-options"] == "nosniff"
        assert "cache-control" in answer.headers
