# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skrmt.theory import (
    attenuated_initiator,
    empty_graph_log_likelihood,
    expected_subgraph_counts,
    kronecker_perturbation,
    kronecker_spectrum,
)
from skrmt.theory._kronecker_initiator import canonical_order, check_initiator, check_levels

TAKE_INITIATOR = {
    "attenuated_initiator": lambda theta: attenuated_initiator(theta, 0.1),
    "check_initiator": check_initiator,
    "empty_graph_log_likelihood": lambda theta: empty_graph_log_likelihood(theta, 3),
    "expected_subgraph_counts": lambda theta: expected_subgraph_counts(theta, 3),
    "kronecker_perturbation": lambda theta: kronecker_perturbation(theta, 3),
    "kronecker_spectrum": lambda theta: kronecker_spectrum(theta, 3),
}
TAKE_LEVELS = {
    "check_levels": lambda k: check_levels(k, 2),
    "empty_graph_log_likelihood": lambda k: empty_graph_log_likelihood([[0.5, 0], [0, 0]], k),
    "expected_subgraph_counts": lambda k: expected_subgraph_counts([[0.5, 0], [0, 0]], k),
    "kronecker_perturbation": lambda k: kronecker_perturbation([[0.5, 0], [0, 0]], k),
    "kronecker_spectrum": lambda k: kronecker_spectrum([[0.5, 0], [0, 0]], k),
}


@pytest.mark.parametrize("function", TAKE_INITIATOR)
@pytest.mark.parametrize(
    ("initiator", "message"),
    [
        pytest.param([[0.5, 0.1]], r"shape \(1, 2\)", id="not-square"),
        pytest.param([[0.5]], r"shape \(1, 1\)", id="one-vertex"),
        pytest.param([0.5, 0.1], r"shape \(2,\)", id="vector"),
        pytest.param([[0.5, np.nan], [0.1, 0.2]], "finite, got nan", id="nan"),
        pytest.param([[0.5, np.inf], [0.1, 0.2]], "finite, got inf", id="inf"),
        pytest.param([[0.5, 1.1], [1.1, 0.2]], r"\[0, 1\], got 1\.1", id="above-one"),
        pytest.param([[0.5, -0.1], [-0.1, 0.2]], r"\[0, 1\], got -0\.1", id="negative"),
        pytest.param([["a", "b"], ["c", "d"]], "must be numbers", id="text"),
    ],
)
def test_bad_initiators_are_refused(function, initiator, message):
    with pytest.raises(ValueError, match=message):
        TAKE_INITIATOR[function](initiator)


@pytest.mark.parametrize("function", TAKE_INITIATOR)
@pytest.mark.parametrize("kind", ["sparse", "complex"])
def test_initiators_of_a_wrong_type_are_refused(function, kind):
    theta = scipy.sparse.eye_array(2) if kind == "sparse" else np.eye(2) * 1j
    with pytest.raises(TypeError, match=kind):
        TAKE_INITIATOR[function](theta)


@pytest.mark.parametrize("function", TAKE_LEVELS)
@pytest.mark.parametrize("n_levels", [0, -1, 1.5, "two", np.nan, np.inf])
def test_bad_numbers_of_levels_are_refused(function, n_levels):
    with pytest.raises(ValueError, match="n_levels must"):
        TAKE_LEVELS[function](n_levels)


@pytest.mark.parametrize("function", TAKE_LEVELS)
def test_the_graph_may_not_have_more_than_2_to_the_62_vertices(function):
    TAKE_LEVELS[function](62)
    for n_levels in (63, 10**9):
        with pytest.raises(ValueError, match=rf"n_levels={n_levels} with an initiator of size 2"):
            TAKE_LEVELS[function](n_levels)


def test_the_limit_of_vertices_is_one_of_the_power():
    assert check_levels(39, 3) == 39
    with pytest.raises(ValueError, match="n_levels=40"):
        check_levels(40, 3)


def test_an_undirected_graph_needs_a_symmetric_initiator():
    theta = np.array([[0.9, 0.5], [0.5 + 1e-9, 0.2]])
    for function in (empty_graph_log_likelihood, expected_subgraph_counts):
        with pytest.raises(ValueError, match="directed=True"):
            function(theta, 3)
        function(theta, 3, directed=True)
    theta[1, 0] = 0.5 + 1e-16
    assert check_initiator(theta, symmetric=True) is theta


@given(arrays(np.float64, (3, 3), elements=st.sampled_from([0.1, 0.3, 0.7])))
def test_canonical_order_is_one_of_all_relabellings(theta):
    order = canonical_order(theta)
    assert sorted(order) == [0, 1, 2]
    sums = (theta.sum(axis=0) + theta.sum(axis=1))[order]
    assert (np.diff(sums) <= 0).all()
    ties = np.diff(sums) == 0
    assert (np.diff(order)[ties] > 0).all()
    other = np.array([2, 0, 1])
    if not ties.any() and np.abs(np.diff(sums)).min() > 1e-9:
        moved = theta[np.ix_(other, other)]
        again = canonical_order(moved)
        np.testing.assert_array_equal(moved[np.ix_(again, again)], theta[np.ix_(order, order)])
