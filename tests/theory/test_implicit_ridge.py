# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dct
from scipy.optimize import brentq
from scipy.stats import ortho_group

from skrmt.theory import (
    degrees_of_freedom,
    implicit_ridge,
    implicit_ridge_of_spectrum,
    sketched_ridge_for,
)

RIDGES = np.array([0.0, 1e-4, 1e-2, 1.0, 100.0])


def as_spectrum(m, p):
    """The keywords of an orthogonal sketch given by its spectrum."""
    return {
        "sketch": "spectrum",
        "n_components": m,
        "sketch_spectrum": np.repeat([p / m, 0.0], [m, p - m]),
    }


# --- from the sketched side


@pytest.mark.parametrize("ridge", [0.0, 0.3, -0.4])
def test_level_of_a_flat_spectrum(ridge):
    # s = 1/2 for all of 3: harmonic mean 1/2 + lambda, df = 3 s / (s + lambda).
    s = np.full(3, 0.5)
    gaussian = implicit_ridge(s, ridge, sketch="gaussian", n_components=3)
    orthogonal = implicit_ridge(s, ridge, sketch="orthogonal", n_components=3, n_ambient=10)
    assert isinstance(gaussian, float)
    assert gaussian == pytest.approx(0.5 + ridge, rel=1e-14)
    assert orthogonal == pytest.approx((0.5 + ridge) * (1 - 0.15 / (0.5 + ridge)), rel=1e-13)


@pytest.mark.parametrize(("m", "p"), [(5, 5), (5, 6), (5, 40), (1, 1), (1, 9)])
def test_orthogonal_law_is_the_general_one_at_its_spectrum(m, p):
    s = np.random.default_rng(0).uniform(0.2, 3, m)
    ridges = np.append(RIDGES, [-0.1, -0.5 * s.min()])
    found = implicit_ridge(s, ridges, sketch="orthogonal", n_components=m, n_ambient=p)
    np.testing.assert_allclose(found, implicit_ridge(s, ridges, **as_spectrum(m, p)), rtol=1e-11)
    if m == p:  # a rotation
        np.testing.assert_allclose(found, ridges, rtol=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_general_law_solves_its_two_equations(seed):
    rng = np.random.default_rng(seed)
    nu = np.append(rng.gamma(0.7, size=20), np.zeros(10))
    s = np.append(rng.exponential(size=15), np.zeros(5))
    ridges = RIDGES[1:]
    found = implicit_ridge(s, ridges, sketch="spectrum", n_components=20, sketch_spectrum=nu)
    for ridge, level in zip(ridges, found, strict=True):
        d = degrees_of_freedom(s, ridge) / 30
        log_tau = brentq(lambda x, d=d: (nu / (nu + np.exp(x))).mean() - d, -50, 50, xtol=1e-14)
        assert level == pytest.approx(ridge * (1 - d) / d / np.exp(log_tau), rel=1e-9)


def test_zeros_may_be_left_out_and_hold_the_level_down():
    s = [0.0, 1.0, 0.5, 0.0]
    for keywords in (
        {"sketch": "gaussian", "n_components": 4},
        {"sketch": "orthogonal", "n_components": 4, "n_ambient": 7},
        as_spectrum(4, 7),
    ):
        found = implicit_ridge(s, RIDGES, **keywords)
        without = implicit_ridge([0.5, 1.0], RIDGES, **keywords)
        np.testing.assert_allclose(found, without, rtol=1e-14)
        assert found[0] == 0
        assert found[1] < 4 * RIDGES[1]
        zero = implicit_ridge([], RIDGES, **keywords)
        np.testing.assert_allclose(zero, RIDGES, rtol=1e-12)


def test_empty_buckets_of_a_count_sketch_do_not_hold_the_level_down():
    # Buckets of 2, 2, 1 and 0 features: as if the fourth column had not been there.
    nu = [2.0, 2.0, 1.0, 0.0, 0.0]
    s = [0.0, 0.4, 1.0, 2.0]
    found = implicit_ridge(s, RIDGES, sketch="spectrum", n_components=4, sketch_spectrum=nu)
    without = implicit_ridge(s[1:], RIDGES, sketch="spectrum", n_components=3, sketch_spectrum=nu)
    np.testing.assert_array_equal(found, without)
    # At lambda = 0: tau / lambda = sum 1/s / sum 1/nu, d = 3/5.
    assert found[0] == pytest.approx((2 / 3) * (1 / 2 + 1 / 2 + 1) / (1 / 0.4 + 1 + 1 / 2))


@given(
    s=st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8),
    extra=st.integers(0, 5),
    ridge=st.floats(1e-8, 1e6),
    scale=st.floats(1e-3, 1e3),
)
def test_level_is_above_the_ridge_increases_and_has_its_unit(s, extra, ridge, scale):
    m = len(s)
    for keywords in (
        {"sketch": "gaussian", "n_components": m},
        {"sketch": "orthogonal", "n_components": m, "n_ambient": m + extra},
        as_spectrum(m, m + extra),
    ):
        low, high = implicit_ridge(s, [ridge, 1.01 * ridge], **keywords)
        assert ridge <= low * (1 + 1e-12)
        assert low < high
        scaled = implicit_ridge(np.multiply(s, scale), ridge * scale, **keywords)
        assert scaled == pytest.approx(low * scale, rel=1e-9)


# --- from the unsketched side, and back

KEYWORDS = [
    {"sketch": "gaussian", "n_components": 12},
    {"sketch": "gaussian", "n_components": 70},
    {"sketch": "orthogonal", "n_components": 12, "n_ambient": 40},
    {"sketch": "orthogonal", "n_components": 30, "n_ambient": 30},
    {
        "sketch": "spectrum",
        "n_components": 15,
        "sketch_spectrum": np.append(np.arange(1, 14) * 40 / 91, np.zeros(27)),
    },
]


@given(
    decay=st.floats(0, 4),
    n_eigenvalues=st.integers(1, 30),
    log_ridge=st.floats(-9, 6),
    case=st.sampled_from(KEYWORDS),
)
def test_the_two_maps_are_inverse(decay, n_eigenvalues, log_ridge, case):
    eigenvalues = np.arange(1.0, n_eigenvalues + 1) ** -decay
    ridge = 10**log_ridge
    level = implicit_ridge_of_spectrum(eigenvalues, ridge, **case)
    back = sketched_ridge_for(eigenvalues, level, **case)
    # A penalty far below its level is the difference of numbers of the level's size.
    assert abs(back - ridge) <= 1e-10 * (ridge + 1e-3 * level)
    again = implicit_ridge_of_spectrum(eigenvalues, back, **case)
    assert again == pytest.approx(level, rel=1e-10)


@pytest.mark.parametrize("case", KEYWORDS, ids=lambda case: f"{case['sketch']}")
def test_least_level_spends_all_of_the_sketch(case):
    eigenvalues = 1 / np.arange(1, 31)
    rank = min(case["n_components"], np.count_nonzero(case.get("sketch_spectrum", np.ones(99))))
    least = implicit_ridge_of_spectrum(eigenvalues, 0.0, **case)
    if rank >= 30:
        assert least == 0
        return
    assert degrees_of_freedom(eigenvalues, least) == pytest.approx(rank, rel=1e-12)
    assert sketched_ridge_for(eigenvalues, least, **case) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match=r"level=.* is below .*; take a larger level or a larger"):
        sketched_ridge_for(eigenvalues, 0.99 * least, **case)


def test_weights_are_multiplicities():
    keywords = {"sketch": "gaussian", "n_components": 5}
    given = implicit_ridge_of_spectrum([2.0, 0.5, 0.0], RIDGES, weights=[4, 3, 9], **keywords)
    repeated = implicit_ridge_of_spectrum(np.repeat([2.0, 0.5], [4, 3]), RIDGES, **keywords)
    np.testing.assert_allclose(given, repeated, rtol=1e-13)


@given(m=st.integers(1, 10**6), ridge=st.floats(1e-6, 1e3))
def test_wide_sketches_and_large_ridges_leave_the_ridge_alone(m, ridge):
    # lambda = mu - (1/m) sum s mu / (s + mu) bounds mu between lambda and lambda + tr A / m.
    eigenvalues = np.array([2.0, 1.0, 0.5, 0.1])
    level = implicit_ridge_of_spectrum(eigenvalues, ridge, sketch="gaussian", n_components=m)
    assert ridge * (1 - 1e-12) <= level <= (ridge + eigenvalues.sum() / m) * (1 + 1e-12)


def test_level_falls_with_the_size_of_the_sketch():
    eigenvalues = 1 / np.arange(1, 61)
    levels = [
        implicit_ridge_of_spectrum(
            eigenvalues, 0.01, sketch="orthogonal", n_components=m, n_ambient=60
        )
        for m in range(5, 61, 5)
    ]
    assert (np.diff(levels) < 0).all()
    assert levels[-1] == pytest.approx(0.01, rel=1e-13)


# --- against simulation


def haar(p, m, rng):
    return ortho_group.rvs(p, random_state=rng)[:, :m] * np.sqrt(p / m)


def gaussian(p, m, rng):
    return rng.standard_normal((p, m)) / np.sqrt(m)


def cosine(p, m, rng):
    # The features are shuffled too: signs alone leave a diagonal matrix as it is, and one with a
    # smooth diagonal is not free of the transform (the level comes out 1.5 to 3 % too low).
    rows = dct(np.diag(rng.choice([-1.0, 1.0], p)), axis=1, norm="ortho")[rng.permutation(p)]
    return rows[:, rng.permutation(p)[:m]] * np.sqrt(p / m)


def uneven(p, m, rng):
    return haar(p, m, rng) * np.sqrt(np.linspace(0.2, 1.8, m))


UNEVEN = np.append(np.linspace(0.2, 1.8, 80) * 4, np.zeros(240))


@pytest.mark.parametrize(
    ("draw", "keywords"),
    [
        (gaussian, {"sketch": "gaussian"}),
        (haar, {"sketch": "orthogonal", "n_ambient": 320}),
        (cosine, {"sketch": "orthogonal", "n_ambient": 320}),
        (uneven, {"sketch": "spectrum", "sketch_spectrum": UNEVEN}),
    ],
    ids=["gaussian", "haar", "cosine", "uneven"],
)
def test_level_matches_the_degrees_of_freedom_of_simulated_sketches(draw, keywords):
    # The level is that of the unsketched fit with as many degrees of freedom.
    n, p, m = 250, 320, 80
    keywords = {**keywords, "n_components": m}
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p)) * np.sqrt(2 / (1 + 30 * np.linspace(0, 1, p)))
    A = X.T @ X / n
    unsketched = np.maximum(np.linalg.eigvalsh(A), 0)
    unsketched = unsketched[-n:]
    after, ratios = [], []
    for _ in range(8):
        S = draw(p, m, rng)
        s = np.linalg.eigvalsh(S.T @ A @ S)
        ridges = np.append([1e-4, 1e-2, 0.1, 1.0], -0.3 * s[0])
        level = implicit_ridge(s, ridges, **keywords)
        targets = degrees_of_freedom(s, ridges)
        roots = [
            brentq(lambda x, df=df: degrees_of_freedom(unsketched, x) - df, 1e-6, 1e3)
            for df in targets
        ]
        ratios.append(level / roots - 1)
        after.append(level[:-1])
    # Beside the standard error over the draws, a trace of the resolvent is off by order 1 / m.
    error = np.std(ratios, axis=0) / np.sqrt(8)
    assert (np.abs(np.mean(ratios, axis=0)) < 4 * error + 1 / m).all()
    assert (error < 1 / m).all()
    before = implicit_ridge_of_spectrum(unsketched, ridges[:-1], **keywords)
    spread = np.std(after, axis=0) / before / np.sqrt(8)
    assert (np.abs(np.mean(after, axis=0) / before - 1) < 4 * spread + 2 / m).all()


def test_sketched_resolvent_acts_as_the_ridge_at_the_level():
    n, p, m = 250, 320, 80
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, p)) * np.sqrt(2 / (1 + 30 * np.linspace(0, 1, p)))
    A = X.T @ X / n
    u = np.append(np.ones(20), np.zeros(p - 20)) / np.sqrt(20)
    found = []
    for _ in range(40):
        S = haar(p, m, rng)
        found.append(u @ S @ np.linalg.solve(S.T @ A @ S + 0.01 * np.eye(m), S.T @ u))
    level = implicit_ridge_of_spectrum(
        np.maximum(np.linalg.eigvalsh(A), 0), 0.01, sketch="orthogonal", n_components=m, n_ambient=p
    )
    expected = u @ np.linalg.solve(A + level * np.eye(p), u)
    error = np.std(found) / np.sqrt(40)
    assert abs(np.mean(found) - expected) < 4 * error + 2 / m * expected
    # The level is needed: the penalty itself is far off.
    assert u @ np.linalg.solve(A + 0.01 * np.eye(p), u) > 1.5 * expected


# --- errors

ONE = {"sketch": "gaussian", "n_components": 2}


@pytest.mark.parametrize(
    ("s", "ridge", "keywords", "message"),
    [
        ([1.0, 2.0], 0.0, {**ONE, "sketch": None}, "sketch must be 'gaussian', .* got None"),
        ([1.0, 2.0], 0.0, {**ONE, "sketch": "subsample"}, "not free of the data"),
        ([1.0, 2.0], 0.0, {**ONE, "n_components": 1}, "2 values, more than n_components=1"),
        ([1.0, 2.0], 0.0, {**ONE, "n_components": 0}, "n_components must be an integer of at"),
        ([1.0, 2.0], -1.0, ONE, r"ridge must be above -min\(eigenvalues\)=-1, or not"),
        ([1.0], -0.1, ONE, r"ridge must be above -min\(eigenvalues\)=0, or not"),
        ([1.0], np.inf, ONE, "ridge must be finite, got inf"),
        ([-1.0], 1.0, ONE, "eigenvalues must not be negative"),
        ([1.0], 1.0, {**ONE, "sketch": "orthogonal"}, "needs n_ambient"),
        ([1.0], 1.0, {**ONE, "sketch": "orthogonal", "n_ambient": 1}, "n_ambient=1 is below n_com"),
        ([1.0], 1.0, {**ONE, "sketch": "spectrum"}, "needs sketch_spectrum"),
        ([1.0], 1.0, as_spectrum(3, 3) | {"n_components": 2}, "has 3 positive values, more than"),
        (
            [1.0],
            1.0,
            {**ONE, "sketch": "spectrum", "sketch_spectrum": [0.0, 0.0]},
            "sketch_spectrum has no positive value",
        ),
    ],
)
def test_bad_input_is_named(s, ridge, keywords, message):
    with pytest.raises(ValueError, match=message):
        implicit_ridge(s, ridge, **keywords)


@pytest.mark.parametrize("function", [implicit_ridge_of_spectrum, sketched_ridge_for])
def test_bad_input_of_the_forward_maps_is_named(function):
    with pytest.raises(ValueError, match=r"must not be negative, got -0\.1"):
        function([1.0], -0.1, **ONE)
    for keywords in (
        {"sketch": "orthogonal", "n_components": 2, "n_ambient": 2},
        as_spectrum(2, 2),
    ):
        with pytest.raises(ValueError, match="eigenvalues has rank 3, more than the 2 features"):
            function([1.0, 1.0, 1.0], 1.0, **keywords)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("sketch", ["gaussian", "orthogonal", "spectrum"])
def test_level_has_the_unit_of_the_eigenvalues(scale, sketch):
    values, ridges = np.array([0.5, 1.0]), np.array([0.0, 0.3])
    options = {"sketch": sketch, "n_components": 2}
    options |= {"n_ambient": 3} if sketch == "orthogonal" else {}
    options |= {"sketch_spectrum": [2.0, 1.0, 0.0]} if sketch == "spectrum" else {}
    one = implicit_ridge(values, ridges, **options)
    np.testing.assert_allclose(
        implicit_ridge(scale * values, scale * ridges, **options), scale * one
    )
