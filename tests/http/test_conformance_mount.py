"""Mounting as the specification has it: a blob goes from repository to repository only for those who may read it where it is.

Source: OCI Distribution Specification 1.1 § Mounting a blob from another repository; zot CVE-2024-39897 for what must not be.
"""

import pytest
from conformance import ALGORITHMS, ask, of, play, push, row

MOUNT = "Mounting a blob"
CONTENT = b"what is mounted"
SESSION = "/v2/team/other/blobs/uploads/.+"
TARGET = "/v2/team/other/blobs/uploads/?mount={digest}"
MOUNTED = {"location": "/v2/team/other/blobs/{digest}", "docker-content-digest": "{digest}"}
BEGUN = {"location": SESSION, "range": "0-0", "docker-upload-uuid": ".+", "docker-content-digest": ""}  # fmt: skip
READ = ask("GET", "/v2/team/other/blobs/{digest}", 200, gives=CONTENT)
# an upload that a mount has become is one like any other
UPLOADED = (ask("PUT", "{session}?digest={digest}", 201, CONTENT, fields=MOUNTED), READ)

TABLE = [
    row(MOUNT, "from where it is", ask("POST", TARGET + "&from=team/app", 201, fields=MOUNTED), READ),
    row(MOUNT, "twice is no error", *(ask("POST", TARGET + "&from=team/app", 201, fields=MOUNTED),) * 2, READ),
    row(MOUNT, "with the parameters the other way round, and one that nobody knows",
        ask("POST", "/v2/team/other/blobs/uploads/?from=team/app&mount={digest}&origin=x", 201, fields=MOUNTED), READ),
    row(MOUNT, "without the slash at the end", ask("POST", "/v2/team/other/blobs/uploads?mount={digest}&from=team/app", 201, fields=MOUNTED)),
    row(MOUNT, "without a source, it is found where the caller may read", ask("POST", TARGET, 201, fields=MOUNTED), READ),
    row(MOUNT, "an empty source is none", ask("POST", TARGET + "&from=", 201, fields=MOUNTED), READ),
    row(MOUNT, "where it is held already", ask("POST", "{repo}/blobs/uploads/?mount={digest}", 201, fields={"location": "{repo}/blobs/{digest}"})),
    row(MOUNT, "a blob that nobody has becomes an upload, with a source",
        ask("POST", "/v2/team/other/blobs/uploads/?mount={missing}&from=team/app", 202, fields=BEGUN, keeps="session"), *UPLOADED),
    row(MOUNT, "a blob that nobody has becomes an upload, without one",
        ask("POST", "/v2/team/other/blobs/uploads/?mount={missing}", 202, fields=BEGUN, keeps="session"), *UPLOADED),
    row(MOUNT, "a source that has it not, that is not there, or is no name becomes an upload",
        *(ask("POST", TARGET + "&from=" + source, 202, fields=BEGUN, keeps="session") for source in ("team/empty", "nowhere/app", "Not/A/Name", "elsewhere.test:5000/team/app", "team/app/")), *UPLOADED),
    row(MOUNT, "the session that a mount has become is cancelled by who may push",
        ask("POST", TARGET + "&from=team/app", 202, who="narrow", fields=BEGUN, keeps="session"), ask("DELETE", "{session}", 204, who="narrow")),
    row(MOUNT, "what is no digest is said", ask("POST", "/v2/team/other/blobs/uploads/?mount=sha256:bad&from=team/app", 400, code="DIGEST_INVALID")),
    row(MOUNT, "a token for the target alone reads no other repository, with or without a source",
        ask("POST", TARGET + "&from=team/app", 202, who="narrow", fields=BEGUN), ask("POST", TARGET, 202, who="narrow", fields=BEGUN)),
    row(MOUNT, "a token for both mounts", ask("POST", TARGET + "&from=team/app", 201, who="wide", fields=MOUNTED)),
    row(MOUNT, "a token for both mounts without a source, too", ask("POST", TARGET, 201, who="wide", fields=MOUNTED)),
    row(MOUNT, "the challenge asks for both rights at once",
        ask("POST", TARGET + "&from=team/app", 401, who="nobody", fields={"www-authenticate": 'Bearer .*,scope="repository:team/other:pull,push repository:team/app:pull"'}),
        ask("POST", TARGET, 401, who="nobody", fields={"www-authenticate": 'Bearer .*,scope="repository:team/other:pull,push"'})),
    row(MOUNT, "who may read it nowhere hears what he would hear if it were nowhere",
        *(ask("POST", "/v2/club/app/blobs/uploads/?mount={digest}" + source, 202, who="bob", fields={"location": "/v2/club/app/blobs/uploads/.+", "docker-content-digest": ""}) for source in ("", "&from=team/app")),
        *(ask("POST", "/v2/club/app/blobs/uploads/?mount={missing}" + source, 202, who="bob", fields={"location": "/v2/club/app/blobs/uploads/.+", "docker-content-digest": ""}) for source in ("", "&from=team/app"))),
    row(MOUNT, "what anybody may read is mounted with any token",
        ask("POST", TARGET.replace("{digest}", "{open}") + "&from=public/app", 201, who="narrow"), ask("POST", TARGET.replace("{digest}", "{open}"), 201, who="narrow"),
        ask("GET", "/v2/team/other/blobs/{open}", 200, gives=b"for everybody")),
]  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("one", TABLE, ids=str)
async def test_a_mount_as_the_specification_has_it(world, admin, nobody, one, algorithm):
    for name in ("club", "public?visibility=public"):
        await admin("PUT", f"/api/v1/namespaces/{name}", expect=201)
    await admin("PUT", "/api/v1/namespaces/club/policies/pusher/account/bob", expect=201)
    digest = await push(admin, CONTENT, algorithm)
    await push(admin, b"for everybody", algorithm, "/v2/public/app")
    both = "scope=repository:team/other:pull,push&scope=repository:team/app:pull"
    clients = {
        "admin": admin,
        "nobody": nobody,
        "bob": world.client(user="bob", password="other-password"),
        "narrow": await bearer(world, admin, "scope=repository:team/other:pull,push"),
        "wide": await bearer(world, admin, both),
    }
    missing = of(CONTENT + b"!", algorithm)
    known = {"digest": digest, "missing": missing, "open": of(b"for everybody", algorithm)}
    await play(clients, one, known)


async def bearer(world, admin, query):
    token = await admin("GET", f"/token?{query}", expect=200)
    client = world.client(user=None)
    client.authorization = f"Bearer {token.json['token']}"
    return client
