"""Where images are besides a registry, in the words of skopeo.

```text
docker-daemon:                 the Docker engine                          also where nothing is said
oci:FOLDER                     an OCI image layout in a folder            also FOLDER
oci-archive:FILE               the same in a tar file                     also FILE.tar to write
docker-archive:FILE            a file of docker save                      also FILE.tar to read, whichever of both it is
```
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from inkan.client.archive import is_archive, read_archive, write_archive
from inkan.client.engine import Engine
from inkan.client.layout import ImageLayout
from inkan.client.oci_archive import is_oci_archive, read_oci_archive, write_oci_archive
from inkan.client.registry import FetchedManifest
from inkan.errors import NotFoundError, ReferenceInvalidError, StorageUnavailableError
from inkan.oci.manifest import parse
from inkan.oci.platform import Platform, choose
from inkan.oci.reference import Reference


class Kind(Enum):
    """What a place is, by its word."""

    ENGINE = "docker-daemon"
    FOLDER = "oci"
    OCI_ARCHIVE = "oci-archive"
    DOCKER_ARCHIVE = "docker-archive"
    ANY_ARCHIVE = "tar"


_WORDS = frozenset(kind.value for kind in Kind if kind is not Kind.ANY_ARCHIVE)


@dataclass(frozen=True, slots=True)
class Place:
    """A place where one image comes from or goes to.

    Attributes:
        path: of the folder or the file; the engine has none.
    """

    kind: Kind
    path: Path = Path()

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Return the place that a person names.

        Raises:
            ReferenceInvalidError: if a word needs a path, and has none.
        """
        word, colon, rest = text.partition(":")
        if colon and word in _WORDS:
            kind = Kind(word)
            if not rest and kind is not Kind.ENGINE:
                raise ReferenceInvalidError(text, f"say {word}:PATH")
            return cls(kind, Path(rest))
        path = Path(text)
        is_file = path.is_file() or (path.suffix == ".tar" and not path.is_dir())
        return cls(Kind.ANY_ARCHIVE if is_file else Kind.FOLDER, path)

    @staticmethod
    def is_named(text: str) -> bool:
        """Return whether a text begins with the word of a place, and so is no image of a registry."""
        word, colon, _ = text.partition(":")
        return bool(colon) and word in _WORDS

    def __str__(self) -> str:
        if self.kind is Kind.ENGINE:
            return "the Docker engine"
        return str(self.path)

    @contextmanager
    def layout(self) -> Iterator[ImageLayout]:
        """Give a layout for what comes or goes: the folder itself, or one that goes away."""
        if self.kind is Kind.FOLDER:
            yield ImageLayout(self.path)
            return
        with tempfile.TemporaryDirectory(prefix="inkan-") as folder:
            yield ImageLayout(Path(folder) / "layout")

    def take(
        self, layout: ImageLayout, reference: Reference, platform: Platform | None = None
    ) -> FetchedManifest:
        """Return the manifest of an image that is here, with all that it names in the layout.

        Args:
            layout: as `layout` gives it.
            reference: the image's name here, whole for docker's own kinds, by its tag for OCI's.
            platform: which of an index's images; all of them where none is said.

        Raises:
            NotFoundError: if there is no such image.
        """
        if self.kind is Kind.FOLDER:
            found = layout.find(str(reference.tag or ""))
        elif self.kind is Kind.ENGINE:
            saved = layout.folder.parent / "saved.tar"
            Engine().save(str(reference), saved)
            found = self._read(saved, layout, reference)
        else:
            if not self.path.exists():
                raise NotFoundError(f"there is no {self.path}")
            found = self._read(self.path, layout, reference)
        return for_platform(layout, found, platform)

    def keep(self, layout: ImageLayout, manifest: FetchedManifest, reference: Reference) -> None:
        """Keep an image that is in the layout here, under a name.

        Raises:
            StorageUnavailableError: if it cannot be written.
            ManifestInvalidError: if it is for several platforms, and there is room for one.
        """
        tag = str(reference.tag or reference.digest or "")
        name = f"{reference.host}/{reference.repository}:{reference.tag or 'latest'}"
        if self.kind is Kind.FOLDER:
            layout.name(manifest, tag)
        elif self.kind is Kind.ENGINE:
            saved = layout.folder.parent / "saved.tar"
            write_archive(layout, manifest, name, saved)
            Engine().load(saved)
        else:
            self._replace(layout, manifest, tag, name)

    def _read(self, path: Path, layout: ImageLayout, reference: Reference) -> FetchedManifest:
        if self.kind is Kind.OCI_ARCHIVE:
            return read_oci_archive(path, layout, str(reference.tag or ""))
        if self.kind is not Kind.DOCKER_ARCHIVE and is_oci_archive(path):
            # with the containerd store, docker saves what was pulled, packed as it was
            return read_oci_archive(path, layout, str(reference.tag or ""))
        if self.kind is Kind.ANY_ARCHIVE and not is_archive(path):
            return read_oci_archive(path, layout, str(reference.tag or ""))
        return read_archive(path, layout, str(reference))

    def _replace(self, layout: ImageLayout, manifest: FetchedManifest, tag: str, name: str) -> None:
        """Write the file beside, and put it in its place when it is whole."""
        beside = self.path.with_name(f".{self.path.name}.partial")
        try:
            if self.kind is Kind.DOCKER_ARCHIVE:
                write_archive(layout, manifest, name, beside)
            else:
                write_oci_archive(layout, manifest, tag, beside)
            beside.replace(self.path)
        except OSError as error:
            raise StorageUnavailableError(
                f"{self.path} cannot be written: {error.strerror}"
            ) from error
        finally:
            beside.unlink(missing_ok=True)


def for_platform(
    layout: ImageLayout, manifest: FetchedManifest, platform: Platform | None
) -> FetchedManifest:
    """Return the image of an index for a platform; what is no index is for every platform that it is for.

    Raises:
        PlatformUnknownError: if the index has none.
    """
    children = parse(manifest.raw, manifest.media_type).children
    if platform is None or not children:
        return manifest
    chosen = choose(children, platform)
    return layout.manifest(str(chosen.digest), chosen.media_type)
