"""Where the passphrases of key files come from: docker's variables, files that variables name, else a person.

```text
DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE          INKAN_ROOT_PASSPHRASE_FILE           INKAN_ROOT_PASSPHRASE_FD          the root key
DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE    INKAN_REPOSITORY_PASSPHRASE_FILE     INKAN_REPOSITORY_PASSPHRASE_FD    every other key
```

Never an argument: those are everybody's to read.

Source: docker CLI, `cli/trust/trust.go`, `GetPassphraseRetriever`.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from inkan import limits
from inkan.client.environment import variable
from inkan.errors import PassphraseRequiredError, RequestInvalidError

Ask = Callable[[str], str]


class Passphrases:
    """Gives the passphrases of key files.

    Args:
        ask: asks a person for something that does not show; raises where there is nobody.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._given: dict[str, str] = {}

    def of(self, key_id: str, role: str) -> str:
        """Return the passphrase of a key that exists."""
        if key_id in self._given:
            return self._given[key_id]
        return _configured(role) or self._ask(
            f"Enter passphrase for {role} key with ID {key_id[:7]}"
        )

    def remember(self, key_id: str, passphrase: str) -> None:
        """Remember what opened a key, for as long as this command runs."""
        self._given[key_id] = passphrase

    def new(self, role: str) -> str:
        """Return a passphrase for a new key.

        Raises:
            RequestInvalidError: if it is too short, or was typed differently the second time.
        """
        chosen = _configured(role)
        if not chosen:
            chosen = self._ask(f"Enter passphrase for new {role} key")
            if self._ask(f"Repeat passphrase for new {role} key") != chosen:
                raise RequestInvalidError("passphrases do not match")
        if len(chosen) < limits.PASSPHRASE_CHARACTERS_MIN:
            raise RequestInvalidError(
                f"a passphrase needs {limits.PASSPHRASE_CHARACTERS_MIN} characters or more"
            )
        return chosen


def nobody_to_ask(label: str) -> str:
    """Refuse to wait for a person.

    Raises:
        PassphraseRequiredError: always; it says what to do instead.
    """
    raise PassphraseRequiredError(
        f"{label}: there is nobody to ask; set DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"
    )


def _configured(role: str) -> str:
    kind = "ROOT" if role == "root" else "REPOSITORY"
    if given := variable(f"DOCKER_CONTENT_TRUST_{kind}_PASSPHRASE"):
        return given
    return from_file(f"INKAN_{kind}_PASSPHRASE") or from_descriptor(f"INKAN_{kind}_PASSPHRASE_FD")


def from_file(name: str) -> str:
    """Return the first line of the file that the variable NAME_FILE names; empty where it names none.

    Raises:
        PassphraseRequiredError: if it cannot be read.
    """
    file = variable(f"{name}_FILE")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise PassphraseRequiredError(f"{name}_FILE cannot be read: {error}") from error


@cache
def from_descriptor(name: str) -> str:
    """Return what comes from the open file descriptor that a variable numbers, read once; empty where it numbers none.

    Raises:
        PassphraseRequiredError: if it is no descriptor that can be read.
    """
    number = variable(name)
    if not number:
        return ""
    try:
        with open(int(number), "rb", closefd=False) as file:
            return file.read(limits.KEY_FILE_BYTES).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise PassphraseRequiredError(f"{name} is no descriptor to read from: {error}") from error
