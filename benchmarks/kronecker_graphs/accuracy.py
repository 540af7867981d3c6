# SPDX-License-Identifier: BSD-3-Clause
"""Graphs drawn from known initiators: errors, standard errors, the test, shuffled labels.

Errors are Frobenius distances, in the better of the two orders. An interval of 95 % is the estimate
and 1.96 standard errors to both sides. Every K of every case is a process of its own.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean, stdev

import joblib
import numpy as np
import scipy.sparse as sp

from benchmarks.columns import filled
from benchmarks.isolation import run_isolated
from benchmarks.kronecker_graphs.initiators import (
    DENSE,
    DENSE_LEVELS,
    DIRECTED,
    INITIATORS,
    SECOND,
    SPARSE,
    draw,
    initiator_error,
    is_directed,
    make,
    relative_error,
)
from benchmarks.one_thread import one_thread
from skrmt.theory import attenuated_initiator, kronecker_perturbation

MOMENTS = ("moments, one step", "moments, two steps")
# (case, K, methods); the graphs of mle are half as many.
ERRORS = (
    *((SPARSE, n_levels, (*MOMENTS, "mle")) for n_levels in (14, 12, 10)),
    (SPARSE, 16, MOMENTS),
    *((SECOND, n_levels, (*MOMENTS, "mle")) for n_levels in (14, 12)),
    *((DIRECTED, n_levels, MOMENTS) for n_levels in (14, 12)),
)
QUICK_ERRORS = ((SPARSE, 8, (*MOMENTS, "mle")), (DIRECTED, 8, MOMENTS))
N_GRAPHS, QUICK_GRAPHS = 10, 2
# (case, K, solver)
COVERAGE = (
    *((SPARSE, n_levels, "moments") for n_levels in (10, 12, 14)),
    (SPARSE, 12, "counts"),
    (SECOND, 12, "moments"),
    (DIRECTED, 12, "moments"),
    (DIRECTED, 12, "counts"),
)
QUICK_COVERAGE = ((SPARSE, 8, "moments"), (DIRECTED, 8, "counts"))
COVERAGE_GRAPHS, QUICK_COVERAGE_GRAPHS = 100, 5
SHARES = (0.0, 0.05, 0.2, 0.5, 1.0)
SHUFFLED = ("denoise", "counts", "moments, one step")
SHUFFLED_GRAPHS = 3
NORMAL_95 = 1.959964

COLUMNS = (
    *("study", "case", "directed", "K", "method", "graphs", "error", "error_se", "error_max"),
    *("coverage", "intervals", "rms_z", "p_below_05", "tests", "shuffled", "mse", "mse_se"),
    "law",
)


def run(quick):
    """Rows of all studies; as many processes at a time as there are cores."""
    tasks = [
        (errors, {"case": case, "n_levels": n_levels, "methods": list(methods), "quick": quick})
        for case, n_levels, methods in (QUICK_ERRORS if quick else ERRORS)
    ]
    tasks += [
        (coverage, {"case": case, "n_levels": n_levels, "solver": solver, "quick": quick})
        for case, n_levels, solver in (QUICK_COVERAGE if quick else COVERAGE)
    ]
    tasks += [(shuffled, {"share": share}) for share in SHARES]

    def measured(task):
        measure, arguments = task
        rows = run_isolated(measure, **arguments)
        told = {key: value for key, value in arguments.items() if key != "quick"}
        print(f"  accuracy: {measure.__name__} {told}", file=sys.stderr)
        return rows

    with one_thread(), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        for rows in pool.map(measured, tasks):
            yield from rows


def errors(case, n_levels, methods, quick):
    """Rows of one initiator and size, one for each method."""
    n_graphs = QUICK_GRAPHS if quick else N_GRAPHS
    found = {method: [] for method in methods}
    for seed in range(n_graphs):
        graph = draw(case, n_levels, 100 + seed)
        for method in methods:
            if method == "mle" and seed >= max(2, n_graphs // 2):
                continue
            model = make(method, case, n_levels, seed).fit(graph)
            found[method].append(initiator_error(model.initiator_, INITIATORS[case]))
    for method, values in found.items():
        row = {
            "study": "error",
            "case": case,
            "directed": is_directed(case),
            "K": n_levels,
            "method": method,
            "graphs": len(values),
            "error": round(fmean(values), 6),
            "error_se": round(stdev(values) / len(values) ** 0.5, 6),
            "error_max": round(max(values), 6),
        }
        yield from filled(COLUMNS, [row])


def coverage(case, n_levels, solver, quick):
    """Row of the standard errors and of the test of one solver."""
    n_graphs = QUICK_COVERAGE_GRAPHS if quick else COVERAGE_GRAPHS
    truth, directed = INITIATORS[case], is_directed(case)
    free = np.ones((2, 2), bool) if directed else np.triu(np.ones((2, 2), bool))
    deviations, errors_of, pvalues = [], [], []
    for seed in range(n_graphs):
        graph = draw(case, n_levels, 1000 + seed)
        model = make("moments, two steps", case, n_levels, seed).set_params(solver=solver)
        model.fit(graph)
        deviations.append(((model.initiator_ - truth) / model.initiator_std_)[free])
        errors_of.append(initiator_error(model.initiator_, truth))
        pvalues.append(model.gof_pvalue_)
    z = np.concatenate(deviations)
    row = {
        "study": "coverage",
        "case": case,
        "directed": directed,
        "K": n_levels,
        "method": solver,
        "graphs": n_graphs,
        "error": round(fmean(errors_of), 6),
        "error_se": round(stdev(errors_of) / n_graphs**0.5, 6),
        "error_max": round(max(errors_of), 6),
        "coverage": round(float((np.abs(z) <= NORMAL_95).mean()), 4),
        "intervals": len(z),
        "rms_z": round(float(np.sqrt(np.square(z).mean())), 4),
        "p_below_05": round(float((np.array(pvalues) < 0.05).mean()), 4),
        "tests": n_graphs,
    }
    yield from filled(COLUMNS, [row])


def shuffled(share):
    """Rows of a share of shuffled vertices, one for each method."""
    truth = INITIATORS[DENSE]
    _, wanted = kronecker_perturbation(truth, DENSE_LEVELS)
    _, left = kronecker_perturbation(attenuated_initiator(truth, share), DENSE_LEVELS)
    law = float(np.square(left - wanted).sum() / np.square(wanted).sum())
    found = {method: [] for method in SHUFFLED}
    for seed in range(SHUFFLED_GRAPHS):
        graph = permuted(draw(DENSE, DENSE_LEVELS, seed), share, np.random.default_rng(seed))
        for method in SHUFFLED:
            model = make(method, DENSE, DENSE_LEVELS, seed).fit(graph)
            labelled = not method.startswith("moments")
            found[method].append(relative_error(model.initiator_, truth, labelled=labelled))
    for method, values in found.items():
        row = {
            "study": "shuffled",
            "case": DENSE,
            "directed": True,
            "K": DENSE_LEVELS,
            "method": method,
            "graphs": len(values),
            "shuffled": share,
            "mse": round(fmean(values), 6),
            "mse_se": round(stdev(values) / len(values) ** 0.5, 6),
            "law": "" if method.startswith("moments") else round(law, 6),
        }
        yield from filled(COLUMNS, [row])


def permuted(graph, share, rng):
    """Shuffle a share of the vertices among themselves."""
    n = graph.shape[0]
    order = np.arange(n)
    chosen = rng.choice(n, round(share * n), replace=False)
    order[chosen] = chosen[rng.permutation(len(chosen))]
    return sp.csr_array(graph[order][:, order])
