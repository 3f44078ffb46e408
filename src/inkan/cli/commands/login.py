"""`inkan login` and `inkan logout`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.prompts import ask, ask_secret, confirm
from inkan.errors import AuthenticationRequiredError, CertificateInvalidError, RequestInvalidError

if TYPE_CHECKING:
    from inkan.client.credentials import Credential
    from inkan.client.targets import Target

EXAMPLES = """\b
Examples:
  inkan login registry.example.com -u alice
  inkan login registry.example.com --apikey @robot.key
  inkan login localhost:5000 --ca inkan-data/ca.crt -u admin --password-stdin < inkan-data/admin-password
"""
# Go's ParseBool: what docker takes for "off"
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})
_API_KEY = "iamapikey"
_KEY_BYTES = 4_096


@click.command(epilog=EXAMPLES)
@click.argument("host", required=False)
@click.option("-u", "--username", metavar="USER", help="Who to log in as.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--apikey", metavar="@FILE", help="Log in by the API key in a file; @- is standard input.")  # fmt: skip
@click.option("--ca", metavar="FILE", help="The registry's CA certificate; it is kept where docker looks for it.")  # fmt: skip
@click.option("--ca-fingerprint", metavar="SHA256", help="Keep the CA that the registry offers, if it is this one.")  # fmt: skip
@output_option
def login(
    *,
    host: str | None,
    username: str | None,
    password_stdin: bool,
    apikey: str | None,
    ca: str | None,
    ca_fingerprint: str | None,
) -> None:
    """Log in to a registry, and make it the one that other commands talk to. Who was logged in already is not asked again.

    The credentials go where docker keeps its own, so docker is logged in too.
    """
    from inkan.client import credentials, regions, targets
    from inkan.client.administration import Administration
    from inkan.client.certificates import install_ca

    target = targets.Target.parse(host) if host else targets.current()
    if password_stdin and not username:
        raise RequestInvalidError("give the user too: inkan login HOST -u USER --password-stdin")
    if ca:
        tell(f"The CA is kept in {install_ca(target.host, Path(ca))}")
    credential = _credential(target, username, apikey, from_stdin=password_stdin)
    _meet(target, ca_fingerprint)
    tell(f"Logging in to '{target.host}'...")
    administration = Administration(target, credential)
    server, published = administration.version(), administration.regions()
    credentials.store(target.host, credential)
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
    show({"host": target.host, "user": credential.username, "trust_server": trust_server}, lines)


@click.command(epilog="\b\nExamples:\n  inkan logout\n  inkan logout registry.example.com\n")
@click.argument("host", required=False)
@output_option
def logout(host: str | None) -> None:
    """Forget the credential for a registry, here and in docker. API keys stay good elsewhere until they are removed."""
    from inkan.client import credentials, targets

    target = targets.Target.parse(host) if host else targets.current()
    tell(f"Removing login credentials for {target.host}")
    there = credentials.forget(target.host)
    show({"host": target.host, "removed": there}, [] if there else ["Nobody was logged in."])


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
