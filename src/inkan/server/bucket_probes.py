"""Probes of a bucket."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta

from inkan.errors import InkanError
from inkan.server.probing import NotReliedOn, NotSoError, Probe, require
from inkan.store.bucket import PART_BYTES, Bucket
from inkan.store.layout import BLOB_OBJECTS, new_object_key


class BucketProbes:
    """Probes of a bucket; what they write is gone afterwards."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._content = secrets.token_bytes(PART_BYTES + 4096)

    def all(self) -> Mapping[str, Probe]:
        """Return every probe by its name."""
        return {
            "objects": self.whole,
            "parts": self.streamed,
            "cut uploads": self.cut,
            "signatures": self.linked,
            "lists": self.listed,
            "conditional writes": self.conditional,
        }

    async def whole(self) -> str:
        """Probe objects that are written in one request."""
        key = new_object_key()
        await self._bucket.put(key, self._content[:1000])
        try:
            require(await self._bucket.find_size(key) == 1000, "an object's size is not what was written")  # fmt: skip
            require(
                await _read(self._bucket.read(key, 0, 1000)) == self._content[:1000],
                "bytes are others",
            )
            require(
                await _read(self._bucket.read(key, 10, 20)) == self._content[10:20],
                "a range is another",
            )
        finally:
            await self._bucket.delete(key)
        require(await self._bucket.find_size(key) is None, "a deleted object is there")
        await self._bucket.delete(key)
        return "objects are written, read whole and in ranges, and deleted, also twice"

    async def streamed(self) -> str:
        """Probe objects that are written in parts."""

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(self._content), 500_000):
                yield self._content[start : start + 500_000]

        key = new_object_key()
        await self._bucket.put_stream(key, pieces())
        try:
            require(
                await _read(self._bucket.read(key, 0, len(self._content))) == self._content,
                "bytes are others",
            )
        finally:
            await self._bucket.delete(key)
        return "an object of a length that nobody knew is put together from parts"

    async def cut(self) -> str:
        """Probe that an upload that ends early leaves no object."""

        async def pieces() -> AsyncIterator[bytes]:
            yield self._content
            raise InkanError("cut")

        key = new_object_key()
        with suppress(InkanError):
            await self._bucket.put_stream(key, pieces())
        require(await self._bucket.find_size(key) is None, "an object that was cut is there")
        await self._bucket.delete(key)
        return "an object that was cut is not there"

    async def linked(self) -> str:
        """Probe that signatures are looked at."""
        key = new_object_key()
        await self._bucket.put(key, b"linked")
        try:
            link = await self._bucket.link(key, timedelta(minutes=5))
            require(await self._bucket.status_of(link) == 200, "a signed address does not open it")  # fmt: skip
            for wrong in (link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"), link.partition("?")[0]):  # fmt: skip
                if await self._bucket.status_of(wrong) == 200:
                    raise NotSoError("an address that nobody signed opens it: the bucket is open to strangers")  # fmt: skip
        finally:
            await self._bucket.delete(key)
        return "a signed address opens one object, an altered or bare one none"

    async def listed(self) -> str:
        """Say whether lists are up to date."""
        key = new_object_key()
        await self._bucket.put(key, b"listed")
        try:
            there = [name async for name in self._bucket.names(f"{BLOB_OBJECTS}/{key[:2]}")]
        finally:
            await self._bucket.delete(key)
        return "a list names what was just written" if key[3:] in there else NotReliedOn("a list lags behind")  # fmt: skip

    async def conditional(self) -> str:
        """Say what is made of conditions."""
        return NotReliedOn(await self._bucket.describe_conditions(new_object_key()))


async def _read(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])
