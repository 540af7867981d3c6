# SPDX-License-Identifier: BSD-3-Clause
"""Real graphs: initiators beside published ones, the test, graphs drawn from the fit, hidden edges.

A graph is a process of its own, on one thread, as many at a time as there are cores.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean

import joblib
import numpy as np
import scipy.sparse as sp
from sklearn.metrics import roc_auc_score

from benchmarks.columns import filled
from benchmarks.graph_data import load_graph, symmetrised
from benchmarks.isolation import run_isolated
from benchmarks.kronecker_graphs.columns import numbers
from benchmarks.kronecker_graphs.network_statistics import chung_lu, statistics
from benchmarks.kronecker_graphs.quoted import PUBLISHED
from benchmarks.one_thread import one_thread
from benchmarks.problems import at_hand
from skrmt.graph import KroneckerGraphInference, random_kronecker_graph

# Names of the files; those with arcs are fitted with and without their directions.
NAMES = ("facebook", "wiki_vote", "as20", "ca_grqc", "gnutella08", "power")
DIRECTED = ("wiki_vote", "gnutella08")
QUICK_NAMES = ("power", "ca_grqc")
N_SAMPLES = 3
LINKS, HIDDEN = ("as20", "ca_grqc"), 0.1
METHODS = {
    "moments": {"solver": "moments"},
    "mle": {"solver": "mle"},
}
# Ten times the rounds, where there are published figures: the default is not at its limit there.
LONG, LONG_NAMES = "mle, 300 rounds", ("as20", "ca_grqc")
LONG_MLE = {"solver": "mle", "n_iter": 300}
# Fewer rounds and proposals, to try things out; no long fits then.
QUICK_MLE = {"burn_in": 20, "n_iter": 4, "n_sweeps": 5}
STATISTICS = ("triangles", "clustering", "max_degree", "eigenvalue", "diameter", "ks")

COLUMNS = (
    *("study", "graph", "directed", "n", "edges", "K", "method", "initiator", "initiator_std"),
    *("statistic", "pvalue", "counts", "ratios", "log_likelihood", "cpu_s", "samples"),
    *STATISTICS,
    *("hidden", "auc"),
)


def run(quick):
    """Rows of all graphs at hand."""
    tasks = []
    for name in QUICK_NAMES if quick else NAMES:
        if not at_hand(f"g_{name}"):
            print(f"  graphs: {name} is not at hand", file=sys.stderr)
            continue
        tasks.append((undirected, name))
        tasks += [(directed, name)] if name in DIRECTED else []
        tasks += [(links, name)] if name in LINKS else []

    def measured(task):
        measure, name = task
        rows = run_isolated(measure, name=name, quick=quick)
        print(f"  graphs: {name}, {measure.__name__}", file=sys.stderr)
        return rows

    with one_thread(), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        for rows in pool.map(measured, tasks):
            yield from rows


def make(method, directed, quick):
    """Set up a method."""
    settings = dict(LONG_MLE if method == LONG else METHODS[method])
    if method != "moments" and quick:
        settings |= QUICK_MLE
    return KroneckerGraphInference(directed=directed, random_state=0, **settings)


def fitted(method, name, graph, directed, quick):
    """Fit a method, and lay out the row of the fit."""
    model = make(method, directed, quick)
    begin = time.process_time()
    model.fit(graph)
    seconds = time.process_time() - begin
    observed, expected = model.counts_, model.expected_counts_
    ratios = np.divide(expected, observed, where=observed > 0, out=np.full(len(observed), np.nan))
    std = getattr(model, "initiator_std_", None)
    row = {
        "study": "fit",
        "graph": name,
        "directed": directed,
        "n": graph.shape[0],
        "edges": round(observed[0]),
        "K": model.n_levels_,
        "method": method,
        "initiator": numbers(model.initiator_.ravel(), 6),
        "initiator_std": "" if std is None else numbers(std.ravel(), 3),
        "statistic": round(model.gof_statistic_, 3),
        "pvalue": f"{model.gof_pvalue_:.3g}",
        "counts": numbers(observed, 12),
        "ratios": numbers(ratios, 4),
        "log_likelihood": round(model.log_likelihood_, 1) if method != "moments" else "",
        "cpu_s": round(seconds, 3),
    }
    return model, row


def undirected(name, quick):
    """Rows of one graph without directions: fits, and graphs drawn from them."""
    graph = symmetrised(load_graph(name))
    initiators, rows = {}, []
    for method in (*METHODS, *([LONG] if name in LONG_NAMES and not quick else [])):
        model, row = fitted(method, name, graph, False, quick)
        rows.append(row)
        initiators[method] = model.initiator_
    n_levels = rows[0]["K"]
    if name in PUBLISHED:
        initiators["KronFit, published"] = np.reshape(PUBLISHED[name], (2, 2))
    rows.append(drawn(name, "the graph", [statistics(graph)]))
    for source, initiator in initiators.items():
        samples = (
            random_kronecker_graph(initiator, n_levels, random_state=seed)
            for seed in range(N_SAMPLES)
        )
        rows.append(drawn(name, source, [statistics(sample, graph) for sample in samples]))
    samples = (chung_lu(graph, np.random.default_rng(seed)) for seed in range(N_SAMPLES))
    rows.append(drawn(name, "Chung-Lu", [statistics(sample, graph) for sample in samples]))
    yield from filled(COLUMNS, rows)


def drawn(name, source, found):
    """Lay out the row of the graphs of one source, means over them."""
    means = {key: round(fmean(values[key] for values in found), 5) for key in found[0]}
    return {
        "study": "drawn",
        "graph": name,
        "directed": False,
        "method": source,
        "samples": len(found),
        **means,
    }


def directed(name, quick):
    """Rows of the fits of one graph with directions."""
    graph = load_graph(name)
    rows = [fitted(method, name, graph, True, quick)[1] for method in METHODS]
    yield from filled(COLUMNS, rows)


def links(name, quick):
    """Rows of the prediction of hidden edges, each against as many pairs without an edge."""
    graph = symmetrised(load_graph(name))
    rng = np.random.default_rng(0)
    rows, columns = sp.triu(graph, 1).nonzero()
    hidden = np.zeros(len(rows), bool)
    hidden[rng.choice(len(rows), round(HIDDEN * len(rows)), replace=False)] = True
    ends = rows[~hidden], columns[~hidden]
    seen = sp.csr_array((np.ones(len(ends[0])), ends), shape=graph.shape)
    seen = (seen + seen.T).tocsr()
    absent = pairs_without_edge(graph, hidden.sum(), rng)
    pairs = (
        np.concatenate([rows[hidden], absent[0]]),
        np.concatenate([columns[hidden], absent[1]]),
    )
    truth = np.repeat([1, 0], hidden.sum())
    degree = np.diff(seen.indptr)
    common = np.asarray((seen[pairs[0]].multiply(seen[pairs[1]])).sum(axis=1)).ravel()
    model = make("mle", False, quick).set_params(n_bootstrap=0)
    begin = time.process_time()
    scores = {"mle": model.fit(seen).edge_probability(*pairs)}
    seconds = time.process_time() - begin
    scores |= {"degree product": degree[pairs[0]] * degree[pairs[1]], "common neighbours": common}
    yield from filled(
        COLUMNS,
        (
            {
                "study": "links",
                "graph": name,
                "directed": False,
                "n": graph.shape[0],
                "edges": len(rows),
                "method": method,
                "hidden": int(hidden.sum()),
                "auc": round(float(roc_auc_score(truth, score)), 5),
                "cpu_s": round(seconds, 3) if method == "mle" else "",
            }
            for method, score in scores.items()
        ),
    )


def pairs_without_edge(graph, n_pairs, rng):
    """Draw distinct vertices without an edge between them."""
    row, column = rng.integers(0, graph.shape[0], (2, 2 * n_pairs))
    free = (row != column) & (np.asarray(graph[row, column]).ravel() == 0)
    return row[free][:n_pairs], column[free][:n_pairs]
