"""The client's one look at the environment: where its own files and docker's are."""

import os
from pathlib import Path


def variable(name: str) -> str:
    """Return an environment variable; empty where it is not set."""
    return os.environ.get(name, "")  # noqa: TID251 - the client's one place that reads it


def content_trust_is_off() -> bool:
    """Return whether `DOCKER_CONTENT_TRUST` says off in a word of Go's; where it says nothing, content trust is on."""
    return variable("DOCKER_CONTENT_TRUST") in ("0", "f", "F", "false", "FALSE", "False")


def docker_folder() -> Path:
    """Return docker's configuration folder."""
    chosen = variable("DOCKER_CONFIG")
    return Path(chosen) if chosen else Path.home() / ".docker"


def config_file() -> Path:
    """Return Inkan's own configuration file."""
    if chosen := variable("INKAN_CONFIG"):
        return Path(chosen)
    base = variable("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "inkan" / "config.json"
