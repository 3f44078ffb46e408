"""Pins: a file that cannot be read is never "no pins"; a pinned CA vouches for what it issued, and for nothing else."""

import base64
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from inkan.client import pins
from inkan.errors import CertificateInvalidError, InkanError, RootPinnedError, SettingInvalidError
from inkan.testing.publisher import DEFAULT_NOW, root_signer
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.certificates import RootCertificate
from inkan.tuf.keys import KeyType, PublicKey
from inkan.tuf.metadata import parse_root
from inkan.tuf.pinning import Pin, Pins
from inkan.tuf.roles import ROOT, TARGETS
from inkan.tuf.sign import EcdsaSigner

GUN = "registry.test/team/app"


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setattr(pins, "SYSTEM", tmp_path / "system.json")
    return tmp_path


def test_pins_are_kept_and_found(own):
    assert pins.load() == Pins()
    pins.add("registry.test/team/*", Pin(frozenset({"b" * 64, "a" * 64})))
    assert pins.load().find(GUN) == Pin(frozenset({"a" * 64, "b" * 64}))
    (own / "system.json").write_text('{"trust_on_first_use": false}')
    assert not pins.load().trust_on_first_use


def test_pins_are_written_for_a_fleet(own):
    _, ca = authority()
    fleet = own / "fleet.json"
    pins.add("registry.test/*", Pin(authorities=pem(ca)), fleet)
    assert pins.load() == Pins()
    with pytest.raises(SettingInvalidError):
        pins.add("registry.test/*", Pin(authorities=b"no certificate"), fleet)
    fleet.rename(own / "system.json")
    assert pins.load().find(GUN).authorities == pem(ca)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pins": []}', '{"pins": {"a": 1}}'])
def test_PIN_024_a_file_that_cannot_be_read_is_never_no_pins(own, content):
    (own / "pins.json").write_text(content)
    with pytest.raises(SettingInvalidError):
        pins.load()


def authority(name="ca"):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(name, key, name, key, is_ca=True)


def certificate(subject, key, issuer, issuer_key, *, is_ca=False, days=3000, hash_=hashes.SHA256):
    named = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(named[0])
        .issuer_name(named[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(DEFAULT_NOW - timedelta(days=10))
        .not_valid_after(DEFAULT_NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(issuer_key, hash_())
    )


def pem(*certificates):
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def rooted(bundle, key, gun=GUN):
    """Return the root of a repository whose root key is listed as a bundle."""
    repository = SimulatedRepository(gun)
    repository.owner.root = EcdsaSigner(key, PublicKey(KeyType.ECDSA_X509, bundle))
    repository.owner.root_version = 1
    return parse_root(repository.owner.root_file([repository.owner.root]))


def test_PIN_004_005_a_pinned_ca_vouches_for_what_it_issued():
    ca_key, ca = authority()
    between_key = ec.generate_private_key(ec.SECP256R1())
    between = certificate("between", between_key, "ca", ca_key, is_ca=True)
    key = ec.generate_private_key(ec.SECP256R1())
    for bundle in (
        pem(certificate(GUN, key, "ca", ca_key)),
        pem(certificate(GUN, key, "between", between_key), between),
    ):
        Pins({GUN: Pin(authorities=pem(ca))}).establish(rooted(bundle, key), GUN, DEFAULT_NOW)
    other_key, other = authority()
    stranger = pem(certificate(GUN, key, "ca", other_key))
    with pytest.raises(RootPinnedError):
        Pins({GUN: Pin(authorities=pem(ca))}).establish(rooted(stranger, key), GUN, DEFAULT_NOW)
    assert other != ca


def test_PIN_010_certificates_for_all_below_a_name():
    ca_key, ca = authority()
    key = ec.generate_private_key(ec.SECP256R1())
    wide = pem(certificate("registry.test/team/*", key, "ca", ca_key))
    Pins().establish(rooted(wide, key), GUN, DEFAULT_NOW)
    for name in ("*", "registry.test/other/*", "registry.test/team/app2"):
        with pytest.raises(InkanError):
            Pins().establish(
                rooted(pem(certificate(name, key, "ca", ca_key)), key), GUN, DEFAULT_NOW
            )
    assert ca


@pytest.mark.parametrize("days", [-1, 0])
def test_PIN_012_014_certificates_out_of_their_time(days):
    ca_key, _ = authority()
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InkanError):
        Pins().establish(
            rooted(pem(certificate(GUN, key, "ca", ca_key, days=days)), key), GUN, DEFAULT_NOW
        )


def test_PIN_017_two_leaves_or_a_ca_first():
    ca_key, ca = authority()
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = certificate(GUN, key, "ca", ca_key)
    for bundle in (pem(leaf, leaf), pem(certificate(GUN, key, "ca", ca_key, is_ca=True))):
        with pytest.raises(InkanError):
            Pins().establish(rooted(bundle, key), GUN, DEFAULT_NOW)
    assert ca


def test_PIN_018_a_root_key_without_a_certificate():
    repository = SimulatedRepository(GUN)
    repository.owner.root = EcdsaSigner.generate()
    repository.owner.root_version = 1
    root = parse_root(repository.owner.root_file([repository.owner.root]))
    with pytest.raises(InkanError):
        Pins().establish(root, GUN, DEFAULT_NOW)
    with pytest.raises(InkanError):
        repository.publish({ROOT: root.raw, TARGETS: repository.owner.next_targets()})


def test_a_root_for_another_collection_is_not_for_this_one():
    signer = root_signer(
        "registry.test/team/other", ec.generate_private_key(ec.SECP256R1()), DEFAULT_NOW
    )
    repository = SimulatedRepository("registry.test/team/other")
    repository.owner.root, repository.owner.root_version = signer, 1
    root = parse_root(repository.owner.root_file([signer]))
    with pytest.raises(InkanError):
        Pins().establish(root, GUN, DEFAULT_NOW)


def test_PIN_015_a_leaf_signed_with_sha_1():
    """No library signs so any more: the name of the hash is put into a certificate that was signed otherwise."""
    key = rsa.generate_private_key(65537, 2048)
    der = certificate(GUN, key, GUN, key).public_bytes(serialization.Encoding.DER)
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    assert der.count(sha256) == 2
    leaf = x509.load_der_x509_certificate(der.replace(sha256, sha1))
    with pytest.raises(CertificateInvalidError, match="broken hash"):
        RootCertificate.parse(pem(leaf))


def test_PIN_019_an_expired_certificate_in_between_vouches_for_nothing():
    ca_key, ca = authority()
    between_key = ec.generate_private_key(ec.SECP256R1())
    between = certificate("between", between_key, "ca", ca_key, is_ca=True, days=-1)
    key = ec.generate_private_key(ec.SECP256R1())
    bundle = pem(certificate(GUN, key, "between", between_key), between)
    with pytest.raises(InkanError):
        Pins({GUN: Pin(authorities=pem(ca))}).establish(rooted(bundle, key), GUN, DEFAULT_NOW)


@pytest.mark.parametrize("spoil", ["behind", "long length"])
def test_PIN_023_certificates_that_are_not_der_in_its_one_form(spoil):
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate(GUN, key, GUN, key).public_bytes(serialization.Encoding.DER)
    if spoil == "behind":
        der += b"\x00"
    else:
        der = b"\x30\x83\x00" + der[2:4] + der[4:]
    body = base64.encodebytes(der).decode()
    text = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n".encode()
    with pytest.raises(InkanError):
        Pins().establish(rooted(text, key), GUN, DEFAULT_NOW)
