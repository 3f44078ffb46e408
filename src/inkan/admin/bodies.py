"""Bodies of the management API: JSON objects whose members are known, each of its kind."""

from typing import Any

from inkan import limits, strict_json
from inkan.errors import RequestInvalidError
from inkan.web.messages import Request


class Body:
    """A JSON object, read member by member; one that nobody reads is an error."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    @classmethod
    async def of(cls, request: Request) -> "Body":
        """Return the body of a request.

        Raises:
            JsonInvalidError: if it is not JSON.
            RequestInvalidError: if it is no object.
        """
        tree = strict_json.parse(await request.body(), limit_bytes=limits.API_BODY_BYTES)
        if not isinstance(tree, dict):
            raise RequestInvalidError("the body is not a JSON object")
        return cls(tree)

    def text(self, name: str) -> str:
        """Return a member that is a text; empty where it is absent."""
        value = self._members.pop(name, "")
        if not isinstance(value, str):
            raise RequestInvalidError(f"{name} is not a text")
        return value

    def number(self, name: str, absent: int) -> int:
        """Return a member that is a whole number."""
        value = self._members.pop(name, absent)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RequestInvalidError(f"{name} is not a whole number")
        return value

    def flag(self, name: str, *, absent: bool) -> bool:
        """Return a member that is true or false."""
        value = self._members.pop(name, absent)
        if not isinstance(value, bool):
            raise RequestInvalidError(f"{name} is not true or false")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a member that is a list of texts."""
        value = self._members.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise RequestInvalidError(f"{name} is not a list of texts")
        return value

    def take(self, name: str) -> "Body | None":
        """Return a member that is an object in its turn; nothing where it is absent."""
        value = self._members.pop(name, None)
        if value is not None and not isinstance(value, dict):
            raise RequestInvalidError(f"{name} is not an object")
        return Body(value) if value is not None else None

    def has(self, name: str) -> bool:
        """Return whether there is such a member."""
        return name in self._members

    def end(self) -> None:
        """Return if nothing is left that nobody has read.

        Raises:
            RequestInvalidError: if something is.
        """
        if self._members:
            raise RequestInvalidError(f"nobody knows the member {next(iter(self._members))[:80]!r}")
