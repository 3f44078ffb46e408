"""The first start: an administrator who can log in, and the words that tell a person what to do next."""

import secrets
from pathlib import Path

from inkan.access.accounts import AccountService
from inkan.durable_file import write_durably
from inkan.errors import DataFolderError
from inkan.server.setting_words import Secret
from inkan.server.settings import Settings
from inkan.store.layout import DataFolder

ADMIN = "admin"


async def ensure_admin(
    accounts: AccountService, folder: DataFolder, given: Secret | None
) -> Path | None:
    """Make the `admin` account if there is no account at all.

    Args:
        accounts: where it is made.
        folder: where a random password is kept, readable by its owner only.
        given: the password, if the operator chose one; it is then written nowhere.

    Returns:
        The file that holds the password, where one was made up.

    Raises:
        DataFolderError: if the password file cannot be written.
    """
    if await accounts.exist():
        return folder.admin_password if folder.admin_password.exists() else None
    if given is not None:
        await accounts.create_first(ADMIN, given.reveal())
        return None
    password = secrets.token_urlsafe(24)
    try:
        # the file first: an account whose password nobody can read would be worse than a file without account
        write_durably(folder.admin_password, f"{password}\n".encode(), 0o600)
    except OSError as error:
        raise DataFolderError(f"data: {folder.admin_password}: {error.strerror}") from error
    if not await accounts.create_first(ADMIN, password):
        # another server on the same database was faster: the password in our file is nobody's
        folder.admin_password.unlink()
        return None
    return folder.admin_password


def next_steps(settings: Settings, folder: DataFolder, password_file: Path | None) -> str:
    """Return what a person does after the first start."""
    host = _address_for_people(settings, settings.listen.port)
    lines = [f"Inkan serves {settings.scheme}://{host} from {folder.root.resolve()}", ""]
    if password_file:
        login = f"inkan login {host} -u {ADMIN} --password-stdin < {password_file}"
    else:
        login = f"inkan login {host} -u {ADMIN}"
    if settings.tls.mode == "auto":
        login = login.replace(f" {host}", f" {host} --ca {folder.ca_certificate}", 1)
    lines += ["Log in and make a namespace:", f"  {login}", "  inkan namespace-add NAMESPACE", ""]
    if settings.tls.mode == "auto":
        lines += [
            f"Clients verify this server with its CA, {folder.ca_certificate}:",
            f"  docker engine:  /etc/docker/certs.d/{host}/ca.crt",
            f"  content trust:  ~/.docker/tls/{host}/ca.crt",
            "",
        ]
    lines += [
        "Push and pull signed images with docker:",
        "  export DOCKER_CONTENT_TRUST=1",
        f"  docker login {host} -u {ADMIN}",
        f"  docker push {host}/NAMESPACE/IMAGE:TAG",
    ]
    return "\n".join(lines)


def _address_for_people(settings: Settings, port: int) -> str:
    name = settings.host[0] if settings.host else settings.host_names[0]
    if name in ("127.0.0.1", "[::1]"):
        name = "localhost"
    if ":" in name.rpartition("]")[2]:
        return name
    default_port = 443 if settings.scheme == "https" else 80
    return name if port == default_port else f"{name}:{port}"
