"""Single sign-on against a provider in process, honest and otherwise."""

import base64
import hmac
import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from asgi import Client
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from inkan.access import passcodes
from inkan.errors import IdentityProviderError
from inkan.keys.sealing import KeyEncryptionKey
from inkan.oci.reference import Namespace
from inkan.server import access_parts
from inkan.server.assemble import build
from inkan.server.settings import load
from inkan.server.stores import Stores
from inkan.store.memory import MemoryBlobs, MemoryDatabase, MemoryUploads
from inkan.store.sql.groups import SqlGroups
from inkan.testing.clock import FixedClock

ISSUER = "https://idp.test"
PASSCODE = "urn:inkan:params:oauth:grant-type:passcode"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"


class Provider:
    """An identity provider; a test changes what it says."""

    def __init__(self, clock):
        self.clock = clock
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.claims = {"preferred_username": "Carol", "groups": ["signers", "unknown"]}
        self.header = {"kid": "k1"}
        self.signing, self.algorithm = self.key, "ES256"
        self.issuer = ISSUER
        self.posted = []
        self.query = {}
        self.is_away = False

    async def __call__(self, url, form=None, authorization=""):
        if self.is_away:
            raise IdentityProviderError(url, "no answer")
        if url.endswith("openid-configuration"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
            }
        if url.endswith("/keys"):
            public = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "ES256"}]}
        self.posted.append((form, authorization))
        return {"id_token": self.token()}

    def token(self, **more):
        now = self.clock.now()
        claims = {
            "iss": ISSUER,
            "sub": "u-7",
            "aud": "inkan",
            "iat": now,
            "exp": now + timedelta(minutes=5),
        }
        claims |= {"nonce": self.query.get("nonce", "")} | self.claims | more
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "HS256":
            # by hand: PyJWT knows better than to sign with a public key
            head = {"alg": "HS256", "typ": "JWT", **self.header}
            claims |= {name: int(claims[name].timestamp()) for name in ("iat", "exp")}
            text = b".".join(
                base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=")
                for one in (head, claims)
            )
            mac = hmac.digest(self.signing, text, "sha256")
            return b".".join((text, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()
        return jwt.encode(claims, self.signing, algorithm=self.algorithm, headers=self.header)


class World:
    def __init__(self, product, stores, clock, provider):
        self.product, self.stores, self.clock, self.provider = product, stores, clock, provider
        self.nobody = Client(product.registry, user=None)
        self.admin = Client(product.registry)

    async def leave(self, path="/sso/passcode"):
        """Begin a log-in; return its state and the browser's cookie."""
        answer = await self.nobody("GET", path, expect=302)
        self.provider.query = {
            name: values[0] for name, values in parse_qs(urlsplit(answer["location"]).query).items()
        }
        return self.provider.query["state"], answer["set-cookie"].partition(";")[0]

    async def come_back(self, state, cookie, **more):
        query = urlencode({"state": state, "code": "c-1", **more})
        return await self.nobody("GET", f"/sso/callback?{query}", headers=[("Cookie", cookie)])

    async def passcode(self):
        page = await self.come_back(*await self.leave())
        assert page.status == 200, page.body
        return re.search(r'id="passcode">([A-Z-]+)<', page.body.decode())[1]

    async def grant(self, grant, **form):
        body = urlencode({"grant_type": grant, **form}).encode()
        return await self.nobody("POST", "/token", body)


@pytest.fixture
async def sso(monkeypatch, cheap_passwords):
    clock = FixedClock()
    provider = Provider(clock)
    monkeypatch.setattr(access_parts, "fetch", provider)
    blobs = MemoryBlobs()
    stores = Stores(MemoryDatabase(), blobs, MemoryUploads(blobs))
    environment = {
        "INKAN_SSO_ISSUER": ISSUER,
        "INKAN_SSO_CLIENT_ID": "inkan",
        "INKAN_SSO_CLIENT_SECRET": "s3cret-canary",
    }
    settings = load({"host": ("localhost",)}, environment)
    product = await build(settings, stores, KeyEncryptionKey(bytes(32)), clock, None)
    await product.accounts.create("admin", "secret-password", is_admin=True)
    world = World(product, stores, clock, provider)
    await world.admin("PUT", f"/api/v1/namespaces/{Namespace('team')}", expect=201)
    yield world
    await stores.database.close()


async def test_S24_a_passcode_logs_in_once(sso):
    """And what comes of it is good for clients that know only passwords."""
    passcode = await sso.passcode()
    answer = await sso.grant(PASSCODE, passcode=passcode.lower().replace("-", " "))
    assert (answer.status, answer.json["account"]) == (200, "carol")
    assert (await sso.grant(PASSCODE, passcode=passcode)).status == 400
    kept = answer.json["refresh_token"]
    await Client(sso.product.registry, "iamrefresh", kept)("GET", "/v2/", expect=200)
    refreshed = await sso.grant("refresh_token", refresh_token=kept)
    assert refreshed.status == 200


async def test_a_passcode_ends_after_five_minutes(sso):
    passcode = await sso.passcode()
    sso.clock.move(timedelta(minutes=5))
    assert (await sso.grant(PASSCODE, passcode=passcode)).status == 400


async def test_the_provider_is_asked_with_the_code_verifier_and_the_secret(sso):
    """PKCE S256, and the secret in no address."""
    await sso.passcode()
    form, authorization = sso.provider.posted[0]
    assert sso.provider.query["code_challenge_method"] == "S256"
    assert (
        sso.provider.query["redirect_uri"]
        == "https://localhost:5000/sso/callback"
        == form["redirect_uri"]
    )
    assert len(form["code_verifier"]) >= 43
    assert "canary" not in str(form) + str(sso.provider.query)
    assert authorization.startswith("Basic ")


async def test_WEB_004_the_page_runs_nothing_and_is_kept_nowhere(sso):
    page = await sso.come_back(*await sso.leave())
    assert page["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in page["content-security-policy"]
    assert "no-store" in page["cache-control"]
    assert page["referrer-policy"] == "no-referrer"
    assert b"<script" not in page.body


async def test_the_cookie_is_for_this_host_over_tls_alone(sso):
    answer = await sso.nobody("GET", "/sso/passcode")
    assert answer["set-cookie"].startswith("__Host-inkan-sso=")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {
        part.strip() for part in answer["set-cookie"].split(";")
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "somebody-else"},
        {"aud": ["inkan", "other"]},
        {"aud": ["inkan", "other"], "azp": "other"},
        {"azp": "other"},
        {"iss": "https://evil.test"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"exp": 1},
        {"exp": None},
        {"nbf": 99999999999},
        {"iat": 99999999999},
    ],
)
async def test_AUTH_040_a_token_that_is_not_for_this_log_in_is_refused(sso, wrong):
    sso.provider.claims |= wrong
    page = await sso.come_back(*await sso.leave())
    assert page.status == 400
    assert b"passcode" not in page.body


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_AUTH_040_a_token_that_no_key_of_the_provider_signed_is_refused(sso, algorithm):
    """Neither one without a signature, nor one whose secret is the public key."""
    public = sso.provider.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sso.provider.algorithm = algorithm
    sso.provider.signing = public if algorithm == "HS256" else None
    assert (await sso.come_back(*await sso.leave())).status == 400


async def test_AUTH_040_another_key_under_a_known_id_is_refused(sso):
    sso.provider.signing = ec.generate_private_key(ec.SECP256R1())
    assert (await sso.come_back(*await sso.leave())).status == 400


async def test_AUTH_040_a_key_inside_a_token_is_not_looked_at(sso):
    sso.provider.signing = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(sso.provider.signing.public_key(), as_dict=True)
    sso.provider.header = {"kid": "k2", "jwk": public, "jku": "https://evil.test/keys"}
    assert (await sso.come_back(*await sso.leave())).status == 400


async def test_AUTH_040_a_state_is_good_once(sso):
    state, cookie = await sso.leave()
    assert (await sso.come_back(state, cookie)).status == 200
    assert (await sso.come_back(state, cookie)).status == 400
    assert (await sso.come_back("made-up", cookie)).status == 400


async def test_AUTH_040_a_log_in_belongs_to_the_browser_that_began_it(sso):
    """Nobody is logged in as the sender of a link."""
    state, _ = await sso.leave()
    assert (await sso.come_back(state, "__Host-inkan-sso=another")).status == 400
    state, _ = await sso.leave()
    assert (await sso.come_back(state, "")).status == 400


async def test_AUTH_040_an_answer_of_another_issuer_is_refused(sso):
    """RFC 9207."""
    state, cookie = await sso.leave()
    assert (await sso.come_back(state, cookie, iss="https://evil.test")).status == 400


async def test_AUTH_040_a_provider_that_calls_itself_otherwise_is_not_used(sso):
    sso.provider.issuer = "https://evil.test"
    assert (await sso.nobody("GET", "/sso/passcode")).status == 503


async def test_AUTH_041_an_account_belongs_to_the_subject_not_to_a_name(sso):
    """Whoever is called `admin` at the provider gets another account than the one here, and so does the next Carol."""
    first = (await sso.grant(PASSCODE, passcode=await sso.passcode())).json["account"]
    sso.provider.claims |= {"sub": "u-8"}
    second = (await sso.grant(PASSCODE, passcode=await sso.passcode())).json["account"]
    sso.provider.claims |= {"sub": "u-9", "preferred_username": "admin", "email": "admin@x.test"}
    third = (await sso.grant(PASSCODE, passcode=await sso.passcode())).json["account"]
    assert first == "carol"
    assert re.fullmatch(r"carol-[0-9a-f]{8}", second)
    assert re.fullmatch(r"admin-[0-9a-f]{8}", third)
    sso.provider.claims |= {"sub": "u-7", "preferred_username": "renamed"}
    assert (await sso.grant(PASSCODE, passcode=await sso.passcode())).json["account"] == "carol"


async def test_groups_of_a_claim_give_roles_and_are_looked_at_anew_each_time(sso):
    await sso.admin("PUT", "/api/v1/groups/signers")
    await sso.admin("PUT", "/api/v1/namespaces/team/policies/reader/group/signers", expect=201)
    await sso.passcode()
    groups = SqlGroups(sso.stores.database)
    assert [(one.group, one.account) for one in await groups.members()] == [("signers", "carol")]
    assert [one.role for one in (await sso.product.accounts.principal("carol")).grants] == [
        "reader"
    ]
    sso.provider.claims["groups"] = []
    await sso.passcode()
    assert await groups.members() == []


async def test_a_disabled_account_does_not_come_in(sso):
    passcode = await sso.passcode()
    await sso.admin("POST", "/api/v1/accounts/carol/disable")
    assert (await sso.come_back(*await sso.leave())).status == 403
    assert (await sso.grant(PASSCODE, passcode=passcode)).status in (400, 401, 403)


async def test_S25_a_plain_log_in_is_told_of_sso(sso):
    """Whether or not there is such an account."""
    await sso.passcode()
    for name in ("carol", "nobody-here"):
        answer = await Client(sso.product.registry, name, "a password")("GET", "/token")
        assert answer.status == 401
        assert answer.json["errors"][0]["message"].endswith("inkan login --sso localhost:5000")
    stranger = Client(sso.product.registry, "carol", "a password", host="evil.test")
    message = (await stranger("GET", "/token")).json["errors"][0]["message"]
    assert message.endswith("inkan login --sso localhost")


async def device(sso):
    begun = (await sso.nobody("POST", "/sso/device/code", expect=200)).json
    page = await sso.come_back(*await sso.leave("/sso/device"))
    form = re.search(r'name="form" value="([^"]+)"', page.body.decode())[1]
    return begun, form


async def test_a_device_is_logged_in_by_a_browser(sso):
    """RFC 8628; AUTH-039: the page shows from where it was begun, and asks."""
    begun, form = await device(sso)
    assert "code" not in urlsplit(begun["verification_uri"]).query
    waiting = await sso.grant(DEVICE, device_code=begun["device_code"])
    assert waiting.json["error"] == "authorization_pending"
    body = urlencode({"form": form, "user_code": begun["user_code"].lower()}).encode()
    page = await sso.nobody("POST", "/sso/device/look", body, expect=200)
    assert b"192.0.2.7" in page.body
    await sso.nobody("POST", "/sso/device/confirm", body, expect=200)
    answer = await sso.grant(DEVICE, device_code=begun["device_code"])
    assert answer.json["account"] == "carol"


async def look(sso, form, user_code):
    body = urlencode({"form": form, "user_code": user_code}).encode()
    return (await sso.nobody("POST", "/sso/device/look", body, expect=200)).body.decode()


async def test_AUTH_039_the_page_shows_which_program_where_and_what_for(sso):
    """And asks: there is no address that a code is in, and none that confirms at a click."""
    await sso.passcode()
    await sso.admin("PUT", "/api/v1/policies/reader/account/carol", expect=201)
    agent = [("User-Agent", "inkan <b>1</b>\x07")]
    begun = (await sso.nobody("POST", "/sso/device/code", headers=agent, expect=200)).json
    assert "verification_uri_complete" not in begun
    assert begun["user_code"] not in begun["verification_uri"]
    linked = f"/sso/device?user_code={begun['user_code']}"
    page = await sso.come_back(*await sso.leave(linked))
    assert begun["user_code"] not in page.body.decode()
    form = re.search(r'name="form" value="([^"]+)"', page.body.decode())[1]
    shown = await look(sso, form, begun["user_code"])
    assert "inkan &lt;b&gt;1&lt;/b&gt;<" in shown
    assert "192.0.2.7" in shown
    assert "<li>reader in all namespaces</li>" in shown
    assert 'id="confirm"' in shown
    assert "another address" not in shown
    for method in ("GET", "HEAD"):
        assert (await sso.nobody(method, "/sso/device/confirm")).status == 405


async def test_AUTH_039_that_a_log_in_was_begun_elsewhere_is_said(sso):
    """A code that came in a message is somebody else's log-in."""
    sso.nobody.address = "198.51.100.66"
    begun = (await sso.nobody("POST", "/sso/device/code", expect=200)).json
    sso.nobody.address = "192.0.2.7"
    _, form = await device(sso)
    shown = await look(sso, form, begun["user_code"])
    assert "198.51.100.66" in shown
    assert "another address than the one you are at, 192.0.2.7." in shown


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sso/passcode"), ("GET", "/sso/device"), ("POST", "/sso/device/code")],
)
async def test_one_address_begins_few_log_ins_and_others_as_before(sso, method, path):
    statuses = [(await sso.nobody(method, path)).status for _ in range(31)]
    assert statuses[:30].count(statuses[0]) == 30
    assert statuses[30] == 429
    late = await sso.nobody(method, path)
    assert (late.status, late["retry-after"]) == (429, "5")
    assert b"too many log-ins were begun" in late.body
    sso.nobody.address = "198.51.100.66"
    assert (await sso.nobody(method, path)).status == statuses[0]
    sso.nobody.address = "192.0.2.7"
    sso.clock.move(timedelta(seconds=5))
    assert (await sso.nobody(method, path)).status == statuses[0]


async def test_a_network_of_ipv6_counts_as_one_address(sso):
    for number in range(30):
        sso.nobody.address = f"2001:db8:1:2::{number:x}"
        await sso.nobody("POST", "/sso/device/code", expect=200)
    sso.nobody.address = "2001:db8:1:2:ffff::1"
    assert (await sso.nobody("POST", "/sso/device/code")).status == 429
    sso.nobody.address = "2001:db8:1:3::1"
    await sso.nobody("POST", "/sso/device/code", expect=200)


async def test_from_however_many_addresses_few_log_ins_wait(sso, monkeypatch):
    """What strangers begin fills neither memory nor disk; what has ended makes room."""
    monkeypatch.setattr(passcodes, "_WAITING_MOST", 40)
    for number in range(40):
        sso.nobody.address = f"198.51.100.{number}"
        await sso.nobody("POST", "/sso/device/code", expect=200)
    sso.nobody.address = "203.0.113.1"
    full = await sso.nobody("POST", "/sso/device/code")
    assert (full.status, full["retry-after"]) == (429, "60")
    await sso.nobody("GET", "/sso/passcode", expect=302)
    sso.clock.move(timedelta(minutes=10))
    await sso.nobody("POST", "/sso/device/code", expect=200)


async def revoke(sso, token):
    body = urlencode({"token": token, "token_type_hint": "refresh_token"}).encode()
    return await sso.nobody("POST", "/token/revoke", body)


async def test_AUTH_024_whoever_logs_out_ends_the_log_in_at_the_server(sso):
    """RFC 7009: all that came of it, and nobody else's; what is no token is ended too, and says nothing."""
    first = (await sso.grant(PASSCODE, passcode=await sso.passcode())).json["refresh_token"]
    other = (await sso.grant(PASSCODE, passcode=await sso.passcode())).json["refresh_token"]
    kept = (await sso.grant("refresh_token", refresh_token=first, access_type="offline")).json[
        "refresh_token"
    ]
    assert (await revoke(sso, first)).status == 200
    for spent in (first, kept):
        assert (await sso.grant("refresh_token", refresh_token=spent)).status == 400
    assert (await Client(sso.product.registry, "iamrefresh", kept)("GET", "/v2/")).status == 401
    for nothing in (first, "ir_made-up", "secret-password"):
        assert (await revoke(sso, nothing)).status == 200
    assert (await sso.grant("refresh_token", refresh_token=other)).status == 200
    assert (await revoke(sso, "")).status == 400
    events = (await sso.admin("GET", "/api/v1/audit-log?limit=1000", expect=200)).json["events"]
    ended = [(one["account"], one["outcome"]) for one in events if one["act"] == "token-revoke"]
    assert ended == [("carol", "done")] * 2


async def test_AUTH_036_user_codes_cannot_be_tried_through(sso):
    _, form = await device(sso)
    begun = (await sso.nobody("POST", "/sso/device/code", expect=200)).json
    for n in range(6):
        body = urlencode({"form": form, "user_code": f"BBBB-BBB{'BCDFGH'[n]}"}).encode()
        assert (await sso.nobody("POST", "/sso/device/look", body)).status == 400
    body = urlencode({"form": form, "user_code": begun["user_code"]}).encode()
    assert (await sso.nobody("POST", "/sso/device/look", body)).status == 400
    assert len(begun["user_code"]) == 9


async def test_AUTH_037_a_device_that_asks_too_often_is_slowed_down(sso):
    begun, _ = await device(sso)
    errors = []
    for seconds in (5, 1, 6, 14, 15):
        sso.clock.move(timedelta(seconds=seconds))
        errors.append((await sso.grant(DEVICE, device_code=begun["device_code"])).json["error"])
    pending, slow = "authorization_pending", "slow_down"
    assert errors == [pending, slow, slow, pending, pending]


async def test_AUTH_038_a_device_code_is_good_once_and_for_ten_minutes(sso):
    begun, form = await device(sso)
    body = urlencode({"form": form, "user_code": begun["user_code"]}).encode()
    await sso.nobody("POST", "/sso/device/confirm", body, expect=200)
    assert (await sso.nobody("POST", "/sso/device/confirm", body)).status == 400
    assert (await sso.grant(DEVICE, device_code=begun["device_code"])).status == 200
    assert (await sso.grant(DEVICE, device_code=begun["device_code"])).json[
        "error"
    ] == "invalid_grant"
    late, _ = await device(sso)
    sso.clock.move(timedelta(minutes=10))
    assert (await sso.grant(DEVICE, device_code=late["device_code"])).json[
        "error"
    ] == "invalid_grant"


TRUSTED = (
    b'{"issuer":"https://idp.test","audience":"inkan","subject":"repo:team/*",'
    b'"claims":["ref=refs/heads/main"],"account":"robot","roles":["pusher"],"namespaces":["team"]}'
)


async def trust(sso):
    await sso.admin("PUT", "/api/v1/accounts/robot", b'{"kind":"service-id"}')
    await sso.admin("PUT", "/api/v1/policies/manager/account/robot")
    await sso.admin("PUT", "/api/v1/trusted-issuers/ci", TRUSTED, expect=200)


async def exchange(sso, **claims):
    claims = {"sub": "repo:team/app", "ref": "refs/heads/main", **claims}
    return await sso.grant(
        EXCHANGE, subject_token=sso.provider.token(**claims), subject_token_type=JWT
    )


async def test_a_build_gets_a_token_that_is_bounded_and_short(sso):
    await trust(sso)
    answer = await exchange(sso)
    assert answer.status == 200, answer.body
    assert answer.json["issued_token_type"].endswith(":access_token")
    assert answer.json["expires_in"] <= 300
    robot = Client(sso.product.registry, "iambearer", answer.json["access_token"])
    asked = "scope=repository:team/app:pull,push,delete&scope=repository:other/app:push"
    granted = (await robot("GET", f"/token?{asked}", expect=200)).json
    assert granted["scope"] == "repository:team/app:pull,push"
    assert granted["expires_in"] <= 300
    bearer = [("Authorization", f"Bearer {granted['token']}")]
    await robot("POST", "/v2/team/app/blobs/uploads/", headers=bearer, expect=202)
    refused = await robot("DELETE", "/v2/team/app/manifests/v1", headers=bearer)
    assert refused.status in (401, 403)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "repo:other/app"},
        {"sub": "x-repo:team/app"},
        {"ref": "refs/heads/other"},
        {"ref": None},
        {"aud": "other"},
        {"exp": 1},
        {"iss": "https://unknown.test"},
    ],
)
async def test_a_build_that_is_not_trusted_gets_nothing(sso, wrong):
    await trust(sso)
    assert (await exchange(sso, **wrong)).status == 400


async def test_a_build_s_token_ends_with_the_trust_and_with_the_account(sso):
    await trust(sso)
    token = (await exchange(sso)).json["access_token"]
    robot = Client(sso.product.registry, "iambearer", token)
    await robot("GET", "/v2/", expect=200)
    await sso.admin("DELETE", "/api/v1/trusted-issuers/ci", expect=204)
    assert (await robot("GET", "/v2/")).status == 401
    assert (await exchange(sso)).status == 400
    await sso.admin("PUT", "/api/v1/trusted-issuers/ci", TRUSTED, expect=200)
    await sso.admin("POST", "/api/v1/accounts/robot/disable")
    assert (await exchange(sso)).status in (400, 401, 403)


async def test_nobody_trusts_everybody_by_a_star(sso):
    await trust(sso)
    everybody = TRUSTED.replace(b"repo:team/*", b"*")
    assert (await sso.admin("PUT", "/api/v1/trusted-issuers/ci", everybody)).status == 400
    inside = TRUSTED.replace(b"https://idp.test", b"http://192.0.2.1")
    assert (await sso.admin("PUT", "/api/v1/trusted-issuers/ci", inside)).status == 400


async def test_the_provider_s_secret_is_in_no_answer(sso):
    sso.provider.is_away = True
    answer = await sso.nobody("GET", "/sso/passcode")
    assert answer.status == 503
    assert b"canary" not in answer.body
