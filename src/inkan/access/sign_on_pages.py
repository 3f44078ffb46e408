"""The pages of single sign-on: text and forms, nothing that runs, loads or can be framed.

Whatever comes from elsewhere is escaped. The pages are kept by nobody and tell nobody where their reader came from.
"""

from dataclasses import dataclass
from html import escape

from inkan.access.principals import Principal
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A log-in that somebody is asked to confirm.

    Attributes:
        at: when it was begun.
        address: where.
        program: what it calls itself, which is its own word.
        here: where whoever is asked is.
    """

    user_code: str
    at: str
    address: str
    program: str
    here: str


def confirm_form(principal: Principal, form: str, asked: Asked) -> Response:
    """Return the page that shows who would be logged in from where and what for, and asks."""
    elsewhere = (
        '<p id="elsewhere"><strong>It was begun from another address than the one you are at, '
        f"{escape(asked.here)}.</strong> If you have not begun it yourself on that machine, close this page.</p>"
    )
    return _page(
        "Log in this device?",
        f"<p>Code <strong>{escape(asked.user_code)}</strong>, begun at {escape(asked.at)} from the address "
        f"<strong>{escape(asked.address)}</strong> by a program that calls itself "
        f"<strong>{escape(asked.program or 'nothing')}</strong>.</p>"
        f"{elsewhere if asked.here != asked.address else ''}"
        f"<p>It will be able to do all that {escape(principal.account)} may:</p>{_may(principal)}"
        '<form method="post" action="/sso/device/confirm">'
        f'<input type="hidden" name="form" value="{escape(form)}">'
        f'<input type="hidden" name="user_code" value="{escape(asked.user_code)}">'
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


def _may(principal: Principal) -> str:
    if principal.is_admin:
        return "<ul><li>everything: an administrator</li></ul>"
    lines = [f"{one.role} in {one.namespace or 'all namespaces'}" for one in principal.grants]
    rows = "".join(f"<li>{escape(one)}</li>" for one in sorted(set(lines)))
    return f"<ul>{rows or '<li>what anybody may</li>'}</ul>"


def _page(title: str, body: str, status: int = 200) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - Inkan</title></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
    return Response(status, [("Content-Type", "text/html; charset=utf-8")], text.encode())
