# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.theory import ensemble_risk, risk_components


def three_sums(rho, sizes):
    """Sums of residuals, of shape (members, rows, targets), and the mean products one by one."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    n = rho.shape[1]
    groups = [rho[labels == g].sum(axis=0) for g in range(len(sizes))]
    sums = (
        (rho**2).sum(axis=(0, 1)) / n,
        sum((group**2).sum(axis=0) for group in groups) / n,
        (rho.sum(axis=0) ** 2).sum(axis=0) / n,
    )
    return labels, sums


@given(
    group_size=st.integers(1, 4),
    n_members=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_risk_of_the_ensemble_itself_is_met_exactly(group_size, n_members, seed):
    rho = np.random.default_rng(seed).standard_normal((n_members, 5, 2)) + 0.5
    n_full, rest = divmod(n_members, group_size)
    sizes = [group_size] * n_full + [rest] * (rest > 0)
    labels, sums = three_sums(rho, sizes)
    parts = risk_components(*sums, sizes)
    exact = (rho.mean(axis=0) ** 2).mean(axis=0)
    found = ensemble_risk(n_members, **parts, group_size=group_size)
    np.testing.assert_allclose(found, exact, rtol=1e-11, atol=1e-12)

    products = np.einsum("inq,jnq->ijq", rho, rho) / 5
    same = labels[:, None] == labels
    pairs = {"within": same & ~np.eye(n_members, dtype=bool), "between": ~same}
    np.testing.assert_allclose(parts["member"], (rho**2).mean(axis=(0, 1)))
    for name, pair in pairs.items():
        if pair.any():
            np.testing.assert_allclose(parts[name], products[pair].mean(axis=0), atol=1e-12)
        else:
            assert parts[name] is None


def test_independent_members_follow_one_over_k():
    member, between = np.array([[2.0, 3.0]]), np.array([[1.0, 2.5]])
    for n_members in 1, 2, 7, math.inf:
        found = ensemble_risk(n_members, member=member, between=between)
        np.testing.assert_allclose(found, between + (member - between) / n_members)
        assert found.shape == (1, 2)


def test_risk_of_an_incomplete_group_lies_by_the_count_of_pairs():
    # K = 5 in groups 2, 2, 1: 5 members, 4 ordered pairs within, 16 across.
    found = ensemble_risk(5, member=1.0, within=10.0, between=100.0, group_size=2)
    assert isinstance(found, float)
    assert found == pytest.approx((5 + 40 + 1600) / 25)


@pytest.mark.parametrize("missing", [None, math.nan, [1.0, math.nan]])
@pytest.mark.parametrize(
    ("n_members", "group_size", "missing_name", "remedy"),
    [
        (3, 1, "between", r"fit at least group_size \+ 1 members, or partition=False"),
        (3, 2, "between", "partition=False"),
        (math.inf, 2, "between", "partition=False"),
        (2, 2, "within", "fit two members of one group"),
        (2, 2, "member", "pass the mean square of one member"),
    ],
)
def test_unknown_products_are_refused_only_where_they_are_needed(
    missing, n_members, group_size, missing_name, remedy
):
    known = {"member": 1.0, "within": 1.0, "between": 1.0}
    with pytest.raises(ValueError, match=f"needs {missing_name}, got .*: .*{remedy}"):
        ensemble_risk(n_members, **{**known, missing_name: missing}, group_size=group_size)
    assert ensemble_risk(1, member=1.0, within=missing, between=missing, group_size=2) == 1
    assert ensemble_risk(2, member=1.0, within=1.0, between=missing, group_size=2) == 1


@pytest.mark.parametrize("n_members", [0, 1.5, -math.inf, math.nan, "two"])
def test_sizes_are_positive_integers(n_members):
    with pytest.raises(ValueError, match="n_members must be an integer of at least 1, got"):
        ensemble_risk(n_members, member=1.0, between=1.0)
    with pytest.raises(ValueError, match="group_size must be an integer of at least 1, got"):
        ensemble_risk(2, member=1.0, between=1.0, group_size=n_members)
    with pytest.raises(ValueError, match="group_sizes must be"):
        risk_components(1.0, 1.0, 1.0, [2, n_members])


def test_sums_must_fit_together():
    with pytest.raises(ValueError, match=r"must have one shape, got .*'total_square': \(2,\)"):
        risk_components(1.0, 1.0, [1.0, 1.0], [2])
    with pytest.raises(ValueError, match="group_sizes must have at least one group"):
        risk_components(1.0, 1.0, 1.0, [])
    with pytest.raises(ValueError, match="total_square must be finite, got inf"):
        risk_components(1.0, 1.0, math.inf, [2])
