"""An organisation's identity provider, and how somebody logs in there with a browser."""

import os
from pathlib import Path

from interop.browser import Browser, has_browser
from interop.conftest import require
from interop.inkan_server import InkanServer
from interop.processes import Daemon, free_port

HERE = Path(__file__).parent / "identity_provider"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inkan-interop"
MODULES = CACHE / "identity-provider"
SECRET = "a-client-secret-canary"


class IdentityProvider:
    """A provider that knows everybody, puts them into the group `developers`, and has one client: a server that is not started yet."""

    def __init__(self, server: InkanServer, folder: Path):
        require(has_browser(), "chromium and chromedriver are not installed; run `make interop` as root")  # fmt: skip
        require((MODULES / "node_modules").is_dir(), "the identity provider is not installed; run `make interop`")  # fmt: skip
        port = free_port()
        server.environment |= {
            "INKAN_SSO_ISSUER": f"http://127.0.0.1:{port}",
            "INKAN_SSO_CLIENT_ID": "inkan",
            "INKAN_SSO_CLIENT_SECRET": SECRET,
        }
        self.command = ["node", HERE / "provider.mjs", MODULES, port, f"https://{server.host}/sso/callback"]  # fmt: skip
        self.log = folder / "provider.log"

    def __enter__(self):
        self.daemon = Daemon(self.command, self.log, {"CLIENT_SECRET": SECRET})
        self.daemon.wait_until(lambda: "the provider answers" in self.log.read_text())
        return self

    def __exit__(self, *_):
        self.daemon.end()


def log_in_at_provider(browser: Browser, name: str) -> None:
    browser.type("input[name=login]", name)
    browser.type("input[name=password]", "not looked at")
    browser.click("button[type=submit]")
    # the provider asks whether the server may know
    browser.find("input[name=prompt][value=consent]")
    browser.click("button[type=submit]")
