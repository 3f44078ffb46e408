"""`docker inkan …`, and for Docker 29 and later `docker trust …`: plugins of docker's command line that run `inkan`.

Docker 28 and earlier have a `trust` of their own, which goes before a plugin of that name.

Source: docker CLI, `cli-plugins/manager` (metadata, candidates); removal of `docker trust` in 29.0.0.
"""

import json
import shlex
import sys
from pathlib import Path

from inkan import __version__
from inkan.client.environment import docker_folder
from inkan.durable_file import write_durably
from inkan.errors import StorageUnavailableError

PLUGINS = {
    "inkan": "A container registry with trusted content",
    "trust": "Manage trust on container images",
}


def install() -> list[Path]:
    """Put the plugins where docker looks for a person's own; return their files.

    Raises:
        StorageUnavailableError: if they cannot be written.
    """
    folder = docker_folder() / "cli-plugins"
    files = []
    for name, text in PLUGINS.items():
        path = folder / f"docker-{name}"
        try:
            write_durably(path, _script(name, text).encode(), 0o755)
        except OSError as error:
            raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error
        files.append(path)
    return files


def _script(name: str, text: str) -> str:
    metadata = {
        "SchemaVersion": "0.1.0",
        "Vendor": "Inkan",
        "Version": __version__,
        "ShortDescription": text,
    }
    program = shlex.join([sys.executable, "-m", "inkan.cli.main"])
    words = '"$@"' if name == "inkan" else f'{name} "$@"'
    return (
        "#!/bin/sh\n"
        'if [ "$1" = docker-cli-plugin-metadata ]; then\n'
        f"  printf '%s\\n' {shlex.quote(json.dumps(metadata))}\n"
        "  exit 0\n"
        "fi\n"
        "# docker hands over its own options first, then the plugin's name\n"
        f'while [ $# -gt 0 ]; do word=$1; shift; [ "$word" = {name} ] && break; done\n'
        f"exec {program} {words}\n"
    )
