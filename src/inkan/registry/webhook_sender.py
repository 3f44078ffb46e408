"""Sends one message to one webhook: signed, in one attempt, within seconds.

The signature is HMAC-SHA256 with the webhook's secret over the time, a dot, and the body: who checks both knows that the message is ours, whole, and not an old one
played again.

```text
X-Inkan-Timestamp: 1924992000
X-Inkan-Signature: sha256=<64 hexadecimal digits>
```

Source: RFC 9112 (HTTP/1.1); RFC 2104 (HMAC).
"""

import asyncio
import hmac
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inkan import __version__, limits
from inkan.errors import InkanError
from inkan.registry.webhook_target import Target
from inkan.store.records import Event, EventKind

MEDIA_TYPE = "application/vnd.docker.distribution.events.v1+json"
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        text: for people: a status, or what went wrong.
    """

    is_taken: bool
    text: str


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Sends.

    Attributes:
        host: the name that this server goes by.
        scheme: how clients reach it.
        allow_private: whether a webhook may lead into a private network.
    """

    host: str
    scheme: str
    allow_private: bool

    async def send(self, url: str, secret: str, events: Sequence[Event], now: datetime) -> Outcome:
        """Try once; a failure is an outcome, never an error."""
        try:
            async with asyncio.timeout(_SECONDS):
                status = await self._attempt(url, secret, self.envelope(events), now)
        except TimeoutError:
            return Outcome(is_taken=False, text=f"no answer within {_SECONDS} seconds")
        except (InkanError, OSError, ValueError, EOFError, asyncio.LimitOverrunError) as error:
            return Outcome(is_taken=False, text=_reason(error))
        if 300 <= status < 400:
            return Outcome(is_taken=False, text=f"{status}: it sends elsewhere, which is not followed")  # fmt: skip
        return Outcome(is_taken=200 <= status < 300, text=str(status))

    async def _attempt(self, url: str, secret: str, body: bytes, now: datetime) -> int:
        target = Target.parse(url, allow_private=self.allow_private)
        address = await target.find_address(allow_private=self.allow_private)
        return await _post(target, address, body, _signed(secret, str(int(now.timestamp())), body))

    def envelope(self, events: Sequence[Event]) -> bytes:
        """Return events in the shape of the Distribution project's notifications."""
        return json.dumps({"events": [self._event(one) for one in events]}).encode()

    def _event(self, one: Event) -> dict[str, Any]:
        target: dict[str, Any] = {
            "mediaType": one.media_type,
            "size": one.size_bytes,
            "length": one.size_bytes,
            "digest": one.digest,
            "repository": one.repository,
            "tag": one.tag,
            "url": f"{self.scheme}://{self.host}/v2/{one.repository}/manifests/{one.digest}" if one.digest else "",
        }  # fmt: skip
        tree: dict[str, Any] = {
            "id": one.event_id,
            "timestamp": one.at.isoformat(),
            "action": str(one.kind),
            "target": {name: value for name, value in target.items() if value},
            "actor": {"name": one.account},
            "source": {"addr": self.host},
            "namespace": one.namespace,
        }
        if one.note:
            tree["note"] = one.note
        return tree


def ping(event_id: str, namespace: str, account: str, now: datetime) -> Event:
    """Return the event of a test."""
    return Event(event_id, EventKind.PING, now, namespace, account, note="a test")


def _reason(error: Exception) -> str:
    """Return what went wrong, for people; nothing of it is the receiver's text."""
    match error:
        case InkanError():
            return str(error)
        case ssl.SSLError():
            return f"no verified connection: {error.reason}"
        case OSError():
            return f"no connection: {error.strerror or 'refused'}"
    return "no HTTP answer"


def _signed(secret: str, timestamp: str, body: bytes) -> list[tuple[str, str]]:
    signature = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hexdigest()
    return [("X-Inkan-Timestamp", timestamp), ("X-Inkan-Signature", f"sha256={signature}")]


async def _post(target: Target, address: str, body: bytes, more: Sequence[tuple[str, str]]) -> int:
    context = ssl.create_default_context() if target.scheme == "https" else None
    reader, writer = await asyncio.open_connection(
        address,
        target.port,
        ssl=context,
        server_hostname=target.host if context else None,
        limit=limits.WEBHOOK_ANSWER_BYTES,
    )
    fields = [
        ("Host", target.authority),
        ("User-Agent", f"inkan/{__version__}"),
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        *more,
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    try:
        writer.write(f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body)
        await writer.drain()
        line = (await reader.readuntil(b"\n")).decode("ascii").split()
        if len(line) < 2 or not line[0].startswith("HTTP/1.") or len(line[1]) != 3:
            raise ValueError("no status line")
        return int(line[1])
    finally:
        writer.transport.abort()
