# SPDX-License-Identifier: BSD-3-Clause
"""Graphs and collections of graphs, from the folder that ``SKRMT_BENCH_DATA`` names.

``g_<name>.npz`` holds the CSR pattern of one graph (`n`, `indptr`, `indices`), ``gc_<name>.npz``
that of all graphs of a collection, block by block (`graph_ptr` says where each begins), with their
classes `y` and the labels `node_y` of their vertices. A file that is not there is left out.
"""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from benchmarks.problems import data_file


def load_graph(name):
    """Read a graph.

    Parameters
    ----------
    name : str
        Its name; ``g_<name>`` must be at hand.

    Returns
    -------
    adjacency : csr_array of shape (n, n), float64
        Ones, as the file has them: of a directed graph, each arc once.
    """
    with np.load(data_file(f"g_{name}")) as data:
        return _pattern(data, int(data["n"]))


def load_collection(name):
    """Read a collection.

    Parameters
    ----------
    name : str
        Its name; ``gc_<name>`` must be at hand.

    Returns
    -------
    graphs : list of csr_array
        Adjacency matrices.
    y : ndarray of int
        Classes of the graphs.
    node_labels : list of ndarray of int
        Labels of the vertices of each graph.
    """
    with np.load(data_file(f"gc_{name}")) as data:
        first = data["graph_ptr"].astype(int)
        adjacency = _pattern(data, first[-1])
        bounds = list(pairwise(first))
        graphs = [adjacency[start:stop, start:stop] for start, stop in bounds]
        return graphs, data["y"], [data["node_y"][start:stop] for start, stop in bounds]


def symmetrised(adjacency):
    """Forget the directions of the arcs."""
    both = (adjacency + adjacency.T).tocsr()
    both.data[:] = 1
    return both


def _pattern(data, n):
    entries = np.ones(len(data["indices"])), data["indices"], data["indptr"]
    return sp.csr_array(entries, shape=(n, n))
