"""A private PostgreSQL server from Debian's binaries, on a loopback port, by an unprivileged user."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from interop.processes import Daemon, free_port

PASSWORD = "made-up-for-the-test"
_CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
fsync = off
"""


def find_binaries() -> Path | None:
    """The newest folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


class PostgresServer:
    """A cluster of its own, with password log-in; `fsync` is off, as only its process is ever killed."""

    def __init__(self):
        self.binaries = find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="inkan-postgresql-"))
        self.port = free_port()
        # PostgreSQL refuses to run as root
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = self.folder / "data"
        self._as_user(self.binaries / "initdb", "-D", data, "-U", "inkan", "-A", "scram-sha-256", "--pwfile", secret, "--no-locale", "-E", "UTF8", "--no-sync")  # fmt: skip
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(_CONF.format(port=self.port))

    def make_standby(self) -> "PostgresServer":
        """Make a server that follows this one, and start it; from then on a commit is on both when it is acknowledged."""
        standby = PostgresServer()
        data = standby.folder / "data"
        shutil.rmtree(data)
        where = f"host=127.0.0.1 port={self.port} user=inkan password={PASSWORD} application_name=standby"  # fmt: skip
        standby._as_user(self.binaries / "pg_basebackup", "-d", where, "-D", data, "-R", "-c", "fast")  # fmt: skip
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(f"port = {standby.port}\n")
        standby.start()
        self.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        self.sql("SELECT pg_reload_conf()")
        return standby

    def promote(self):
        """Let a standby take writes."""
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.sql("SELECT pg_promote()")

    def encrypt(self, certificate: Path, key: Path, authority: Path):
        """Take no connection that is not encrypted, and into the database `certified` none without a certificate of the authority's."""
        data = self.folder / "data"
        for source, name in ((certificate, "server.crt"), (key, "server.key"), (authority, "client-ca.crt")):  # fmt: skip
            target = data / name
            target.write_bytes(source.read_bytes())
            target.chmod(0o600)
            if self.user:
                shutil.chown(target, self.user, self.user)
        with (data / "postgresql.conf").open("a") as conf:
            conf.write("ssl = on\nssl_ca_file = 'client-ca.crt'\n")
        (data / "pg_hba.conf").write_text(
            "hostssl certified all 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )

    def _as_user(self, *command):
        ended = subprocess.run(
            [str(word) for word in command],
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()

    def start(self):
        prefix = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") if self.user else ()  # fmt: skip
        self.daemon = Daemon(
            [*prefix, self.binaries / "postgres", "-D", self.folder / "data"],
            self.folder / "log",
        )
        self.daemon.wait_until(self.is_ready)
        return self

    def is_ready(self) -> bool:
        probe = [self.binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(probe, check=False).returncode == 0

    def crash(self):
        """Kill the server as a power cut would; what it had committed is in its log."""
        number = self.daemon.process.pid
        # stopped first, so that it starts no more processes; they are no members of its group
        os.kill(number, signal.SIGSTOP)
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        for process in (*map(int, children), number):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.daemon.process.wait(timeout=30)
        while any(Path(f"/proc/{child}").exists() for child in children):
            time.sleep(0.01)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def stop(self):
        self.daemon.end(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, name: str = "inkan") -> str:
        return f"postgresql://inkan@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str, name: str = "postgres") -> str:
        """Run SQL as a person would; return what it prints."""
        command = [self.binaries / "psql", "-h", "127.0.0.1", "-p", self.port, "-U", "inkan", "-d", name, "-Atqc", statement]  # fmt: skip
        ended = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout.decode().strip()

    def new_database(self, name: str) -> str:
        """Make an empty database; return its address."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.sql(f'CREATE DATABASE "{name}"')
        return self.address(name)
