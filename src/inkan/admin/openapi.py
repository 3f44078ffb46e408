"""The OpenAPI document of the management API, made from its route table: it cannot name a path that is not served, nor miss one that is.

```text
GET    /api/v1/openapi.json
```

Source: OpenAPI 3.1.0.
"""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from inkan import __version__
from inkan.admin.answers import json_answer
from inkan.admin.descriptions import DESCRIPTIONS, NAME, TEXT, Description, Schema, answer, some
from inkan.web.demand import LOGIN, Resource
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_PATH = "/api/v1/openapi.json"
_ERRORS = answer(errors=some(answer(code=TEXT, message=TEXT)))
_REFUSALS = {
    "400": "The request can never work as sent.",
    "401": "A credential would help, or the one that came is wrong.",
    "403": "The caller may not.",
    "404": "It is not here.",
    "405": "The path is there, but not with that method.",
    "409": "It clashes with what is there.",
    "413": "The body is larger than anything this path takes.",
    "429": "Wait, then try again.",
    "503": "It could not be done now; try later.",
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of some routes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        # a repository's name has slashes, for which a template of OpenAPI has no word
        path = route.template.replace("+}", "}")
        for method in route.methods:
            paths.setdefault(path, {})[method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Inkan management API",
            "version": __version__,
            "description": "Namespaces, images, people and trust data of one registry.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {"Errors": _ERRORS},
        },
        "security": [{"basic": []}, {"bearer": []}],
    }


def openapi_route(routes: Iterable[Route]) -> Route:
    """Return the row that serves the document of some routes, and of itself."""

    async def show(_request: Request) -> Response:
        """Return the OpenAPI document."""
        return json_answer(200, shown)

    route = Route("openapi", ("GET",), _PATH, show, LOGIN, 0, CachePolicy.NEVER)
    shown = document((*routes, route))
    return route


def _operation(route: Route) -> dict[str, Any]:
    known = DESCRIPTIONS.get(route.operation, Description())
    sentence = (inspect.getdoc(route.handler) or route.operation).splitlines()[0]
    tree: dict[str, Any] = {
        "operationId": route.operation,
        "summary": sentence,
        "parameters": [*_in_path(route), *_in_query(known)],
        "responses": _responses(route, known),
    }
    if known.body is not None:
        tree["requestBody"] = {"required": True, "content": _json(known.body)}
    if route.requires.resource is Resource.OPEN:
        tree["security"] = []
    return tree


def _in_path(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": NAME if name == "namespace" else {"type": "string", "minLength": 1},
        }
        for name in route.pattern.groupindex
    ]


def _in_query(known: Description) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": name in known.needs, "schema": schema}
        for name, schema in known.query.items()
    ]


def _responses(route: Route, known: Description) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    if known.answer is not None:
        done["content"] = _json(known.answer)
    status = "2XX" if route.operation not in DESCRIPTIONS else str(known.status)
    refused = {"$ref": "#/components/schemas/Errors"}
    return {
        status: done,
        **{
            code: {"description": meaning, "content": _json(refused)}
            for code, meaning in _REFUSALS.items()
        },
    }


def _json(schema: Schema) -> Mapping[str, Any]:
    return {"application/json": {"schema": schema}}
