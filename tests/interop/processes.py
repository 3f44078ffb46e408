"""Programs that a test starts, and ends by their own process group."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PATIENCE_SECONDS = 60


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def run(*command, env=None, stdin=b"", timeout=PATIENCE_SECONDS, check=True, cwd=None):
    """Run a program to its end; its output is in the failure, should it fail."""
    ended = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
        cwd=cwd,
    )
    result = Result(ended)
    if check:
        assert result.code == 0, f"{' '.join(map(str, command))}\n{result.text}"
    return result


class Result:
    """What a program printed, and its exit code."""

    def __init__(self, ended):
        self.code = ended.returncode
        self.out = ended.stdout.decode(errors="replace")
        self.err = ended.stderr.decode(errors="replace")
        self.text = self.out + self.err


class Daemon:
    """A program that runs until it is ended."""

    def __init__(self, command, log: Path, env=None):
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdout=sink,
                stderr=sink,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    def wait_until(self, ready):
        """Wait until `ready()` is true; tell the log if the program ends before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ready():
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")
            time.sleep(0.1)

    def end(self, number=signal.SIGTERM) -> int:
        """End the program and whatever it started; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return code
