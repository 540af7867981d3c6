# SPDX-License-Identifier: BSD-3-Clause
"""The page of a suite, put together from the sections of its parts."""

from benchmarks.markdown import command, machine
from benchmarks.results import read_rows


def assemble(suite, introduction, sections, folder, summary=None):
    """Write a page: introduction, summary, sections with their commands, losses.

    Parameters
    ----------
    suite : str
        Name of the suite on the command line.
    introduction : str
        How the page begins.
    sections : dict of str to callable
        For each part a function of its rows that returns the text of its section and a list of
        losses, one line each.
    folder : Path
        Folder of the CSV files; a part that was not run says so.
    summary : callable, default=None
        Function of the rows of all parts, a dict, that returns text to put first.

    Returns
    -------
    page : str
        Markdown.
    """
    measured = {part: read_rows(folder / f"{part}.csv") for part in sections}
    texts, losses = [introduction], []
    if summary is not None:
        texts.append(summary(measured))
    for part, section in sections.items():
        rows = measured[part]
        if rows:
            text, lost = section(rows)
            losses += lost
        else:
            text = f"## {part.capitalize()}\n\nNot measured."
        source = f"From the repository root:\n\n{command(suite, part)}"
        texts.append("\n\n".join(filter(None, [text, source, machine(rows)])))
    found = "\n".join(f"- {loss}" for loss in losses) or "Nothing in the measured parts."
    texts.append(f"## Where it loses\n\n{found}")
    return "\n\n".join(text.strip() for text in texts) + "\n"
