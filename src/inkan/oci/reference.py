"""Names: repositories, namespaces, tags, image references, and GUNs.

```text
reference  = [ host "/" ] repository [ ":" tag ] [ "@" digest ]
host       = a first component with "." or ":" in it, or "localhost"
repository = component *( "/" component )          at most 255 characters with its host
component  = 1*( a-z 0-9 ) *( separator 1*( a-z 0-9 ) )
separator  = "." | "_" | "__" | 1*"-"
namespace  = the first component; 4 to 30 of a-z 0-9 - _, first and last a letter or digit
tag        = ( A-Z a-z 0-9 _ ) *127( A-Z a-z 0-9 _ . - )
GUN        = host "/" repository                   the name of a trust collection, as docker writes it
```

Source: OCI Distribution Specification 1.1 § Pulling manifests; distribution/reference for hosts; Notary v1 for GUNs.
"""

import re
from dataclasses import dataclass
from typing import Self

from inkan import limits
from inkan.errors import (
    GunInvalidError,
    NameInvalidError,
    NamespaceInvalidError,
    ReferenceInvalidError,
    TagInvalidError,
)
from inkan.oci.digest import Digest

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_-]*[a-z0-9]\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_HOST = re.compile(
    r"(?:\[[0-9a-fA-F:]{2,39}\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]{1,5})?\Z"
)


@dataclass(frozen=True, slots=True, order=True)
class RepositoryName:
    """A repository's name, without its registry's host."""

    text: str

    def __post_init__(self) -> None:
        # length first: the pattern is linear, but only on what is short
        if len(self.text) > limits.REPOSITORY_NAME_CHARACTERS:
            raise NameInvalidError(
                self.text, f"it is longer than {limits.REPOSITORY_NAME_CHARACTERS} characters"
            )
        if not _REPOSITORY.match(self.text):
            raise NameInvalidError(
                self.text,
                "use lower-case letters and digits, single . _ - between them, and / between parts",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name that `text` spells.

        Raises:
            NameInvalidError: if it is outside the grammar.
        """
        return cls(text)

    @property
    def namespace(self) -> str:
        """The first component, where there is more than one; else empty."""
        first, slash, _ = self.text.partition("/")
        return first if slash else ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class Namespace:
    """A namespace's name.

    Besides the rule for namespaces it obeys that for a repository's component, or nothing could be pushed into it.
    """

    text: str

    def __post_init__(self) -> None:
        low, high = limits.NAMESPACE_CHARACTERS_MIN, limits.NAMESPACE_CHARACTERS_MAX
        if not low <= len(self.text) <= high:
            raise NamespaceInvalidError(self.text, f"it must have {low} to {high} characters")
        if not _NAMESPACE.match(self.text):
            raise NamespaceInvalidError(
                self.text,
                "use lower-case letters, digits, - and _; begin and end with a letter or digit",
            )
        if not _REPOSITORY.match(self.text):
            raise NamespaceInvalidError(
                self.text, "docker allows at most two _ in a row and no - beside a _ in a name"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the namespace that `text` spells.

        Raises:
            NamespaceInvalidError: if it is outside the grammar.
        """
        return cls(text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A tag: a name that moves from manifest to manifest."""

    text: str

    def __post_init__(self) -> None:
        if not _TAG.match(self.text):
            raise TagInvalidError(self.text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the tag that `text` spells.

        Raises:
            TagInvalidError: if it is outside the grammar.
        """
        return cls(text)

    def __str__(self) -> str:
        return self.text


def parse_tag_or_digest(text: str) -> Tag | Digest:
    """Return the digest that `text` spells if it has a colon, which no tag can have, else the tag.

    Raises:
        DigestInvalidError: if it has a colon and is no digest.
        TagInvalidError: if it has none and is no tag.
    """
    return Digest.parse(text) if ":" in text else Tag.parse(text)


@dataclass(frozen=True, slots=True, order=True)
class Gun:
    """A trust collection's name: a registry's host, with its port if the client typed one, and a repository."""

    host: str
    repository: RepositoryName

    def __post_init__(self) -> None:
        if not _HOST.match(self.host):
            raise GunInvalidError(str(self), "its first part is not a host name")
        if len(str(self)) > limits.REPOSITORY_NAME_CHARACTERS:
            raise GunInvalidError(
                str(self), f"it is longer than {limits.REPOSITORY_NAME_CHARACTERS} characters"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the GUN that `text` spells.

        Raises:
            GunInvalidError: if it is not a host name, a slash and a repository name.
        """
        host, slash, name = text.partition("/")
        if not slash:
            raise GunInvalidError(
                text, "it has no host name; a GUN is HOST[:PORT]/NAMESPACE/REPOSITORY"
            )
        try:
            repository = RepositoryName(name)
        except NameInvalidError as error:
            raise GunInvalidError(text, str(error)) from error
        return cls(host, repository)

    @property
    def hostname(self) -> str:
        """The host without its port, in lower case."""
        return hostname(self.host)

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}"


def hostname(host: str) -> str:
    """Return `host` without a port, in lower case.

    >>> hostname("Registry.Test:5000"), hostname("[::1]:5000"), hostname("::1")
    ('registry.test', '[::1]', '[::1]')
    """
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    if host.count(":") > 1:
        return f"[{host.lower()}]"
    return host.partition(":")[0].lower()


@dataclass(frozen=True, slots=True)
class Reference:
    """An image as a person names it: host, repository, and a tag, a digest, both or neither."""

    host: str
    repository: RepositoryName
    tag: Tag | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the reference that `text` spells; the host is empty where none is given.

        Raises:
            ReferenceInvalidError: if any part is outside its grammar.
        """
        try:
            rest, at, digest = text.partition("@")
            host, slash, path = rest.partition("/")
            if not (slash and (any(mark in host for mark in ".:") or host == "localhost")):
                host, path = "", rest
            name, colon, tag = path.partition(":")
            if host and not _HOST.match(host):
                raise ReferenceInvalidError(text, "its first part is not a host name")
            return cls(
                host,
                RepositoryName(name),
                Tag(tag) if colon else None,
                Digest.parse(digest) if at else None,
            )
        except (NameInvalidError, TagInvalidError) as error:
            raise ReferenceInvalidError(text, str(error)) from error

    def __str__(self) -> str:
        text = f"{self.host}/{self.repository}" if self.host else str(self.repository)
        if self.tag:
            text += f":{self.tag}"
        return f"{text}@{self.digest}" if self.digest else text
