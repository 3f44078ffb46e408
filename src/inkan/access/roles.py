"""What each role may do.

Reader, Writer and Manager are those that users of IBM's registry know, with both of their surprises: a Writer alone cannot list images, and signing
goes with writing. New are the halves of a Writer: a Signer may sign but not push, a Pusher may push but not sign.

Source: docs/adr/0013-roles.md.
"""

from collections.abc import Iterable, Mapping

from inkan.store.records import Grant, Role
from inkan.web.demand import Right

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.READER: frozenset({Right.LIST, Right.PULL}),
    Role.WRITER: frozenset({Right.PULL, Right.PUSH, Right.SIGN, Right.DELETE}),
    Role.PUSHER: frozenset({Right.PULL, Right.PUSH}),
    Role.SIGNER: frozenset({Right.PULL, Right.SIGN}),
    Role.MANAGER: frozenset(Right) - {Right.ADMINISTER},
}
# what anybody may in a public namespace
PUBLIC = frozenset({Right.LIST, Right.PULL})


def rights_of(grants: Iterable[Grant], namespace: str) -> frozenset[Right]:
    """Return what roles allow in a namespace; without a name, what they allow in all of them."""
    held: frozenset[Right] = frozenset()
    for grant in grants:
        if grant.namespace in ("", namespace):
            held |= RIGHTS[grant.role]
    return held


def roles_with(right: Right) -> str:
    """Return the roles that bring a right, as words for a person."""
    return " or ".join(role for role, rights in RIGHTS.items() if right in rights)
