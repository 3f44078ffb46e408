"""Tokens as each client really asks for them, and what they open."""

import base64
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from inkan.store.sql.accounts import SqlAccounts

GUN = "localhost:5000/team/app"
PUSH = "/v2/team/app/blobs/uploads/"


async def token(client, *scopes, **options) -> str:
    query = urlencode([("service", "inkan"), *(("scope", scope) for scope in scopes)])
    return (await client("GET", f"/token?{query}", expect=200, **options)).json["token"]


def granted(text: str) -> dict[str, list[str]]:
    claims = jwt.decode(text, options={"verify_signature": False})
    return {one["name"]: one["actions"] for one in claims["access"]}


def bearer(text: str):
    return [("Authorization", f"Bearer {text}")]


@pytest.mark.parametrize(
    ("scopes", "access"),
    [
        (["repository:team/app:pull"], {"team/app": ["pull"]}),
        (["repository:team/app:push,pull"], {"team/app": ["pull", "push"]}),
        ([f"repository:{GUN}:pull,push"], {GUN: ["pull", "push"]}),
        ([f"repository:{GUN}:*"], {GUN: ["*"]}),
        (
            ["repository:team/app:push,pull", "repository:team/b:pull"],
            {"team/app": ["pull", "push"], "team/b": ["pull"]},
        ),
        (
            ["repository:team/app:pull repository:team/b:pull"],
            {"team/app": ["pull"], "team/b": ["pull"]},
        ),
        (["registry:catalog:*"], {"catalog": ["*"]}),
        (["repository:nowhere/app:push,pull"], {"nowhere/app": ["pull"]}),
        (["repository:elsewhere.test/team/app:pull"], {}),
        (
            [
                "repository(plugin):team/app:pull",
                "nonsense",
                "a:b",
                "repository::pull",
                "repository:team/app:fly",
            ],
            {},
        ),
        (["repository:Team/App:pull"], {}),
    ],
)
async def test_scopes_are_granted_as_far_as_they_are_allowed(admin, scopes, access):
    assert granted(await token(admin, *scopes)) == access


async def test_an_anonymous_token_grants_nothing_and_greets(nobody):
    """notary always asks anonymously first, and gives up on a 401."""
    text = await token(nobody, f"repository:{GUN}:pull")
    assert granted(text) == {}
    await nobody("GET", "/v2/", headers=bearer(text), expect=200)
    refused = await nobody("GET", "/v2/team/app/tags/list", headers=bearer(text), expect=401)
    assert 'scope="repository:team/app:pull"' in refused["www-authenticate"]
    assert 'error="insufficient_scope"' in refused["www-authenticate"]


async def test_nobody_without_a_scope_gets_no_token(nobody):
    await nobody("GET", "/token?service=inkan", expect=401)


async def test_docker_login_asks_without_a_scope(admin, nobody):
    query = "account=admin&client_id=docker&offline_token=true&service=inkan"
    answer = await admin("GET", f"/token?{query}", expect=200)
    assert answer.json["token"] == answer.json["access_token"]
    assert answer.json["expires_in"] == 1800
    assert answer.json["refresh_token"].startswith("ir_")
    await nobody("GET", "/v2/", headers=bearer(answer.json["token"]), expect=200)


async def test_containerd_posts_a_form(nobody):
    form = {
        "grant_type": "password",
        "service": "inkan",
        "client_id": "containerd",
        "scope": "repository:team/app:pull,push",
        "username": "admin",
        "password": "secret-password",
    }
    answer = await nobody("POST", "/token", urlencode(form).encode(), expect=200)
    assert granted(answer.json["access_token"]) == {"team/app": ["pull", "push"]}
    wrong = urlencode({**form, "password": "no"}).encode()
    assert (await nobody("POST", "/token", wrong, expect=401)).json["error"] == "invalid_grant"
    refresh = urlencode({"grant_type": "refresh_token", "refresh_token": "x"}).encode()
    await nobody("POST", "/token", refresh, expect=400)


@pytest.mark.parametrize(
    "body", [b"\xff", b"grant_type=password&grant_type=password", b"&".join([b"a=1"] * 40), b""]
)
async def test_forms_that_cannot_be_read_are_refused(nobody, body):
    await nobody("POST", "/token", body, expect=400)


async def test_more_scopes_than_anybody_needs_are_refused(admin):
    await admin("GET", "/token?" + "&".join(["scope=repository:team/app:pull"] * 33), expect=400)


async def test_a_token_for_one_repository_does_not_open_another(admin, nobody):
    text = await token(admin, "repository:team/app:pull,push")
    await nobody("POST", PUSH, headers=bearer(text), expect=202)
    refused = await nobody(
        "POST", "/v2/team/other/blobs/uploads/", headers=bearer(text), expect=401
    )
    assert 'error="insufficient_scope"' in refused["www-authenticate"]


async def test_a_token_for_pull_does_not_push(admin, nobody):
    text = await token(admin, "repository:team/app:pull")
    await nobody("POST", PUSH, headers=bearer(text), expect=401)
    await nobody("GET", "/v2/team/app/tags/list", headers=bearer(text), expect=404)


async def test_a_gun_and_its_repository_are_one_thing(admin, nobody):
    """docker asks the trust server under the GUN and the registry under the repository's name."""
    by_gun = await token(admin, f"repository:{GUN}:pull,push")
    by_name = await token(admin, "repository:team/app:pull,push")
    for text in (by_gun, by_name):
        await nobody("POST", PUSH, headers=bearer(text), expect=202)
        await nobody("GET", f"/v2/{GUN}/_trust/tuf/timestamp.key", headers=bearer(text), expect=200)


async def test_a_push_into_a_missing_namespace_is_told_what_to_do(admin, nobody):
    text = await token(admin, "repository:nowhere/app:push,pull")
    refused = await nobody(
        "POST", "/v2/nowhere/app/blobs/uploads/", headers=bearer(text), expect=403
    )
    assert refused.code == "DENIED"
    assert "inkan namespace-add nowhere" in refused.json["errors"][0]["message"]


async def test_somebody_without_rights_is_refused_not_asked_again(world):
    bob = world.client(user="bob", password="other-password")
    assert granted(await token(bob, "repository:team/app:pull,push")) == {}
    assert (await bob("GET", "/v2/team/app/tags/list", expect=403)).code == "DENIED"
    await bob("GET", "/v2/", expect=200)
    await bob("PUT", "/api/v1/namespaces/mine", expect=403)
    # stock clients word a 403 of the trust server as "unreachable"
    await bob("GET", f"/v2/{GUN}/_trust/tuf/root.json", expect=401)


async def test_a_token_ends_with_its_account(world, admin, nobody):
    text = await token(admin, "repository:team/app:pull,push")
    await nobody("POST", PUSH, headers=bearer(text), expect=202)
    await disable(world, "admin")
    refused = await nobody("POST", PUSH, headers=bearer(text), expect=401)
    assert 'error="invalid_token"' in refused["www-authenticate"]
    assert (await admin("GET", "/v2/", expect=401)).code == "UNAUTHORIZED"


async def disable(world, name):
    accounts = SqlAccounts(world.stores.database)
    await accounts.put(replace(await accounts.find(name), is_disabled=True))


async def test_a_token_is_good_for_its_time_and_a_minute(world, admin, nobody):
    text = await token(admin, "repository:team/app:pull,push")
    world.clock.move(timedelta(minutes=30, seconds=59))
    await nobody("GET", "/v2/", headers=bearer(text), expect=200)
    world.clock.move(timedelta(seconds=2))
    await nobody("GET", "/v2/", headers=bearer(text), expect=401)


async def test_AUTH_001_tokens_that_are_not_ours_are_refused(admin, nobody):
    text = await token(admin, "repository:team/app:pull")
    claims = jwt.decode(text, options={"verify_signature": False})
    kid = jwt.get_unverified_header(text)["kid"]
    other = ec.generate_private_key(ec.SECP256R1())
    head, body, signature = text.split(".")
    forged = [
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": kid}),
        jwt.encode(claims, None, algorithm="none", headers={"kid": kid}),
        jwt.encode(claims, other, algorithm="ES256", headers={"kid": kid}),
        jwt.encode(claims, other, algorithm="ES256"),
        jwt.encode(claims, other, algorithm="ES256", headers={"kid": "../../etc"}),
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        "junk",
        "a" * 10_000,
        "\xe9",
        "",
    ]
    for bad in forged:
        refused = await nobody("GET", "/v2/", headers=bearer(bad), expect=401)
        assert 'error="invalid_token"' in refused["www-authenticate"]


@pytest.mark.parametrize(
    "value",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Digest x",
        "Basic " + base64.b64encode(b":x").decode(),
    ],
)
async def test_credentials_that_cannot_be_read_are_refused(nobody, value):
    await nobody("GET", "/v2/", headers=[("Authorization", value)], expect=401)


async def test_guessing_gets_slower_and_the_true_user_elsewhere_does_not_wait(world, admin):
    guesser = world.client(password="wrong")
    statuses = [(await guesser("GET", "/v2/")).status for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    waiting = await guesser("GET", "/v2/")
    assert int(waiting["retry-after"]) >= 1
    world.clock.move(timedelta(hours=2))
    await admin("GET", "/v2/", expect=200)


async def test_a_challenge_repeats_no_strange_host(world):
    stranger = world.client(user=None, host='evil.test"')
    challenged = await stranger("GET", "/v2/", expect=401)
    assert challenged["www-authenticate"].startswith('Bearer realm="https://localhost/token"')
    alias = world.client(user=None, host="registry.test:8443")
    assert (
        'realm="https://registry.test:8443/token"'
        in (await alias("GET", "/v2/"))["www-authenticate"]
    )


async def test_portieris_finds_its_way_from_the_ping(nobody, admin):
    """It cuts the challenge at its quotation marks: realm second, service fourth; then a password grant with a client ID of its own."""
    challenge = (await nobody("GET", "/v2/", expect=401))["www-authenticate"].split('"')
    assert challenge[1] == "https://localhost:5000/token"
    form = {
        "service": challenge[3],
        "grant_type": "password",
        "client_id": "testclient",
        "username": "admin",
        "password": "secret-password",
        "scope": f"repository:{GUN}:pull",
    }
    kind = [("Content-Type", "application/x-www-form-urlencoded")]
    answer = await nobody("POST", "/token", urlencode(form).encode(), kind, expect=200)
    await admin("GET", f"/v2/{GUN}/_trust/tuf/timestamp.key", expect=200)
    metadata = f"/v2/{GUN}/_trust/tuf/root.json"
    assert (await nobody("GET", metadata, headers=bearer(answer.json["token"]))).status == 404
    # newer ones ask the trust server itself first, without the host in its scope
    asked = (await nobody("GET", metadata, expect=401))["www-authenticate"]
    assert f'scope="repository:{GUN}:pull"' in asked


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=365 * 50)])
async def test_OPS_004_a_clock_that_is_set_back_locks_nobody_out(world, admin, back):
    """An account may be younger than the clock says: a machine that was started with a clock ahead, and set right."""
    world.clock.instant -= back
    answer = await admin("GET", "/token?service=inkan&scope=repository:team/app:pull", expect=200)
    bearer = [("Authorization", f"Bearer {answer.json['token']}")]
    await admin("GET", "/v2/team/app/tags/list", headers=bearer, expect=404)
    world.clock.move(timedelta(seconds=answer.json["expires_in"] + 120))
    await admin("GET", "/v2/team/app/tags/list", headers=bearer, expect=401)
