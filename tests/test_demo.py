# SPDX-License-Identifier: BSD-3-Clause
"""The demo: it runs, prints what it must, and fails when a prediction fails."""

import dataclasses

import numpy as np
import pytest
from sklearn.kernel_approximation import RBFSampler
from sklearn.model_selection import ParameterGrid

from skrmt._demo import (
    _kronecker_graphs,
    _run,
    _sketched_ridge,
    _spectral_clustering,
    _ternary,
)
from skrmt._demo._report import (
    Measurement,
    Prediction,
    Report,
    mean_prediction,
    mixing,
    print_report,
)
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.theory import attenuated_initiator


def report(observed):
    return Report(
        "A flagship",
        [Measurement("ours", 0.97531, 1.5, 0.25, 0.01234, 2_000_000)],
        [Prediction("edge", 2.0, observed, 0.1, "of a reason")],
        draw=lambda axes: axes.plot([0, 1], [0, 1]),
    )


def test_prediction_holds_within_its_relative_tolerance():
    prediction = Prediction("edge", -2.0, -2.19, 0.1, "")
    assert prediction.holds
    assert not dataclasses.replace(prediction, observed=-2.21).holds
    assert not dataclasses.replace(prediction, observed=float("nan")).holds


@pytest.mark.parametrize(("observed", "status", "verdict"), [(2.1, 0, "holds"), (2.3, 1, "FAILS")])
def test_exit_status_is_that_of_the_predictions(
    observed, status, verdict, monkeypatch, capsys, tmp_path
):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(_run, "REPORTS", (lambda: report(observed),) * 2)
    path = tmp_path / "figure.png"
    assert _run.main(["--figure", str(path)]) == status
    printed = capsys.readouterr().out
    for words in ("0.9753", "12.34", "2,000", verdict, "of a reason", str(path)):
        assert words in printed
    assert path.read_bytes().startswith(b"\x89PNG")


def test_columns_that_a_report_leaves_out_are_not_printed(capsys):
    measurement = Measurement("ours", 0.5, 1.5, fit_bytes=7_000_000)
    print_report(Report("A flagship", [measurement], [], score_name="R2"))
    printed = capsys.readouterr().out
    assert not any(words in printed for words in ("features [ms]", "predict [s]", "accuracy"))
    header, _, row = printed.splitlines()[3:6]
    assert header.split()[:2] == ["model", "R2"] and header.endswith("peak memory of fit [MB]")
    assert row.split() == ["ours", "0.5000", "1.500", "7"]


def test_without_matplotlib_there_is_no_figure_and_no_failure(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    monkeypatch.setattr(_run, "REPORTS", (lambda: report(2.0),))
    assert _run.main(["--figure", str(tmp_path / "figure.png")]) == 0
    assert "matplotlib is not installed" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_our_model_and_the_peer_are_searched_alike():
    ours, peer = (
        _ternary._search(features, 0.1).param_grid
        for features in (TernaryRandomFeatures(), RBFSampler())
    )
    assert len(ParameterGrid(ours)) == len(ParameterGrid(peer)) > 1
    assert sorted(ours.values()) == sorted(peer.values())


def test_risk_is_held_against_three_standard_errors_of_both_means():
    corrected, errors = np.tile([1.0, -3.0], 50), np.tile([2.0, 4.0], 20)
    prediction = _sketched_ridge._risk_prediction("ours", 5.0, corrected, errors)
    assert prediction.observed == 10.0
    variance = 16 / 99 + 36 / 39  # squares deviate by 4 in 100 rows and by 6 in 40
    np.testing.assert_allclose(prediction.tolerance * 5.0, 3 * np.sqrt(variance))


def test_coverage_counts_the_targets_inside():
    intervals = np.column_stack([np.zeros(100), np.ones(100)])
    y = np.where(np.arange(100) < 92, 0.5, 2.0)
    prediction = _sketched_ridge._coverage_prediction(intervals, y, n_train=900)
    assert prediction.observed == 0.92
    assert prediction.predicted == 0.9
    np.testing.assert_allclose(prediction.tolerance * 0.9, 3 * 0.3 * np.sqrt(1 / 100 + 1 / 900))
    assert prediction.holds
    assert not _sketched_ridge._coverage_prediction(intervals, 3 * y, n_train=900).holds


@pytest.mark.parametrize("told", [3.0, [2.5, 3.5, 2.5, 3.5]], ids=["once", "each"])
def test_mean_of_draws_is_held_against_three_standard_errors(told):
    observed = [2.0, 4.0, 3.0, 5.0]
    prediction = mean_prediction("ours", told, observed)
    assert (prediction.predicted, prediction.observed) == (3.0, 3.5)
    deviations = np.array(observed) - told - 0.5  # those of the difference, not of the observed
    error = np.sqrt(np.mean(deviations**2) / 3)
    np.testing.assert_allclose(prediction.tolerance * 3.0, 3 * error)
    wider = mean_prediction("ours", told, observed, 0.5, " of a reason")
    np.testing.assert_allclose(wider.tolerance * 3.0, 3 * error + 0.5)
    assert wider.reason == "3 standard errors of 4 draws of a reason"


def test_axes_mix_as_those_of_a_sample_covariance_do():
    """Two variances, no other features: the sample axes turn in the plane, by a small angle."""
    variances, n = np.array([4.0, 1.0]), 400
    cosines = []
    for seed in range(400):
        X = np.random.default_rng(seed).standard_normal((n, 2)) * np.sqrt(variances)
        cosines.append(abs(np.linalg.eigh(X.T @ X)[1][0, 1]))
    lost = 1 - np.mean(cosines)
    error = np.std(cosines, ddof=1) / 20
    # The next order is that share smaller again.
    assert abs(mixing(variances, 0, n) - lost) < 4 * error
    assert mixing([4.0, 2.0, 1.0], 1, n) == pytest.approx((8 / 4 + 2 / 1) / (2 * n))


def test_two_clusters_have_no_names():
    label = np.array([0, 0, 1, 1, 1])
    assert _spectral_clustering._error(1 - label, label) == 0
    assert _spectral_clustering._error(np.array([1, 0, 1, 1, 1]), label) == 0.2


@pytest.mark.parametrize("off", [0, 1])
def test_edge_is_held_against_the_law_of_the_noise(off):
    law = 0.5, 1.0, 1.0  # Marchenko-Pastur, without its diagonal
    edge = (1 + np.sqrt(2)) ** 2 - 1
    unit = 4.58018 * _spectral_clustering.N_SAMPLES ** (-2 / 3)
    second = edge + (-1.2065 + off * 3.01 * 1.268) * unit
    prediction = _spectral_clustering._edge_prediction(law, second)
    assert prediction.holds is (not off)


def test_pixels_of_ink_are_joined_where_they_touch():
    image = np.zeros((4, 4))
    image[[0, 1, 2, 3], [0, 1, 1, 3]] = 16  # a corner, a side, and one apart
    expected = np.zeros((4, 4))
    expected[[0, 1, 1, 2], [1, 0, 2, 1]] = 1
    np.testing.assert_array_equal(_kronecker_graphs.ink_graph(image), expected)


def test_shares_of_the_effects_follow_the_law_of_wrong_labels():
    truth = _kronecker_graphs.SHUFFLED
    for share in (0, 0.3, 1):
        left = _kronecker_graphs.shares_left(attenuated_initiator(truth, share), truth)
        np.testing.assert_allclose(left, [1 - share, (1 - share) ** 2], atol=1e-13)


@pytest.mark.parametrize("times", [1, 6])
def test_mean_of_the_statistics_is_held_against_the_chi_squared_law(times):
    rejected = type("Fit", (), {"gof_pvalue_": 1e-9})
    statistics = times * np.array([0.5, 1.0, 0.25, 2.25])  # 24 is beyond 18.5, the quantile of four
    prediction, other = _kronecker_graphs._goodness_of_fit_predictions(statistics, 1, rejected)
    assert (prediction.predicted, prediction.observed) == (1, times)
    np.testing.assert_allclose(prediction.tolerance, 18.46683 / 4 - 1, rtol=1e-6)
    assert prediction.holds is (times == 1)
    assert other.holds


@pytest.mark.slow
def test_demo_of_every_flagship_on_real_data(capsys, tmp_path):
    assert _run.main(["--figure", str(tmp_path / "figure.png")]) == 0
    printed = capsys.readouterr().out
    assert "TernaryRandomFeatures, GridSearchCV" in printed
    assert "RBFSampler, GridSearchCV" in printed
    assert "32 times less" in printed
    for model in (
        "SketchedRidgeEnsemble",
        "SketchedRidgeCV",
        "RidgeCV, 30 penalties",
        "SparseQuantizedSpectralClustering",
        "SpectralClustering, rbf",
        "KMeans",
        "KroneckerGraphFeatures",
        "numbers of vertices and edges",
        "LDA, AnalyticalShrinkage(scale=True)",
        'LDA, shrinkage="auto"',
        "RMTPCA()",
        'PCA("mle")',
    ):
        assert f"\n  {model} " in printed
    assert "share of targets in 90% intervals" in printed
    assert "64 times less" in printed
    assert printed.count(" holds\n") == 36
