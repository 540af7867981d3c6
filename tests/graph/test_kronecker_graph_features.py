# SPDX-License-Identifier: BSD-3-Clause
"""The features of a collection of graphs."""

import joblib
import networkx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.graph import (
    KroneckerGraphFeatures,
    KroneckerGraphInference,
    random_kronecker_graph,
    subgraph_counts,
)


def collection(directed=False, n_graphs=12):
    thetas = ([[0.9, 0.6], [0.4, 0.3]], [[0.8, 0.4], [0.7, 0.6]])
    graphs = []
    for seed in range(n_graphs):
        theta = np.array(thetas[seed % 2])
        theta = theta if directed else (theta + theta.T) / 2
        graph = random_kronecker_graph(theta, 3 + seed % 4, directed=directed, random_state=seed)
        graphs.append(graph)
    return graphs


@pytest.mark.parametrize("directed", [False, True])
def test_each_row_is_the_fit_of_its_graph(directed):
    graphs = collection(directed)
    features = KroneckerGraphFeatures(directed=directed).fit_transform(graphs)
    for graph, row in zip(graphs, features, strict=True):
        model = KroneckerGraphInference(n_bootstrap=0, directed=directed).fit(graph)
        theta = model.initiator_.ravel() if directed else model.initiator_[[0, 0, 1], [0, 1, 1]]
        counts = subgraph_counts(graph, directed=directed)
        n = len(theta)
        # The two look at different starting points: equal losses, and where the minimum is flat
        # only those.
        loss = np.sum(((model.expected_counts_ - counts) / np.maximum(counts, 1)) ** 2)
        found = KroneckerGraphInference(n_bootstrap=0, directed=directed).fit(graph)
        found.initiator_ = row[:n].reshape(2, 2) if directed else row[[0, 1, 1, 2]].reshape(2, 2)
        again = np.sum(((found.expected_counts() - counts) / np.maximum(counts, 1)) ** 2)
        assert again == pytest.approx(loss, rel=1e-6, abs=1e-9)
        assert row[n] == pytest.approx(np.log(graph.shape[0]))
        np.testing.assert_allclose(row[n + 1 :], np.log1p(counts), rtol=1e-14)


def test_alone_or_together_is_the_same():
    graphs = collection()
    transformer = KroneckerGraphFeatures().fit(graphs)
    together = transformer.transform(graphs)
    alone = np.vstack([transformer.transform([graph]) for graph in graphs])
    # Starting points are shared by graphs of about the same size: the minima agree, not the paths.
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-6)


def test_the_order_of_vertices_and_of_graphs_does_not_matter():
    graphs, rng = collection(), np.random.default_rng(0)
    transformer = KroneckerGraphFeatures().fit(graphs)
    features = transformer.transform(graphs)
    orders = [rng.permutation(a.shape[0]) for a in graphs]
    shuffled = [a[order][:, order] for a, order in zip(graphs, orders, strict=True)]
    np.testing.assert_array_equal(transformer.transform(shuffled), features)
    np.testing.assert_array_equal(transformer.transform(graphs[::-1]), features[::-1])


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        (
            {},
            "initiator_00 initiator_01 initiator_11 log_vertices log_edges log_wedges "
            "log_three_stars log_triangles",
        ),
        ({"counts": False}, "initiator_00 initiator_01 initiator_11"),
        (
            {"counts": False, "directed": True},
            "initiator_00 initiator_01 initiator_10 initiator_11",
        ),
    ],
)
def test_names_and_set_output(parameters, names):
    transformer = KroneckerGraphFeatures(**parameters)
    frame = transformer.set_output(transform="pandas").fit_transform(collection())
    assert list(frame.columns) == names.split()
    assert list(transformer.get_feature_names_out()) == names.split()


def test_forms_of_graphs():
    graphs = collection(n_graphs=4)
    transformer = KroneckerGraphFeatures().fit(graphs)
    expected = transformer.transform(graphs)
    mixed = [
        graphs[0].toarray(),
        networkx.from_scipy_sparse_array(graphs[1]),
        sp.coo_matrix(graphs[2]) * 3.5,
        graphs[3].toarray().tolist(),
    ]
    np.testing.assert_array_equal(transformer.transform(mixed), expected)
    np.testing.assert_array_equal(transformer.transform(tuple(graphs)), expected)
    frames = [pd.DataFrame(a.toarray(), dtype=object) for a in graphs]
    np.testing.assert_array_equal(transformer.transform(frames), expected)
    stack = np.stack([networkx.to_numpy_array(networkx.path_graph(6)), np.ones((6, 6))])
    np.testing.assert_array_equal(transformer.transform(stack), transformer.transform(list(stack)))


def test_graphs_without_edges_are_rows_of_zeros():
    graphs = [np.zeros((5, 5)), np.ones((4, 4)), np.zeros((1, 1)), networkx.empty_graph(3)]
    features = KroneckerGraphFeatures().fit_transform(graphs)
    np.testing.assert_array_equal(features[[0, 2, 3]], 0)
    np.testing.assert_allclose(features[1, :3], 1, atol=1e-6)
    np.testing.assert_array_equal(KroneckerGraphFeatures().fit_transform(graphs[:1]), 0)


@pytest.mark.parametrize(
    ("graphs", "error", "message"),
    [
        ([], ValueError, "0 graphs"),
        (np.ones((4, 4)), ValueError, r"list of graphs, got an array of shape \(4, 4\)"),
        (sp.eye_array(4), TypeError, "list of graphs, got one .*pass \\[X\\]"),
        (networkx.path_graph(4), TypeError, "list of graphs, got one Graph"),
        ("graphs", TypeError, "list of graphs, got one str"),
        (3, TypeError, "list of graphs, got int"),
        (iter([np.ones((3, 3))]), TypeError, r"got list_iterator: pass list\(X\)"),
        (pd.DataFrame(np.ones((3, 3))), TypeError, "got one DataFrame"),
        ([np.ones((3, 3)), np.ones((2, 2)) * 1j], TypeError, r"X\[1\] must be .*real"),
        ([np.ones((3, 3)), np.ones((3, 4))], ValueError, r"X\[1\] must be a square.*\(3, 4\)"),
        ([np.ones((3, 3)), np.ones(3)], TypeError, r"X\[1\] must be a square matrix of real"),
        ([np.ones((3, 3)), [["a", "b"], ["c", "d"]]], TypeError, r"X\[1\].*dtype <U1"),
        ([np.ones((3, 3)), np.full((2, 2), np.nan)], ValueError, r"X\[1\] holds nan or infinity"),
        ([np.ones((3, 3)), np.triu(np.ones((4, 4)))], ValueError, r"X\[1\] is not symmetric"),
        ([np.ones((3, 3)), networkx.empty_graph(0)], ValueError, r"X\[1\] has no vertex"),
        ([np.ones((3, 3)), np.ones((0, 0))], ValueError, r"X\[1\].*at least one vertex"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_what_is_no_collection(graphs, error, message, method):
    transformer = KroneckerGraphFeatures().fit([np.ones((3, 3))])
    before = joblib.hash(transformer.__dict__)
    with pytest.raises(error, match=message):
        getattr(transformer, method)(graphs)
    assert joblib.hash(transformer.__dict__) == before


def test_an_initiator_that_counts_do_not_determine():
    with pytest.raises(ValueError, match=r"initiator_size=3: 4 counts .* 6 entries"):
        KroneckerGraphFeatures(3).fit([np.ones((3, 3))])
    with pytest.raises(ValueError, match=r"initiator_size=4: 9 counts .* 16 entries"):
        KroneckerGraphFeatures(4, directed=True).fit([np.ones((3, 3))])
    with pytest.raises(NotFittedError):
        KroneckerGraphFeatures().transform([np.ones((3, 3))])


def test_parameters_changed_after_the_fit_do_not_matter():
    graphs = collection()
    transformer = KroneckerGraphFeatures().fit(graphs)
    expected = transformer.transform(graphs)
    transformer.set_params(counts=False)
    np.testing.assert_array_equal(transformer.transform(graphs), expected)
    assert len(transformer.get_feature_names_out()) == expected.shape[1]


def test_in_a_pipeline_with_a_grid_search():
    rng = np.random.RandomState(0)
    graphs = [
        random_kronecker_graph(theta, 4 + rng.randint(2), random_state=rng)
        for theta in ([[0.9, 0.7], [0.7, 0.5]], [[0.95, 0.4], [0.4, 0.9]]) * 30
    ]
    y = np.tile([0, 1], 30)
    pipeline = make_pipeline(KroneckerGraphFeatures(), StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"kroneckergraphfeatures__counts": [True, False]}, cv=3)
    search.fit(graphs, y)
    # Chance is 1/2 with a standard error of .065 for 60 graphs.
    assert search.best_score_ > 0.5 + 4 * 0.065
    assert cross_val_score(clone(pipeline), graphs, y, cv=3).mean() > 0.75
