"""Words that the glossary of CONTRIBUTING.md replaces do not stand in code, docs or output."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What not to write, and what an epidemiologist writes.
INSTEAD = {
    r"% limits": "95% CI",
    r"\blimits hold the truth\b": "intervals cover the truth",
    r"(?<!\")\blaws?\b": "distribution",
    r"\binvented\b": "simulated, or hypothetical",
    r"\b(is|are|was|were|be|been) told\b": "is reported",
    r"\btold (in|at|apart|by|once)\b": "reported, distinguished",
    r"\bknows? no\b|\bknows? \d": "does not support, supports up to",
    r"too late to matter": "overdiagnosed",
    r"\bin peace\b|\bborne\b|\bbearer\b": "plain words",
    r"stands? twice": "is named twice",
    r"\bawaited\b": "expected",
    r"\bmend(s|ed|ing)?\b": "correct, fix",
    r"\blate entry\b": "delayed entry",
    r"\ball else\b": "other causes",
    r"\bhalf a person\b": "0.5",
    r"\bso many people\b": "per 1000 people",
    r"(?<!there )\bis no (number|accuracy|executor|table|list|probability)\b": "must be a …",
    r"\bhow sure\b": "how precisely",
    r"\btake off\b": "remove",
    r"\bheed\b": "independent of",
}
#: Proper names that hold one of the words.
NAMES = ("law of total", "Fréchet", "DeLury")
FILES = [
    path
    for folder, ending in (("src", "*.py"), ("docs", "*.md"), ("benchmarks", "*.py"))
    for path in sorted((ROOT / folder).rglob(ending))
    if not {"_build", "jupyter_execute"} & set(path.parts)
] + [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def found_in(text: str) -> list[str]:
    lines = [
        line
        for line in text.splitlines()
        if not any(name in line for name in NAMES) and "not to write" not in line
    ]
    return [
        f"{number}: {match[0]!r} (write: {cure})"
        for number, line in enumerate(lines, 1)
        for pattern, cure in INSTEAD.items()
        if (match := re.search(pattern, line, re.IGNORECASE))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_and_pages_use_the_words_of_the_field(path: Path) -> None:
    text = path.read_text()
    if path.name == "CONTRIBUTING.md":
        text = text.partition("## Glossary")[0]
    assert not found_in(text)


@pytest.mark.parametrize("command", [[], ["analyse"], ["cohort"], ["risk"], ["schedule"]])
def test_the_command_line_uses_the_words_of_the_field(command: list[str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "paraneo", *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not found_in(shown.stdout + shown.stderr)


def test_a_word_that_is_not_to_be_written_is_found() -> None:
    assert found_in("Estimates with 95% limits by the normal law")
