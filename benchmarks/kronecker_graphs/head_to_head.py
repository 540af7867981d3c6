# SPDX-License-Identifier: BSD-3-Clause
"""What other libraries of graphs do as well: counting subgraphs, drawing graphs, communities.

Every library has the graph in its own form before the clock starts. networkx and scikit-network are
optional. A call

- of *counts* counts edges, wedges, 3-stars and triangles; stars follow from the degrees in all
  libraries; the score is the share of the four numbers that are right;
- of *draws* draws a graph: with all probabilities equal, which every library can, and from a
  Kronecker initiator; the score is the number of edges over the expected one;
- of *communities* divides the vertices; the score is agreement with the classes. Louvain's method
  is not told their number, the others are.
"""

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import KMeans, SpectralClustering

from benchmarks.graph_data import load_graph, symmetrised
from benchmarks.head_to_head import Contest, measure
from benchmarks.kronecker_graphs.initiators import INITIATORS, SPARSE, draw
from benchmarks.kronecker_graphs.peers import ball_dropping
from benchmarks.problems import at_hand, data_file
from benchmarks.spectral_clustering.scores import agreement
from benchmarks.worker import NotSupported, Task, require
from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.graph import random_kronecker_graph, subgraph_counts
from skrmt.theory import expected_subgraph_counts

NETWORKX, SKNETWORK = "networkx", "scikit-network"
COUNTING = ("skrmt.graph", SKNETWORK, NETWORKX, "product of sparse matrices")
DRAWING = ("skrmt.graph", SKNETWORK, NETWORKX, "ball-dropping")
DIVIDING = (
    *("SparseQuantized", "SpectralClustering", f"{SKNETWORK}, Spectral + KMeans"),
    *(f"{SKNETWORK}, Louvain", f"{NETWORKX}, Louvain"),
)
PROBLEMS = {
    "counts": ("counts, K = 14", "counts, K = 17", "counts, facebook"),
    "draws": ("draws, equal, K = 12", "draws, K = 14", "draws, K = 18"),
    "communities": (
        *("communities, planted, 4000 vertices", "communities, email_eu_core"),
        *("communities, polblogs", "communities, cora"),
    ),
}
QUICK_PROBLEMS = {
    "counts": ("counts, K = 12",),
    "draws": ("draws, K = 14",),
    "communities": ("communities, planted, 600 vertices",),
}
METHODS = {"counts": COUNTING, "draws": DRAWING, "communities": DIVIDING}
METRICS = {
    "counts": ("right counts",),
    "draws": ("edges over expected",),
    "communities": ("ARI", "NMI"),
}
REGIMES = {
    "counts": "counting subgraphs",
    "draws": "drawing graphs",
    "communities": "communities",
}
N_CLASSES, MEAN_DEGREE, INSIDE = 4, 16, 0.7


def run(quick):
    """Rows of all problems at hand."""
    there = [
        problem
        for problems in (QUICK_PROBLEMS if quick else PROBLEMS).values()
        for problem in problems
        if "=" in problem or "planted" in problem or at_hand(f"g_{problem.split(', ')[1]}")
    ]
    yield from measure(__name__, there, quick)


def contest(problem):
    """What is compared on a problem."""
    task = problem.partition(", ")[0]
    return Contest(REGIMES[task], METRICS[task], METHODS[task])


def is_ours(method):
    """Whether a method is one of skrmt."""
    return method in ("skrmt.graph", "SparseQuantized")


def prepare(problem, method, threads):
    """Make the graph ready, in the form that the method takes."""
    for name, package in ((NETWORKX, "networkx"), (SKNETWORK, "sknetwork")):
        if method.startswith(name):
            require(package)
    kind, *rest = problem.split(", ")
    return {"counts": counting, "draws": drawing, "communities": dividing}[kind](
        rest, method, threads
    )


def levels(text):
    """Read the number of levels of a problem."""
    return int(text.removeprefix("K = "))


def counting(rest, method, threads):
    """Task of counting."""
    graph = draw(SPARSE, levels(rest[0]), 0) if "=" in rest[0] else load_graph(rest[0])
    graph = symmetrised(graph)
    graph.setdiag(0)
    graph.eliminate_zeros()
    right = subgraph_counts(graph)
    sizes = {"n": graph.shape[0], "p": graph.nnz // 2}

    def stars(degree):
        degree = degree.astype(np.float64)
        two = degree * (degree - 1) / 2
        return [degree.sum() / 2, two.sum(), (two * (degree - 2) / 3).sum()]

    if method == NETWORKX:
        import networkx as nx

        given = nx.from_scipy_sparse_array(graph)

        def call(seed):
            degree = np.array([d for _, d in given.degree()])
            return [*stars(degree), sum(nx.triangles(given).values()) / 3]

    elif method == SKNETWORK:
        from sknetwork.topology import count_triangles

        given = sp.csr_matrix(graph)

        def call(seed):
            triangles = count_triangles(given, parallelize=threads > 1)
            return [*stars(np.diff(given.indptr)), triangles]

    elif method == "skrmt.graph":

        def call(seed):
            return subgraph_counts(graph, directed=False)

    else:
        given = graph.astype(np.int64)

        def call(seed):
            return [*stars(np.diff(given.indptr)), (given @ given).multiply(given).sum() / 6]

    return Task(call, lambda found: {METRICS["counts"][0]: float(np.mean(found == right))}, sizes)


def drawing(rest, method, threads):
    """Task of drawing."""
    equal, n_levels = rest[0] == "equal", levels(rest[-1])
    n = 2**n_levels
    chance = 16 / n
    theta = np.full((2, 2), chance ** (1 / n_levels)) if equal else INITIATORS[SPARSE]
    expected = float(expected_subgraph_counts(theta, n_levels)[0])
    if method in (NETWORKX, SKNETWORK) and not equal:
        raise NotSupported("does not draw from a Kronecker initiator")
    if method == NETWORKX:
        import networkx as nx

        def call(seed):
            return nx.fast_gnp_random_graph(n, chance, seed=seed).number_of_edges()

    elif method == SKNETWORK:
        from sknetwork.data import erdos_renyi

        def call(seed):
            return erdos_renyi(n, chance, seed=seed).nnz // 2

    elif method == "skrmt.graph":

        def call(seed):
            return random_kronecker_graph(theta, n_levels, random_state=seed).nnz // 2

    else:

        def call(seed):
            return ball_dropping(theta, n_levels, np.random.default_rng(seed)).shape[1]

    def score(edges):
        return {METRICS["draws"][0]: edges / expected}

    return Task(call, score, {"n": n, "p": round(expected)})


def planted(n):
    """Graph of equal classes, and the classes."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % N_CLASSES
    same, other = n / N_CLASSES, n - n / N_CLASSES
    chances = MEAN_DEGREE * INSIDE / same, MEAN_DEGREE * (1 - INSIDE) / other
    upper = sp.triu(rng.random((n, n)) < np.where(y[:, None] == y, *chances), 1)
    return sp.csr_array(upper + upper.T, dtype=np.float64), y


def read_classes(name):
    """Real graph without directions and isolated vertices, and the classes."""
    with np.load(data_file(f"g_{name}")) as data:
        y = data["y"]
    graph = symmetrised(load_graph(name))
    graph.setdiag(0)
    graph.eliminate_zeros()
    kept = np.flatnonzero(np.diff(graph.indptr))
    return sp.csr_array(graph[kept][:, kept], dtype=np.float64), y[kept]


def dividing(rest, method, threads):
    """Task of finding communities."""
    graph, y = planted(int(rest[1].split()[0])) if rest[0] == "planted" else read_classes(rest[0])
    n_classes = len(np.unique(y))
    if method == "SparseQuantized":

        def call(seed):
            model = SparseQuantizedSpectralClustering(
                n_classes, affinity="precomputed", random_state=seed, n_jobs=threads
            )
            return model.fit(graph).labels_

    elif method == "SpectralClustering":

        def call(seed):
            model = SpectralClustering(
                n_classes, affinity="precomputed", random_state=seed, n_jobs=threads
            )
            return model.fit(sp.csr_matrix(graph)).labels_

    elif method.startswith(NETWORKX):
        import networkx as nx

        given = nx.from_scipy_sparse_array(graph)

        def call(seed):
            labels = np.empty(len(y), int)
            for label, members in enumerate(nx.community.louvain_communities(given, seed=seed)):
                labels[list(members)] = label
            return labels

    elif method.endswith("Louvain"):
        from sknetwork.clustering import Louvain

        given = sp.csr_matrix(graph)

        def call(seed):
            return Louvain(random_state=seed).fit_predict(given)

    else:
        from sknetwork.embedding import Spectral

        given = sp.csr_matrix(graph)

        def call(seed):
            embedding = Spectral(n_classes).fit_transform(given)
            return KMeans(n_classes, n_init=10, random_state=seed).fit(embedding).labels_

    def score(labels):
        found = agreement(y, [labels])
        return {"ARI": found["ari"], "NMI": found["nmi"]}

    return Task(call, score, {"n": len(y), "p": graph.nnz // 2})
