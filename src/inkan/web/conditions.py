"""Conditional requests.

Source: RFC 9110 § 13.1.2.
"""


def matches_etag(if_none_match: str, etag: str) -> bool:
    """Return whether the client holds the content with this entity tag already.

    >>> matches_etag('W/"x", "sha256:a"', '"sha256:a"'), matches_etag("*", '"a"'), matches_etag("", '"a"')
    (True, True, False)
    """
    if not if_none_match:
        return False
    listed = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in listed or etag in listed
