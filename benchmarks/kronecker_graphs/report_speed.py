# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the times: solvers, kernels, sampler, dense solver, memory, quoted figures."""

import numpy as np

from benchmarks.columns import of
from benchmarks.kronecker_graphs.initiators import DENSE, METHODS, SPARSE
from benchmarks.kronecker_graphs.quoted import KRONFIT, KRONGEN, NETWORKIT
from benchmarks.kronecker_graphs.targets import (
    DENOISE_LEVELS,
    DENOISE_SECONDS,
    DENSE_RATIO,
    KRONGEN_RATIO,
    MOMENTS_LEVELS,
    MOMENTS_SECONDS,
    NETWORKIT_RATIO,
    SAMPLER_LEVELS,
    SAMPLER_RATE,
)
from benchmarks.kronecker_graphs.targets import KRONFIT as KRONFIT_TARGETS
from benchmarks.markdown import table
from benchmarks.memory import larger_peak
from benchmarks.verdicts import Verdict

ONE_STEP, TWO_STEPS = "moments, one step", "moments, two steps"
DENSE_PEERS = ("dense Theta, all singular values", "dense Theta, leading singular values")
# Growth is also fitted to the graphs that the fixed cost of a fit does not hide.
MANY_EDGES = 10_000
# An exponent that counts as linear.
LINEAR = 1.05
# Errors of the two kernels, on few graphs, that differ by more than chance.
WORSE = 2.0


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Speed",
        f"Undirected graphs of {SPARSE}, CPU time of one thread; a fit includes reading and "
        "counting the graph. *Two steps* draws 40 bootstrap graphs for the second step, the "
        "standard errors and the test; the other fits have `n_bootstrap=0`. Medians and means over "
        "three graphs, one where a fit takes more than eight seconds; errors are Frobenius "
        "distances.",
        "### Solvers, seconds",
        solver_table(rows, seconds_cell),
        "### Solvers, mean error",
        solver_table(rows, error_cell),
        "`denoise` is a method for dense graphs: here it is out of its regime.",
        "### Growth",
        "Exponents b of seconds ~ N^b and ~ E^b, by least squares on logarithms. At small sizes "
        "the fixed cost of a fit dominates.",
        growth_table(rows),
        "### Kernels of mle",
        "Proposals of the whole fit; the seconds hold the fits of the initiator too.",
        kernel_table(rows),
        "### Sampler",
        "Millions of edges a second. *Ball-dropping* is plain NumPy and not quite the model.",
        sampler_table(rows),
        "### Beside quoted figures",
        "KronFit, krongen and NetworKit as quoted: **not the same machine**, not run here. KronFit "
        "with its defaults, means of two graphs of the same initiator.",
        quoted_table(rows),
        "### Dense solver",
        f"Directed graphs of 1024 vertices, {DENSE}. The peers hold the matrix and the "
        "coefficients of the linear model in full; *difference* is the largest entry of the "
        "initiator away from ours.",
        dense_table(rows),
        "### Memory",
        "Peak beside the graph, in a fresh process.",
        memory_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def kind(row):
    """Whether a row was measured with compiled kernels."""
    return "numpy" if row["kernels"] == "numpy" else "compiled"


def solver(rows, method, n_levels, kernels="any"):
    """Row of a solver; None where it was not measured. Compiled kernels first."""
    found = of(rows, study="solvers", method=method, K=n_levels)
    found = [row for row in found if kernels in ("any", kind(row))]
    return min(found, key=kind, default=None)


def sizes(rows):
    """All K of the solvers."""
    return sorted({row["K"] for row in of(rows, study="solvers")})


def seconds_cell(row):
    """Seconds of a fit."""
    return f"{row['cpu_median_s']:.3f}"


def error_cell(row):
    """Mean error of a fit."""
    return f"{row['error']:.4f}"


def solver_table(rows, cell):
    """Lay out one line per size, one column per solver."""
    lines = []
    for n_levels in sizes(rows):
        first = solver(rows, ONE_STEP, n_levels)
        found = [solver(rows, method, n_levels) for method in METHODS]
        cells = ["-" if row is None else cell(row) for row in found]
        lines.append([n_levels, first["n"], first["edges"], *cells])
    return table(["K", "N", "edges", *METHODS], lines)


def exponents(rows, method, fewest=0):
    """Exponents of the growth with N and with E, and the range of K they were fitted on."""
    found = [solver(rows, method, n_levels) for n_levels in sizes(rows)]
    found = [row for row in found if row is not None and row["edges"] >= fewest]
    if len(found) < 2:
        return None
    seconds = np.log([row["cpu_median_s"] for row in found])
    slopes = [
        float(np.polyfit(np.log([row[key] for row in found]), seconds, 1)[0])
        for key in ("n", "edges")
    ]
    return *slopes, f"{found[0]['K']} to {found[-1]['K']}"


def growth_table(rows):
    """Lay out the exponents."""
    lines = []
    for method in METHODS:
        for fewest in (0, MANY_EDGES):
            fitted = exponents(rows, method, fewest)
            if fitted is not None:
                in_n, in_edges, levels = fitted
                lines.append([method, levels, f"{in_n:.2f}", f"{in_edges:.2f}"])
    return table(["solver", "K", "exponent in N", "exponent in E"], lines)


def kernel_table(rows):
    """Lay out both kernels of mle."""
    lines = [
        [
            row["K"],
            kind(row),
            f"{row['cpu_median_s']:.2f}",
            f"{row['proposals'] / 1e6:.1f}",
            f"{row['proposals'] / row['cpu_median_s'] / 1e6:.2f}",
            f"{row['error']:.4f}",
            f"{row['error_max']:.4f}",
            row["graphs"],
        ]
        for row in sorted(
            of(rows, study="solvers", method="mle"), key=lambda row: (row["K"], kind(row))
        )
    ]
    header = ["K", "kernels", "CPU, s", "million proposals", "million a second"]
    return table([*header, "mean error", "largest", "graphs"], lines)


def rate(rows, method, n_levels):
    """Edges a second of a sampler; None where it was not measured."""
    found = of(rows, study="sampler", method=method, K=n_levels)
    return found[0]["edges"] / found[0]["cpu_median_s"] if found else None


def sampler_sizes(rows):
    """All K of the sampler."""
    return sorted({row["K"] for row in of(rows, study="sampler")})


def sampler_table(rows):
    """Lay out one line per size."""
    lines = []
    for n_levels in sampler_sizes(rows):
        rates = [rate(rows, method, n_levels) for method in ("edges", "csr", "ball-dropping")]
        edges = of(rows, study="sampler", method="edges", K=n_levels)[0]["edges"]
        lines.append([n_levels, edges, *(f"{r / 1e6:.1f}" for r in rates)])
        lines[-1].append(f"{rates[0] / rates[2]:.1f}")
    header = ["K", "edges", "`output='edges'`", "`output='csr'`", "ball-dropping"]
    return table([*header, "edges over ball-dropping"], lines)


def quoted_table(rows):
    """Lay out our figures beside quoted ones."""
    lines = []
    for n_levels, (seconds, error) in KRONFIT.items():
        for method, kernels in (
            (ONE_STEP, "any"),
            (TWO_STEPS, "any"),
            ("mle", "compiled"),
            ("mle", "numpy"),
        ):
            row = solver(rows, method, n_levels, kernels)
            if row is not None:
                name = method if kernels == "any" else f"{method}, {kernels}"
                lines.append(
                    [
                        f"fit, K = {n_levels}",
                        name,
                        f"{row['cpu_median_s']:.3f} s, error {row['error']:.4f}",
                        f"KronFit {seconds:.0f} s, error {error:.3f}",
                        f"{seconds / row['cpu_median_s']:.0f} times as fast, error "
                        f"{error / row['error']:.1f} times smaller",
                    ]
                )
    for n_levels in sampler_sizes(rows):
        ours = rate(rows, "edges", n_levels)
        for name, figures in (("krongen", KRONGEN), ("NetworKit", NETWORKIT)):
            if n_levels in figures:
                lines.append(
                    [
                        f"draw, K = {n_levels}",
                        "`output='edges'`",
                        f"{ours / 1e6:.1f} M edges/s",
                        f"{name} {figures[n_levels] / 1e6:.1f} M edges/s",
                        f"{ours / figures[n_levels]:.1f} times as fast",
                    ]
                )
    header = ["what", "ours", "measured", "quoted", "ratio, not the same machine"]
    return table(header, lines)


def dense_ratio(rows, peer):
    """Times as fast as a dense solver."""
    ours, theirs = (of(rows, study="dense", method=name)[0] for name in ("denoise", peer))
    return theirs["cpu_median_s"] / ours["cpu_median_s"]


def dense_table(rows):
    """Lay out the dense solver beside ours."""
    lines = [
        [
            row["method"],
            f"{row['cpu_median_s']:.3f}",
            f"{dense_ratio(rows, row['method']):.1f}",
            f"{row['error']:.4f}",
            f"{row['difference']:.1e}",
        ]
        for row in of(rows, study="dense")
    ]
    return table(["method", "CPU, s", "times ours", "mean error", "difference"], lines)


def memory_table(rows):
    """Lay out the peaks; beside them what dense arrays would take."""
    lines = []
    for row in of(rows, study="memory"):
        vectors = 8 * row["n"] * (row["K"] + 1)
        lines.append(
            [
                row["method"],
                row["K"],
                row["edges"],
                f"{larger_peak(row) / 1e6:.1f}",
                f"{vectors / 1e6:.1f}",
                f"{4 * 8 * row['n'] ** 2 / 1e9:.2f}",
            ]
        )
    header = ["solver", "K", "edges", "peak, MB", "K + 1 vectors, MB", "dense Theta, GB"]
    return table(header, lines)


def verdicts(rows):
    """Targets of the part; none for sizes that were not measured."""
    found = []
    speed = rate(rows, "edges", SAMPLER_LEVELS)
    if speed is not None:
        name = f"sampler, K = {SAMPLER_LEVELS}"
        quoted = [
            (f"{name}, times krongen as quoted", speed / KRONGEN[SAMPLER_LEVELS], KRONGEN_RATIO),
            (
                f"{name}, times NetworKit as quoted",
                speed / NETWORKIT[SAMPLER_LEVELS],
                NETWORKIT_RATIO,
            ),
        ]
        found.append(at_least(f"{name}, million edges/s", speed / 1e6, SAMPLER_RATE / 1e6))
        found += [at_least(subject, ratio, wanted) for subject, ratio, wanted in quoted]
    moments = solver(rows, ONE_STEP, MOMENTS_LEVELS)
    if moments is not None:
        subject = f"moments, one step, {moments['edges']} edges"
        found.append(at_most_seconds(subject, moments["cpu_median_s"], MOMENTS_SECONDS))
    for (method, kernels, n_levels), (faster, smaller) in KRONFIT_TARGETS.items():
        row = solver(rows, method, n_levels, kernels)
        if row is None:
            continue
        seconds, error = KRONFIT[n_levels]
        name = f"{method}{'' if kernels == 'any' else f', {kernels}'}, K = {n_levels}"
        ratio = seconds / row["cpu_median_s"]
        found.append(at_least(f"{name}, times as fast as KronFit as quoted", ratio, faster))
        if smaller is not None:
            subject = f"{name}, error of KronFit as quoted over ours"
            found.append(at_least(subject, error / row["error"], smaller))
    if of(rows, study="dense"):
        subject = f"denoise, N = 1024, times as fast as {DENSE_PEERS[0]}"
        found.append(at_least(subject, dense_ratio(rows, DENSE_PEERS[0]), DENSE_RATIO))
    denoise = solver(rows, "denoise", DENOISE_LEVELS)
    if denoise is not None:
        subject = f"denoise, K = {DENOISE_LEVELS}, {denoise['edges']} edges"
        found.append(at_most_seconds(subject, denoise["cpu_median_s"], DENOISE_SECONDS))
    return found


def at_least(subject, value, wanted):
    """Judge a figure that should be large."""
    return Verdict(subject, f"{value:.1f}", f"≥ {wanted:g}", value >= wanted)


def at_most_seconds(subject, value, wanted):
    """Judge a time."""
    return Verdict(subject, f"{value:.3f} s", f"≤ {wanted:g} s", value <= wanted)


def lost(rows):
    """Losses: peers that are faster, solvers that are slower and less accurate, growth."""
    losses = []
    for n_levels in sampler_sizes(rows):
        peer = rate(rows, "ball-dropping", n_levels)
        slower = [
            f"output={method!r} {rate(rows, method, n_levels) / 1e6:.1f}"
            for method in ("edges", "csr")
            if rate(rows, method, n_levels) < peer
        ]
        if slower:
            losses.append(
                f"Sampler, K = {n_levels}: {' and '.join(slower)} M edges/s, plain ball-dropping "
                f"{peer / 1e6:.1f}."
            )
    for n_levels in sizes(rows):
        best = min(
            (solver(rows, method, n_levels) for method in (ONE_STEP, TWO_STEPS)),
            key=lambda row: row["error"],
        )
        row = solver(rows, "mle", n_levels)
        if row is not None and row["error"] > best["error"]:
            losses.append(
                f"mle, K = {n_levels}: error {row['error']:.4f} in {row['cpu_median_s']:.2f} s, "
                f"{best['method']} {best['error']:.4f} in {best['cpu_median_s']:.2f} s."
            )
        kernels = [solver(rows, "mle", n_levels, name) for name in ("compiled", "numpy")]
        if None not in kernels and kernels[1]["error"] > WORSE * kernels[0]["error"]:
            losses.append(
                f"mle, K = {n_levels}: error {kernels[1]['error']:.4f} with the NumPy kernels, "
                f"{kernels[0]['error']:.4f} with the compiled ones, at as many proposals."
            )
        one, two = (solver(rows, method, n_levels) for method in (ONE_STEP, TWO_STEPS))
        if two["error"] > one["error"] and two["graphs"] == one["graphs"]:
            losses.append(
                f"Moments, K = {n_levels}: the second step has the larger error, "
                f"{two['error']:.4f} against {one['error']:.4f}, in "
                f"{two['cpu_median_s'] / one['cpu_median_s']:.0f} times the time."
            )
    if of(rows, study="dense"):
        ratio = dense_ratio(rows, DENSE_PEERS[1])
        if ratio < DENSE_RATIO:
            losses.append(
                f"denoise at N = 1024 is {ratio:.1f} times as fast as the dense solver where that "
                f"computes the leading singular values only: {DENSE_RATIO:.0f} times is reached "
                "against all of them."
            )
    for method in METHODS:
        fitted = exponents(rows, method, MANY_EDGES)
        if fitted is not None and fitted[1] > LINEAR:
            losses.append(
                f"{method}: above {MANY_EDGES} edges time grows as E^{fitted[1]:.2f} "
                f"(K = {fitted[2]}), more than linearly."
            )
    return losses
