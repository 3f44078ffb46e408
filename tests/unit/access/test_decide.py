"""The one decision, as a matrix."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkan.access.decide import ALLOWED, NOT_OURS, REGISTRY, Denied, Place, decide
from inkan.access.principals import NOBODY, Principal, Reach
from inkan.access.scopes import HostNames, parse_scopes
from inkan.errors import GunInvalidError, NameInvalidError, RequestInvalidError
from inkan.oci.reference import RepositoryName
from inkan.store.records import Grant, Role
from inkan.web.demand import Right

ADMIN, BOB = Principal("admin", is_admin=True), Principal("bob")
OFF = Principal("admin", is_admin=True, is_disabled=True)
APP, BARE = RepositoryName("team/app"), RepositoryName("app")
HERE, GONE = Place("team", is_there=True, repository=APP), Place("team", repository=APP)
OPENED = replace(HERE, is_public=True)
EVERYWHERE = ""

MATRIX = {
    Role.READER: "list pull",
    Role.WRITER: "pull push sign delete",
    Role.PUSHER: "pull push",
    Role.SIGNER: "pull sign",
    Role.MANAGER: "list pull push sign delete manage",
}


def somebody(*roles: Role, namespace: str = "team", reach: Reach | None = None) -> Principal:
    return Principal("alice", grants=tuple(Grant(r, namespace) for r in roles), reach=reach)


def allowed(principal: Principal, place: Place) -> set[Right]:
    return {right for right in Right if decide(principal, right, place) is ALLOWED}


@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("place", [HERE, REGISTRY], ids=["repository", "registry"])
@pytest.mark.parametrize("principal", [NOBODY, BOB, OFF], ids=["nobody", "bob", "disabled"])
def test_who_has_no_role_may_nothing(principal, right, place):
    assert isinstance(decide(principal, right, place), Denied)


@pytest.mark.parametrize("right", list(Right))
def test_administrators_may_everything_in_a_namespace_that_exists(right):
    assert decide(ADMIN, right, HERE) is ALLOWED
    assert decide(ADMIN, right, REGISTRY) is ALLOWED


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("where", ["team", EVERYWHERE])
def test_L5_each_role_brings_its_rights_and_no_other(role, where):
    alice = somebody(role, namespace=where)
    wanted = {Right(word) for word in MATRIX[role].split()}
    assert allowed(alice, HERE) == wanted
    assert allowed(alice, replace(HERE, namespace="other")) == (wanted if not where else set())
    assert allowed(alice, REGISTRY) == (wanted if not where else set())
    assert allowed(alice, OPENED) == wanted | {Right.LIST, Right.PULL}


def test_L5_roles_add_up():
    assert allowed(somebody(Role.READER, Role.PUSHER), HERE) == {Right.LIST, Right.PULL, Right.PUSH}
    assert allowed(somebody(Role.SIGNER, Role.PUSHER), HERE) == {
        Right.PULL,
        Right.PUSH,
        Right.SIGN,
    }


@pytest.mark.parametrize("principal", [NOBODY, BOB], ids=["nobody", "bob"])
def test_anybody_may_read_what_is_public_and_no_more(principal):
    assert allowed(principal, OPENED) == {Right.LIST, Right.PULL}
    assert allowed(OFF, OPENED) == set()


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("limit", list(Role))
def test_a_key_never_reaches_further_than_its_account_or_its_limits(role, limit):
    account = Principal("alice", is_admin=True) if role is None else somebody(role)
    limits = {Right(word) for word in MATRIX[limit].split()}
    key = replace(account, reach=Reach("k", frozenset({limit}), frozenset({"team"})))
    assert allowed(key, HERE) == allowed(account, HERE) & limits
    assert allowed(key, REGISTRY) == set()
    assert allowed(key, replace(HERE, namespace="other")) == set()


@pytest.mark.parametrize("right", list(Right))
def test_a_denial_names_the_right_and_who_can_help(right):
    here, gone = decide(BOB, right, HERE), decide(BOB, right, GONE)
    assert str(right) in here.reason
    assert "administrator" in here.reason
    assert here == gone, "whether a namespace is there is nobody's business who may nothing in it"


def test_a_denial_of_a_limited_key_says_that_it_is_the_key():
    key = somebody(Role.WRITER, reach=Reach("k", frozenset({Role.READER})))
    assert "API key" in decide(key, Right.PUSH, HERE).reason


@pytest.mark.parametrize("right", [Right.PUSH, Right.SIGN])
def test_S34_writing_needs_a_namespace_and_the_refusal_names_the_command(right):
    missing = decide(ADMIN, right, GONE)
    assert "inkan namespace-add team" in missing.reason
    bare = decide(ADMIN, right, Place(repository=BARE))
    assert "images live in a namespace" in bare.reason


@pytest.mark.parametrize("right", [Right.PULL, Right.DELETE])
def test_reading_what_is_not_there_is_answered_by_not_found(right):
    assert decide(ADMIN, right, GONE) is ALLOWED


def test_a_name_that_is_no_repository_is_denied():
    assert isinstance(decide(ADMIN, Right.PULL, NOT_OURS), Denied)


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
