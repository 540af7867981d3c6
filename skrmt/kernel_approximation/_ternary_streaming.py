# SPDX-License-Identifier: BSD-3-Clause
"""Ternary features fitted in batches: `partial_fit`, `merge`, and what follows from the moments."""

import numpy as np
from sklearn.utils import check_random_state

from skrmt.kernel_approximation._device_transform import DeviceProjection, refuse_packed
from skrmt.kernel_approximation._ternary_limit import warn_far_from_limit
from skrmt.kernel_approximation._ternary_projection import (
    DRAWN_FOR,
    draw_projection,
    refuse_changes,
    same_projection,
)
from skrmt.kernel_approximation._ternary_rows import training_rows
from skrmt.kernel_approximation._ternary_rule import phase_design, threshold_design
from skrmt.kernel_approximation._ternary_target import (
    check_spread,
    resolve_activation,
    resolve_gamma,
    target_moments,
)
from skrmt.theory import ridge_shift
from skrmt.utils._all_or_nothing import all_or_nothing
from skrmt.utils._arrays import beside, is_numpy, on_host
from skrmt.utils._merging import refuse_to_merge
from skrmt.utils._validation import fit_context

# Parameters in which estimators that are merged may differ; what was drawn is compared itself.
OWN_AFFAIRS = ("n_jobs", "random_state")


class TernaryStreamingMixin:
    """Batches for ternary random features."""

    @fit_context()
    def partial_fit(self, X, y=None):
        """Update mean, `tau_` and thresholds with a batch of rows.

        The weights are drawn at the first call; they do not depend on the data. After any number of
        batches the transformer is the one that `fit` makes of all their rows (with an integer
        `random_state`), to rounding. It counts as fitted when two different rows have been seen.
        What the weights are drawn for must not change on the way: n_components, kernel, activation,
        projection and n_nonzero.

        Parameters
        ----------
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Rows, at least one; as in `fit`.
        y : None
            Ignored.

        Returns
        -------
        self : TernaryRandomFeatures
            The transformer.
        """
        first = not hasattr(self, "_row_moments")
        rows = training_rows(self, X, reset=first, least=1)
        if first:
            self._draw(rows.n_features)
        refuse_changes(self, self._drawn_for)
        moments = rows.moments()
        if not first:
            moments = self._row_moments.merge(moments)
        self._keep(moments, rows.like)
        if "_rule" in vars(self) or not moments.is_constant:
            self._design(rows.spread_of_norms)
        return self

    @all_or_nothing
    def merge(self, other):
        """Add the rows of another transformer.

        Transformers with equal parameters and an integer `random_state` draw the same weights, so
        that workers may each take a part of the rows and be merged in pairs: the result is that of
        one transformer that has seen the rows of all.

        Parameters
        ----------
        other : TernaryRandomFeatures
            After `fit` or `partial_fit`, with the same parameters (but for n_jobs) and weights. It
            does not change.

        Returns
        -------
        self : TernaryRandomFeatures
            This transformer, with the rows of both.

        Raises
        ------
        TypeError
            If `other` is of another class.
        ValueError
            If one of both has seen no rows, or columns, parameters or weights differ.
        """
        refuse_to_merge(self, other, statistic="_row_moments", own_affairs=OWN_AFFAIRS)
        self._validate_params()
        refuse_changes(self, self._drawn_for)
        if not same_projection(self.weights_, other.weights_):
            raise ValueError(
                "The weights of self and other differ; transformers that are merged need the same "
                "integer random_state."
            )
        moments = self._row_moments.merge(other._row_moments)
        self._keep(moments, self.mean_)
        if "_rule" in vars(self) or not moments.is_constant:
            self._design(lambda: 0.0)  # norms were judged when the rows were at hand
        return self

    def __sklearn_is_fitted__(self):
        return "_rule" in vars(self)

    def _draw(self, n_features):
        """Weights and offsets: all that is random."""
        rng = check_random_state(self.random_state)
        n_components = int(self.n_components)
        self._drawn_for = {name: getattr(self, name) for name in DRAWN_FOR}
        self.projection_, self.weights_ = draw_projection(
            self.projection, n_features, n_components, n_nonzero=self.n_nonzero, random_state=rng
        )
        self.n_nonzero_ = self.weights_.n_nonzero
        vars(self).pop("_moved_weights", None)

        self.activation_ = resolve_activation(self.activation, self.kernel)
        if self.activation_ == "phase":
            self.random_offset_ = rng.uniform(size=n_components)
        else:
            vars(self).pop("random_offset_", None)

    def _keep(self, moments, like):
        """Take the moments of all rows; arrays go where the rows are."""
        self._row_moments = moments
        self.mean_ = beside(moments.mean, like)
        self.tau_ = moments.tau
        self.n_samples_seen_ = moments.n_samples
        if self.activation_ == "phase":
            self.random_offset_ = beside(self.random_offset_, like)
        if is_numpy(like):
            vars(self).pop("_moved_weights", None)
            return
        refuse_packed(self.dtype, like)
        moved = vars(self).get("_moved_weights")
        if moved is None or not moved.is_beside(like):
            self._moved_weights = DeviceProjection.of(self.weights_, like)

    def _design(self, spread_of_norms):
        """All that follows from the moments: the rule, and what the theory says of it."""
        moments = self._row_moments
        check_spread(moments)
        self._dtype = self.dtype
        self.gamma_ = resolve_gamma(self.kernel, self.gamma, moments)
        self.target_moments_ = target_moments(
            self.kernel, self.tau_, self.gamma_, self.kernel_params
        )
        if self.activation_ == "phase":
            offset = np.asarray(on_host(self.random_offset_))
            design = phase_design(self.gamma_, self.tau_, offset, self.weights_, moments.mean)
        else:
            design = threshold_design(self.target_moments_, self.weights_, moments.mean)
            warn_far_from_limit(self.n_features_in_, spread_of_norms(), self.target_moments_)
        self._rule = design.rule
        self.family_ = design.family
        self.scale_ = design.scale
        self.ternary_moments_ = design.moments
        self.predicted_standard_error_ = design.standard_error
        self.ridge_shift_ = ridge_shift(self.target_moments_, design.moments)
        if design.thresholds is None:
            vars(self).pop("thresholds_", None)
        else:
            self.thresholds_ = design.thresholds
        self._n_features_out = design.rule.n_columns(self._dtype)
