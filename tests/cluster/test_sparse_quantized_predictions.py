# SPDX-License-Identifier: BSD-3-Clause
"""What the fit says of itself, beside what is true: errors, counts, strengths."""

import numpy as np
import pytest
from cluster_cases import class_mixture, signal_mixture
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix
from sklearn.preprocessing import StandardScaler

from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.exceptions import TheoryWarning
from skrmt.theory import misclassification_rate, phase_transition

KERNELS = {
    "sign": {"kernel": "sign"},
    "quantized": {"kernel": "quantized"},
    "ternary": {"kernel": "ternary"},
    "ternary .1": {"kernel": "ternary", "density": 0.1},
    "sparse .1": {"kernel": "sparse", "density": 0.1},
}


def _signed(n_clusters=2, **parameters):
    return SparseQuantizedSpectralClustering(
        n_clusters, affinity="signed", random_state=0, **parameters
    )


def _error(labels, y):
    table = confusion_matrix(y, labels)
    return 1 - table[linear_sum_assignment(-table)].sum() / len(y)


@pytest.mark.slow
@pytest.mark.parametrize("parameters", KERNELS.values(), ids=KERNELS.keys())
@pytest.mark.parametrize("snr", [3.0, 6.0])
def test_error_is_the_predicted_one(snr, parameters):
    n, p = 4000, 2000
    errors, expected = [], []
    for seed in range(3):
        X, y = signal_mixture(n, p, snr, seed=10 + seed)
        clustering = _signed(**parameters).fit(X)
        errors.append(_error(clustering.labels_, y))
        expected.append(clustering.expected_error_)
    kappa = clustering.kappa_
    theory = misclassification_rate(snr, p / n, kappa)
    # A share of n rows, and an eigenvector that fluctuates as much again: four standard errors
    # of the mean of three; and .003 for what is left at this size.
    tolerance = 4 * (2 * theory * (1 - theory) / n / 3) ** 0.5 + 0.003
    assert abs(np.mean(errors) - theory) <= tolerance
    # Without labels, from the eigenvalue alone.
    assert abs(np.mean(expected) - np.mean(errors)) <= tolerance + 0.003


def test_sign_takes_one_bit_of_sixty_four():
    X, _ = signal_mixture(1024, 200, 6.0, seed=0)
    assert _signed(kernel="sign").fit(X).affinity_.nbytes * 64 == 8 * 1024**2


def test_strength_and_alignment_are_estimated():
    n, p, snr = 3000, 1200, 4.0
    X, y = signal_mixture(n, p, snr, seed=0)
    clustering = _signed(tol=1e-6).fit(X)
    assert clustering.snr_[0] == pytest.approx(snr, rel=0.1)
    assert clustering.effective_dim_ == pytest.approx(p, rel=0.02)
    vector = clustering.embedding_[:, 0]
    cosine = np.corrcoef(vector, y)[0, 1] ** 2
    assert clustering.alignment_[0] == pytest.approx(cosine, abs=0.03)


def test_whitened_columns_carry_unit_noise():
    X, y = class_mixture(3000, 1500, [7.6, 1.6], seed=0, proportions=[0.5, 0.3, 0.2])
    clustering = _signed(3, tol=1e-6).fit(X)
    residuals = (
        clustering.embedding_
        - np.stack([clustering.embedding_[y == label].mean(axis=0) for label in range(3)])[y]
    )
    np.testing.assert_allclose(residuals.std(axis=0), 1.0, atol=0.06)


def test_whitening_shows_weak_columns():
    # At this angle two of the three classes differ in the weak column alone.
    n, p, shape = 4000, 2000, {"proportions": [0.5, 0.3, 0.2], "angle": np.pi / 6}
    X, y = class_mixture(n, p, [7.63, 1.57], seed=1, **shape)
    raw, white = (
        _signed(3, kernel="ternary", density=0.1, whiten=whiten).fit(X) for whiten in (False, True)
    )
    error = _error(white.labels_, y)
    assert _error(raw.labels_, y) >= 1.5 * error
    assert abs(white.expected_error_ - error) <= 4 * (2 * error * (1 - error) / n) ** 0.5 + 0.005


def test_columns_of_equal_strength_are_cut_alike():
    X, _ = class_mixture(1500, 700, [5.0, 5.0], seed=0)
    raw, white = (_signed(3, whiten=whiten).fit(X) for whiten in (False, True))
    assert _error(white.labels_, raw.labels_) <= 0.01


@pytest.mark.parametrize("parameters", [{}, {"kernel": "ternary", "density": 0.15}], ids=str)
@pytest.mark.parametrize("n_classes", [1, 2, 4, 8])
def test_clusters_are_counted(n_classes, parameters):
    n, p = 1500, 600
    strengths = np.linspace(3.0, 5.0, n_classes - 1)
    assert (strengths > 2 * phase_transition(p / n, 3.0)).all()
    if n_classes == 1:
        X = np.random.default_rng(5).standard_normal((n, p))
    else:
        X, _ = class_mixture(n, p, strengths, seed=5)
    clustering = _signed("auto", **parameters).fit(X)
    assert clustering.n_clusters_ == n_classes
    assert clustering.embedding_.shape == (n, n_classes - 1)
    assert len(np.unique(clustering.labels_)) == n_classes
    assert (clustering.pvalues_[: n_classes - 1] < 0.01).all()
    assert (clustering.predict(X[:20]) == clustering.labels_[:20]).mean() >= 0.9


@pytest.mark.slow
def test_noise_has_no_clusters():
    alarms = 0
    for seed in range(40):
        X = np.random.default_rng(100 + seed).standard_normal((600, 300))
        alarms += _signed("auto", kernel=["sign", "quantized"][seed % 2]).fit(X).n_clusters_ > 1
    # At level .01, four of 40 or more have probability .001.
    assert alarms <= 3


def test_more_clusters_than_the_first_look_are_counted():
    X, _ = class_mixture(1400, 700, np.full(13, 8.0), seed=0)
    assert _signed("auto").fit(X).n_clusters_ == 14


def test_clusters_that_cannot_be_seen():
    X, y = signal_mixture(1000, 2000, 0.3, seed=0)
    assert phase_transition(2.0) > 0.3
    clustering = _signed()
    with pytest.warns(TheoryWarning, match="below the phase transition"):
        clustering.fit(X)
    assert clustering.expected_error_ == 0.5
    assert not clustering.snr_.any()
    assert abs(_error(clustering.labels_, y) - 0.5) < 0.1


def test_features_of_unequal_variance_need_scaling():
    X, y = signal_mixture(2000, 800, 4.0, seed=0)
    X *= np.geomspace(1, 8, 800)
    raw = _signed("auto").fit(X)
    scaled = _signed("auto").fit(StandardScaler().fit_transform(X))
    assert raw.n_clusters_ > 2
    assert scaled.n_clusters_ == 2
    assert abs(_error(scaled.labels_, y) - scaled.expected_error_) <= 0.02


def test_few_entries_of_skewed_similarities_are_doubted():
    X = np.random.default_rng(0).standard_normal((800, 400))
    X[:80] += 0.6  # a small group that is alike prefers one sign
    with pytest.warns(TheoryWarning, match="density=.*skewness.*affinity='similarity'"):
        _signed(kernel="ternary", density=0.02).fit(X)
    _signed(kernel="ternary", density=0.06).fit(X)


@pytest.mark.parametrize("n_features", [5, 200])
def test_few_dimensions_are_doubted(n_features):
    X = np.random.default_rng(0).standard_normal((600, n_features))
    X *= np.exp(2 * np.random.default_rng(1).standard_normal(n_features))
    with pytest.warns(TheoryWarning, match="dimensions, and the theory supposes 50 or more"):
        _signed(kernel="sign").fit(X)


def test_mode_follows_the_data():
    noisy, _ = signal_mixture(600, 300, 4.0, seed=0)
    rng = np.random.default_rng(0)
    topics = rng.gamma(0.05, size=(12, 2000))[rng.integers(12, size=600)]
    counts = rng.poisson(topics).astype(float)
    for X, mode in ((noisy, "signed"), (noisy[:, :30], "similarity"), (counts, "similarity")):
        clustering = SparseQuantizedSpectralClustering(2, random_state=0).fit(X)
        assert clustering.affinity_mode_ == mode
