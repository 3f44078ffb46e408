"""Twenty secrets that a real server and real commands are given are in no log, error, metric, command line or image of memory."""

import base64
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from faults.wire import Server, Wire

PROGRAM = str(Path(sys.executable).with_name("inkan"))
# its own: tests that run beside this one have theirs on command lines of other programs
ADMIN = "canary-00-f3a9c1"
HEX = "c0ffee" + "5ec2e7" * 9 + "c0ff"


def canary(number: int) -> str:
    """Return a secret that occurs nowhere by chance."""
    return f"canary-{number:02}-f3a9c1"


class Watch:
    """Reads the command line of every process of the machine, again and again, while commands run."""

    def __init__(self):
        self.seen: set[str] = set()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _look(self):
        while not self._is_over.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue  # it has ended
            time.sleep(0.005)


class Machine:
    """A server that was told secrets, somebody's machine, and all that either has said."""

    def __init__(self, folder: Path):
        self.folder, self.said, self.secrets = folder, [], {}
        self.home = folder / "home"
        self.home.mkdir()
        environment = {
            "INKAN_ADMIN_PASSWORD": ADMIN,
            "INKAN_KEY_ENCRYPTION_KEY": HEX,
            "INKAN_SSO_ISSUER": "http://127.0.0.1:9",
            "INKAN_SSO_CLIENT_ID": "inkan",
            "INKAN_SSO_CLIENT_SECRET": canary(1),
            "INKAN_LOG_LEVEL": "debug",
        }
        self.secrets |= {"administrator's password": ADMIN, "key-encryption key": HEX, "client secret": canary(1)}  # fmt: skip
        self.server = Server(folder / "data", environment=environment)
        self.server.arguments = ("--log-level", "debug")
        self.host = f"127.0.0.1:{self.server.port}"
        self.environment = {
            **os.environ,
            "HOME": str(self.home),
            "DOCKER_CONFIG": str(self.home / "docker"),
            "INKAN_CONFIG": str(self.home / "inkan.json"),
            "REGISTRY_AUTH_FILE": str(self.home / "auth.json"),
            "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": self.secret("root passphrase", 2),
            "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": self.secret("repository passphrase", 3),
            "INKAN_DEBUG": "1",
        }

    def secret(self, what: str, number: int) -> str:
        self.secrets[what] = canary(number)
        return self.secrets[what]

    def inkan(self, *words, stdin="", env=None, hand_out="", folder=None):
        """Run a command; what it hands out on purpose is a secret, and is not searched for secrets."""
        ended = subprocess.run(
            [PROGRAM, *words], env={**self.environment, **(env or {})}, input=stdin,
            capture_output=True, text=True, check=False, timeout=60, cwd=folder or self.folder,
        )  # fmt: skip
        self.said.append(ended.stderr if hand_out else ended.stdout + ended.stderr)
        if hand_out:
            assert ended.returncode == 0, ended.stderr
            self.secrets[hand_out] = json.loads(ended.stdout)[hand_out]
        return ended

    def ask(self, method, path, body=b"", headers=None):
        with Wire(self.server.port) as wire:
            wire.headers = {}
            answer = wire.call(method, path, body, headers)
            self.said.append(answer.body.decode(errors="replace") + str(answer.headers))
        return answer


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.server.start()
    yield machine
    machine.server.stop()


def people_and_keys(m: Machine) -> None:
    target = f"http://{m.host}"
    m.inkan("login", target, "-u", "admin", "--password-stdin", stdin=ADMIN)
    m.inkan("namespace-add", "team")
    m.inkan("user-add", "alice", "--password-stdin", stdin=m.secret("alice's password", 4))
    m.inkan("user-passwd", "alice", "--password-stdin", stdin=m.secret("alice's next password", 5))
    m.inkan("user-passwd", "nobody", "--password-stdin", stdin=m.secret("nobody's password", 6))
    m.inkan("policy-add", "writer", "alice", "--namespace", "team")
    m.inkan("login", target, "-u", "alice", "--password-stdin", stdin=m.secret("wrong password", 7))
    # whoever types a password where the name belongs
    name = base64.b64encode(f"{m.secret('password as a name', 8)}:x".encode()).decode()
    m.ask("GET", "/token?service=x", headers={"Authorization": f"Basic {name}"})
    m.inkan("service-id-add", "robot")
    m.inkan("api-key-create", "ci", "--for", "robot", "-o", "json", hand_out="api_key")
    for what in ("api_key", "wrong key"):
        file = m.folder / "key"
        file.write_text(m.secrets.get(what) or m.secret(what, 9))
        m.inkan("login", target, "--apikey", f"@{file}", env={"DOCKER_CONFIG": str(m.folder / what)})  # fmt: skip
        m.inkan("image-list", env={"DOCKER_CONFIG": str(m.folder / what)})
    m.inkan("login", "--sso", target, "--password-stdin", stdin=m.secret("passcode", 10))
    m.inkan(
        "webhook-add", "https://hook.invalid/x", "--events", "push", "-o", "json", hand_out="secret"
    )


def keys_and_signatures(m: Machine) -> None:
    from inkan.testing.images import make_image

    m.inkan("trust", "key", "generate", "alice", "--dir", str(m.home))
    image = m.folder / "image"
    make_image(image, b"a layer")
    name = f"{m.host}/team/app:1.0"
    assert m.inkan("push", name, "--from", str(image)).returncode == 0
    assert m.inkan("trust", "inspect", name).returncode == 0
    wrong = {"DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": m.secret("wrong passphrase", 11)}
    m.inkan("trust", "sign", name, env=wrong)
    file = m.folder / "passphrase"
    file.write_text(m.secret("backup's passphrase", 12))
    for verb in ("backup", "restore"):
        done = m.inkan("keys", verb, "keys.inkan", env={"INKAN_BACKUP_PASSPHRASE_FILE": str(file)})
        assert done.returncode == 0, done.stderr
    for key in (m.home / "docker" / "trust" / "private").glob("*.key"):
        inside = re.sub(r"-----.*|^\w.*: .*$|\s", "", key.read_text(), flags=re.MULTILINE)
        m.secrets[f"key file {key.name[:8]}"] = inside[40:100]


def tokens(m: Machine) -> None:
    pair = base64.b64encode(f"admin:{ADMIN}".encode()).decode()
    m.secrets["name and password as sent"] = pair
    basic = {"Authorization": f"Basic {pair}"}
    with Wire(m.server.port) as wire:
        wire.headers = basic
        given = json.loads(wire.call("GET", "/token?service=x&offline_token=true", expect=200).body)
        m.secrets |= {"token": given["token"], "refresh token": given["refresh_token"]}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for grant in ("refresh_token", "password", "urn:inkan:params:oauth:grant-type:passcode"):
        text = m.secret(f"wrong {grant}", 13 + len(grant) % 5)
        body = f"grant_type={grant}&refresh_token={text}&username=admin&password={text}&passcode={text}"  # fmt: skip
        m.ask("POST", "/token", body.encode(), form)
    m.ask("POST", "/token/revoke", f"token={m.secret('unknown token', 18)}".encode(), form)
    bearer = {"Authorization": f"Bearer {m.secret('no token at all', 19)}"}
    m.ask("GET", "/v2/", headers=bearer)
    m.ask("GET", "/v2/", headers={"Authorization": f"Bearer {given['token']}"})
    m.ask("GET", f"/sso/callback?state=x&code={m.secret('code', 20)}", headers={"Cookie": f"inkan-sso={canary(20)}"})  # fmt: skip
    m.ask("GET", "/sso/passcode")


def settings(m: Machine) -> None:
    secret = m.secret("database's password", 21)
    env = {
        "INKAN_DATABASE": f"postgresql://inkan:{secret}@127.0.0.1:9/inkan",
        "PGPASSWORD": secret,
        "AWS_SECRET_ACCESS_KEY": m.secret("bucket's key", 22),
        "INKAN_SSO_CLIENT_SECRET": canary(1),
        "INKAN_KEY_ENCRYPTION_KEY": HEX,
    }
    for words in (("config", "show", "--origin"), ("config", "show"), ("serve", "--data", str(m.folder / "other")), ("storage-check",)):  # fmt: skip
        m.inkan(*words, env=env)


@pytest.mark.slow
def test_AUTH_042_KEY_019_CLI_015_no_secret_is_said_logged_counted_or_shown_to_other_processes(
    machine,
):
    m = machine
    with Watch() as watch:
        for chapter in (people_and_keys, keys_and_signatures, tokens, settings):
            chapter(m)
    admin = {"Authorization": f"Basic {base64.b64encode(f'admin:{ADMIN}'.encode()).decode()}"}
    for path in ("/metrics", "/api/v1/audit-log?limit=1000", "/api/v1/accounts", "/api/v1/api-keys?all=true", "/api/v1/openapi.json"):  # fmt: skip
        m.ask("GET", path, headers=admin)
    log = (m.folder / "server.log").read_text()
    assert "POST" in log or "GET" in log, "requests are logged"
    # what this test itself is told is on no command line either, so all of them are looked at
    everything = {"log": log, "said": "\n".join(m.said), "command lines": "\n".join(watch.seen)}
    assert any("user-add alice" in one for one in watch.seen), "commands were seen as they ran"
    assert len(m.secrets) > 20
    found = [(what, where) for what, secret in m.secrets.items() for where, text in everything.items() if secret in text]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_KEY_020_a_server_that_crashes_leaves_no_image_of_its_memory(tmp_path, number):
    """Whatever limit it was started with."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    folder = tmp_path / "here"
    folder.mkdir()
    server = Server(tmp_path / "data")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
    work = Path.cwd()
    files = set(work.iterdir())
    server.process.send_signal(number)
    server.process.wait(timeout=20)
    left = {one.name for one in set(work.iterdir()) - files if "core" in one.name}
    assert left == set()
    assert not list(tmp_path.rglob("*core*"))
