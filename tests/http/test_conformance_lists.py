"""Tags and referrers listed as the specification has it, row by row.

Source: OCI Distribution Specification 1.1 and the coming revision §§ Listing Tags, Listing Referrers; RFC 8288 for `Link`.
"""

import json

import pytest
from conformance import (
    ALGORITHMS,
    CONFIG,
    INDEX,
    MANIFEST,
    REPO,
    ask,
    descriptor,
    document,
    of,
    play,
    push,
    row,
)

from inkan import limits

TAGS, REFERRERS = "Listing Tags", "Listing Referrers"
NAMED = ["TEST", "Test", "a", "latest", "test", "v1", "v1.1", "v10"]
IMAGE = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
LIST, OF = "{repo}/tags/list", "{repo}/referrers/{subject}"


def tags(*names):
    return {"name": "team/app", "tags": list(names)}


def page(query, *names, link=""):
    return ask("GET", LIST + query, 200, gives=tags(*names), fields={"link": link, "content-type": "application/json"})  # fmt: skip


def next_page(n, last):
    return rf'</v2/team/app/tags/list\?n={n}&last={last}>; rel="next"'


TAG_TABLE = [
    row(TAGS, "all of them, in one order", page("", *NAMED)),
    row(TAGS, "a tag that another begins with is not left out", page("?last=test&n=2", "v1", "v1.1", link=next_page(2, "v1.1"))),
    row(TAGS, "n of them, and where there are more", page("?n=3", *NAMED[:3], link=next_page(3, "a")), page("?n=3&last=a", *NAMED[3:6], link=next_page(3, "v1")), page("?n=3&last=v1", *NAMED[6:])),
    row(TAGS, "as many as there are need no link", page("?n=8", *NAMED), page("?n=9", *NAMED), page("?n=1&last=v1.1", "v10")),
    row(TAGS, "last is not among them", page("?last=v1", "v1.1", "v10"), page("?last=v10")),
    row(TAGS, "last need not be there", page("?last=b", *NAMED[3:]), page("?last=zzz"), page("?last=", *NAMED)),
    row(TAGS, "none are an empty list, not nothing, and lead nowhere", page("?n=0"), page("?n=0&last=a"), page("?last=v10")),
    row(TAGS, "more than there may be in one answer", page("?n=100000000", *NAMED)),
    row(TAGS, "what is no number", *(ask("GET", LIST + "?n=" + bad, 400, code="PAGINATION_NUMBER_INVALID") for bad in ("-1", "abc", "1.5", "0x10", "9" * 40, "%20"))),
    row(TAGS, "a HEAD", ask("HEAD", LIST, 200, fields={"content-type": "application/json", "content-length": r"\d+"})),
    row(TAGS, "a repository that never was", ask("GET", "/v2/team/never/tags/list", 404, code="NAME_UNKNOWN")),
    row(TAGS, "a repository without tags", ask("POST", "/v2/team/bare/blobs/uploads/?digest=" + of(b"{}"), 201, b"{}"), ask("GET", "/v2/team/bare/tags/list", 200, gives={"name": "team/bare", "tags": []})),
    row(TAGS, "a deleted tag is listed no more, and the others are", ask("DELETE", "{repo}/manifests/a", 202), page("", *(name for name in NAMED if name != "a"))),
    row(TAGS, "a tag that moves is listed once", ask("PUT", "{repo}/manifests/a", 201, IMAGE, kind=MANIFEST), page("", *NAMED)),
]  # fmt: skip


@pytest.mark.parametrize("one", TAG_TABLE, ids=str)
async def test_tags_are_listed_as_the_specification_has_it(admin, one):
    await push(admin, b"{}")
    for name in reversed(NAMED):
        await admin("PUT", f"{REPO}/manifests/{name}", IMAGE, [("Content-Type", MANIFEST)], expect=201)  # fmt: skip
    await play({"admin": admin}, one, {})


def referrer(algorithm, number, **members):
    """Return a manifest that refers to the image; its config's type is what it is where it does not say."""
    tree = {"subject": descriptor(IMAGE, MANIFEST, algorithm), "annotations": {"number": str(number)}, **members}  # fmt: skip
    if members.get("mediaType") == INDEX:
        return INDEX, document(manifests=[], **tree)
    config = tree.pop("config", descriptor(b"{}", "application/vnd.example.config"))
    return MANIFEST, document(mediaType=MANIFEST, config=config, layers=[], **tree)


def referrers(algorithm):
    """Return the five that the suite has: two of one type, one that says it by its config, an index, and an index of no type."""
    return [
        referrer(algorithm, 0, artifactType="application/vnd.example.sbom"),
        referrer(algorithm, 1, artifactType="application/vnd.example.sbom"),
        referrer(algorithm, 2),
        referrer(algorithm, 3, mediaType=INDEX, artifactType="application/vnd.example.list"),
        referrer(algorithm, 4, mediaType=INDEX),
    ]


TYPES = ["application/vnd.example.sbom", "application/vnd.example.sbom", "application/vnd.example.config", "application/vnd.example.list", None]  # fmt: skip


def entry(kind, raw, number):
    said = {"mediaType": kind, "digest": of(raw), "size": len(raw)}
    if TYPES[number]:
        said["artifactType"] = TYPES[number]
    return {**said, "annotations": {"number": str(number)}}


def empty_index(**fields):
    return {"gives": {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}, "fields": {"content-type": INDEX.replace("+", r"\+"), "link": "", **fields}}  # fmt: skip


REFERRER_TABLE = [
    row(REFERRERS, "of what nothing refers to: an empty index", ask("GET", "{repo}/referrers/{nothing}", 200, **empty_index())),
    row(REFERRERS, "of a repository that never was: an empty index, never 404", ask("GET", "/v2/team/never/referrers/{subject}", 200, **empty_index())),
    row(REFERRERS, "of the digest by which clients ask whether there are any at all", ask("GET", "/v2/team/never/referrers/sha256:" + "0" * 64, 200, **empty_index()), ask("HEAD", "{repo}/referrers/sha256:" + "0" * 64, 200)),
    row(REFERRERS, "of another repository: none of these", ask("GET", "/v2/team/other/referrers/{subject}", 200, **empty_index())),
    row(REFERRERS, "what is no digest", *(ask("GET", "{repo}/referrers/" + bad, 400, code="DIGEST_INVALID") for bad in ("sha256:baddigeststring", "v1", "md5:" + "0" * 32))),
    row(REFERRERS, "a type that none of them has: empty, and it is said that this was asked", ask("GET", OF + "?artifactType=application/x-none", 200, **empty_index(**{"oci-filters-applied": "artifactType"}))),
    row(REFERRERS, "without a filter nothing is said of filters", ask("GET", OF, 200, fields={"oci-filters-applied": "", "content-type": INDEX.replace("+", r"\+")})),
    row(REFERRERS, "a query that nobody knows is no filter", ask("GET", OF + "?color=red", 200, fields={"oci-filters-applied": ""})),
]  # fmt: skip


async def push_referrers(admin, algorithm):
    await push(admin, b"{}")
    pushed = referrers(algorithm)
    for kind, raw in pushed:
        answer = await admin("PUT", f"{REPO}/manifests/{of(raw)}", raw, [("Content-Type", kind)], expect=201)  # fmt: skip
        assert answer["oci-subject"] == of(IMAGE, algorithm)
    return pushed


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("one", REFERRER_TABLE, ids=str)
async def test_referrers_are_listed_as_the_specification_has_it(admin, one, algorithm):
    await push_referrers(admin, algorithm)
    known = {"subject": of(IMAGE, algorithm), "nothing": of(b"nothing", algorithm)}
    await play({"admin": admin}, one, known)


async def listed(admin, algorithm, query=""):
    answer = await admin("GET", f"{REPO}/referrers/{of(IMAGE, algorithm)}{query}", expect=200)
    return answer, {one["annotations"]["number"]: one for one in answer.json["manifests"]}


@pytest.mark.parametrize("has_subject", [True, False])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_every_referrer_is_listed_with_its_type_and_annotations(admin, algorithm, has_subject):  # fmt: skip
    """Whether or not what they refer to is there, and those that say nothing of their type by their config's."""
    pushed = await push_referrers(admin, algorithm)
    if has_subject:
        target = f"{REPO}/manifests/{of(IMAGE, algorithm)}"
        await admin("PUT", target, IMAGE, [("Content-Type", MANIFEST)], expect=201)
    answer, found = await listed(admin, algorithm)
    assert answer.json.keys() == {"schemaVersion", "mediaType", "manifests"}
    assert found == {str(n): entry(kind, raw, n) for n, (kind, raw) in enumerate(pushed)}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kind", [one for one in dict.fromkeys(TYPES) if one])
async def test_referrers_of_a_type_only(admin, algorithm, kind):
    await push_referrers(admin, algorithm)
    answer, found = await listed(admin, algorithm, f"?artifactType={kind}")
    assert answer["oci-filters-applied"] == "artifactType"
    assert set(found) == {str(n) for n, one in enumerate(TYPES) if one == kind}


async def test_a_deleted_referrer_is_listed_no_more(admin):
    pushed = await push_referrers(admin, "sha256")
    await admin("DELETE", f"{REPO}/manifests/{of(pushed[0][1])}", expect=202)
    assert set((await listed(admin, "sha256"))[1]) == {"1", "2", "3", "4"}


async def test_a_subject_that_goes_leaves_its_referrers(admin):
    await push_referrers(admin, "sha256")
    target = f"{REPO}/manifests/{of(IMAGE)}"
    await admin("PUT", target, IMAGE, [("Content-Type", MANIFEST)], expect=201)
    await admin("DELETE", target, expect=202)
    assert len((await listed(admin, "sha256"))[1]) == 5


@pytest.mark.parametrize("query", ["", "?artifactType=application/vnd.example.sbom"])
async def test_many_referrers_come_in_pages_that_lead_to_one_another(admin, monkeypatch, query):
    monkeypatch.setattr(limits, "REFERRERS_PER_PAGE", 1)
    await push_referrers(admin, "sha256")
    target, seen = f"{REPO}/referrers/{of(IMAGE)}{query}", []
    while target:
        answer = await admin("GET", target, expect=200)
        assert answer["content-type"] == INDEX
        assert ("oci-filters-applied" in answer.headers) == bool(query)
        seen += [one["annotations"]["number"] for one in answer.json["manifests"]]
        link = answer.headers.get("link", "")
        assert not link or link.endswith('>; rel="next"')
        target = link.partition(">")[0].removeprefix("<")
    assert sorted(seen) == (["0", "1"] if query else ["0", "1", "2", "3", "4"])


async def test_an_answer_about_referrers_stays_below_what_clients_take(admin, monkeypatch):
    """Clients stop reading at 4 MiB, so that referrers with long annotations are fewer to a page."""
    await push(admin, b"{}")
    subject = descriptor(IMAGE, MANIFEST)
    for number in range(3):
        long = {"long": "x" * 3_000_000, "number": str(number)}
        config = descriptor(b"{}", CONFIG)
        raw = document(mediaType=MANIFEST, config=config, layers=[], subject=subject, annotations=long)  # fmt: skip
        await admin("PUT", f"{REPO}/manifests/{of(raw)}", raw, [("Content-Type", MANIFEST)], expect=201)  # fmt: skip
    target, seen = f"{REPO}/referrers/{of(IMAGE)}", []
    while target:
        answer = await admin("GET", target, expect=200)
        assert len(answer.body) <= 4 * limits.MIB
        seen += [one["annotations"]["number"] for one in json.loads(answer.body)["manifests"]]
        target = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert sorted(seen) == ["0", "1", "2"]
