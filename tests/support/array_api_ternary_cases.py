# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures on arrays of other libraries; run where SCIPY_ARRAY_API was set in time.

Arrays of array-api-strict on "device1" refuse to become NumPy's: what works there stays there.
"""

import pickle
import warnings
from functools import partial

import array_api_strict
import dask.array
import numpy as np
import pytest
from array_libraries import has_device, to_torch
from sklearn import config_context
from sklearn.utils import _array_api, estimator_checks

from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation import TernaryRandomFeatures, _device_rows
from skrmt.utils import _arrays

dispatch = partial(config_context, array_api_dispatch=True)


def moved(X, library):
    """Array of a library, on a device that is not the host's where there is one."""
    if library == "torch":
        return to_torch(X)
    device = array_api_strict.Device(library)
    return array_api_strict.asarray(X, device=device)


def on_host(array):
    if type(array).__module__ == "torch":
        return array.numpy()
    return np.asarray(array.to_device(array_api_strict.Device("CPU_DEVICE")))


def rows(n_features=40, dtype="float64", n_samples=60, offset=1.0):
    X = np.random.default_rng(n_features).standard_normal((n_samples, n_features))
    return (X + offset).astype(dtype)


def features(**parameters):
    return TernaryRandomFeatures(**{"n_components": 300, "random_state": 0, **parameters})


def assert_same_levels(found, expected, dtype):
    """Float64 leaves nothing within rounding of a threshold, float32 a row or two in a million.

    18 000 projections, with errors of some 1e-6 of their deviation: more than 3 of them fall within
    that of a threshold with probability 1e-6.
    """
    differ = np.count_nonzero(np.sign(found) != np.sign(expected))
    assert differ <= (0 if dtype == "float64" else 3)


def agrees_with_numpy(library, dtype, parameters, n_features):
    X = rows(n_features, dtype)
    expected = features(**parameters).fit(X)
    with dispatch():
        given = moved(X, library)
        found = features(**parameters).fit(given)
        Z = found.transform(given)
    assert str(Z.dtype).endswith(dtype)
    assert Z.device == given.device
    assert_same_levels(on_host(Z), expected.transform(X), dtype)
    level = found.scale_ / np.sqrt(300)
    assert set(np.unique(abs(on_host(Z)))) <= {0, np.dtype(dtype).type(level)}
    assert found.tau_ == pytest.approx(expected.tau_, rel=1e-12)
    assert found.mean_.device == given.device
    np.testing.assert_allclose(on_host(found.mean_), expected.mean_, rtol=1e-12)
    if "random_offset_" in vars(expected):
        np.testing.assert_array_equal(on_host(found.random_offset_), expected.random_offset_)
    else:
        # A minimum is found to the root of the rounding of its value, 1.5e-8.
        np.testing.assert_allclose(found.thresholds_, expected.thresholds_, rtol=1e-8)
        assert found.scale_ == pytest.approx(expected.scale_, rel=1e-8)


def any_blocks_give_the_same(library):
    X = rows()
    with dispatch():
        given = moved(X, library)
        whole = features(kernel="relu").fit(given)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("HOST_BLOCK_BYTES", "DEVICE_BLOCK_BYTES"):
                patch.setattr(_device_rows, name, 8 * 300 * 7)
            cut = features(kernel="relu").fit(given)
            Z = cut.transform(given)
        assert cut.tau_ == pytest.approx(whole.tau_, rel=1e-12)
        same = np.sign(on_host(Z)) == np.sign(on_host(whole.transform(given)))
        assert same.all()


def batches_are_one_fit(library):
    X = rows(offset=1e4)
    with dispatch():
        given = moved(X, library)
        whole = features().fit(given)
        parts, other = features(), features()
        for start, stop in ((0, 1), (1, 2), (2, 19)):
            parts.partial_fit(given[start:stop, :])
        other.partial_fit(given[19:, :])
        parts.merge(other)
        assert parts.n_samples_seen_ == len(X)
        assert parts.tau_ == pytest.approx(whole.tau_, rel=1e-8)
        assert parts.mean_.device == given.device
        np.testing.assert_allclose(on_host(parts.mean_), on_host(whole.mean_), rtol=1e-8)
        found, expected = (on_host(f.transform(given)) for f in (parts, whole))
    # phases are sums of 40 values of size 1e4 in units of 9: errors of 1e-11 turns
    np.testing.assert_array_equal(found, expected)


def no_rows_come_to_the_host(parameters):
    sizes = []

    def counted(array, xp):
        sizes.append(array.size)
        return convert(array, xp)

    convert = _array_api._convert_to_numpy
    n_features = 40
    given = moved(rows(n_features), "device1")
    with pytest.raises(RuntimeError, match="Can't convert"):
        np.asarray(given)
    with dispatch(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_array_api, "_convert_to_numpy", counted)
        patch.setattr(_arrays, "to_numpy", counted)
        fitted = features(**parameters).fit(given)
        fitted.partial_fit(given[:1, :])
        moments = list(sizes)
        fitted.transform(given)
    assert moments  # the mean row
    assert max(moments) <= max(n_features, 300)  # it, and the offsets of 300 features
    assert sizes == moments  # transforming brings nothing at all


def output_has_the_type_that_was_asked_for(library):
    X = rows()
    for dtype in ("int8", "float32", "float64"):
        expected = features(dtype=dtype).fit_transform(X)
        with dispatch():
            Z = features(dtype=dtype).fit_transform(moved(X, library))
        assert str(Z.dtype).endswith(dtype)
        np.testing.assert_array_equal(on_host(Z), expected)


def types_that_float32_holds_stay_in_it(library):
    for given, expected in (("uint8", "float32"), ("int16", "float32"), ("int64", "float64")):
        X = moved(np.abs(rows() * 9).astype(given), library)
        with dispatch():
            assert str(features().fit_transform(X).dtype).endswith(expected)
    if library == "torch":
        with dispatch():
            X = to_torch(rows()).bfloat16()
            assert features().fit_transform(X).dtype == X.float().dtype


def packed_is_refused(library):
    X = rows()
    with dispatch():
        for fit in (features(dtype="packed").fit, features(dtype="packed").partial_fit):
            with pytest.raises(ValueError, match=r"dtype='packed' is for NumPy.*set dtype='int8'"):
                fit(moved(X, library))


def device_without_float64():
    X = rows(dtype="float32", offset=1000.0)
    expected = features().fit(X)
    with dispatch():
        given = moved(X, "no_float64")
        found = features().fit(given)
        assert found.mean_.dtype == array_api_strict.float32
        # sums of squares in float32; the mean is 1000 times the deviation
        assert found.tau_ == pytest.approx(expected.tau_, rel=1e-5)
        assert features(dtype="int8").fit_transform(given).dtype == array_api_strict.int8
        asks = features(dtype="float64").fit(given)
        with pytest.raises(ValueError, match="dtype='float64' is no type of the device"):
            asks.transform(given)


def bad_rows_are_refused(library):
    bad = rows()
    bad[3, 2] = np.nan
    equal = np.ones((5, 3))
    with dispatch():
        for X, message in ((bad, "NaN"), (equal, "zero variance"), (equal + 1j, "Complex data")):
            with pytest.raises(ValueError, match=message):
                features().fit(moved(X, library))
        unequal = rows(offset=0.0)
        unequal[::2] *= 10
        with pytest.warns(TheoryWarning, match="very unequal norms") as caught:
            features(kernel="relu").fit(moved(unequal, library))
        with pytest.warns(TheoryWarning) as expected:
            features(kernel="relu").fit(unequal)
    assert str(caught[0].message) == str(expected[0].message)


def other_library_than_in_fit_is_refused(library):
    X = rows()
    with dispatch():
        on_device, on_numpy = features().fit(moved(X, library)), features().fit(X)
        for fitted, given in ((on_device, X), (on_numpy, moved(X, library))):
            for method in (fitted.transform, fitted.partial_fit):
                with pytest.raises(ValueError, match="must use the same namespace"):
                    method(given)
        # blocks of a Dask array are NumPy's
        before = on_device.n_samples_seen_
        blocks = dask.array.from_array(X, chunks=(20, -1))
        with pytest.raises(ValueError, match="must use the same namespace"):
            on_device.partial_fit(blocks)
        assert on_device.n_samples_seen_ == before
        assert type(on_device.mean_) is type(moved(X, library))
        assert on_numpy.partial_fit(blocks).n_samples_seen_ == 2 * len(X)


def moved_and_pickled_estimators_give_the_same(library):
    X = rows()
    with dispatch():
        given = moved(X, library)
        fitted = features(projection="gaussian").fit(given)
        expected = on_host(fitted.transform(given))
        loaded = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(on_host(loaded.transform(given)), expected)
        back = _array_api.move_estimator_to(fitted, np, "cpu")
        np.testing.assert_array_equal(back.transform(X), expected)
        _, _, device = _array_api.get_namespace_and_device(given)
        xp = _array_api.get_namespace(given)[0]
        again = _array_api.move_estimator_to(features(projection="gaussian").fit(X), xp, device)
        np.testing.assert_array_equal(on_host(again.transform(given)), expected)


def scikit_learn_checks(parameters):
    """All that its generator yields for libraries and devices that are at hand, with values."""
    name, estimator = "TernaryRandomFeatures", TernaryRandomFeatures(**parameters)
    host, strict = ("torch", "cpu"), ("array_api_strict", "device1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TheoryWarning)  # 10 inputs
        for library, device, dtype in (
            ("numpy", None, None),
            (*host, "float64"),
            (*host, "float32"),
            ("array_api_strict", "CPU_DEVICE", "float64"),
            (*strict, "float32"),
        ):
            if not has_device(library, device):
                continue
            estimator_checks.check_array_api_input(
                name, estimator, library, device, dtype, check_values=dtype != "float32"
            )
        place = _array_api.NamespaceAndDevice if hasattr(_array_api, "NamespaceAndDevice") else None
        place = place or estimator_checks.NamespaceAndDevice
        for X, y in (
            (host, strict),
            (strict, host),
            (("numpy", None), strict),
            (host, ("numpy", None)),
        ):
            if has_device(*X) and has_device(*y):
                estimator_checks.check_array_api_mixed_inputs(name, estimator, place(*X), place(*y))
        estimator_checks.check_array_api_same_namespace(name, estimator, "array_api_strict")
