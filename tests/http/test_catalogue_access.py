"""Rows of the catalogue about log-in and tokens, by number; and who gets past which row of the route table."""

import ast
import base64
import importlib.metadata
import json
import logging
import re
import subprocess
import time
import tomllib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from test_people import UPLOAD, Administrator, form
from test_tokens import GUN, bearer, token
from test_trust import make_owner, publish

from inkan.access import passwords
from inkan.access.roles import RIGHTS
from inkan.access.tokens import SERVICE
from inkan.limits import MIB
from inkan.oci.reference import Namespace
from inkan.store.records import Role
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.keys import SqlTokenKeys
from inkan.tuf.roles import TARGETS
from inkan.web.demand import Resource

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "inkan").rglob("*.py"))
LAST = ("namespace-visibility", "namespace-rm")
VALUES = {
    "{name+}": "team/app",
    "{digest}": "sha256:" + "a" * 64,
    "{reference}": "v1",
    "{upload}": "0" * 32,
    "{file+}": "root",
    "{role}": "snapshot",
    "{namespace}": "team",
    "{account}": "bob",
    "{group}": "builders",
    "{key}": "0" * 16,
    "{kind}": "account",
    "{subject}": "bob",
    "{visibility}": "public",
}


@pytest.fixture
async def set_up(world):
    await world.client()("PUT", f"/api/v1/namespaces/{Namespace('other')}", expect=201)
    return Administrator(world)


# --- the matrix ----------------------------------------------------------------------------------


def path_of(route):
    path = route.template
    for name, value in VALUES.items():
        path = path.replace(name, value)
    if route.template.startswith("/api/v1/") and "policies" in path:
        path = path.replace("/snapshot/", "/reader/")
    if "_trust" in path or path.startswith("/api/v1/trust/"):
        path = path.replace("team/app", GUN)
    if route.requires.is_local and "{namespace}" not in route.template:
        path += "?namespace=team"
    return path


def rows(world):
    """Return every row that asks for something, with the name of its face."""
    found = []
    for face in world.product.registry.table.faces:
        asking = [route for route in face.routes if route.requires.resource is not Resource.OPEN]
        found += [(face.name, route) for route in asking]
    # what takes the namespace away, or opens it, comes last
    return sorted(found, key=lambda row: row[1].operation in LAST)


@pytest.mark.parametrize("place", ["private", "public", "elsewhere"])
@pytest.mark.parametrize("role", [*Role, "nothing", "nobody"])
async def test_L5_every_row_lets_through_whom_the_roles_say_and_nobody_else(set_up, role, place):
    """Every route, by every role, where the namespace is private, public, or not the one in which the role is."""
    world = set_up.world
    if role == "nobody":
        client = world.client(user=None)
    else:
        client = await set_up.add("alice")
    held = frozenset()
    if isinstance(role, Role):
        await set_up.grant(role, "alice", namespace="other" if place == "elsewhere" else "team")
        held = RIGHTS[role] if place != "elsewhere" else frozenset()
    if place == "public":
        await set_up.ask("PUT", "/api/v1/namespaces/team/visibility/public", expect=204)
    for face, route in rows(world):
        demand, method = route.requires, route.methods[-1]
        local = held if demand.resource is Resource.REPOSITORY or demand.is_local else frozenset()
        if place == "public":
            is_read = demand.resource is Resource.REPOSITORY or (demand.is_local and role != "nobody")  # fmt: skip
            local |= {"list", "pull"} if is_read else frozenset()
        expected = set(demand.rights) <= local
        if role == "nobody" and (demand.resource is not Resource.REPOSITORY or not demand.rights):
            expected = False
        answer = await client(method, path_of(route), b"" if method != "PUT" else b"x")
        # what is not let through is told so by a 401 or 403; the trust API has only the first
        refused = answer.status in (401, 403) and not said_by_a_handler(answer)
        assert refused is not expected, (face, route.operation, method, answer.status, answer.body)


def said_by_a_handler(answer):
    """Whether a refusal came from behind the row: a handler that looks at what it was sent."""
    return b"sees its own API keys only" in answer.body or b"wrong user name" in answer.body


# --- tokens --------------------------------------------------------------------------------------


async def forge(world, text, *, own=None, algorithm="ES256", headers=None, **changes):
    """Return a token with our own signing key, or another, and other claims."""
    claims = jwt.decode(text, options={"verify_signature": False}) | changes
    kid = jwt.get_unverified_header(text)["kid"]
    claims = {name: value for name, value in claims.items() if value is not None}
    signing = own or await private_key(world)
    return jwt.encode(claims, signing, algorithm=algorithm, headers={"kid": kid, **(headers or {})})  # fmt: skip


async def private_key(world):
    from inkan.access.token_keys import TokenKeyRing

    ring = TokenKeyRing(SqlTokenKeys(world.stores.database), world.key_encryption_key, world.clock)
    await ring.load()
    return ring.signing.private


async def refused(nobody, text, expect=401):
    answer = await nobody("GET", "/v2/", headers=bearer(text), expect=expect)
    if expect == 401:
        assert 'error="invalid_token"' in answer["www-authenticate"]


async def test_AUTH_002_the_public_key_is_no_secret_of_an_hmac(world, admin, nobody):
    text = await token(admin, "repository:team/app:pull")
    public = (await private_key(world)).public_key()
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        raw = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        claims = jwt.decode(text, options={"verify_signature": False})
        head = jwt.get_unverified_header(text) | {"alg": "HS256"}
        await refused(nobody, hmac_signed(head, claims, raw))


def hmac_signed(head, claims, secret):
    import hashlib
    import hmac

    def part(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    claims = {k: int(v.timestamp()) if hasattr(v, "timestamp") else v for k, v in claims.items()}
    signed = part(json.dumps(head).encode()) + b"." + part(json.dumps(claims).encode())
    mac = hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + part(mac)).decode()


async def test_AUTH_003_005_006_no_key_is_taken_from_a_token(world, admin, nobody):
    text = await token(admin, "repository:team/app:pull")
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(own.public_key()))
    kid = jwt.get_unverified_header(text)["kid"]
    for headers in (
        {"jwk": jwk},
        {"jwk": {**jwk, "kid": kid}},
        {"jku": "https://evil.test/keys"},
        {"x5u": "https://evil.test/chain"},
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        {"kid": "a\0b"},
        {"kid": ""},
        {"crit": ["exp"]},
    ):
        await refused(nobody, await forge(world, text, own=own, headers=headers))
    await refused(nobody, await forge(world, text, headers={"crit": ["b64"], "b64": True}))


async def test_AUTH_010_a_token_for_another_service_is_refused(world, admin, nobody):
    text = await token(admin, "repository:team/app:pull")
    for audience in ("another", ["another"], [], "", 7):
        await refused(nobody, await forge(world, text, aud=audience))
    await refused(nobody, await forge(world, text, aud=["another", SERVICE]), expect=200)
    await refused(nobody, await forge(world, text, iss="another"))


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "jti", "sub", "aud", "iss", "access"])
async def test_AUTH_012_a_token_without_a_claim_is_refused(world, admin, nobody, claim):
    text = await token(admin, "repository:team/app:pull")
    await refused(nobody, await forge(world, text, **{claim: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": "soon"},
        {"exp": 10**30},
        {"access": "all"},
        {"access": [{"type": "repository"}]},
        {"access": [{"type": "planet", "name": "a", "actions": []}]},
        {"key": 7},
        {"login": "yes"},
        {"key": "0000000000000000"},
    ],
)
async def test_AUTH_012_a_token_with_claims_that_make_no_sense_is_refused(
    world, admin, nobody, changes
):
    text = await token(admin, "repository:team/app:pull")
    await refused(nobody, await forge(world, text, **changes))


async def test_AUTH_013_a_token_for_one_name_is_for_no_name_like_it(admin, nobody):
    text = await token(admin, "repository:team/app:pull,push")
    for name in ("team/app/b", "team/ap", "team/app-b", "other/app", "team%2fapp", "team/../team/app", "TEAM/app"):  # fmt: skip
        answer = await nobody("POST", f"/v2/{name}/blobs/uploads/", headers=bearer(text))
        assert answer.status in (400, 401, 403, 404), (name, answer.status)


async def test_AUTH_014_a_token_to_pull_does_not_push_delete_or_mount(set_up):
    text = await token(set_up.ask, "repository:team/app:pull")
    nobody = set_up.world.client(user=None)
    for method, path in (
        ("POST", UPLOAD),
        ("DELETE", f"/v2/team/app/blobs/{VALUES['{digest}']}"),
        ("DELETE", "/v2/team/app/manifests/v1"),
        ("GET", "/v2/other/app/tags/list"),
    ):
        answer = await nobody(method, path, headers=bearer(text), expect=401)
        assert 'error="insufficient_scope"' in answer["www-authenticate"]


async def test_AUTH_017_018_tokens_that_only_cost_time_are_refused_at_once(nobody):
    began = time.perf_counter()
    for text in ("a" * 16_385, "." * 1_000_000, "a." * 500_000):
        await refused(nobody, text)
    assert time.perf_counter() - began < 0.5


async def test_AUTH_020_a_token_that_asks_for_two_thousand_million_rounds_is_refused_at_once(
    nobody,
):
    head = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": "c2FsdA"}
    part = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
    began = time.perf_counter()
    for text in (f"{part}.e30.AAAA", f"{part}.AAAA.AAAA.AAAA.AAAA"):
        await refused(nobody, text)
    assert time.perf_counter() - began < 0.5


async def test_AUTH_021_signatures_of_another_shape_are_refused(admin, nobody):
    text = await token(admin, "repository:team/app:pull")
    signed = text.rpartition(".")[0]
    for raw in (bytes(64), bytes(63), bytes(65), bytes(32) + b"\1" * 32, b"0E\x02!" + b"\1" * 67):
        part = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        await refused(nobody, f"{signed}.{part}")


# --- log-in --------------------------------------------------------------------------------------


async def test_AUTH_030_a_thousand_guesses_and_the_true_user_logs_in(set_up):
    """Over HTTP, from one address after another; the true user comes from where they came from before."""
    alice = await set_up.add("alice")
    await alice("GET", "/v2/", expect=200)
    guesser = set_up.world.client(user="alice", password="guess")
    tried = 0
    for number in range(300):
        guesser.address = f"10.0.{number}.1"
        tried += (await guesser("GET", "/v2/")).status == 401
    assert tried <= 20
    set_up.world.clock.move(timedelta(minutes=6))
    mistyped = set_up.world.client(user="alice", password="alice-passwort")
    assert (await mistyped("GET", "/v2/")).status == 401
    await alice("GET", "/v2/", expect=200)


async def test_AUTH_032_an_old_hash_is_made_anew_at_the_log_in(world, monkeypatch):
    accounts = SqlAccounts(world.stores.database)
    before = (await accounts.find("bob")).password_hash
    monkeypatch.setattr(passwords, "_PASSES", 2)
    bob = world.client(user="bob", password="other-password")
    await bob("GET", "/v2/", expect=200)
    after = (await accounts.find("bob")).password_hash
    assert after != before
    assert "t=2" in after
    await bob("GET", "/v2/", expect=200)


async def test_the_time_of_a_wrong_name_is_that_of_a_wrong_password(world, monkeypatch):
    """Both cost one hash, and nothing else that could be told apart."""
    hashed = []

    def verify(password, password_hash):
        hashed.append(password_hash.rpartition("p=1$")[0])
        return False

    monkeypatch.setattr(passwords, "verify_password", verify)
    for name in ("bob", "nobody-at-all", "x" * 300):
        await world.client(user=name, password="guess")("GET", "/v2/", expect=401)
    assert len(hashed) == 3
    assert len(set(hashed)) == 1


def test_AUTH_034_secrets_are_never_compared_with_equals():
    """Where a secret, a hash of one or a MAC meets another, it is by `compare_digest` or a library's own verify."""
    suspects = ("secret", "password", "sha256", "mac", "hash")
    found = []
    for source in sorted((ROOT / "src" / "inkan" / "access").glob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [ast.unparse(one).lower() for one in (node.left, *node.comparators)]
                is_literal = any(isinstance(one, ast.Constant) for one in node.comparators)
                if not is_literal and any(word in side for word in suspects for side in sides):
                    found.append(f"{source}: {ast.unparse(node)}")
    assert found == []


def test_AUTH_044_no_setting_and_no_option_stops_verifying_tls():
    for source in SOURCES:
        text = source.read_text()
        for word in ("--insecure", "--no-verify", "tls_verify", "SKIP_VERIFY", "skip-tls"):
            assert word not in text, (source, word)


# --- signing -------------------------------------------------------------------------------------


async def test_taking_a_signature_back_needs_the_right_to_delete(set_up):
    """A signer signs and moves tags, and revokes none."""
    signer = await set_up.add("sig")
    await set_up.grant("signer", "sig")
    owner = await make_owner(signer, set_up.world)
    await publish(signer, owner.first_push("1.0", b"1" * 32), expect=200)
    await publish(signer, owner.push("2.0", b"2" * 32), expect=200)
    await publish(signer, owner.push("2.0", b"3" * 32), expect=200)
    del owner.tags["1.0"]
    files = {TARGETS: owner.next_targets()}
    answer = await publish(signer, files, expect=401)
    assert b"right to delete" in answer.body
    events = (await set_up.ask("GET", f"/api/v1/trust/{GUN}/log", expect=200)).json["events"]
    assert events[0]["refused"]
    await set_up.grant("writer", "sig")
    await publish(signer, files, expect=200)


# --- secrets -------------------------------------------------------------------------------------


async def test_AUTH_042_twenty_secrets_are_in_no_log_error_metric_or_answer(set_up, caplog):
    """Right and wrong passwords, keys, tokens and hashes: sent in every way there is, found nowhere but where they were handed out."""
    caplog.set_level(logging.DEBUG)
    world, nobody = set_up.world, set_up.world.client(user=None)
    secrets = [f"canary-{number}-correct-horse" for number in range(8)]
    said = []

    async def ask(client, *words, **more):
        answer = await client(*words, **more)
        said.append(answer.body.decode(errors="replace") + str(answer.headers))
        return answer

    for number, secret in enumerate(secrets[:4]):
        await ask(set_up.ask, "PUT", f"/api/v1/accounts/user{number}", json.dumps({"password": secret}).encode())  # fmt: skip
        login = await world.client(user=f"user{number}", password=secret)("GET", "/token?service=inkan&offline_token=true", expect=200)  # fmt: skip
        secrets += [login.json["token"], login.json["refresh_token"]]
    for secret in secrets[4:8]:
        await ask(world.client(user="admin", password=secret), "GET", "/v2/")
        await ask(world.client(user=secret, password="x"), "GET", "/v2/")
        await ask(nobody, "POST", "/token", form(grant_type="password", username="admin", password=secret))  # fmt: skip
        await ask(nobody, "POST", "/token", form(grant_type="refresh_token", refresh_token=secret))
        await ask(nobody, "POST", "/token", form(grant_type=secret[:8], code=secret))
        await ask(nobody, "GET", "/v2/", headers=bearer(secret))
        await ask(nobody, "GET", f"/token?{urlencode({'account': secret, 'scope': 'x'})}")
        await ask(set_up.ask, "POST", "/api/v1/password", json.dumps({"old": secret, "new": "y"}).encode())  # fmt: skip
        world.clock.move(timedelta(hours=2))
    made = await set_up.ask("POST", "/api/v1/api-keys", b'{"name": "k"}', expect=201)
    secrets += [made.json["api_key"], *(await hashes(world))]
    await ask(world.client(user="iamapikey", password=secrets[-3]), "GET", "/v2/")
    for path in ("/api/v1/accounts", "/api/v1/api-keys?all=true", "/api/v1/audit-log?limit=1000", "/metrics"):  # fmt: skip
        await ask(set_up.ask, "GET", path)
    everything = "\n".join(said) + "".join(str(vars(one)) for one in caplog.records)
    everything += "\n".join(repr(one) for one in await SqlAccounts(world.stores.database).list())
    assert len(secrets) >= 19
    assert [one for one in secrets if one in everything] == []


async def hashes(world):
    return [one.password_hash for one in await SqlAccounts(world.stores.database).list()][:2]


# --- where it comes from -------------------------------------------------------------------------


def test_SUP_002_what_runs_is_a_short_list_and_each_has_its_reasons():
    """Six, of which three are one web server; each is named in a decision record, and the list itself in one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [one.partition(">")[0] for one in project["dependencies"]]
    assert sorted(names) == ["click", "cryptography", "httptools", "pyjwt", "uvicorn", "uvloop"]
    records = "".join(one.read_text() for one in (ROOT / "docs" / "adr").glob("*.md")).lower()
    assert [name for name in names if name.replace("-", " ") not in records.replace("-", " ")] == []
    reviewed = (ROOT / "docs" / "adr" / "0018-what-runs-is-a-short-list.md").read_text().lower()
    assert [name for name in closure(project["dependencies"]) if f"`{name}`" not in reviewed] == []


def test_SUP_002_all_of_it_is_small():
    """Without the extras: what is installed beside us, with all that it brings, and we."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = closure(project["dependencies"])
    assert len(found) <= 10, found
    sizes = {name: installed_bytes(name) for name in found}
    assert sum(sizes.values()) < 45 * MIB, sizes
    own = sum(one.stat().st_size for one in SOURCES)
    assert own < 2 * MIB


def closure(requirements):
    """Return the names of what requirements bring, themselves among them."""
    found, waiting = set(), list(requirements)
    while waiting:
        words, _, condition = waiting.pop().partition(";")
        name = re.match(r"[A-Za-z0-9_.-]+", words)[0].lower().replace("_", "-")
        # what is for other systems, for older Pythons or for an extra is not installed here
        if name in found or "extra" in condition or not is_installed(name):
            continue
        found.add(name)
        waiting += importlib.metadata.requires(name) or []
    return found


def is_installed(name):
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def installed_bytes(name):
    files = importlib.metadata.files(name) or []
    return sum(path.stat().st_size for one in files if (path := Path(one.locate())).exists())


def test_SUP_010_no_debug_switch_weakens_what_is_checked():
    """`INKAN_DEBUG` shows traces; nothing that verifies reads it, and no server's answer sets it."""
    found = [str(one.relative_to(ROOT)) for one in SOURCES if "INKAN_DEBUG" in one.read_text()]
    assert found == ["src/inkan/cli/main.py"]


# what a key or a token of somebody's looks like; each is put together here so that this file holds none
PATTERNS = [
    "-----BEGIN (EC |RSA |OPENSSH |ENCRYPTED )?" + "PRIVATE KEY-----",
    "AK" + "IA[0-9A-Z]{16}",
    "gh" + "p_[A-Za-z0-9]{36}",
    "ik" + "_[0-9a-f]{16}_[A-Za-z0-9_-]{43}",
    "ir" + "_[A-Za-z0-9_-]{43}",
    "xox" + "[bp]-[0-9A-Za-z-]{20}",
    "eyJ" + "[A-Za-z0-9_-]{20,}\\.eyJ[A-Za-z0-9_-]{20,}\\.[A-Za-z0-9_-]{20,}",
]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="there is no history outside a checkout")
def test_SUP_011_no_secret_is_in_the_history_but_keys_made_for_tests():
    """Every line that any commit ever added, outside the recordings; what is found is what the tests themselves sign with."""
    added = subprocess.run(
        ["git", "log", "-p", "--no-color", "--unified=0", "-E", f"-G{'|'.join(PATTERNS)}", "--", ".", ":!tests", ":!docs/reference"],
        cwd=ROOT, capture_output=True, text=True, check=True, errors="replace",
    ).stdout  # fmt: skip
    lines = [line for line in added.splitlines() if line.startswith("+")]
    found = [
        line[:100]
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if any(re.search(one, line) for one in PATTERNS)
        # code that names the first line of a key file is none
        and ("PRIVATE KEY" not in line or re.match(r"\+[A-Za-z0-9+/=]{40,}\Z", after))
    ]
    assert found == []
