"""What on this machine silently runs unverified, or soon will; and for each what to do.

Each check looks at one thing and says nothing where it is well. None of them changes anything.

Source: docker CLI 29.0.0 release notes; spec § 7.9 and findings 11, 15 of the reference run.
"""

import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from inkan import limits
from inkan.client.environment import docker_folder, variable
from inkan.errors import CertificateInvalidError, InvalidError, JsonInvalidError, UntrustedError
from inkan.strict_json import parse as parse_json
from inkan.tuf.certificates import RootCertificate
from inkan.tuf.metadata import parse_root
from inkan.tuf.roles import ROOT

# Go's ParseBool: what docker takes for "off"
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})
_PROFILES = (
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".zprofile",
    ".config/fish/config.fish",
)
_SOON = timedelta(days=180)
_NO_TRUST = 29


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not well.

    Attributes:
        is_serious: whether images run unverified because of it.
    """

    what: str
    remedy: str
    is_serious: bool = False


def examine(now: datetime) -> list[Finding]:
    """Return everything that is not well here."""
    checks: Iterable[Callable[[], Iterator[Finding]]] = (
        _docker,
        _variables,
        _profiles,
        _credentials,
        _keys,
        lambda: _roots(now),
    )
    return [finding for check in checks for finding in check()]


def _docker() -> Iterator[Finding]:
    program = shutil.which("docker")
    if program is None:
        return
    try:
        said = subprocess.run(  # noqa: S603 - the person's own docker
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
        major = int(said.split("version ")[1].split(".")[0])
    except (OSError, subprocess.TimeoutExpired, LookupError, ValueError):
        yield Finding(
            f"{program} does not say its version", "look whether it is Docker's command line"
        )
        return
    if major >= _NO_TRUST:
        yield Finding(
            f"Docker {major} ignores DOCKER_CONTENT_TRUST without a word: docker pull and docker run take whatever a tag names",
            "pull with: inkan pull; get docker trust back with: inkan plugin install",
            is_serious=True,
        )


def _variables() -> Iterator[Finding]:
    if variable("DOCKER_CONTENT_TRUST") in _OFF:
        yield Finding(
            "DOCKER_CONTENT_TRUST is off: docker verifies nothing in this shell",
            'turn it on with: eval "$(inkan env)"',
            is_serious=True,
        )
    server = variable("DOCKER_CONTENT_TRUST_SERVER")
    if server.startswith("http://"):
        yield Finding(
            "DOCKER_CONTENT_TRUST_SERVER is no https address, which docker refuses",
            "write it with https://",
        )
    if server.endswith("/"):
        yield Finding(
            "DOCKER_CONTENT_TRUST_SERVER ends in a slash: with servers other than Inkan, docker quietly falls back to its cache",
            "remove the slash",
        )


def _profiles() -> Iterator[Finding]:
    for name in _PROFILES:
        path = Path.home() / name
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            text = line.split("#")[0]
            if (
                "DOCKER_CONTENT_TRUST=0" in text.replace(" ", "")
                or "--disable-content-trust" in text
            ):
                yield Finding(
                    f"{path}:{number} turns content trust off", "remove that line", is_serious=True
                )


def _credentials() -> Iterator[Finding]:
    path = docker_folder() / "config.json"
    try:
        tree = parse_json(path.read_bytes(), limit_bytes=limits.MIB)
    except FileNotFoundError:
        return
    except (OSError, JsonInvalidError):
        yield Finding(f"{path} cannot be read", "mend it, or log in again")
        return
    entries = tree.get("auths") if isinstance(tree, dict) else None
    plain = [
        host for host, one in (entries or {}).items() if isinstance(one, dict) and one.get("auth")
    ]
    if plain and not tree.get("credsStore"):
        yield Finding(
            f"{path} holds passwords that are only encoded: {', '.join(plain[:5])}",
            "name a credential helper in it: https://docs.docker.com/go/credential-store",
        )
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(f"{path} can be read by others", f"chmod 600 {path}")


def _keys() -> Iterator[Finding]:
    folder = docker_folder() / "trust" / "private"
    if not folder.is_dir():
        return
    for path in (folder, *sorted(folder.glob("*.key"))):
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mode = "700" if path.is_dir() else "600"
            yield Finding(f"{path} can be read or changed by others", f"chmod {mode} {path}")


def _roots(now: datetime) -> Iterator[Finding]:
    trust = docker_folder() / "trust" / "tuf"
    for path in sorted(trust.rglob("metadata/root.json")):
        gun = str(path.parent.parent.relative_to(trust))
        try:
            root = parse_root(path.read_bytes())
            keys = root.role_keys(ROOT).keys
            ends = [root.expires, *(RootCertificate.parse(key.public).not_after for key in keys)]
        except (InvalidError, UntrustedError, CertificateInvalidError) as error:
            yield Finding(
                f"what is known of {gun} is damaged: {error}",
                f"inkan trust forget {gun}",
                is_serious=True,
            )
            continue
        if min(ends) < now + _SOON:
            state = "has ended" if min(ends) <= now else f"ends on {min(ends):%Y-%m-%d}"
            yield Finding(
                f"the root of {gun} {state}",
                f"its owner gives it a new key: inkan trust key rotate {gun} root",
            )
