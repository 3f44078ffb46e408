"""Who may do what, from the client's side: accounts, keys, groups, policies, the audit log."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from inkan.client.administration import Administration
from inkan.oci.reference import Namespace

_NAMESPACES = "registry:namespaces:*"
_CATALOG = "registry:catalog:*"


class People(Administration):
    """Administers who may do what in one registry."""

    def accounts(self, kind: str) -> list[dict[str, Any]]:
        """Return the accounts of a kind."""
        return list(self._ask("GET", f"/api/v1/accounts?kind={quote(kind)}")["accounts"])

    def add_account(self, name: str, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Make an account."""
        return self._ask("PUT", _account(name), tree)

    def remove_account(self, name: str) -> None:
        """Forget an account and everything it had."""
        self._ask("DELETE", _account(name))

    def set_disabled(self, name: str, *, is_disabled: bool) -> None:
        """Keep an account out from now on, or let it in again."""
        self._ask("POST", f"{_account(name)}/{'disable' if is_disabled else 'enable'}")

    def set_password(self, name: str, password: str) -> None:
        """Give a person a new password."""
        self._ask("POST", f"{_account(name)}/password", {"password": password})

    def change_password(self, old: str, new: str) -> None:
        """Change one's own password."""
        self._ask("POST", "/api/v1/password", {"old": old, "new": new}, _CATALOG)

    def api_keys(self, account: str, *, every: bool) -> list[dict[str, Any]]:
        """Return one's own keys, another account's, or all."""
        query = {"all": "true"} if every else {"account": account} if account else {}
        path = "/api/v1/api-keys" + (f"?{urlencode(query)}" if query else "")
        return list(self._ask("GET", path, None, _CATALOG)["api_keys"])

    def create_api_key(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Make a key; the answer holds it, this once."""
        return self._ask("POST", "/api/v1/api-keys", tree, _CATALOG)

    def revoke_api_key(self, key_id: str) -> None:
        """End a key."""
        self._ask("DELETE", f"/api/v1/api-keys/{quote(key_id, safe='')}", None, _CATALOG)

    def groups(self) -> list[dict[str, Any]]:
        """Return every group and who is in it."""
        return list(self._ask("GET", "/api/v1/groups")["groups"])

    def add_group(self, name: str) -> None:
        """Make a group."""
        self._ask("PUT", _group(name))

    def remove_group(self, name: str) -> None:
        """Forget a group and the roles it had."""
        self._ask("DELETE", _group(name))

    def add_members(self, name: str, accounts: Sequence[str]) -> None:
        """Put accounts into a group."""
        for account in accounts:
            self._ask("PUT", f"{_group(name)}/members/{quote(account, safe='')}")

    def remove_members(self, name: str, accounts: Sequence[str]) -> None:
        """Take accounts out of a group."""
        for account in accounts:
            self._ask("DELETE", f"{_group(name)}/members/{quote(account, safe='')}")

    def policies(self) -> list[dict[str, Any]]:
        """Return who has which role where, as far as the caller may know it."""
        return list(self._ask("GET", "/api/v1/policies", None, _CATALOG)["policies"])

    def add_policy(self, role: str, kind: str, subject: str, namespace: str) -> dict[str, Any]:
        """Give a role, in a namespace or in all."""
        return self._ask("PUT", _policy(role, kind, subject, namespace))

    def remove_policy(self, role: str, kind: str, subject: str, namespace: str) -> None:
        """Take a role away."""
        self._ask("DELETE", _policy(role, kind, subject, namespace))

    def audit_log(self, namespace: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return events, the newest first."""
        here = f"/namespaces/{Namespace.parse(namespace)}" if namespace else ""
        path = f"/api/v1{here}/audit-log?{urlencode(query)}"
        return list(self._ask("GET", path)["events"])

    def trusted_issuers(self) -> list[dict[str, Any]]:
        """Return whose word is taken for builds."""
        return list(self._ask("GET", "/api/v1/trusted-issuers")["trusted_issuers"])

    def put_trusted_issuer(self, name: str, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Take an issuer's word from now on."""
        return self._ask("PUT", f"/api/v1/trusted-issuers/{quote(name, safe='')}", tree)

    def remove_trusted_issuer(self, name: str) -> None:
        """Take an issuer's word no longer."""
        self._ask("DELETE", f"/api/v1/trusted-issuers/{quote(name, safe='')}")

    def set_visibility(self, name: str, visibility: str) -> None:
        """Let anybody pull from a namespace, or no longer."""
        self._ask("PUT", f"/api/v1/namespaces/{Namespace.parse(name)}/visibility/{visibility}")

    def _ask(
        self,
        method: str,
        path: str,
        tree: Mapping[str, Any] | None = None,
        scope: str = _NAMESPACES,
    ) -> dict[str, Any]:
        answer = self._session.call(
            method,
            path,
            scope,
            body=b"" if tree is None else json.dumps(tree).encode(),
            headers={} if tree is None else {"Content-Type": "application/json"},
        )
        return dict(answer.tree()) if answer.body else {}


def _account(name: str) -> str:
    return f"/api/v1/accounts/{quote(name, safe='')}"


def _group(name: str) -> str:
    return f"/api/v1/groups/{quote(name, safe='')}"


def _policy(role: str, kind: str, subject: str, namespace: str) -> str:
    here = f"/namespaces/{Namespace.parse(namespace)}" if namespace else ""
    return f"/api/v1{here}/policies/{role}/{kind}/{quote(subject, safe='')}"
