"""What `docker trust inspect` shows of a verified collection, in its two layouts, byte for byte.

Source: docker CLI, `cli/command/trust/inspect.go`, `inspect_pretty.go`; spec § 7.2 and 7.3 of the trust protocol as measured.
"""

import re
from typing import Any

from inkan.client.trust_updater import Collection
from inkan.keys.folder import KeyFolder
from inkan.tuf.certificates import RootCertificate
from inkan.tuf.delegations import REPO_ADMIN, SignedTag, released
from inkan.tuf.envelope import SignedFile
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName

_SHORT = 12


def describe(name: str, collection: Collection, tag: str) -> dict[str, Any]:
    """Return the JSON object of one reference."""
    signers = sorted(signers_of(collection).items(), reverse=True)
    root, repository = administrative_keys(collection)
    return {
        "Name": name,
        "SignedTags": [
            {"SignedTag": one.tag, "Digest": one.digest, "Signers": list(one.signers)}
            for one in _rows(collection, tag)
        ],
        "Signers": [{"Name": who, "Keys": [{"ID": key} for key in keys]} for who, keys in signers],
        "AdministrativeKeys": [
            {"Name": "Root", "Keys": [{"ID": key} for key in root]},
            {"Name": "Repository", "Keys": [{"ID": key} for key in repository]},
        ],
    }


def describe_fully(name: str, collection: Collection, tag: str, keys: KeyFolder) -> dict[str, Any]:
    """Return what docker shows, and beside it each file's version, expiry and signers, the root's certificate, and which of the keys are here.

    Args:
        name: as it was asked for.
        collection: verified.
        tag: the only one to show; all where it is empty.
        keys: where private keys are.
    """
    trusted, held = collection.trusted, {one.key_id: one for one in keys.list()}
    files: dict[RoleName, SignedFile] = {ROOT: collection.root, **collection.files}
    if trusted.snapshot is not None and trusted.timestamp is not None:
        files |= {SNAPSHOT: trusted.snapshot, TIMESTAMP: trusted.timestamp}
    listed = {key.key_id: key for role in files for key in _keys_of(collection, role)}
    ours = [held[key.canonical_key_id] for key in listed.values() if key.canonical_key_id in held]
    return {
        **describe(name, collection, tag),
        "Gun": collection.gun,
        "Fresh": collection.is_fresh,
        "Files": {
            str(role): {
                "Version": file.version,
                "Expires": file.expires.isoformat(),
                "SignedBy": sorted(one.key_id for one in file.signatures if one.key_id in listed),
            }
            for role, file in sorted(files.items())
        },
        "Unverified": {str(role): str(error) for role, error in collection.skipped.items()},
        "RootCertificateExpires": [
            RootCertificate.parse(key.public).not_after.isoformat()
            for key in collection.root.role_keys(ROOT).keys
            if key.keytype.is_certificate
        ],
        "KeyFiles": [
            {"ID": one.key_id, "Role": one.role, "File": str(one.path)}
            for one in sorted(ours, key=lambda one: one.key_id)
        ],
    }


def lay_out(name: str, collection: Collection, tag: str) -> str:
    """Return the text of one reference, as `--pretty` prints it."""
    rows = _rows(collection, tag)
    lines = ["", f"Signatures for {name}" if rows else f"No signatures for {name}", ""]
    if rows:
        lines += _table(
            ["SIGNED TAG", "DIGEST", "SIGNERS"],
            [[one.tag, one.digest, _who(one.signers)] for one in rows],
        )
    if signers := signers_of(collection):
        lines += ["", f"List of signers and their keys for {name}", ""]
        listed = [
            [who, ", ".join(key[:_SHORT] for key in keys)] for who, keys in sorted(signers.items())
        ]
        lines += _table(["SIGNER", "KEYS"], listed)
    root, repository = administrative_keys(collection)
    lines += ["", f"Administrative keys for {name}", ""]
    lines += [f"  Repository Key:\t{', '.join(repository)}", f"  Root Key:\t{', '.join(root)}"]
    return "\n".join(lines)


def signers_of(collection: Collection) -> dict[str, list[str]]:
    """Return each signer's key IDs."""
    return {
        str(one.role).removeprefix("targets/"): [key.canonical_key_id for key in one.keys.keys]
        for one in collection.files[TARGETS].delegations
        if one.role != RELEASES
    }


def administrative_keys(collection: Collection) -> tuple[list[str], list[str]]:
    """Return the key IDs of root and of targets."""
    root, targets = (collection.root.role_keys(role).keys for role in (ROOT, TARGETS))
    return sorted(key.key_id for key in root), sorted(key.canonical_key_id for key in targets)


def _keys_of(collection: Collection, role: RoleName) -> tuple[PublicKey, ...]:
    if role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP):
        return collection.root.role_keys(role).keys
    return next(
        one.keys.keys
        for file in collection.files.values()
        for one in file.delegations
        if one.role == role
    )


def _rows(collection: Collection, tag: str) -> list[SignedTag]:
    found = released(collection.files)
    rows = [one for one in found.values() if not tag or one.tag == tag]
    return sorted(rows, key=lambda one: _natural(one.tag))


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", text)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]


def _who(signers: tuple[str, ...]) -> str:
    return f"({REPO_ADMIN})" if signers == (REPO_ADMIN,) else ", ".join(signers)


def _table(headings: list[str], rows: list[list[str]]) -> list[str]:
    """Return lines as Go's tabwriter makes them: at least 10 wide, 3 apart, the last column as it is."""
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(10, *(len(cell) + 3 for cell in column)) for column in columns]
    return [
        "".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)) + row[-1]
        for row in (headings, *rows)
    ]
