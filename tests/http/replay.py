"""Replays what real clients once sent to the reference, and says where our answers differ.

A recording names keys of the reference's server. Here its public keys are taken for ours, with private halves of our own, so that what the clients signed is accepted
as it stands; signatures that we add are then no good, and nobody in a replay looks at them. What a recording reads before it first writes is put into the
store beforehand. Names that the servers choose (uploads, checksums of what the server signed) are translated as they appear.
"""

import base64
import functools
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from asgi import Client
from cryptography.hazmat.primitives.asymmetric import ec

from inkan.errors import InkanError
from inkan.oci.digest import Digest
from inkan.oci.reference import Gun, RepositoryName
from inkan.store.records import OnlineKeyRecord
from inkan.store.sql.database import Statement
from inkan.store.sql.keys import SqlOnlineKeys
from inkan.store.sql.trust_store import SqlTrustStore
from inkan.trust.multipart import parse_boundary, parse_parts
from inkan.trust.online_keys import OnlineSigners
from inkan.trust.records import record_of
from inkan.tuf import sign
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import parse, parse_root
from inkan.tuf.roles import ROOT, SNAPSHOT, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner

VECTORS = Path(__file__).parent.parent / "vectors"
RECORDED_AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
_METADATA = re.compile(r"/v2/(?P<gun>.+)/_trust/tuf/(?P<file>.*?)(?P<end>\.json|\.key|)\Z")
_CHECKSUM = re.compile(r"\.([0-9a-f]{64})\.json\Z")
_SESSION = re.compile(r"/blobs/uploads/(?P<id>[0-9a-f-]{36})")


@dataclass(frozen=True)
class Exchange:
    """A recorded request and the reference's answer."""

    step: str
    listener: str
    method: str
    path: str
    headers: dict
    body: bytes
    status: int
    answer: bytes
    fields: dict

    @property
    def code(self) -> str:
        return code_of(self.answer)


def code_of(body: bytes) -> str:
    try:
        return json.loads(body)["errors"][0]["code"]
    except (ValueError, LookupError, TypeError):
        return ""


def content(body) -> bytes:
    if "b64" in body:
        return base64.b64decode(body["b64"])
    return body.get("text", "").encode()


def read_flow(name: str) -> list[Exchange]:
    lines = (VECTORS / "wire" / f"{name}.jsonl").read_text().splitlines()
    found = []
    for one in map(json.loads, lines):
        request, answer = one["req"], one["resp"]
        headers, fields = dict(request["headers"]), {k.lower(): v for k, v in answer["headers"]}
        found.append(
            Exchange(one["step"], one["listener"], request["method"], request["path"], headers,
                     content(request["body"]), answer["status"], content(answer["body"]), fields)
        )  # fmt: skip
    return found


def read_probes() -> list[Exchange]:
    probes = json.loads((VECTORS / "api-probes.json").read_text())
    return [
        Exchange(one["step"], "trust", one["method"], one["path"], dict(one["req_headers"]),
                 (one["req_body"] or "").encode("utf-8", "surrogateescape"), one["status"],
                 (one["body"] or "").encode("utf-8", "surrogateescape"), {k.lower(): v for k, v in one["headers"]})
        for one in probes
    ]  # fmt: skip


@dataclass
class Replay:
    """Sends a recording to our server."""

    world: object
    names: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    has_written: set = field(default_factory=set)

    async def prepare(self, exchanges) -> None:
        """Put into the store what the recording finds there."""
        found = {}
        for exchange in exchanges:
            match = _METADATA.match(exchange.path)
            if match and _is_gun(match["gun"]):
                await self._prepare_trust(exchange, match, found)
            elif not match:
                await self._prepare_content(exchange)
        for gun, files in found.items():
            await self._keep_all(gun, files)

    async def _prepare_trust(self, exchange, match, found) -> None:
        gun = Gun.parse(match["gun"])
        await self._namespace(gun.repository)
        if exchange.method == "POST" and not match["end"]:
            if exchange.status == 200:
                for part in _parts(exchange):
                    if part.file_name.startswith("root"):
                        await self._adopt_keys(gun, part.content)
                self.has_written.add(gun)
        elif match["end"] == ".json" and exchange.status == 200 and gun not in self.has_written:
            found.setdefault(gun, []).append((role_in(match["file"]), exchange.answer))

    async def _keep_all(self, gun, files) -> None:
        """Keep metadata of before the recording, and what the clients had cached of it, as far as any recording has that."""
        known = {}
        for role, raw in files:
            known[role, parse(role, raw).version] = raw
            if role == SNAPSHOT:
                for one, meta in parse(role, raw).meta.items():
                    cached = recorded_content().get(f"sha256:{meta.hashes['sha256'].hex()}")
                    if cached:
                        known[one, parse(one, cached).version] = cached
        store, now = SqlTrustStore(self.world.stores.database), self.world.clock.now()
        for role, version in sorted(known, key=str):
            if role == ROOT:
                await self._adopt_keys(gun, known[role, version])
        for (role, _), raw in sorted(known.items(), key=lambda one: one[0][1]):
            await store.publish([record_of(gun, parse(role, raw), now)])

    async def _adopt_keys(self, gun, raw) -> None:
        try:
            root = parse_root(raw)
        except InkanError:  # what is no root names no keys
            return
        keys = SqlOnlineKeys(self.world.stores.database)
        for role in (SNAPSHOT, TIMESTAMP):
            for key in root.role_keys(role).keys:
                held = [record.key_id for record in await keys.list(gun, role)]
                if key.key_id not in held:
                    record = OnlineKeyRecord(
                        gun, role, key.key_id, key.to_wire(), b"", self.world.clock.now()
                    )
                    await keys.add(record, held[0] if held else None)

    async def _prepare_content(self, exchange) -> None:
        path = urlsplit(exchange.path).path
        match = re.match(
            r"/v2/(.+)/(?:(blobs|manifests)/(sha256:[0-9a-f]{64}|[\w.-]+)|blobs/uploads/)\Z", path
        )
        if not match:
            return
        name = RepositoryName(match[1])
        await self._namespace(name)
        await self._prepare_mount(exchange)
        is_there = exchange.status == 200 and (name, match[3]) not in self.has_written
        self.has_written.add((name, match[3]))
        raw = recorded_content().get(match[3], b"")
        if not is_there or not raw:
            return
        if match[2] == "blobs":
            path = f"/v2/{name}/blobs/uploads/?digest={match[3]}"
            await self.world.client()("POST", path, raw, expect=201)
        else:
            await self._keep_manifest(name, raw, exchange.fields["content-type"])

    async def _prepare_mount(self, exchange) -> None:
        asked = {key: values[0] for key, values in parse_qs(urlsplit(exchange.path).query).items()}
        raw = recorded_content().get(asked.get("mount"))
        if raw and exchange.status == 201:
            path = f"/v2/{asked['from']}/blobs/uploads/?digest={asked['mount']}"
            await self.world.client()("POST", path, raw, expect=201)

    async def _keep_manifest(self, name, raw, kind) -> None:
        """Keep a manifest without what it names: the recording need not have it."""
        digest = str(Digest.of(raw))
        values = (str(name), digest, name.namespace or str(name), kind, "", 0, raw, "admin", 0)
        await self.world.write(
            Statement(
                "INSERT INTO manifests (repository, digest, namespace, media_type, artifact_type, image_bytes, payload, pushed_by, "
                "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                values,
            )
        )

    async def _namespace(self, repository) -> None:
        name = repository.namespace or str(repository)
        await self.world.write(
            Statement(
                "INSERT INTO namespaces (name, created_at, created_by) VALUES (?, 0, 'x') ON CONFLICT DO NOTHING",
                (name,),
            )
        )

    async def send(self, exchange):
        """Send one request; return our answer."""
        path = self._translated(exchange.path)
        headers = [
            (k, v) for k, v in exchange.headers.items()
            if k.lower() not in ("host", "content-length", "authorization", "transfer-encoding", "connection")
        ]  # fmt: skip
        credential = self._credential(exchange)
        client = Client(self.world.application(exchange), user=None, host=self.world.host)
        if credential:
            headers.append(("Authorization", credential))
        body = exchange.body or b""
        answer = await client(exchange.method, path, body, headers)
        self._learn(exchange, answer)
        return answer

    def _credential(self, exchange) -> str:
        given = exchange.headers.get("Authorization", "")
        if given.startswith("Bearer "):
            return f"Bearer {self.tokens.get(given[7:], 'unknown')}"
        if given or exchange.listener not in ("registry", "trust"):
            return given
        # the reference ran without authorisation there
        return "Basic " + base64.b64encode(b"admin:adminpw").decode()

    def _translated(self, path: str) -> str:
        if match := _CHECKSUM.search(path):
            return path.replace(match[1], self.names.get(match[1], match[1]))
        if match := _SESSION.search(path):
            own = self.names.get(match["id"])
            query = urlsplit(path).query
            digest = re.search(r"digest=[^&]+", query)
            if own:
                mark = "&" if "?" in own else "?"
                return own + (mark + digest[0] if digest else "")
        return path

    def _learn(self, exchange, answer) -> None:
        if "/token" in exchange.path and answer.status == exchange.status == 200:
            self.tokens[json.loads(exchange.answer)["token"]] = answer.json["token"]
        if match := _SESSION.search(exchange.fields.get("location", "")):
            self.names[match["id"]] = answer.headers.get("location", "")
        match = _METADATA.match(exchange.path)
        if match and match["end"] == ".json" and answer.status == exchange.status == 200:
            self._learn_checksums(role_in(match["file"]), exchange.answer, answer.body)

    def _learn_checksums(self, role, theirs, ours) -> None:
        if role not in (SNAPSHOT, TIMESTAMP):
            return
        recorded, own = parse(role, theirs), parse(role, ours)
        for one, meta in recorded.meta.items():
            if one in own.meta:
                self.names[meta.hashes["sha256"].hex()] = own.meta[one].hashes["sha256"].hex()


@functools.cache
def recorded_content() -> dict:
    """Return all bytes that any recording holds, by digest."""
    bodies = [
        body
        for path in sorted((VECTORS / "wire").glob("*.jsonl"))
        for exchange in read_flow(path.stem)
        for body in (exchange.body, exchange.answer, *(part.content for part in _parts(exchange)))
    ]
    # and what the clients' own folders hold
    bodies += [path.read_bytes() for path in VECTORS.glob("*/*.json")]
    bodies += [path.read_bytes() for path in VECTORS.glob("*/targets/*.json")]
    return {str(Digest.of(body)): body for body in bodies}


def _is_gun(text: str) -> bool:
    try:
        Gun.parse(text)
    except InkanError:
        return False
    return text.count("/") > 1


def role_in(file: str) -> RoleName:
    text = re.sub(r"\A[0-9]+\.|\.[0-9a-f]{64,}\Z", "", file)
    return RoleName.parse(text)


def _parts(exchange):
    kind = next((v for k, v in exchange.headers.items() if k.lower() == "content-type"), "")
    try:
        return parse_parts(exchange.body, parse_boundary(kind))
    except InkanError:  # probes send bodies that are none
        return ()


def impersonate(monkeypatch) -> None:
    """Let our server sign in the name of keys it does not have."""

    def opened(_self, record):
        key = PublicKey.from_json(json.loads(record.public))
        return EcdsaSigner(ec.generate_private_key(ec.SECP256R1()), key)

    monkeypatch.setattr(OnlineSigners, "_open", opened)
    # which it would notice
    monkeypatch.setattr(sign, "_signature", lambda signer, message: signer.sign(message))
