"""What PostgreSQL and its driver say, as the store's own errors.

The engine's details name rows and values, and strangers read our words: they go to the log.

Source: PostgreSQL 15, appendix A (error codes).
"""

import logging
import ssl

from inkan.errors import InkanError, StorageFullError, StorageUnavailableError

logger = logging.getLogger(__name__)

# disk_full, out_of_memory aside: the cluster has no room
_FULL = frozenset({"53100"})
# query_canceled: by `statement_timeout`
_TOO_LONG = "57014"
# X509_V_ERR_… of OpenSSL
_OTHER_NAME = frozenset({62, 64})
_OUT_OF_DATE = frozenset({9, 10})


def translated(error: Exception) -> InkanError:
    """Return the store's own error."""
    state = getattr(error, "sqlstate", None)
    logger.warning("the database failed", extra={"sqlstate": state, "error": str(error)[:500]})
    if state in _FULL:
        return StorageFullError("the storage is full; free some space, then try again")
    return StorageUnavailableError(_words(error, state or ""))


def _words(error: Exception, state: str) -> str:
    match error:
        case TimeoutError():
            words = "the database did not answer in time"
        case ssl.SSLCertVerificationError():
            words = f"the database's certificate is not to be trusted: {_distrusted(error)}"
        case ssl.SSLError():
            words = "the database ends the encryption: see its log; does it want a certificate of ours (sslcert, sslkey)?"
        case ConnectionError() if "rejected SSL upgrade" in str(error):
            # the driver has no type for it
            words = "the database does not encrypt: turn ssl on there, or say ?sslmode=disable where nobody is on the way"
        case OSError():
            words = "the database cannot be reached"
        case _ if state == _TOO_LONG:
            words = "the database did not answer in time"
        case _ if state.startswith(("08", "57")):
            words = "the database cannot be reached"
        case _ if state.startswith(("28", "3D")):
            words = "the database refuses the server: see its log"
        case _:
            words = f"the database failed ({state or type(error).__name__})"
    return words


def _distrusted(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _OTHER_NAME:
        return "it is another name's; connect by a name that it holds, or have it made for this one"
    if error.verify_code in _OUT_OF_DATE:
        return "it is not valid now; renew it, or set the clock"
    return "no authority that is known vouches for it; name yours by ?sslrootcert=FILE"
