# SPDX-License-Identifier: BSD-3-Clause
"""The course of a fit: members kept for the next one, callbacks, backends of joblib."""

import joblib
import numpy as np
import pytest
from ridge_designs import make_design
from scipy.sparse import csr_array
from sklearn.callback import FitCallback

from skrmt.linear_model import SketchedRidgeEnsemble


@pytest.fixture(scope="module")
def design():
    return make_design(150, 120, seed=0)


def ensemble(n_members=4, **options):
    return SketchedRidgeEnsemble(n_members, **{"sketch_size": 30, "random_state": 0, **options})


def test_warm_start_fits_the_new_members_only(design):
    warm = ensemble(5, warm_start=True, keep_members=True).fit(design.X, design.y)
    known = dict(next(iter(warm._kept[1].values())))
    warm.set_params(n_members=11).fit(design.X, design.y)
    after = next(iter(warm._kept[1].values()))
    complete = [key for key in known if key[1] == 4]  # the group of one is now one of four
    assert complete and all(after[key] is known[key] for key in complete)
    assert len(after) == 3
    fresh = ensemble(11).fit(design.X, design.y)
    np.testing.assert_array_equal(warm.coef_, fresh.coef_)
    np.testing.assert_array_equal(warm.risk_path_, fresh.risk_path_)


def test_warm_start_on_other_data_or_sketches_starts_anew(design):
    X, y = design.X, design.y
    same_means = np.vstack([X[75:], X[:75]])
    for change in [{}, {"sketch_size": 20}, {"sketch": "gaussian"}]:
        warm = ensemble(5, warm_start=True, keep_members=True, fit_intercept=False).fit(X, y)
        for rows in (same_means, X.astype(np.float32), csr_array(X)):
            warm.set_params(**change).fit(rows, y)
            fresh = ensemble(5, fit_intercept=False, **change).fit(rows, y)
            np.testing.assert_array_equal(warm.coef_, fresh.coef_)
            assert warm.coef_.dtype == fresh.coef_.dtype


def test_warm_start_needs_what_it_starts_from(design):
    with pytest.raises(ValueError, match="keep_members=True"):
        ensemble(warm_start=True).fit(design.X, design.y)
    with pytest.raises(ValueError, match="integer random_state"):
        ensemble(warm_start=True, keep_members=True, random_state=None).fit(design.X, design.y)


class Counter(FitCallback):
    """Counts the steps that a fit reports."""

    def __init__(self):
        self.n_steps = 0

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, **kwargs):
        pass

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.n_steps += context.task_name == "group of members"

    def teardown(self, estimator, context):
        pass


def test_callbacks_hear_of_each_group(design):
    counter = Counter()
    model = ensemble(10).set_callbacks(counter).fit(design.X, design.y)
    assert counter.n_steps == 3  # groups of four, four and two
    assert model.n_members_ == 10


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_backends_of_joblib_change_nothing(design, backend):
    X, y = design.X[:60], design.y[:60]
    one = ensemble(6, n_jobs=1).fit(X, y)
    with joblib.parallel_config(backend, n_jobs=2):
        other = ensemble(6).fit(X, y)
    np.testing.assert_array_equal(one.coef_, other.coef_)


def test_members_of_one_group_are_fitted_side_by_side(design):
    """Four members of a single transform, for any number of workers the same bits."""
    models = [ensemble(4, n_jobs=n_jobs).fit(design.X, design.y) for n_jobs in (1, 2, 3)]
    for model in models[1:]:
        np.testing.assert_array_equal(model.coef_, models[0].coef_)
        np.testing.assert_array_equal(model.risk_path_, models[0].risk_path_)
