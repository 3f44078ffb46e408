"""The root of the tree of errors."""


class InkanError(Exception):
    """The root of the tree; its text is one sentence for people."""
