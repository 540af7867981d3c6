# SPDX-License-Identifier: BSD-3-Clause
"""Time of the solvers, of both kernels of mle, of the sampler and of a dense solver; one thread.

Each size is a process of its own. A solver is timed once on each of the graphs, all solvers in
turns, and on the first one only where that takes more than eight seconds. The error is the
Frobenius distance from the initiator that the graphs were drawn from.
"""

import sys
import time
from functools import partial
from statistics import fmean

import numpy as np

from benchmarks.columns import filled
from benchmarks.kronecker_graphs.initiators import (
    DENSE,
    DENSE_LEVELS,
    INITIATORS,
    METHODS,
    SPARSE,
    draw,
    initiator_error,
    make,
)
from benchmarks.kronecker_graphs.peers import ball_dropping, dense_theta
from benchmarks.memory import resident_peak, traced_peak
from benchmarks.one_thread import run_on_one_thread
from benchmarks.timing import SHORT, Times, time_in_turns
from skrmt import _kernels
from skrmt.graph import random_kronecker_graph

N_GRAPHS, N_ROUNDS = 3, 5
LEVELS, QUICK_LEVELS = (8, 10, 12, 14, 16, 18, 20), (8, 9)
# Beyond these a method is left out; with the NumPy kernels mle takes several times as long.
MOST_LEVELS = {"mle": 16, "denoise": 16}
MOST_NUMPY_LEVELS = 14
SAMPLER_LEVELS, QUICK_SAMPLER_LEVELS = (14, 16, 18, 20), (10, 12)
MEMORY_LEVELS, QUICK_MEMORY_LEVELS = 16, 11

COLUMNS = (
    *("study", "K", "n", "edges", "method", "threads", "graphs", "error", "error_max"),
    *("rounds", "cpu_median_s", "cpu_min_s", "wall_median_s", "wall_min_s"),
    *("proposals", "difference", "resident_bytes", "traced_bytes"),
)


def run(quick):
    """Rows of all studies."""
    yield from filled_rows("sampler", sampler, QUICK_SAMPLER_LEVELS if quick else SAMPLER_LEVELS)
    print("  speed: dense Theta", file=sys.stderr)
    yield from run_on_one_thread(dense)
    n_levels = QUICK_MEMORY_LEVELS if quick else MEMORY_LEVELS
    for method in ("moments, one step", "counts", "denoise"):
        print(f"  speed: memory of {method}, K = {n_levels}", file=sys.stderr)
        yield from run_on_one_thread(memory, n_levels=n_levels, method=method)
    for n_levels in QUICK_LEVELS if quick else LEVELS:
        yield from solvers_of_size(n_levels)


def filled_rows(name, measure, sizes):
    """Rows of one study at some sizes."""
    for n_levels in sizes:
        print(f"  speed: {name}, K = {n_levels}", file=sys.stderr)
        yield from run_on_one_thread(measure, n_levels=n_levels)


def solvers_of_size(n_levels):
    """Rows of the solvers at one size, mle with both kernels."""
    compiled = _kernels.active()["implementation"] == "compiled"
    methods = [name for name in METHODS if n_levels <= MOST_LEVELS.get(name, n_levels)]
    if not compiled and n_levels > MOST_NUMPY_LEVELS:
        methods = [name for name in methods if name != "mle"]
    print(f"  speed: {', '.join(methods)}, K = {n_levels}", file=sys.stderr)
    yield from run_on_one_thread(solvers, n_levels=n_levels, methods=methods)
    if compiled and n_levels <= MOST_NUMPY_LEVELS:
        print(f"  speed: mle with the NumPy kernels, K = {n_levels}", file=sys.stderr)
        yield from run_on_one_thread(solvers, kernels="numpy", n_levels=n_levels, methods=["mle"])


def solvers(n_levels, methods):
    """Rows of one size, one for each method."""
    for method in methods:  # what is done once in a process, imports and tables, is not timed
        make(method, SPARSE, 6, 0).set_params(burn_in=1, n_iter=2).fit(draw(SPARSE, 6, 0))
    times, errors = {method: Times() for method in methods}, {method: [] for method in methods}
    edges = []
    for seed in range(N_GRAPHS):
        graph = draw(SPARSE, n_levels, seed)
        edges.append(graph.nnz // 2)
        for method in methods:
            if seed and times[method].cpu[0] >= SHORT:
                continue
            model = make(method, SPARSE, n_levels, seed)
            once = time_in_turns({method: partial(model.fit, graph)}, 1)[method]
            times[method].cpu += once.cpu
            times[method].wall += once.wall
            errors[method].append(initiator_error(model.initiator_, INITIATORS[SPARSE]))
    yield from filled(
        COLUMNS,
        (
            {
                "study": "solvers",
                "K": n_levels,
                "n": 2**n_levels,
                "edges": round(fmean(edges)),
                "method": method,
                "threads": 1,
                "graphs": len(errors[method]),
                "error": round(fmean(errors[method]), 6),
                "error_max": round(max(errors[method]), 6),
                "proposals": proposals(n_levels) if method == "mle" else "",
                **times[method].columns(),
            }
            for method in methods
        ),
    )


def proposals(n_levels):
    """Proposals of `mle` with its defaults: burn-in, rounds, the last labels, further states."""
    model = make("mle", SPARSE, n_levels, 0)
    per_vertex = model.burn_in + (model.n_iter + 1) * model.n_sweeps + 5 * model.n_posterior_samples
    return per_vertex * 2**n_levels


def sampler(n_levels):
    """Rows of the sampler at one size, and of plain ball-dropping."""
    theta = INITIATORS[SPARSE]
    rng, seeds = np.random.default_rng(0), iter(range(10**6))
    edges = {}

    def ours(output):
        graph = random_kronecker_graph(theta, n_levels, output=output, random_state=next(seeds))
        edges[output] = graph.nnz // 2 if output == "csr" else graph.shape[1]

    def peer():
        edges["ball-dropping"] = ball_dropping(theta, n_levels, rng).shape[1]

    tasks = {
        "edges": partial(ours, "edges"),
        "csr": partial(ours, "csr"),
        "ball-dropping": peer,
    }
    time_in_turns(tasks, 1)
    times = time_in_turns(tasks, N_ROUNDS)
    yield from filled(
        COLUMNS,
        (
            {
                "study": "sampler",
                "K": n_levels,
                "n": 2**n_levels,
                "edges": edges[method],
                "method": method,
                "threads": 1,
                **times[method].columns(),
            }
            for method in tasks
        ),
    )


def dense():
    """Rows of `denoise` and of the dense solver on dense graphs of 1024 vertices."""
    graphs = [draw(DENSE, DENSE_LEVELS, seed) for seed in range(N_GRAPHS)]
    arrays = [graph.toarray().astype(float) for graph in graphs]
    found = {}

    def ours(seed):
        model = make("denoise", DENSE, DENSE_LEVELS, seed).fit(graphs[seed])
        found["denoise", seed] = model.initiator_

    def peer(name, all_values, seed):
        found[name, seed] = dense_theta(arrays[seed], DENSE_LEVELS, all_values=all_values)

    tasks = {
        "denoise": ours,
        "dense Theta, all singular values": partial(peer, "dense Theta, all singular values", True),
        "dense Theta, leading singular values": partial(
            peer, "dense Theta, leading singular values", False
        ),
    }
    time_in_turns({name: partial(task, 0) for name, task in tasks.items()}, 1)
    times = {name: Times() for name in tasks}
    for seed in range(N_GRAPHS):
        once = time_in_turns({name: partial(task, seed) for name, task in tasks.items()}, 1)
        for name in tasks:
            times[name].cpu += once[name].cpu
            times[name].wall += once[name].wall
    truth = INITIATORS[DENSE]
    for name in tasks:
        errors = [float(np.linalg.norm(found[name, seed] - truth)) for seed in range(N_GRAPHS)]
        gaps = [
            np.abs(found[name, seed] - found["denoise", seed]).max() for seed in range(N_GRAPHS)
        ]
        row = {
            "study": "dense",
            "K": DENSE_LEVELS,
            "n": 2**DENSE_LEVELS,
            "edges": graphs[0].nnz,
            "method": name,
            "threads": 1,
            "graphs": N_GRAPHS,
            "error": round(fmean(errors), 6),
            "error_max": round(max(errors), 6),
            "difference": f"{max(gaps):.1e}",
            **times[name].columns(),
        }
        yield from filled(COLUMNS, [row])


def memory(n_levels, method):
    """Row of the peak memory of one method beside the graph."""
    graph = draw(SPARSE, n_levels, 0)
    small = draw(SPARSE, 6, 0)
    make(method, SPARSE, 6, 0).fit(small)
    model = make(method, SPARSE, n_levels, 0)
    begin = time.process_time()
    resident, _ = resident_peak(lambda: model.fit(graph))
    seconds = time.process_time() - begin
    row = {
        "study": "memory",
        "K": n_levels,
        "n": 2**n_levels,
        "edges": graph.nnz // 2,
        "method": method,
        "threads": 1,
        "cpu_median_s": round(seconds, 5),
        "resident_bytes": "" if resident is None else max(0, resident),
        "traced_bytes": traced_peak(lambda: model.fit(graph)),
    }
    yield from filled(COLUMNS, [row])
