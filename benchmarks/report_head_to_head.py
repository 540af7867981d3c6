# SPDX-License-Identifier: BSD-3-Clause
"""Section of the part `peers`: a table for each problem, and the regimes in which a peer wins."""

from dataclasses import dataclass
from math import hypot

from benchmarks.columns import in_order, of
from benchmarks.markdown import table
from benchmarks.rounds import peak_bytes
from benchmarks.worker import DONE

STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class HeadToHeadReport:
    """What `benchmarks.page.assemble` and `benchmarks.verdicts.judged_page` ask of a part.

    Attributes
    ----------
    task : str
        What a call does, in words.
    tolerance : float
        Difference of scores that counts as none.
    sizes : tuple of str
        What the two sizes of a problem are.
    """

    task: str
    tolerance: float
    sizes: tuple = ("n", "p")

    def section(self, rows):
        """Text of the section, and the losses in it."""
        text = [
            "## Against peers",
            f"{self.task} Wall time, median of interleaved rounds, each method in a process of its "
            "own; what takes more than four seconds is measured once. Peak memory beside the input "
            "is that of one thread. Scores are means over the seeds of the calls, with standard "
            "errors. *Not supported* and *did not finish* are results.",
            "### By kind of problem",
            "A peer *wins* where it is at least as good as the best of ours (within "
            f"{self.tolerance}) and faster than every one of ours that is as good, or better by "
            f"more than {self.tolerance} and two standard errors of the difference.",
            self.regime_table(rows),
            "### All problems",
        ]
        for problem in in_order(rows, "problem"):
            text += [
                self.title(of(rows, problem=problem)),
                problem_table(of(rows, problem=problem)),
            ]
        return "\n\n".join(text), list(self.losses(rows))

    def verdicts(self, rows):
        """Targets of the part: none."""
        return []

    def title(self, rows):
        """Name and sizes of a problem."""
        sizes = zip(self.sizes, (rows[0]["n"], rows[0]["p"]), strict=True)
        told = ", ".join(f"{name} = {value}" for name, value in sizes)
        return f"**{rows[0]['problem']}** ({rows[0]['regime']}): {told}."

    def winners(self, rows):
        """Peers that win on one problem with one number of threads: faster ones, better ones."""
        ours = [row for row in rows if row["ours"] == "True" and row["status"] == DONE]
        peers = [row for row in rows if row["ours"] == "False" and row["status"] == DONE]
        if not ours:
            return peers, []
        best = max(ours, key=lambda row: quality(row))
        as_good = [row for row in ours if quality(row) >= quality(best) - self.tolerance]
        fastest = min(row["wall_median_s"] for row in as_good)
        faster = [
            peer
            for peer in peers
            if quality(peer) >= quality(best) - self.tolerance and peer["wall_median_s"] < fastest
        ]
        better = [
            peer
            for peer in peers
            if quality(peer) - quality(best)
            > max(self.tolerance, STANDARD_ERRORS * hypot(peer["score_se"], best["score_se"]))
        ]
        return faster, better

    def cases(self, rows):
        """Problems and numbers of threads, with the rows of each."""
        for problem in in_order(rows, "problem"):
            for threads in in_order(rows, "threads"):
                yield problem, threads, of(rows, problem=problem, threads=threads)

    def regime_table(self, rows):
        """Lay out how often a peer wins, by regime."""
        lines = []
        for regime in in_order(rows, "regime"):
            found = [self.winners(case) for _, _, case in self.cases(of(rows, regime=regime))]
            names = [{row["method"] for row in (*faster, *better)} for faster, better in found]
            counts = {name: sum(name in case for case in names) for name in set().union(*names)}
            ranked = sorted(counts, key=lambda name: (-counts[name], name))
            lines.append(
                [
                    regime,
                    len(found),
                    sum(bool(faster) for faster, _ in found),
                    sum(bool(better) for _, better in found),
                    ", ".join(f"{name} ({counts[name]})" for name in ranked) or "none",
                ]
            )
        header = ["regime", "cases", "as good and faster", "better", "peers that win (cases)"]
        return table(header, lines)

    def losses(self, rows):
        """Lines of the cases in which a peer wins."""
        for problem, threads, case in self.cases(rows):
            faster, better = self.winners(case)
            if not faster and not better:
                continue
            ours = [row for row in case if row["ours"] == "True" and row["status"] == DONE]
            told = []
            if ours:
                best = max(ours, key=quality)
                told.append(f"the best of ours is {best['method']}, {figures(best)}")
            told += [f"as good and faster: {listed(faster)}"] if faster else []
            told += [f"better: {listed(better)}"] if better else []
            yield (
                f"Peers, {case[0]['regime']}: {problem}, {threads} thread(s): {'; '.join(told)}."
            )


def quality(row):
    """Score of which more is better."""
    if row["score_name"] in RIGHT:
        return -abs(row["score"] - 1)
    return row["score"]


# Scores that should be 1, no more.
RIGHT = ("edges over expected",)


def figures(row):
    """Score and time of a row."""
    return f"{row['score']:.3f} in {row['wall_median_s']:.3g} s"


def listed(rows):
    """Name the rows with their figures."""
    return ", ".join(f"{row['method']} ({figures(row)})" for row in rows)


def problem_table(rows):
    """Lay out one line per method, a column of times for each number of threads."""
    threads = in_order(rows, "threads")
    scores = [rows[0]["score_name"]] + [name for name in (rows[0]["second_name"],) if name]
    lines = []
    for method in in_order(rows, "method"):
        group = of(rows, method=method)
        single = group[0]
        measured = next((row for row in group if row["status"] == DONE), single)
        peak = peak_bytes(single) if single["status"] == DONE else None
        lines.append(
            [
                f"**{method}**" if single["ours"] == "True" else method,
                score_cell(measured, "score"),
                *([score_cell(measured, "second")] if len(scores) > 1 else []),
                *(time_cell(row) for row in group),
                "-" if peak is None else f"{peak / 1e6:.1f}",
            ]
        )
    columns = [f"s, {count} thread{'s' if count > 1 else ''}" for count in threads]
    return table(["method", *scores, *columns, "MB"], lines)


def score_cell(row, name):
    """Cell of a mean score."""
    return "-" if row[name] == "" else f"{row[name]:.3f} ± {row[f'{name}_se']:.3f}"


def time_cell(row):
    """Cell of a time, or why there is none."""
    if row["status"] == DONE:
        return f"{row['wall_median_s']:.3g}"
    return f"{row['status']} ({row['note']})"
