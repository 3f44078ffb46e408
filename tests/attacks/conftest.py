"""A simulated repository with one signed tag, and a client of it."""

import pytest

from attacks.hostile import GOOD, GUN, Client
from inkan.testing.repository import SimulatedRepository


@pytest.fixture
def repository():
    return SimulatedRepository.with_tags(GUN, a=GOOD)


@pytest.fixture
def client(repository, tmp_path):
    return Client(repository, tmp_path)


@pytest.fixture(autouse=True)
def unsynced(monkeypatch):
    """What survives a power cut is asked elsewhere; here a thousand caches are written, and waiting for the disk would be most of the time."""
    monkeypatch.setattr("inkan.durable_file.os.fsync", lambda _: None)
