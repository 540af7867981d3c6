# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures on arrays of other libraries.

SciPy reads SCIPY_ARRAY_API when it is imported: the cases run in a process of their own.
"""

import multiprocessing
import os
import warnings
from concurrent.futures import ProcessPoolExecutor

import array_api_ternary_cases as cases
import pytest
from sklearn.utils import get_tags

from skrmt.kernel_approximation import TernaryRandomFeatures

LIBRARIES = ("torch", "device1")


@pytest.fixture(scope="module")
def process():
    """Run a case; the process and its imports serve all of them."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        1, spawn, initializer=warnings.simplefilter, initargs=("error",)
    ) as pool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SCIPY_ARRAY_API", "1")
            assert pool.submit(os.getenv, "SCIPY_ARRAY_API").result() == "1"
        yield lambda case, *arguments: pool.submit(case, *arguments).result()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("parameters", "n_features"),
    [
        ({}, 5),  # Gaussian
        ({}, 40),  # one round of blocks of 64, padded
        ({}, 300),  # blocks of 512, more columns than features
        ({"kernel": "relu"}, 300),
        ({"kernel": "abs"}, 64),  # levels 0 and 1
        ({"projection": "gaussian", "kernel": "relu"}, 40),
        ({"projection": "sparse"}, 40),
        ({"projection": "sparse", "n_nonzero": 11, "kernel": "relu"}, 40),  # empty slots
        ({"projection": "sparse", "n_nonzero": 100, "kernel": "abs"}, 130),  # blocks of 128
    ],
    ids=str,
)
def test_agrees_with_numpy(process, library, dtype, parameters, n_features):
    process(cases.agrees_with_numpy, library, dtype, parameters, n_features)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "case",
    [
        cases.any_blocks_give_the_same,
        cases.batches_are_one_fit,
        cases.output_has_the_type_that_was_asked_for,
        cases.types_that_float32_holds_stay_in_it,
        cases.packed_is_refused,
        cases.bad_rows_are_refused,
        cases.other_library_than_in_fit_is_refused,
        cases.moved_and_pickled_estimators_give_the_same,
    ],
    ids=lambda case: case.__name__,
)
def test_on_a_device(process, case, library):
    process(case, library)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"kernel": "relu"}, {"projection": "sparse"}, {"projection": "gaussian"}],
    ids=str,
)
def test_no_rows_come_to_the_host(process, parameters):
    process(cases.no_rows_come_to_the_host, parameters)


def test_device_without_float64(process):
    process(cases.device_without_float64)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"kernel": "relu"}, {"projection": "hadamard", "dtype": "int8"}, {"n_nonzero": 4}],
    ids=str,
)
def test_checks_of_scikit_learn(process, parameters):
    process(cases.scikit_learn_checks, {"n_components": 70, **parameters})


def test_packed_features_are_for_numpy_only():
    assert get_tags(TernaryRandomFeatures()).array_api_support
    assert not get_tags(TernaryRandomFeatures(dtype="packed")).array_api_support
