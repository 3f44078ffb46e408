"""A Docker engine, through its socket: where images come from and go to when no folder is named.

Source: Docker Engine API 1.41, `GET /images/{name}/get`, `POST /images/load`.
"""

import http.client
import socket
from pathlib import Path
from urllib.parse import quote

from inkan import limits
from inkan.client.environment import variable
from inkan.errors import (
    JsonInvalidError,
    NotFoundError,
    RequestInvalidError,
    ServerUnreachableError,
)
from inkan.oci.platform import Platform
from inkan.strict_json import parse

_DEFAULT = "unix:///var/run/docker.sock"
_SECONDS = 600


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)


class Engine:
    """The engine that docker talks to: `DOCKER_HOST`, if it is a socket.

    Raises:
        ServerUnreachableError: if it is something else.
    """

    def __init__(self) -> None:
        host = variable("DOCKER_HOST") or _DEFAULT
        if not host.startswith("unix://"):
            raise ServerUnreachableError(
                f"an engine at {host} is not spoken to; name a folder instead"
            )
        self._path = host.removeprefix("unix://")

    def platform(self) -> Platform:
        """Return what the engine runs images for.

        Raises:
            ServerUnreachableError: if there is no engine.
        """
        connection = _SocketConnection(self._path)
        try:
            connection.request("GET", "/version")
            response = connection.getresponse()
            self._require_ok(response)
            tree = parse(response.read(limits.MIB), limit_bytes=limits.MIB)
            return Platform.parse(f"{tree['Os']}/{tree['Arch']}")
        except OSError as error:
            raise self._away(error) from error
        except (JsonInvalidError, LookupError, TypeError, RequestInvalidError) as error:
            raise ServerUnreachableError(f"{self._path} is no Docker engine's") from error
        finally:
            connection.close()

    def save(self, name: str, path: Path) -> None:
        """Write an image of the engine as a docker-archive.

        Raises:
            NotFoundError: if the engine has no such image.
            ServerUnreachableError: if there is no engine.
        """
        connection = _SocketConnection(self._path)
        try:
            connection.request("GET", f"/images/{quote(name, safe='')}/get")
            response = connection.getresponse()
            if response.status == http.client.NOT_FOUND:
                response.read()
                raise NotFoundError(f"No such image: {name}")
            self._require_ok(response)
            with path.open("wb") as file:
                while piece := response.read(limits.PIECE_BYTES):
                    file.write(piece)
        except OSError as error:
            raise self._away(error) from error
        finally:
            connection.close()

    def load(self, path: Path) -> None:
        """Take the images of a docker-archive into the engine.

        Raises:
            ServerUnreachableError: if there is no engine, or it refuses.
        """
        connection = _SocketConnection(self._path)
        try:
            with path.open("rb") as file:
                headers = {
                    "Content-Type": "application/x-tar",
                    "Content-Length": str(path.stat().st_size),
                }
                connection.request("POST", "/images/load?quiet=1", body=file, headers=headers)
                response = connection.getresponse()
                self._require_ok(response)
                said = response.read(limits.MIB).decode(errors="replace")
        except OSError as error:
            raise self._away(error) from error
        finally:
            connection.close()
        if '"error"' in said:
            raise ServerUnreachableError(f"the engine refuses the image: {said[:500]}")

    def _require_ok(self, response: http.client.HTTPResponse) -> None:
        if response.status != http.client.OK:
            said = response.read(limits.MIB).decode(errors="replace")[:500]
            raise ServerUnreachableError(f"the engine answers {response.status}: {said}")

    def _away(self, error: OSError) -> ServerUnreachableError:
        return ServerUnreachableError(
            f"there is no engine at {self._path} ({error.strerror or error}); name a folder instead: --from or --to"
        )
