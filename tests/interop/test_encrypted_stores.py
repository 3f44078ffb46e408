"""The ways to PostgreSQL and to a bucket are encrypted, and who answers there is recognised: on the real things."""

import json
import os
import shutil
import ssl
import urllib.request
from pathlib import Path

import pytest

from faults.wire import Server, Wire
from inkan.errors import SettingInvalidError, StorageUnavailableError
from inkan.server.bucket_access import bucket_access
from inkan.server.database_access import database_tls
from inkan.server.store_addresses import BucketAddress, DatabaseAddress
from inkan.store.bucket import Bucket
from inkan.store.sql.database import Statement
from inkan.store.sql.postgresql import PostgresDatabase
from interop.authority import Authority
from interop.conftest import require
from interop.inkan_server import inkan_program
from interop.postgresql_server import PASSWORD, PostgresServer, find_binaries
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ours"), "Ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("theirs"), "Theirs")


@pytest.fixture(scope="module")
def encrypted(authority):
    """A PostgreSQL server that takes only encrypted connections; its certificate holds 127.0.0.1 and no name."""
    require(find_binaries(), "PostgreSQL is not installed; run `make interop` as root")
    server = PostgresServer()
    server.encrypt(*authority.issue("postgresql", "127.0.0.1"), authority.certificate)
    server.start()
    for name in ("app", "certified"):
        server.new_database(name)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(ceph, authority):
    """The port of the object gateway where it speaks TLS; its certificate holds 127.0.0.1 and no name."""
    port = ceph.encrypt(*authority.issue("gateway", "127.0.0.1"))
    ceph.kill_gateway()
    ceph.start_gateway()
    return port


def state():
    rows = yield Statement("SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    return tuple(rows[0])


async def state_of(address, **environment):
    """Connect as a server does; return whether the connection is encrypted, and as whom we are known."""
    tls = database_tls(DatabaseAddress(address), environment)
    database = PostgresDatabase(address, PASSWORD, tls)
    await database.open()
    try:
        return await database.read(state)
    finally:
        await database.close()


async def test_the_database_is_recognised_by_its_authority_and_its_name(encrypted, authority):
    address = encrypted.address("app") + "?sslmode=verify-full"
    by_address = f"{address}&sslrootcert={authority.certificate}"
    assert await state_of(by_address) == (True, None)
    assert await state_of(address, PGSSLROOTCERT=str(authority.certificate)) == (True, None)
    # what PostgreSQL's own clients do by default: encrypted, and nobody is recognised
    assert await state_of(encrypted.address("app")) == (True, None)
    assert await state_of(encrypted.address("app") + "?sslmode=require") == (True, None)


async def test_a_wrong_authority_of_the_database_is_refused_and_the_fix_is_said(encrypted, stranger):  # fmt: skip
    for given in ("", f"&sslrootcert={stranger.certificate}", "&sslrootcert=system"):
        for mode in ("verify-ca", "verify-full"):
            with pytest.raises(StorageUnavailableError, match="sslrootcert") as caught:
                await state_of(f"{encrypted.address('app')}?sslmode={mode}{given}")
            assert PASSWORD not in str(caught.value)
    # who names an authority wants it asked, whatever the mode is
    with pytest.raises(StorageUnavailableError, match="sslrootcert"):
        await state_of(f"{encrypted.address('app')}?sslmode=require&sslrootcert={stranger.certificate}")  # fmt: skip


async def test_another_name_of_the_database_is_refused_and_the_fix_is_said(encrypted, authority):
    by_name = encrypted.address("app").replace("127.0.0.1", "localhost")
    root = f"sslrootcert={authority.certificate}"
    with pytest.raises(StorageUnavailableError, match="another name's"):
        await state_of(f"{by_name}?sslmode=verify-full&{root}")
    assert await state_of(f"{by_name}?sslmode=verify-ca&{root}") == (True, None)


async def test_a_database_without_encryption_is_said_and_not_gone_on_with(postgresql, encrypted):
    with pytest.raises(StorageUnavailableError, match="does not encrypt"):
        await state_of(postgresql.address("contract") + "?sslmode=require")
    assert await state_of(postgresql.address("contract")) == (False, None)
    with pytest.raises(StorageUnavailableError, match="refuses"):
        await state_of(encrypted.address("app") + "?sslmode=disable")


async def test_a_client_certificate_opens_the_database_without_a_password(encrypted, authority, stranger):  # fmt: skip
    address = f"{encrypted.address('certified')}?sslmode=verify-full&sslrootcert={authority.certificate}"  # fmt: skip
    certificate, key = authority.issue("inkan")
    known = await state_of(f"{address}&sslcert={certificate}&sslkey={key}")
    assert known == (True, "/CN=inkan")
    assert await state_of(address, PGSSLCERT=str(certificate), PGSSLKEY=str(key)) == known
    other, other_key = stranger.issue("inkan")
    for given in ("", f"&sslcert={other}&sslkey={other_key}"):
        with pytest.raises(StorageUnavailableError):
            await state_of(address + given)
    with pytest.raises(SettingInvalidError, match="sslcert"):
        await state_of(f"{address}&sslcert={certificate}&sslkey={other_key}")


def test_a_server_on_both_with_passwords_in_a_file_says_none_of_them(encrypted, authority, gateway, ceph, tmp_path):  # fmt: skip
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"127.0.0.1:*:*:inkan:{PASSWORD}\n")
    passwords.chmod(0o600)
    encrypted.new_database("whole")
    shared = {
        **ceph.environment,
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{gateway}",
        "AWS_CA_BUNDLE": str(authority.certificate),
        "PGPASSFILE": str(passwords),
        "INKAN_DATABASE": f"{encrypted.address('whole')}?sslmode=verify-full&sslrootcert={authority.certificate}",
        "INKAN_BLOBS": "s3://inkan-encrypted/a",
        "INKAN_BLOB_REDIRECT": "true",
        "INKAN_KEY_ENCRYPTION_KEY": "17" * 32,
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
    }
    server = Server(tmp_path / "data", "--log-level", "debug", environment=shared).start()
    content = os.urandom(9_000_000)
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        blob, _ = wire.push_image("team/app", "v1", content)
        link = wire.call("GET", f"/v2/team/app/blobs/{blob}", expect=307).headers["location"]
        assert link.startswith(f"https://127.0.0.1:{gateway}/")
        context = ssl.create_default_context(cafile=str(authority.certificate))
        with urllib.request.urlopen(link, context=context, timeout=20) as answer:
            assert answer.read() == content
    words = ("storage-check", "--database", shared["INKAN_DATABASE"], "--blobs", shared["INKAN_BLOBS"])  # fmt: skip
    ended = run(inkan_program(), *words, "-o", "json", env=shared, check=False)
    verdicts = {one["what"]: one["verdict"] for one in json.loads(ended.out)["checks"]}
    assert verdicts["encryption"] == "good", ended.text
    assert [what for what, verdict in verdicts.items() if verdict == "bad"] == ["durable commits"]
    assert server.stop() == 0
    log = (tmp_path / "server.log").read_text()
    assert not [s for s in (PASSWORD, ceph.environment["AWS_SECRET_ACCESS_KEY"]) if s in log + ended.text]  # fmt: skip
    # a file that others may read is refused, where other clients would pass over it and then ask for a password
    passwords.chmod(0o644)
    refused = run(inkan_program(), *words, env=shared, check=False)
    assert "chmod 0600" in refused.text


class TestBucket:
    def bucket(self, ceph, endpoint: str, bundle: Path | None = None) -> Bucket:
        more = {"AWS_CA_BUNDLE": str(bundle)} if bundle else {}
        environment = {**ceph.environment, "AWS_ENDPOINT_URL": endpoint, **more}
        return Bucket(bucket_access(BucketAddress("inkan-encrypted", "b"), environment))

    async def test_a_bucket_is_recognised_by_an_authority_of_a_bundle(self, ceph, gateway, authority, stranger, tmp_path):  # fmt: skip
        bundle = tmp_path / "bundle.pem"
        bundle.write_bytes(stranger.certificate.read_bytes() + authority.certificate.read_bytes())
        bucket = self.bucket(ceph, f"https://127.0.0.1:{gateway}", bundle)
        await bucket.prepare()
        assert [name async for name in bucket.names("nothing")] == []

    @pytest.mark.parametrize("which", ["", "stranger"])
    async def test_a_wrong_authority_of_the_bucket_is_refused_and_the_fix_is_said(self, which, ceph, gateway, stranger):  # fmt: skip
        bundle = stranger.certificate if which else None
        with pytest.raises(StorageUnavailableError, match="AWS_CA_BUNDLE"):
            await self.bucket(ceph, f"https://127.0.0.1:{gateway}", bundle).prepare()

    async def test_another_name_of_the_bucket_is_refused_and_the_fix_is_said(self, ceph, gateway, authority):  # fmt: skip
        bucket = self.bucket(ceph, f"https://localhost:{gateway}", authority.certificate)
        with pytest.raises(StorageUnavailableError, match="another name's"):
            await bucket.prepare()


def test_psql_agrees_about_who_is_who(encrypted, authority, stranger):
    """The reference: what libpq refuses we refuse, and what it takes we take (tested above)."""
    require(shutil.which("psql"), "psql is not installed")
    for host, root, code in (
        ("127.0.0.1", authority, 0),
        ("localhost", authority, 2),
        ("127.0.0.1", stranger, 2),
    ):
        words = f"host={host} port={encrypted.port} user=inkan dbname=app sslmode=verify-full sslrootcert={root.certificate}"
        ended = run("psql", words, "-c", "SELECT 1", env={"PGPASSWORD": PASSWORD}, check=False)
        assert ended.code == code, ended.text
