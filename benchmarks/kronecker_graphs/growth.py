# SPDX-License-Identifier: BSD-3-Clause
"""How the sampler, the counts and the solvers grow with the edges of a graph.

Graphs of one initiator and a growing number of levels: vertices double with each, edges take 2.2
times as many. Nothing here has workers.
"""

from functools import partial

import numpy as np

from benchmarks.growth import Claim, Curve, measure_all
from benchmarks.kronecker_graphs.initiators import INITIATORS, SPARSE, draw, make
from skrmt.graph import KroneckerGraphFeatures, random_kronecker_graph, subgraph_counts

LINEAR = Claim(1, 1, "time and memory linear in the number of edges")
COUNTING = Claim(None, 1.5, "counting takes O(E^1.5) at most, in practice little more than E")
# Edges grow as N^1.14.
PROPOSALS = Claim(0.88, 1, "a number of proposals for each of N vertices, of the mean degree each")
PRODUCTS = Claim(None, 1.1, "O(E K): K adds 0.1 over this grid")
COMPONENTS = Claim(None, 1.1, "O(c (E + N c)) for c components")
STORED = Claim(None, 1, "memory is O(E + N)")
STORED_COMPONENTS = Claim(None, 1.1, "memory is O(E + N c)")


def run(quick):
    """Rows of all curves."""
    yield from measure_all(__name__, quick)


def sampled(size, jobs):
    """Task of drawing a graph of so many levels."""
    graph = draw(SPARSE, size, 0)
    return partial(random_kronecker_graph, INITIATORS[SPARSE], size, random_state=0), graph.nnz // 2


def counted(size, jobs):
    """Task of counting the subgraphs."""
    graph = draw(SPARSE, size, 0)
    return partial(subgraph_counts, graph, directed=False), graph.nnz // 2


def solved(size, jobs, *, method):
    """Task of a solver."""
    graph = draw(SPARSE, size, 0)
    return partial(make(method, SPARSE, size, 0).fit, graph), graph.nnz // 2


def described(size, jobs):
    """Task of the features of so many graphs."""
    graphs = [random_kronecker_graph(INITIATORS[SPARSE], 6, random_state=i) for i in range(size)]
    return partial(KroneckerGraphFeatures().fit(graphs).transform, graphs), None


def curve(subject, grid, quick_grid, task, time, memory):
    """Curve over the edges."""
    return Curve(subject, "edges", "", grid, quick_grid, task, time, memory)


def solver(method, grid, time, memory):
    """Curve of a solver over the edges."""
    subject = f"KroneckerGraphInference.fit, {method}"
    quick = tuple(int(level) for level in np.array(grid[:3]) - 1)
    return curve(subject, grid, quick, partial(solved, method=method), time, memory)


CURVES = (
    curve("random_kronecker_graph", (14, 16, 18, 20), (12, 13, 14), sampled, LINEAR, LINEAR),
    curve("subgraph_counts", (12, 14, 16, 18), (10, 12, 14), counted, COUNTING, STORED),
    solver("moments, one step", (12, 14, 16, 18), COUNTING, STORED),
    solver("moments, two steps", (9, 10, 12, 14), COUNTING, STORED),
    solver("counts", (9, 11, 13, 15), PRODUCTS, STORED),
    solver("denoise", (9, 11, 13, 15), COMPONENTS, STORED_COMPONENTS),
    solver("mle", (11, 12, 13, 14), PROPOSALS, STORED),
    Curve(
        "KroneckerGraphFeatures.transform",
        "n_graphs",
        "graphs of 64 vertices",
        (100, 200, 400, 800, 1600),
        (50, 100, 200),
        described,
    ),
)
