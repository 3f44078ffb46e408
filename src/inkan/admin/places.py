"""Where a request is about, said twice: in the query, for the decision who may, and in the body, for what is done."""

from inkan.errors import RequestInvalidError
from inkan.web.messages import Request


def require_same_namespace(request: Request, namespace: str) -> None:
    """Return if what is done is where the caller was admitted: in the namespace of the query, or anywhere where it names none.

    Raises:
        RequestInvalidError: if it is elsewhere.
    """
    admitted = request.query("namespace") or ""
    if admitted and admitted != namespace:
        raise RequestInvalidError("the query and the body name different namespaces")
