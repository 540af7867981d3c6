# SPDX-License-Identifier: BSD-3-Clause
"""The ridge level at which unsketched regression does what a sketched one does.

Ridge regression on ``Z = X S`` at the penalty lambda is equivalent to ridge regression on X at a
larger penalty mu: with ``A = X'X / N``, ``S (S'AS + lambda I)^-1 S'`` acts as ``(A + mu I)^-1`` on
anything fixed (P. Patil, D. LeJeune, "Asymptotically free sketched ridge ensembles: risks,
cross-validation, and tuning", ICLR 2024, arXiv:2310.04357). Three ways lead to mu:

- after a fit, from the spectrum s of ``Z'Z / N`` alone (:func:`implicit_ridge`) [ours];
- before any fit, from the spectrum of ``X'X / N`` (:func:`implicit_ridge_of_spectrum`);
- backwards: the lambda at which a sketch acts as a wanted mu (:func:`sketched_ridge_for`).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from skrmt.theory._free_sketches import SketchLaw, sketch_law
from skrmt.theory._spectrum import Spectrum, as_array, as_nonnegative, as_result


def implicit_ridge(
    eigenvalues: ArrayLike,
    ridge: ArrayLike,
    *,
    sketch: str,
    n_components: int,
    n_ambient: int | None = None,
    sketch_spectrum: ArrayLike | None = None,
) -> NDArray[np.float64] | float:
    r"""Level mu of a sketched ridge regression, from the spectrum of its own Gram matrix.

    With the m eigenvalues s of ``Z'Z / N``, ``h = m / \sum 1 / (s + lambda)`` and
    ``df = \sum s / (s + lambda)`` [closed forms ours, from the S-transforms of the paper]:

    - "gaussian": ``mu = h``;
    - "orthogonal": ``mu = h (1 - df / p')``;
    - "spectrum": ``mu = lambda (1 - d) / (d tau)`` with ``d = df / p`` and
      ``mean nu / (nu + tau) = d`` over the eigenvalues nu of ``S S'``.

    The first two are the last one for the spectra of these sketches. None divides by lambda.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Eigenvalues s, at most m of them; the ones left out are zeros.
    ridge : array-like of any shape
        Penalty lambda = alpha / N. Zero and positive values always; negative ones, above
        ``-min s``, where all m eigenvalues are positive.
    sketch : {"gaussian", "orthogonal", "spectrum"}
        What the sketch is: independent entries; columns of an orthogonal transform in random
        position; or any other free one, known by its spectrum.
    n_components : int
        Number m of columns of the sketch.
    n_ambient : int, default=None
        Size p' of the orthogonal transform, with its padding; ignored by the others.
    sketch_spectrum : array-like of shape (n_features,), default=None
        Eigenvalues nu of ``S S'`` with its zeros, of mean near 1; for "spectrum" only. Where fewer
        than m are positive, the sketch has dependent columns, and as many zeros of s count for
        nothing.

    Returns
    -------
    float or ndarray of float64, shape of `ridge`
        Level mu. Zero at ``ridge=0`` where an eigenvalue is zero.

    Raises
    ------
    ValueError
        If `sketch` is not one of the three (a sketch that is not free, as a choice of features is,
        has no such formula), something it needs is missing, an eigenvalue is negative, there are
        more than m, or the ridge is not above ``-min s``.

    See Also
    --------
    implicit_ridge_of_spectrum : From the unsketched spectrum, before a fit.

    Notes
    -----
    A count sketch is only nearly free: with few features in a bucket, its level at a ridge near
    zero comes out too low, by an eighth with three features in a bucket. Its empty buckets make the
    formula for Gaussian sketches worthless there.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import implicit_ridge
    >>> s = np.array([0.5, 1.0, 2.0])
    >>> implicit_ridge(s, [0.0, 0.1], sketch="gaussian", n_components=3).round(4)
    array([0.8571, 0.983 ])
    >>> implicit_ridge(s, [0.0, 0.1], sketch="orthogonal", n_components=3, n_ambient=12).round(4)
    array([0.6429, 0.7622])
    """
    law = sketch_law(sketch, n_components, n_ambient, sketch_spectrum)
    values = np.sort(as_nonnegative("eigenvalues", eigenvalues, 1))[::-1]
    ridges = as_array("ridge", ridge)
    if values.size > n_components:
        raise ValueError(
            f"eigenvalues has {values.size} values, more than n_components={n_components}; leave "
            "out the zeros of the larger Gram matrix."
        )
    # Dependent columns of the sketch make zeros of s that say nothing about the data.
    values = values[: law.rank]
    n_zeros = law.rank - values.size
    smallest = values[-1] if n_zeros == 0 else 0.0
    if (ridges < 0).any() and ridges.min() <= -smallest:
        raise ValueError(
            f"ridge must be above -min(eigenvalues)={-smallest + 0.0:.6g}, or not negative, got "
            f"{float(ridges.min())!r}."
        )

    def level(value):
        if value == 0 and smallest == 0:
            return 0.0
        inverse = (1 / (values + value)).sum() + (n_zeros / value if n_zeros else 0.0)
        return law.level(law.rank / inverse, value)

    return _elementwise(level, ridges)


def implicit_ridge_of_spectrum(
    eigenvalues: ArrayLike,
    ridge: ArrayLike,
    *,
    sketch: str,
    n_components: int,
    n_ambient: int | None = None,
    sketch_spectrum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> NDArray[np.float64] | float:
    """Level mu that a sketch and a penalty amount to, from the spectrum of the unsketched data.

    Solves the equation of :func:`sketched_ridge_for`, whose right side increases with mu.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Eigenvalues of ``X'X / N``; zeros may be left out.
    ridge : array-like of any shape
        Penalty lambda = alpha / N of the sketched regression, not negative.
    sketch : {"gaussian", "orthogonal", "spectrum"}
        Law of the sketch, as in :func:`implicit_ridge`.
    n_components : int
        Number m of columns of the sketch.
    n_ambient : int, default=None
        Size p' of the orthogonal transform, with its padding; ignored by the others.
    sketch_spectrum : array-like of shape (n_features,), default=None
        Eigenvalues nu of ``S S'`` with its zeros; for "spectrum" only.
    weights : array-like of shape (n_eigenvalues,), default=None
        Multiplicities of the eigenvalues; None is 1 each.

    Returns
    -------
    float or ndarray of float64, shape of `ridge`
        Level mu. At ``ridge=0`` it is the smallest level that the sketch can act as: zero where m
        is at least the rank of X, else the root of ``df(mu) = m``.

    Raises
    ------
    ValueError
        As :func:`implicit_ridge`; also if `ridge` is negative, or the rank of X above `n_ambient`
        or above the length of `sketch_spectrum`.

    See Also
    --------
    implicit_ridge : The same level seen from the sketched side.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import implicit_ridge_of_spectrum, sketched_ridge_for
    >>> eigenvalues = 1 / np.arange(1, 101)
    >>> mu = implicit_ridge_of_spectrum(eigenvalues, 0.01, sketch="gaussian", n_components=20)
    >>> round(mu, 4)
    0.1432
    >>> round(sketched_ridge_for(eigenvalues, mu, sketch="gaussian", n_components=20), 4)
    0.01
    """
    law = sketch_law(sketch, n_components, n_ambient, sketch_spectrum)
    spectrum = Spectrum(eigenvalues, weights)
    check_rank(spectrum, law)
    ridges = as_nonnegative("ridge", ridge)
    return _elementwise(lambda value: solve_level(spectrum, value, (law,)), ridges)


def sketched_ridge_for(
    eigenvalues: ArrayLike,
    level: ArrayLike,
    *,
    sketch: str,
    n_components: int,
    n_ambient: int | None = None,
    sketch_spectrum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> NDArray[np.float64] | float:
    """Penalty lambda at which a sketched ridge regression acts as an unsketched one at mu.

    With ``df = sum s / (s + mu)`` over the spectrum s of ``X'X / N``:

    - "gaussian": ``lambda = mu (1 - df / m)``;
    - "orthogonal": ``lambda = mu (1 - df / m) / (1 - df / p')``;
    - "spectrum": ``lambda = mu d tau / (1 - d)``, ``d = df / p``, ``mean nu / (nu + tau) = d``.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Eigenvalues s of ``X'X / N``; zeros may be left out.
    level : array-like of any shape
        Wanted level mu, not negative.
    sketch : {"gaussian", "orthogonal", "spectrum"}
        Law of the sketch, as in :func:`implicit_ridge`.
    n_components : int
        Number m of columns of the sketch.
    n_ambient : int, default=None
        Size p' of the orthogonal transform, with its padding; ignored by the others.
    sketch_spectrum : array-like of shape (n_features,), default=None
        Eigenvalues nu of ``S S'`` with its zeros; for "spectrum" only.
    weights : array-like of shape (n_eigenvalues,), default=None
        Multiplicities of the eigenvalues; None is 1 each.

    Returns
    -------
    float or ndarray of float64, shape of `level`
        Penalty lambda, not negative.

    Raises
    ------
    ValueError
        As :func:`implicit_ridge_of_spectrum`; also if `level` is below the one that the sketch has
        at a penalty of zero, that is where ``df(mu) > m``: take a larger sketch.

    See Also
    --------
    implicit_ridge_of_spectrum : The inverse, mu from lambda.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import sketched_ridge_for
    >>> eigenvalues = 1 / np.arange(1, 101)
    >>> for m in 20, 50, 100:
    ...     print(round(sketched_ridge_for(
    ...         eigenvalues, 0.2, sketch="orthogonal", n_components=m, n_ambient=100), 4))
    0.0614
    0.1654
    0.2
    """
    law = sketch_law(sketch, n_components, n_ambient, sketch_spectrum)
    spectrum = Spectrum(eigenvalues, weights)
    check_rank(spectrum, law)
    levels = as_nonnegative("level", level)

    def penalty(value):
        df, rest = spectrum.freedom(value)
        room = law.rank - spectrum.rank + rest
        if room < -1e-12 * spectrum.rank:
            smallest = solve_level(spectrum, 0.0, (law,))
            raise ValueError(
                f"level={value!r} is below {smallest:.6g}, the least that a sketch with "
                f"n_components={n_components} acts as; take a larger level or a larger sketch."
            )
        return value * law.ratio(df, max(room, 0.0))

    return _elementwise(penalty, levels)


def solve_level(spectrum: Spectrum, ridge: float, laws: Sequence[SketchLaw]) -> float:
    """Solve ``ridge = level * product of the laws' ratios`` for the level.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum whose degrees of freedom at the level the ratios depend on.
    ridge : float
        Penalty after all laws, not negative.
    laws : sequence of laws
        The sketches, in any order: their ratios multiply (S-transforms of free products do).

    Returns
    -------
    float
        The level, the largest root. Zero where ``ridge=0`` and no law has a lower rank than the
        spectrum.
    """
    rank = min(law.rank for law in laws)
    excess = spectrum.rank - rank

    def ratio(level):
        df, rest = spectrum.freedom(level)
        return math.prod(law.ratio(df, max(law.rank - spectrum.rank + rest, 0)) for law in laws)

    least = 0.0
    if excess > 0:
        # The least level leaves `excess` of the rank: rank - df <= level sum 1 / s from below,
        # df <= trace / level from above.
        low = excess / (spectrum.weights / spectrum.values).sum()
        high = spectrum.trace / rank
        least = _log_root(lambda level: spectrum.freedom(level)[1] / excess - 1, low, high)
    if ridge == 0:
        return least
    # No ratio is above the mean eigenvalue of its law.
    low = max(least, ridge / math.prod(law.mean for law in laws))
    high = 2 * low + spectrum.trace / rank
    while high * ratio(high) < ridge:
        high *= 4
    return _log_root(lambda level: level / ridge * ratio(level) - 1, low, high)


def _log_root(function, low, high):
    """Root of an increasing function, between two positive numbers, to rounding."""
    # Rounding may put a bracket that is the root itself on its wrong side.
    if function(low) >= 0:
        return low
    if function(high) <= 0:
        return high
    low, high = math.log(low), math.log(high)
    return math.exp(brentq(lambda x: function(math.exp(x)), low, high, xtol=1e-15, rtol=1e-15))


def check_rank(spectrum: Spectrum, law: SketchLaw) -> None:
    """Check that a sketch takes as many features as a spectrum has.

    Parameters
    ----------
    spectrum : Spectrum
        Spectrum of the data.
    law : law
        Law of the sketch.

    Raises
    ------
    ValueError
        If the rank is above the size of the orthogonal transform or of the sketch's spectrum.
    """
    size = getattr(law, "n_ambient", getattr(law, "n_features", math.inf))
    if spectrum.rank > size:
        raise ValueError(
            f"eigenvalues has rank {spectrum.rank:g}, more than the {size} features that the "
            "sketch takes; set what is zero up to rounding to zero, or correct n_ambient or "
            "sketch_spectrum."
        )


def _elementwise(function, values):
    return as_result(np.array([function(float(v)) for v in values.flat]).reshape(values.shape))
