"""Layers that an engine takes."""

import tarfile
from io import BytesIO


def tar_of(**files: bytes) -> bytes:
    """Return a tar with some files."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    return packed.getvalue()
