"""Which images a retention policy lets go."""

from datetime import UTC, datetime, timedelta

import pytest

from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, Tag
from inkan.registry.retention import Kept, doomed
from inkan.store.records import RetainedRecord, RetentionPolicy

NOW = datetime(2031, 1, 1, tzinfo=UTC)


def image(name, days=100, tags=(), children=(), subject=None):
    """Return an image that was pushed so many days ago."""
    return RetainedRecord(
        digest(name),
        tuple(Tag(tag) for tag in tags),
        tuple(digest(child) for child in children),
        digest(subject) if subject else None,
        1,
        NOW - timedelta(days=days),
    )


def digest(name):
    return Digest.of(name.encode())


def gone(images, count=1, days=0, untagged=False, signed=(), immutable=()):
    policy = RetentionPolicy(Namespace("team"), count, days, keeps_untagged=untagged)
    kept = Kept(policy, frozenset(str(digest(name)) for name in signed), immutable)
    names = {digest(name): name for name in "abcdefgh"}
    return [names[one.digest] for one in doomed(images, kept, NOW)]


def test_the_newest_with_a_tag_stay_and_what_has_none_goes():
    images = [image("a", 3, ["1"]), image("b", 1, ["2"]), image("c", 2, ["3"]), image("d", 0)]
    assert sorted(gone(images, 2)) == ["a", "d"]
    assert gone(images, None) == ["d"]
    assert sorted(gone(images, 1, untagged=True)) == ["a", "c"]


def test_what_is_younger_than_the_threshold_stays():
    images = [image("a", 9, ["1"]), image("b", 8, ["2"]), image("c", 31, ["3"]), image("d", 9)]
    assert gone(images, 1, days=30) == ["c"]


def test_what_is_signed_stays_whatever_its_tags_are():
    images = [image("a", 1, ["1"]), image("b", 2, ["2"]), image("c", 3)]
    assert gone(images, signed="bc") == []


def test_a_tag_that_may_not_go_keeps_its_image():
    images = [image("a", 1, ["1"]), image("b", 2, ["v2", "x"]), image("c", 3, ["w"])]
    assert gone(images, immutable=("v*",)) == ["c"]


def test_an_index_that_stays_keeps_its_images_and_one_that_goes_goes_first():
    images = [
        image("c", 9),
        image("d", 9),
        image("a", 1, ["1"], children="c"),
        image("b", 2, ["2"], children="cd"),
        image("e", 2, children="b"),
    ]
    assert gone(images) == ["e", "b", "d"]
    assert gone(images, untagged=True) == []


@pytest.mark.parametrize("signed", ["d", "a"])
def test_what_is_attached_stays_with_its_image_and_its_image_with_it(signed):
    images = [
        image("a", 9, ["1"]),
        image("d", 1, subject="a"),
        image("b", 8, ["2"]),
        image("e", 1, subject="b"),
        image("c", 1, ["3"]),
    ]
    assert sorted(gone(images)) == ["a", "b", "d", "e"]
    assert sorted(gone(images, signed=signed)) == ["b", "e"]


def test_what_is_attached_to_something_that_is_not_here_yet_stays():
    assert gone([image("a", 1, subject="h")]) == []


def test_a_signature_under_a_tag_made_of_a_digest_is_no_image():
    def signature(name, of):
        return image(name, 0, [f"sha256-{digest(of).encoded}.sig"])

    images = [image("a", 9, ["1"]), image("b", 1, ["2"]), signature("c", "a"), signature("d", "b")]
    assert sorted(gone(images)) == ["a", "c"]
