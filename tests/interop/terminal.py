"""A terminal with somebody at it who answers what is asked."""

import os
import pty
import select
import subprocess
import time

_PATIENCE_SECONDS = 120


def type_in(text: str, folder, environment, answers=()) -> tuple[str, int]:
    """Type a text into a shell; return what the terminal shows, and how the shell ended.

    Args:
        answers: pairs of what a question says and what is answered; each is asked for anew with each question.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["bash", "-c", text], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as shell:  # fmt: skip
        os.close(theirs)
        shown = _watch(ours, dict(answers))
        code = shell.wait(timeout=_PATIENCE_SECONDS)
    os.close(ours)
    return shown.replace("\r\n", "\n"), code


def _watch(terminal: int, answers: dict[str, str]) -> str:
    shown, until, answered = "", time.monotonic() + _PATIENCE_SECONDS, 0
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(terminal, 65_536)
        except OSError:
            # the last one at the other side has gone
            break
        shown += piece.decode(errors="replace")
        for question, answer in answers.items():
            if question in shown[answered:]:
                answered = len(shown)
                os.write(terminal, f"{answer}\n".encode())
    return shown
