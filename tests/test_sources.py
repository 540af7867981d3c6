# SPDX-License-Identifier: BSD-3-Clause
"""The form of the source files: licence, length."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUFFIXES = {".py", ".pyi", ".pyx", ".c", ".h", ".inc"}
FOLDERS = ("skrmt", "tests", "benchmarks", "examples", "doc")
MOST_LINES = 400


def _sources(folder):
    """Yield name and text of each source file."""
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in SUFFIXES and "_build" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_source_file_begins_with_its_licence(folder):
    licence = "SPDX-License-Identifier: BSD-3-Clause"
    unmarked = [name for name, text in _sources(folder) if licence not in text.partition("\n")[0]]
    assert unmarked == []


@pytest.mark.parametrize("folder", ["skrmt", "tests"])
def test_no_source_file_has_more_than_one_subject_by_its_length(folder):
    lengths = {name: text.count("\n") for name, text in _sources(folder)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
