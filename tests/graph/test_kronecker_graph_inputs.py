# SPDX-License-Identifier: BSD-3-Clause
"""Graphs as users hold them: every form gives the same fit."""

import networkx
import numpy as np
import pytest
import scipy.sparse as sp

from skrmt.graph import KroneckerGraphInference, random_kronecker_graph

THETA = np.array([[0.99, 0.54], [0.54, 0.13]])


def fitted(graph, solver="moments", **parameters):
    return KroneckerGraphInference(solver=solver, n_bootstrap=0, **parameters).fit(graph)


@pytest.fixture(scope="module")
def graph():
    return random_kronecker_graph(THETA, 10, random_state=0)


def as_networkx(adjacency):
    return networkx.from_scipy_sparse_array(adjacency)


def with_explicit_zeros(adjacency):
    wide = sp.csr_array(adjacency, dtype=float, copy=True)
    wide = wide + sp.csr_array(([1e-9] * 3, ([0, 1, 2], [1023, 1022, 1021])), shape=wide.shape)
    wide.data[wide.data < 1] = 0
    return wide


def with_repeats(adjacency):
    entries = sp.coo_array(adjacency)
    twice = [np.concatenate([x, x]) for x in (entries.data, *entries.coords)]
    return sp.coo_array((twice[0], (twice[1], twice[2])), shape=adjacency.shape)


FORMS = {
    "dense": lambda a: a.toarray(),
    "bool": lambda a: a.toarray().astype(bool),
    "list": lambda a: a.toarray().tolist(),
    "weights": lambda a: sp.csr_array(a, dtype=float) * 2.5,
    "loops": lambda a: sp.csr_array(a + sp.eye_array(a.shape[0], dtype=np.int8)),
    "explicit zeros": with_explicit_zeros,
    "repeats": with_repeats,
    "csc": lambda a: a.tocsc(),
    "lil": lambda a: a.tolil(),
    "matrix": lambda a: sp.csr_matrix(a),
    "networkx": as_networkx,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("solver", ["moments", "counts"])
def test_every_form_of_a_graph_gives_the_same_fit(graph, form, solver):
    model, other = fitted(graph, solver), fitted(FORMS[form](graph), solver)
    np.testing.assert_array_equal(other.initiator_, model.initiator_)
    np.testing.assert_array_equal(other.counts_, model.counts_)


def test_a_networkx_graph_says_whether_it_is_directed():
    symmetric = networkx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)])
    assert fitted(symmetric).directed_ is True
    assert fitted(networkx.to_numpy_array(symmetric)).directed_ is False
    assert fitted(symmetric, directed=False).directed_ is False
