"""The way to a database is encrypted and its server recognised wherever it leads over a network."""

import ssl

import pytest

from inkan.errors import SettingInvalidError
from inkan.server.database_access import database_tls
from inkan.server.store_addresses import DatabaseAddress


def mode_of(text, **environment):
    tls = database_tls(DatabaseAddress(text), environment)
    return tls and (tls.check_hostname, tls.verify_mode)


FULL = (True, ssl.CERT_REQUIRED)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://inkan@db/inkan",
        "postgresql://inkan@db.example.com:5432/inkan",
        "postgresql://inkan@10.0.0.5/inkan",
        "postgresql://inkan@[fd00::1]:5432/inkan",
        "postgresql://inkan@localhost,db2/inkan",
        "postgresql:///inkan?host=db",
        "postgresql://inkan@127.0.0.1.example.com/inkan",
        "postgresql:///inkan?service=main",
    ],
)
def test_over_a_network_the_server_is_recognised_unless_something_else_is_said(address):
    assert mode_of(address) == FULL
    joined = "&" if "?" in address else "?"
    assert mode_of(f"{address}{joined}sslmode=disable") is None
    assert mode_of(f"{address}{joined}sslmode=require") == (False, ssl.CERT_NONE)
    assert mode_of(f"{address}{joined}sslmode=verify-ca") == (False, ssl.CERT_REQUIRED)
    assert mode_of(address, PGSSLMODE="prefer") is None
    # the address comes first
    assert mode_of(f"{address}{joined}sslmode=verify-full", PGSSLMODE="disable") == FULL


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://inkan@localhost/inkan",
        "postgresql://inkan@127.0.0.1:5432/inkan",
        "postgresql://inkan@[::1]/inkan",
        "postgresql://inkan@%2Fvar%2Frun%2Fpostgresql/inkan",
        "postgresql:///inkan",
        "postgresql:///inkan?host=/var/run/postgresql",
    ],
)
def test_on_this_machine_nothing_is_asked_for(address):
    assert mode_of(address) is None
    assert mode_of(address + ("&" if "?" in address else "?") + "sslmode=verify-full") == FULL


def test_the_environment_may_name_the_host():
    assert mode_of("postgresql:///inkan", PGHOST="db") == FULL
    assert mode_of("postgresql://inkan@localhost/inkan", PGHOST="db") is None
    assert mode_of("postgresql:///inkan", PGHOST="/run/postgresql") is None
    assert mode_of("postgresql:///inkan", PGSERVICE="main") == FULL


def test_OPS_010_a_mode_or_a_file_that_is_none_is_refused_by_name(tmp_path):
    at = "postgresql://inkan@db/inkan"
    with pytest.raises(SettingInvalidError, match="verify-full"):
        mode_of(f"{at}?sslmode=full")
    broken = tmp_path / "broken"
    broken.write_text("hidden")
    for path in ("/nowhere", str(broken)):
        for word, variable in (("sslrootcert", "PGSSLROOTCERT"), ("sslcert", "PGSSLCERT")):
            with pytest.raises(SettingInvalidError, match=word) as caught:
                mode_of(f"{at}?{word}={path}")
            assert "hidden" not in str(caught.value)
            with pytest.raises(SettingInvalidError, match=word):
                mode_of(at, **{variable: path})


def test_OPS_011_a_password_file_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "pgpass"
    file.write_text("*:*:*:*:hidden")
    file.chmod(0o640)
    for where in ("db", "localhost"):
        with pytest.raises(SettingInvalidError, match="chmod 0600") as caught:
            mode_of(f"postgresql://inkan@{where}/inkan", PGPASSFILE=str(file))
        assert "hidden" not in str(caught.value)
    file.chmod(0o600)
    assert mode_of("postgresql://inkan@db/inkan", PGPASSFILE=str(file)) == FULL
    with pytest.raises(SettingInvalidError, match="PGPASSFILE"):
        mode_of("postgresql://inkan@db/inkan", PGPASSFILE="/nowhere")
