# SPDX-License-Identifier: BSD-3-Clause
"""Section of the part `growth`: fitted exponents beside what the documentation claims."""

from dataclasses import dataclass

from benchmarks.columns import of
from benchmarks.growth import BYTES_FLOOR, JOBS, SLACK, TIME_FLOOR, Fit, fit_exponent
from benchmarks.markdown import table
from benchmarks.rounds import peak_bytes

HEADER = (
    *("what", "variable", "range", "time, s", "time grows as", "claimed", "verdict"),
    *("memory, MB", "memory grows as", "claimed", "verdict"),
)
FEW = "too few points"


@dataclass(frozen=True)
class GrowthReport:
    """What `benchmarks.page.assemble` and `benchmarks.verdicts.judged_page` ask of a part.

    Attributes
    ----------
    curves : tuple of Curve
        The declarations: the claims are theirs.
    """

    curves: tuple

    def section(self, rows):
        """Text of the section, and the losses in it."""
        found = [(curve, points_of(curve, rows)) for curve in self.curves]
        found = [(curve, points) for curve, points in found if points]
        growing = [(curve, points) for curve, points in found if curve.variable != JOBS]
        text = [
            "## Growth",
            "One variable at a time on a geometric grid, one thread, median CPU time of "
            "interleaved rounds, peak memory beside the input (the output counts). Exponents are "
            "slopes of the least squares line through the logarithms, with standard errors, of "
            f"points above {1000 * TIME_FLOOR:.0f} ms and {BYTES_FLOOR / 1e6:.0f} MB. *Agrees*: "
            f"within two standard errors and {SLACK} of the claim, an upper bound where it says "
            "*at most*; *below* a claim mostly means that fixed costs still weigh at these sizes.",
            table(HEADER, [line(curve, points) for curve, points in growing]),
            "The claims, in the words of the docstrings or as they follow from them:",
            "\n".join(sources(growing)),
        ]
        workers = [(curve, points) for curve, points in found if curve.variable == JOBS]
        if workers:
            text += [
                "### Workers",
                "Wall time, one thread of BLAS in each; times as fast as with one worker.",
                worker_table(workers),
            ]
        lost = [loss for curve, points in growing for loss in losses(curve, points)]
        return "\n\n".join(text), lost + [loss for pair in workers for loss in slower(*pair)]

    def verdicts(self, rows):
        """Targets of the part: none."""
        return []


def points_of(curve, rows):
    """Rows of a curve, in the order of the variable."""
    own = of(rows, subject=curve.subject, variable=curve.variable)
    return sorted(own, key=lambda row: row["value"])


def exponents(points):
    """Fits of time and of memory; None where the points are too few."""
    values = [row["value"] for row in points]
    return (
        fit_exponent(values, [row["cpu_median_s"] for row in points], TIME_FLOOR),
        fit_exponent(values, [peak_bytes(row) for row in points], BYTES_FLOOR),
    )


def verdict(claim, fit):
    """Cell of a verdict."""
    if fit is None:
        return ""
    said = claim.verdict(fit.exponent, fit.error)
    return f"**{said}**" if said in ("above", "below") else said


def line(curve, points):
    """Cells of one curve."""
    time, memory = exponents(points)
    first, last = points[0], points[-1]
    return [
        curve.subject + (f" ({curve.fixed})" if curve.fixed else ""),
        curve.variable,
        f"{first['value']} to {last['value']}",
        f"{first['cpu_median_s']:.3f} to {last['cpu_median_s']:.3f}",
        cell(time),
        curve.time,
        verdict(curve.time, time),
        f"{peak_bytes(first) / 1e6:.1f} to {peak_bytes(last) / 1e6:.1f}",
        cell(memory),
        curve.memory,
        verdict(curve.memory, memory),
    ]


def cell(fit: Fit | None):
    """Cell of an exponent."""
    return FEW if fit is None else str(fit)


def sources(found):
    """Lines of the claims, each once."""
    lines = {}
    for curve, _ in found:
        for kind, claim in (("time", curve.time), ("memory", curve.memory)):
            if claim.source:
                lines[f"- {curve.subject}, {kind} over {curve.variable}: {claim.source}."] = None
    return lines


def losses(curve, points):
    """Lines of the exponents above their claims."""
    fits = zip(("time", "memory"), exponents(points), (curve.time, curve.memory), strict=True)
    for kind, fit, claim in fits:
        if fit is not None and claim.verdict(fit.exponent, fit.error) == "above":
            yield (
                f"Growth of {curve.subject} over {curve.variable}: {kind} with exponent {fit}, "
                f"claimed {claim}."
            )


def worker_table(found):
    """Table of the times with several workers."""
    lines = []
    for curve, points in found:
        alone = points[0]["wall_median_s"]
        lines += [
            [
                curve.subject,
                row["fixed"],
                row["value"],
                f"{row['wall_median_s']:.3f}",
                f"{alone / row['wall_median_s']:.2f}",
                f"{peak_bytes(row) / 1e6:.1f}",
            ]
            for row in points
        ]
    return table(["what", "sizes", "workers", "wall, s", "times as fast", "memory, MB"], lines)


def slower(curve, points):
    """Lines of the curves on which more workers are no faster."""
    alone, most = points[0], points[-1]
    if most["wall_median_s"] > alone["wall_median_s"]:
        yield (
            f"{curve.subject} ({most['fixed']}): {most['value']} workers take "
            f"{most['wall_median_s']:.3f} s, one {alone['wall_median_s']:.3f} s."
        )
