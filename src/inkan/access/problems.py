"""How the token service words an error: docker reads `errors[].message`, OAuth clients read `error` and `error_description`."""

import json

from inkan import errors
from inkan.errors import InkanError
from inkan.web.messages import Request, Response

TABLE: dict[type[InkanError], tuple[int, str, str]] = {
    errors.CredentialsInvalidError: (401, "UNAUTHORIZED", "invalid_grant"),
    errors.GrantInvalidError: (400, "DENIED", "invalid_grant"),
    errors.GrantPendingError: (400, "DENIED", "authorization_pending"),
    errors.GrantTooSoonError: (400, "DENIED", "slow_down"),
    errors.IdentityInvalidError: (400, "DENIED", "invalid_grant"),
    errors.AuthenticationRequiredError: (401, "UNAUTHORIZED", "invalid_client"),
    errors.TooManyAttemptsError: (429, "TOOMANYREQUESTS", "temporarily_unavailable"),
    errors.DeniedError: (403, "DENIED", "access_denied"),
    errors.MethodUnsupportedError: (405, "UNSUPPORTED", "invalid_request"),
    errors.NotFoundError: (404, "NOT_FOUND", "invalid_request"),
    errors.BodyTooLargeError: (413, "SIZE_INVALID", "invalid_request"),
    errors.InvalidError: (400, "UNSUPPORTED", "invalid_request"),
    errors.ConflictError: (409, "UNSUPPORTED", "invalid_request"),
    errors.UntrustedError: (400, "UNSUPPORTED", "invalid_request"),
    errors.UnavailableError: (503, "UNAVAILABLE", "temporarily_unavailable"),
    errors.CorruptError: (500, "UNKNOWN", "server_error"),
}


def render(error: InkanError, _request: Request) -> Response:
    """Return the token service's answer for an error."""
    status, code, oauth = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    body = {
        "errors": [{"code": code, "message": str(error)}],
        "error": oauth,
        "error_description": str(error),
    }
    response = Response(status, [("Content-Type", "application/json")], json.dumps(body).encode())
    if status == 401:
        response.headers.append(("WWW-Authenticate", 'Basic realm="inkan"'))
    if isinstance(error, errors.TooManyAttemptsError):
        response.headers.append(("Retry-After", str(error.retry_after_seconds)))
    if isinstance(error, errors.MethodUnsupportedError):
        response.headers.append(("Allow", ", ".join(error.allowed)))
    return response
