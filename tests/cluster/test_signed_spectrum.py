# SPDX-License-Identifier: BSD-3-Clause
"""The theory's numbers against fits and against simulations of its model."""

import numpy as np
import pytest
from cluster_cases import class_coordinates, class_mixture, rows_of, signal_mixture
from hypothesis import given
from hypothesis import strategies as st

from skrmt.cluster._gram_moments import GramMoments
from skrmt.cluster._kernel_choice import named_kernel
from skrmt.cluster._sampled_rows import PairSample
from skrmt.cluster._signed_fit import SpectrumSettings, fit_signed
from skrmt.cluster._signed_spectrum import KernelLaw, expected_error
from skrmt.theory import misclassification_rate, phase_transition, spike_alignment

SETTINGS = SpectrumSettings(1e-4, None, None)
N_DRAWS = 20_000


def error_of(alignments, centers, proportions, *, whiten=True, seed=0):
    return expected_error(
        np.asarray(alignments, dtype=float),
        np.asarray(centers, dtype=float),
        np.asarray(proportions, dtype=float),
        whiten,
        np.random.RandomState(seed),
    )


def simulated_error(alignments, classes, proportions, *, whiten, n_draws=400_000):
    """Draw the model of the embedding and give each row to the nearest mean."""
    rng = np.random.default_rng(1)
    label = rng.choice(len(proportions), n_draws, p=proportions)
    noise = np.sqrt(1 - np.asarray(alignments))
    means = classes * np.sqrt(alignments)
    points = means[label] + noise * rng.standard_normal((n_draws, len(noise)))
    if whiten:
        means, points = means / noise, points / noise
    nearest = np.argmin(((points[:, None] - means) ** 2).sum(axis=2), axis=1)
    return np.mean(nearest != label)


@pytest.mark.parametrize("snr", [1.0, 3.0])
@pytest.mark.parametrize("whiten", [True, False])
def test_two_balanced_clusters_have_the_closed_form(snr, whiten):
    alpha = spike_alignment(snr, 0.5, 1.57)
    found = error_of([alpha], [[-3.0], [3.0]], [0.5, 0.5], whiten=whiten)
    assert found == pytest.approx(misclassification_rate(snr, 0.5, 1.57), rel=1e-9)


@pytest.mark.parametrize("share", [0.5, 0.3, 0.1])
@pytest.mark.parametrize("whiten", [True, False])
def test_two_clusters_as_in_a_simulation(share, whiten):
    proportions = [share, 1 - share]
    classes = class_coordinates(np.array(proportions))
    found = error_of([0.6], -7 * classes, proportions, whiten=whiten)
    simulated = simulated_error([0.6], classes, proportions, whiten=whiten)
    assert abs(found - simulated) < 4 * (found / 400_000) ** 0.5


@pytest.mark.parametrize(
    ("alignments", "proportions"),
    [
        ([0.8, 0.8], [1 / 3, 1 / 3, 1 / 3]),
        ([0.9, 0.5], [0.5, 0.3, 0.2]),
        ([0.7, 0.6, 0.0], [0.4, 0.3, 0.2, 0.1]),
    ],
)
@pytest.mark.parametrize("whiten", [True, False])
def test_more_clusters_as_in_a_simulation(alignments, proportions, whiten):
    classes = class_coordinates(np.array(proportions))
    # Any unit of the columns: the coordinates have second moment 1.
    centers = classes * np.array([3.0, 0.2, 11.0])[: len(alignments)]
    found = error_of(alignments, centers, proportions, whiten=whiten)
    simulated = simulated_error(alignments, classes, proportions, whiten=whiten)
    assert abs(found - simulated) < 4 * (simulated / N_DRAWS + simulated / 400_000) ** 0.5


def test_two_clusters_in_two_columns_are_drawn():
    # A second column without information does not matter.
    classes = class_coordinates(np.array([0.5, 0.5]))
    centers = np.hstack([classes, [[0.1], [0.3]]])
    found = error_of([0.6, 0.0], centers, [0.5, 0.5])
    closed = error_of([0.6], classes, [0.5, 0.5])
    assert abs(found - closed) < 4 * (closed / N_DRAWS) ** 0.5


@pytest.mark.parametrize("k", [2, 3, 7])
def test_without_information_all_are_guesses(k):
    centers = np.random.default_rng(0).standard_normal((k, k - 1))
    proportions = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    assert error_of(np.zeros(k - 1), centers, proportions) == pytest.approx((k - 1) / k)


@given(alpha=st.floats(1e-3, 0.999), share=st.floats(0.05, 0.95), unit=st.floats(0.1, 10))
def test_two_clusters_are_better_than_chance_and_have_no_unit(alpha, share, unit):
    centers = class_coordinates(np.array([share, 1 - share]))
    found = error_of([alpha], centers, [share, 1 - share])
    assert 0 <= found < 0.5
    assert error_of([alpha], unit * centers, [share, 1 - share]) == pytest.approx(found)
    # In units of the noise the means are 1 / sqrt(share (1 - share)) apart: balance is hardest.
    assert found <= error_of([alpha], [[-1.0], [1.0]], [0.5, 0.5]) * (1 + 1e-9)


def test_law_does_not_know_the_unit_of_the_similarities():
    moments = GramMoments(square=1.0, linear=0.7, variance=0.6, fourth=0.5)
    law = KernelLaw.of(1000, 1.0, 0.05, moments)
    assert law.dimension == pytest.approx(400)
    assert law.ratio == pytest.approx(0.4)
    assert law.kappa == pytest.approx(0.6 / 0.49)
    # The same pairs with t measured in half the unit, by a map that knows it.
    halved = GramMoments(square=4.0, linear=0.35, variance=0.6, fourth=0.5)
    again = KernelLaw.of(1000, 1.0, 0.025, halved)
    for name in ("dimension", "linear", "variance", "kappa", "edge"):
        assert getattr(again, name) == pytest.approx(getattr(law, name))
    # Rows of norm 3.
    longer = KernelLaw.of(1000, 9.0, 0.45, moments)
    assert longer.dimension == pytest.approx(400)


def test_rounding_does_not_take_kappa_below_one():
    law = KernelLaw.of(100, 1.0, 0.1, GramMoments(1.0, 1.0, 1 - 1e-9, 3.0))
    assert law.kappa == 1


def fit(X, kernel, n_vectors, density=None):
    rows = rows_of(X)
    random_state = np.random.RandomState(0)
    sample = PairSample.of(rows, random_state)
    choice = named_kernel(kernel, density, 2)
    return fit_signed(rows, sample, choice, n_vectors, random_state=random_state, settings=SETTINGS)


KERNELS = [("sign", None), ("quantized", None), ("ternary", 0.1), ("sparse", 0.2)]


@pytest.mark.parametrize(("kernel", "density"), KERNELS)
def test_law_of_a_fit_is_the_theory(kernel, density):
    n, p = 800, 400
    X = np.random.default_rng(0).standard_normal((n, p))
    found = fit(X, kernel, 2, density)
    entrywise = named_kernel(kernel, density, 2).entrywise
    law = found.law
    # A square of a cosine has relative variance 2, and the mean of all rests on n p numbers.
    assert law.dimension == pytest.approx(p, rel=5 / np.sqrt(n * p) + 2 / n)
    # t is Gaussian up to 1 / p in its fourth moment; thresholds see the tail.
    exact = entrywise.coefficients
    assert law.linear == pytest.approx(exact.linear, rel=6 / p)
    assert law.variance == pytest.approx(exact.variance, rel=6 / p)
    assert law.fourth == pytest.approx(exact.fourth, rel=12 / p)
    assert law.kappa == pytest.approx(entrywise.kappa, rel=6 / p)
    assert found.affinity.scale == pytest.approx(law.dimension**-0.5)
    # The largest eigenvalue of noise: at the edge, within a few units of Tracy-Widom.
    assert found.eigenvalues[0] == pytest.approx(law.edge, abs=5 * n ** (-2 / 3) * law.edge)
    assert found.pvalues[0] > 1e-3
    exact_values = np.linalg.eigvalsh(found.affinity.toarray())[::-1]
    np.testing.assert_allclose(found.eigenvalues, exact_values[:2], rtol=1e-3)


@pytest.mark.parametrize(("kernel", "density"), KERNELS)
def test_strength_and_alignment_are_read_off_the_eigenvalue(kernel, density):
    n, p, snr = 600, 400, 3.0
    strengths, alignments, cosines, alarms = [], [], [], 0
    for seed in range(6):
        X, y = signal_mixture(n, p, snr, seed)
        found = fit(X, kernel, 2, density)
        strength, alignment = found.law.spikes(found.eigenvalues)
        strengths.append(strength[0])
        alignments.append(alignment[0])
        cosines.append((found.vectors[:, 0] @ (2 * y - 1)) ** 2 / n)
        alarms += found.n_outliers > 1
    # At level .01, three of six have probability 2e-5.
    assert alarms <= 2
    strengths, differences = np.array(strengths), np.array(alignments) - cosines
    # Four standard errors; the signal adds a share of rho^2 / p to the mean square of the
    # cosines, as if there were fewer dimensions and the eigenvalue smaller.
    slack, bias = 4 / 6**0.5, (1 + snr) * snr**2 / p
    assert abs(strengths.mean() - snr) < slack * strengths.std(ddof=1) + bias
    low, high = spike_alignment([snr - bias, snr], p / n, found.law.kappa)
    # Beside that, a strong signal leaves the limit laws by the order rho^2 / p.
    assert abs(differences.mean()) < slack * differences.std(ddof=1) + high - low + snr**2 / p


def test_spikes_of_several_classes_are_found_and_counted():
    strengths = [6.0, 3.0]
    X, _ = class_mixture(900, 300, strengths, 0, [0.5, 0.3, 0.2])
    found = fit(X, "quantized", "auto")
    assert found.n_outliers == 2
    estimated, alignments = found.law.spikes(found.eigenvalues)
    # The standard error of a strength is about sqrt(2 / n) of 1 + rho; four of them.
    slack = 4 * np.sqrt(2 / 900) * (1 + np.array(strengths))
    assert (np.abs(estimated[:2] - strengths) < slack).all()
    assert not estimated[2:].any()
    exact = spike_alignment(estimated[:2], found.law.ratio, found.law.kappa)
    np.testing.assert_allclose(alignments[:2], exact)


def test_eigenvalues_within_the_noise_have_no_strength():
    law = KernelLaw(1000, 500.0, 0.8, 1.0, 1.0)
    strengths, alignments = law.spikes(np.array([law.edge * 1.5, law.edge, 0.5 * law.edge]))
    assert strengths[0] > phase_transition(0.5, law.kappa)
    assert alignments[0] > 0
    assert not strengths[1:].any()
    assert not alignments[1:].any()
    pvalues = law.pvalues(np.array([law.edge * 1.5, law.edge, 0.5 * law.edge]))
    assert pvalues[0] < 1e-6 < 0.1 < pvalues[1] < pvalues[2] <= 1


@pytest.mark.parametrize(("kernel", "density"), KERNELS)
def test_share_of_the_clusters_is_taken_out_of_the_dimension(kernel, density):
    n, p, strengths = 900, 400, np.array([7.0, 5.0])
    X, _ = class_mixture(n, p, strengths, 0, [0.5, 0.3, 0.2])
    found = fit(X, kernel, 3, density)
    share = strengths @ strengths / p  # .185
    assert found.apparent_dimension == pytest.approx(p / (1 + share), rel=share / 3)
    assert found.law.dimension == pytest.approx(p, rel=share / 3)
