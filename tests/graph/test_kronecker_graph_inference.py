# SPDX-License-Identifier: BSD-3-Clause
"""The estimator: solvers against the truth, invariances, inputs, attributes and methods."""

import pickle
import warnings

import networkx
import numpy as np
import pytest
from sklearn.base import clone

from skrmt.graph import (
    KroneckerGraphInference,
    kronecker_log_likelihood,
    random_kronecker_graph,
    subgraph_counts,
)
from skrmt.theory import attenuated_initiator, expected_subgraph_counts, kronecker_spectrum

THETA = np.array([[0.99, 0.54], [0.54, 0.13]])
DIRECTED = np.array([[0.9, 0.7], [0.5, 0.2]])
FEW_SWEEPS = {"burn_in": 20, "n_iter": 4, "n_sweeps": 3, "n_posterior_samples": 3}
SOLVERS = ("moments", "mle", "counts", "denoise")


def fitted(graph, solver="moments", **parameters):
    few = FEW_SWEEPS if solver == "mle" else {}
    settings = {"random_state": 0, "n_bootstrap": 0} | few | parameters
    return KroneckerGraphInference(solver=solver, **settings).fit(graph)


def shuffled(graph, seed=0, share=1.0):
    rng = np.random.default_rng(seed)
    order = np.arange(graph.shape[0])
    chosen = rng.permutation(len(order))[: int(share * len(order))]
    order[chosen] = rng.permutation(order[chosen])
    return graph[order][:, order]


@pytest.fixture(scope="module")
def graph():
    return random_kronecker_graph(THETA, 10, random_state=0)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("n_levels", [10, 12])
def test_moments_are_within_their_errors(directed, n_levels):
    theta = DIRECTED if directed else THETA
    drawn = random_kronecker_graph(theta, n_levels, directed=directed, random_state=1)
    model = fitted(shuffled(drawn), n_bootstrap=40)
    # 4 standard errors of 3 or 4 entries: a false alarm in 4000.
    assert np.all(np.abs(model.initiator_ - theta) < 4 * model.initiator_std_)
    assert model.gof_pvalue_ > 1e-3
    assert model.directed_ is directed
    assert model.n_levels_ == n_levels


def test_standard_errors_shrink_with_the_graph():
    stds = [
        fitted(random_kronecker_graph(THETA, k, random_state=0), n_bootstrap=40).initiator_std_
        for k in (10, 14)
    ]
    # 24 times the edges; the scatter of 40 draws leaves a standard error its 11 %.
    assert np.all(stds[1] < 0.5 * stds[0])


def test_known_labels_beat_moments_which_beat_nothing(graph):
    errors = [
        np.linalg.norm(fitted(graph, solver).initiator_ - THETA) for solver in ("counts", "moments")
    ]
    # Standard errors of the entries: .009, .005, .005, .004 with labels, some .025 each without.
    assert errors[0] < 4 * 0.013
    assert errors[1] < 4 * 0.05


@pytest.mark.parametrize("solver", ["moments", "mle"])
def test_the_order_of_the_vertices_does_not_matter(graph, solver):
    model, other = fitted(graph, solver), fitted(shuffled(graph), solver)
    if solver == "moments":
        np.testing.assert_allclose(other.initiator_, model.initiator_, rtol=0, atol=1e-10)
    else:  # another path of the same chain, started at the same degrees
        assert np.linalg.norm(other.initiator_ - model.initiator_) < 0.15


@pytest.mark.parametrize("solver", ["counts", "denoise"])
def test_label_based_solvers_keep_the_order_of_the_rows(solver):
    theta = np.array([[0.3, 0.7], [0.5, 0.9]])
    drawn = random_kronecker_graph(theta, 8, directed=True, random_state=0)
    model = fitted(drawn, solver)
    assert model.initiator_[1, 1] > model.initiator_[0, 0]
    np.testing.assert_array_equal(model.labels_, np.arange(256))


def test_moments_are_in_canonical_order():
    theta = np.array([[0.13, 0.54], [0.54, 0.99]])
    model = fitted(random_kronecker_graph(theta, 11, random_state=0))
    sums = model.initiator_.sum(axis=0)
    assert sums[0] > sums[1]
    np.testing.assert_array_equal(model.initiator_, model.initiator_.T)


@pytest.mark.parametrize("n_bootstrap", [0, 40])
def test_the_reversed_graph_has_the_transposed_fit(n_bootstrap):
    drawn = random_kronecker_graph(DIRECTED, 9, directed=True, random_state=0)
    model, other = (fitted(a, n_bootstrap=n_bootstrap) for a in (drawn, drawn.T))
    np.testing.assert_array_equal(other.initiator_, model.initiator_.T)
    np.testing.assert_array_equal(other.initiator_std_, model.initiator_std_.T)
    np.testing.assert_array_equal(other.gof_pvalue_, model.gof_pvalue_)
    assert other.score(drawn.T) == pytest.approx(model.score(drawn), rel=1e-9)


def effects(initiator):
    """Mean, row effect, column effect and interaction of a 2 x 2 initiator."""
    signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
    return signs @ initiator.ravel() / 4


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_shuffled_labels_attenuate_as_the_law_says(share):
    theta = 0.8 + np.array([[5.25, 2.25], [0.25, -7.75]]) / 32
    graphs = [random_kronecker_graph(theta, 10, directed=True, random_state=s) for s in range(8)]
    graphs = [shuffled(a, seed, share) for seed, a in enumerate(graphs)]
    law = effects(attenuated_initiator(theta, share))
    by_counts, by_denoising = (
        np.array([effects(fitted(a, solver).initiator_) for a in graphs])
        for solver in ("counts", "denoise")
    )
    # The model is linear up to products of effects, some .06 and .05 of a mean of .8: .003.
    error = by_counts.std(axis=0) / np.sqrt(8) + 0.001
    assert np.all(np.abs(by_counts.mean(axis=0) - law) < 4 * error)
    # A shuffle leaves the spectrum as it is. Of a signal l (in units of the noise) the shrinker
    # leaves l - 1 / l, and the two singular vectors sqrt(1 - l^-2) each: (1 - l^-2)^2 of the
    # effect. The interaction, below the edge of the noise, is lost.
    spectrum = kronecker_spectrum(theta, 10)
    kept = (1 - spectrum.variance / spectrum.signal[:2] ** 2) ** 2
    error = by_denoising.std(axis=0)[1:3] / np.sqrt(8) + 0.003
    assert np.all(np.abs(by_denoising.mean(axis=0)[1:3] - kept * law[1:3]) < 4 * error)
    assert abs(by_denoising.mean(axis=0)[3]) < 0.25 * abs(effects(theta)[3])


def test_the_test_of_the_counts_notices_wrong_labels(graph):
    right = fitted(graph, "counts", n_bootstrap=40)
    wrong = fitted(shuffled(graph, share=0.3), "counts", n_bootstrap=40)
    assert right.gof_pvalue_ > 1e-3
    assert wrong.gof_pvalue_ < 1e-6


def test_a_wrong_model_is_rejected_and_keeps_its_first_step():
    ring = networkx.watts_strogatz_graph(1000, 10, 0.05, seed=0)  # full of triangles
    model, first = fitted(ring, n_bootstrap=40), fitted(ring)
    assert model.gof_pvalue_ < 1e-6
    np.testing.assert_array_equal(model.initiator_, first.initiator_)
    assert np.all(model.initiator_std_ >= 0)


def test_mle_finds_parameters_and_labels():
    drawn = shuffled(random_kronecker_graph(THETA, 9, random_state=3))
    model = fitted(drawn, "mle", burn_in=100, n_iter=10)
    # What known labels give has standard errors of some .015; labels cost a factor of a few.
    assert np.linalg.norm(model.initiator_ - THETA) < 0.1
    assert len(np.unique(model.labels_)) == drawn.shape[0]
    assert model.log_likelihood(drawn) == pytest.approx(model.log_likelihood_, rel=1e-9)
    random_labels = np.random.default_rng(0).permutation(512)
    assert model.log_likelihood_ > model.log_likelihood(drawn, random_labels) + 100
    assert model.n_iter_ == 10


def test_mle_tells_edges_from_the_rest():
    drawn = shuffled(random_kronecker_graph(THETA, 9, random_state=3))
    model = fitted(drawn, "mle", burn_in=60)
    rows, columns = drawn.nonzero()
    rng = np.random.default_rng(0)
    there = model.edge_probability(rows, columns)
    elsewhere = model.edge_probability(rng.integers(0, 512, 5000), rng.integers(0, 512, 5000))
    assert there.mean() > 5 * elsewhere.mean()
    assert there.min() > 0
    assert there.max() < 1


@pytest.mark.slow
@pytest.mark.parametrize("directed", [False, True])
def test_mle_fits_an_initiator_of_size_three(directed):
    theta = np.array([[0.95, 0.6, 0.3], [0.5, 0.4, 0.2], [0.3, 0.25, 0.1]])
    theta = theta if directed else (theta + theta.T) / 2
    drawn = random_kronecker_graph(theta, 7, directed=directed, random_state=0)
    model = fitted(drawn, "mle", initiator_size=3, burn_in=300, n_iter=30, n_sweeps=20)
    known = fitted(drawn, "counts", initiator_size=3)
    error = np.linalg.norm(model.initiator_ - theta)
    # 2187 vertices, 8000 edges: labels are far from known, and the errors of the entries .06 or so.
    assert error < 0.3
    assert np.linalg.norm(known.initiator_ - theta) < error


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "form",
    [
        np.ones((8, 8)),  # complete
        np.ones((5, 5)),  # complete, three vertices padded
        networkx.to_numpy_array(networkx.star_graph(9)),
        networkx.to_numpy_array(networkx.path_graph(2)),  # one edge
        networkx.to_numpy_array(networkx.cycle_graph(30)),
        np.triu(np.ones((7, 7)), 1),  # directed, no reciprocal pair
    ],
    ids=["complete", "padded", "star", "edge", "cycle", "order"],
)
def test_degenerate_graphs_give_finite_initiators(solver, form):
    model = fitted(form, solver, n_bootstrap=20)
    assert np.all((model.initiator_ >= 0) & (model.initiator_ <= 1))
    assert np.all(np.isfinite(model.expected_counts_))
    assert np.isfinite(model.score(form))


def test_a_complete_graph_is_certain():
    model = fitted(np.ones((16, 16)), n_bootstrap=20)
    np.testing.assert_allclose(model.initiator_, 1, atol=1e-6)
    np.testing.assert_array_equal(model.initiator_std_, 0)
    assert np.isnan(model.gof_pvalue_)
    assert model.log_likelihood(np.ones((16, 16)), np.arange(16)) == pytest.approx(0, abs=1e-3)


def test_theory_attributes_belong_to_the_initiator(graph):
    model = fitted(graph)
    np.testing.assert_array_equal(model.counts_, subgraph_counts(graph))
    np.testing.assert_array_equal(
        model.expected_counts_, expected_subgraph_counts(model.initiator_, 10)
    )
    assert model.mean_level_ == pytest.approx(model.initiator_.mean(), rel=1e-15)
    np.testing.assert_allclose(
        model.mean_level_ + model.perturbation_ / 32, model.initiator_, rtol=1e-12
    )
    assert model.expected_counts(12)[0] == pytest.approx(
        expected_subgraph_counts(model.initiator_, 12)[0]
    )


def test_denoise_sees_the_spike_that_theory_predicts():
    theta = 0.8 + np.array([[-3, -1], [3, 1]]) / 32
    model = fitted(random_kronecker_graph(theta, 10, directed=True, random_state=0), "denoise")
    law = kronecker_spectrum(theta, 10)
    scale = np.sqrt(law.variance / 1024)  # of an entry: a spike fluctuates by about as much
    # The linear signal is short of the true one by the products of the effects: .06 of 3.14.
    assert abs(model.singular_values_[0] - law.spikes[0]) < 4 * scale + 0.06 * np.sqrt(law.variance)
    # The other signals are below the transition; 2 sqrt(v) (1 + .02) is what noise and they reach.
    assert model.singular_values_[1] < 1.03 * law.bulk_edge
    assert model.singular_values_.shape == (11,)


def test_score_prefers_graphs_of_the_model(graph):
    model = fitted(graph, n_bootstrap=40)
    same = [random_kronecker_graph(THETA, 10, random_state=s) for s in range(1, 6)]
    other = random_kronecker_graph([[0.9, 0.6], [0.6, 0.2]], 10, random_state=1)
    assert model.score(graph) == pytest.approx(-model.gof_statistic_ / 2, rel=1e-6)
    assert min(map(model.score, same)) > model.score(other) + 10
    small = random_kronecker_graph(THETA, 8, random_state=0)
    assert model.score(small) < model.score(graph)  # 256 vertices of 1024: most edges are missing


def test_score_without_bootstrap_is_minus_the_relative_loss(graph):
    model = fitted(graph)
    loss = np.sum(((model.expected_counts_ - model.counts_) / model.counts_) ** 2)
    assert model.score(graph) == pytest.approx(-loss, rel=1e-12)


@pytest.mark.parametrize("directed", [False, True])
def test_samples_are_graphs_of_the_model(directed):
    theta = DIRECTED if directed else THETA
    drawn = random_kronecker_graph(theta, 10, directed=directed, random_state=0)
    model = fitted(drawn)
    graphs = model.sample(20, random_state=0)
    edges = np.mean([subgraph_counts(a, directed=directed)[0] for a in graphs])
    expected = model.expected_counts_[0]
    assert abs(edges - expected) < 4 * np.sqrt(expected / 20)  # variance below that of Poisson
    assert model.sample(n_levels=6, random_state=0)[0].shape == (64, 64)
    first, again = (model.sample(random_state=1)[0] for _ in range(2))
    assert (first != again).nnz == 0


@pytest.mark.parametrize("theta", [[[0.95, 0.15], [0.15, 0.85]]])
def test_a_second_minimum_is_told_and_reached_by_the_errors(theta):
    """These counts are those of another initiator too, with the larger entries off the diagonal."""
    covered, told = [], 0
    for seed in range(20):
        drawn = random_kronecker_graph(theta, 9, random_state=seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = fitted(drawn, n_bootstrap=40)
        told += any("do not tell two initiators apart" in str(w.message) for w in caught)
        covered.append(np.abs(model.initiator_ - theta) <= 2 * model.initiator_std_)
    # 95 % of 20 fits, whose entries err together: 13 or fewer in one sample of 10 000.
    assert np.mean(covered, axis=0).min() > 13 / 20
    assert told > 0


def test_log_likelihood_is_that_of_the_function(graph):
    model = fitted(graph, "counts")
    assert model.log_likelihood(graph) == kronecker_log_likelihood(graph, model.initiator_)
    small = model.sample(n_levels=5, random_state=0)[0]
    with pytest.raises(
        ValueError, match=r"labels_ are those of the 1024 vertices .* np.arange\(n\)"
    ):
        model.log_likelihood(small)
    assert np.isfinite(model.log_likelihood(small, np.arange(32)))
    labels = np.random.default_rng(0).permutation(1024)
    assert model.log_likelihood(graph, labels) == pytest.approx(
        kronecker_log_likelihood(graph, model.initiator_, labels), rel=1e-12
    )


def test_edge_probability_is_the_kronecker_power(graph):
    model = fitted(graph, "counts")
    power = np.ones((1, 1))
    for _ in range(10):
        power = np.kron(power, model.initiator_)
    np.fill_diagonal(power, 0)
    rows = np.arange(0, 1024, 7)[:, None]
    found = model.edge_probability(rows, np.arange(0, 1024, 5))
    np.testing.assert_allclose(found, power[::7, ::5], rtol=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_same_seed_same_fit_and_pickle(solver):
    drawn = random_kronecker_graph(THETA, 7, random_state=0)
    model = fitted(drawn, solver, n_bootstrap=10)
    for other in (clone(model).fit(drawn), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.initiator_, model.initiator_)
        assert other.score(drawn) == model.score(drawn)
        if solver != "moments":
            np.testing.assert_array_equal(
                other.edge_probability(0, np.arange(1, 50)),
                model.edge_probability(0, np.arange(1, 50)),
            )


def test_refit_with_another_solver_drops_its_attributes(graph):
    model = fitted(random_kronecker_graph(THETA, 7, random_state=0), "mle")
    assert hasattr(model, "labels_")
    model.set_params(solver="moments").fit(graph)
    for name in ("labels_", "log_likelihood_", "_posterior_labels", "n_iter_"):
        assert not hasattr(model, name)
    model.set_params(solver="denoise").fit(graph)
    assert not hasattr(model, "initiator_std_")


def test_verbose_tells_of_each_round(capsys):
    drawn = random_kronecker_graph(THETA, 6, random_state=0)
    fitted(drawn, "mle", verbose=1, n_iter=3)
    told = capsys.readouterr().out
    assert told.count("log-likelihood") == 3
    fitted(drawn, verbose=1, n_bootstrap=10)
    told = capsys.readouterr().out
    assert "relative loss" in told
    assert "drawing 10 graphs" in told
