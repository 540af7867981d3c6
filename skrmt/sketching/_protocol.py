# SPDX-License-Identifier: BSD-3-Clause
"""The protocol of linear sketches: a law, and an operator drawn from it.

A sketch of m columns is a random p x m matrix S, independent of the data, with ``E[S S'] = I_p``.
The *law* says shape and distribution. The *operator* is a law with a seed: everything random is
made from the seed when it is needed and dropped after, so that an operator is a few numbers, in
memory and in a pickle, and gives the same matrix in every process.

Members of a group share one draw. Where the law is a part of an orthogonal p' x p' transform (rows
of a cosine transform, columns of Hadamard blocks), the members of a group take disjoint parts of
it: one transform serves all of them, and the mean of ``S_k S_k'`` over the largest group is the
identity itself (if its parts cover the transform), not only on average [ours].
"""

import operator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state

from skrmt.sketching._row_blocks import (
    FLOAT_DTYPES,
    PRODUCT_BLOCK,
    check_offset,
    check_rows,
    row_slices,
)
from skrmt.utils._arrays import beside, float_dtype, is_numpy, on_host


def require_count(name, value, most=None, why=""):
    """Check that a parameter is a positive integer.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : object
        What was given.
    most : int or None
        Largest value allowed.
    why : str
        Reason of that limit, for the message.

    Returns
    -------
    int
        The value.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it is not in range.
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}.") from None
    if count < 1 or (most is not None and count > most):
        allowed = "at least 1" if most is None else f"between 1 and {most}{why}"
        raise ValueError(f"{name}={count} must be {allowed}.")
    return count


@dataclass(frozen=True)
class SketchLaw:
    """Shape and distribution of a sketch; the base of all laws.

    Parameters
    ----------
    n_features : int
        Rows of a sketch, p.
    n_components : int
        Columns of a sketch, m.
    """

    n_features: int
    n_components: int

    # Which formula gives the implicit ridge of the sketch.
    free_type: ClassVar[str | None] = None
    # Columns of these laws are distinct parts of p things.
    _at_most_n_features: ClassVar[bool] = True

    def __post_init__(self):
        p = require_count("n_features", self.n_features)
        most = p if self._at_most_n_features else None
        m = require_count("n_components", self.n_components, most, ", the number of features")
        object.__setattr__(self, "n_features", p)
        object.__setattr__(self, "n_components", m)

    @property
    def n_ambient(self) -> int:
        """Size p' of the orthogonal transform that sketches are cut from; p without one."""
        return self.n_features

    @property
    def n_disjoint(self) -> int:
        """Largest number of members that are disjoint parts of one draw."""
        return 1

    def draw(self, random_state=None, n_members=1) -> "Sketch":
        """Draw an operator.

        Parameters
        ----------
        random_state : int, RandomState instance or None, default=None
            Source of the seed.
        n_members : int, default=1
            Number of disjoint members, from 1 to `n_disjoint`. The first members of a draw do not
            depend on it.

        Returns
        -------
        sketch : Sketch
            The operator.

        Raises
        ------
        ValueError
            If the draw cannot hold `n_members`.
        """
        rng = check_random_state(random_state)
        return Sketch(self, int(rng.randint(np.iinfo(np.int32).max)), n_members)

    def _sample(self, seed, n_members, dtype):
        """Make the map of a seed: with `multiply(X, offset, out)` and `lift(T)` for NumPy.

        Its `apply_elsewhere(X, offset, columns)` is for arrays of other libraries, one member at
        a time. Whatever is random is drawn in float64 and cast to `dtype`.
        """
        raise NotImplementedError

    def _gram_spectrum(self, sketch, member):
        """Eigenvalues of ``S S'`` that may differ from zero."""
        m = self.n_components
        S = sketch.to_dense()[:, member * m : (member + 1) * m]
        return np.linalg.svd(S, compute_uv=False) ** 2


@dataclass(frozen=True)
class Sketch:
    """Linear sketch of some members: a law, a seed and their number.

    As a matrix it is ``[S_1 ... S_g]``, the members side by side.

    Made by the method `draw` of a law. Nothing random is stored: the arrays are made again by each
    call.

    Parameters
    ----------
    law : law of a sketch
        Shape and distribution of a member, for instance from :func:`make_sketch`.
    seed : int
        Seed of the draw, not negative.
    n_members : int, default=1
        Number g of members, at most ``law.n_disjoint``.

    Raises
    ------
    TypeError
        If `law` is not a law, or `seed` or `n_members` no integer.
    ValueError
        If `seed` is negative or `n_members` not in [1, law.n_disjoint].

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.sketching import CosineSketch
    >>> sketch = CosineSketch(n_features=6, n_components=2).draw(random_state=0, n_members=3)
    >>> sketch.apply(np.ones((4, 6))).shape
    (4, 6)
    >>> S = sketch.to_dense()
    >>> np.allclose(S @ S.T / 3, np.eye(6))  # three disjoint thirds of one transform
    True
    """

    law: SketchLaw
    seed: int
    n_members: int = 1

    def __post_init__(self):
        law = self.law
        if not isinstance(law, SketchLaw):
            raise TypeError(f"law must be a law of sketches, as make_sketch gives, got {law!r}.")
        try:
            seed = operator.index(self.seed)
        except TypeError:
            raise TypeError(f"seed must be an integer, got {self.seed!r}.") from None
        if seed < 0:
            raise ValueError(f"seed={seed} must not be negative.")
        members = require_count(
            "n_members",
            self.n_members,
            law.n_disjoint,
            f" for {law!r}: more need a second draw",
        )
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "n_members", members)

    @property
    def n_columns(self) -> int:
        """Columns of all members together."""
        return self.n_members * self.law.n_components

    def apply(self, X, *, offset=None, columns=None):
        """Sketch rows, ``(X - offset) [S_1 ... S_g]``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Rows, float32 or float64, finite (not checked here). Sparse rows become dense only
            where the law needs it, a block at a time. While ``array_api_dispatch`` of
            scikit-learn is on, arrays of other libraries stay on their device.
        offset : array-like of shape (n_features,), default=None
            Row subtracted from each row first, in float64. For sparse `X` its image is subtracted
            from the result, so that digits are lost where the offset is large.
        columns : slice, default=None
            Columns of the result, with a start and a stop; None takes all.

        Returns
        -------
        Z : array of shape (n_samples, n_columns)
            Sketched rows in the dtype and library of `X`, member k in the columns from ``k m`` to
            ``(k + 1) m``. A row of it does not depend on the others, to rounding.

        Raises
        ------
        TypeError
            If `X` is neither float32 nor float64.
        ValueError
            If a shape does not fit, or the offset is not finite.
        """
        p, width = self.law.n_features, self.n_columns
        X = check_rows(X, p)
        if not is_numpy(X):
            offset = None if offset is None else check_offset(offset, p)
            sampled = self.law._sample(self.seed, self.n_members, float_dtype(X))
            return sampled.apply_elsewhere(X, offset, columns or slice(0, width))
        if columns is not None and columns != slice(0, width):
            Z = np.empty((X.shape[0], columns.stop - columns.start), X.dtype)
            for rows in row_slices(X.shape[0], width, PRODUCT_BLOCK):
                Z[rows] = self.apply(X[rows], offset=offset)[:, columns]
            return Z
        out = np.empty((X.shape[0], self.n_columns), X.dtype)
        sampled = self.law._sample(self.seed, self.n_members, X.dtype)
        if offset is None:
            sampled.multiply(X, None, out)
            return out
        offset = check_offset(offset, p)
        if sparse.issparse(X):
            sampled.multiply(X, None, out)
            out -= self.apply(offset[np.newaxis])
        else:
            sampled.multiply(X, offset, out)
        return out

    def adjoint(self, T):
        """Lift sketched coefficients, ``[S_1 ... S_g] T``.

        Parameters
        ----------
        T : array-like of shape (n_columns,) or (n_columns, n_targets)
            Coefficients, member after member; the product is made by NumPy.

        Returns
        -------
        B : array of shape (n_features,) or (n_features, n_targets)
            Coefficients of the features, float32 if `T` is, else float64; where `T` is.

        Raises
        ------
        ValueError
            If `T` has not one row for each column of the sketch.
        """
        given = T
        T = np.asarray(on_host(T))
        if T.dtype not in FLOAT_DTYPES:
            T = T.astype(np.float64)
        if T.ndim not in {1, 2} or T.shape[0] != self.n_columns:
            raise ValueError(
                f"T has shape {T.shape}, but the sketch has {self.n_columns} columns and takes "
                "as many coefficients, or rows of coefficients."
            )
        sampled = self.law._sample(self.seed, self.n_members, T.dtype)
        columns = T.reshape(self.n_columns, -1)
        lifted = sampled.lift(columns).reshape(self.law.n_features, *T.shape[1:])
        return beside(lifted, given)

    def to_dense(self):
        """Give the matrix ``[S_1 ... S_g]`` itself, for small sizes.

        Returns
        -------
        S : ndarray of shape (n_features, n_columns) and dtype float64
            The matrix.
        """
        return self.adjoint(np.eye(self.n_columns))

    def gram_spectrum(self, member=0):
        """Give the eigenvalues of ``S_k S_k'`` of one member.

        Parameters
        ----------
        member : int, default=0
            Which member.

        Returns
        -------
        eigenvalues : ndarray of shape (n_features,) and dtype float64
            In descending order, zeros included. Counts of buckets for `CountSketch`; other laws
            take a singular value decomposition of p x m.

        Raises
        ------
        TypeError
            If `member` is no integer.
        ValueError
            If there is no such member.
        """
        try:
            member = operator.index(member)
        except TypeError:
            raise TypeError(f"member must be an integer, got {member!r}.") from None
        if not 0 <= member < self.n_members:
            raise ValueError(f"member={member} must be between 0 and {self.n_members - 1}.")
        eigenvalues = np.zeros(self.law.n_features)
        found = self.law._gram_spectrum(self, member)
        eigenvalues[: len(found)] = np.sort(found)[::-1]
        return eigenvalues
