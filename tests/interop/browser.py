"""A real browser without a screen, driven by the W3C WebDriver protocol.

Source: W3C WebDriver, § Endpoints.
"""

import json
import shutil
import time
import urllib.error
import urllib.request

from interop.processes import Daemon, free_port

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # nothing but this machine is asked for anything
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def has_browser() -> bool:
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """One browser with a profile of its own."""

    def __init__(self, folder):
        self.port = free_port()
        self.daemon = Daemon(["chromedriver", f"--port={self.port}"], folder / "chromedriver.log")
        self.daemon.wait_until(self._is_ready)
        options = {
            "binary": shutil.which("chromium"),
            "args": [*FLAGS, f"--user-data-dir={folder / 'profile'}"],
        }
        wanted = {"acceptInsecureCerts": True, "goog:chromeOptions": options}
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{made['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ask("DELETE", self.session)
        self.daemon.end()

    def open(self, url):
        self._ask("POST", f"{self.session}/url", {"url": url})

    @property
    def url(self) -> str:
        return self._ask("GET", f"{self.session}/url")

    def find(self, selector, seconds=20):
        """Return the element that a CSS selector names, once it is there."""
        until = time.monotonic() + seconds
        while True:
            found = self._ask("POST", f"{self.session}/elements", {"using": "css selector", "value": selector})  # fmt: skip
            if found:
                return f"{self.session}/element/{found[0][_ELEMENT]}"
            assert time.monotonic() < until, (selector, self.url, self.text("body"))
            time.sleep(0.1)

    def text(self, selector, seconds=20) -> str:
        """Return what an element says; one that goes with its page while it is asked is looked for again."""
        until = time.monotonic() + seconds
        while True:
            try:
                return self._ask("GET", f"{self.find(selector)}/text")
            except urllib.error.HTTPError as error:
                if error.code != 404 or time.monotonic() >= until:
                    raise

    def shows(self, selector, words, seconds=20) -> bool:
        """Return whether an element comes to say some words: the page after a click takes its time."""
        until = time.monotonic() + seconds
        while words not in self.text(selector):
            if time.monotonic() >= until:
                return False
            time.sleep(0.1)
        return True

    def type(self, selector, text):
        self._ask("POST", f"{self.find(selector)}/value", {"text": text})

    def click(self, selector):
        self._ask("POST", f"{self.find(selector)}/click", {})

    def _is_ready(self) -> bool:
        try:
            return bool(self._ask("GET", "/status")["ready"])
        except OSError:
            return False

    def _ask(self, method, path, tree=None):
        body = None if tree is None else json.dumps(tree).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, {"Content-Type": "application/json"}, method=method
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())["value"]
