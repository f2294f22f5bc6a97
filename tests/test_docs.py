"""The pages name every setting and every command, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.conf.reference import PAGE, page

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)")


def test_the_settings_tables_are_those_of_the_schema() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- settings: ") == 4
    assert text == page(text), "write them anew: python -m tests.conf.reference"


def test_every_command_is_named() -> None:
    text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    commands = {name for name, app in get_commands().items() if app == "prodgen_django"}
    assert commands
    assert {name for name in commands if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_to_files(page: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
    relative = [target for target in targets if target and not re.match(r"[a-z][a-z0-9+.-]*:", target)]
    assert [target for target in relative if not (page.parent / target).exists()] == []


def test_no_file_holds_the_marks_of_an_unfinished_merge() -> None:
    marks = re.compile(r"^(<{7} |>{7} )", flags=re.MULTILINE)
    folders = ("prodgen_django", "example_shop", "tests", "benchmarks", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    texts = [path for path in files if path.suffix in (".py", ".css", ".js", ".html", ".md", ".svg", ".po")]
    assert texts
    assert [path for path in texts if marks.search(path.read_text(encoding="utf-8"))] == []
