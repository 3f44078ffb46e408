"""gzip for answers that shrink: metadata is base64 and hexadecimal, half of it air.

Never for blobs and manifests: their bytes are what was signed for, and Go's clients unpack behind the caller's back.

Source: RFC 9110 § 8.4.1.3, § 12.5.3.
"""

import asyncio
import gzip

from inkan.web.messages import Response

# below this a packet is a packet
_LEAST_BYTES = 1_400
# above this packing takes long enough to keep others waiting
_INLINE_BYTES = 64 * 1024
_LEVEL = 1


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether a client takes gzip.

    >>> accepts_gzip("br, gzip"), accepts_gzip("gzip;q=0"), accepts_gzip("")
    (True, False, False)
    """
    for one in accept_encoding.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def compress(response: Response, accept_encoding: str) -> None:
    """Pack an answer's body if the client takes it and it is worth it."""
    response.headers.append(("Vary", "Accept-Encoding"))
    if len(response.body) < _LEAST_BYTES or not accepts_gzip(accept_encoding):
        return
    if len(response.body) > _INLINE_BYTES:
        response.body = await asyncio.to_thread(gzip.compress, response.body, _LEVEL, mtime=0)
    else:
        response.body = gzip.compress(response.body, _LEVEL, mtime=0)
    response.headers.append(("Content-Encoding", "gzip"))
