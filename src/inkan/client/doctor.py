"""What on this machine silently runs unverified, or soon will; and for each what to do.

Each check looks at one thing and says nothing where it is well. None of them changes anything.

Source: docker CLI 29.0.0 release notes; spec § 7.9 and findings 11, 15 of the reference run.
"""

import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from inkan import limits
from inkan.client import targets
from inkan.client.environment import config_file, docker_folder, variable
from inkan.client.session import Expect, Session
from inkan.errors import (
    CertificateInvalidError,
    InkanError,
    InvalidError,
    JsonInvalidError,
    UntrustedError,
)
from inkan.strict_json import parse as parse_json
from inkan.tuf.certificates import RootCertificate, bundle_certificates
from inkan.tuf.changes import ROOT_LIFETIME, TARGETS_LIFETIME
from inkan.tuf.metadata import parse_root, parse_targets
from inkan.tuf.roles import ROOT, RoleName

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
# what runs in build services, from a project's root
_PIPELINES = (
    ".gitlab-ci.yml",
    ".github/workflows/*.y*ml",
    ".circleci/config.yml",
    ".travis.yml",
    ".drone.yml",
    ".tekton/*.y*ml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
    "Makefile",
)
_OFF_LINE = re.compile(
    r"""DOCKER_CONTENT_TRUST["']?\s*[=:]\s*["']?(?:0|f|false)\b|--disable-content-trust(?!=false)""",
    re.IGNORECASE,
)
_CLOCK_SECONDS = 300
_SOON = timedelta(days=180)
_NO_TRUST = 29


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not well.

    Attributes:
        is_serious: whether images run unverified because of it, or soon cannot be verified any more.
    """

    what: str
    remedy: str
    is_serious: bool = False


def examine(now: datetime, project: Path) -> list[Finding]:
    """Return everything that is not well here.

    Args:
        now: what this machine's clock says.
        project: the folder whose files for CI are looked at.
    """
    checks: Iterable[Callable[[], Iterator[Finding]]] = (
        _docker,
        _variables,
        _profiles,
        lambda: _pipelines(project),
        _credentials,
        lambda: _authorities(now),
        lambda: _clock(now),
        _keys,
        lambda: _metadata(now),
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
        yield from _turned_off(Path.home() / name)


def _pipelines(project: Path) -> Iterator[Finding]:
    """Look at what a build service runs: nobody reads its variables in a shell."""
    for pattern in _PIPELINES:
        for path in sorted(project.glob(pattern)):
            yield from _turned_off(path)


def _turned_off(path: Path) -> Iterator[Finding]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(limits.MIB).splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        if _OFF_LINE.search(line.split("#")[0]):
            yield Finding(
                f"{path}:{number} turns content trust off", "remove that line", is_serious=True
            )


def _authorities(now: datetime) -> Iterator[Finding]:
    """Look at the CA files that vouch for registries: one that has ended, or is none, lets nobody connect."""
    chosen = variable("INKAN_CA")
    folders = (docker_folder() / "tls", Path("/etc/docker/certs.d"))
    files = [Path(chosen)] if chosen else []
    files += [file for folder in folders for file in sorted(folder.glob("*/*.crt"))]
    for file in files:
        try:
            ends = [one.not_valid_after_utc for one in bundle_certificates(file.read_bytes())]
        except (OSError, CertificateInvalidError):
            yield Finding(f"the CA file {file} cannot be used", "get it from the registry's administrator, and log in with --ca")  # fmt: skip
            continue
        if min(ends) < now + _SOON:
            state = "has ended" if min(ends) <= now else f"ends on {min(ends):%Y-%m-%d}"
            yield Finding(f"the CA file {file} {state}", "get the next one from the registry's administrator, and log in with --ca")  # fmt: skip


def _clock(now: datetime) -> Iterator[Finding]:
    """Compare the clock with that of the registry that was logged in to: expiry means what it says only where both are right."""
    if not config_file().exists():
        return
    try:
        target = targets.current()
        session = Session(target.url, deadline_seconds=10)
        reply = session.call("GET", "/v2/", expect=Expect(accept=(401, 403, 404)))
        session.close()
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except InkanError as error:
        yield Finding(f"the registry could not be asked what time it is: {error}", "look at it again when it answers")  # fmt: skip
        return
    except ValueError:
        return
    ahead = round((now - theirs).total_seconds())
    if abs(ahead) > _CLOCK_SECONDS:
        word = "ahead of" if ahead > 0 else "behind"
        yield Finding(
            f"this machine's clock is {abs(ahead)} s {word} that of {target.host}",
            "set both by a time server: with a clock that is behind, old signatures look good",
            is_serious=ahead < 0,
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


def _metadata(now: datetime) -> Iterator[Finding]:
    """Look at what only a collection's owners can renew: in the last fifth of its life, pulls will soon end."""
    trust = docker_folder() / "trust" / "tuf"
    for path in sorted(trust.rglob("metadata/root.json")):
        gun = str(path.parent.parent.relative_to(trust))
        for file in (path, path.with_name("targets.json"), *sorted(path.parent.rglob("targets/**/*.json"))):  # fmt: skip
            yield from _life(file, RoleName(str(file.relative_to(path.parent).with_suffix(""))), gun, now)  # fmt: skip


def _life(path: Path, role: RoleName, gun: str, now: datetime) -> Iterator[Finding]:
    try:
        ends = _ends(path, role)
    except FileNotFoundError:
        return
    except (OSError, InvalidError, UntrustedError, CertificateInvalidError) as error:
        what = f"what is known of {gun} is damaged: {error}"
        yield Finding(what, f"inkan trust forget {gun}", is_serious=True)
        return
    if ends < now + (ROOT_LIFETIME if role == ROOT else TARGETS_LIFETIME) / 5:
        state = "has ended" if ends <= now else f"ends on {ends:%Y-%m-%d}"
        remedy = (
            f"its owner gives it a new key: inkan trust key rotate {gun} root"
            if role == ROOT
            else f"whoever signs it signs it anew: inkan trust witness {gun} {role}"
        )
        yield Finding(f"the {role} of {gun} {state}", remedy, is_serious=True)


def _ends(path: Path, role: RoleName) -> datetime:
    if role != ROOT:
        return parse_targets(path.read_bytes(), role).expires
    root = parse_root(path.read_bytes())
    keys = root.role_keys(ROOT).keys
    return min(root.expires, *(RootCertificate.parse(key.public).not_after for key in keys))
