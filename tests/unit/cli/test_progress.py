"""Bars on a terminal, lines elsewhere: what is left on the screen is one line for each blob."""

import io
import re

import pytest

from inkan.cli.progress import Bars, Lines, shown_progress

DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


class Screen(io.StringIO):
    """Obeys what bars send: up, wipe the line, wipe below."""

    def __init__(self):
        super().__init__()
        self.rows, self.row = [""], 0

    def isatty(self):
        return True

    def write(self, text):
        for part in re.findall(r"\x1b\[(\d*)([AKJ])|([^\x1b\n]+)|(\n)", text):
            number, command, words, line_end = part
            if command == "A":
                self.row -= int(number)
            elif command == "K":
                self.rows[self.row] = ""
            elif command == "J":
                del self.rows[self.row :]
                self.rows.append("")
            elif words:
                self.rows[self.row] += words
            elif line_end:
                self.row += 1
                if self.row == len(self.rows):
                    self.rows.append("")
        return len(text)


def test_bars_move_below_the_lines_of_what_has_arrived():
    screen = Screen()
    bars = Bars(screen, 79)
    bars.begin(DIGEST, 2_000_000, "Pushing")
    bars.begin(OTHER, 10, "Pushing")
    bars._last = 0
    bars.reach(DIGEST, 1_000_000)
    assert screen.rows == [
        f"aaaaaaaaaaaa: Pushing [{'=' * 15}>{' ' * 14}] 1MB/2MB",
        f"bbbbbbbbbbbb: Pushing [>{' ' * 29}] 0B/10B",
        "",
    ]
    bars.say("Signing\x1b[2J")
    bars.end(OTHER, 10, "pushed")
    bars.end(DIGEST, 2_000_000, "pushed")
    assert screen.rows == [
        r"Signing\x1b[2J",
        "bbbbbbbbbbbb: pushed (10 bytes)",
        "aaaaaaaaaaaa: pushed (2,000,000 bytes)",
        "",
    ]


def test_bars_are_never_wider_than_the_terminal_and_not_drawn_at_every_piece():
    screen = Screen()
    bars = Bars(screen, 20)
    bars.begin(DIGEST, 100, "Pulling")
    assert max(map(len, screen.rows)) == 20
    before = list(screen.rows)
    for position in range(100):
        bars.reach(DIGEST, position)
    assert screen.rows == before


def test_elsewhere_a_blob_is_one_line(capsys):
    lines = Lines(out := io.StringIO())
    lines.begin(DIGEST, 10, "Pulling")
    lines.reach(DIGEST, 5)
    lines.end(DIGEST, 10, "exists")
    assert out.getvalue() == "aaaaaaaaaaaa: exists (10 bytes)\n"


@pytest.mark.parametrize(
    ("stream", "term", "kind"),
    [(Screen, "xterm", Bars), (Screen, "dumb", Lines), (io.StringIO, "xterm", Lines)],
)
def test_bars_need_a_terminal_that_can_move_its_cursor(monkeypatch, stream, term, kind):
    monkeypatch.setenv("TERM", term)
    assert isinstance(shown_progress(stream()), kind)
