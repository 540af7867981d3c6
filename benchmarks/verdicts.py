# SPDX-License-Identifier: BSD-3-Clause
"""Targets beside what was measured, for suites that judge themselves.

The module that reports a part has `section(rows)`, which returns the text and the losses of the
part, and `verdicts(rows)`, a list of `Verdict`.
"""

from dataclasses import dataclass
from functools import partial

from benchmarks.markdown import table
from benchmarks.page import assemble

HEADER = ["part", "target", "wanted", "measured", "verdict"]


@dataclass(frozen=True)
class Verdict:
    """One target beside what was measured."""

    subject: str
    measured: str
    wanted: str
    reached: bool

    def cells(self):
        """Cells of the table of targets."""
        verdict = "reached" if self.reached else "**missed**"
        return [self.subject, self.wanted, self.measured, verdict]

    def loss(self):
        """Line of the list of losses."""
        return f"Target missed, {self.subject}: {self.measured}, wanted {self.wanted}."


def with_missed_targets(module):
    """Section of a part, its missed targets before its other losses."""

    def section(rows):
        text, losses = module.section(rows)
        missed = [verdict.loss() for verdict in module.verdicts(rows) if not verdict.reached]
        return text, missed + losses

    return section


def target_table(reports, measured):
    """Table of all targets.

    Parameters
    ----------
    reports : dict of str to module
        The module that reports each part.
    measured : dict of str to list of dict
        Rows of each part; none where it was not run.

    Returns
    -------
    text : str
        Markdown.
    """
    lines = []
    for part, module in reports.items():
        verdicts = module.verdicts(measured[part]) if measured[part] else []
        lines += [[part, *verdict.cells()] for verdict in verdicts]
        if not verdicts:
            said = "measured, without a target" if measured[part] else "not measured"
            lines.append([part, "", "", said, ""])
    return f"## Against the targets\n\n{table(HEADER, lines)}"


def judged_page(suite, introduction, reports, folder):
    """Write the page of a suite, targets first and missed ones among the losses.

    Parameters
    ----------
    suite : str
        Name of the suite on the command line.
    introduction : str
        How the page begins.
    reports : dict of str to module
        The module that reports each part.
    folder : Path
        Folder of the CSV files; a part that was not run says so.

    Returns
    -------
    page : str
        Markdown.
    """
    sections = {part: with_missed_targets(module) for part, module in reports.items()}
    return assemble(suite, introduction, sections, folder, partial(target_table, reports))
