"""Answers of the management API."""

import json
from typing import Any

from inkan.web.messages import Response


def json_answer(status: int, tree: dict[str, Any]) -> Response:
    """Return a JSON document as an answer."""
    return Response(status, [("Content-Type", "application/json")], json.dumps(tree).encode())
