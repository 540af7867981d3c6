# SPDX-License-Identifier: BSD-3-Clause
"""What sampled pairs say: unit, skewness, kind of data, thresholds."""

import numpy as np
import pytest
from cluster_cases import exact_similarities, rows_of, signal_mixture
from scipy.stats import skew

from skrmt.cluster import _sampled_rows
from skrmt.cluster._rows import GivenSimilarities
from skrmt.cluster._sampled_rows import PairSample, check_unequal
from skrmt.datasets import make_gaussian_mixture


def sample_of(rows, seed=0):
    return PairSample.of(rows, np.random.RandomState(seed))


def test_up_to_the_size_of_the_sample_all_pairs_are_seen():
    X = np.random.default_rng(0).standard_normal((200, 12)) ** 2
    sample = sample_of(rows_of(X))
    exact = exact_similarities(X, "cosine")[np.triu_indices(200, 1)]
    assert sample.similarities.shape == exact.shape
    np.testing.assert_allclose(np.sort(sample.similarities), np.sort(exact), atol=2e-6)
    assert sample.unit == pytest.approx(np.sqrt(np.mean(exact**2)), rel=1e-6)
    assert sample.skewness == pytest.approx(skew(exact), rel=1e-4)
    assert sample.is_skewed == (abs(skew(exact)) >= 0.15)


def test_a_sample_stands_for_all(monkeypatch):
    X = np.random.default_rng(0).standard_normal((600, 40))
    whole = sample_of(rows_of(X)).unit
    monkeypatch.setattr(_sampled_rows, "SAMPLED_ROWS", 150)
    units = np.array([sample_of(rows_of(X), seed).unit for seed in range(30)])
    assert len(sample_of(rows_of(X)).similarities) == 150 * 149 / 2
    assert len(np.unique(units)) == 30
    assert abs(units.mean() - whole) < 4 * units.std() / 30**0.5


@pytest.mark.parametrize("p", [20, 100, 400])
def test_effective_dimension_of_noise_is_the_number_of_features(p):
    n = 1000
    X = np.random.default_rng(0).standard_normal((n, p))
    # Squares of cosines, each of relative variance 2, from n p independent numbers.
    assert sample_of(rows_of(X)).unit ** -2 == pytest.approx(p, rel=5 / np.sqrt(n * p) + 2 / n)


def test_many_noisy_features_look_signed_and_few_or_positive_ones_do_not():
    noisy, _ = signal_mixture(400, 300, 2.0, seed=0)
    assert sample_of(rows_of(noisy)).looks_signed
    few, _ = signal_mixture(400, 40, 2.0, seed=0)
    assert not sample_of(rows_of(few)).looks_signed
    far, _ = make_gaussian_mixture(400, means=np.eye(8, 300) * 30, random_state=0)
    assert not sample_of(rows_of(far)).looks_signed
    counts = np.random.default_rng(0).poisson(0.01, (400, 2000)) + 1e-3
    # Sparse counts: few pairs share a word, and these are alike.
    sparse = sample_of(rows_of(counts))
    assert sparse.unit**-2 > 50
    assert sparse.is_skewed
    assert not sparse.looks_signed


@pytest.mark.parametrize("density", [1.0, 0.5, 0.02])
def test_threshold_keeps_its_share(density):
    sample = sample_of(rows_of(np.random.default_rng(0).standard_normal((100, 15))))
    kept = np.abs(sample.similarities) > sample.threshold_of(density) * sample.unit
    assert np.mean(kept) == pytest.approx(density, abs=2 / len(kept))


def test_equal_similarities_have_no_skewness():
    sample = sample_of(GivenSimilarities(np.full((7, 7), 0.3)))
    assert sample.skewness == 0
    assert sample.unit == pytest.approx(0.3)


def test_no_similarity_at_all_has_no_sign():
    sample = sample_of(rows_of(np.eye(5), center=False))
    assert sample.unit == 0
    assert not sample.looks_signed
    with pytest.raises(ValueError, match=r"equal \(0\): there is nothing to cluster"):
        check_unequal(sample.similarities)
