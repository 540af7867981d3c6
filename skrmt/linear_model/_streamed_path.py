# SPDX-License-Identifier: BSD-3-Clause
r"""The path of an ensemble from moments of all rows and a sample of the rows.

The moments give the coefficients and, without any row, training residuals squared and summed: for
members k and l with coefficients t and N times the moments G, C as in :class:`GramStatistic`,

    ``e_k'e_l = y'y - t_k'C_k - t_l'C_l + t_k'G_kl t_l``.

That is all that generalised cross-validation needs, so its risk is exact. Of a ring of blocks only
the pairs (k, k + 1) are known; the mean over the known pairs of members of one group, and of
different groups, then stands for all such pairs.

A leave-one-out residual needs its row z for the leverage, in the eigenbasis of the whole G:
``h = w (1 + sum (z'v_j)^2 / (s_j + a)) / N``. From the sample follows by how much leaving out
raises the mean square, and from the moments what is raised [ours]:

    ``risk = (mean square of e over all rows) * (sum of e^2 / (1 - h)^2) / (sum of e^2)``,

both sums over the sample. They vary together, so that the ratio is far better known than either;
with all rows in the sample it is the exact leave-one-out risk, and no moments are needed for it.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.linalg import eigh

from skrmt.linear_model._ensemble_path import EnsemblePath, member_implicit_ridge
from skrmt.linear_model._member_path import (
    SMALLEST_FLOAT32_RIDGE,
    SMALLEST_FREE_SHARE,
    is_primal,
    null_tolerance,
    positive_definite,
)

FLOAT64 = np.dtype(np.float64)
# Where a member has as many columns as there are rows, residuals at small ridges are differences
# of nearly equal moments: below this share of the largest eigenvalue their digits are gone.
SMALLEST_INTERPOLATING_RIDGE = 1e-6


@dataclass(frozen=True, eq=False)
class MemberMoments:
    """Moments of the sketched rows of all members.

    Attributes
    ----------
    plan : EnsemblePlan
        The sketches.
    statistic : GramStatistic
        Moments in the columns of the members, side by side.
    fit_intercept : bool
        Whether they are centred.
    dtype : dtype
        Float type of the rows that they come from.
    """

    plan: object
    statistic: object
    fit_intercept: bool
    dtype: np.dtype

    @property
    def pairs(self):
        """Pairs j, k of members of which the block is known, and whether they share a group."""
        K = self.plan.n_members
        groups = np.repeat(np.arange(self.plan.n_groups), self.plan.group_sizes)
        if self.statistic.ring is None:
            pairs = combinations(range(K), 2)
        else:
            pairs = ((k, (k + 1) % K) for k in range(K))
        for j, k in pairs:
            yield j, k, bool(groups[j] == groups[k])

    def gram(self, j, k):
        """Block of two members.

        Parameters
        ----------
        j, k : int
            Members; one of the known pairs, or twice the same.

        Returns
        -------
        block : ndarray of shape (m, m)
            Sum over the rows.
        """
        return self.statistic.gram(j, k, self.plan.sketch_size)

    def cross(self, k):
        """Moments of a member with the targets.

        Parameters
        ----------
        k : int
            The member.

        Returns
        -------
        cross : ndarray of shape (m, n_targets)
            Sum over the rows.
        """
        m = self.plan.sketch_size
        return self.statistic.cross[k * m : (k + 1) * m]


def member_moments(stream):
    """Moments of a stream in the columns of its members.

    Parameters
    ----------
    stream : Stream
        The stream.

    Returns
    -------
    moments : MemberMoments
        Those of the stream, sketched from both sides if they are those of the inputs.
    """
    statistic, plan = stream.statistic, stream.plan
    if stream.is_raw and plan.law is not None:
        one_side = stream.sketch(statistic.products)
        statistic = replace(
            statistic,
            mean=stream.sketch(statistic.mean[np.newaxis])[0],
            products=stream.sketch(np.ascontiguousarray(one_side.T)),
            cross=np.ascontiguousarray(stream.sketch(statistic.cross.T).T),
        )
    return MemberMoments(plan, statistic, stream.fit_intercept, stream.dtype)


@dataclass(frozen=True, eq=False)
class StreamedPath(EnsemblePath):
    """An :class:`EnsemblePath` whose residuals are those of a sample.

    Attributes
    ----------
    total_products : ndarray of shape (n_targets, L)
        Mean square, over all rows, of the summed corrected residuals: what the moments and the
        sample say of it.
    """

    total_products: np.ndarray


@dataclass(frozen=True, eq=False)
class SolvedMember:
    """Solution of one member: eigenvalues, eigenvectors, 1 / (s + a), theta in both bases.

    `smallest` is what a negative ridge may take away, as in :class:`MemberPath`.
    """

    s: np.ndarray
    V: np.ndarray
    inverse: np.ndarray
    in_basis: np.ndarray
    coef: np.ndarray
    feasible: np.ndarray
    smallest: float


def _solved(moments, k, ridges):
    statistic = moments.statistic
    N, m, L = statistic.total, moments.plan.sketch_size, len(ridges)
    shape = (statistic.n_rows, m)
    s, V = eigh(moments.gram(k, k) / N, driver="evd", check_finite=False)
    # The tolerance of float32 rows is that of their singular values, of which s are the squares.
    rounding = null_tolerance(s, shape, FLOAT64)
    if moments.dtype == np.float32:
        rounding = max(rounding, null_tolerance(np.ones(1), shape, np.float32) ** 2 * s[-1])
    kept = s > rounding
    primal = is_primal(*shape)
    smallest = float(s[0]) if primal and kept.all() else 0.0
    feasible = positive_definite(ridges, smallest)
    if not primal:
        feasible &= np.abs(ridges) >= SMALLEST_INTERPOLATING_RIDGE * s[-1]
    if moments.dtype == np.float32 and kept.any():
        feasible &= s[kept][0] + ridges >= SMALLEST_FLOAT32_RIDGE * s[-1]
    s = np.where(kept, s, 0.0)
    # Where a ridge is not feasible any finite number will do.
    shifted = s[:, None] + np.where(ridges > -smallest, ridges, np.abs(ridges))
    inverse = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept[:, None])
    b = V.T @ moments.cross(k) / N
    in_basis = (b[:, :, None] * inverse[:, None, :]).reshape(m, -1)
    coef = (V @ in_basis).reshape(m, -1, L)
    return SolvedMember(s, V, inverse, in_basis, coef, feasible, smallest)


def _group_sums(member, within, between, group_sizes):
    """Sums over members, groups and all, from sums over members and mean products of two."""
    sizes = np.asarray(group_sizes)
    same, every = np.sum(sizes * (sizes - 1)), sizes.sum() ** 2
    groups = member + same * within
    return np.stack([member, groups, groups + (every - np.sum(sizes**2)) * between])


def training_squares(moments, members):
    """Mean squares of training residuals, over all rows.

    Parameters
    ----------
    moments : MemberMoments
        The moments.
    members : list of SolvedMember
        Solutions.

    Returns
    -------
    squares : ndarray of shape (3, n_targets, L)
        Summed over members, over groups (of their summed residuals) and of the sum of all.
    """
    N, y_squares = moments.statistic.total, moments.statistic.y_squares[:, None]
    coefs = [member.coef for member in members]
    explained = [np.einsum("mql,mq->ql", coef, moments.cross(k)) for k, coef in enumerate(coefs)]

    def product(j, k):
        m = moments.plan.sketch_size
        image = (moments.gram(j, k) @ coefs[k].reshape(m, -1)).reshape(coefs[k].shape)
        quadratic = np.einsum("mql,mql->ql", coefs[j], image)
        return (y_squares - explained[j] - explained[k] + quadratic) / N

    member = sum(product(k, k) for k in range(len(members)))
    sums, counts = {True: 0 * member, False: 0 * member}, {True: 0, False: 0}
    for j, k, together in moments.pairs:
        sums[together] += product(j, k)
        counts[together] += 1
    within, between = (sums[key] / max(counts[key], 1) for key in (True, False))
    squares = _group_sums(member, within, between, moments.plan.group_sizes)
    return np.maximum(squares, 0.0)  # a perfect fit leaves rounding, of either sign


def streamed_path(
    stream, moments, sample, ridges, *, leave_one_out, keep_residuals=True, picked=None
):
    """Path of an ensemble.

    Parameters
    ----------
    stream : Stream
        Moments of all rows.
    moments : MemberMoments
        The same in the columns of the members.
    sample : Sample or DistributedSample
        Rows whose residuals are wanted.
    ridges : ndarray of shape (L,)
        Penalty / N.
    leave_one_out : bool
        Whether residuals are divided by 1 - h.
    keep_residuals : bool, default=True
        Whether the residuals are returned, or only what their squares say.
    picked : ndarray of shape (n_targets,), default=None
        Of which ridge the residuals of each target are returned; None returns all.

    Returns
    -------
    path : StreamedPath
        The path.
    """
    plan, statistic = stream.plan, moments.statistic
    N, K = statistic.total, plan.n_members
    members = [_solved(moments, k, ridges) for k in range(K)]
    feasible = np.all([member.feasible for member in members], axis=0)
    dfs = [member.inverse.T @ member.s + stream.fit_intercept for member in members]
    if not leave_one_out:
        feasible &= 1 - np.max(dfs, axis=0) / N > SMALLEST_FREE_SHARE
    found = sample.sums(
        stream,
        members,
        statistic.mean,
        leave_one_out=leave_one_out,
        keep_residuals=keep_residuals,
        picked=picked,
    )
    feasible &= found.feasible
    if sample.complete:
        squares = found.judged / N
    else:
        plain = found.plain
        raised = np.divide(found.judged, plain, out=np.ones_like(plain), where=plain > 0)
        squares = training_squares(moments, members) * raised
    df = sum(dfs)
    mu, first = 0.0, 0
    for group, size in enumerate(plan.group_sizes):
        spectrum = plan.sketch_spectrum(group)
        for member in members[first : first + size]:
            mu = mu + member_implicit_ridge(plan.law, member.s, ridges, spectrum)
        first += size
    return StreamedPath(
        ridges=ridges,
        residuals=found.residuals,
        unit_residuals=found.unit_residuals,
        member_products=squares[0],
        group_products=squares[1],
        free_share=K - df / N,
        degrees_of_freedom=df,
        implicit_ridges=mu,
        feasible=feasible,
        coefs=tuple(member.coef for member in members),
        smallest_eigenvalue=min(member.smallest for member in members),
        total_products=squares[2],
    )
