"""What works without the server's parts. For programs there is one class: `from inkan.client import Client`; see `inkan.client.library`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkan.client.library import Client, Resolved, folder
    from inkan.client.places import Place

__all__ = ["Client", "Place", "Resolved", "folder"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: a command that needs none of it starts without it."""
    if name not in __all__:
        raise AttributeError(name)
    room = "places" if name == "Place" else "library"
    return getattr(import_module(f"inkan.client.{room}"), name)
