"""The ASGI edge: every request comes in here and every answer, also of a failure, goes out here.

In order: a request ID, the path, the row, the caller's right, the body's cap, the handler; then the cache policy, one line in
the access log, one observation in the metrics. What a handler raises is rendered by its face; what nobody foresaw is logged with
its trace and answered without it.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from inkan import limits
from inkan.errors import InkanError, RouteUnknownError, UnavailableError
from inkan.web.access_log import AccessLog
from inkan.web.answer_memory import AnswerMemory, Asked, KeptAnswer, mark_in
from inkan.web.auditing import Auditor
from inkan.web.authority import Authority
from inkan.web.messages import (
    SEND_FILE,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    decode_path,
)
from inkan.web.metrics import Metrics
from inkan.web.routing import Face, Match, RouteTable

logger = logging.getLogger(__name__)
# a store that was away is used again within seconds of its return
_RETRY_AFTER_SECONDS = "5"

Count = Callable[[Asked, int], None]
"""Takes what was asked and how many bytes the answer's body has, for every success that goes out."""


@dataclass(frozen=True, slots=True)
class Observers:
    """Who is told of requests.

    Attributes:
        metrics: takes one observation for each request.
        access_log: takes one line for each request.
        count: takes one note for each success.
        auditor: is told of each request before its caller hears of it.
    """

    metrics: Metrics
    access_log: AccessLog
    count: Count
    auditor: Auditor


class Application:
    """An ASGI application over the route tables of its faces.

    Args:
        faces: in the order in which their rows are tried; the last one answers for paths that nobody claims.
        authority: decides who may.
        memory: keeps what may be answered again; ours alone, since the same head means something else to another application.
        observers: are told of each request.
    """

    def __init__(
        self,
        faces: Iterable[Face],
        authority: Authority,
        memory: AnswerMemory,
        observers: Observers,
    ) -> None:
        self.memory = memory
        memory.note = self._note_repeat
        self._table = RouteTable(faces)
        self._authority = authority
        self._metrics = observers.metrics
        self._access_log = observers.access_log
        self._count = observers.count
        self._auditor = observers.auditor

    @property
    def table(self) -> RouteTable:
        """The route table, for tests that walk it."""
        return self._table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            message = f"only HTTP is served, not {scope['type']}"
            raise RuntimeError(message)
        began = time.perf_counter()
        request = Request(scope, receive, scope["path"], secrets.token_hex(8))
        match: Match | None = None
        # before anything is read: what changes meanwhile makes the answer too old to keep
        generation = self.memory.generation()
        try:
            request.path = decode_path(scope["raw_path"])
            match = self._table.find(request.method, request.path)
            response = await self._answer(request, match)
        except InkanError as error:
            response = self._render(request, match, error)
        except Exception as error:  # noqa: BLE001 - logged by _render, as the cause
            failure = UnavailableError("the server failed; its log has the cause")
            failure.__cause__ = error
            response = self._render(request, match, failure)
        if match is not None:
            response = await self._audited(request, match, response)
        asked = _asked(request, match)
        self._complete(request, match, response)
        if match is not None and match.route.is_repeatable and generation is not None:
            self._keep(request, asked, response, generation)
        await self._send(request, asked, response, send, began)

    async def _answer(self, request: Request, match: Match | None) -> Response:
        if match is None:
            raise RouteUnknownError(request.path)
        request.params = match.params
        request.body_cap_bytes = match.route.body_cap_bytes
        # rights before the body: a stranger does not get to make us read
        demand = match.route.requires.demand(match.params, request.query("namespace") or "")
        request.caller = await self._authority.admit(request, demand)
        request.require_body_within_cap()
        response = await match.route.handler(request)
        if not any(name == "Cache-Control" for name, _ in response.headers):
            response.headers.append(("Cache-Control", match.route.cache.value))
        return response

    async def _audited(self, request: Request, match: Match, response: Response) -> Response:
        try:
            await self._auditor.finished(request, match.route.operation, response.status)
        except InkanError as error:
            return self._render(request, match, error)
        return response

    def _render(self, request: Request, match: Match | None, error: InkanError) -> Response:
        face = match.face if match else self._table.face_of(request.path)
        response = face.render(error, request)
        response.headers.append(("Cache-Control", "no-store"))
        if response.status == 503:
            response.headers.append(("Retry-After", _RETRY_AFTER_SECONDS))
        if response.status >= 500:
            logger.error(
                "request failed",
                extra={"request": request.request_id, "error": type(error).__name__},
                exc_info=error,
            )
        return response

    def _complete(self, request: Request, match: Match | None, response: Response) -> None:
        face = match.face if match else self._table.face_of(request.path)
        response.headers.extend(face.headers)
        response.headers.append(("X-Content-Type-Options", "nosniff"))
        # HTTP/2 has no such field, and ends a stream without its connection
        is_http_1 = request.scope["http_version"].startswith("1")
        if is_http_1 and request.leaves_more_than(limits.REFUSED_BODY_BYTES):
            response.headers.append(("Connection", "close"))

    def _keep(self, request: Request, asked: Asked, response: Response, generation: int) -> None:
        mark, until = mark_in(request.scope), request.good_until
        if mark and until and response.stream is None and response.status in (200, 304):
            self.memory.keep(mark, asked, response, generation, until)

    async def _send(
        self, request: Request, asked: Asked, response: Response, send: Send, began: float
    ) -> None:
        response.headers.append(("X-Request-Id", request.request_id))
        try:
            send_file = request.scope.get(SEND_FILE)
            await response.send(send, head=request.method == "HEAD", send_file=send_file)
        finally:
            seconds = time.perf_counter() - began
            if response.status in (200, 206):
                length = response.length_bytes
                self._count(asked, len(response.body) if length is None else length)
            self._metrics.observe(asked.operation, asked.method, response.status, seconds)
            self._access_log.write(
                asked, request.request_id, request.client_address, response.status, seconds
            )

    def _note_repeat(
        self, answer: KeptAnswer, request_id: str, client_address: str, seconds: float
    ) -> None:
        asked = answer.asked
        self._metrics.observe(asked.operation, asked.method, answer.status, seconds)
        self._access_log.write(asked, request_id, client_address, answer.status, seconds)
        self._count(asked, len(answer.body))


def _asked(request: Request, match: Match | None) -> Asked:
    operation = match.route.operation if match else "unknown"
    return Asked(
        operation, request.method, request.path, request.caller.account, request.client_address
    )
