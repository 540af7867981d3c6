# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import kstest

from skrmt.linear_model._row_reservoir import RowReservoir, row_uniforms


def _data(n, p=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)), rng.standard_normal((n, 2)), rng.integers(1, 9, n) / 2


def _offer(reservoir, X, Y, w, seed=0):
    uniforms = row_uniforms(X, Y, first=reservoir.n_seen, seed=seed)
    return reservoir.offered(X, Y, w, uniforms)


def _filled(X, Y, w, *, capacity, cuts=(), seed=0):
    reservoir = RowReservoir.empty(capacity, X.shape[1], Y.shape[1])
    for part in filter(len, np.split(np.arange(len(Y)), sorted(cuts))):
        weights = None if w is None else w[part]
        reservoir = _offer(reservoir, X[part], Y[part], weights, seed)
    return reservoir


def _assert_same(first, second):
    assert (first.n_seen, first.threshold) == (second.n_seen, second.threshold)
    for name in ("keys", "weights", "rows", "Y"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_all_rows_are_kept_in_order_while_there_is_room():
    X, Y, w = _data(20)
    reservoir = _filled(X, Y, w, capacity=20, cuts=[3, 11])
    assert reservoir.complete
    np.testing.assert_array_equal(reservoir.rows, X)
    np.testing.assert_array_equal(reservoir.Y, Y)
    np.testing.assert_array_equal(reservoir.sample_weights, w)
    one_more = _offer(reservoir, X[:1], Y[:1], w[:1])
    assert not one_more.complete and len(one_more.Y) == 20 and one_more.threshold > 0


@given(cuts=st.lists(st.integers(0, 40), max_size=10), capacity=st.integers(0, 45))
def test_any_cut_of_the_stream_keeps_the_same_rows(cuts, capacity):
    X, Y, w = _data(40)
    cut = _filled(X, Y, w, capacity=capacity, cuts=cuts)
    _assert_same(cut, _filled(X, Y, w, capacity=capacity))
    assert len(cut.Y) == min(capacity, 40)


def test_merged_reservoir_has_the_best_keys_of_both():
    X, Y, w = _data(60)
    first = _filled(X[:35], Y[:35], w[:35], capacity=15)
    second = _filled(X[35:], Y[35:], w[35:], capacity=15)
    merged = first.merge(second)
    keys = np.concatenate(
        [w[p] / row_uniforms(X[p], Y[p], first=0, seed=0) for p in (slice(35), slice(35, 60))]
    )
    best = np.sort(np.argsort(-keys)[:15])
    np.testing.assert_array_equal(merged.rows, X[best])
    assert merged.threshold == np.sort(keys)[-16]
    assert merged.n_seen == 60


def test_numbers_are_uniform_and_belong_to_the_position():
    # One row again and again: only the position tells the copies apart.
    X, Y = np.ones((5000, 2)), np.zeros((5000, 1))
    copies = row_uniforms(X, Y, first=0, seed=3)
    assert kstest(copies, "uniform").pvalue > 0.01
    assert copies.min() > 0 and copies.max() <= 1
    np.testing.assert_array_equal(row_uniforms(X[:7], Y[:7], first=90, seed=3), copies[90:97])
    lag = np.corrcoef(copies[1:], copies[:-1])[0, 1]
    assert abs(lag) < 4 / np.sqrt(5000)


def test_numbers_of_workers_with_one_seed_are_independent():
    (X, Y, _), (other_X, other_Y, _) = _data(4000), _data(4000, seed=1)
    first = row_uniforms(X, Y, first=0, seed=3)
    second = row_uniforms(other_X, other_Y, first=0, seed=3)
    assert kstest(first, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(4000)
    # A target alone, or the seed alone, makes another number.
    assert np.all(row_uniforms(X, other_Y, first=0, seed=3) != first)
    assert np.all(row_uniforms(X, Y, first=0, seed=4) != first)


def test_rows_of_small_whole_numbers_have_uniform_numbers():
    # Their bits are mostly zero, which a poor hash would show.
    rng = np.random.default_rng(0)
    X, Y = rng.integers(0, 2, (5000, 12)).astype(float), rng.integers(0, 2, (5000, 1)).astype(float)
    assert kstest(row_uniforms(X, Y, first=0, seed=0), "uniform").pvalue > 0.01


def test_sparse_and_float32_rows_have_the_numbers_of_dense_ones():
    X, Y, _ = _data(50, p=8)
    X = np.where(np.abs(X) < 0.7, 0.0, X).astype(np.float32)
    X[4] = 0
    dense = row_uniforms(X.astype(np.float64), Y, first=5, seed=1)
    np.testing.assert_array_equal(row_uniforms(X, Y, first=5, seed=1), dense)
    np.testing.assert_array_equal(row_uniforms(csr_array(X), Y, first=5, seed=1), dense)
    np.testing.assert_array_equal(
        row_uniforms(np.where(X == 0, -0.0, X), Y, first=5, seed=1), dense
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_weighted_sums_are_unbiased(weighted):
    X, Y, w = _data(80)
    w = w**2 if weighted else None
    value = X[:, 0] + 3
    truth = np.sum(value if w is None else w * value)
    estimates = []
    for seed in range(600):
        kept = _filled(X, Y, w, capacity=12, seed=seed)
        estimates.append(kept.sample_weights @ (kept.rows[:, 0] + 3))
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - truth) < 4 * error
    assert error < 0.02 * truth


def test_equal_weights_make_a_uniform_sample():
    X, Y, _ = _data(30)
    counts = np.zeros(30)
    for seed in range(600):
        kept = _filled(X, Y, None, capacity=10, seed=seed)
        assert np.ptp(kept.sample_weights) == 0
        counts += np.isin(X[:, 0], kept.rows[:, 0])
    # Each count is binomial with mean 200 and variance 600 / 3 * 2 / 3.
    assert np.abs(counts - 200).max() < 4 * np.sqrt(400 / 3)
