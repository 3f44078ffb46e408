"""Single sign-on's face: where browsers go, where they come back to, and where devices begin.

```text
GET  /sso/passcode           on to the provider, and back to a passcode
GET  /sso/device             on to the provider, and back to a form for the code that a device shows
GET  /sso/callback           where the provider sends the browser back to
POST /sso/device/code        a device begins: its code, and the one it shows
POST /sso/device/look        what the code stands for
POST /sso/device/confirm     the person says yes
```

Source: OpenID Connect Core 1.0 § 3.1; RFC 8628.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from inkan import limits
from inkan.access.devices import INTERVAL_SECONDS, LIFETIME, Devices
from inkan.access.forms import parse_form
from inkan.access.passcodes import Passcodes, plain
from inkan.access.principals import Principal
from inkan.access.problems import TABLE
from inkan.access.scopes import HostNames
from inkan.access.sign_on import SignOn
from inkan.access.sign_on_pages import (
    HEADERS,
    Asked,
    code_form,
    confirm_form,
    done_page,
    passcode_page,
    problem_page,
)
from inkan.access.starts import Starts
from inkan.errors import InkanError, SignOnOffError, TooManyAttemptsError
from inkan.web.demand import OPEN, Caller
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Face, Route

_PASSCODE, _DEVICE = "passcode", "device"
_PROGRAM_LETTERS = 100


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to log in by.

    Attributes:
        starts: who may begin another log-in.
        principal: what an account may do, for its owner to read.
    """

    passcodes: Passcodes
    devices: Devices
    starts: Starts
    principal: Callable[[str], Awaitable[Principal]]


class SignOnHandlers:
    """Answers browsers and devices."""

    def __init__(self, sign_on: SignOn, offered: Offered, hosts: HostNames, scheme: str) -> None:
        self._sign_on = sign_on
        self._passcodes, self._devices = offered.passcodes, offered.devices
        self._starts, self._principal = offered.starts, offered.principal
        self._hosts, self._scheme = hosts, scheme
        is_safe = scheme == "https"
        # __Host- is kept to this host and to https, and nothing else can set it
        self._cookie = "__Host-inkan-sso" if is_safe else "inkan-sso"
        self._flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if is_safe else "")

    async def passcode(self, request: Request) -> Response:
        """Send a browser to the provider, for a passcode."""
        return await self._start(request, _PASSCODE)

    async def device(self, request: Request) -> Response:
        """Send a browser to the provider, for a device."""
        return await self._start(request, _DEVICE)

    async def callback(self, request: Request) -> Response:
        """Show whoever comes back from the provider what they came for."""
        names = ("state", "code", "iss", "error")
        answer = {name: found for name in names if (found := request.query(name)) is not None}
        finished = await self._sign_on.finish(
            answer, _cookie(request, self._cookie), request.client_address
        )
        if finished.purpose == _DEVICE:
            form = await self._passcodes.open_form(finished.account)
            page = code_form(finished.account, form)
        else:
            page = passcode_page(finished.account, await self._passcodes.issue(finished.account))
        page.headers.append(("Set-Cookie", f"{self._cookie}={self._flags}; Max-Age=0"))
        return page

    async def begin(self, request: Request) -> Response:
        """Begin a device's log-in."""
        await request.body()
        if not self._sign_on.is_on:
            raise SignOnOffError
        self._starts.take_turn(request.client_address)
        program = "".join(filter(str.isprintable, request.header("user-agent")))[:_PROGRAM_LETTERS]
        begun = await self._devices.begin(request.client_address, program)
        origin = self._origin(request)
        tree = {
            "device_code": begun.device_code,
            "user_code": begun.user_code,
            # there is no address with the code in it: whoever is sent one must not log a stranger in with one click
            "verification_uri": f"{origin}/sso/device",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": INTERVAL_SECONDS,
        }
        return Response(200, [("Content-Type", "application/json")], json.dumps(tree).encode())

    async def look(self, request: Request) -> Response:
        """Show what a code stands for, and ask."""
        form = parse_form(await request.body())
        text, user_code = form.get("form", ""), plain(form.get("user_code", ""))
        account = await self._passcodes.use_form(text)
        begun = await self._devices.look(user_code)
        asked = Asked(
            user_code,
            begun["at"],
            begun["address"],
            begun.get("program", ""),
            request.client_address,
        )
        return confirm_form(await self._principal(account), text, asked)

    async def confirm(self, request: Request) -> Response:
        """Log a device in."""
        form = parse_form(await request.body())
        text = form.get("form", "")
        account = await self._passcodes.use_form(text)
        request.caller = Caller(account)
        await self._devices.confirm(form.get("user_code", ""), account)
        await self._passcodes.close_form(text)
        return done_page(account)

    def _origin(self, request: Request) -> str:
        # the Host header is the caller's word: only names of ours are repeated, and the provider knows which of them it sends people to
        return f"{self._scheme}://{self._hosts.known(request.host)}"

    async def _start(self, request: Request, purpose: str) -> Response:
        # what is off says so; and a provider is asked for nobody who has to wait
        if self._sign_on.is_on:
            self._starts.take_turn(request.client_address)
        started = await self._sign_on.start(purpose, f"{self._origin(request)}/sso/callback")
        cookie = f"{self._cookie}={started.cookie}{self._flags}; Max-Age=600"
        return Response(302, [("Location", started.url), ("Set-Cookie", cookie)])


def sign_on_face(handlers: SignOnHandlers) -> Face:
    """Return single sign-on's face."""
    small, never = limits.SMALL_BODY_BYTES, CachePolicy.NEVER
    look, confirm = "/sso/device/look", "/sso/device/confirm"
    return Face(
        name="sign-on",
        routes=(
            Route("sso-passcode", ("GET",), "/sso/passcode", handlers.passcode, OPEN, 0, never),
            Route("sso-device", ("GET",), "/sso/device", handlers.device, OPEN, 0, never),
            Route("sso-callback", ("GET",), "/sso/callback", handlers.callback, OPEN, 0, never),
            Route("sso-begin", ("POST",), "/sso/device/code", handlers.begin, OPEN, small, never),
            Route("sso-look", ("POST",), look, handlers.look, OPEN, small, never),
            Route("sso-confirm", ("POST",), confirm, handlers.confirm, OPEN, small, never),
        ),
        render=_render,
        claims=re.compile(r"/sso(/|\Z)"),
        headers=HEADERS,
    )


def _render(error: InkanError, _request: Request) -> Response:
    status = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)[0]
    # browsers ask for a password at a 401, and there is none to give
    page = problem_page(400 if status == 401 else status, str(error))
    if isinstance(error, TooManyAttemptsError):
        page.headers.append(("Retry-After", str(error.retry_after_seconds)))
    return page


def _cookie(request: Request, name: str) -> str:
    found: Mapping[str, str] = {
        key.strip(): value.strip()
        for key, _, value in (
            part.partition("=") for part in request.header("cookie")[:4096].split(";")
        )
    }
    return found.get(name, "")
