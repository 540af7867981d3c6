# SPDX-License-Identifier: BSD-3-Clause
"""Which sketches an ensemble draws: law, size, number of members, seeds and who shares a transform.

The plan is made before the data are touched, from their shape alone, so that batches, workers and
machines that agree on the parameters agree on the sketches.
"""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from skrmt.linear_model._rows import DenseRows, rows_of
from skrmt.sketching import make_sketch
from skrmt.utils._arrays import float_dtype
from skrmt.utils._user_warning import warn_user

SMALLEST_AUTO_SIZE, LARGEST_AUTO_SIZE = 64, 2000


@dataclass(frozen=True, eq=False)
class EnsemblePlan:
    """Sketches of an ensemble, not yet drawn.

    Attributes
    ----------
    kind : str or None
        Name of the law.
    law : law of skrmt.sketching, or None
        Shape and distribution of a member's sketch; None leaves the rows as they are.
    n_features : int
        Number of inputs.
    seeds : tuple of int
        One for each group.
    group_sizes : tuple of int
        Members that share the transform of a group.
    group_capacity : int
        Members that a complete group holds.
    """

    kind: str | None
    law: object
    n_features: int
    seeds: tuple
    group_sizes: tuple
    group_capacity: int

    @property
    def n_members(self):
        """Number of members."""
        return sum(self.group_sizes)

    @property
    def n_groups(self):
        """Number of groups."""
        return len(self.group_sizes)

    @property
    def sketch_size(self):
        """Columns of a member's sketch."""
        return self.n_features if self.law is None else self.law.n_components

    def sketch(self, group):
        """Operator of a group, drawn again from its seed whenever it is asked for.

        Parameters
        ----------
        group : int
            Which group.

        Returns
        -------
        sketch : Sketch
            With the sketches of all members of the group.
        """
        return self.law.draw(self.seeds[group], n_members=self.group_sizes[group])

    def sketch_spectrum(self, group):
        """Eigenvalues of S S' of a group's only member, for a law whose limit depends on them.

        Parameters
        ----------
        group : int
            Which group.

        Returns
        -------
        eigenvalues : ndarray of shape (n_features,) and dtype float64, or None
            None where the limit of the law does not depend on them.
        """
        if self.law is None or self.law.free_type != "spectrum":
            return None
        return self.sketch(group).gram_spectrum()

    def rows(self, problem, group, max_memory=np.inf, members=None):
        """Yield the sketched, centred, weighted rows of each member of a group (or some of them).

        One transform serves as many members as `max_memory` bytes can hold.

        Parameters
        ----------
        problem : RidgeProblem
            The data.
        group : int
            Which group.
        max_memory : float, default=inf
            Bytes that sketched rows may take.
        members : range, default=None
            Which members of the group; None takes all.

        Yields
        ------
        rows : DenseRows or SparseRows
            Of one member, of shape (n_samples, sketch_size); sparse only without sketch.
        """
        if self.law is None:
            yield rows_of(problem)
            return
        offset = problem.x_mean if problem.fit_intercept else None
        sketch, m = self.sketch(group), self.sketch_size
        members = range(self.group_sizes[group]) if members is None else members
        member_bytes = problem.n_samples * m * float_dtype(problem.X).itemsize
        together = int(max(1, min(len(members), max_memory // member_bytes)))
        for first in range(members.start, members.stop, together):
            columns = slice(first * m, min(first + together, members.stop) * m)
            Z = sketch.apply(problem.X, offset=offset, columns=columns)
            for start in range(0, Z.shape[1], m):
                member = Z[:, start : start + m]  # a part that nobody else reads
                yield DenseRows(member, problem.root_weights, centre=problem.fit_intercept)

    def lift(self, coefs):
        """Coefficients of the inputs: the mean of S_k theta_k.

        Parameters
        ----------
        coefs : list of ndarray of shape (sketch_size, n_targets)
            Coefficients theta of each member.

        Returns
        -------
        coef : ndarray of shape (n_features, n_targets)
            In the dtype of `coefs`.
        """
        if self.law is None:
            return coefs[0]
        total, first = 0.0, 0
        for group, size in enumerate(self.group_sizes):
            stacked = np.concatenate(coefs[first : first + size])
            total = total + self.sketch(group).adjoint(stacked)
            first += size
        return (total / len(coefs)).astype(coefs[0].dtype, copy=False)


def automatic_size(smaller, n_features):
    """Sketch size of an ensemble by default.

    Parameters
    ----------
    smaller : int
        Smaller of n_samples and n_features, or n_features where the rows are not known yet.
    n_features : int
        Number of inputs.

    Returns
    -------
    size : int
        A quarter of `smaller`, within limits.
    """
    return min(max(SMALLEST_AUTO_SIZE, smaller // 4), LARGEST_AUTO_SIZE, n_features)


def resolve_size(sketch_size, smaller, n_features):
    """Turn the parameter `sketch_size` into a number of columns.

    Parameters
    ----------
    sketch_size : int, float or "auto"
        The parameter.
    smaller, n_features : int
        See :func:`automatic_size`.

    Returns
    -------
    size : int
        At most n_features; a larger one is cut with a warning.
    """
    if isinstance(sketch_size, str):
        return automatic_size(smaller, n_features)
    if not isinstance(sketch_size, Integral):
        return max(1, round(sketch_size * n_features))
    if sketch_size > n_features:
        warn_user(
            f"sketch_size={sketch_size} is larger than the number of features, {n_features}, "
            f"which is used instead.",
            UserWarning,
        )
    return min(int(sketch_size), n_features)


def make_plan(n_features, size, n_members, *, sketch, n_nonzero, partition, sparse, random_state):
    """Choose law, seeds and groups.

    Parameters
    ----------
    n_features, size, n_members : int
        Inputs, columns of a sketch, members.
    sketch : str or None
        The parameter `sketch`.
    n_nonzero : int
        Non-zero entries per input of the sparse sketch.
    partition : bool
        Whether members share transforms.
    sparse : bool
        Whether the rows are sparse.
    random_state : int, RandomState instance or None
        Source of the seeds.

    Returns
    -------
    plan : EnsemblePlan
        One member without sketch where an orthogonal one would keep all columns.
    """
    rng = check_random_state(random_state)
    kind = ("sparse" if sparse else "srdct") if sketch == "auto" else sketch
    law = None
    if kind is not None:
        law = make_sketch(kind, n_features, size, n_nonzero=n_nonzero)
        complete = law.n_components >= n_features
        if complete and law.free_type in {"orthogonal", None}:
            law = None
    if law is None:
        return EnsemblePlan(None, None, n_features, (0,), (1,), 1)
    capacity = law.n_disjoint if partition else 1
    together = min(capacity, n_members)
    n_groups = -(-n_members // together)
    sizes = [together] * n_groups
    sizes[-1] -= together * n_groups - n_members
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_groups)
    return EnsemblePlan(kind, law, n_features, tuple(map(int, seeds)), tuple(sizes), capacity)
