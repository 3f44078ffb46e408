"""What every command with content trust begins with: the client, the reference, the repository, and whom to ask."""

from typing import TYPE_CHECKING

from inkan.cli.output import tell
from inkan.cli.prompts import ask_secret
from inkan.errors import ReferenceInvalidError

if TYPE_CHECKING:
    from inkan.client.library import Client
    from inkan.client.trusted_repository import TrustedRepository
    from inkan.oci.reference import Reference


def client() -> "Client":
    """Return the client of the person at this terminal, who is asked for passphrases and shown how far transfers are."""
    from inkan.cli.progress import shown_progress
    from inkan.client.library import Client
    from inkan.client.passphrases import Passphrases

    progress = shown_progress()
    return Client(Passphrases(ask), progress, progress.say)


def reference_of(text: str, *, needs_tag: bool = False) -> "Reference":
    """Return the image that a person named; without a host it is in the registry they are logged in to.

    Raises:
        ReferenceInvalidError: if it is none, or lacks a tag that is needed.
    """
    from inkan.client.targets import located

    reference = located(text)
    if needs_tag and reference.digest is not None:
        raise ReferenceInvalidError(text, "cannot use a digest reference; name a tag")
    if needs_tag and reference.tag is None:
        raise ReferenceInvalidError(text, "no tag specified; a tag is mandatory with content trust")
    return reference


def repository_of(reference: "Reference") -> "TrustedRepository":
    """Return the trusted repository of an image.

    Raises:
        SettingInvalidError: if pins or the trust server's address cannot be used.
    """
    from inkan.client import pins
    from inkan.client.passphrases import Passphrases
    from inkan.client.trusted_repository import TrustedRepository
    from inkan.clock import SystemClock

    return TrustedRepository.of(reference, Passphrases(ask), pins.load(), SystemClock().now, tell)


def ask(label: str) -> str:
    """Return a passphrase that a person types.

    Raises:
        PassphraseRequiredError: if there is nobody to ask.
    """
    import sys

    from inkan.client.passphrases import nobody_to_ask

    return ask_secret(label) if sys.stdin.isatty() else nobody_to_ask(label)
