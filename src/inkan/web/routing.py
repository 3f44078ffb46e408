"""The route table: one row says who may, how large, how cached, and which method of which class answers.

A template is literal text with parameters: `{digest}` takes one path segment, `{name+}` one or more. The longest match of the
first multi-segment parameter wins, so that a repository may be called `blobs/manifests`: words are matched from the right.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inkan.errors import InkanError, MethodUnsupportedError
from inkan.web.demand import Requirement
from inkan.web.messages import Request, Response

Handler = Callable[[Request], Awaitable[Response]]


class CachePolicy(StrEnum):
    """What caches may do with an answer. `private`: answers depend on who asks, so no shared cache may keep one."""

    NEVER = "no-store"
    REVALIDATE = "private, no-cache"
    IMMUTABLE = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Route:
    """One row of a route table.

    Attributes:
        operation: the row's name in metrics and logs.
        methods: the methods it answers.
        template: its path.
        handler: what answers.
        requires: what the caller must be allowed.
        body_cap_bytes: the largest body it reads; 0 where it reads none.
        cache: the `Cache-Control` of its successes.
        is_repeatable: whether its answers depend on nothing but the request's head, the facts, and the clock.
    """

    operation: str
    methods: tuple[str, ...]
    template: str
    handler: Handler
    requires: Requirement
    body_cap_bytes: int
    cache: CachePolicy
    is_repeatable: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", _compiled(self.template))


ErrorRenderer = Callable[[InkanError, Request], Response]
"""Turns an error into a face's answer."""


@dataclass(frozen=True, slots=True)
class Face:
    """One API: its rows, how it words errors, and which unmatched paths are its to refuse."""

    name: str
    routes: tuple[Route, ...]
    render: ErrorRenderer
    claims: re.Pattern[str]
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A row, its face, and the parameters of a path."""

    face: Face
    route: Route
    params: dict[str, str]


class RouteTable:
    """Finds the row for a method and a path."""

    def __init__(self, faces: Iterable[Face]) -> None:
        self.faces = tuple(faces)
        by_method: dict[str, list[tuple[Face, Route]]] = {}
        for face in self.faces:
            for route in face.routes:
                for method in route.methods:
                    by_method.setdefault(method, []).append((face, route))
        self._by_method: Mapping[str, list[tuple[Face, Route]]] = by_method

    def find(self, method: str, path: str) -> Match | None:
        """Return the row for a method and a path, or nothing.

        Raises:
            MethodUnsupportedError: if the path has rows, but none for the method.
        """
        for face, route in self._by_method.get(method, ()):
            if match := route.pattern.fullmatch(path):
                return Match(face, route, match.groupdict())
        others = {
            other
            for other, rows in self._by_method.items()
            for _, route in rows
            if route.pattern.fullmatch(path)
        }
        if others:
            raise MethodUnsupportedError(method, others)
        return None

    def face_of(self, path: str) -> Face:
        """Return the face that answers for `path`, whether or not it has a row there."""
        return next((face for face in self.faces if face.claims.match(path)), self.faces[-1])


def _compiled(template: str) -> re.Pattern[str]:
    pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
    pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", pattern)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))
