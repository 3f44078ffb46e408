"""Settings come from four places, the last one wins, and all mistakes are told at once."""

from datetime import timedelta

import pytest

from inkan.errors import SettingInvalidError
from inkan.server.setting_table import TABLE
from inkan.server.setting_words import Address, parse_address, parse_duration
from inkan.server.settings import load


def test_defaults_need_nothing():
    settings = load({}, {})
    assert settings.listen == Address("127.0.0.1", 5000)
    assert settings.trust_listen == Address("127.0.0.1", 4443)
    assert (settings.tls.mode, settings.scheme) == ("auto", "https")
    assert settings.host_names == ("127.0.0.1", "localhost", "[::1]")
    assert set(settings.origins.values()) == {"default"}


def test_the_last_of_file_environment_and_flag_wins(tmp_path):
    file = tmp_path / "inkan.toml"
    file.write_text(
        'listen = "127.0.0.1:1"\ntrust-listen = "off"\nhost = ["a.test", "b.test:5000"]\n'
    )
    settings = load(
        {"config": str(file), "listen": "127.0.0.1:3", "host": ()}, {"INKAN_LISTEN": "127.0.0.1:2"}
    )
    assert settings.listen.port == 3
    assert settings.trust_listen is None
    assert settings.host == ("a.test", "b.test:5000")
    assert settings.origins["listen"] == "flag --listen"
    assert settings.origins["host"] == f"file {file}"


def test_every_mistake_is_told_with_its_place(tmp_path):
    file = tmp_path / "inkan.toml"
    file.write_text('lissen = "x"\nadmin_password = "hunter2"\nlog_level = "loud"\ntls = 1.5\n')
    with pytest.raises(SettingInvalidError) as caught:
        load(
            {"config": str(file), "listen": "nowhere"}, {"INKAN_TLS": "maybe", "INKAN_HOST": "a b"}
        )
    text = str(caught.value)
    for part in (
        "lissen (file",
        "admin_password (file",
        "log_level (file",
        "listen (flag --listen)",
        "tls (environment INKAN_TLS)",
        "host (environment INKAN_HOST)",
    ):
        assert part in text
    assert "hunter2" not in text


@pytest.mark.parametrize("content", [b"a = [", b"\xff"])
def test_a_file_that_is_no_toml_is_named(tmp_path, content):
    file = tmp_path / "inkan.toml"
    file.write_bytes(content)
    with pytest.raises(SettingInvalidError, match="inkan.toml"):
        load({"config": str(file)}, {})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingInvalidError, match="gone.toml"):
        load({"config": str(tmp_path / "gone.toml")}, {})


def test_secrets_never_show():
    settings = load({}, {"INKAN_ADMIN_PASSWORD": "hunter2", "INKAN_KEY_ENCRYPTION_KEY": "hunter3"})
    assert settings.admin_password.reveal() == "hunter2"
    for text in (repr(settings), str(settings), str(settings.shown())):
        assert "hunter" not in text
    assert settings.shown()["admin_password"] == "***"


@pytest.mark.parametrize("text", ["", "5000", "host", "host:", "host:99999", "::1:5000", "host:x"])
def test_addresses_that_are_none_are_refused(text):
    with pytest.raises(ValueError):
        parse_address(text)


def test_addresses_are_read():
    assert parse_address("[::1]:5000") == Address("::1", 5000)
    assert str(parse_address("[::1]:5000")) == "[::1]:5000"
    assert parse_address(":443") == Address("0.0.0.0", 443)


@pytest.mark.parametrize("text", ["", "0s", "5", "m", "-1s", "1.5h", "00d"])
def test_durations_that_are_none_are_refused(text):
    with pytest.raises(ValueError):
        parse_duration(text)


def test_durations_are_read():
    assert parse_duration("14d") == timedelta(days=14)


def test_a_server_behind_a_tls_proxy_gives_out_https():
    assert load({"tls": "off"}, {}).scheme == "http"
    assert load({"tls": "off", "scheme": "https"}, {}).scheme == "https"


def test_every_setting_says_what_it_means():
    assert all(row.meaning.endswith(".") for row in TABLE)


def test_regions_are_names_and_hosts():
    settings = load({"regions": ("eu=eu.test", "us=us.test:5000")}, {})
    assert settings.regions == {"eu": "eu.test", "us": "us.test:5000"}
    assert settings.shown()["regions"] == "eu=eu.test, us=us.test:5000"
    for spelled in ("eu", "EU=eu.test", "eu=a.test,eu=b.test", "eu=not a host"):
        with pytest.raises(SettingInvalidError, match="regions"):
            load({}, {"INKAN_REGIONS": spelled})
