# SPDX-License-Identifier: BSD-3-Clause
"""The pilot: strength of the weakest spike, or zero."""

import numpy as np
import pytest
from cluster_cases import class_mixture, rows_of, signal_mixture

from skrmt.cluster import _pilot
from skrmt.cluster._pilot import pilot_strength
from skrmt.cluster._signed_fit import SpectrumSettings


def strength_of(X, n_vectors, seed=0):
    return pilot_strength(
        rows_of(X),
        n_vectors,
        random_state=np.random.RandomState(seed),
        settings=SpectrumSettings(1e-3, None, None),
    )


@pytest.mark.parametrize("n_vectors", [1, "auto"])
def test_strength_is_estimated(n_vectors):
    snr, n, p = 3.0, 500, 400
    found = np.array(
        [strength_of(signal_mixture(n, p, snr, seed)[0], n_vectors) for seed in range(6)]
    )
    strengths, dimensions = found.T
    # Four standard errors; the signal adds a share of rho^2 / p to the mean square of the
    # cosines, as if there were fewer dimensions and the eigenvalue smaller.
    slack = 4 * strengths.std(ddof=1) / 6**0.5 + (1 + snr) * snr**2 / p
    assert abs(strengths.mean() - snr) < slack
    assert dimensions == pytest.approx(p, rel=snr**2 / p + 5 / np.sqrt(n * p) + 2 / n)


def test_the_weakest_spike_counts():
    n, p, strengths = 600, 500, [6.0, 3.0]
    X, _ = class_mixture(n, p, strengths, 0)
    strength, _ = strength_of(X, 2)
    # Its standard error is about sqrt(2 / n) (1 + rho); the bias as above.
    assert strength == pytest.approx(3.0, abs=4 * np.sqrt(2 / n) * 4 + 4 * 45 / p)
    assert strength_of(X, 1)[0] > strength + 1
    # Asked for three, of which one does not stand out.
    assert strength_of(X, 3)[0] == 0


@pytest.mark.parametrize("n_vectors", [1, 3, "auto"])
def test_noise_has_no_strength(n_vectors):
    X = np.random.default_rng(0).standard_normal((400, 300))
    strength, dimension = strength_of(X, n_vectors)
    assert strength == 0
    assert dimension == pytest.approx(300, rel=0.03)


def test_only_some_rows_are_looked_at(monkeypatch):
    X, _ = signal_mixture(900, 400, 6.0, seed=1)
    rows, seen = rows_of(X), set()
    tile = rows.tile

    def watched(i, other, j):
        seen.update(i, j)
        return tile(i, other, j)

    monkeypatch.setattr(_pilot, "_PILOT_ROWS", 300)
    monkeypatch.setattr(rows, "tile", watched)
    strength, _ = pilot_strength(
        rows,
        1,
        random_state=np.random.RandomState(0),
        settings=SpectrumSettings(1e-3, None, None),
    )
    assert len(seen) == 300
    assert strength == pytest.approx(6.0, abs=4 * np.sqrt(2 / 300) * 7 + 7 * 36 / 400)


def test_more_vectors_than_rows_can_have_are_none():
    X, _ = signal_mixture(120, 60, 8.0, seed=0)
    assert strength_of(X, 119)[0] == 0
    assert strength_of(X, "auto")[0] > 0
