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
VISIBILITY: Schema = {"enum": ["public", "private"]}
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


_NAMESPACE = answer(name=NAME, created=INSTANT, created_by=TEXT, visibility=VISIBILITY)
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
_EXEMPTION = {"scope": TEXT, "issue_type": {"enum": ["cve", "sn", "configuration"]}, "issue_id": TEXT}  # fmt: skip
_EXEMPTED = answer(**_EXEMPTION, created=INSTANT, created_by=TEXT)
_EXEMPTION_SENT = body("scope", "issue_type", "issue_id", **_EXEMPTION)
_WEBHOOK = answer(id=TEXT, url=TEXT, namespace=TEXT, events=some(TEXT), created=INSTANT, created_by=TEXT, failures=COUNT, outcome=TEXT)  # fmt: skip
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
_KIND: Schema = {"enum": ["person", "service-id"]}
_ROLE: Schema = {"enum": ["reader", "writer", "pusher", "signer", "manager"]}
_ACCOUNT = answer(name=TEXT, kind=_KIND, display_name=TEXT, email=TEXT, admin=FLAG, disabled=FLAG, issuer=perhaps(TEXT), created=INSTANT)  # fmt: skip
_ACCOUNT_SENT = body(kind=_KIND, password=TEXT, display_name=TEXT, email=TEXT, admin=FLAG)
_API_KEY: Mapping[str, Schema] = {"id": TEXT, "account": TEXT, "name": TEXT, "roles": some(_ROLE), "namespaces": some(NAME), "created": INSTANT,
                                  "expires": perhaps(INSTANT), "last_used": perhaps(INSTANT), "revoked": perhaps(INSTANT)}  # fmt: skip
_API_KEY_SENT = body("name", account=TEXT, name=TEXT, expires_in_seconds=COUNT, roles=some(_ROLE), namespaces=some(NAME))  # fmt: skip
_MEMBER = answer(account=TEXT, source={"enum": ["local", "claim"]})
_GROUP = answer(name=TEXT, created=INSTANT, members=some(_MEMBER))
_GRANT = answer(subject_kind={"enum": ["account", "group"]}, subject=TEXT, role=_ROLE, namespace=TEXT, created=INSTANT, created_by=TEXT)  # fmt: skip
_AUDIT = answer(
    events=some(
        answer(id=TEXT, at=INSTANT, act=TEXT, account=TEXT, address=TEXT, namespace=TEXT, target=TEXT, outcome=TEXT, times=COUNT, detail=ANYTHING)
    )
)  # fmt: skip
_AUDIT_QUERY: Mapping[str, Schema] = {"since": INSTANT, "account": TEXT, "limit": {"type": "integer", "minimum": 1, "maximum": 10_000}}  # fmt: skip
_ISSUER = {"issuer": TEXT, "audience": TEXT, "subject": TEXT, "claims": some(TEXT), "account": TEXT, "roles": some(TEXT), "namespaces": some(TEXT)}  # fmt: skip
_TRUSTED = answer(name=TEXT, **_ISSUER, created=INSTANT, created_by=TEXT)
_TRUSTED_SENT = body("issuer", "audience", "subject", "account", **_ISSUER)
_IN_NAMESPACE = {"namespace": NAME}
_LIMIT: Mapping[str, Schema] = {"limit": {"type": "integer", "minimum": 1, "maximum": 1000}}

DESCRIPTIONS: Mapping[str, Description] = {
    "version": Description(answer(version=TEXT, trust_server=TEXT)),
    "region-list": Description(answer(regions=some(answer(region=TEXT, registry=TEXT)))),
    "openapi": Description(ANYTHING),
    "namespace-list": Description(answer(namespaces=some(_NAMESPACE))),
    "namespace-add": Description(_NAMESPACE, 201, query={"visibility": VISIBILITY}),
    "namespace-visibility": Description(status=204),
    "namespace-rm": Description(status=204, query={"force": {"enum": ["true", "false"]}}),
    "account-list": Description(answer(accounts=some(_ACCOUNT)), query={"kind": _KIND}),
    "account-add": Description(_ACCOUNT, 201, body=_ACCOUNT_SENT),
    "account-rm": Description(status=204),
    "account-disable": Description(status=204),
    "account-enable": Description(status=204),
    "account-passwd": Description(status=204, body=body("password", password=TEXT)),
    "passwd": Description(status=204, body=body("old", "new", old=TEXT, new=TEXT)),
    "api-key-list": Description(
        answer(api_keys=some(answer(**_API_KEY))),
        query={"account": TEXT, "all": {"enum": ["true", "false"]}},
    ),
    "api-key-create": Description(answer(**_API_KEY, api_key=TEXT), 201, body=_API_KEY_SENT),
    "api-key-rm": Description(status=204),
    "group-list": Description(answer(groups=some(_GROUP))),
    "group-add": Description(answer(name=TEXT), 201),
    "group-rm": Description(status=204),
    "group-member-add": Description(status=204),
    "group-member-rm": Description(status=204),
    "policy-list": Description(answer(policies=some(_GRANT))),
    "policy-add": Description(_GRANT, 201),
    "policy-rm": Description(status=204),
    "policy-add-here": Description(_GRANT, 201),
    "policy-rm-here": Description(status=204),
    "audit-log": Description(_AUDIT, query={**_AUDIT_QUERY, **_IN_NAMESPACE}),
    "audit-log-of": Description(_AUDIT, query=_AUDIT_QUERY),
    "image-list": Description(answer(images=some(_IMAGE)), query=_IN_NAMESPACE),
    "image-digests": Description(answer(digests=some(_DIGEST)), query=_IN_NAMESPACE),
    "image-prune-untagged": Description(
        answer(pruned=some(_GONE)),
        query={**_IN_NAMESPACE, "repository": NAME},
        needs=("namespace",),
    ),
    "trusted-issuer-list": Description(answer(trusted_issuers=some(_TRUSTED))),
    "trusted-issuer-put": Description(_TRUSTED, body=_TRUSTED_SENT),
    "trusted-issuer-rm": Description(status=204),
    "trash-list": Description(answer(trash=some(_TRASH)), query=_IN_NAMESPACE),
    "image-restore": Description(_TRASH, query={"reference": TEXT}, needs=("reference",)),
    "retention-policy-list": Description(answer(retentions=some(answer(**_POLICY)))),
    "retention-policy-show": Description(answer(**_POLICY)),
    "retention-policy-set": Description(_RETIRED, query=_IN_NAMESPACE, body=_POLICY_SENT),
    "retention-analyze": Description(_RETIRED, query=_IN_NAMESPACE, body=_POLICY_SENT),
    "retention-run": Description(_RETIRED, query=_IN_NAMESPACE, body=_POLICY_SENT),
    "quota": Description(_QUOTA, query=_IN_NAMESPACE),
    "quota-set": Description(
        _QUOTA,
        query=_IN_NAMESPACE,
        body=body(storage_megabytes=NUMBER, traffic_megabytes=NUMBER),
    ),
    "immutable-tags-list": Description(answer(immutable_tags=some(_IMMUTABLE))),
    "immutable-tags-set": Description(_IMMUTABLE, body=body(patterns=some(TEXT))),
    "exemption-list": Description(answer(exemptions=some(_EXEMPTED)), query=_IN_NAMESPACE),
    "exemption-add": Description(_EXEMPTED, 201, query=_IN_NAMESPACE, body=_EXEMPTION_SENT),
    "exemption-rm": Description(status=204, query=_IN_NAMESPACE, body=_EXEMPTION_SENT),
    "webhook-list": Description(answer(webhooks=some(_WEBHOOK)), query=_IN_NAMESPACE),
    "webhook-add": Description(
        _WEBHOOK,
        201,
        query=_IN_NAMESPACE,
        body=body("url", "events", url=TEXT, events=some(TEXT), namespace=NAME),
    ),
    "webhook-rm": Description(status=204, query=_IN_NAMESPACE),
    "webhook-test": Description(answer(delivered=FLAG, outcome=TEXT), query=_IN_NAMESPACE),
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
