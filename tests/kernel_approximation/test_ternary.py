# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures: forms of the output, invariances."""

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array, csr_matrix

from skrmt.kernel_approximation import TernaryRandomFeatures, _ternary_transform, unpack_ternary

PROJECTIONS = ("sparse", "hadamard", "gaussian")
VARIANTS = [
    {"activation": activation, "projection": projection}
    for activation in ("threshold", "phase")
    for projection in PROJECTIONS
]
VARIANT_IDS = [f"{v['activation']}-{v['projection']}" for v in VARIANTS]


def levels(X, **parameters):
    parameters = {"n_components": 300, "random_state": 0, "dtype": "int8", **parameters}
    return TernaryRandomFeatures(**parameters).fit_transform(X)


# ---- forms of the output -------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["rbf", "relu", "abs"])
@pytest.mark.parametrize("n_components", [1, 64, 70, 300])
def test_all_forms_hold_the_same_levels(integer_data, kernel, n_components):
    X = integer_data()
    Z = {}
    for dtype in ("int8", "float32", "float64", "packed", "auto"):
        features = TernaryRandomFeatures(
            n_components, kernel=kernel, dtype=dtype, random_state=0
        ).fit(X)
        Z[dtype] = features.transform(X)
        assert len(features.get_feature_names_out()) == Z[dtype].shape[1]
    assert Z["int8"].dtype == np.int8
    assert set(np.unique(Z["int8"])) <= {-1, 0, 1}
    factor = features.scale_ / np.sqrt(n_components)
    assert Z["float32"].dtype == np.float32
    np.testing.assert_array_equal(Z["float32"], Z["int8"] * np.float32(factor))
    np.testing.assert_array_equal(Z["float64"], Z["int8"] * factor)
    np.testing.assert_array_equal(Z["auto"], Z["float64"])
    np.testing.assert_array_equal(unpack_ternary(Z["packed"], n_components), Z["int8"])
    planes = 1 if features.family_ == 1 else 2
    assert Z["packed"].shape == (len(X), planes * -(-n_components // 64))
    if planes == 1:
        assert Z["int8"].min() >= 0


def test_bits_of_storage(integer_data):
    Z = {
        dtype: TernaryRandomFeatures(4096, dtype=dtype, random_state=0).fit_transform(
            integer_data()
        )
        for dtype in ("float64", "float32", "int8", "packed")
    }
    bits = {dtype: 8 * z.nbytes / (60 * 4096) for dtype, z in Z.items()}
    assert bits == {"float64": 64, "float32": 32, "int8": 8, "packed": 2}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.uint8, np.float32),
        (np.int16, np.float32),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (bool, np.float32),
        (np.float16, np.float32),
    ],
)
def test_output_has_the_float_type_of_the_input(integer_data, given, expected):
    X = (integer_data() > 0) if given is bool else abs(integer_data()).astype(given)
    assert TernaryRandomFeatures(10, random_state=0).fit_transform(X).dtype == expected


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
def test_float32_and_float64_share_the_draw(integer_data, parameters):
    X = integer_data()
    Z64, Z32 = levels(X, **parameters), levels(X.astype(np.float32), **parameters)
    # rounding of a projection moves a level only within 1e-6 of a threshold
    assert np.mean(Z64 != Z32) < 1e-3


def test_set_output_pandas(integer_data):
    for dtype in ("float32", "int8", "packed"):
        features = TernaryRandomFeatures(70, dtype=dtype, random_state=0)
        frame = features.set_output(transform="pandas").fit_transform(integer_data())
        assert list(frame.columns) == list(features.get_feature_names_out())
        assert frame.columns[0] == "ternaryrandomfeatures0"


# ---- invariances ---------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
def test_shift_of_the_data_changes_nothing(integer_data, parameters):
    X = integer_data()
    shift = np.random.default_rng(1).integers(-50, 50, X.shape[1])
    changed = np.mean(levels(X, **parameters) != levels(X + shift, **parameters))
    # threshold with integer weights: nothing is rounded. Else: within rounding of a threshold.
    exact = parameters["activation"] == "threshold" and parameters["projection"] != "gaussian"
    assert changed == 0 if exact else changed < 1e-3


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
@pytest.mark.parametrize("gamma", ["unit", "scale", 0.001])
def test_scale_of_the_data_changes_nothing(integer_data, parameters, gamma):
    X = integer_data()
    scaled = gamma if isinstance(gamma, str) else gamma / 4.0**2
    np.testing.assert_array_equal(
        levels(X, gamma=gamma, **parameters), levels(4.0 * X, gamma=scaled, **parameters)
    )


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
@pytest.mark.parametrize("to", [csr_array, csr_matrix, csc_array], ids=lambda t: t.__name__)
def test_sparse_rows_have_the_features_of_dense_rows(integer_data, to, parameters):
    X = integer_data() * (np.random.default_rng(2).random((60, 40)) < 0.3)
    np.testing.assert_array_equal(levels(to(X), **parameters), levels(X, **parameters))
    fitted = TernaryRandomFeatures(99, random_state=0, **parameters).fit(to(X))
    np.testing.assert_array_equal(fitted.transform(X), fitted.transform(to(X)))


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
def test_memory_order_changes_nothing(integer_data, parameters):
    X = integer_data()
    padded = np.zeros((60, 80))
    padded[:, ::2] = X
    for other in (np.asfortranarray(X), padded[:, ::2]):
        np.testing.assert_array_equal(levels(X, **parameters), levels(other, **parameters))


def test_repeated_entries_of_sparse_rows_add_up():
    repeated = csr_matrix(([1.0, 2.0, 4.0, 5.0], ([0, 0, 1, 2], [1, 1, 0, 2])), shape=(3, 3))
    repeated.indices[:2], repeated.data[:2] = [1, 1], [1.0, 2.0]
    np.testing.assert_array_equal(levels(repeated), levels(repeated.toarray()))


@pytest.mark.parametrize("activation", ["threshold", "phase"])
def test_wide_sparse_rows_are_multiplied_and_not_made_dense(integer_data, activation, monkeypatch):
    X = integer_data() * (np.random.default_rng(2).random((60, 40)) < 0.3)
    sparse = {"activation": activation, "projection": "sparse"}
    expected = {k: levels(X, n_nonzero=k, **sparse) for k in (1, 16, 21)}
    monkeypatch.setattr(_ternary_transform, "WIDEST_DENSE_ROW", 39)
    monkeypatch.setattr(_ternary_transform, "_write_blocks", _refuse)
    for k, levels_of_dense in expected.items():
        np.testing.assert_array_equal(levels(csr_array(X), n_nonzero=k, **sparse), levels_of_dense)


def _refuse(*_):
    raise AssertionError("sparse data were made dense")


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_threads_change_nothing(parameters, n_jobs):
    X = np.random.default_rng(3).standard_normal((101, 40)).astype(np.float32)
    for data in (X, csr_array(X)):
        for dtype in ("int8", "packed", "float32"):
            one = levels(data, dtype=dtype, **parameters)
            np.testing.assert_array_equal(
                one, levels(data, dtype=dtype, n_jobs=n_jobs, **parameters)
            )


@pytest.mark.parametrize("projection", ["sparse", "hadamard"])
@pytest.mark.parametrize("block_bytes", [1, 1000, 1 << 30])
def test_block_size_changes_nothing(projection, block_bytes, monkeypatch):
    X = np.random.default_rng(4).standard_normal((101, 40))
    for data in (csr_array(X), np.asfortranarray(X)):
        monkeypatch.undo()
        expected = levels(data, projection=projection)
        monkeypatch.setattr(_ternary_transform, "BLOCK_BYTES", block_bytes)
        np.testing.assert_array_equal(levels(data, projection=projection), expected)


def test_constant_columns_contribute_nothing(integer_data):
    X = integer_data()
    X[:, 5] = 3
    other = X.copy()
    other[:, 5] = 7
    np.testing.assert_array_equal(
        levels(X, activation="threshold"), levels(other, activation="threshold")
    )
