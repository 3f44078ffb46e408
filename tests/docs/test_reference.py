"""The reference is what the code says, and every page that is linked is there."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def generator():
    spec = importlib.util.spec_from_file_location("generate", REFERENCE / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "commands.md", "routes.md", "errors.md"])
def test_a_reference_page_is_what_the_code_says(page):
    made = generator().PAGES[page]()
    assert (REFERENCE / page).read_text(encoding="utf-8") == made, "run `make docs`"


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page, target)


def test_every_make_target_says_what_it_does():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("setup", "run", "check", "test", "interop", "bench", "docs", "locks", "clean"):
        assert re.search(rf"^{target}:.*## \w", text, re.MULTILINE), target
