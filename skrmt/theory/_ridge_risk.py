# SPDX-License-Identifier: BSD-3-Clause
r"""Risk of ridge regression and of sketched ridge ensembles, from population quantities.

Rows ``x = Sigma^(1/2) z`` with independent standard z, ``y = x.beta + noise``, and the estimate at
penalty mu from n rows. With t the eigenvalues of Sigma and b^2 the squared coefficients of beta
along its eigenvectors, ridge regression on the sample at mu acts on the population at kappa:

    ``mu = kappa (1 - df1 / n)``,
    ``df1 = sum t / (t + kappa)``,  ``df2 = sum t^2 / (t + kappa)^2``.

Bias, variance and noise of the squared error on a new sample are (T. Hastie, A. Montanari,
S. Rosset, R. Tibshirani, "Surprises in high-dimensional ridgeless least squares interpolation",
Annals of Statistics 50, 2022; E. Dobriban, S. Wager, "High-dimensional asymptotics of prediction:
ridge regression and classification", Annals of Statistics 46, 2018)

    ``B = kappa^2 sum t b^2 / (t + kappa)^2 / (1 - df2 / n)``,
    ``V = sigma^2 (df2 / n) / (1 - df2 / n)``,  ``sigma^2``.

**Sketches.** An ensemble of infinitely many members that are sketched at lambda is ridge regression
at mu, see :func:`implicit_ridge`. A finite one has a second-order term as well (P. Patil,
D. LeJeune, ICLR 2024, arXiv:2310.04357). With A the sample covariance matrix, G its resolvent
``(A + mu I)^-1``, beta_mu the estimate at mu and ``Q_k = S_k (S_k'A S_k + lambda I)^-1 S_k'``,

    ``Q_k Sigma Q_l ~ G Sigma G + gamma_kl G^2``,

so that the mean product of two members, or the mean square of one, is the risk at mu plus
``gamma_kl E |beta_mu|^2``. The closed forms of gamma are [ours]:

- one member: gamma is the derivative of mu when ``eta Sigma`` is added to A. The equation of mu
  gives, with ``c = -d log(lambda / mu) / d df`` for any law,
  ``gamma = mu^2 tr(G Sigma G) / (1 / c + mu tr(G A G))``;
- independent sketches: ``gamma = 0``;
- disjoint parts of one orthogonal transform: ``gamma = -tr(G Sigma G) / tr(G^2)``. For these
  ``S_k'S_l = 0``, that is ``Q_k Q_l = 0``, and a matrix-valued subordination leaves
  ``tr(Q_k Sigma Q_l) = 0`` for any Sigma that is free of the transform.

With ``D = (df1 - df2) / (1 - df2 / n)`` and a transform of size p', the equivalents are

    ``mu^2 tr(G Sigma G) = kappa D``,  ``mu tr(G A G) = (1 - df1 / n) D``,
    ``mu^2 tr(G^2) = p' - df1 - (1 - df1 / n) D``,
    ``E |beta_mu|^2 = sum t b^2 / (t + kappa)
    - kappa (1 - df1 / n) / (1 - df2 / n) sum t b^2 / (t + kappa)^2 + sigma^2 D / (kappa n)``.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._ensemble_risk import count_pairs
from skrmt.theory._free_sketches import sketch_law
from skrmt.theory._implicit_ridge import check_rank, solve_level
from skrmt.theory._parameter_checks import as_number
from skrmt.theory._spectrum import Spectrum, as_count, as_nonnegative, as_result


@dataclass(frozen=True, eq=False)
class PredictedRisk:
    """Expected squared error on a new sample, in parts.

    Parameters
    ----------
    bias : float or ndarray of float64, shape of the ridge
        Part of the coefficients.
    variance : float or ndarray of float64, shape of the ridge
        Part of the noise in the training targets.
    sketching : float or ndarray of float64, shape of the ridge
        Part of the sketches of a finite ensemble; zero without a sketch.
    noise : float
        Noise variance of the new sample.
    level : float or ndarray of float64, shape of the ridge
        Implicit ridge level mu; without a sketch the ridge itself.
    df : float or ndarray of float64, shape of the ridge
        Degrees of freedom of the fit, the same for a member, an ensemble and ridge at mu.

    Examples
    --------
    >>> from skrmt.theory import ridge_risk
    >>> predicted = ridge_risk([1.0], [1.0], 0.5, 100, noise_variance=1.0, weights=[50])
    >>> round(predicted.total, 4) == round(
    ...     predicted.bias + predicted.variance + predicted.noise, 4)
    True
    """

    bias: NDArray[np.float64] | float
    variance: NDArray[np.float64] | float
    sketching: NDArray[np.float64] | float
    noise: float
    level: NDArray[np.float64] | float
    df: NDArray[np.float64] | float

    @property
    def total(self) -> NDArray[np.float64] | float:
        """Sum of the parts.

        Returns
        -------
        float or ndarray of float64, shape of the ridge
            Expected squared error.
        """
        return self.bias + self.variance + self.sketching + self.noise


def ridge_risk(
    spectrum: ArrayLike,
    signal: ArrayLike,
    ridge: ArrayLike,
    n_samples: int,
    *,
    noise_variance: float,
    weights: ArrayLike | None = None,
) -> PredictedRisk:
    """Predict the risk of ridge regression.

    Parameters
    ----------
    spectrum : array-like of shape (n_eigenvalues,)
        Eigenvalues t of the population covariance matrix.
    signal : array-like of shape (n_eigenvalues,)
        Squared length b^2 of the coefficients in each eigenspace; with `weights`, in the whole of
        it.
    ridge : array-like of any shape
        Penalty alpha / n, not negative.
    n_samples : int
        Number n of samples.
    noise_variance : float
        Variance sigma^2 of the noise.
    weights : array-like of shape (n_eigenvalues,), default=None
        Multiplicities of the eigenvalues; None is 1 each.

    Returns
    -------
    PredictedRisk
        The risk with its parts, in closed form but for one root.

    Raises
    ------
    ValueError
        If a number is out of its domain, or the risk is infinite: ``ridge=0`` with as many samples
        as positive eigenvalues.

    See Also
    --------
    sketched_ensemble_risk : The same for sketched features.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import ridge_risk
    >>> t, signal = 1 / np.arange(1, 201), np.full(200, 0.1)
    >>> ridge_risk(t, signal, [0.001, 0.03, 1.0], 100, noise_variance=0.5).total.round(3)
    array([1.136, 0.784, 0.934])
    """
    return _predict(spectrum, signal, ridge, n_samples, noise_variance, weights, None, (0.0, 0.0))


def sketched_ensemble_risk(
    spectrum: ArrayLike,
    signal: ArrayLike,
    ridge: ArrayLike,
    n_samples: int,
    *,
    noise_variance: float,
    sketch: str,
    n_components: int,
    n_ambient: int | None = None,
    sketch_spectrum: ArrayLike | None = None,
    n_members: float = 1,
    group_size: int = 1,
    weights: ArrayLike | None = None,
) -> PredictedRisk:
    """Predict the risk of an ensemble of ridge regressions on independent sketches.

    Parameters
    ----------
    spectrum : array-like of shape (n_eigenvalues,)
        Eigenvalues t of the population covariance matrix.
    signal : array-like of shape (n_eigenvalues,)
        Squared length b^2 of the coefficients in each eigenspace, as in :func:`ridge_risk`.
    ridge : array-like of any shape
        Penalty lambda = alpha / n of each member, not negative.
    n_samples : int
        Number n of samples.
    noise_variance : float
        Variance sigma^2 of the noise.
    sketch : {"gaussian", "orthogonal", "spectrum"}
        Law of the sketch, as in :func:`implicit_ridge`.
    n_components : int
        Number m of columns of the sketch.
    n_ambient : int, default=None
        Size p' of the orthogonal transform, with its padding; ignored by the others.
    sketch_spectrum : array-like of shape (n_features,), default=None
        Eigenvalues nu of ``S S'`` with its zeros; for "spectrum" only.
    n_members : int or inf, default=1
        Number K of members.
    group_size : int, default=1
        Number of members whose sketches are disjoint parts of one transform, for "orthogonal";
        members of different groups have independent sketches. The last group may be incomplete.
    weights : array-like of shape (n_eigenvalues,), default=None
        Multiplicities of the eigenvalues; None is 1 each.

    Returns
    -------
    PredictedRisk
        The risk with its parts. ``sketching`` falls as ``1 / K`` in full groups; the rest is the
        risk of unsketched ridge regression at ``level``.

    Raises
    ------
    ValueError
        As :func:`ridge_risk` and :func:`implicit_ridge_of_spectrum`; the risk is infinite also at
        ``ridge=0`` with as many samples as components. If `group_size` is above 1 for another law,
        or so many sketches do not fit into one transform.

    See Also
    --------
    ensemble_risk : Risk at another size, from a fitted ensemble.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import sketched_ensemble_risk
    >>> t, signal = 1 / np.arange(1, 201), np.full(200, 0.1)
    >>> for K in 1, 5, float("inf"):
    ...     predicted = sketched_ensemble_risk(
    ...         t, signal, 0.01, 100, noise_variance=0.5, sketch="gaussian", n_components=40,
    ...         n_members=K)
    ...     print(round(predicted.total, 3), round(predicted.level, 4))
    1.061 0.058
    0.834 0.058
    0.778 0.058
    """
    law = sketch_law(sketch, n_components, n_ambient, sketch_spectrum)
    group_size = as_count("group_size", group_size)
    if group_size > 1 and (sketch != "orthogonal" or group_size * n_components > n_ambient):
        raise ValueError(
            f"group_size={group_size} sketches of n_components={n_components} are no disjoint "
            f"parts of one transform for sketch={sketch!r}, n_ambient={n_ambient}; pass "
            "group_size=1 for independent ones."
        )
    # Shares of the pairs of members that see the same sketch, and disjoint ones.
    shares = (0.0, 0.0)
    if n_members != math.inf:
        n_members = as_count("n_members", n_members)
        own, same, _ = count_pairs(n_members, group_size)
        shares = own / n_members**2, same / n_members**2
    return _predict(spectrum, signal, ridge, n_samples, noise_variance, weights, law, shares)


def _predict(spectrum, signal, ridge, n_samples, noise_variance, weights, law, shares):
    population = Spectrum(spectrum, weights, name="spectrum")
    signal = as_nonnegative("signal", signal, 1)
    if signal.shape != population.kept.shape:
        raise ValueError(
            "signal must have one value for each eigenvalue of spectrum, got shapes "
            f"{signal.shape} and {population.kept.shape}."
        )
    signal = signal[population.kept]  # coefficients where the data do not vary cost nothing
    ridges = as_nonnegative("ridge", ridge)
    n_samples = as_count("n_samples", n_samples)
    noise = as_number(noise_variance)
    if not (noise >= 0 and math.isfinite(noise)):
        raise ValueError(
            f"noise_variance must be a finite number, not negative, got {noise_variance!r}."
        )
    if law is not None:
        check_rank(population, law)
    parts = [
        _parts(population, signal, float(value), n_samples, noise, law, shares)
        for value in ridges.flat
    ]
    columns = np.array(parts).reshape(*ridges.shape, 5)
    bias, variance, sketching, level, df = (as_result(columns[..., i]) for i in range(5))
    return PredictedRisk(bias, variance, sketching, noise, level, df)


def _parts(population, signal, ridge, n, noise, law, shares):
    # To the population, the samples are one more Gaussian sketch.
    sample = sketch_law("gaussian", n, None, None)
    laws = (sample,) if law is None else (sample, law)
    kappa = solve_level(population, ridge, laws)
    t, w = population.values, population.weights
    shrink = t / (t + kappa)
    df1, rest = population.freedom(kappa)
    df2 = float(w @ shrink**2)
    spread = float(w @ (shrink / (t + kappa)))  # (df1 - df2) / kappa
    signal_spread = float(signal @ (shrink / (t + kappa)))
    # n - df1 and n - df2 from their parts: at n = rank they are differences of equal numbers.
    room = max(n - population.rank + rest, 0.0)
    left = (room + kappa * spread) / n
    law_room = math.inf if law is None else max(law.rank - population.rank + rest, 0.0)
    infinite = ValueError(
        f"The risk at ridge={ridge!r} with n_samples={n} is infinite: the smallest singular value "
        "of the data is at zero. Take a positive ridge."
    )
    if left <= 1e-12:
        raise infinite
    level = kappa * room / n
    bias, variance = kappa**2 * signal_spread / left, noise * df2 / n / left
    own, same = shares
    resolvent = spread / left  # D / kappa
    square = signal @ shrink - kappa * (room / n) / left * signal_spread + noise * resolvent / n
    sketched = kappa**2 * resolvent  # mu^2 tr(G Sigma G)
    shift = room / n * kappa * resolvent  # mu tr(G A G)
    gamma = 0.0
    if own and sketched:
        denominator = law.stiffness(df1, law_room) + shift
        if denominator <= 1e-12 * kappa * resolvent:
            raise infinite
        gamma += own * sketched / denominator
    if same and sketched:
        gamma -= same * sketched / (law.n_ambient - population.rank + rest - shift)
    return bias, variance, gamma * square, level, df1
