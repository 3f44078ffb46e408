"""The trust API's face: Notary v1's routes.

Source: Notary v1 server, routing table; spec of the clients as measured (docker 20.10 to 28.2, notary 0.7.0).
"""

import re
from email.utils import format_datetime

from inkan import limits
from inkan.oci.reference import Gun
from inkan.store.records import MetadataRecord
from inkan.trust.multipart import Part, parse_boundary, parse_parts
from inkan.trust.problems import TrustProblems
from inkan.trust.publish import Publishing
from inkan.trust.read import Reading, parse_file
from inkan.tuf.keys import PublicKey
from inkan.tuf.publication import Upload
from inkan.tuf.roles import RoleName
from inkan.web.authority import ALL, PULL, PUSH, Authority
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Face, Route

_BASE = "/v2/{name+}/_trust/tuf/"


class TrustHandlers:
    """Answers the trust API."""

    def __init__(self, reading: Reading, publishing: Publishing) -> None:
        self._reading = reading
        self._publishing = publishing

    async def get_metadata(self, request: Request) -> Response:
        """Return a role's file: the current one, a version, or one by checksum."""
        gun = Gun.parse(request.params["name"])
        file = parse_file(gun, request.params["file"])
        record = await self._reading.get(gun, file)
        response = Response(200, _fields(record), record.raw)
        if file.is_immutable:
            response.headers.append(("Cache-Control", CachePolicy.IMMUTABLE.value))
        if request.header("if-none-match") == f'"{record.sha256}"':
            response.status = 304
        return response

    async def get_key(self, request: Request) -> Response:
        """Return the public key that the server signs a role with."""
        gun, role = Gun.parse(request.params["name"]), RoleName.parse(request.params["role"])
        return _key(await self._reading.key(gun, role))

    async def rotate_key(self, request: Request) -> Response:
        """Return a new public key for a role, in force once a root names it."""
        gun, role = Gun.parse(request.params["name"]), RoleName.parse(request.params["role"])
        return _key(await self._reading.rotate_key(gun, role))

    async def publish(self, request: Request) -> Response:
        """Keep a batch of metadata; only status 200 counts as success for the clients."""
        gun = Gun.parse(request.params["name"])
        boundary = parse_boundary(request.header("content-type"))
        parts = parse_parts(await request.body(), boundary)
        await self._publishing.publish(gun, [_upload(part) for part in parts])
        return Response(200)


def trust_face(reading: Reading, publishing: Publishing, authority: Authority) -> Face:
    """Return the trust API's face."""
    handlers = TrustHandlers(reading, publishing)
    small, publish = limits.SMALL_BODY_BYTES, limits.PUBLISH_BODY_BYTES
    fresh, never = CachePolicy.REVALIDATE, CachePolicy.NEVER
    return Face(
        name="trust",
        routes=(
            Route("trust-publish", ("POST",), _BASE, handlers.publish, PUSH, publish, never),
            Route(
                "trust-metadata",
                ("GET", "HEAD"),
                _BASE + "{file+}.json",
                handlers.get_metadata,
                PULL,
                0,
                fresh,
            ),
            Route("trust-key", ("GET",), _BASE + "{role}.key", handlers.get_key, PUSH, 0, never),
            Route(
                "trust-key-rotate",
                ("POST",),
                _BASE + "{role}.key",
                handlers.rotate_key,
                ALL,
                small,
                never,
            ),
        ),
        render=TrustProblems(authority),
        claims=re.compile(r"/v2/(?:.+/)?_trust/"),
    )


def _upload(part: Part) -> Upload:
    return Upload(RoleName.parse(part.file_name.removesuffix(".json")), part.content)


def _key(key: PublicKey) -> Response:
    return Response(200, [("Content-Type", "application/json")], key.to_wire())


def _fields(record: MetadataRecord) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/json"),
        ("ETag", f'"{record.sha256}"'),
        ("Last-Modified", format_datetime(record.created_at, usegmt=True)),
    ]
