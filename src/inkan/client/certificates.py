"""Which CAs vouch for a registry. Certificates are always verified: also on loopback, where docker does not.

Looked for in order: `$INKAN_CA`, docker's folder for content trust, docker's folder for the engine, the system's.

```text
~/.docker/tls/HOST[:PORT]/*.crt          /etc/docker/certs.d/HOST[:PORT]/*.crt
```
"""

import ssl
from pathlib import Path

from inkan.client.environment import docker_folder, variable
from inkan.client.private_file import write_private
from inkan.errors import SettingInvalidError
from inkan.limits import CERTIFICATE_BUNDLE_BYTES


def context_for(host: str) -> ssl.SSLContext:
    """Return the TLS context for a registry.

    Raises:
        SettingInvalidError: if a CA file cannot be used.
    """
    files = _ca_files(host)
    if not files:
        return ssl.create_default_context()
    context = ssl.create_default_context()
    for file in files:
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError) as error:
            raise SettingInvalidError(f"the CA file {file} cannot be used") from error
    return context


def install_ca(host: str, file: Path) -> Path:
    """Keep a CA certificate where docker looks for it; return that file.

    Raises:
        SettingInvalidError: if the file is no certificate.
        StorageUnavailableError: if it cannot be kept.
    """
    try:
        text = file.read_bytes()[: CERTIFICATE_BUNDLE_BYTES + 1]
    except OSError as error:
        raise SettingInvalidError(f"--ca: {file} cannot be read: {error.strerror}") from error
    return keep_ca(host, text)


def keep_ca(host: str, pem: bytes) -> Path:
    """Keep a CA certificate, in PEM form, where docker looks for it; return that file.

    Raises:
        SettingInvalidError: if it is no certificate.
        StorageUnavailableError: if it cannot be kept.
    """
    try:
        if len(pem) > CERTIFICATE_BUNDLE_BYTES:
            raise SettingInvalidError("the CA certificate is too large for one")
        ssl.create_default_context(cadata=pem.decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise SettingInvalidError("the CA certificate is none in PEM form") from error
    kept = docker_folder() / "tls" / host / "ca.crt"
    write_private(kept, pem)
    return kept


def _ca_files(host: str) -> list[Path]:
    if chosen := variable("INKAN_CA"):
        return [Path(chosen)]
    folders = (docker_folder() / "tls" / host, Path("/etc/docker/certs.d") / host)
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.crt"))]
