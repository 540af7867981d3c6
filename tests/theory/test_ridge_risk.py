# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group

from skrmt.theory import (
    ensemble_risk,
    implicit_ridge_of_spectrum,
    ridge_risk,
    sketched_ensemble_risk,
)

# --- known values


@pytest.mark.parametrize(("p", "n"), [(30, 100), (100, 30)])
def test_least_squares_on_isotropic_features(p, n):
    # Below p = n: no bias, variance p / (n - p). Above: the projection on n of p directions, and
    # n / (p - n).
    found = ridge_risk([1.0], [3.0], 0.0, n, noise_variance=2.0, weights=[p])
    assert found.bias == pytest.approx(3 * max(0, 1 - n / p), abs=1e-12)
    assert found.variance == pytest.approx(2 * min(p, n) / abs(n - p), rel=1e-12)
    assert (found.noise, found.sketching) == (2.0, 0.0)
    assert found.df == pytest.approx(min(p, n), rel=1e-12)
    assert isinstance(found.total, float)
    assert found.total == pytest.approx(found.bias + found.variance + 2, rel=1e-12)


def test_optimal_ridge_for_isotropic_features():
    # The penalty of the posterior mean is the best, and its risk is sigma^2 / (1 - df / n).
    p, n, noise, size = 80, 100, 0.5, 2.0
    best = p * noise / (n * size)
    ridges = best * np.array([0.5, 0.9, 1.0, 1.1, 2.0])
    total = ridge_risk([1.0], [size], ridges, n, noise_variance=noise, weights=[p]).total
    assert total.argmin() == 2
    # kappa^2 + kappa (1 - p / n - ridge) - ridge = 0, df = p / (1 + kappa).
    b = best - 1 + p / n
    kappa = (b + math.sqrt(b**2 + 4 * best)) / 2
    assert best == pytest.approx(kappa * (1 - p / (1 + kappa) / n), rel=1e-12)
    assert total[2] == pytest.approx(noise / (1 - p / (1 + kappa) / n), rel=1e-12)


def test_many_samples_see_the_population():
    t, signal = np.array([2.0, 1.0, 0.1]), np.array([1.0, 2.0, 3.0])
    found = ridge_risk(t, signal, [0.0, 0.5], 10**9, noise_variance=1.0)
    expected = [0, (0.25 * t * signal / (t + 0.5) ** 2).sum()]
    np.testing.assert_allclose(found.bias, expected, rtol=1e-7, atol=1e-7)
    assert (found.variance < 1e-8).all()


@pytest.mark.parametrize("sketch", ["gaussian", "orthogonal"])
def test_least_squares_on_sketched_isotropic_features(sketch):
    # m columns of any rotation-invariant sketch span a random subspace: the part of the signal
    # outside of it is noise to the fit.
    p, n, m = 60, 100, 20
    found = sketched_ensemble_risk(
        [1.0],
        [3.0],
        0.0,
        n,
        noise_variance=2.0,
        weights=[p],
        sketch=sketch,
        n_components=m,
        n_ambient=p,
    )
    assert found.total == pytest.approx((2 + 3 * (1 - m / p)) / (1 - m / n), rel=1e-11)


def test_least_squares_on_disjoint_sketches_of_isotropic_features():
    # Two disjoint subspaces that span the space, n large: each member fits its own half of beta,
    # so that their mean is beta / 2, and its error |beta|^2 / 4. Independent subspaces of half the
    # size leave |beta|^2 (1 / 2 * 1 / 2 + 1 / 4) / 2 more.
    keywords = {
        "noise_variance": 0.0,
        "weights": [60],
        "sketch": "orthogonal",
        "n_components": 30,
        "n_ambient": 60,
        "n_members": 2,
    }
    disjoint = sketched_ensemble_risk([1.0], [1.0], 0.0, 10**9, group_size=2, **keywords)
    independent = sketched_ensemble_risk([1.0], [1.0], 0.0, 10**9, **keywords)
    assert disjoint.total == pytest.approx(0.25, rel=1e-6)
    assert independent.total == pytest.approx(0.25 + 0.125, rel=1e-6)


def test_sketch_of_full_size_is_no_sketch():
    t, signal, ridges = 1 / np.arange(1, 41), np.full(40, 0.1), np.array([0.0, 0.01, 1.0])
    plain = ridge_risk(t, signal, ridges, 25, noise_variance=0.5)
    rotated = {"sketch": "orthogonal", "n_components": 40, "n_ambient": 40}
    spectrum = {"sketch": "spectrum", "n_components": 40, "sketch_spectrum": np.ones(40)}
    wide = {"sketch": "gaussian", "n_components": 10**9}
    for keywords, tolerance in (rotated, 1e-11), (spectrum, 1e-11), (wide, 1e-6):
        found = sketched_ensemble_risk(t, signal, ridges, 25, noise_variance=0.5, **keywords)
        np.testing.assert_allclose(found.total, plain.total, rtol=tolerance)
        np.testing.assert_allclose(found.level, ridges, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(found.df, plain.df, rtol=1e-6)


# --- the laws beside each other

T, SIGNAL = 2 / (1 + 30 * np.linspace(0, 1, 60)), np.repeat([0.05, 0.0], [10, 50])


@given(log_ridge=st.floats(-6, 3), m=st.integers(1, 20), n=st.integers(21, 90))
def test_general_law_gives_the_orthogonal_one_and_disjoint_sketches_help(log_ridge, m, n):
    def predict(sketch, **keywords):
        return sketched_ensemble_risk(
            T,
            SIGNAL,
            10**log_ridge,
            n,
            noise_variance=1.0,
            sketch=sketch,
            n_components=m,
            **keywords,
        )

    orthogonal = predict("orthogonal", n_ambient=60)
    nu = np.repeat([60 / m, 0.0], [m, 60 - m])
    spectrum = predict("spectrum", sketch_spectrum=nu)
    assert orthogonal.total == pytest.approx(spectrum.total, rel=1e-9)
    assert orthogonal.sketching > 0
    infinite = predict("orthogonal", n_ambient=60, n_members=math.inf)
    assert infinite.total == pytest.approx(orthogonal.total - orthogonal.sketching, rel=1e-12)

    # Bookkeeping of the members, through the products of pairs.
    pair = predict("orthogonal", n_ambient=60, n_members=2, group_size=2)
    assert pair.sketching < predict("orthogonal", n_ambient=60, n_members=2).sketching
    parts = {"member": orthogonal.total, "between": infinite.total}
    parts["within"] = 2 * pair.total - orthogonal.total
    seven = predict("orthogonal", n_ambient=60, n_members=7, group_size=3)
    assert seven.total == pytest.approx(ensemble_risk(7, **parts, group_size=3), rel=1e-11)
    # No draw of sketches beats the mean over all draws, by Jensen's inequality.
    full = predict("orthogonal", n_ambient=60, n_members=60 // m, group_size=60 // m)
    assert full.sketching > -1e-12


def test_equivalence_of_first_order_is_ridge_at_the_level():
    infinite = sketched_ensemble_risk(
        T,
        SIGNAL,
        [0.0, 0.1],
        40,
        noise_variance=1.0,
        sketch="gaussian",
        n_components=20,
        n_members=math.inf,
    )
    plain = ridge_risk(T, SIGNAL, infinite.level, 40, noise_variance=1.0)
    np.testing.assert_allclose(infinite.total, plain.total, rtol=1e-10)
    np.testing.assert_allclose(infinite.df, plain.df, rtol=1e-10)


# --- against simulation


def _design(n, p):
    return 2 / (1 + 30 * np.linspace(0, 1, p)), np.repeat(
        [1.5**2 * 10 / p, 0], [p // 10, p - p // 10]
    )


def _gaussian(p, m, rng):
    return rng.standard_normal((p, m)) / np.sqrt(m)


def _haar(p, m, rng):
    return ortho_group.rvs(p, random_state=rng)[:, :m] * np.sqrt(p / m)


def _uneven(p, m, rng):
    return _haar(p, m, rng) * np.sqrt(np.linspace(0.2, 1.8, m))


def _uneven_spectrum(p, m):
    return np.append(np.linspace(0.2, 1.8, m) * p / m, np.zeros(p - m))


LAWS = [
    (_gaussian, {"sketch": "gaussian"}),
    (_haar, {"sketch": "orthogonal", "n_ambient": 240}),
    (_uneven, {"sketch": "spectrum", "sketch_spectrum": _uneven_spectrum(240, 80)}),
]
LAW_NAMES = ["gaussian", "haar", "uneven"]


@pytest.mark.parametrize(("draw", "keywords"), LAWS, ids=LAW_NAMES)
def test_price_of_a_sketch_is_the_slope_of_its_level(draw, keywords):
    # (R_1 - R_inf) / E |beta_mu|^2 = d mu / d eta at the sample covariance matrix A + eta Sigma,
    # by a difference quotient of the level: another way to the second-order term.
    n, p, m, ridge = 200, 240, 80, 0.05
    t, signal = _design(n, p)
    keywords = {**keywords, "n_components": m}
    rng = np.random.default_rng(0)
    prices = []
    for _ in range(6):
        X = rng.standard_normal((n, p)) * np.sqrt(t)
        A = X.T @ X / n
        levels = [
            implicit_ridge_of_spectrum(np.linalg.eigvalsh(A + eta * np.diag(t)), ridge, **keywords)
            for eta in (1e-3, 2e-3)
        ]
        s, V = np.linalg.eigh(A)
        # The noise-free part of |beta_mu|^2 over random signs of beta, and the noise's.
        shrunk = (V * (s / (s + levels[0]))) @ V.T
        square = (shrunk**2).sum(axis=0) @ signal + (s / (s + levels[0]) ** 2).sum() / n
        prices.append((levels[1] - levels[0]) / 1e-3 * square)
    found = sketched_ensemble_risk(t, signal, ridge, n, noise_variance=1.0, **keywords)
    error = np.std(prices) / np.sqrt(len(prices))
    assert found.sketching == pytest.approx(np.mean(prices), abs=4 * error, rel=2 / m)


@pytest.mark.parametrize(("draw", "keywords"), LAWS, ids=LAW_NAMES)
def test_risk_of_simulated_ensembles(draw, keywords):
    n, p, m, n_members = 200, 240, 80, 5
    t, signal = _design(n, p)
    ridges = [1e-3, 0.1, 1.0]
    rng = np.random.default_rng(1)
    observed = {1: [], 2: [], 5: []}
    for _ in range(24):
        beta = np.sqrt(signal) * rng.choice([-1.0, 1.0], p)
        X = rng.standard_normal((n, p)) * np.sqrt(t)
        y = X @ beta + rng.standard_normal(n)
        errors = np.empty((n_members, len(ridges), p))
        for k in range(n_members):
            S = draw(p, m, rng)
            Z = X @ S
            s, V = np.linalg.eigh(Z.T @ Z / n)
            for i, ridge in enumerate(ridges):
                errors[k, i] = S @ (V @ (V.T @ (Z.T @ y) / n / (s + ridge))) - beta
        for size, risks in observed.items():
            risks.append((errors[:size].mean(axis=0) ** 2) @ t + 1)
    for size, risks in observed.items():
        predicted = sketched_ensemble_risk(
            t, signal, ridges, n, noise_variance=1.0, n_components=m, n_members=size, **keywords
        )
        error = np.std(risks, axis=0) / np.sqrt(len(risks))
        # Beside the standard error, the limit's own of order 1 / m.
        allowed = 4 * error + predicted.total / m
        assert (np.abs(np.mean(risks, axis=0) - predicted.total) < allowed).all()


@pytest.mark.parametrize("n_ambient", [240, 320])
def test_risk_of_simulated_disjoint_sketches(n_ambient):
    # With n_ambient > p, the features are padded with zeros before the transform.
    n, p, m, ridge = 200, 240, 60, 0.05
    t, signal = _design(n, p)
    rng = np.random.default_rng(2)
    group = np.repeat([0, 1], 4)
    within = (group[:, None] == group) & ~np.eye(8, dtype=bool)
    between = group[:, None] != group
    observed = []
    for _ in range(24):
        beta = np.sqrt(signal) * rng.choice([-1.0, 1.0], p)
        X = rng.standard_normal((n, p)) * np.sqrt(t)
        y = X @ beta + rng.standard_normal(n)
        errors = []
        for _ in range(2):
            Q = ortho_group.rvs(n_ambient, random_state=rng)[:p] * np.sqrt(n_ambient / m)
            for S in np.split(Q[:, : 4 * m], 4, axis=1):
                Z = X @ S
                theta = np.linalg.solve(Z.T @ Z / n + ridge * np.eye(m), Z.T @ y / n)
                errors.append((S @ theta - beta) * np.sqrt(t))
        products = np.array(errors) @ np.array(errors).T
        # The difference is free of what all members have in common through the data.
        observed.append(products[within].mean() - products[between].mean())
    keywords = {"sketch": "orthogonal", "n_components": m, "n_ambient": n_ambient}
    pair, one = (
        sketched_ensemble_risk(
            t, signal, ridge, n, noise_variance=1.0, n_members=size, group_size=size, **keywords
        ).sketching
        for size in (2, 1)
    )
    expected = 2 * pair - one
    error = np.std(observed) / np.sqrt(len(observed))
    assert abs(np.mean(observed) - expected) < 4 * error + 2 / m * abs(expected)
    assert expected < -8 * error  # the effect is far from what independent sketches show


# --- errors

GIVEN = {"noise_variance": 1.0}
SKETCH = {"noise_variance": 1.0, "sketch": "gaussian", "n_components": 10}


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (([1.0, 2.0], [1.0], 0.1, 10), GIVEN, "signal must have one value for each eigenvalue"),
        (([1.0], [-1.0], 0.1, 10), GIVEN, "signal must not be negative"),
        (([-1.0], [1.0], 0.1, 10), GIVEN, "spectrum must not be negative"),
        (([1.0], [1.0], -0.1, 10), GIVEN, "ridge must not be negative"),
        (([1.0], [1.0], 0.1, 0), GIVEN, "n_samples must be an integer of at least 1"),
        (([1.0], [1.0], 0.1, 10), {"noise_variance": -1}, "noise_variance must be a finite number"),
        (([1.0], [1.0], 0.1, 10), {"noise_variance": math.nan}, "noise_variance must be a finite"),
        (([1.0], [1.0], 0.0, 10), {**GIVEN, "weights": [10]}, "n_samples=10 is infinite: .*Take"),
        ((np.ones(10), np.ones(10), 0.0, 10), GIVEN, "n_samples=10 is infinite"),
    ],
)
def test_bad_input_of_ridge_risk_is_named(arguments, keywords, message):
    with pytest.raises(ValueError, match=message):
        ridge_risk(*arguments, **keywords)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"n_members": 0}, "n_members must be an integer of at least 1"),
        ({"sketch": "dct"}, "sketch must be 'gaussian'"),
        ({"group_size": 2}, "no disjoint parts of one transform for sketch='gaussian'"),
        ({"sketch": "orthogonal", "n_ambient": 39, "group_size": 4}, "no disjoint parts"),
        ({"sketch": "orthogonal", "n_ambient": 20}, "rank 40, more than the 20 features"),
    ],
)
def test_bad_input_of_sketched_ensemble_risk_is_named(keywords, message):
    with pytest.raises(ValueError, match=message):
        sketched_ensemble_risk(np.ones(40), np.ones(40), 0.1, 20, **{**SKETCH, **keywords})


@pytest.mark.parametrize("sketch", ["gaussian", "orthogonal"])
def test_as_many_samples_as_components_interpolate_at_infinite_risk(sketch):
    t = 1 / np.arange(1.0, 41)
    keywords = {**SKETCH, "sketch": sketch, "n_ambient": 40}
    with pytest.raises(ValueError, match="n_samples=10 is infinite"):
        sketched_ensemble_risk(t, np.ones(40), 0.0, 10, **keywords)
    near = [
        sketched_ensemble_risk(t, np.ones(40), 0.0, n, **keywords).total for n in (8, 9, 11, 12)
    ]
    assert np.isfinite(near).all()
    assert near[1] > near[0]
    assert near[2] > near[3]
    # Infinitely many members have no peak.
    infinite = sketched_ensemble_risk(t, np.ones(40), 0.0, 10, n_members=math.inf, **keywords)
    assert infinite.total < near[1]
