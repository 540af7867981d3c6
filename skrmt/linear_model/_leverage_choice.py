# SPDX-License-Identifier: BSD-3-Clause
r"""Judge exact residuals by leverages: leave-one-out residuals, risk, and the best penalty."""

from dataclasses import dataclass, replace

import numpy as np

from skrmt.linear_model._member_path import SMALLEST_SHARE
from skrmt.linear_model._selection import choose, scorer_values


@dataclass(frozen=True, eq=False)
class Choice:
    """Leave-one-out residuals along a path and what they say.

    Attributes
    ----------
    residuals : ndarray of shape (n_samples, n_targets, L)
        Each row left out as a whole.
    risk : ndarray of shape (n_targets, L)
        Mean square, inf where there is no leverage.
    scores : ndarray of shape (n_targets or 1, L)
        What was maximised.
    chosen : ndarray of shape (n_targets,) and dtype int
        Index of each target's penalty.
    """

    residuals: np.ndarray
    risk: np.ndarray
    scores: np.ndarray
    chosen: np.ndarray


@dataclass(frozen=True, eq=False)
class Judge:
    """What decides on a penalty.

    Attributes
    ----------
    problem : RidgeProblem
        The data.
    y : ndarray
        Targets for the scorer: as given, without rows of weight 0.
    scorer : callable or None
        Judge of the predictions without each row; None takes the mean square.
    per_target : bool
        One penalty for each target.
    """

    problem: object
    y: np.ndarray
    scorer: object = None
    per_target: bool = False

    def _unit(self, shares):
        """1 - h of what the choice leaves out: a unit of weight where weights are repetitions."""
        repeats = self.problem.repeats
        if repeats is None:
            return shares
        return 1 - (1 - shares) / repeats[:, None].astype(shares.dtype)

    def feasible(self, shares):
        """Tell penalties at which every row has a leverage below 1.

        Parameters
        ----------
        shares : ndarray of shape (n_samples, L)
            1 - h; nan where it is not known.

        Returns
        -------
        feasible : ndarray of shape (L,) and dtype bool
            Which penalties may be chosen.
        """
        # a comparison with nan is false
        return np.min(self._unit(shares), axis=0) >= SMALLEST_SHARE[shares.dtype]

    def left_out(self, residuals, shares):
        """Leave-one-out residuals of whole rows.

        Parameters
        ----------
        residuals : ndarray of shape (n_samples, n_targets, L)
            Residuals, in the unit of the targets.
        shares : ndarray of shape (n_samples, L)
            1 - h.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets, L)
            Divided by 1 - h; inf where a row has nothing left.
        """
        left = shares >= SMALLEST_SHARE[shares.dtype]
        divided = residuals / np.where(left, shares, 1)[:, None, :]
        return divided if left.all() else np.where(left[:, None, :], divided, np.inf)

    def __call__(self, residuals, shares):
        """Judge a path.

        Parameters
        ----------
        residuals : ndarray of shape (n_samples, n_targets, L)
            Residuals of centred rows times sqrt(w).
        shares : ndarray of shape (n_samples, L)
            1 - h; nan where it is not known.

        Returns
        -------
        choice : Choice
            The choice.
        """
        problem, w = self.problem, self.problem.weights
        feasible = self.feasible(shares)
        residuals = residuals if w is None else residuals / problem.root_weights[:, None, None]
        loo = judged = self.left_out(residuals, shares)
        weights = 1.0 if w is None else w[:, None, None]
        if problem.repeats is not None or not feasible.all():
            judged = residuals / np.where(feasible, self._unit(shares), 1)[:, None, :]
        # float32 sums of many squares lose digits
        risk = np.sum(weights * np.square(judged, dtype=np.float64), axis=0) / problem.total
        risk = np.where(feasible, risk, np.inf)
        if self.scorer is None:
            scores = -risk
        else:
            scores = scorer_values(
                self.scorer,
                problem.Y[:, :, None] - judged,
                self.y,
                w,
                per_target=self.per_target,
            )
        index = choose(scores, feasible, per_target=self.per_target)
        return Choice(loo, risk, scores, np.broadcast_to(index, problem.n_targets))

    def corrected(self, choice, residuals, shares):
        """The same choice with better residuals at the chosen penalties.

        Parameters
        ----------
        choice : Choice
            The choice.
        residuals : ndarray of shape (n_samples, n_targets)
            Residuals of centred rows times sqrt(w), at the choice.
        shares : ndarray of shape (n_samples, L)
            1 - h.

        Returns
        -------
        choice : Choice
            With residuals of the chosen penalties changed in place.
        """
        roots = 1.0 if self.problem.weights is None else self.problem.root_weights[:, None]
        better = choice.residuals.astype(np.float64)
        for t, index in enumerate(choice.chosen):
            one = (residuals / roots)[:, t, None, None]
            better[:, t, index] = self.left_out(one, shares[:, [index]])[:, 0, 0]
        return replace(choice, residuals=better)
