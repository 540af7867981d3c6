# SPDX-License-Identifier: BSD-3-Clause
"""Which path SketchedRidgeCV takes: sizes of sketches, their reach, room, and accuracy of steps."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sketched_ridge_cases import GRID, assert_exact, model, noisy_design, power_law
from sklearn.linear_model import RidgeCV

from skrmt.linear_model import SketchedRidgeCV, _leverage_fit, _leverage_search
from skrmt.linear_model._sketched_leverages import SketchedLeverages


@pytest.fixture(scope="module")
def design():
    return noisy_design()


def test_small_sketch_is_doubled_until_it_reaches_the_penalty(design):
    small = model(sketch_size=5).fit(design.X, design.y)
    assert small.sketch_size_ in {40, 80, 160}
    assert small.sketch_ == "srdct"
    peer = RidgeCV(small.alpha_ * np.logspace(-2, 2, 41)).fit(design.X, design.y)
    assert 0.5 <= small.alpha_ / peer.alpha_ <= 2
    assert_exact(small, design.X, design.y)


@pytest.mark.parametrize("alphas", ["auto", [0.0, *np.logspace(-3, 3, 7)], [0.0, 1e-4], 1e-4])
def test_penalty_out_of_reach_of_all_sketches_takes_the_exact_path(alphas):
    X = power_law(150, 120, 0.5)[0]
    y = X @ np.random.default_rng(0).standard_normal(120)
    y += 0.1 * np.random.default_rng(1).standard_normal(150)  # the best penalty is small
    fitted = model(alphas, sketch_size=20).fit(X, y)
    assert (fitted.sketch_, fitted.n_iter_) == (None, 0)
    assert_exact(fitted, X, y)


def test_given_penalties_out_of_reach_are_shown_as_such(design):
    alphas = np.concatenate([[0.0, 1e-3], GRID])
    fitted = model(alphas, store_cv_results=True).fit(design.X, design.y)
    np.testing.assert_array_equal(fitted.alphas_, alphas)
    out = fitted.risk_path_ == np.inf
    assert out[:2].all()
    assert not out[-5:].any()
    assert np.isnan(fitted.df_path_[out]).all()
    assert np.isnan(fitted.cv_results_[:, out]).all()
    assert np.isfinite(fitted.cv_results_[:, ~out]).all()


@pytest.mark.parametrize("below", [[0.0], [1e-4, 3e-4, 1e-3]])
@pytest.mark.parametrize("place", [0.8, 1.7])
def test_penalty_at_the_end_of_the_reach_is_compared_with_what_lies_below(place, below):
    X, y, _, _ = power_law(450, 420, 0.3)
    alone = model(sketch_size=200).fit(X, y)
    best, lowest = alone.alpha_, alone.alphas_.min()
    assert lowest < 0.5 * best
    # The best of all lies near what is given and in reach; far below there is more.
    alphas = np.append(lowest * np.array(below), best * np.array([place, 20, 100.0]))
    fitted = model(alphas, sketch_size=200).fit(X, y)
    assert fitted.alpha_ == best * place
    assert (fitted.sketch_, fitted.sketch_size_) == (alone.sketch_, alone.sketch_size_)
    assert fitted.risk_path_.shape == alphas.shape
    assert np.argmin(fitted.risk_path_) == len(below)
    assert_exact(fitted, X, y)


def test_best_penalty_between_reach_and_what_is_given_takes_a_larger_sketch():
    X, y, _, _ = power_law(450, 420, 0.3)
    alone = model(sketch_size=100).fit(X, y)
    alphas = np.array([0.7 * alone.alphas_.min(), 1e4 * alone.alpha_])
    fitted = model(alphas, sketch_size=100).fit(X, y)
    assert fitted.alpha_ == alphas[0]
    assert fitted.sketch_size_ > 100


@pytest.mark.parametrize("per_target", [False, True])
def test_bases_without_room_give_way_to_factorisations(design, per_target):
    Y = np.column_stack([design.y, np.random.default_rng(0).standard_normal(400)])
    options = {"alpha_per_target": per_target, "sketch_size": 120}
    plain = model(GRID, **options).fit(design.X, Y)
    # 1e-6 GB hold no basis: one block is made, and that is not enough.
    cramped = model(GRID, max_memory=1e-6, **options)
    calls = []
    patch = pytest.MonkeyPatch()
    with patch.context() as m:
        whole = _leverage_search.FactorisedRidge
        m.setattr(
            _leverage_search, "FactorisedRidge", lambda problem: calls.append(0) or whole(problem)
        )
        cramped.fit(design.X, Y)
    assert len(calls) == 1
    np.testing.assert_array_equal(cramped.alpha_, plain.alpha_)
    np.testing.assert_allclose(cramped.coef_, plain.coef_, atol=1e-7)
    np.testing.assert_allclose(
        cramped.corrected_residuals_, plain.corrected_residuals_, rtol=1e-5, atol=1e-6
    )


def test_slow_conjugate_gradients_give_way_to_a_factorisation(design, monkeypatch):
    plain = model(GRID).fit(design.X, design.y)
    polished = _leverage_search.polished
    monkeypatch.setattr(_leverage_search, "polished", lambda *a: polished(*a, most_steps=0))
    fitted = model(GRID).fit(design.X, design.y)
    np.testing.assert_allclose(fitted.coef_, plain.coef_, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_leverages_are_refined_where_rounding_is_the_limit(monkeypatch, dtype):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 280)) * 10.0 ** -np.linspace(0, 12, 280)
    y = X[:, :80] @ (1 / X.std(axis=0)[:80]) + rng.standard_normal(300)
    reach = []

    class Spy(SketchedLeverages):
        def refine(self):
            reach.append(self.lowest_level())
            super().refine()
            reach.append(self.lowest_level())

    monkeypatch.setattr(_leverage_fit, "SketchedLeverages", Spy)
    model(sketch_size=100).fit(X.astype(dtype), y)
    assert reach[1] < 0.1 * reach[0]


def test_automatic_grid_is_extended_for_noise():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 150))
    fitted = model(sketch_size=40).fit(X, rng.standard_normal(200))
    unit = 200 * np.var(X, axis=0).sum() / 40
    assert fitted.alphas_.max() / unit == pytest.approx(1e3) or fitted.alpha_ > 1e2 * unit
    assert np.linalg.norm(fitted.coef_) < 0.3


def test_many_targets_take_the_exact_path():
    X, y, _, _ = power_law(620, 610, 0.3, n_test=10)
    few, many = (SketchedRidgeCV(GRID / 10).fit(X, np.tile(y[:, None], q)) for q in (2, 21))
    assert few.sketch_ == "srdct"
    assert many.sketch_ is None


def test_wide_rows_start_with_the_largest_sketch():
    X, y, _, _ = power_law(620, 2500, 0.3, n_test=10)
    wide, square = (SketchedRidgeCV(random_state=0).fit(Z, y) for Z in (X, X[:, :700]))
    assert (wide.sketch_, wide.sketch_size_) == ("srdct", 310)
    assert square.sketch_size_ in {77, 154, 308}
    sparse = SketchedRidgeCV(random_state=0).fit(csr_array(X), y)
    assert sparse.sketch_size_ in {77 + 3, 154 + 6, 308 + 4, 2500}


def test_size_of_the_sketch_does_not_depend_on_the_unit_of_precisions():
    X, y, _, _ = power_law(700, 650, 0.3)
    w = np.random.default_rng(1).uniform(0.5, 2, 700)
    fits = [SketchedRidgeCV(random_state=0).fit(X, y, u * w) for u in (1e-3, 1.0, 1e3)]
    assert len({fitted.sketch_size_ for fitted in fits}) == 1
    assert {fitted.sketch_ for fitted in fits} == {"srdct"}
