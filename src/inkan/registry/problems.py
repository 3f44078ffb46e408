"""How the registry words an error.

Source: OCI Distribution Specification 1.1 § Error Codes; Docker Registry HTTP API V2 § Errors.
"""

import json

from inkan import errors
from inkan.errors import InkanError
from inkan.web.authority import Authority
from inkan.web.messages import Request, Response

TABLE: dict[type[InkanError], tuple[int, str]] = {
    errors.NameInvalidError: (400, "NAME_INVALID"),
    errors.GunInvalidError: (400, "NAME_INVALID"),
    errors.TagInvalidError: (400, "TAG_INVALID"),
    errors.DigestInvalidError: (400, "DIGEST_INVALID"),
    errors.DigestMismatchError: (400, "DIGEST_INVALID"),
    errors.SizeMismatchError: (400, "SIZE_INVALID"),
    errors.ManifestInvalidError: (400, "MANIFEST_INVALID"),
    errors.ManifestBlobUnknownError: (400, "MANIFEST_BLOB_UNKNOWN"),
    errors.PageInvalidError: (400, "PAGINATION_NUMBER_INVALID"),
    errors.BodyTooLargeError: (413, "SIZE_INVALID"),
    errors.BodyIncompleteError: (400, "BLOB_UPLOAD_INVALID"),
    errors.InvalidError: (400, "UNSUPPORTED"),
    errors.RepositoryUnknownError: (404, "NAME_UNKNOWN"),
    errors.ManifestUnknownError: (404, "MANIFEST_UNKNOWN"),
    errors.BlobUnknownError: (404, "BLOB_UNKNOWN"),
    errors.UploadUnknownError: (404, "BLOB_UPLOAD_UNKNOWN"),
    errors.NotFoundError: (404, "NAME_UNKNOWN"),
    errors.UploadRangeError: (416, "RANGE_INVALID"),
    errors.UploadBusyError: (416, "RANGE_INVALID"),
    errors.RangeUnsatisfiableError: (416, "RANGE_INVALID"),
    errors.TagImmutableError: (409, "DENIED"),
    errors.MethodUnsupportedError: (405, "UNSUPPORTED"),
    errors.ConflictError: (409, "DENIED"),
    errors.AuthenticationRequiredError: (401, "UNAUTHORIZED"),
    errors.CredentialsInvalidError: (401, "UNAUTHORIZED"),
    errors.TooManyAttemptsError: (429, "TOOMANYREQUESTS"),
    errors.DeniedError: (403, "DENIED"),
    errors.UntrustedError: (403, "DENIED"),
    errors.UnavailableError: (503, "UNAVAILABLE"),
    errors.CorruptError: (500, "UNKNOWN"),
}


class RegistryProblems:
    """Renders errors as the registry words them."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def __call__(self, error: InkanError, request: Request) -> Response:
        """Return the answer for an error."""
        status, code = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
        body: dict[str, object] = {"code": code, "message": str(error)}
        if isinstance(error, errors.ManifestBlobUnknownError):
            body["detail"] = [{"digest": digest} for digest in error.digests]
        headers = [("Content-Type", "application/json"), *self._headers(error, request)]
        return Response(status, headers, json.dumps({"errors": [body]}).encode())

    def _headers(self, error: InkanError, request: Request) -> list[tuple[str, str]]:  # noqa: PLR0911 - a table
        match error:
            case errors.AuthenticationRequiredError():
                scope = _with_mount(request, error.scope)
                value = self._authority.challenge(request, scope, error.problem)
                return [("WWW-Authenticate", value)]
            case errors.CredentialsInvalidError():
                return [("WWW-Authenticate", self._authority.challenge(request, "", ""))]
            case errors.UploadRangeError():
                fields = upload_headers(error.repository, error.upload_id, error.offset)
                # regctl goes on one byte behind what a refusal says, and `0-0` is not one byte here
                return fields if error.offset else [one for one in fields if one[0] != "Range"]
            case errors.RangeUnsatisfiableError():
                return [("Content-Range", f"bytes */{error.size_bytes}")]
            case errors.MethodUnsupportedError():
                return [("Allow", ", ".join(error.allowed))]
            case errors.TooManyAttemptsError():
                return [("Retry-After", str(error.retry_after_seconds))]
        return []


def _with_mount(request: Request, scope: str) -> str:
    """Ask at once for the right to read where a blob is mounted from: clients take the scope as it stands."""
    source = request.query("from") if request.query("mount") else None
    return f"{scope} repository:{source}:pull" if scope and source else scope


def upload_headers(repository: str, upload_id: str, offset: int) -> list[tuple[str, str]]:
    """Return the fields that tell a client where an upload is and how far it has come.

    `Range` is `0-<last byte>`; with nothing there it is `0-0` as in the reference, which clients read as "begin".
    """
    return [
        ("Location", f"/v2/{repository}/blobs/uploads/{upload_id}"),
        ("Range", f"0-{max(0, offset - 1)}"),
        ("Docker-Upload-UUID", upload_id),
    ]
