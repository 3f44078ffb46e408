"""The caller may not."""

from inkan.errors.root import InkanError

_MIB = 1024 * 1024


class DeniedError(InkanError):
    """The caller may not."""


class AuthenticationRequiredError(DeniedError):
    """A credential, or a token with more scope, would help.

    Attributes:
        scope: the scope a token needs for this request; empty when any valid token would do.
        problem: `""` (no token came), `invalid_token` or `insufficient_scope`, as RFC 6750 § 3.1 names them.
    """

    def __init__(self, scope: str = "", problem: str = "") -> None:
        super().__init__("authentication required; log in with: inkan login, or docker login")
        self.scope = scope
        self.problem = problem


class CredentialsInvalidError(DeniedError):
    """The name or the password is wrong; which of them is not said.

    Attributes:
        sign_on: the host where people may log in at their organisation instead; said to everybody alike, so that it tells nobody who has an account.
    """

    def __init__(self, sign_on: str = "") -> None:
        hint = f"; if your organisation vouches for you: inkan login --sso {sign_on}"
        super().__init__(f"wrong user name or password{hint if sign_on else ''}")
        self.sign_on = sign_on


class GrantInvalidError(DeniedError):
    """What a token was asked for with is not good, or no longer: it ended, was revoked, or was used before."""

    def __init__(self) -> None:
        super().__init__("that has ended or was used before; log in again")


class GrantPendingError(DeniedError):
    """A person has not finished the log-in yet that is asked about."""

    def __init__(self) -> None:
        super().__init__("nobody has confirmed this log-in yet; ask again")


class GrantTooSoonError(DeniedError):
    """It was asked again sooner than was said."""

    def __init__(self) -> None:
        super().__init__("that is too often; wait five seconds longer between two questions")


class IdentityInvalidError(DeniedError):
    """What is said of somebody's identity cannot be believed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the identity provider's word is not accepted: {reason}")


class PassphraseInvalidError(DeniedError):
    """A passphrase is wrong, or the file under it was changed; neither is told from the other."""

    def __init__(self) -> None:
        super().__init__("passphrase incorrect, or the file was changed")


class AccessDeniedError(DeniedError):
    """A known caller lacks a right; the text says which, and who or what can help."""


class QuotaExceededError(DeniedError):
    """As much is kept, or was pulled this month, as may be.

    Attributes:
        namespace: whose quota it is; empty for the whole registry's.
    """

    def __init__(self, kind: str, namespace: str, used_bytes: int, limit_bytes: int) -> None:
        whose = f"namespace {namespace}" if namespace else "this registry"
        where = f" --namespace {namespace}" if namespace else ""
        fix = (
            "delete images, or raise it"
            if kind == "storage"
            else "wait for next month, or raise it"
        )
        super().__init__(
            f"the {kind} quota of {whose} is used up ({used_bytes / _MIB:.1f} of {limit_bytes / _MIB:.1f} MB); "
            f"{fix}: inkan quota-set --{kind} MB{where}"
        )
        self.namespace = namespace


class TooManyAttemptsError(DeniedError):
    """Too many failed log-ins, or too many begun; more are answered after a wait."""

    def __init__(self, retry_after_seconds: int, what: str = "too many failed log-ins") -> None:
        super().__init__(f"{what}; try again in {retry_after_seconds} seconds")
        self.retry_after_seconds = retry_after_seconds
