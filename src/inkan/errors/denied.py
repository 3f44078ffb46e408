"""The caller may not."""

from inkan.errors.root import InkanError


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
    """The name or the password is wrong; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("wrong user name or password")


class PassphraseInvalidError(DeniedError):
    """A passphrase is wrong, or the file under it was changed; neither is told from the other."""

    def __init__(self) -> None:
        super().__init__("passphrase incorrect, or the file was changed")


class AccessDeniedError(DeniedError):
    """A known caller lacks a right; the text says which, and who or what can help."""


class TooManyAttemptsError(DeniedError):
    """Too many failed log-ins; more are answered after a wait."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"too many failed log-ins; try again in {retry_after_seconds} seconds")
        self.retry_after_seconds = retry_after_seconds
