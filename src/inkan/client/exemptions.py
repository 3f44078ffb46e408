"""What scanners are to leave out, from the client's side."""

import json
from typing import Any
from urllib.parse import quote

from inkan.client.administration import Administration

_NAMESPACES = "registry:namespaces:*"
_CATALOG = "registry:catalog:*"
_JSON = {"Content-Type": "application/json"}
ISSUE_TYPES = {
    "cve": "A vulnerability, by its CVE ID.",
    "sn": "A security notice of a distribution, by its ID.",
    "configuration": "A configuration issue, by a scanner's name for it.",
}
"""What an exemption can be about, by the word for it."""


class Exempting(Administration):
    """Keeps one registry's exemptions."""

    def exemptions(self, namespace: str) -> list[dict[str, Any]]:
        """Return the exemptions that hold in a namespace; all where it is empty."""
        query = f"?namespace={quote(namespace)}" if namespace else ""
        answer = self._session.call("GET", f"/api/v1/exemptions{query}", _CATALOG)
        return list(answer.tree()["exemptions"])

    def exempt(self, scope: str, issue_type: str, issue_id: str) -> dict[str, Any]:
        """Let an issue not count for some images; return the exemption."""
        tree = {"scope": scope, "issue_type": issue_type, "issue_id": issue_id}
        body = json.dumps(tree).encode()
        path = f"/api/v1/exemptions{_within(scope)}"
        return dict(self._session.call("POST", path, _NAMESPACES, body=body, headers=_JSON).tree())

    def exempt_no_more(self, scope: str, issue_type: str, issue_id: str) -> None:
        """Let an issue count again.

        Raises:
            ExemptionUnknownError: if there is no such exemption.
        """
        tree = {"scope": scope, "issue_type": issue_type, "issue_id": issue_id}
        body = json.dumps(tree).encode()
        path = f"/api/v1/exemptions/remove{_within(scope)}"
        self._session.call("POST", path, _NAMESPACES, body=body, headers=_JSON)


def _within(scope: str) -> str:
    """Return the query that says where, for whoever manages one namespace."""
    return "" if scope == "*" else f"?namespace={quote(scope.partition('/')[0], safe='')}"
