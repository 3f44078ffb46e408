"""`inkan login` and `inkan logout`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.prompts import ask, ask_secret, confirm
from inkan.errors import (
    AuthenticationRequiredError,
    CertificateInvalidError,
    InkanError,
    RequestInvalidError,
)

if TYPE_CHECKING:
    from inkan.client.credentials import Credential
    from inkan.client.targets import Target

EXAMPLES = """\b
Examples:
  inkan login registry.example.com -u alice
  inkan login registry.example.com --apikey @robot.key
  inkan login --sso registry.example.com
  inkan login --sso --device --client podman registry.example.com
  inkan login localhost:5000 --ca inkan-data/ca.crt -u admin --password-stdin < inkan-data/admin-password
"""
# Go's ParseBool: what docker takes for "off"
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})
_API_KEY = "iamapikey"
_KEY_BYTES = 4_096


@click.command(epilog=EXAMPLES)
@click.argument("host", required=False)
@click.option("-u", "--username", metavar="USER", help="Who to log in as.")
@click.option("--password-stdin", is_flag=True, help="Read the password, or with --sso the passcode, from standard input.")  # fmt: skip
@click.option("--sso", is_flag=True, help="Log in at your organisation, and paste a one-time passcode.")  # fmt: skip
@click.option("--device", is_flag=True, help="With --sso: confirm this terminal in a browser anywhere, and paste nothing.")  # fmt: skip
@click.option("--client", type=click.Choice(["docker", "podman"]), default="docker", help="Whose credentials are written: with podman its own file as well.")  # fmt: skip
@click.option("--apikey", metavar="@FILE", help="Log in by the API key in a file; @- is standard input.")  # fmt: skip
@click.option("--ca", metavar="FILE", help="The registry's CA certificate; it is kept where docker looks for it.")  # fmt: skip
@click.option("--ca-fingerprint", metavar="SHA256", help="Keep the CA that the registry offers, if it is this one.")  # fmt: skip
@output_option
def login(  # noqa: PLR0913 - one for each flag
    *,
    host: str | None,
    username: str | None,
    password_stdin: bool,
    sso: bool,
    device: bool,
    client: str,
    apikey: str | None,
    ca: str | None,
    ca_fingerprint: str | None,
) -> None:
    """Log in to a registry, and make it the one that other commands talk to. Who was logged in already is not asked again.

    The credentials go where docker keeps its own, so docker is logged in too.
    """
    from inkan.client import targets
    from inkan.client.certificates import install_ca

    target = targets.Target.parse(host) if host else targets.current()
    if (sso and (username or apikey)) or (device and not sso):
        raise RequestInvalidError(
            "--sso says who: leave -u and --apikey out; --device goes with it"
        )
    if password_stdin and not username and not sso:
        raise RequestInvalidError("give the user too: inkan login HOST -u USER --password-stdin")
    if ca:
        tell(f"The CA is kept in {install_ca(target.host, Path(ca))}")
    if sso:
        # the passcode goes to nobody who is not vouched for
        _meet(target, ca_fingerprint)
        user, credential = _signed_on(target, is_device=device, from_stdin=password_stdin)
        _log_in(target, user, credential, client)
        return
    credential = _credential(target, username, apikey, from_stdin=password_stdin)
    _meet(target, ca_fingerprint)
    _log_in(target, credential.username, credential, client)


def _log_in(target: "Target", user: str, credential: "Credential", client: str) -> None:
    from inkan.client import credentials, podman, regions, targets
    from inkan.client.administration import Administration

    tell(f"Logging in to '{target.host}'...")
    administration = Administration(target, credential)
    server, published = administration.version(), administration.regions()
    credentials.store(target.host, credential)
    if client == "podman":
        podman.store(target.host, credential)
    targets.remember(target)
    regions.add(published)
    tell(f"Logged in to '{target.host}'.")
    trust_server = server.get("trust_server", "")
    lines = []
    if os.environ.get("DOCKER_CONTENT_TRUST", "") not in _OFF and trust_server:  # noqa: TID251
        tell(
            "\nTo set up your Docker client with content trust,\nexport the following environment variable:"
        )
        lines = [f"export DOCKER_CONTENT_TRUST_SERVER={trust_server}"]
    show({"host": target.host, "user": user, "trust_server": trust_server}, lines)


@click.command(epilog="\b\nExamples:\n  inkan logout\n  inkan logout registry.example.com\n")
@click.argument("host", required=False)
@output_option
def logout(host: str | None) -> None:
    """Forget the credential for a registry, here and in docker, and end a log-in by single sign-on or docker at the server too.

    API keys stay good elsewhere until they are removed.
    """
    from inkan.client import credentials, podman, targets

    target = targets.Target.parse(host) if host else targets.current()
    kept = {credentials.find_kept(target.host), podman.find(target.host)} - {None}
    tell(f"Removing login credentials for {target.host}")
    in_docker, in_podman = credentials.forget(target.host), podman.forget(target.host)
    there = in_docker or in_podman
    # forgotten first: whatever the server says, this machine is logged out
    for credential in kept:
        if credential is not None:
            _end(targets.url_of(target.host), credential)
    show({"host": target.host, "removed": there}, [] if there else ["Nobody was logged in."])


def _end(url: str, credential: "Credential") -> None:
    from inkan.client.sign_on import SignOn
    from inkan.client.targets import Target

    try:
        SignOn(Target.parse(url)).end(credential)
    except InkanError as error:
        tell(f"warning: the log-in could not be ended at the server, and a copy of it stays good there until it ends by itself: {error}")  # fmt: skip


def _signed_on(target: "Target", *, is_device: bool, from_stdin: bool) -> tuple[str, "Credential"]:
    from inkan.client.sign_on import SignOn

    sign_on = SignOn(target)
    if is_device:
        begun = sign_on.begin()
        tell(f"Open {begun.url} in a browser, log in, and type the code:\n\n  {begun.user_code}\n")
        done = sign_on.wait(begun)
    else:
        tell(f"Get a one-time passcode from {sign_on.passcode_url}")
        text = sys.stdin.readline() if from_stdin else ask_secret("One-time passcode")
        done = sign_on.redeem(text.strip())
    return done.account, done.credential


def _credential(
    target: "Target", username: str | None, apikey: str | None, *, from_stdin: bool
) -> "Credential":
    from inkan.client import credentials

    if apikey is not None:
        if username or from_stdin:
            raise RequestInvalidError("--apikey says who and with what; leave -u and --password-stdin out")  # fmt: skip
        return credentials.Credential(_API_KEY, _api_key(apikey))
    if username is None:
        try:
            return credentials.find(target.host)
        except AuthenticationRequiredError:
            username = ask("Username")
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else ask_secret("Password")
    return credentials.Credential(username, password)


def _api_key(place: str) -> str:
    if not place.startswith("@"):
        # what stands in a command is read by every process of the machine, and by the shell's history
        raise RequestInvalidError(
            "an API key is never an argument: put it into a file, --apikey @FILE"
        )
    try:
        if place == "@-":
            text = sys.stdin.read(_KEY_BYTES)
        else:
            with Path(place[1:]).open(encoding="ascii") as file:
                text = file.read(_KEY_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise RequestInvalidError(f"--apikey: {place[1:]} cannot be read as a key") from error
    key = text.strip()
    if not key or len(key.split()) > 1:
        raise RequestInvalidError(f"--apikey: {place[1:]} holds no API key, or more than one")
    return key


def _meet(target: "Target", fingerprint: str | None) -> None:
    """Return once a CA that is known here vouches for the registry; one of its own is kept when a person says that it is the right one."""
    from inkan.client.ca_offer import fetch_ca, is_vouched_for
    from inkan.client.certificates import keep_ca
    from inkan.client.session import is_plain_loopback

    if target.scheme != "https" or is_plain_loopback(target.host) or is_vouched_for(target.host):
        return
    offer = fetch_ca(target.host)
    if offer is None:
        # it is said with what to do about it by the first request
        return
    if fingerprint is not None:
        if not offer.is_of(fingerprint):
            raise CertificateInvalidError(
                f"{target.host} offers the CA {offer.fingerprint}, not the one of --ca-fingerprint: somebody may stand between"
            )
    else:
        tell(f"No CA that is known here vouches for {target.host}. It offers one of its own, with the SHA-256 fingerprint")  # fmt: skip
        tell(f"  {offer.fingerprint}")
        confirm("Did its administrator give you just this one?", "--ca-fingerprint SHA256, or --ca FILE")  # fmt: skip
    tell(f"The CA is kept in {keep_ca(target.host, offer.pem)}")
