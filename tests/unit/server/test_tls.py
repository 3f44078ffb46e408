"""The server's certificate fits its names, is renewed in time, and is taken up without a restart."""

import ssl
import stat
from datetime import timedelta

import pytest
from cryptography import x509

from inkan.clock import SystemClock
from inkan.errors import DataFolderError, SettingInvalidError
from inkan.server.tls import CertificateFiles, ServerTls, ensure_certificate

NOW = SystemClock().now()
NAMES = ("localhost", "127.0.0.1", "[::1]", "registry.test")


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "tls"
    return CertificateFiles(
        folder / "server.crt", folder / "server.key", tmp_path / "ca.crt", folder / "ca.key"
    )


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_first_start_makes_a_ca_and_a_certificate_for_every_name(files):
    ensure_certificate(files, NAMES, NOW)
    made, ca = certificate(files.certificate), certificate(files.ca_certificate)
    made.verify_directly_issued_by(ca)
    held = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(held.get_values_for_type(x509.DNSName)) == {"localhost", "registry.test"}
    assert {str(ip) for ip in held.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}
    for key in (files.key, files.ca_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_what_is_good_is_left_alone_and_the_ca_outlives_renewals(files):
    ensure_certificate(files, NAMES, NOW)
    first, ca = files.certificate.read_bytes(), files.ca_certificate.read_bytes()
    ensure_certificate(files, NAMES, NOW + timedelta(days=100))
    assert files.certificate.read_bytes() == first
    ensure_certificate(files, NAMES, NOW + timedelta(days=300))
    assert files.certificate.read_bytes() != first
    assert files.ca_certificate.read_bytes() == ca


def test_a_new_name_makes_a_new_certificate(files):
    ensure_certificate(files, ("localhost",), NOW)
    first = files.certificate.read_bytes()
    ensure_certificate(files, ("localhost", "new.test"), NOW)
    assert files.certificate.read_bytes() != first


def test_a_key_that_does_not_fit_makes_a_new_pair(files):
    ensure_certificate(files, NAMES, NOW)
    files.key.write_bytes(files.ca_key.read_bytes())
    ensure_certificate(files, NAMES, NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)


def test_a_lost_ca_key_is_said_and_nothing_is_made(files):
    ensure_certificate(files, NAMES, NOW)
    files.ca_key.unlink()
    with pytest.raises(DataFolderError, match="ca.key"):
        ensure_certificate(files, NAMES, NOW)


def test_OPS_001_changed_files_are_taken_up_once(files):
    tls = ServerTls(files, NAMES)
    assert tls.refresh(NOW) is True
    assert tls.refresh(NOW) is False
    assert tls.refresh(NOW + timedelta(days=300)) is True


def test_OPS_002_brought_files_that_do_not_fit_or_are_expired_are_refused(files, tmp_path):
    ensure_certificate(files, NAMES, NOW)
    brought = CertificateFiles(files.certificate, files.key)
    with pytest.raises(SettingInvalidError, match="tls: .*valid from"):
        ServerTls(brought, NAMES).refresh(NOW + timedelta(days=500))
    with pytest.raises(SettingInvalidError, match="tls: "):
        ServerTls(CertificateFiles(files.certificate, files.ca_key), NAMES).refresh(NOW)
    with pytest.raises(SettingInvalidError, match="gone"):
        ServerTls(CertificateFiles(tmp_path / "gone", files.key), NAMES).refresh(NOW)


def test_a_half_replaced_pair_leaves_the_old_one_in_force(files, tmp_path):
    ensure_certificate(files, NAMES, NOW)
    brought = ServerTls(CertificateFiles(files.certificate, files.key), NAMES)
    assert brought.refresh(NOW)
    other = CertificateFiles(
        tmp_path / "b.crt", tmp_path / "b.key", files.ca_certificate, files.ca_key
    )
    ensure_certificate(other, NAMES, NOW)
    files.certificate.write_bytes(other.certificate.read_bytes())
    with pytest.raises(SettingInvalidError):
        brought.refresh(NOW)
    assert handshakes(brought.context)
    files.key.write_bytes(other.key.read_bytes())
    assert brought.refresh(NOW)
    assert handshakes(brought.context)


def handshakes(server_context) -> bool:
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return client.cipher() is not None
