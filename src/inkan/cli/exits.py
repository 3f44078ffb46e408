"""Exit codes: one for each kind of failure, the same for every command.

```text
0    done
1    unforeseen failure
2    invalid: the command line, a name, a setting
3    not found
4    conflict: it exists, it is not empty
5    denied: not logged in, wrong password, missing right
6    untrusted: checked, and bad
7    unavailable: could not be done or checked now
8    corrupt: what is kept is damaged
9    freshness unproven: good as far as known, but the server could not be asked
130  interrupted
```
"""

from inkan import errors
from inkan.errors import InkanError

UNFORESEEN = 1
INTERRUPTED = 130

TABLE: dict[type[InkanError], int] = {
    errors.InvalidError: 2,
    errors.NotFoundError: 3,
    errors.ConflictError: 4,
    errors.DeniedError: 5,
    errors.UntrustedError: 6,
    errors.UnavailableError: 7,
    errors.CorruptError: 8,
    errors.FreshnessUnprovenError: 9,
}


def exit_code(error: InkanError) -> int:
    """Return the exit code for an error: that of its kind."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
