# SPDX-License-Identifier: BSD-3-Clause
"""Ridge ensembles on Dask arrays: the model of `fit`, from blocks that nobody gathers."""

import numpy as np
import pytest
from dask import array
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.linear_model import Ridge

from skrmt.exceptions import TheoryWarning
from skrmt.linear_model import SketchedRidgeEnsemble

N, P = 700, 30
MODEL = (
    "alpha_",
    "mu_",
    "alphas_",
    "mus_",
    "df_path_",
    "risk_path_",
    "best_risk_",
    "best_score_",
    "corrected_residuals_",
    "risk_1_",
    "risk_inf_",
    "sketch_size_",
    "n_members_",
    "coef_",
    "intercept_",
)


def rows(n=N, p=P, n_targets=None, seed=0):
    """Rows far from 0, of unequal scale, and targets with noise."""
    rng = np.random.default_rng(seed)
    X = 5 + rng.standard_normal((n, p)) * np.linspace(1, 0.2, p)
    Y = X[:, : n_targets or 1] @ rng.standard_normal((n_targets or 1, n_targets or 1))
    Y = Y + rng.standard_normal(Y.shape)
    return X, Y if n_targets else Y[:, 0]


def blocks(X, y, sizes=(100, 1, 350, 249)):
    return array.from_array(X, chunks=(sizes, X.shape[1])), array.from_array(y, chunks=-1)


def assert_same_model(found, expected, rtol=1e-8):
    for name in MODEL:
        wanted = np.asarray(getattr(expected, name))
        finite = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
        np.testing.assert_allclose(
            getattr(found, name), wanted, rtol=rtol, atol=rtol * finite, err_msg=name
        )


@pytest.fixture(autouse=True)
def nobody_gathers(monkeypatch):
    """Make NumPy's conversion of a Dask array an error."""

    def refuse(self, *args, **kwargs):
        raise AssertionError("all rows are asked for in one place")

    monkeypatch.setattr(array.Array, "__array__", refuse)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"criterion": "gcv"},
        {"alphas": 3.0},
        {"sketch": None},
        {"sketch": "sparse", "sketch_nnz": 2},
        {"sketch": "gaussian", "n_members": 2},
        {"partition": False, "n_members": 4, "stream_pairs": "ring", "max_memory": 1e-5},
        {"fit_intercept": False},
        {"negative_alphas": True, "alphas": [0.0, 1.0, 10.0]},
    ],
    ids=str,
)
@pytest.mark.parametrize("weights", [None, "precisions", "repetitions"])
@pytest.mark.filterwarnings("ignore:The best of alphas is the")
def test_the_model_is_that_of_the_rows_at_hand(parameters, weights):
    X, y = rows()
    rng = np.random.default_rng(1)
    weights = {
        None: None,
        "precisions": rng.uniform(0.5, 1.5, N) * (rng.random(N) < 0.9),
        "repetitions": rng.integers(0, 3, N).astype(float),
    }[weights]
    if weights is not None:
        weights[100] = 0.0  # the block of one row
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).set_params(**parameters)
    dask_X, dask_y = blocks(X, y)
    found = clone(model).fit(dask_X, dask_y, weights)
    expected = clone(model).set_params(max_memory=1.0).fit(X, y, weights)
    if parameters.get("max_memory"):  # residuals of 1250 numbers: all of them
        assert 8 * N < 1e9 * parameters["max_memory"]
    assert_same_model(found, expected)
    np.testing.assert_allclose(
        found.predict_interval(X[:5]), expected.predict_interval(X[:5]), rtol=1e-8
    )


@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize("alpha_per_target", [False, True])
def test_several_targets(n_targets, alpha_per_target):
    X, Y = rows(n_targets=n_targets)
    model = SketchedRidgeEnsemble(sketch_size=10, alpha_per_target=alpha_per_target, random_state=0)
    found = clone(model).fit(array.from_array(X, chunks=(200, 7)), Y)
    assert_same_model(found, clone(model).fit(X, Y))
    assert found.coef_.shape == (n_targets, P)


def test_float32_stays_float32():
    X, y = rows()
    X, y = X.astype(np.float32), y.astype(np.float32)
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0)
    found = clone(model).fit(*blocks(X, y))
    assert found.coef_.dtype == np.float32
    assert found.predict(blocks(X, y)[0]).dtype == np.float32
    expected = clone(model).fit(X, y)
    assert found.alpha_ == pytest.approx(expected.alpha_, rel=1e-5)
    np.testing.assert_allclose(found.coef_, expected.coef_, atol=1e-5 * abs(expected.coef_).max())


def test_sparse_blocks_and_sizes_that_nobody_counted():
    X, y = rows()
    X[np.random.default_rng(0).random(X.shape) < 0.8] = 0
    kept = X[:, 0] >= 0
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0)
    dask_X, dask_y = blocks(X, y)
    sparse = dask_X.map_blocks(csr_matrix)
    expected = clone(model).fit(csr_matrix(X), y)
    assert expected.sketch_ == "sparse"
    assert_same_model(clone(model).fit(sparse, dask_y), expected)
    mask = array.from_array(kept, chunks=(dask_X.chunks[0],))
    assert np.isnan(dask_X[mask].shape[0])
    found = clone(model).fit(dask_X[mask], dask_y.rechunk(dask_X.chunks[0])[mask])
    assert_same_model(found, clone(model).fit(X[kept], y[kept]))


def test_predictions_are_computed_when_asked_for():
    X, y = rows()
    dask_X, _ = blocks(X, y)
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).fit(X, y)
    found = model.predict(dask_X)
    assert isinstance(found, array.Array)
    np.testing.assert_allclose(found.compute(), model.predict(X), rtol=1e-12)
    intervals = model.predict_interval(dask_X, 0.8)
    assert isinstance(intervals, array.Array)
    assert intervals.chunks[0] == dask_X.chunks[0]
    np.testing.assert_allclose(intervals.compute(), model.predict_interval(X, 0.8), rtol=1e-12)
    with pytest.raises(ValueError, match="expecting 30 features"):
        model.predict(dask_X[:, :5])


def test_residuals_are_thinned_to_the_memory_that_is_allowed():
    X, y = rows()
    allowed = 8 * 100 / 1e9  # a hundred of 700
    model = SketchedRidgeEnsemble(sketch_size=10, alphas=1.0, max_memory=allowed, random_state=0)
    found = model.fit(*blocks(X, y, (350, 350)))
    every = clone(model).set_params(max_memory=1.0).fit(X, y)
    np.testing.assert_allclose(found.corrected_residuals_, every.corrected_residuals_[::7])
    np.testing.assert_allclose(found.risk_path_, every.risk_path_)


def test_batches_may_be_dask_arrays():
    X, y = rows()
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0)
    dask_X, dask_y = blocks(X, y)
    found = clone(model).partial_fit(X[:90], y[:90]).partial_fit(dask_X[90:], dask_y[90:])
    assert found.n_samples_seen_ == N
    expected = clone(model).fit(X, y)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-8)
    np.testing.assert_allclose(
        clone(model).partial_fit(dask_X, dask_y).coef_, expected.coef_, rtol=1e-8
    )
    with pytest.raises(ValueError, match="expecting 30 features"):
        found.partial_fit(dask_X[:, :4], dask_y)
    assert found.n_samples_seen_ == N


def test_a_fit_forgets_names_and_batches():
    import pandas as pd

    X, y = rows()
    names = [f"x{i}" for i in range(P)]
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0)
    model.partial_fit(pd.DataFrame(X, columns=names), y)
    model.fit(*blocks(X, y))
    assert not hasattr(model, "feature_names_in_")
    assert not hasattr(model, "n_samples_seen_")


@pytest.mark.parametrize(
    "parameters",
    [
        {"scoring": "r2"},
        {"store_cv_results": True},
        {"keep_members": True},
        {"keep_members": True, "warm_start": True},
    ],
    ids=str,
)
def test_what_needs_all_rows_is_refused(parameters):
    name = next(iter(parameters))
    model = SketchedRidgeEnsemble(random_state=0).set_params(**parameters)
    with pytest.raises(ValueError, match=f"{name}=.* needs all rows in one place"):
        model.fit(*blocks(*rows()))


def _with(y=None, X=None, weights=None):
    good_X, good_y = rows()
    return (
        array.from_array(good_X if X is None else X, chunks=(200, -1)),
        good_y if y is None else y,
        weights,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (_with(y=np.zeros(3)), "inconsistent numbers of samples: X has 700, y has 3"),
        (_with(X=np.full((N, P), np.nan)), "contains NaN"),
        (_with(X=np.zeros((0, 3)), y=np.zeros(0)), "n_samples = 0"),
        (_with(X=np.ones((1, 3)), y=np.ones(1)), "n_samples = 1"),
        (_with(X=np.ones((5, 0)), y=np.ones(5)), "0 feature"),
        (_with(weights=np.zeros(N)), "at least one non-zero"),
        (_with(weights=-np.ones(N)), "Negative values in data passed to `?sample_weight"),
        (_with(weights=np.ones((N, 2))), "sample_weight has 2 dimensions"),
        (_with(weights=np.ones(4)), "sample_weight has 4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_leaves_an_earlier_fit_as_it_was(arguments, message):
    X, y = rows()
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).fit(X, y)
    before = model.coef_.copy()
    with pytest.raises(ValueError, match=message):
        model.fit(*arguments)
    np.testing.assert_array_equal(model.coef_, before)
    assert model.n_features_in_ == P


def test_a_target_is_required():
    with pytest.raises(ValueError, match="requires y to be passed"):
        SketchedRidgeEnsemble().fit(_with()[0], None)


def test_fewer_rows_than_columns():
    """A fit that interpolates has no digits in moments at penalties near 0, which are left out."""
    X, y = rows(n=20, p=60)
    model = SketchedRidgeEnsemble(sketch=None, alphas=[0.0, 1.0, 10.0, 100.0], random_state=0)
    found = clone(model).fit(array.from_array(X, chunks=(6, -1)), y)
    assert np.isinf(found.risk_path_[0])
    ridge = Ridge(alpha=float(found.alpha_)).fit(X, y)
    np.testing.assert_allclose(found.coef_, ridge.coef_, atol=1e-8 * abs(ridge.coef_).max())


def test_columns_of_very_different_scale_are_told():
    X, y = rows()
    X = (X - 5) * np.logspace(0, -9, P)
    model = SketchedRidgeEnsemble(sketch=None, alphas=1e-3, random_state=0)
    with pytest.warns(TheoryWarning, match="Standardise the columns"):
        model.fit(*blocks(X, y))


@pytest.mark.filterwarnings("ignore:The best of alphas is the")
@pytest.mark.parametrize("sketch", [None, "srdct", "gaussian", "sparse", "subsample"])
@pytest.mark.parametrize("constant", [1.7e9 + 0.7, 1.7e12 + 0.3])
def test_a_constant_column_far_from_zero_stays_constant(sketch, constant):
    """A column of time stamps: what differs between blocks is the rounding of their means."""
    X, y = rows(300, 10)
    X = np.column_stack([X, np.full(300, constant)])
    model = SketchedRidgeEnsemble(
        2, sketch=sketch, sketch_size=5, alphas=[0.0, 1.0, 10.0], random_state=0
    )
    expected = clone(model).fit(X, y)
    dask_X = array.from_array(X, chunks=(37, -1))
    halves = [clone(model).partial_fit(X[part], y[part]) for part in (slice(140), slice(140, 300))]
    # Means of this size are known to their own rounding.
    size = 1e-8 + 10 * np.finfo(float).eps * constant
    for found in (clone(model).fit(dask_X, y), halves[0].merge(halves[1])):
        np.testing.assert_allclose(found.coef_, expected.coef_, atol=1e-8)
        np.testing.assert_allclose(found.predict(X), expected.predict(X), atol=size)


@pytest.mark.parametrize("sizes", [(30,) * 100, (1,) * 20 + (2980,), (7, 2000, 993)], ids=len)
@pytest.mark.parametrize("step", [3, 10, 50])
def test_thinned_residuals_are_evenly_spaced_over_all_rows(sizes, step):
    X, y = rows(3000, 5)
    y[::30] += 50
    allowed = (1 + 1e-9) * 8 * 3000 / step / 1e9
    model = SketchedRidgeEnsemble(sketch=None, alphas=1.0, random_state=0)
    found = clone(model).set_params(max_memory=allowed)
    found.fit(array.from_array(X, chunks=(sizes, 5)), y)
    every = clone(model).fit(X, y).corrected_residuals_
    np.testing.assert_allclose(found.corrected_residuals_, every[::step])


@pytest.mark.filterwarnings("ignore:The best of alphas is the")
def test_repetitions_are_told_from_some_of_the_residuals():
    X, y = rows(400, 300)
    weights = np.random.default_rng(0).integers(1, 5, 400).astype(float)
    model = SketchedRidgeEnsemble(sketch=None, alphas=[1e-3, 1e-2, 1e-1, 1.0], random_state=0)
    model.set_params(max_memory=8 * 400 / 10 / 1e9)
    with pytest.warns(TheoryWarning, match="read as repetitions"):
        model.fit(array.from_array(X, chunks=(90, -1)), y, weights)


def test_copies_of_a_row_in_several_blocks_are_kept_or_dropped_one_by_one():
    X, y = rows(100, 5)
    X, y = np.tile(X, (50, 1)), np.tile(y, 50)
    model = SketchedRidgeEnsemble(sketch=None, n_reservoir=200, random_state=0)
    found = clone(model).partial_fit(array.from_array(X, chunks=(100, -1)), y)
    kept = found._stream.reservoir.rows
    at_once = clone(model).partial_fit(X, y)._stream.reservoir.rows
    np.testing.assert_array_equal(np.unique(kept, axis=0), np.unique(at_once, axis=0))
    # And so after batches of either kind.
    mixed = clone(model).partial_fit(X[:300], y[:300])
    mixed.partial_fit(array.from_array(X[300:], chunks=(100, -1)), y[300:])
    np.testing.assert_array_equal(
        np.unique(mixed._stream.reservoir.rows, axis=0), np.unique(at_once, axis=0)
    )


@pytest.mark.parametrize(
    ("parameters", "passes"),
    [
        ({"alphas": 1.0}, 2),
        ({"alphas": [0.0, 1.0, 10.0], "negative_alphas": False}, 3),
        ({"alphas": [0.0, 1.0, 10.0], "negative_alphas": False, "alpha_per_target": True}, 3),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The best of alphas is the")
def test_rows_are_read_as_often_as_the_page_says(parameters, passes, tmp_path):
    X, Y = rows(n_targets=3)
    Y[:, 1] = np.random.default_rng(3).standard_normal(N)  # another penalty is best

    def read(block, block_info=None):
        number = block_info[0]["chunk-location"][0]
        with (tmp_path / str(number)).open("a") as file:
            file.write("x")
        return block

    meta = np.empty((0, 0))
    dask_X = array.from_array(X, chunks=(200, -1)).map_blocks(read, meta=meta, dtype=float)
    SketchedRidgeEnsemble(sketch_size=10, random_state=0, **parameters).fit(dask_X, Y)
    assert [len(file.read_text()) for file in tmp_path.iterdir()] == [passes] * 4


@pytest.mark.parametrize("n_reservoir", [50, 10_000])
def test_calibration_takes_dask_arrays(n_reservoir):
    X, y = rows()
    dask_X, dask_y = blocks(X, y)
    model = SketchedRidgeEnsemble(sketch_size=10, n_reservoir=n_reservoir, random_state=0)
    found = clone(model).partial_fit(dask_X, dask_y).calibrate(dask_X, dask_y)
    assert_same_model(found, clone(model).fit(X, y))
    with pytest.raises(ValueError, match="partial_fit has seen 700"):
        found.calibrate(array.concatenate([dask_X, dask_X]), np.concatenate([y, y]))


def test_a_penalty_at_which_no_row_can_be_left_out():
    X, y = rows(50, 80)
    model = SketchedRidgeEnsemble(sketch=None, alphas=0.0, random_state=0)
    found = model.fit(array.from_array(X, chunks=(20, -1)), y)
    assert found.best_risk_ == found.risk_1_ == found.risk_inf_ == np.inf


def test_numbers_as_objects_are_taken_as_float64():
    X, y = rows()
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0)
    found = clone(model).fit(array.from_array(X.astype(object), chunks=(300, -1)), y)
    assert found.coef_.dtype == np.float64
    assert_same_model(found, clone(model).fit(X, y))


def test_names_of_columns_end_with_a_batch_that_has_none():
    import pandas as pd

    X, y = rows()
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(P)])
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).fit(frame, y)
    model.partial_fit(*blocks(X, y))
    assert not hasattr(model, "feature_names_in_")
    model.merge(clone(model).partial_fit(X, y))
    assert model.n_samples_seen_ == 2 * N
