# SPDX-License-Identifier: BSD-3-Clause
"""Risks that a stream estimates: leave-one-out from a sample, and sums from a ring of blocks."""

from dataclasses import replace

import numpy as np
import pytest

from skrmt.linear_model import SketchedRidgeEnsemble
from skrmt.linear_model._row_samples import Sample
from skrmt.linear_model._streamed_path import member_moments, streamed_path

RIDGES = np.concatenate([[0], np.logspace(-3, 1, 5)])  # the best is never on the edge


def _data(n=600, p=90, seed=0):
    """Rows of unequal lengths and errors that go with them: leverages matter."""
    rng = np.random.default_rng(seed)
    length = np.sqrt(3 / rng.chisquare(5, n))
    X = rng.standard_normal((n, p)) * length[:, None]
    y = X @ rng.standard_normal(p) / np.sqrt(p) + length * rng.standard_normal(n)
    return X, y


def _streamed(X, y, weights=None, **params):
    model = SketchedRidgeEnsemble(
        4, sketch_size=20, random_state=0, n_reservoir=50, negative_alphas=False
    )
    return model.set_params(**params).partial_fit(X, y, weights)


def _paths(stream, samples):
    moments = member_moments(stream)
    return [streamed_path(stream, moments, s, RIDGES, leave_one_out=True) for s in samples]


def _some(R, Y, w, kept):
    return Sample(lambda block: R[kept][block], Y[kept], w[kept], w[kept])


@pytest.mark.parametrize("weighted", [False, True])
def test_leave_one_out_risk_of_a_sample_is_that_of_all_rows_within_its_error(weighted):
    X, y = _data()
    rng = np.random.default_rng(1)
    w = rng.integers(1, 9, len(y)) / 4 if weighted else np.ones(len(y))
    stream = _streamed(X, y, w)._stream
    R, Y = stream.sketch(X), y[:, None]
    everything = replace(_some(R, Y, w, np.arange(len(y))), complete=True)
    draws = [rng.choice(len(y), 100, replace=False) for _ in range(200)]
    exact, *sampled = _paths(stream, [everything, *(_some(R, Y, w, kept) for kept in draws)])
    for name in ("total_products", "member_products", "group_products"):
        truth = getattr(exact, name)[0]
        estimates = np.array([getattr(path, name)[0] for path in sampled])
        error = estimates.std(axis=0)
        # 200 draws, and a bias of a ratio of the order of its squared error.
        bias = np.abs(estimates.mean(axis=0) - truth)
        assert np.all(bias < 4 * error / np.sqrt(200) + 2 * error**2 / truth), name
    # What the moments know need not be estimated: the plain mean over the sample is far worse.
    squares = exact.residuals[:, 0] ** 2
    plain = np.array([np.average(squares[kept], axis=0, weights=w[kept]) for kept in draws])
    estimates = np.array([path.total_products[0] for path in sampled])
    assert np.all(estimates.std(axis=0) < 0.5 * plain.std(axis=0))


def test_risk_of_a_reservoir_chooses_like_the_risk_of_all_rows():
    X, y = _data(n=1500)
    grid = np.concatenate([[0], np.logspace(-1, 4, 26)])
    exact = _streamed(X, y, alphas=grid).fit(X, y)
    sampled = _streamed(X, y, alphas=grid, n_reservoir=200)
    np.testing.assert_allclose(sampled.risk_path_, exact.risk_path_, rtol=0.03)
    at_choice = exact.risk_path_[list(grid).index(sampled.alpha_)]
    assert at_choice < 1.005 * exact.best_risk_


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_from_a_reservoir_cover_new_rows(weighted):
    X, y = _data(n=6000)
    w = np.random.default_rng(1).integers(1, 9, 3000) / 4 if weighted else None
    model = _streamed(X[:3000], y[:3000], w, n_reservoir=1000)
    assert len(model.corrected_residuals_) == 1000
    ends = model.predict_interval(X[3000:], 0.9)
    covered = np.mean((ends[:, 0] <= y[3000:]) & (y[3000:] <= ends[:, 1]))
    # Deviation: 0.009 from 1000 residuals (0.012 with weights), 0.005 from 3000 new rows.
    assert abs(covered - 0.9) < 4 * (0.013 if weighted else 0.011)


@pytest.mark.parametrize("partition", [True, False])
def test_ring_estimates_the_risk_from_its_pairs(partition):
    X, y = _data(p=200)
    K, m = 8, 20
    params = {
        "n_members": K,
        "sketch_size": m,
        "alphas": RIDGES * len(y),
        "criterion": "gcv",
        "partition": partition,
    }
    ring, every = (_streamed(X, y, **params, stream_pairs=pairs) for pairs in ("ring", "all"))
    assert ring._stream.statistic.products.size == 2 * K * m**2
    assert every._stream.statistic.products.size == (K * m) ** 2
    # Each member's own numbers are exact.
    np.testing.assert_allclose(ring._components["member"], every._components["member"])
    np.testing.assert_allclose(ring.df_path_, every.df_path_)
    # All pairs from the residuals themselves: their spread is the error of a mean of K of them.
    stream, moments = every._stream, member_moments(every._stream)
    R = stream.sketch(X - X.mean(axis=0))
    path = streamed_path(
        stream,
        moments,
        _some(R, y[:, None], np.ones(len(y)), np.arange(1)),
        RIDGES,
        leave_one_out=False,
    )
    for j, ridge in enumerate(RIDGES):
        e = np.array(
            [y - y.mean() - R[:, k * m : (k + 1) * m] @ path.coefs[k][:, 0, j] for k in range(K)]
        )
        scale = (path.free_share[j] / K) ** 2
        products = (e @ e.T)[np.triu_indices(K, 1)] / len(y) / scale
        assert np.mean(e.mean(axis=0) ** 2) / scale == pytest.approx(every.risk_path_[j])
        error = (1 - 1 / K) * products.std() / np.sqrt(K)
        assert abs(ring.risk_path_[j] - every.risk_path_[j]) < 4 * error, ridge


def test_ring_of_few_members_has_every_pair():
    X, y = _data(p=200)
    ring, every = (
        _streamed(X, y, n_members=3, stream_pairs=pairs, criterion="gcv")
        for pairs in ("ring", "all")
    )
    np.testing.assert_array_equal(ring.risk_path_, every.risk_path_)


def test_pairs_follow_the_memory():
    X, y = _data(p=400)
    shapes = {
        memory: _streamed(X, y, n_members=8, max_memory=memory)._stream.ring
        for memory in (1.0, 1e-5)
    }
    assert shapes == {1.0: False, 1e-5: True}


def test_calibrated_ring_knows_the_risk_exactly():
    X, y = _data(p=200)
    model = _streamed(X, y, n_members=6, stream_pairs="ring")
    exact = _streamed(X, y, n_members=6).fit(X, y)
    model.calibrate(X, y)
    np.testing.assert_allclose(model.risk_path_, exact.risk_path_, rtol=1e-8)
    np.testing.assert_allclose(model.risk_inf_, exact.risk_inf_, rtol=1e-8)


@pytest.mark.filterwarnings("ignore:The best of alphas")
@pytest.mark.parametrize("criterion", ["loo", "gcv"])
def test_few_rows_and_a_small_reservoir_leave_out_what_has_no_digits(criterion):
    X, y = _data(n=18)  # fewer rows than columns of a sketch
    grid = np.array([0, 1e-12, 1.0, 10.0, 100.0])
    model = _streamed(X, y, alphas=grid, criterion=criterion, n_reservoir=17)
    exact = _streamed(X, y, alphas=grid, criterion=criterion).fit(X, y)
    np.testing.assert_array_equal(np.isfinite(model.risk_path_), [False, False, True, True, True])
    rtol = 1e-10 if criterion == "gcv" else 0.2
    np.testing.assert_allclose(model.risk_path_[2:], exact.risk_path_[2:], rtol=rtol)


def test_a_perfect_fit_has_no_risk():
    X, _ = _data(p=20)
    model = _streamed(X, np.zeros(len(X)), sketch=None)
    assert model.best_risk_ == 0 and not model.coef_.any()
    model = _streamed(X, X[:, 0] - 2, sketch=None, alphas=[0, 1.0])
    assert model.alpha_ == 0 and model.best_risk_ < 1e-12
