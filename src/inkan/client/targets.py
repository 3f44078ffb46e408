"""Which registry commands talk to: the last one somebody logged in to."""

from dataclasses import dataclass, replace
from typing import Self

from inkan.client import configuration
from inkan.client.environment import config_file
from inkan.errors import ReferenceInvalidError, SettingInvalidError
from inkan.oci.reference import Reference

DEFAULT_HOST = "localhost:5000"


@dataclass(frozen=True, slots=True)
class Target:
    """A registry.

    Attributes:
        host: its name, with a port if it has one of its own.
        scheme: `https`; `http` only where a person wrote it.
    """

    host: str
    scheme: str = "https"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the registry that `HOST`, `HOST:PORT`, `https://HOST` or `http://HOST` names.

        Raises:
            ReferenceInvalidError: if it names none.
        """
        scheme, mark, rest = text.partition("://")
        if not mark:
            scheme, rest = "https", text
        host = rest.rstrip("/")
        if scheme not in ("https", "http") or "/" in host:
            raise ReferenceInvalidError(text, "give HOST or HOST:PORT")
        # the grammar of a host with no dot in it is known only before a repository
        known = host if any(mark in host for mark in ".:") or host == "localhost" else f"{host}.x"
        Reference.parse(f"{known}/x")
        return cls(host, scheme)

    @property
    def url(self) -> str:
        """Where the registry is."""
        return f"{self.scheme}://{self.host}"


def current() -> Target:
    """Return the registry that was logged in to last.

    Raises:
        SettingInvalidError: if the configuration file cannot be used.
    """
    tree = configuration.read()
    if not tree:
        return Target(DEFAULT_HOST)
    try:
        return Target.parse(tree["target"])
    except (KeyError, TypeError, AttributeError, ReferenceInvalidError) as error:
        raise SettingInvalidError(
            f"{config_file()} names no registry; log in again: inkan login HOST"
        ) from error


def url_of(host: str) -> str:
    """Return where a registry is: https, unless a person logged in to it as http.

    Raises:
        SettingInvalidError: if the configuration file cannot be used.
    """
    known = current()
    return known.url if known.host == host else f"https://{host}"


def located(image: str | Reference) -> Reference:
    """Return the image that a person named; without a host it is in the registry that was logged in to last.

    Raises:
        ReferenceInvalidError: if it is none.
        SettingInvalidError: if the configuration file cannot be used.
    """
    reference = Reference.parse(image) if isinstance(image, str) else image
    return reference if reference.host else replace(reference, host=current().host)


def remember(target: Target) -> None:
    """Make a registry the one that commands talk to.

    Raises:
        SettingInvalidError: if the configuration file cannot be used.
        StorageUnavailableError: if it cannot be written.
    """
    configuration.write(target=target.url)
