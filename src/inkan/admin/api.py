"""The management API's face. Its rows come from one file for each noun: `namespace_api`, `image_api`, `trust_api` and so on."""

import re
from collections.abc import Iterable

from inkan.admin.openapi import openapi_route
from inkan.admin.problems import AdminProblems
from inkan.web.authority import Authority
from inkan.web.routing import Face, Route


def admin_face(routes: Iterable[Route], authority: Authority) -> Face:
    """Return the management API's face, with the document that describes it."""
    rows = tuple(routes)
    return Face(
        name="admin",
        routes=(*rows, openapi_route(rows)),
        render=AdminProblems(authority),
        claims=re.compile(r"/api/"),
    )
