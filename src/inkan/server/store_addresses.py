"""Where facts and blobs are kept, as the settings spell it. An address never holds a secret: it is shown and logged."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_PREFIX = re.compile(r"([A-Za-z0-9._-]{1,64})(/[A-Za-z0-9._-]{1,64}){0,8}\Z")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A PostgreSQL database."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket, and where in it.

    Attributes:
        prefix: what every object's name begins with, without slashes at its ends; empty for the whole bucket.
    """

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"


def parse_database(text: str) -> DatabaseAddress | None:
    """Return the database that an address names; nothing for an empty text, the one in the data folder.

    Raises:
        ValueError: if it names none, or holds a password.
    """
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError("use postgresql://USER@HOST:PORT/NAME; empty for the one in the data folder")  # fmt: skip
    if parts.netloc.count("@") > 1:
        raise ValueError("an address has one @: write others as %40")
    if parts.password is not None or "password" in parts.query.lower():
        raise ValueError("an address is shown and logged: give the password as PGPASSWORD or in a PGPASSFILE")  # fmt: skip
    return DatabaseAddress(text)


def parse_blobs(text: str) -> BucketAddress | None:
    """Return the place in a bucket that an address names; nothing for an empty text, the data folder.

    Raises:
        ValueError: if it names none.
    """
    if not text:
        return None
    scheme, separator, rest = text.partition("://")
    if scheme != "s3" or not separator:
        raise ValueError("use s3://BUCKET/PREFIX; empty for the data folder")
    if "@" in rest:
        raise ValueError("an address is shown and logged: give credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or in a file")  # fmt: skip
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    if not _BUCKET.match(bucket) or ".." in bucket:
        raise ValueError(f"{bucket!r} is no bucket's name: 3 to 63 of a-z, 0-9, . and -")
    if prefix and (not _PREFIX.match(prefix) or ".." in prefix):
        raise ValueError("a prefix is made of letters, digits, . _ - and /")
    return BucketAddress(bucket, prefix)
