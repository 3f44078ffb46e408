"""Keys: their IDs, their strength, and what they verify."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from inkan.errors import KeyInvalidError, SignatureThresholdError
from inkan.testing.publisher import DEFAULT_NOW, root_signer
from inkan.tuf.canonical_json import canonical, wire
from inkan.tuf.keys import KeyType, Method, PublicKey
from inkan.tuf.roles import TARGETS
from inkan.tuf.sign import EcdsaSigner
from inkan.tuf.verify import RoleKeys, Signature, require_threshold, tally

SPKI = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUVw9brnjlrkE0/7Kf1T9zQzB6Ze/N13KUVrQpsO0A19FNr46UPMY+/mlR1kCoiFQK"
    "+8NV+CMU7LMClbxfZ+TVA=="
)
ED25519 = PublicKey(
    KeyType.ED25519, base64.b64decode("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")
)
CANONICAL_TARGETS = (
    b'{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2031-01-02T03:04:05.6Z","targets":'
    b'{"v1":{"hashes":{"sha256":"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},"length":3}},"version":1}'
)
ED25519_SIGNATURE = base64.b64decode(
    "vxHKoIbb823f2fsQ9pLZCRtuT9XnWOGai8RfiqBjPwN2xWPEMJcCyDo7wq53tozBmVj6/7xs+dePfC7AYlGhCQ=="
)


def der(key) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signed(signer: EcdsaSigner, message: bytes) -> Signature:
    return Signature(signer.public_key.key_id, signer.method, signer.sign(message))


def test_key_ids_are_those_of_the_reference():
    ecdsa = PublicKey(KeyType.ECDSA, base64.b64decode(SPKI))
    assert ecdsa.key_id == "4f782b921ea3dd7670190544c507db264f676f0fdf10b8333d1ac7f6942458c6"
    assert ED25519.key_id == "b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21"


def test_the_reference_signature_verifies():
    assert ED25519.verify(Method.EDDSA, ED25519_SIGNATURE, CANONICAL_TARGETS)
    assert not ED25519.verify(Method.EDDSA, ED25519_SIGNATURE, CANONICAL_TARGETS + b" ")


def test_TUF_SIG_013_a_method_that_does_not_fit_the_key_verifies_nothing():
    assert not ED25519.verify(Method.ECDSA, ED25519_SIGNATURE, CANONICAL_TARGETS)
    signer = EcdsaSigner.generate()
    assert not signer.public_key.verify(Method.EDDSA, signer.sign(b"m"), b"m")
    assert not signer.public_key.verify(Method.RSA_PSS, signer.sign(b"m"), b"m")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_raw_signatures_of_every_accepted_curve_verify(curve):
    signer = EcdsaSigner(ec.generate_private_key(curve))
    assert signer.public_key.verify(Method.ECDSA, signer.sign(b"m"), b"m")


def test_zeros_and_other_forms_are_no_signature():
    """CVE-2022-21449, and DER where raw is asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = EcdsaSigner(key)
    good = signer.sign(b"m")
    for bad in (
        b"\0" * 64,
        good[:32] + b"\0" * 32,
        b"\0" * 32 + good[32:],
        good + b"\0",
        good[:-1],
        b"",
    ):
        assert not signer.public_key.verify(Method.ECDSA, bad, b"m")
    assert not signer.public_key.verify(
        Method.ECDSA, key.sign(b"m", ec.ECDSA(hashes.SHA256())), b"m"
    )


def test_weak_and_mislabelled_keys_are_refused():
    weak = rsa.generate_private_key(65537, 1024).public_key()
    for keytype, public in (
        (KeyType.RSA, der(weak)),
        (KeyType.ECDSA, der(ec.generate_private_key(ec.SECP224R1()).public_key())),
        (KeyType.RSA, base64.b64decode(SPKI)),
        (KeyType.ECDSA, b"junk"),
        (KeyType.ED25519, b"short"),
        (KeyType.ECDSA_X509, b"junk"),
    ):
        with pytest.raises(KeyInvalidError):
            PublicKey(keytype, public)


def test_a_published_private_half_is_refused():
    tree = EcdsaSigner.generate().public_key.to_json()
    tree["keyval"]["private"] = "c2VjcmV0"
    with pytest.raises(KeyInvalidError, match="private"):
        PublicKey.from_json(tree)


def test_keys_are_read_as_they_are_written():
    key = EcdsaSigner.generate().public_key
    assert PublicKey.from_json(key.to_json()) == key
    assert key.to_wire().startswith(b'{"keytype":"ecdsa","keyval":{"public":"')
    assert key.to_wire().endswith(b'","private":null}}')


def test_TUF_SIG_004_one_key_under_two_ids_counts_once():
    private = ec.generate_private_key(ec.SECP256R1())
    bare, wrapped = EcdsaSigner(private), root_signer("h/team/app", private, DEFAULT_NOW)
    assert bare.public_key.key_id != wrapped.public_key.key_id
    keys = RoleKeys(TARGETS, (bare.public_key, wrapped.public_key), 2)
    assert not keys.can_be_met
    with pytest.raises(SignatureThresholdError, match="1 of 2"):
        require_threshold(keys, [signed(bare, b"m"), signed(wrapped, b"m")], b"m")


def test_TUF_SIG_001_the_same_signature_twice_counts_once():
    one, other = EcdsaSigner.generate(), EcdsaSigner.generate()
    keys = RoleKeys(TARGETS, (one.public_key, other.public_key), 2)
    with pytest.raises(SignatureThresholdError):
        require_threshold(keys, [signed(one, b"m"), signed(one, b"m")], b"m")
    require_threshold(keys, [signed(one, b"m"), signed(other, b"m")], b"m")


def test_no_signatures_and_strangers_signatures_count_nothing():
    one, stranger = EcdsaSigner.generate(), EcdsaSigner.generate()
    keys = RoleKeys(TARGETS, (one.public_key,), 1)
    for signatures in ([], [signed(stranger, b"m")], [signed(one, b"other")]):
        with pytest.raises(SignatureThresholdError):
            require_threshold(keys, signatures, b"m")


def test_a_flood_of_signatures_is_refused_before_any_is_verified():
    """CVE-2020-6173."""
    one = EcdsaSigner.generate()
    keys = RoleKeys(TARGETS, (one.public_key,), 1)
    with pytest.raises(SignatureThresholdError):
        tally(keys, [signed(one, b"m")] * 51, b"m")


@pytest.mark.parametrize("threshold", [0, -1])
def test_thresholds_below_one_cannot_be_stated(threshold):
    with pytest.raises(KeyInvalidError):
        RoleKeys(TARGETS, (), threshold)


def test_canonical_and_wire_forms_differ_where_go_differs():
    tree = {"b": "<&>\u2028", "a": 'q"\\\x01\n\x7f'}
    assert canonical(tree) == b'{"a":"q\\"\\\\\x01\n\x7f","b":"<&>\xe2\x80\xa8"}'
    assert b"\\u003c\\u0026\\u003e\\u2028" in wire(tree)


def test_names_are_sorted_by_code_point():
    assert (
        canonical({"\U0001f600": 1, "\uffff": 2, "a": 3})
        == '{"a":3,"\uffff":2,"\U0001f600":1}'.encode()
    )
