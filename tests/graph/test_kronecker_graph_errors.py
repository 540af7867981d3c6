# SPDX-License-Identifier: BSD-3-Clause
"""What the estimator of one graph says to bad input."""

import networkx
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from skrmt.exceptions import TheoryWarning
from skrmt.graph import KroneckerGraphInference, random_kronecker_graph

RING = networkx.to_numpy_array(networkx.cycle_graph(20))
ARCS = np.triu(np.ones((6, 6)), 1)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (np.ones((4, 5)), r"square adjacency matrix, got shape \(4, 5\)"),
        (sp.csr_array(np.ones((4, 5))), r"square adjacency matrix, got shape \(4, 5\)"),
        (np.where(np.eye(4) > 0, np.nan, 1.0), "NaN"),
        (np.where(np.eye(4) > 0, np.inf, 1.0), "infinity"),
        (np.zeros((4, 4)), "no edge"),
        (np.eye(4), "no edge off its diagonal"),
        (np.ones((1, 1)), "minimum of 2"),
        (networkx.empty_graph(1), "1 vertices, while a minimum of 2"),
        (networkx.empty_graph(0), "0 vertices, while a minimum of 2"),
        (networkx.empty_graph(5), "no edge"),
    ],
)
def test_what_is_no_graph(graph, message):
    with pytest.raises(ValueError, match=message):
        KroneckerGraphInference().fit(graph)


@pytest.mark.parametrize(
    ("parameters", "graph", "message"),
    [
        ({"n_levels": 4}, RING, r"20 vertices, more than the 16 of n_levels=4.*at least 5"),
        ({"directed": False}, ARCS, r"directed=False.*not symmetric.*X \+ X.T"),
        ({"initiator_size": 3}, RING, r"4 counts.*do not determine the 6 entries.*solver='mle'"),
        ({"initiator_size": 4, "directed": True}, RING, r"9 counts.*16 entries"),
        ({"n_bootstrap": 5}, RING, r"n_bootstrap=5.*at least 7, or 0"),
        ({"n_bootstrap": 11}, ARCS, r"n_bootstrap=11.*at least 12, or 0"),
        ({"n_levels": 63}, RING, r"2\^62"),
        ({"n_levels": 40}, RING, r"n_levels=40 gives a model of .* n_bootstrap=0"),
        ({"n_levels": 31, "solver": "mle"}, RING, r"n_levels=31 gives a model of 2147483648"),
        ({"solver": "kronfit"}, RING, r"'solver' parameter.*'moments'"),
        ({"initiator_size": 1}, RING, r"'initiator_size' parameter"),
        ({"directed": "yes"}, RING, r"'directed' parameter"),
    ],
)
def test_parameters_that_do_not_fit(parameters, graph, message):
    with pytest.raises(ValueError, match=message):
        KroneckerGraphInference(**parameters).fit(graph)


def test_as_many_entries_as_counts_warn():
    theta = np.array([[0.9, 0.6, 0.3], [0.5, 0.4, 0.2], [0.3, 0.25, 0.1]])
    graph = random_kronecker_graph(theta, 5, directed=True, random_state=0)
    with pytest.warns(TheoryWarning, match="as many entries as there are counts"):
        model = KroneckerGraphInference(3, random_state=0).fit(graph)
    assert model.initiator_.shape == (3, 3)


def test_methods_that_need_labels_say_so():
    model = KroneckerGraphInference(n_bootstrap=0).fit(RING)
    for call in (lambda: model.edge_probability(0, 1), lambda: model.log_likelihood(RING)):
        with pytest.raises(AttributeError, match=r"this fit did not find.*'mle'"):
            call()
    assert model.log_likelihood(RING, labels=np.arange(20)) <= 0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(19), "20 whole numbers"),
        (np.arange(20) * 0.5, "whole numbers"),
        (np.arange(20) + 13, "from 0 to 31, got 13 to 32"),
        (np.zeros(20, int), "distinct"),
    ],
)
def test_labels_that_do_not_fit(labels, message):
    model = KroneckerGraphInference(n_bootstrap=0).fit(RING)
    with pytest.raises(ValueError, match=message):
        model.log_likelihood(RING, labels)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([20], [0], "rows must be vertices from 0 to 19"),
        ([0], [0.5], "columns must be rows of the adjacency matrix, whole"),
    ],
)
def test_vertices_that_do_not_exist(rows, columns, message):
    model = KroneckerGraphInference(solver="counts", n_bootstrap=0).fit(RING)
    with pytest.raises(ValueError, match=message):
        model.edge_probability(rows, columns)


def test_other_graphs_must_fit_the_model():
    model = KroneckerGraphInference(n_bootstrap=0).fit(RING)
    with pytest.raises(ValueError, match="40 vertices, more than the 32"):
        model.score(networkx.cycle_graph(40))
    with pytest.raises(ValueError, match="not symmetric"):
        model.score(ARCS)
    with pytest.raises(ValueError, match="3 features, but KroneckerGraphInference is expecting 20"):
        model.score(RING[:, :3])
    with pytest.raises(ValueError, match="n_graphs must be a whole number"):
        model.sample(0)


@pytest.mark.parametrize("method", ["score", "log_likelihood", "edge_probability", "sample"])
def test_an_unfitted_model_says_so(method):
    arguments = {"score": [RING], "log_likelihood": [RING], "edge_probability": [0, 1]}
    with pytest.raises(NotFittedError):
        getattr(KroneckerGraphInference(), method)(*arguments.get(method, []))


def test_a_failed_fit_changes_nothing():
    model = KroneckerGraphInference(n_bootstrap=0).fit(RING)
    before = model.initiator_.copy()
    for bad in (np.zeros((4, 4)), np.ones((4, 5))):
        with pytest.raises(ValueError):
            model.fit(bad)
    np.testing.assert_array_equal(model.initiator_, before)
    assert model.n_features_in_ == 20
