"""The few forms of DER that key files are made of.

Source: ITU-T X.690 §§ 8, 10.
"""

from inkan.errors import KeyInvalidError

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30


def encode(tag: int, content: bytes) -> bytes:
    """Return one element."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*elements: bytes) -> bytes:
    """Return a sequence of elements."""
    return encode(SEQUENCE, b"".join(elements))


def integer(number: int) -> bytes:
    """Return a number that is not negative."""
    return encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1))


def oid(text: str) -> bytes:
    """Return an object identifier."""
    first, second, *rest = (int(one) for one in text.split("."))
    content = bytearray([first * 40 + second])
    for number in rest:
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return encode(OID, bytes(content))


class Reader:
    """Takes elements from the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, tag: int) -> bytes:
        """Return the content of the next element, which must have a tag.

        Raises:
            KeyInvalidError: if it has another, or is cut.
        """
        found, content, self._data = _split(self._data)
        if found != tag:
            raise KeyInvalidError("a key file is not of the form that is read here")
        return content

    def enter(self) -> "Reader":
        """Return a reader of the next element, a sequence.

        Raises:
            KeyInvalidError: if it is none.
        """
        return Reader(self.take(SEQUENCE))

    def take_integer(self) -> int:
        """Return the next element, a number.

        Raises:
            KeyInvalidError: if it is none.
        """
        return int.from_bytes(self.take(INTEGER))

    @property
    def next_tag(self) -> int | None:
        """The tag of the next element; nothing at the end."""
        return self._data[0] if self._data else None


def _split(data: bytes) -> tuple[int, bytes, bytes]:
    if len(data) < 2:
        raise KeyInvalidError("a key file is cut")
    length, start = data[1], 2
    if length & 0x80:
        octets = length & 0x7F
        if not 0 < octets <= 3:
            raise KeyInvalidError("a key file is not of the form that is read here")
        start = 2 + octets
        length = int.from_bytes(data[2:start])
    if start + length > len(data):
        raise KeyInvalidError("a key file is cut")
    return data[0], data[start : start + length], data[start + length :]
