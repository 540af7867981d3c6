# SPDX-License-Identifier: BSD-3-Clause
"""Which projection ternary features take, and how sparse it is."""

import math
from dataclasses import fields
from numbers import Integral

import numpy as np

from skrmt.sketching import draw_dense, draw_gaussian, draw_sparse

# Parameters of the estimator that weights and offsets are drawn for.
DRAWN_FOR = ("n_components", "kernel", "activation", "projection", "n_nonzero")

# Up to this many inputs normal weights are the default: the products cost no more than the
# additions of a Hadamard block, and the kernel is right at any distance.
FEW_INPUTS = 16


def auto_n_nonzero(n_features):
    """Non-zero weights of a sparse row when the user leaves the choice to us.

    A third of the inputs gives weights with the fourth moment of a normal variable (p / k = 3), and
    32 signs are enough for a nearly normal sum however many inputs there are. The power of two
    nearest to that (on a log scale) makes the blocks of the projection orthogonal.

    Parameters
    ----------
    n_features : int
        Number of inputs, p.

    Returns
    -------
    n_nonzero : int
        A power of two, or p itself where p < 4.
    """
    wanted = min(max(n_features / 3, 4), 32)
    return min(1 << round(math.log2(wanted)), n_features)


def resolve_n_nonzero(n_nonzero, n_features):
    """Non-zero weights of a sparse row as a number.

    Parameters
    ----------
    n_nonzero : int, float or "auto"
        Number, fraction of the inputs, or automatic.
    n_features : int
        Number of inputs, p.

    Returns
    -------
    n_nonzero : int
        From 1 to p.

    Raises
    ------
    ValueError
        If a number above p is asked for.
    """
    if isinstance(n_nonzero, str):
        return auto_n_nonzero(n_features)
    if not isinstance(n_nonzero, Integral):
        return max(1, round(n_nonzero * n_features))
    if n_nonzero > n_features:
        raise ValueError(
            f"n_nonzero={n_nonzero} is larger than the number of features of X, {n_features}; "
            f"set it to at most {n_features}, or to a fraction in (0, 1]."
        )
    return int(n_nonzero)


def draw_projection(kind, n_features, n_components, *, n_nonzero, random_state):
    """Draw the projection of ternary features.

    Parameters
    ----------
    kind : {"auto", "sparse", "hadamard", "gaussian"}
        Kind of projection. "auto" is "sparse" where `n_nonzero` is given; otherwise "gaussian" for
        few inputs, "hadamard" for more.
    n_features, n_components : int
        Numbers of inputs and of features.
    n_nonzero : int, float or "auto"
        Non-zero weights of a sparse row.
    random_state : RandomState
        Source of the draw.

    Returns
    -------
    kind : {"sparse", "hadamard", "gaussian"}
        The kind that was drawn.
    projection : BlockHadamardProjection or GaussianProjection
        The operator.
    """
    if kind == "auto":
        if not isinstance(n_nonzero, str):
            kind = "sparse"
        else:
            kind = "gaussian" if n_features <= FEW_INPUTS else "hadamard"
    if kind == "hadamard":
        return kind, draw_dense(n_features, n_components, random_state=random_state)
    if kind == "gaussian":
        return kind, draw_gaussian(n_features, n_components, random_state=random_state)
    k = resolve_n_nonzero(n_nonzero, n_features)
    return kind, draw_sparse(n_features, n_components, n_nonzero=k, random_state=random_state)


def refuse_changes(estimator, drawn_for):
    """Refuse to go on with weights that were drawn for other parameters.

    Parameters
    ----------
    estimator : estimator
        Its parameters of today.
    drawn_for : dict
        Names and values of the parameters when the weights were drawn.

    Raises
    ------
    ValueError
        If one of them has changed.
    """
    for name, value in drawn_for.items():
        now = getattr(estimator, name)
        if now is not value and now != value:
            raise ValueError(
                f"{name}={now!r} was {value!r} when the weights were drawn; partial_fit and "
                "merge cannot change it. Call fit to begin anew."
            )


def same_projection(first, second):
    """Whether two projections have the same weights.

    Parameters
    ----------
    first, second : BlockHadamardProjection or GaussianProjection
        The projections.

    Returns
    -------
    same : bool
        To the bit.
    """
    return type(first) is type(second) and all(
        np.array_equal(getattr(first, field.name), getattr(second, field.name))
        for field in fields(first)
    )
