"""The trust API's face: Notary v1's routes.

Source: Notary v1 server, routing table; spec of the clients as measured (docker 20.10 to 28.2, notary 0.7.0).
"""

import re
from dataclasses import replace
from email.utils import format_datetime

from inkan import limits
from inkan.oci.reference import Gun
from inkan.store.records import MetadataRecord
from inkan.trust.acts import Actor
from inkan.trust.body_room import BodyRoom, in_time
from inkan.trust.change_feed import ChangeFeed, parse_page
from inkan.trust.freshness import half_life
from inkan.trust.multipart import Part, parse_boundary, parse_parts
from inkan.trust.problems import TrustProblems
from inkan.trust.publish import Publishing
from inkan.trust.read import Reading, parse_file
from inkan.trust.reset import Reset
from inkan.tuf.keys import PublicKey
from inkan.tuf.publication import Upload
from inkan.tuf.roles import RoleName
from inkan.web.authority import Authority
from inkan.web.compression import compress
from inkan.web.demand import CATALOG, DELETE, PULL, SIGN, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Face, Route

_BASE = "/v2/{name+}/_trust/tuf/"
_FEED = "/v2/_trust/changefeed"


class TrustHandlers:
    """Answers the trust API."""

    def __init__(
        self, reading: Reading, publishing: Publishing, reset: Reset, feed: ChangeFeed
    ) -> None:
        self._reading = reading
        self._publishing = publishing
        self._reset = reset
        self._feed = feed
        self._room = BodyRoom()

    async def get_metadata(self, request: Request) -> Response:
        """Return a role's file: the current one, a version, or one by checksum."""
        gun = Gun.parse(request.params["name"])
        file = parse_file(gun, request.params["file"])
        record = await self._reading.get(gun, file)
        if not file.is_immutable:
            # a timestamp or a snapshot is to be made anew from then on, which only the first line of defence, the read, can see
            request.limit(half_life(record))
        response = Response(200, _fields(record), record.raw)
        if file.is_immutable:
            response.headers.append(("Cache-Control", CachePolicy.IMMUTABLE.value))
        if request.header("if-none-match") == f'"{record.sha256}"':
            response.status = 304
            return response
        await compress(response, request.header("accept-encoding"))
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
        may_revoke = Right.DELETE in request.caller.rights_in(gun.repository.namespace)
        actor = replace(_actor(request), may_revoke=may_revoke)
        size = request.content_length
        async with self._room.hold(limits.PUBLISH_BODY_BYTES if size is None else size):
            parts = parse_parts(await in_time(request.body()), boundary)
            await self._publishing.publish(gun, [_upload(part) for part in parts], actor)
        return Response(200)

    async def delete(self, request: Request) -> Response:
        """Forget a collection."""
        await self._reset.delete(Gun.parse(request.params["name"]), _actor(request))
        return Response(200)

    async def changes(self, request: Request) -> Response:
        """Return a part of the change feed, of one collection or of all."""
        name = request.params.get("name")
        page = parse_page(request.query("records"), request.query("change_id"))
        body = await self._feed.read(Gun.parse(name) if name else None, page)
        return Response(200, [("Content-Type", "application/json")], body)


def trust_face(
    reading: Reading,
    publishing: Publishing,
    reset: Reset,
    feed: ChangeFeed,
    authority: Authority,
) -> Face:
    """Return the trust API's face."""
    handlers = TrustHandlers(reading, publishing, reset, feed)
    small, publish = limits.SMALL_BODY_BYTES, limits.PUBLISH_BODY_BYTES
    read = ("GET", "HEAD")
    fresh, never = CachePolicy.REVALIDATE, CachePolicy.NEVER
    return Face(
        name="trust",
        routes=(
            Route("trust-publish", ("POST",), _BASE, handlers.publish, SIGN, publish, never),
            Route("trust-delete", ("DELETE",), _BASE, handlers.delete, DELETE, 0, never),
            Route("trust-changes", read, _FEED, handlers.changes, CATALOG, 0, fresh),
            Route(
                "trust-changes-of",
                read,
                "/v2/{name+}/_trust/changefeed",
                handlers.changes,
                PULL,
                0,
                fresh,
            ),
            Route(
                "trust-metadata",
                ("GET", "HEAD"),
                _BASE + "{file+}.json",
                handlers.get_metadata,
                PULL,
                0,
                fresh,
                is_repeatable=True,
            ),
            Route("trust-key", ("GET",), _BASE + "{role}.key", handlers.get_key, SIGN, 0, never),
            Route(
                "trust-key-rotate",
                ("POST",),
                _BASE + "{role}.key",
                handlers.rotate_key,
                SIGN,
                small,
                never,
            ),
        ),
        render=TrustProblems(authority),
        claims=re.compile(r"/v2/(?:.+/)?_trust/"),
    )


def _actor(request: Request) -> Actor:
    return Actor(request.caller.account, request.client_address)


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
