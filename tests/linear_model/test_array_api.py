# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeEnsemble on arrays of PyTorch and array-api-strict, in a process of their own.

SciPy reads SCIPY_ARRAY_API when it is imported, so the cases run where it was set before.
"""

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import array_api_ridge_cases as cases
import numpy as np
import pytest


@pytest.fixture(scope="module")
def elsewhere():
    """Run a case in a process that was started for arrays of other libraries."""
    context = multiprocessing.get_context("spawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCIPY_ARRAY_API", "1")
        # one thread: torch and OpenBLAS would each take all cores
        patch.setenv("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
            pool.submit(os.getpid).result()
            yield lambda case, *args: pool.submit(case, *args).result()


TALL, WIDE = (80, 30), (30, 70)
OPTIONS = {
    "srdct": {"sketch": "srdct"},
    "gaussian": {"sketch": "gaussian", "sketch_size": 12},
    "sparse": {"sketch": "sparse", "sketch_size": 16, "partition": False},
    "countsketch": {"sketch": "countsketch", "sketch_size": 12},
    "orthogonal": {"sketch": "orthogonal", "sketch_size": 12, "fit_intercept": False},
    "subsample": {"sketch": "subsample", "sketch_size": 12, "alpha_per_target": True},
    "none": {"sketch": None, "alphas": [1.0, 10.0, 100.0]},
    "stored": {"sketch_size": 12, "store_cv_results": True},
    "slices": {"sketch_size": 12, "max_memory": 1e-5},
    "gcv": {"sketch_size": 12, "criterion": "gcv"},
    "dual gcv": {"sketch": None, "criterion": "gcv", "alphas": [0.0, 1.0, 100.0]},
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("shape", [TALL, WIDE], ids=["tall", "wide"])
@pytest.mark.parametrize("library", ["torch", "strict"])
def test_any_library_gives_the_numbers_of_numpy(elsewhere, library, shape, name):
    elsewhere(cases.agrees, library, shape, np.float64, None, False, OPTIONS[name])


@pytest.mark.parametrize("weights", ["precisions", "repetitions"])
@pytest.mark.parametrize("shape", [TALL, WIDE], ids=["tall", "wide"])
@pytest.mark.parametrize("library", ["torch", "strict"])
@pytest.mark.parametrize("name", ["srdct", "none", "slices"])
def test_weights_count_as_for_numpy(elsewhere, library, shape, weights, name):
    elsewhere(cases.agrees, library, shape, np.float64, weights, True, OPTIONS[name])


@pytest.mark.parametrize("weights", [None, "repetitions"], ids=["single", "repetitions"])
@pytest.mark.parametrize("shape", [TALL, WIDE], ids=["tall", "wide"])
@pytest.mark.parametrize("library", ["torch", "strict"])
@pytest.mark.parametrize("name", ["srdct", "gaussian", "stored"])
def test_float32_stays_float32(elsewhere, library, shape, weights, name):
    elsewhere(cases.agrees, library, shape, np.float32, weights, True, OPTIONS[name])


@pytest.mark.parametrize("library", ["torch", "strict"])
def test_small_directions_keep_their_digits(elsewhere, library):
    elsewhere(cases.wide_spectra_agree, library)


@pytest.mark.parametrize("n_samples", [100, 24], ids=["primal", "dual"])
def test_rank_is_told_on_a_device_without_float64(elsewhere, n_samples):
    elsewhere(cases.low_rank_agrees_without_float64, n_samples)


def test_small_directions_keep_their_digits_without_float64(elsewhere):
    elsewhere(cases.small_directions_without_float64)


@pytest.mark.parametrize("criterion", ["loo", "gcv"])
@pytest.mark.parametrize("sketch", ["srdct", "gaussian", "sparse", None])
def test_nothing_with_an_entry_for_each_row_leaves_the_device(elsewhere, criterion, sketch):
    elsewhere(cases.rows_stay, criterion, sketch)


@pytest.mark.parametrize("library", ["torch", "strict"])
def test_scorer_judges_in_the_library_of_the_rows(elsewhere, library):
    elsewhere(cases.scorer_judges, library)


@pytest.mark.parametrize(
    "case",
    [
        cases.followers_move,
        cases.workers_change_nothing,
        cases.without_dispatch_all_is_numpy,
        cases.refusals,
        cases.others_keep_numpy,
    ],
    ids=lambda case: case.__name__,
)
def test_around_arrays_of_other_libraries(elsewhere, case):
    elsewhere(case)


def test_checks_of_scikit_learn_pass(elsewhere):
    passed = Counter(elsewhere(cases.checks_of_scikit_learn))
    # NumPy, both devices of array-api-strict and both float types of torch; one of two libraries
    assert passed["check_array_api_input"] >= 5
    assert passed["check_array_api_mixed_inputs"] >= 1
    assert passed["check_array_api_same_namespace"] == 1
