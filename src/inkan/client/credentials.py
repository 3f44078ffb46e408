"""Credentials where docker keeps them: `config.json`, or the helper program that it names.

A helper gets the secret on its standard input, never as an argument.

Source: docker CLI, `docker login` § Credential stores and helpers.
"""

import base64
import binascii
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inkan import strict_json
from inkan.client.environment import docker_folder, variable
from inkan.client.private_file import write_private
from inkan.errors import (
    AuthenticationRequiredError,
    JsonInvalidError,
    SettingInvalidError,
    UnavailableError,
)
from inkan.limits import MIB

_HELPER_SECONDS = 60
# the name under which docker's helpers keep an identity token
IDENTITY_TOKEN = "<token>"  # noqa: S105 - a user name
# and the one that our server knows one by
REFRESH_NAME = "iamrefresh"


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and a password, which does not show."""

    username: str
    password: str = field(repr=False)

    @property
    def is_identity_token(self) -> bool:
        """Whether it is the refresh token that docker keeps after a log-in, instead of a password."""
        return self.username == IDENTITY_TOKEN


def find(host: str) -> Credential:
    """Return the credential for a registry: from the environment, else from docker's configuration.

    Raises:
        AuthenticationRequiredError: if there is none.
        SettingInvalidError: if docker's configuration cannot be read.
        UnavailableError: if a credential helper fails.
    """
    if variable("INKAN_USERNAME") and variable("INKAN_PASSWORD"):
        return Credential(variable("INKAN_USERNAME"), variable("INKAN_PASSWORD"))
    found = find_kept(host)
    if found is None:
        raise AuthenticationRequiredError
    return found


def find_kept(host: str) -> Credential | None:
    """Return the credential for a registry in docker's configuration.

    Raises:
        SettingInvalidError: if docker's configuration cannot be read.
        UnavailableError: if a credential helper fails.
    """
    config = _config()
    helper = _helper(config, host)
    return _from_helper(helper, host) if helper else _from_config(config, host)


def store(host: str, credential: Credential) -> None:
    """Keep the credential for a registry where docker looks for it.

    Raises:
        SettingInvalidError: if docker's configuration cannot be read.
        UnavailableError: if a credential helper fails or the file cannot be written.
    """
    config = _config()
    auths = config.setdefault("auths", {})
    if helper := _helper(config, host):
        secret = {"ServerURL": host, "Username": credential.username, "Secret": credential.password}
        _run(helper, "store", json.dumps(secret))
        auths[host] = {}
    else:
        auths[host] = entry_of(credential)
    write_private(docker_folder() / "config.json", json.dumps(config, indent="\t").encode() + b"\n")


def forget(host: str) -> bool:
    """Forget the credential for a registry; return whether there was one.

    Raises:
        SettingInvalidError: if docker's configuration cannot be read.
        UnavailableError: if a credential helper fails or the file cannot be written.
    """
    config = _config()
    helper = _helper(config, host)
    found = _from_helper(helper, host) if helper else None
    if found is not None:
        _run(helper, "erase", host)
    was_listed = config.get("auths", {}).pop(host, None) is not None
    if was_listed:
        content = json.dumps(config, indent="\t").encode() + b"\n"
        write_private(docker_folder() / "config.json", content)
    return was_listed or found is not None


def _config() -> dict[str, Any]:
    path = docker_folder() / "config.json"
    try:
        tree = strict_json.parse(path.read_bytes(), limit_bytes=MIB)
    except FileNotFoundError:
        return {}
    except (OSError, JsonInvalidError) as error:
        raise SettingInvalidError(f"{path} cannot be used: {error}") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("auths", {}), dict):
        raise SettingInvalidError(f"{path} is not a docker configuration")
    return tree


def _helper(config: Mapping[str, Any], host: str) -> str:
    helpers = config.get("credHelpers")
    chosen = helpers.get(host) if isinstance(helpers, dict) else None
    return str(chosen or config.get("credsStore") or "")


def _from_config(config: Mapping[str, Any], host: str) -> Credential | None:
    return entry_credential(config.get("auths", {}).get(host), host)


def entry_of(credential: Credential) -> dict[str, str]:
    """Return a credential as an entry of docker's file, or of podman's, which is the same."""
    if credential.is_identity_token:
        # as docker writes it, with a name and no password: podman 4 and skopeo 1.9 pass over an entry that has the token alone
        return {"auth": basic_pair(REFRESH_NAME, ""), "identitytoken": credential.password}
    return {"auth": basic_pair(credential.username, credential.password)}


def basic_pair(username: str, password: str) -> str:
    """Return a name and a password as one word (RFC 7617 § 2)."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def entry_credential(entry: object, host: str) -> Credential | None:
    """Return the credential in an entry of docker's file, or of podman's, which is the same.

    Raises:
        SettingInvalidError: if it cannot be read.
    """
    if isinstance(entry, dict) and isinstance(token := entry.get("identitytoken"), str) and token:
        return Credential(IDENTITY_TOKEN, token)
    if not isinstance(entry, dict) or not isinstance(entry.get("auth"), str):
        return None
    try:
        username, colon, password = (
            base64.b64decode(entry["auth"], validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError) as error:
        raise SettingInvalidError(
            f"the credential for {host} cannot be read; log in again"
        ) from error
    return Credential(username, password) if colon else None


def _from_helper(helper: str, host: str) -> Credential | None:
    answer = _run(helper, "get", host, missing_is_none=True)
    if answer is None:
        return None
    try:
        tree = strict_json.parse(answer, limit_bytes=MIB)
        return Credential(str(tree["Username"]), str(tree["Secret"]))
    except (JsonInvalidError, KeyError, TypeError) as error:
        raise UnavailableError(f"the credential helper {helper} gave no credential") from error


def _run(helper: str, verb: str, text: str, *, missing_is_none: bool = False) -> bytes | None:
    program = shutil.which(f"docker-credential-{helper}")
    if program is None:
        raise UnavailableError(
            f"docker-credential-{helper}, which docker's configuration names, is not installed"
        )
    try:
        ended = subprocess.run(  # noqa: S603 - the program that the person's docker runs too
            [program, verb],
            input=text.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"the credential helper {helper} did not answer") from error
    if ended.returncode == 0:
        return ended.stdout
    if missing_is_none:
        return None
    raise UnavailableError(f"the credential helper {helper} failed to {verb} the credential")
