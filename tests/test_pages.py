# SPDX-License-Identifier: BSD-3-Clause
"""The code in README.md and in the pages of the documentation runs, and prints what they say."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def _pages():
    for path in sorted([ROOT / "README.md", *(ROOT / "doc").rglob("*.md")]):
        if BLOCK.search(path.read_text(encoding="utf-8")):
            yield path.relative_to(ROOT).as_posix()


def failures(text):
    """Run the blocks of a page one after the other, as its reader would; return what failed."""
    names, report = {"__name__": "__main__"}, []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(1))
        if ">>>" not in match[1]:  # a script, with nothing to compare
            exec(compile("\n" * line + match[1], "<page>", "exec"), names)
            continue
        block = doctest.DocTestParser().get_doctest(match[1], {}, "<page>", "<page>", line)
        block.globs = names
        runner.run(block, out=report.append, clear_globs=False)
    return "".join(report)


def test_the_pages_that_a_user_reads_first_have_code():
    assert {"README.md", "doc/index.md"} <= set(_pages())
    assert any(name.startswith("doc/user_guide/") for name in _pages())


@pytest.mark.parametrize("page", list(_pages()))
def test_code_of_the_page_runs(page):
    report = failures((ROOT / page).read_text(encoding="utf-8"))
    assert not report, report


def test_wrong_output_is_noticed_in_a_later_block():
    page = "```python\n>>> a = 1\n\n```\nand\n```python\n>>> a + 1\n{}\n\n```\n"
    assert failures(page.format(2)) == ""
    assert "Expected:\n    3\nGot:\n    2" in failures(page.format(3))


def test_script_that_fails_is_noticed():
    with pytest.raises(NameError):
        failures("```python\nprint(undefined)\n```\n")
