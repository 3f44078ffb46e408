"""What becomes of images, from the client's side: the trash, immutable tags, retention, quotas, webhooks."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from inkan.client.administration import Administration
from inkan.oci.reference import Namespace, Reference

_NAMESPACES = "registry:namespaces:*"
_CATALOG = "registry:catalog:*"


class Lifecycle(Administration):
    """Administers what becomes of one registry's images."""

    def trash(self, namespace: str) -> list[dict[str, Any]]:
        """Return what can be had back of a namespace; of all where it is empty."""
        query = f"?namespace={quote(namespace)}" if namespace else ""
        return list(self._session.call("GET", f"/api/v1/trash{query}", _CATALOG).tree()["trash"])

    def restore(self, image: Reference) -> dict[str, Any]:
        """Have a deleted image back, by its tag, which is `latest` where none is said, or by its digest.

        Raises:
            TrashUnknownError: if it is not in the trash.
        """
        reference = str(image.digest or image.tag or "latest")
        path = f"/api/v1/trash/{image.repository}/restore?reference={quote(reference)}"
        scope = f"repository:{image.repository}:pull,push"
        return dict(self._session.call("POST", path, scope).tree())

    def immutable_tags(self) -> list[dict[str, Any]]:
        """Return the patterns of every namespace that has some."""
        answer = self._session.call("GET", "/api/v1/immutable-tags", _CATALOG)
        return list(answer.tree()["immutable_tags"])

    def set_immutable_tags(self, namespace: str, patterns: Sequence[str]) -> dict[str, Any]:
        """Let these be the patterns of a namespace, and no others."""
        path = f"/api/v1/immutable-tags/{Namespace.parse(namespace)}"
        return self._send("PUT", path, {"patterns": list(patterns)})

    def retention_policies(self) -> list[dict[str, Any]]:
        """Return the policy of every namespace."""
        answer = self._session.call("GET", "/api/v1/retentions", _CATALOG)
        return list(answer.tree()["retentions"])

    def analyze_retention(self, policy: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the images that a policy would let go."""
        return list(
            self._send("POST", f"/api/v1/retentions/analyze{_within(policy)}", policy)["images"]
        )

    def set_retention_policy(self, policy: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Set a policy; return the images that it let go at once."""
        return list(self._send("POST", f"/api/v1/retentions{_within(policy)}", policy)["images"])

    def run_retention(self, policy: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Carry out a policy this once; return the images that went."""
        return list(
            self._send("POST", f"/api/v1/retentions/run{_within(policy)}", policy)["images"]
        )

    def quota(self, namespace: str) -> dict[str, Any]:
        """Return the quota of a namespace, or of the whole registry where it is empty, and how much is used."""
        query = f"?namespace={quote(namespace)}" if namespace else ""
        return dict(self._session.call("GET", f"/api/v1/quotas{query}", _CATALOG).tree())

    def set_quota(
        self, namespace: str, *, storage: int | None, traffic: int | None
    ) -> dict[str, Any]:
        """Change a quota, in megabytes; -1 is no limit, and nothing leaves it as it is."""
        query = f"?namespace={quote(namespace)}" if namespace else ""
        wanted = {"storage_megabytes": storage, "traffic_megabytes": traffic}
        tree = {name: count for name, count in wanted.items() if count is not None}
        return self._send("PATCH", f"/api/v1/quotas{query}", tree)

    def webhooks(self, namespace: str) -> list[dict[str, Any]]:
        """Return the webhooks of a namespace; every one where it is empty."""
        path = f"/api/v1/webhooks{_within({'namespace': namespace})}"
        answer = self._session.call("GET", path, _NAMESPACES)
        return list(answer.tree()["webhooks"])

    def add_webhook(self, url: str, events: Sequence[str], namespace: str) -> dict[str, Any]:
        """Have a web server told what happens in a namespace, or in all; return the webhook with its secret."""
        tree = {"url": url, "events": list(events), "namespace": namespace}
        return self._send("POST", f"/api/v1/webhooks{_within(tree)}", tree)

    def remove_webhook(self, webhook_id: str, namespace: str) -> None:
        """Tell a webhook nothing any more.

        Raises:
            WebhookUnknownError: if there is none such.
        """
        within = _within({"namespace": namespace})
        path = f"/api/v1/webhooks/{quote(webhook_id, safe='')}{within}"
        self._session.call("DELETE", path, _NAMESPACES)

    def test_webhook(self, webhook_id: str, namespace: str) -> dict[str, Any]:
        """Have a ping sent to a webhook; return what came of it."""
        within = _within({"namespace": namespace})
        path = f"/api/v1/webhooks/{quote(webhook_id, safe='')}/test{within}"
        return dict(self._session.call("POST", path, _NAMESPACES).tree())

    def _send(self, method: str, path: str, tree: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._session.call(
            method,
            path,
            _NAMESPACES,
            body=json.dumps(tree).encode(),
            headers={"Content-Type": "application/json"},
        )
        return dict(answer.tree())


def _within(tree: Mapping[str, Any]) -> str:
    """Return the query that says where a request is about: who manages one namespace is admitted by it."""
    return f"?namespace={quote(tree['namespace'])}" if tree["namespace"] else ""
