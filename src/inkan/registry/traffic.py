"""Pulled bytes, told to the quotas as answers go out, also those that are repeated from memory."""

from inkan.registry.quotas import Quotas
from inkan.web.answer_memory import Asked

_PULLS = {"manifest-get": "/manifests/", "blob-get": "/blobs/"}


class Traffic:
    """Counts answers to pulls."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    def __call__(self, asked: Asked, size_bytes: int) -> None:
        """Take one answer."""
        if asked.operation in _PULLS and asked.method == "GET" and size_bytes:
            # the path is `/v2/<namespace>/…`: the row would not have matched otherwise
            self._quotas.pulled(asked.path[4 : asked.path.index("/", 4)], size_bytes)
