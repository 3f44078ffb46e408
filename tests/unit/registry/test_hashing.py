import random
from hashlib import sha256

import pytest

from inkan import limits
from inkan.oci.digest import Hasher
from inkan.registry.hashing import HashingBeside


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 300_001])
async def test_everything_is_hashed_in_order(size):
    pieces = [random.Random(number).randbytes(size) for number in range(20)]
    hasher = Hasher()
    hashing = HashingBeside(hasher)
    for piece in pieces:
        await hashing.take(piece)
    await hashing.finish()
    whole = b"".join(pieces)
    assert hasher.digest().encoded == sha256(whole).hexdigest()
    assert hasher.size_bytes == len(whole)


async def test_it_goes_on_after_it_has_finished():
    hasher = Hasher()
    hashing = HashingBeside(hasher)
    await hashing.take(b"a" * limits.PIECE_BYTES)
    await hashing.finish()
    await hashing.take(b"b")
    await hashing.finish()
    assert hasher.digest().encoded == sha256(b"a" * limits.PIECE_BYTES + b"b").hexdigest()
