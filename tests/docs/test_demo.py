"""`make demo` tells its story to the end."""

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parent.parent.parent / "demo" / "run.py"


@pytest.mark.slow
def test_the_demo_is_told_to_its_end():
    ended = subprocess.run(
        [sys.executable, DEMO], capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("refused") == 3
    assert "restored, and signed again" in ended.stdout
