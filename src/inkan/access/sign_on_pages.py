"""The pages of single sign-on: text and forms, nothing that runs, loads or can be framed.

Whatever comes from elsewhere is escaped. The pages are kept by nobody and tell nobody where their reader came from.
"""

from collections.abc import Mapping
from html import escape

from inkan.web.messages import Response

POLICY = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


def passcode_page(account: str, passcode: str) -> Response:
    """Return the page that shows a passcode."""
    return _page(
        "One-time passcode",
        f"<p>You are logged in as <strong>{escape(account)}</strong>. Paste this into the terminal that waits for it. "
        "It is good once, and for five minutes.</p>"
        f'<p><code id="passcode">{escape(passcode)}</code></p>',
    )


def code_form(account: str, form: str) -> Response:
    """Return the page that asks for the code that a device shows."""
    return _page(
        "Log in a device",
        f"<p>You are logged in as <strong>{escape(account)}</strong>. Type the code that your terminal shows. "
        "If somebody sent you one, close this page: they would be logged in as you.</p>"
        '<form method="post" action="/sso/device/look">'
        f'<input type="hidden" name="form" value="{escape(form)}">'
        '<label>Code <input name="user_code" autocomplete="off" maxlength="20" required></label> '
        "<button>Go on</button></form>",
    )


def confirm_form(account: str, form: str, user_code: str, begun: Mapping[str, str]) -> Response:
    """Return the page that shows who would be logged in, and asks."""
    return _page(
        "Log in this device?",
        f"<p>Code <strong>{escape(user_code)}</strong>, begun at {escape(begun['at'])} from the address "
        f"<strong>{escape(begun['address'])}</strong>. It will be able to do all that {escape(account)} may.</p>"
        '<form method="post" action="/sso/device/confirm">'
        f'<input type="hidden" name="form" value="{escape(form)}">'
        f'<input type="hidden" name="user_code" value="{escape(user_code)}">'
        '<button id="confirm">Yes, that is me</button></form>',
    )


def done_page(account: str) -> Response:
    """Return the page that says that a device is logged in."""
    return _page(
        "Done", f"<p>The device is logged in as <strong>{escape(account)}</strong>. You can close this page.</p>"
    )  # fmt: skip


def problem_page(status: int, sentence: str) -> Response:
    """Return the page for an error."""
    return _page(
        "That did not work", f"<p>{escape(sentence)}</p><p>Begin again in the terminal.</p>", status
    )


def _page(title: str, body: str, status: int = 200) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - Inkan</title></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
    return Response(status, [("Content-Type", "text/html; charset=utf-8")], text.encode())
