"""From a server's answer back to the error it stands for.

An answer's code alone cannot rebuild every leaf; it gives the right kind, with the server's own sentence.
"""

from inkan import errors, strict_json
from inkan.errors import InkanError, JsonInvalidError

BY_CODE: dict[str, type[InkanError]] = {
    "UNAUTHORIZED": errors.DeniedError,
    "DENIED": errors.AccessDeniedError,
    "TOOMANYREQUESTS": errors.DeniedError,
    "UNTRUSTED": errors.UntrustedError,
    "CORRUPT": errors.CorruptError,
    "UNAVAILABLE": errors.UnavailableError,
}
BY_STATUS: dict[int, type[InkanError]] = {
    400: errors.InvalidError,
    401: errors.DeniedError,
    403: errors.DeniedError,
    404: errors.NotFoundError,
    405: errors.ConflictError,
    409: errors.ConflictError,
    413: errors.InvalidError,
    416: errors.ConflictError,
    429: errors.DeniedError,
}


def error_of(status: int, body: bytes) -> InkanError:
    """Return the error that a refusal stands for."""
    code, message = _first(body)
    # the registry's code for "not now, and not by you" is one: the status tells a clash from a missing right
    kind = errors.ConflictError if status == 409 else BY_CODE.get(code)
    kind = kind or BY_STATUS.get(status, errors.UnavailableError)
    return kind(message or f"the server answered {status}")


def _first(body: bytes) -> tuple[str, str]:
    try:
        first = strict_json.parse(body, limit_bytes=len(body))["errors"][0]
        return str(first.get("code", "")), str(first.get("message", ""))
    except (JsonInvalidError, KeyError, IndexError, TypeError, AttributeError):
        return "", ""
