# SPDX-License-Identifier: BSD-3-Clause
"""The risk of an ensemble as a function of its size [ours].

The corrected residual of an ensemble is the mean of those of its members, so that its mean square
is a sum over pairs of members. Members come in groups: those of one group use disjoint parts of one
transform, members of different groups are independent. With the mean square a of a member, the mean
product b of two members of one group and c of two of different groups, K members in groups of sizes
s_g have

    ``K^2 R_K = K a + sum_g s_g (s_g - 1) b + (K^2 - sum_g s_g^2) c``.

With groups of one, ``R_K = c + (a - c) / K``.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._spectrum import as_array, as_count, as_result


def ensemble_risk(
    n_members: float,
    *,
    member: ArrayLike,
    within: ArrayLike | None = None,
    between: ArrayLike | None = None,
    group_size: int = 1,
) -> NDArray[np.float64] | float:
    """Risk of an ensemble of any size, from the mean products of its members.

    Parameters
    ----------
    n_members : int or inf
        Number K of members: full groups, and a last one with the rest.
    member : array-like of any shape
        Mean square a of the corrected residuals of one member.
    within : array-like, shape of `member`, default=None
        Mean product b of two members of one group. Needed where a group has two members.
    between : array-like, shape of `member`, default=None
        Mean product c of two members of different groups. Needed for more than one group; it is
        the limit of the risk in K.
    group_size : int, default=1
        Number of members in a full group.

    Returns
    -------
    float or ndarray of float64, shape of `member`
        Risk of the ensemble.

    Raises
    ------
    ValueError
        If `n_members` or `group_size` is not a positive integer, or a product that this size
        needs is None or nan, that is not known.

    See Also
    --------
    risk_components : The mean products, from a fitted ensemble.

    Examples
    --------
    >>> from skrmt.theory import ensemble_risk
    >>> ensemble_risk(4, member=2.0, between=1.0)
    1.25
    >>> ensemble_risk(4, member=2.0, within=0.8, between=1.0, group_size=2)
    1.2
    >>> ensemble_risk(float("inf"), member=2.0, within=0.8, between=1.0, group_size=2)
    1.0
    """
    group_size = as_count("group_size", group_size)
    if n_members == math.inf:
        shares = {"member": 0.0, "within": 0.0, "between": 1.0}
    else:
        n_members = as_count("n_members", n_members)
        own, same, other = count_pairs(n_members, group_size)
        shares = {"member": own, "within": same, "between": other}
        shares = {name: count / n_members**2 for name, count in shares.items()}
    given = {"member": member, "within": within, "between": between}
    remedies = {
        "member": "pass the mean square of one member",
        "within": "fit two members of one group",
        "between": "fit at least group_size + 1 members, or partition=False",
    }
    risk = np.zeros(())
    for name, share in shares.items():
        if share == 0:
            continue
        value = given[name]
        if value is None or np.isnan(np.asarray(value, dtype=float)).any():
            raise ValueError(
                f"The risk of n_members={n_members!r} in groups of group_size={group_size} needs "
                f"{name}, got {value!r}: {remedies[name]}."
            )
        risk = risk + share * as_array(name, value)
    return as_result(np.asarray(risk))


def risk_components(
    member_squares: ArrayLike,
    group_squares: ArrayLike,
    total_square: ArrayLike,
    group_sizes: ArrayLike,
) -> dict[str, NDArray[np.float64] | float | None]:
    """Mean products of the members of a fitted ensemble, from three sums.

    No residual of a single member has to be kept: with rho_k the corrected residuals of member k,
    three running sums are enough. The risk of the ensemble itself, ``total_square / K^2``, is then
    met exactly by :func:`ensemble_risk`.

    Parameters
    ----------
    member_squares : array-like of any shape
        ``sum_k |rho_k|^2 / N``.
    group_squares : array-like, shape of `member_squares`
        ``sum_g |sum_{k in g} rho_k|^2 / N``.
    total_square : array-like, shape of `member_squares`
        ``|sum_k rho_k|^2 / N``.
    group_sizes : array-like of int, shape (n_groups,)
        Numbers of members in the groups.

    Returns
    -------
    dict
        The keywords "member", "within" and "between" of :func:`ensemble_risk`: arrays of the
        shape of `member_squares`, float64. "within" is None where every group has one member,
        "between" where there is one group.

    Raises
    ------
    ValueError
        If a sum is not finite, the shapes differ, or a group has no members.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import ensemble_risk, risk_components
    >>> rho = np.random.default_rng(0).standard_normal((4, 1000)) + 1
    >>> squares = (rho**2).sum() / 1000
    >>> groups = ((rho[0] + rho[1]) ** 2 + (rho[2] + rho[3]) ** 2).sum() / 1000
    >>> total = (rho.sum(axis=0) ** 2).sum() / 1000
    >>> parts = risk_components(squares, groups, total, [2, 2])
    >>> bool(np.isclose(ensemble_risk(4, **parts, group_size=2), total / 16))
    True
    >>> round(ensemble_risk(float("inf"), **parts), 1)
    1.0
    """
    sizes = as_array("group_sizes", group_sizes, 1)
    if sizes.size == 0:
        raise ValueError("group_sizes must have at least one group, got none.")
    sizes = [as_count("group_sizes", size) for size in sizes]
    own = sum(sizes)
    same = sum(size * (size - 1) for size in sizes)
    other = own * (own - 1) - same
    sums = {
        "member_squares": as_array("member_squares", member_squares),
        "group_squares": as_array("group_squares", group_squares),
        "total_square": as_array("total_square", total_square),
    }
    shapes = {name: value.shape for name, value in sums.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"The three sums must have one shape, got {shapes}.")
    members, groups, total = sums.values()
    return {
        "member": as_result(np.asarray(members / own)),
        "within": as_result(np.asarray((groups - members) / same)) if same else None,
        "between": as_result(np.asarray((total - groups) / other)) if other else None,
    }


def count_pairs(n_members: int, group_size: int) -> tuple[int, int, int]:
    """Count members and ordered pairs of them, for full groups and a last one with the rest.

    Parameters
    ----------
    n_members : int
        Number of members.
    group_size : int
        Number of members in a full group.

    Returns
    -------
    own, same, other : int
        Members, pairs of two of one group, pairs of two of different groups.
    """
    n_full, rest = divmod(n_members, group_size)
    squares = n_full * group_size**2 + rest**2
    return n_members, squares - n_members, n_members**2 - squares
