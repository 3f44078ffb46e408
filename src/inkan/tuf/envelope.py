"""What all signed files share: the envelope, the version, the expiry, and how strictly their members are read.

Go's reader takes member names without regard to case and forgets what it does not know. A document that uses either would mean one thing
here and another there, so a name that differs from a known one only by case is refused, and so is an unknown member of the envelope, which no
signature covers (Cure53 TUF-01-001). Unknown members of `signed` are covered, and kept.

Source: Notary v1, `tuf/data/types.go`, `serializer.go`; Go `encoding/json`.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from inkan import limits
from inkan.errors import InvalidError, JsonInvalidError, KeyInvalidError, MetadataInvalidError
from inkan.strict_json import parse as parse_json
from inkan.tuf.canonical_json import CanonicalBytes, canonical
from inkan.tuf.keys import Method, PublicKey
from inkan.tuf.roles import ROOT, TIMESTAMP, RoleName
from inkan.tuf.verify import RoleKeys, Signature

_TYPES = {"root": "Root", "snapshot": "Snapshot", "timestamp": "Timestamp"}
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))\Z"
)


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A signed file of any role.

    Attributes:
        raw: the exact bytes received; what is hashed, kept and served.
        message: the canonical bytes of what is signed; what signatures are over.
    """

    role: RoleName
    version: int
    expires: datetime
    raw: bytes
    signatures: tuple[Signature, ...]
    message: CanonicalBytes

    def tree(self) -> dict[str, Any]:
        """Return the signed tree, the caller's own to change."""
        # canonical text has control characters raw within strings
        return dict(json.loads(self.message, strict=False))  # noqa: TID251 - read strictly before


def open_envelope(
    role: RoleName, raw: bytes, known: frozenset[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of a `SignedFile`, checked, and the signed tree.

    Args:
        role: the role that the bytes came for; it decides the type and the size they may have.
        raw: the bytes.
        known: the members of `signed` that the role has besides the common ones.

    Raises:
        MetadataInvalidError: if the bytes are no file of the role.
    """
    try:
        tree = parse_json(raw, limit_bytes=_cap(role), integers_only=True)
        outer = members(tree, frozenset({"signed", "signatures"}), "envelope", closed=True)
        signed = members(outer["signed"], known | {"_type", "expires", "version"}, "signed")
        _require_type(signed.get("_type"), _TYPES.get(str(role), "Targets"))
        fields = {
            "role": role,
            "version": _version(signed.get("version")),
            "expires": parse_expiry(signed.get("expires")),
            "raw": raw,
            "signatures": tuple(
                _signature(one) for one in sequence(outer["signatures"], "signatures")
            ),
            "message": canonical(signed),
        }
    except (JsonInvalidError, KeyInvalidError) as error:
        raise MetadataInvalidError(str(role), _reason(error)) from error
    except KeyError as error:
        raise MetadataInvalidError(str(role), f"the envelope has no {error}") from error
    return fields, signed


def members(
    tree: Any, known: frozenset[str], where: str, *, closed: bool = False
) -> dict[str, Any]:
    """Return an object whose member names mean the same to every reader.

    Raises:
        JsonInvalidError: if it is no object, if a name differs from a known one only by case, or if it is closed and has others.
    """
    if not isinstance(tree, dict):
        raise JsonInvalidError(f"{where} is not an object")
    for name in tree:
        if name in known:
            continue
        if name.casefold() in known or closed:
            raise JsonInvalidError(f"{where} has a member {name[:60]!r} that it must not have")
    return tree


def mapping(tree: Any, where: str) -> dict[str, Any]:
    """Return an object of data, an empty one for `null`, as Go reads it.

    Raises:
        JsonInvalidError: if it is something else.
    """
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise JsonInvalidError(f"{where} is not an object")
    return tree


def sequence(tree: Any, where: str) -> list[Any]:
    """Return a list, an empty one for `null`, as Go reads it.

    Raises:
        JsonInvalidError: if it is something else.
    """
    if tree is None:
        return []
    if not isinstance(tree, list):
        raise JsonInvalidError(f"{where} is not a list")
    return tree


def integer(tree: Any, where: str, *, least: int) -> int:
    """Return an integer of at least `least`.

    Raises:
        JsonInvalidError: if it is something else.
    """
    if type(tree) is not int or tree < least:
        raise JsonInvalidError(f"{where} is not an integer of {least} or more")
    return tree


def decode(tree: Any, where: str) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        JsonInvalidError: if it is something else.
    """
    try:
        if isinstance(tree, str):
            return base64.b64decode(tree, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise JsonInvalidError(f"{where} is not base64")


def role_keys(
    role: RoleName, tree: Mapping[str, Any], keys: Mapping[str, PublicKey], where: str
) -> RoleKeys:
    """Return the keys and the threshold that a delegator's entry states.

    Raises:
        JsonInvalidError: if the entry is malformed or names a key that is not there.
        KeyInvalidError: if the threshold is below 1.
    """
    ids = sequence(tree.get("keyids"), f"{where} keyids")
    if len(ids) > limits.KEYS_PER_ROLE:
        raise JsonInvalidError(f"{where} lists more than {limits.KEYS_PER_ROLE} keys")
    chosen: dict[str, PublicKey] = {}
    for key_id in ids:
        if not isinstance(key_id, str) or key_id not in keys:
            raise JsonInvalidError(
                f"key ID {str(key_id)[:64]} specified in {where} without corresponding key"
            )
        chosen[key_id] = keys[key_id]
    threshold = integer(tree.get("threshold"), f"{where} threshold", least=1)
    return RoleKeys(role, tuple(chosen.values()), threshold)


def public_keys(tree: Any, where: str) -> dict[str, PublicKey]:
    """Return the keys of a document by ID; every ID must be its key's.

    Raises:
        JsonInvalidError: if they are malformed.
        KeyInvalidError: if a key cannot be used or its ID is another key's.
    """
    listed = mapping(tree, where)
    if len(listed) > limits.DELEGATIONS_PER_FILE:
        raise JsonInvalidError(f"{where} holds more than {limits.DELEGATIONS_PER_FILE} keys")
    keys: dict[str, PublicKey] = {}
    for key_id, spelled in listed.items():
        members(spelled, frozenset({"keytype", "keyval"}), where)
        key = keys[key_id] = PublicKey.from_json(spelled)
        if key.key_id != key_id:
            raise KeyInvalidError(f"key ID is not valid for key content: {key_id[:64]}")
    return keys


def parse_expiry(text: Any) -> datetime:
    """Return the instant that Go's RFC 3339 text names, in UTC, to the microsecond below.

    Raises:
        JsonInvalidError: if it names none.
    """
    match = _TIME.match(text) if isinstance(text, str) else None
    if not match:
        raise JsonInvalidError("expires is not an RFC 3339 time")
    year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    try:
        zone = timezone(-offset if match[8] == "-" else offset)
        micro = int((match[7] or "").ljust(6, "0")[:6])
        return datetime(year, month, day, hour, minute, second, micro, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise JsonInvalidError("expires is not a time that exists") from error


def format_expiry(instant: datetime) -> str:
    """Return an instant as Go writes it: UTC, the fraction without trailing zeros, and none when it is zero.

    >>> format_expiry(datetime(2031, 1, 2, 3, 4, 5, 600000, UTC))
    '2031-01-02T03:04:05.6Z'
    """
    moment = instant.astimezone(UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _cap(role: RoleName) -> int:
    if role == ROOT:
        return limits.ROOT_FILE_BYTES
    return limits.TIMESTAMP_FILE_BYTES if role == TIMESTAMP else limits.METADATA_FILE_BYTES


def _require_type(found: Any, expected: str) -> None:
    if found != expected:
        raise JsonInvalidError(f"expected type {expected}, not {str(found)[:40]}")


def _version(tree: Any) -> int:
    if type(tree) is not int or tree < 1:
        raise JsonInvalidError("version cannot be less than one")
    return tree


def _signature(tree: Any) -> Signature:
    known = frozenset({"keyid", "method", "sig"})
    one = members(tree, known, "a signature", closed=True)
    if not isinstance(one.get("keyid"), str) or not isinstance(one.get("method"), str):
        raise JsonInvalidError("a signature needs keyid, method and sig")
    try:
        method = Method(one["method"].lower())
    except ValueError:
        # methods we do not speak are no error: another signature may do
        method = None
    return Signature(one["keyid"], method, decode(one.get("sig"), "a signature"))


def _reason(error: InvalidError | KeyInvalidError | Exception) -> str:
    return error.reason if isinstance(error, JsonInvalidError) else str(error)
