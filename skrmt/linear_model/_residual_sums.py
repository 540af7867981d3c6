# SPDX-License-Identifier: BSD-3-Clause
"""Sums of squared residuals over rows, for members that are solved: additive over sets of rows.

With member k solved (eigenvectors V, ``1 / (s + a)``, theta in this basis), a row z with target y
and weight w has the residual ``y - z'theta`` and the leverage
``h = w (1 + sum (z'v_j)^2 / (s_j + a)) / N``, whether it was there when the member was solved or is
read again for the purpose.
"""

from dataclasses import dataclass

import numpy as np

from skrmt.linear_model._member_path import SMALLEST_SHARE
from skrmt.linear_model._problem import row_batches

# Arrays of the size of a block's residuals that are held at a time: members, groups and all, each
# plain and corrected, and what they are made with.
RESIDUAL_ARRAYS = 8


@dataclass(frozen=True, eq=False)
class ResidualSums:
    """What rows say of an ensemble at L penalties.

    Attributes
    ----------
    plain, judged : ndarray of shape (3, n_targets, L)
        Weighted sums of squares of plain and of corrected residuals, summed over members, over
        groups (of their summed residuals) and of the sum of all.
    feasible : ndarray of shape (L,) and dtype bool
        Where every row can be left out.
    residuals : ndarray of shape (n_samples, n_targets, L) or None
        Sum over the members of the corrected residuals, each row left out as a whole.
    unit_residuals : ndarray of shape (n_samples, n_targets, L) or None
        The same with one repetition left out; None where that is the same, or not wanted.
    weights : ndarray of shape (n_samples,) or None
        Weights of the rows that `residuals` are of.
    """

    plain: np.ndarray
    judged: np.ndarray
    feasible: np.ndarray
    residuals: np.ndarray | None
    unit_residuals: np.ndarray | None
    weights: np.ndarray | None

    def merge(self, other):
        """Sums of both sets of rows.

        Parameters
        ----------
        other : ResidualSums
            Of later rows.

        Returns
        -------
        merged : ResidualSums
            Neither operand changes.
        """
        return ResidualSums(
            self.plain + other.plain,
            self.judged + other.judged,
            self.feasible & other.feasible,
            _joined(self.residuals, other.residuals),
            _joined(self.unit_residuals, other.unit_residuals),
            _joined(self.weights, other.weights),
        )


def _joined(first, second):
    return None if first is None else np.concatenate([first, second])


def _member_rows(stream, rows, mean):
    """Rows as the stream keeps them, in the columns of its members, centred."""
    if not stream.is_raw:
        return rows - mean
    centre = stream.x_mean if stream.fit_intercept else None
    if stream.plan.law is not None:
        return stream.sketch(rows, centre)
    return rows if centre is None else rows - centre


def residual_sums(stream, members, mean, sample, *, leave_one_out, keep_residuals, picked=None):
    """Sum over the rows of a sample.

    Parameters
    ----------
    stream : Stream
        Sketches, means and sum of the weights of all rows; its products are not asked for.
    members : list of SolvedMember
        Solutions at L ridges.
    mean : ndarray of shape (n_members * sketch_size,)
        Mean row in the columns of the members.
    sample : Sample
        The rows.
    leave_one_out : bool
        Whether residuals are divided by 1 - h.
    keep_residuals : bool
        Whether the residuals are returned, or only what their squares say.
    picked : ndarray of shape (n_targets,), default=None
        Of which ridge the residuals of each target are returned; None returns all.

    Returns
    -------
    sums : ResidualSums
        Over these rows; with residuals of shape (n_samples, n_targets, 1) where they were picked.
    """
    plan, N = stream.plan, stream.statistic.total
    K, m, L = plan.n_members, plan.sketch_size, members[0].inverse.shape[1]
    n, q = sample.Y.shape
    one_left_out = leave_one_out and stream.weights_repeat
    picking = np.arange(L) if picked is None else picked[:, np.newaxis]
    shape = (n, q, picking.shape[-1])
    residuals = np.empty(shape) if keep_residuals else None
    unit = np.empty(shape) if keep_residuals and one_left_out else None
    feasible = np.ones(L, bool)
    sums = np.zeros((2, 3, q, L))  # plain and judged; members, groups, all
    for block in row_batches(n, max(K * m, plan.n_features, RESIDUAL_ARRAYS * q * L)):
        R = _member_rows(stream, sample.rows(block), mean)
        Y = (sample.Y[block] - stream.statistic.y_mean)[:, :, None]
        w, estimating = sample.weights[block, None], sample.sample_weights[block]
        everything, k = None, 0
        for size in plan.group_sizes:
            group = None
            for member in members[k : k + size]:
                P = R[:, k * m : (k + 1) * m] @ member.V
                plain = Y - (P @ member.in_basis).reshape(len(P), q, L)
                kinds = [plain]
                if leave_one_out:
                    share = (np.square(P, out=P) @ member.inverse + stream.fit_intercept) / N
                    left = 1 - w * share
                    feasible &= left.min(axis=0) >= SMALLEST_SHARE[np.dtype(np.float64)]
                    kinds.append(plain / np.where(left > 0, left, 1.0)[:, None, :])
                    if one_left_out:
                        one = 1 - share
                        kinds.append(plain / np.where(one > 0, one, 1.0)[:, None, :])
                sums[:, 0] += _squares(kinds, estimating)
                group, k = _added(group, kinds), k + 1
            sums[:, 1] += _squares(group, estimating)
            everything = _added(everything, group)
        sums[:, 2] += _squares(everything, estimating)
        if residuals is not None:
            kind = everything[min(1, len(everything) - 1)]
            residuals[block] = kind[:, np.arange(q)[:, np.newaxis], picking]
        if unit is not None:
            unit[block] = everything[2][:, np.arange(q)[:, np.newaxis], picking]
    weights = sample.weights if keep_residuals else None
    return ResidualSums(sums[0], sums[1], feasible, residuals, unit, weights)


def _squares(kinds, weights):
    """Weighted sums of squares over rows, of the first kind of residuals and of the last."""
    first = np.einsum("i,iql,iql->ql", weights, kinds[0], kinds[0])
    if len(kinds) == 1:
        return np.stack([first, first])
    return np.stack([first, np.einsum("i,iql,iql->ql", weights, kinds[-1], kinds[-1])])


def _added(total, kinds):
    """Sum of each kind of residuals; the first to arrive is the one that grows."""
    if total is None:
        return kinds
    for sum_, kind in zip(total, kinds, strict=True):
        sum_ += kind
    return total
