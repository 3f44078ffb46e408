"""Bodies that are forms."""

from urllib.parse import parse_qs

from inkan.errors import RequestInvalidError


def parse_form(body: bytes) -> dict[str, str]:
    """Return a form's fields, each of which may occur once.

    Raises:
        RequestInvalidError: if it is none.
    """
    try:
        fields = parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=32, errors="strict"
        )
    except ValueError as error:
        raise RequestInvalidError("the form cannot be read") from error
    if any(len(values) > 1 for values in fields.values()):
        raise RequestInvalidError("a field of the form occurs twice")
    return {name: values[0] for name, values in fields.items()}
