"""How the trust API words an error.

A stock client shows a person only what stands in `errors[0].detail` of a 400, and only in the shape of Notary's own validation errors, in
a body of at most 1 KiB. So every 400 carries its sentence there, whatever its code.

Source: Notary v1, errcode registry and `validation.SerializableError`; measured with docker 28.2 and notary 0.7.0.
"""

import json
from dataclasses import dataclass

from inkan import errors
from inkan.errors import InkanError, PublicationRefusedError
from inkan.web.authority import Authority
from inkan.web.messages import Request, Response

_SENTENCE_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class WireError:
    """A status and a code; the message is what Notary's registry of codes says."""

    status: int
    code: str
    message: str


_INVALID_UPDATE = WireError(400, "INVALID_UPDATE", "Update sent by the client is invalid.")
_MALFORMED = WireError(400, "MALFORMED_UPLOAD", "The body of your request is malformed.")
_INVALID_GUN = WireError(
    400, "INVALID_GUN", "The server does not support actions on images of this name."
)
_UNAUTHORIZED = WireError(401, "UNAUTHORIZED", "authentication required")
_UNKNOWN = WireError(500, "UNKNOWN", "unknown error")
_UNAVAILABLE = WireError(503, "UNAVAILABLE", "the service is unavailable; try again later")

TABLE: dict[type[InkanError], WireError] = {
    errors.PublicationRefusedError: _INVALID_UPDATE,
    errors.MetadataInvalidError: _INVALID_UPDATE,
    errors.UntrustedError: _INVALID_UPDATE,
    errors.BodyTooLargeError: _MALFORMED,
    errors.JsonInvalidError: WireError(
        400, "MALFORMED_JSON", "JSON sent by the client could not be parsed by the server"
    ),
    errors.RoleInvalidError: WireError(
        400, "INVALID_ROLE", "The role you are attempting to operate on is invalid."
    ),
    errors.FileNameMissingError: WireError(400, "NO_FILENAME", "No file/role name provided."),
    errors.GunInvalidError: _INVALID_GUN,
    errors.NameInvalidError: _INVALID_GUN,
    errors.NamespaceInvalidError: _INVALID_GUN,
    errors.PageInvalidError: WireError(
        400, "INVALID_PARAMETERS", "The parameters provided are not valid."
    ),
    errors.InvalidError: _MALFORMED,
    errors.MetadataVersionError: WireError(
        400, "VERSION", "A newer version of metadata is already available."
    ),
    errors.MethodUnsupportedError: WireError(
        405, "UNSUPPORTED", "The operation is not supported here."
    ),
    errors.ConflictError: _INVALID_UPDATE,
    errors.NotFoundError: WireError(
        404, "METADATA_NOT_FOUND", "You have requested metadata that does not exist."
    ),
    # 401, also for a known caller: stock clients word a 403 as "unable to reach trust server"
    errors.AuthenticationRequiredError: _UNAUTHORIZED,
    errors.CredentialsInvalidError: _UNAUTHORIZED,
    errors.AccessDeniedError: _UNAUTHORIZED,
    errors.DeniedError: _UNAUTHORIZED,
    errors.TooManyAttemptsError: WireError(429, "TOOMANYREQUESTS", "too many requests"),
    errors.UnavailableError: _UNAVAILABLE,
    errors.CorruptError: _UNKNOWN,
}


def wire_error(error: InkanError) -> WireError:
    """Return the row for an error: its own or that of its nearest ancestor."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


class TrustProblems:
    """Renders errors as the trust API words them."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def __call__(self, error: InkanError, request: Request) -> Response:
        """Return the answer for an error."""
        wire = wire_error(error)
        body: dict[str, object] = {"code": wire.code, "message": wire.message}
        if wire.status == 400:
            body["detail"] = _detail(error)
        elif wire.status == 404:
            body["detail"] = {}
        elif wire.status < 500:
            body["detail"] = str(error)[:_SENTENCE_CHARACTERS]
        response = Response(wire.status, [("Content-Type", "application/json; charset=utf-8")])
        response.body = json.dumps({"errors": [body]}).encode() + b"\n"
        if wire.status == 401:
            response.headers.append(("WWW-Authenticate", self._challenge(error, request)))
        if isinstance(error, errors.TooManyAttemptsError):
            response.headers.append(("Retry-After", str(error.retry_after_seconds)))
        if isinstance(error, errors.MethodUnsupportedError):
            response.headers.append(("Allow", ", ".join(error.allowed)))
        return response

    def _challenge(self, error: InkanError, request: Request) -> str:
        if isinstance(error, errors.AuthenticationRequiredError):
            return self._authority.challenge(request, error.scope, error.problem)
        problem = "insufficient_scope" if isinstance(error, errors.AccessDeniedError) else ""
        return self._authority.challenge(request, "", problem)


def _detail(error: InkanError) -> dict[str, object]:
    inner: dict[str, object] = {"Msg": str(error)[:_SENTENCE_CHARACTERS]}
    if not isinstance(error, PublicationRefusedError):
        return {"Name": "ErrValidation", "Error": inner}
    if error.missing:
        inner["Missing"] = error.missing
    return {"Name": error.kind, "Error": inner}
