"""A bucket: objects by storage key, streamed in and out, with the errors of a store.

Only what every engine that speaks S3 does alike is relied on: put, ranged get, head, delete, list, uploads in parts. No conditional request, no copy, no batch, no rule of the bucket.

Source: Amazon S3 API Reference (2006-03-01); docs/adr/0012-obstore.md.
"""

import asyncio
import http.client
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from inkan import limits
from inkan.errors import StorageFullError, StorageUnavailableError
from inkan.store.layout import object_name, quarantined_name
from inkan.store.multipart_leftovers import MultipartLeftovers, StaticKeys
from inkan.store.records import StorageKey

logger = logging.getLogger(__name__)
PART_BYTES = 8 * limits.MIB
"""Larger content goes in parts of this size."""
_PARTS_AT_ONCE = 2
# a part is at most this; 10,000 parts of it are more than any blob may have
_LARGE_PART_BYTES = 128 * limits.MIB
_MARKER = "inkan-store"


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """Where a bucket is and what opens it.

    Attributes:
        endpoint: of the engine; empty for Amazon's.
        keys: an access key; nothing lets the library look for the credentials of the machine.
        ca_bundle: a PEM file of authorities that are trusted besides the system's.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    keys: StaticKeys | None
    ca_bundle: Path | None = None


class Bucket:
    """Objects in a bucket below a prefix."""

    def __init__(self, access: BucketAccess) -> None:
        self._access = access
        self._store = _store(access)
        self._leftovers = _leftovers(access)

    async def prepare(self) -> None:
        """See that the bucket is there and takes what we write; it is made if it is missing and we may.

        Raises:
            StorageUnavailableError: if it cannot be used.
        """
        with self._errors():
            try:
                await self._mark()
            except FileNotFoundError:
                await asyncio.to_thread(self._make)
                await self._mark()

    async def put(self, key: StorageKey, content: bytes) -> None:
        """Write an object in one request; durable when this returns."""
        with self._errors():
            await self._store.put_async(self._name(key), content, use_multipart=False)

    async def put_stream(
        self, key: StorageKey, pieces: AsyncIterator[bytes], part_bytes: int = PART_BYTES
    ) -> None:
        """Write an object of a length that nobody knows yet; durable when this returns, and not there if it raises."""
        with self._errors():
            await self._store.put_async(
                self._name(key),
                pieces,
                chunk_size=min(part_bytes, _LARGE_PART_BYTES),
                max_concurrency=_PARTS_AT_ONCE,
            )

    async def find_size(self, key: StorageKey) -> int | None:
        """Return how many bytes an object has, or nothing where there is none."""
        with self._errors():
            try:
                return int((await self._store.head_async(self._name(key)))["size"])
            except FileNotFoundError:
                return None

    async def read(self, key: StorageKey, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield what there is from `start` up to `stop`, in pieces; fewer where the object is shorter, nothing where it is not there."""
        if start >= stop:
            return
        with self._errors():
            try:
                answer = await self._store.get_async(
                    self._name(key), options={"range": (start, stop)}
                )
            except FileNotFoundError:
                return
            async for chunk in answer.stream(min_chunk_size=limits.PIECE_BYTES):
                for at in range(0, len(chunk), limits.PIECE_BYTES):
                    yield bytes(chunk[at : at + limits.PIECE_BYTES])

    async def delete(self, key: StorageKey) -> None:
        """Remove an object, and what a broken upload of it has left; no error if there is nothing."""
        with self._errors():
            with suppress(FileNotFoundError):
                await self._store.delete_async(self._name(key))
            if self._leftovers is not None:
                await asyncio.to_thread(self._leftovers.abort, self._name(key))

    async def quarantine(self, key: StorageKey) -> bool:
        """Move an object aside, so that nobody is told any more that it is there; return whether it was."""
        if await self.find_size(key) is None:
            return False
        with self._errors():
            answer = await self._store.get_async(self._name(key))
            await self._store.put_async(
                self._path(quarantined_name(key)), answer.stream(), chunk_size=PART_BYTES
            )
        await self.delete(key)
        return True

    async def names(self, folder: str) -> AsyncIterator[str]:
        """Yield the name of every object below a folder, without the prefix and the folder."""
        start = self._path(folder)
        with self._errors():
            async for page in self._store.list(prefix=start):
                for one in page:
                    yield one["path"].removeprefix(f"{start}/")

    async def link(self, key: StorageKey, lifetime: timedelta) -> str:
        """Return an address under which anybody may read an object for a while. It is a secret: never log it."""
        with self._errors():
            address: str = await obstore.sign_async(self._store, "GET", self._name(key), lifetime)
            return address

    async def status_of(self, link: str) -> int:
        """Return the status that an address is answered with."""
        with self._errors():
            return await asyncio.to_thread(self._ask, "GET", link)

    async def describe_conditions(self, key: StorageKey) -> str:
        """Return what the engine makes of "write only if it is not there"; we ask for it nowhere else."""
        try:
            for _ in range(2):
                await self._store.put_async(self._name(key), b"probe", mode="create")
        except AlreadyExistsError:
            return "a second conditional write is refused, as it should be"
        except BaseError:
            return "conditional writes are refused altogether"
        else:
            return "conditions are ignored: a second write went through"
        finally:
            await self.delete(key)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn errors into the store's own; after a silence, begin with new connections, as those that are kept may be dead."""
        used = self._store
        try:
            with bucket_errors():
                yield
        except StorageUnavailableError as error:
            # the library has no type for it
            if "TimedOut" in str(error.__cause__) and self._store is used:
                self._store = _store(self._access)
            raise

    async def _mark(self) -> None:
        await self._store.put_async(self._path(_MARKER), b"blobs of an Inkan server\n", use_multipart=False)  # fmt: skip

    def _make(self) -> None:
        """Make the bucket; the library has no call for it, so its signature is put on a request of ours."""
        link: str = obstore.sign(self._store, "PUT", "", timedelta(minutes=1))
        status = self._ask("PUT", link)
        # 409: another server was faster
        if status not in (200, 409):
            raise StorageUnavailableError(f"bucket {self._access.bucket} is not there, and may not be made (status {status})")  # fmt: skip
        logger.info("bucket made", extra={"bucket": self._access.bucket})

    def _ask(self, method: str, link: str) -> int:
        address = urlsplit(link)
        connection = connect(address.scheme, address.netloc, self._access.ca_bundle)
        try:
            connection.request(method, f"{address.path}?{address.query}" if address.query else address.path)  # fmt: skip
            return connection.getresponse().status
        finally:
            connection.close()

    def _name(self, key: StorageKey) -> str:
        return self._path(object_name(key))

    def _path(self, name: str) -> str:
        return f"{self._access.prefix}/{name}" if self._access.prefix else name


def connect(scheme: str, host: str, ca_bundle: Path | None) -> http.client.HTTPConnection:
    """Return a connection for the rare requests that the library does not make."""
    if scheme == "http":
        return http.client.HTTPConnection(host, timeout=30)
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    return http.client.HTTPSConnection(host, timeout=30, context=context)


@contextmanager
def bucket_errors() -> Iterator[None]:
    """Turn every error of the engine in the body into the store's own; its words name hosts and objects, and go to the log.

    Raises:
        StorageFullError: if a quota of the bucket is used up.
        StorageUnavailableError: for every other failure.
    """
    try:
        yield
    except (BaseError, OSError, http.client.HTTPException) as error:
        words = str(error)
        logger.warning("the bucket failed", extra={"error": words[:300]})
        # the library hands on no code of the engine but in its words
        if "QuotaExceeded" in words or "507 Insufficient" in words:
            raise StorageFullError("the storage is full; free some space, then try again") from error  # fmt: skip
        raise StorageUnavailableError(_words(words)) from error


def _words(said: str) -> str:
    """Return our words for what a library has said; a certificate is worth saying, for the operator alone can mend it."""
    lower = said.lower()
    if "certificate" not in lower:
        return "the bucket cannot be used now"
    trouble = "the bucket's certificate is not to be trusted"
    if "notvalidforname" in lower or "not valid for" in lower or "mismatch" in lower:
        return f"{trouble}: it is another name's; name the endpoint as the certificate does, or have it made for this one"
    if "expired" in lower or "not yet valid" in lower or "notvalidyet" in lower:
        return f"{trouble}: it is not valid now; renew it, or set the clock"
    return f"{trouble}: no authority that is known vouches for it; name yours by AWS_CA_BUNDLE=FILE"


def _store(access: BucketAccess) -> S3Store:
    config: dict[str, Any] = {"region": access.region}
    if access.endpoint:
        config["endpoint"] = access.endpoint
    if access.keys is not None:
        config["access_key_id"] = access.keys.access_key
        config["secret_access_key"] = access.keys.secret_key
        if access.keys.session_token:
            config["session_token"] = access.keys.session_token
    options: dict[str, Any] = {
        "allow_http": access.endpoint.startswith("http://"),
        "connect_timeout": "5s",
        # for each silence, not for a whole transfer
        "read_timeout": "30s",
        "timeout": "1h",
        # nobody can tell an idle connection that has died from one that lives, but by a request that waits for the whole silence
        "pool_idle_timeout": "5s",
    }
    if access.ca_bundle is not None:
        options["root_certificate"] = access.ca_bundle.read_bytes()
    return S3Store(
        access.bucket,
        config=config,  # type: ignore[arg-type] # a TypedDict made member by member
        client_options=options,  # type: ignore[arg-type] # same
        retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=20)},
    )


def _leftovers(access: BucketAccess) -> MultipartLeftovers | None:
    if access.keys is None:
        return None
    endpoint = access.endpoint or f"https://s3.{access.region}.amazonaws.com"
    address = urlsplit(endpoint)
    return MultipartLeftovers(
        lambda: connect(address.scheme, address.netloc, access.ca_bundle),
        address.netloc,
        f"{address.path.rstrip('/')}/{access.bucket}",
        access.region,
        access.keys,
    )
