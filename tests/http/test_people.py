"""People, keys, groups and roles through the management API, and what they then may."""

import asyncio
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from asgi import Client
from test_tokens import GUN, bearer, granted, token

from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace
from inkan.server.assemble import build
from inkan.server.settings import load
from inkan.store.memory import MemoryDatabase
from inkan.store.records import Role

UPLOAD = "/v2/team/app/blobs/uploads/"
LATER = "/v2/other/app/blobs/uploads/"


class Administrator:
    """Sets a world up as its administrator does."""

    def __init__(self, world):
        self.world = world
        self.ask = world.client()

    async def add(self, name, kind="person", **more):
        tree = {"kind": kind, **({"password": f"{name}-password"} if kind == "person" else {})}
        body = json.dumps({**tree, **more}).encode()
        await self.ask("PUT", f"/api/v1/accounts/{name}", body, expect=201)
        return self.world.client(user=name, password=f"{name}-password")

    async def grant(self, role, subject, namespace="team", kind="account"):
        here = f"/namespaces/{namespace}" if namespace else ""
        await self.ask("PUT", f"/api/v1{here}/policies/{role}/{kind}/{subject}", expect=201)

    async def key(self, account, **more):
        body = json.dumps({"account": account, "name": "k", **more}).encode()
        made = await self.ask("POST", "/api/v1/api-keys", body, expect=201)
        return made.json["id"], self.world.client(user="iamapikey", password=made.json["api_key"])


@pytest.fixture
async def set_up(world):
    await world.client()("PUT", f"/api/v1/namespaces/{Namespace('other')}", expect=201)
    return Administrator(world)


def form(**fields):
    return urlencode(fields).encode()


# --- roles ---------------------------------------------------------------------------------------


async def test_S8_a_team_may_not_touch_another_teams_namespace(set_up):
    alice = await set_up.add("alice")
    await set_up.grant("writer", "alice")
    await alice("POST", UPLOAD, expect=202)
    refused = await alice("POST", LATER, expect=403)
    assert "no right to" in refused.json["errors"][0]["message"]
    assert "managers or an administrator" in refused.json["errors"][0]["message"]
    nowhere = await alice("POST", "/v2/nowhere/app/blobs/uploads/", expect=403)
    assert nowhere.json["errors"][0]["message"] == refused.json["errors"][0]["message"].replace(
        "other", "nowhere"
    )


async def test_a_signer_signs_and_does_not_push_and_a_pusher_pushes_and_does_not_sign(set_up):
    key = f"/v2/{GUN}/_trust/tuf/timestamp.key"
    signer, pusher = await set_up.add("sig"), await set_up.add("pus")
    await set_up.grant("signer", "sig")
    await set_up.grant("pusher", "pus")
    await signer("GET", key, expect=200)
    await signer("POST", UPLOAD, expect=403)
    await pusher("POST", UPLOAD, expect=202)
    await pusher("GET", key, expect=401)
    assert granted(await token(signer, f"repository:{GUN}:push,pull")) == {GUN: ["pull", "push"]}
    assert granted(await token(signer, "repository:team/app:push,pull")) == {"team/app": ["pull"]}
    assert granted(await token(pusher, f"repository:{GUN}:push,pull")) == {GUN: ["pull"]}


async def test_a_token_for_signing_does_not_push_for_a_signer(set_up):
    """The two names are one thing to a token; the account's rights tell them apart at each request."""
    signer = await set_up.add("sig")
    await set_up.grant("signer", "sig")
    text = await token(signer, f"repository:{GUN}:push,pull")
    nobody = set_up.world.client(user=None)
    await nobody("GET", f"/v2/{GUN}/_trust/tuf/timestamp.key", headers=bearer(text), expect=200)
    await nobody("POST", UPLOAD, headers=bearer(text), expect=403)


async def test_S61_a_reader_does_not_write_trust_data(set_up):
    reader = await set_up.add("reader1")
    await set_up.grant("reader", "reader1")
    assert (await reader("POST", f"/v2/{GUN}/_trust/tuf/", b"x")).status in (401, 403)
    assert (await reader("DELETE", f"/v2/{GUN}/_trust/tuf/")).status in (401, 403)
    await reader("GET", "/v2/team/app/tags/list", expect=404)


async def test_a_group_brings_its_role_and_takes_it_away(set_up):
    alice = await set_up.add("alice")
    await set_up.ask("PUT", "/api/v1/groups/builders", expect=201)
    await set_up.grant("pusher", "builders", kind="group")
    await alice("POST", UPLOAD, expect=403)
    await set_up.ask("PUT", "/api/v1/groups/builders/members/alice", expect=204)
    text = await token(alice, "repository:team/app:push,pull")
    await alice("POST", UPLOAD, expect=202)
    await set_up.ask("DELETE", "/api/v1/groups/builders/members/alice", expect=204)
    nobody = set_up.world.client(user=None)
    await nobody("POST", UPLOAD, headers=bearer(text), expect=403)


async def test_managers_give_roles_in_their_namespace_and_nowhere_else(set_up):
    manager = await set_up.add("mia")
    await set_up.add("alice")
    await set_up.grant("manager", "mia")
    await manager("PUT", "/api/v1/namespaces/team/policies/writer/account/alice", expect=201)
    await manager("PUT", "/api/v1/namespaces/other/policies/writer/account/alice", expect=403)
    await manager("PUT", "/api/v1/policies/writer/account/alice", expect=403)
    await manager("PUT", "/api/v1/namespaces/third", expect=403)
    await manager("GET", "/api/v1/accounts", expect=403)
    seen = (await manager("GET", "/api/v1/policies", expect=200)).json["policies"]
    assert {(one["subject"], one["role"]) for one in seen} == {("mia", "manager"), ("alice", "writer")}  # fmt: skip
    await manager("DELETE", "/api/v1/namespaces/team/policies/writer/account/alice", expect=204)
    await manager("DELETE", "/api/v1/namespaces/team/policies/writer/account/alice", expect=404)
    await manager("DELETE", "/api/v1/namespaces/team", expect=204)


async def test_a_manager_of_all_makes_namespaces(set_up):
    manager = await set_up.add("mia")
    await set_up.grant("manager", "mia", namespace="")
    await manager("PUT", "/api/v1/namespaces/third", expect=201)
    await manager("GET", "/api/v1/accounts", expect=403)


async def test_lists_hold_what_the_caller_may_see(set_up):
    for name in ("team", "other"):
        await set_up.ask("POST", f"/v2/{name}/app/blobs/uploads/?digest={DIGEST}", BLOB, expect=201)
    reader, writer = await set_up.add("reader1"), await set_up.add("writer1")
    await set_up.grant("reader", "reader1")
    await set_up.grant("writer", "writer1")

    async def catalog(client):
        return (await client("GET", "/v2/_catalog", expect=200)).json["repositories"]

    assert await catalog(set_up.ask) == ["other/app", "team/app"]
    assert await catalog(reader) == ["team/app"]
    # a writer alone cannot list: it was so in the source
    assert await catalog(writer) == []
    namespaces = (await writer("GET", "/api/v1/namespaces", expect=200)).json["namespaces"]
    assert [one["name"] for one in namespaces] == ["team"]
    assert (await reader("GET", "/api/v1/images", expect=200)).json == {"images": []}


BLOB = b"a blob"
DIGEST = str(Digest.of(BLOB))


async def test_a_public_namespace_is_read_by_anybody_and_written_by_none_more(set_up):
    nobody = set_up.world.client(user=None)
    await set_up.ask("POST", f"{UPLOAD}?digest={DIGEST}", BLOB, expect=201)
    blob = f"/v2/team/app/blobs/{DIGEST}"
    await nobody("GET", blob, expect=401)
    await set_up.ask("PUT", "/api/v1/namespaces/team/visibility/public", expect=204)
    assert (await nobody("GET", blob, expect=200)).body == BLOB
    text = await token(nobody, "repository:team/app:pull,push")
    assert granted(text) == {"team/app": ["pull"]}
    await nobody("GET", blob, headers=bearer(text), expect=200)
    await nobody("POST", UPLOAD, expect=401)
    await nobody("GET", "/v2/_catalog", expect=401)
    assert (await nobody("GET", f"/v2/{GUN}/_trust/tuf/root.json")).status == 404
    await set_up.ask("PUT", "/api/v1/namespaces/team/visibility/private", expect=204)
    await nobody("GET", blob, expect=401)
    await nobody("GET", blob, headers=bearer(text), expect=401)


async def test_AUTH_014_a_mount_takes_from_where_the_caller_may_read(set_up):
    await set_up.ask("POST", f"{LATER}?digest={DIGEST}", BLOB, expect=201)
    alice = await set_up.add("alice")
    await set_up.grant("pusher", "alice")
    mount = f"{UPLOAD}?mount={DIGEST}&from=other/app"
    # no error, which would say that it is there: the client uploads
    await alice("POST", mount, expect=202)
    await set_up.grant("reader", "alice", namespace="other")
    await alice("POST", mount, expect=201)


# --- keys ----------------------------------------------------------------------------------------


async def test_a_robot_logs_in_by_its_key_and_no_longer_once_it_is_revoked(set_up):
    await set_up.add("robot", kind="service-id")
    await set_up.grant("pusher", "robot")
    key_id, robot = await set_up.key("robot")
    nobody = set_up.world.client(user=None)
    text = await token(robot, "repository:team/app:push,pull")
    await robot("POST", UPLOAD, expect=202)
    await nobody("POST", UPLOAD, headers=bearer(text), expect=202)
    listed = (await set_up.ask("GET", "/api/v1/api-keys?account=robot", expect=200)).json
    assert listed["api_keys"][0]["last_used"]
    assert "api_key" not in listed["api_keys"][0]
    await set_up.ask("DELETE", f"/api/v1/api-keys/{key_id}", expect=204)
    await robot("POST", UPLOAD, expect=401)
    await nobody("POST", UPLOAD, headers=bearer(text), expect=401)


async def test_a_key_ends_at_its_time_and_so_do_its_tokens(set_up):
    await set_up.add("robot", kind="service-id")
    await set_up.grant("pusher", "robot")
    _, robot = await set_up.key("robot", expires_in_seconds=600)
    text = await token(robot, "repository:team/app:push,pull")
    set_up.world.clock.move(timedelta(seconds=601))
    await robot("POST", UPLOAD, expect=401)
    nobody = set_up.world.client(user=None)
    await nobody("POST", UPLOAD, headers=bearer(text), expect=401)


async def test_a_limited_key_is_not_a_way_to_more(set_up):
    alice = await set_up.add("alice")
    for namespace in ("team", "other"):
        await set_up.grant("writer", "alice", namespace=namespace)
    _, key = await set_up.key("alice", roles=["reader"], namespaces=["team"])
    await key("GET", "/v2/team/app/tags/list", expect=404)
    refused = await key("POST", UPLOAD, expect=403)
    assert "API key" in refused.json["errors"][0]["message"]
    await key("GET", "/v2/other/app/tags/list", expect=403)
    body = json.dumps({"name": "more"}).encode()
    await key("POST", "/api/v1/api-keys", body, expect=403)
    await alice("POST", "/api/v1/api-keys", body, expect=201)
    text = await token(key, "repository:team/app:pull,push", "repository:other/app:pull")
    assert granted(text) == {"team/app": ["pull"]}
    _, admins = await set_up.key("admin", roles=["manager"])
    await admins("GET", "/api/v1/accounts", expect=403)


async def test_keys_of_others_are_an_administrators_business(set_up):
    alice = await set_up.add("alice")
    key_id, _ = await set_up.key("admin")
    body = json.dumps({"account": "admin", "name": "mine"}).encode()
    await alice("POST", "/api/v1/api-keys", body, expect=403)
    await alice("GET", "/api/v1/api-keys?all=true", expect=403)
    await alice("DELETE", f"/api/v1/api-keys/{key_id}", expect=404)
    assert (await alice("GET", "/api/v1/api-keys", expect=200)).json == {"api_keys": []}


@pytest.mark.parametrize("text", ["", "ik_", "ik__", "ik_0000000000000000_x", "admin", "é"])
async def test_what_is_no_key_opens_nothing(set_up, text):
    await set_up.world.client(user="iamapikey", password=text)("GET", "/v2/", expect=401)


async def test_iambearer_takes_a_token_as_far_as_it_goes(set_up):
    alice = await set_up.add("alice")
    await set_up.grant("writer", "alice")
    whole = (await alice("GET", "/token?service=inkan", expect=200)).json["token"]
    bound = await token(alice, "repository:team/app:pull")
    by_whole = set_up.world.client(user="iambearer", password=whole)
    by_bound = set_up.world.client(user="iambearer", password=bound)
    asked = "repository:team/app:pull,push"
    assert granted(await token(by_whole, asked)) == {"team/app": ["pull", "push"]}
    assert granted(await token(by_bound, asked)) == {"team/app": ["pull"]}
    await by_bound("POST", UPLOAD, expect=401)
    set_up.world.clock.move(timedelta(minutes=20))
    again = await token(by_whole, asked)
    set_up.world.clock.move(timedelta(minutes=12))
    nobody = set_up.world.client(user=None)
    await nobody("POST", UPLOAD, headers=bearer(again), expect=401)


async def test_docker_keeps_a_refresh_token_instead_of_the_password(set_up):
    alice = await set_up.add("alice")
    await set_up.grant("writer", "alice")
    nobody = set_up.world.client(user=None)
    login = await alice("GET", "/token?service=inkan&offline_token=true", expect=200)
    refresh = login.json["refresh_token"]
    ask = form(grant_type="refresh_token", refresh_token=refresh, scope="repository:team/app:push,pull")  # fmt: skip
    for _ in range(3):
        answer = await nobody("POST", "/token", ask, expect=200)
        assert "refresh_token" not in answer.json
    assert granted(answer.json["access_token"]) == {"team/app": ["pull", "push"]}
    by_name = set_up.world.client(user="iamrefresh", password=refresh)
    await by_name("POST", UPLOAD, expect=202)
    password = json.dumps({"password": "another-password"}).encode()
    await set_up.ask("POST", "/api/v1/accounts/alice/password", password, expect=204)
    await nobody("POST", "/token", ask, expect=400)
    await by_name("POST", UPLOAD, expect=401)


async def test_AUTH_035_a_refresh_token_that_was_spent_ends_its_family(set_up):
    alice = await set_up.add("alice")
    nobody = set_up.world.client(user=None)
    login = await alice("GET", "/token?service=inkan&offline_token=true", expect=200)

    def ask(text):
        body = form(grant_type="refresh_token", refresh_token=text, access_type="offline")
        return nobody("POST", "/token", body)

    first = login.json["refresh_token"]
    second = (await ask(first)).json["refresh_token"]
    assert second != first
    assert (await ask(first)).status == 400
    assert (await ask(second)).status == 400, "the thief's is as dead as the owner's"


async def test_a_refresh_token_ends_after_a_month(set_up):
    alice = await set_up.add("alice")
    login = await alice("GET", "/token?service=inkan&offline_token=true", expect=200)
    set_up.world.clock.move(timedelta(days=30))
    body = form(grant_type="refresh_token", refresh_token=login.json["refresh_token"])
    answer = await set_up.world.client(user=None)("POST", "/token", body, expect=400)
    assert answer.json["error"] == "invalid_grant"


async def test_AUTH_024_025_who_is_disabled_or_removed_is_out_with_the_next_request(set_up):
    alice = await set_up.add("alice")
    await set_up.grant("writer", "alice")
    nobody = set_up.world.client(user=None)
    login = await alice("GET", "/token?service=inkan&offline_token=true", expect=200)
    refresh = form(grant_type="refresh_token", refresh_token=login.json["refresh_token"])
    text = await token(alice, "repository:team/app:push,pull")
    await nobody("POST", UPLOAD, headers=bearer(text), expect=202)
    await set_up.ask("DELETE", "/api/v1/namespaces/team/policies/writer/account/alice", expect=204)
    await nobody("POST", UPLOAD, headers=bearer(text), expect=403)
    await set_up.ask("POST", "/api/v1/accounts/alice/disable", expect=204)
    await nobody("GET", "/v2/", headers=bearer(text), expect=401)
    await alice("GET", "/v2/", expect=401)
    await nobody("POST", "/token", refresh, expect=400)
    await set_up.ask("POST", "/api/v1/accounts/alice/enable", expect=204)
    await alice("GET", "/v2/", expect=200)
    await nobody("POST", "/token", refresh, expect=400)
    await set_up.ask("DELETE", "/api/v1/accounts/alice", expect=204)
    await nobody("GET", "/v2/", headers=bearer(text), expect=401)
    set_up.world.clock.move(timedelta(seconds=5))
    await set_up.add("alice")
    await nobody("GET", "/v2/", headers=bearer(text), expect=401)


# --- accounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("iamapikey", {"password": "x"}),
        ("IamBearer", {"password": "x"}),
        ("-dash", {"password": "x"}),
        ("a%20b", {"password": "x"}),
        ("x" * 129, {"password": "x"}),
        ("alice", {}),
        ("alice", {"password": ""}),
        ("alice", {"password": "x" * 1025}),
        ("alice", {"password": "x", "kind": "god"}),
        ("robot", {"kind": "service-id", "password": "x"}),
        ("robot", {"kind": "service-id", "admin": True}),
        ("alice", {"password": 7}),
        ("alice", []),
    ],
)
async def test_accounts_that_cannot_be_are_refused(set_up, name, tree):
    await set_up.ask("PUT", f"/api/v1/accounts/{name}", json.dumps(tree).encode(), expect=400)


async def test_AUTH_028_nobody_makes_themselves_an_administrator(set_up):
    alice = await set_up.add("alice")
    body = json.dumps({"password": "x", "admin": True}).encode()
    await alice("PUT", "/api/v1/accounts/alice", body, expect=403)
    await alice("PUT", "/api/v1/accounts/other", body, expect=403)
    unheard = json.dumps({"password": "x", "has_admin_role": True}).encode()
    await set_up.ask("PUT", "/api/v1/accounts/carol", unheard, expect=400)
    again = json.dumps({"password": "y"}).encode()
    await set_up.ask("PUT", "/api/v1/accounts/alice", again, expect=409)


async def test_the_last_administrator_stays(set_up):
    for method, target in (("DELETE", ""), ("POST", "/disable")):
        refused = await set_up.ask(method, f"/api/v1/accounts/admin{target}", expect=409)
        assert "last administrator" in refused.json["errors"][0]["message"]
    await set_up.add("second", admin=True)
    await set_up.ask("DELETE", "/api/v1/accounts/admin", expect=204)


async def test_ones_own_password_is_changed_by_who_knows_the_old_one(set_up):
    alice = await set_up.add("alice")
    wrong = json.dumps({"old": "no", "new": "fresh-password"}).encode()
    right = json.dumps({"old": "alice-password", "new": "fresh-password"}).encode()
    await alice("POST", "/api/v1/password", wrong, expect=401)
    _, key = await set_up.key("alice")
    await key("POST", "/api/v1/password", right, expect=403)
    await alice("POST", "/api/v1/password", right, expect=204)
    await alice("GET", "/v2/", expect=401)
    await set_up.world.client(user="alice", password="fresh-password")("GET", "/v2/", expect=200)


async def test_AUTH_027_who_has_no_business_with_accounts_learns_no_names(set_up):
    alice, nobody = await set_up.add("alice"), set_up.world.client(user=None)
    await set_up.add("carol")
    for path in ("/api/v1/accounts", "/api/v1/groups", "/api/v1/audit-log"):
        await nobody("GET", path, expect=401)
        await alice("GET", path, expect=403)
    answers = []
    for name in ("carol", "nobody-at-all"):
        client = set_up.world.client(user=name, password="guess")
        refused = await client("GET", "/v2/", expect=401)
        fields = {k: v for k, v in refused.headers.items() if k != "x-request-id"}
        answers.append((refused.body, fields))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("password", ["pässword", "pa\u0308ssword"])
async def test_AUTH_033_a_password_is_the_same_from_every_keyboard(set_up, password):
    await set_up.add("alice", password="p\u00e4ssword")
    await set_up.world.client(user="alice", password=password)("GET", "/v2/", expect=200)


async def test_AUTH_033_a_password_of_a_megabyte_costs_nothing(set_up):
    huge = set_up.world.client(user="admin", password="x" * 2_000)
    await huge("GET", "/v2/", expect=401)
    nul = set_up.world.client(user="admin", password="secret-password\0")
    await nul("GET", "/v2/", expect=401)


# --- the audit log -------------------------------------------------------------------------------


async def events(set_up, query=""):
    await set_up.world.product.audit.flush()
    return (await set_up.ask("GET", f"/api/v1/audit-log{query}", expect=200)).json["events"]


async def test_the_audit_log_says_who_did_what_from_where_and_what_came_of_it(set_up):
    alice = await set_up.add("alice")
    await set_up.grant("writer", "alice")
    await alice("DELETE", "/api/v1/namespaces/team", expect=403)
    await alice("DELETE", "/v2/team/app/manifests/v1", expect=404)
    found = [(one["act"], one["account"], one["address"], one["outcome"]) for one in await events(set_up)]  # fmt: skip
    here = "192.0.2.7"
    for wanted in (
        ("account-add", "admin", here, "done"),
        ("policy-add-here", "admin", here, "done"),
        ("namespace-rm", "alice", here, "denied"),
        ("manifest-delete", "alice", here, "failed"),
        ("login", "alice", here, "done"),
    ):
        assert wanted in found, wanted
    of_alice = await events(set_up, "?account=alice&limit=1000")
    assert {one["account"] for one in of_alice} == {"alice"}
    assert list(await events(set_up, "?namespace=other")) == [
        one for one in await events(set_up) if one["namespace"] == "other"
    ]


async def test_the_audit_log_of_a_namespace_is_its_managers(set_up):
    manager = await set_up.add("mia")
    await set_up.grant("manager", "mia")
    here = (await manager("GET", "/api/v1/namespaces/team/audit-log", expect=200)).json["events"]
    assert {one["namespace"] for one in here} == {"team"}
    await manager("GET", "/api/v1/namespaces/other/audit-log", expect=403)
    await manager("GET", "/api/v1/namespaces/team/audit-log?since=2031-01-01", expect=200)
    for wrong in ("since=yesterday", "limit=0", "limit=10001", "limit=x"):
        await manager("GET", f"/api/v1/namespaces/team/audit-log?{wrong}", expect=400)


async def test_a_thousand_guesses_are_one_event_and_name_nobody_that_is_not_there(set_up):
    await set_up.add("alice")
    for name in ("alice", "my-secret-typed-as-a-name"):
        guesser = set_up.world.client(user=name, password="wrong")
        for _ in range(4):
            await guesser("GET", "/v2/", expect=401)
    refused = [one for one in await events(set_up) if one["outcome"] == "refused"]
    assert sorted((one["account"], one["times"]) for one in refused) == [("", 4), ("alice", 4)]


async def test_every_role_is_known_to_the_api(set_up):
    await set_up.add("alice")
    for role in Role:
        await set_up.grant(role, "alice")
    await set_up.ask("PUT", "/api/v1/policies/god/account/alice", expect=400)
    await set_up.ask("PUT", "/api/v1/policies/reader/account/nobody", expect=404)


async def test_what_arrives_at_once_is_checked_once(set_up):
    """docker asks for several tokens at a time: none of them is taken for a guess."""
    alice = await set_up.add("alice")
    answers = await asyncio.gather(*(alice("GET", "/v2/") for _ in range(40)))
    assert {one.status for one in answers} == {200}


async def test_the_command_lines_tokens_open_what_it_asks_for(set_up):
    """One scope for each kind of question, as the client asks: a row under another name would shut it out."""
    nobody = set_up.world.client(user=None)
    for scope, paths in (
        ("registry:namespaces:*", ["namespaces", "accounts", "groups", "audit-log", "namespaces/team/audit-log"]),
        ("registry:catalog:*", ["version", "images", "digests", "trash", "api-keys", "policies"]),
    ):  # fmt: skip
        text = await token(set_up.ask, scope)
        for path in paths:
            await nobody("GET", f"/api/v1/{path}", headers=bearer(text), expect=200)


async def test_AUTH_024_every_server_on_a_database_lets_go_of_whom_one_was_told_to(
    set_up, monkeypatch
):
    """Two servers share the facts; neither hears of what the other writes, and both look."""
    monkeypatch.setattr(MemoryDatabase, "generation", None)
    world = set_up.world
    settings = load({"host": ("localhost", "registry.test")}, {})
    other = await build(settings, world.stores, world.key_encryption_key, world.clock, None)
    alice = await set_up.add("alice")
    await set_up.grant("pusher", "alice")
    key_id, _ = await set_up.key("alice")
    key = (await set_up.ask("GET", "/api/v1/api-keys?account=alice", expect=200)).json["api_keys"]
    assert key[0]["id"] == key_id
    text = await token(alice, "repository:team/app:push,pull")
    there = Client(other.registry, user=None)
    by_password = Client(other.registry, user="alice", password="alice-password")
    await there("POST", UPLOAD, headers=bearer(text), expect=202)
    await by_password("POST", UPLOAD, expect=202)
    await set_up.ask("DELETE", "/api/v1/namespaces/team/policies/pusher/account/alice", expect=204)
    await there("POST", UPLOAD, headers=bearer(text), expect=403)
    await set_up.ask("POST", "/api/v1/accounts/alice/disable", expect=204)
    await there("GET", "/v2/", headers=bearer(text), expect=401)
    await by_password("GET", "/v2/", expect=401)
