"""The one decision, as a matrix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkan.access.decide import ALLOWED, Denied, decide
from inkan.access.principals import NOBODY, Principal
from inkan.access.scopes import HostNames, parse_scopes
from inkan.errors import GunInvalidError, NameInvalidError, RequestInvalidError
from inkan.oci.reference import RepositoryName
from inkan.web.demand import Action, Resource

ADMIN, BOB = Principal("admin", is_admin=True), Principal("bob")
OFF = Principal("admin", is_admin=True, is_disabled=True)
APP, BARE = RepositoryName("team/app"), RepositoryName("app")


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("resource", [Resource.REPOSITORY, Resource.REGISTRY])
@pytest.mark.parametrize("principal", [NOBODY, BOB, OFF], ids=["nobody", "bob", "disabled"])
def test_only_administrators_may_anything(principal, action, resource):
    assert isinstance(decide(principal, action, resource, APP, namespaces=["team"]), Denied)


@pytest.mark.parametrize("action", list(Action))
def test_administrators_may_everything_in_a_namespace_that_exists(action):
    assert decide(ADMIN, action, Resource.REPOSITORY, APP, namespaces=["team"]) is ALLOWED
    assert decide(ADMIN, action, Resource.REGISTRY, None, namespaces=[]) is ALLOWED


@pytest.mark.parametrize("action", [Action.PUSH, Action.ALL])
def test_S34_writing_needs_a_namespace_and_the_refusal_names_the_command(action):
    missing = decide(ADMIN, action, Resource.REPOSITORY, APP, namespaces=[])
    assert "inkan namespace-add team" in missing.reason
    bare = decide(ADMIN, action, Resource.REPOSITORY, BARE, namespaces=[])
    assert "images live in a namespace" in bare.reason


@pytest.mark.parametrize("action", [Action.PULL, Action.DELETE])
def test_reading_what_is_not_there_is_answered_by_not_found(action):
    assert decide(ADMIN, action, Resource.REPOSITORY, APP, namespaces=[]) is ALLOWED


def test_a_name_that_is_no_repository_is_denied():
    assert isinstance(decide(ADMIN, Action.PULL, Resource.REPOSITORY, None, namespaces=[]), Denied)


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("team/app", "team/app"),
        ("localhost:5000/team/app", "team/app"),
        ("localhost/team/app", "team/app"),
        ("LOCALHOST:1/team/app", "team/app"),
        ("exact.test:5000/team/app", "team/app"),
        ("[::1]:5000/team/app", "team/app"),
        ("app", "app"),
    ],
)
def test_host_names_of_ours_are_taken_off(name, repository):
    hosts = HostNames(["localhost", "exact.test:5000", "[::1]"])
    assert str(hosts.repository_of(name)) == repository


@pytest.mark.parametrize(
    "name",
    [
        "evil.test/team/app",
        "exact.test:5001/team/app",
        "exact.test/team/app",
        "localhost.evil.test/team/app",
    ],
)
def test_host_names_of_others_are_refused(name):
    hosts = HostNames(["localhost", "exact.test:5000"])
    with pytest.raises(GunInvalidError):
        hosts.repository_of(name)
    assert hosts.find_repository(name) is None


@given(st.lists(st.text(max_size=60), max_size=40))
def test_any_scope_is_read_or_refused_by_type(texts):
    hosts = HostNames(["localhost"])
    try:
        asked = parse_scopes(texts)
    except RequestInvalidError:
        return
    for one in asked:
        assert one.actions
        try:
            hosts.repository_of(one.name)
        except (GunInvalidError, NameInvalidError):
            pass
