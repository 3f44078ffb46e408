"""Whatever a stranger sends where a manifest or a name belongs is taken, or refused by the one error that says so."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkan import errors
from inkan.oci.digest import Digest
from inkan.oci.manifest import parse
from inkan.oci.media_types import IMAGES, INDEXES, SCHEMA_1
from inkan.oci.reference import Gun, Namespace, Reference, RepositoryName, Tag, parse_tag_or_digest

QUICK = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DIGEST = Digest.of(b"{}")
TYPES = sorted((*IMAGES, *INDEXES, *SCHEMA_1))

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**65), st.floats(), st.text(max_size=9),
    st.sampled_from([*TYPES, str(DIGEST), "sha256:bad", "e30=", "\ud800", "\x00"]),
)  # fmt: skip
NAMES = ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "annotations", "artifactType", "digest", "size", "data", "urls", "platform", "os", "fsLayers"]  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=12,
)


def descriptor(**members):
    return {"mediaType": "a/b", "digest": str(DIGEST), "size": 2, **members}


@st.composite
def documents(draw):
    """Return a manifest that is well but for one or two members, somewhere in it."""
    kind = draw(st.sampled_from(TYPES))
    tree = {"schemaVersion": 2, "mediaType": kind, "annotations": {"a": "b"}, "subject": descriptor()}  # fmt: skip
    if kind in INDEXES:
        tree["manifests"] = [descriptor(platform={"os": "linux", "architecture": "amd64"})]
    else:
        tree |= {"config": descriptor(data="e30="), "layers": [descriptor()]}
    for _ in range(draw(st.integers(0, 2))):
        places = [
            tree,
            tree["subject"],
            *(tree.get("layers") or []),
            *(tree.get("manifests") or []),
        ]
        place = draw(st.sampled_from([one for one in places if isinstance(one, dict)]))
        place[draw(st.sampled_from(NAMES))] = draw(trees)
        if not isinstance(tree["subject"], dict):
            break
        for name in ("layers", "manifests"):
            if not isinstance(tree.get(name), list):
                tree.pop(name, None)
    return kind, json.dumps(tree).encode()


def require_speakable(error):
    """Return if an error's words can go out in an answer."""
    assert json.dumps({"message": str(error)}).encode()
    assert len(str(error)) < 2_000


@QUICK
@given(documents())
def test_a_document_that_is_almost_a_manifest_is_one_or_is_refused(document):
    kind, raw = document
    for content_type in (kind, "", f"{kind}; charset=utf-8"):
        try:
            manifest = parse(raw, content_type)
        except errors.ManifestInvalidError as error:
            require_speakable(error)
        else:
            assert manifest.media_type in (*IMAGES, *INDEXES)
            assert not (manifest.blobs and manifest.children)


@QUICK
@given(trees.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=60), st.text(max_size=20))  # fmt: skip
def test_anything_at_all_is_a_manifest_or_is_refused(raw, content_type):
    with pytest.raises(errors.ManifestInvalidError) as refused:
        parse(raw, content_type)
    require_speakable(refused.value)


WORDS = st.text(st.sampled_from("aZ0.-_/:@%~ \n\x00é\ud800+="), max_size=40) | st.text(max_size=12)
PARSERS = [
    (Digest.parse, errors.DigestInvalidError),
    (Tag.parse, errors.TagInvalidError),
    (RepositoryName.parse, errors.NameInvalidError),
    (Namespace.parse, errors.NamespaceInvalidError),
    (Gun.parse, errors.GunInvalidError),
    (Reference.parse, (errors.ReferenceInvalidError, errors.DigestInvalidError)),
    (parse_tag_or_digest, (errors.TagInvalidError, errors.DigestInvalidError)),
]


@pytest.mark.parametrize(("read", "refusal"), PARSERS, ids=lambda one: getattr(one, "__qualname__", ""))  # fmt: skip
@QUICK
@given(word=WORDS)
def test_a_name_is_read_as_it_is_written_or_is_refused(read, refusal, word):
    try:
        value = read(word)
    except refusal as error:
        require_speakable(error)
    else:
        assert str(value) == word
        assert re.fullmatch(r"[ -~]*", word)
        assert read(str(value)) == value
