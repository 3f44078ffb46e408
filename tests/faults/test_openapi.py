"""Requests made from the OpenAPI document, by the thousand: no 5xx, and every answer is one that the document names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from faults.wire import PASSWORD, Server

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_REG_API_042_generated_requests_are_answered_as_the_document_says(tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("st"), "run", f"http://127.0.0.1:{server.port}/api/v1/openapi.json",
                "--auth", f"admin:{PASSWORD}", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
                "--max-examples", "30", "--seed", "5",
            ],
            cwd=tmp_path, capture_output=True, text=True, timeout=260, check=False,
        )  # fmt: skip
    finally:
        assert server.stop() == 0
    assert done.returncode == 0, done.stdout[-8000:]
    assert int(re.search(r"(\d+) generated", done.stdout)[1]) > 500
