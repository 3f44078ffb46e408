"""What the rows of the management API take and give, for whoever reads the OpenAPI document; a test holds the answers against it.

Source: OpenAPI 3.1.0, § Schema Object (JSON Schema 2020-12).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
NAME: Schema = {
    "type": "string",
    "minLength": 4,
    "maxLength": 30,
    "pattern": "^[a-z0-9][a-z0-9_-]*[a-z0-9]$",
}
DIGEST: Schema = {"type": "string", "pattern": "^[a-z0-9]+:[0-9a-f]+$"}
ANYTHING: Schema = {"type": "object"}


def some(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def perhaps(schema: Schema) -> Schema:
    """Return the schema of what may be nothing."""
    return {"anyOf": [schema, {"type": "null"}]}


def table(schema: Schema) -> Schema:
    """Return the schema of an object with any members, each alike."""
    return {"type": "object", "additionalProperties": schema}


def answer(**members: Schema) -> Schema:
    """Return the schema of an object that has all of these members; a later version may have more."""
    return {"type": "object", "properties": members, "required": sorted(members)}


def body(*needed: str, **members: Schema) -> Schema:
    """Return the schema of an object that is sent: no member but these, and the needed ones at least."""
    return {
        "type": "object",
        "properties": members,
        "required": sorted(needed),
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Description:
    """What one row takes and gives.

    Attributes:
        answer: the schema of its success; nothing where it has no body.
        status: the status of its success.
        query: its query parameters.
        needs: those of them that must be there.
        body: the schema of what is sent; nothing where nothing is.
    """

    answer: Schema | None = None
    status: int = 200
    query: Mapping[str, Schema] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    body: Schema | None = None


_NAMESPACE = answer(name=NAME, created=INSTANT, created_by=TEXT)
_SIGNED = answer(gun=TEXT, digest=DIGEST, signers=some(TEXT), current=FLAG)
_LISTED = {"repository": TEXT, "namespace": TEXT, "digest": DIGEST, "created": INSTANT, "size": COUNT, "mediaType": TEXT}  # fmt: skip
_IMAGE = answer(**_LISTED, tag=TEXT, signed=some(_SIGNED))
_DIGEST = answer(**_LISTED, tags=some(TEXT), keptBy={"enum": ["", "tag", "image", "signature"]})
_GONE = answer(repository=TEXT, digest=DIGEST)
_TRASH = answer(repository=TEXT, namespace=TEXT, digest=DIGEST, tags=some(TEXT), size=COUNT, deleted=INSTANT, deleted_by=TEXT, expires=INSTANT)  # fmt: skip
_POLICY = {"namespace": NAME, "images_per_repo": NUMBER, "deletion_threshold_days": COUNT, "retain_untagged": FLAG}  # fmt: skip
_POLICY_SENT = body("namespace", "images_per_repo", **_POLICY)
_RETIRED = answer(images=some(answer(repository=TEXT, digest=DIGEST, tags=some(TEXT), created=INSTANT, size=COUNT)))  # fmt: skip
_USE = answer(storage_bytes=perhaps(COUNT), traffic_bytes=perhaps(COUNT))
_QUOTA = answer(namespace=TEXT, limit=_USE, usage=_USE)
_IMMUTABLE = answer(namespace=NAME, patterns=some(TEXT))
_WAITING = answer(repository=TEXT, digest=DIGEST, size=COUNT, since=perhaps(INSTANT), goes=perhaps(INSTANT))  # fmt: skip
_EVENT = answer(id=COUNT, at=INSTANT, gun=TEXT, act=TEXT, account=TEXT, address=TEXT, refused=FLAG, detail=ANYTHING)  # fmt: skip
_FILE = answer(version=COUNT, expires=INSTANT, signed_by=some(TEXT), verified=FLAG)
_STATUS = answer(
    gun=TEXT,
    tags=some(answer(tag=TEXT, digest=DIGEST, size=COUNT, signers=some(TEXT))),
    signers=table(some(TEXT)),
    root_keys=some(TEXT),
    repository_keys=some(TEXT),
    root_certificate_expires=perhaps(INSTANT),
    files=table(_FILE),
    wedged=some(TEXT),
)
_IN_NAMESPACE = {"namespace": NAME}
_LIMIT: Mapping[str, Schema] = {"limit": {"type": "integer", "minimum": 1, "maximum": 1000}}

DESCRIPTIONS: Mapping[str, Description] = {
    "version": Description(answer(version=TEXT, trust_server=TEXT)),
    "region-list": Description(answer(regions=some(answer(region=TEXT, registry=TEXT)))),
    "openapi": Description(ANYTHING),
    "namespace-list": Description(answer(namespaces=some(_NAMESPACE))),
    "namespace-add": Description(_NAMESPACE, 201),
    "namespace-rm": Description(status=204, query={"force": {"enum": ["true", "false"]}}),
    "image-list": Description(answer(images=some(_IMAGE)), query=_IN_NAMESPACE),
    "image-digests": Description(answer(digests=some(_DIGEST)), query=_IN_NAMESPACE),
    "image-prune-untagged": Description(
        answer(pruned=some(_GONE)), query=_IN_NAMESPACE, needs=("namespace",)
    ),
    "trash-list": Description(answer(trash=some(_TRASH)), query=_IN_NAMESPACE),
    "image-restore": Description(_TRASH, query={"reference": TEXT}, needs=("reference",)),
    "retention-policy-list": Description(answer(retentions=some(answer(**_POLICY)))),
    "retention-policy-show": Description(answer(**_POLICY)),
    "retention-policy-set": Description(_RETIRED, body=_POLICY_SENT),
    "retention-analyze": Description(_RETIRED, body=_POLICY_SENT),
    "retention-run": Description(_RETIRED, body=_POLICY_SENT),
    "quota": Description(_QUOTA, query=_IN_NAMESPACE),
    "quota-set": Description(
        _QUOTA,
        query=_IN_NAMESPACE,
        body=body(storage_megabytes=NUMBER, traffic_megabytes=NUMBER),
    ),
    "immutable-tags-list": Description(answer(immutable_tags=some(_IMMUTABLE))),
    "immutable-tags-set": Description(_IMMUTABLE, body=body(patterns=some(TEXT))),
    "garbage-list": Description(answer(garbage=some(_WAITING))),
    "garbage-run": Description(table(COUNT)),
    "trust-log": Description(answer(events=some(_EVENT)), query=_LIMIT),
    "trust-log-of": Description(answer(events=some(_EVENT)), query=_LIMIT),
    "trust-status": Description(_STATUS),
    "trust-reset": Description(
        answer(archive=TEXT, gun=TEXT), query={"confirm": TEXT}, needs=("confirm",)
    ),
    "trust-restore": Description(
        answer(archive=TEXT, aside=perhaps(TEXT), gun=TEXT),
        query={"archive": TEXT},
        needs=("archive",),
    ),
}
"""By operation. A row without one is described by its sentence alone."""
