"""How the management API words an error: the registry's envelope, a code for each kind."""

import json

from inkan import errors
from inkan.errors import InkanError
from inkan.web.authority import Authority
from inkan.web.messages import Request, Response

TABLE: dict[type[InkanError], tuple[int, str]] = {
    errors.NamespaceInvalidError: (400, "NAMESPACE_INVALID"),
    errors.NamespaceUnknownError: (404, "NAMESPACE_UNKNOWN"),
    errors.NamespaceExistsError: (409, "NAMESPACE_EXISTS"),
    errors.NamespaceNotEmptyError: (409, "NAMESPACE_NOT_EMPTY"),
    errors.NamespaceQuotaError: (409, "NAMESPACE_QUOTA"),
    errors.BodyTooLargeError: (413, "SIZE_INVALID"),
    errors.InvalidError: (400, "INVALID"),
    errors.TagImmutableError: (409, "TAG_IMMUTABLE"),
    errors.TagTakenError: (409, "TAG_TAKEN"),
    errors.MethodUnsupportedError: (405, "UNSUPPORTED"),
    errors.TrashUnknownError: (404, "TRASH_UNKNOWN"),
    errors.TrustedIssuerUnknownError: (404, "TRUSTED_ISSUER_UNKNOWN"),
    errors.WebhookUnknownError: (404, "WEBHOOK_UNKNOWN"),
    errors.ExemptionUnknownError: (404, "EXEMPTION_UNKNOWN"),
    errors.NotFoundError: (404, "NOT_FOUND"),
    errors.ConflictError: (409, "CONFLICT"),
    errors.AuthenticationRequiredError: (401, "UNAUTHORIZED"),
    errors.CredentialsInvalidError: (401, "UNAUTHORIZED"),
    errors.TooManyAttemptsError: (429, "TOOMANYREQUESTS"),
    errors.QuotaExceededError: (403, "QUOTA_EXCEEDED"),
    errors.DeniedError: (403, "DENIED"),
    errors.UntrustedError: (403, "UNTRUSTED"),
    errors.UnavailableError: (503, "UNAVAILABLE"),
    errors.CorruptError: (500, "CORRUPT"),
}


class AdminProblems:
    """Renders errors as the management API words them."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def __call__(self, error: InkanError, request: Request) -> Response:
        """Return the answer for an error."""
        status, code = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
        body = {"errors": [{"code": code, "message": str(error)}]}
        response = Response(
            status, [("Content-Type", "application/json")], json.dumps(body).encode()
        )
        if status == 401:
            scope = error.scope if isinstance(error, errors.AuthenticationRequiredError) else ""
            problem = error.problem if isinstance(error, errors.AuthenticationRequiredError) else ""
            challenge = self._authority.challenge(request, scope, problem)
            response.headers.append(("WWW-Authenticate", challenge))
        if isinstance(error, errors.MethodUnsupportedError):
            response.headers.append(("Allow", ", ".join(error.allowed)))
        return response
