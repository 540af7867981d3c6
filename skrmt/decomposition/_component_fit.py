# SPDX-License-Identifier: BSD-3-Clause
"""From a data matrix to its components: the rank, the axes, and what is behind them."""

from dataclasses import dataclass

import numpy as np

from skrmt.decomposition._rank_rules import (
    RankChoice,
    by_hard_threshold,
    by_kritchman_nadler,
    by_law,
    by_sign_flips,
    largest_rank,
    stricter,
    with_rank,
)
from skrmt.decomposition._signal_model import (
    SignalModel,
    in_general_noise,
    in_white_noise,
    without_noise,
)
from skrmt.decomposition._singular_spectrum import SingularSpectrum, choose_solver

# Probability that noise passes what counts as its edge.
_EDGE = 0.01


@dataclass(frozen=True, eq=False)
class ComponentFit:
    """Components of a data matrix.

    Attributes
    ----------
    singular_values : ndarray of shape (k,)
        Descending.
    axes : ndarray of shape (k, n_features)
        Right singular vectors as rows.
    pvalues : ndarray of shape (k,)
        Of each component against noise.
    model : SignalModel
        What is behind them.
    noise_model : {"white", "general", "none"}
        What the noise was taken for.
    rule : str
        The rule that decided the rank.
    n_signal : int
        Number of components that are not noise.
    """

    singular_values: np.ndarray
    axes: np.ndarray
    pvalues: np.ndarray
    model: SignalModel
    noise_model: str
    rule: str
    n_signal: int


def fit_components(
    matrix, *, n_components, noise, level, alpha, n_flips, max_components, svd_solver, rng
):
    """Find the components of a data matrix.

    Parameters
    ----------
    matrix : CentredMatrix
        The data.
    n_components, noise, level, alpha, n_flips, max_components, svd_solver : object
        As the estimator has them.
    rng : RandomState
        Draws flips and the start of the Lanczos method.

    Returns
    -------
    found : ComponentFit
        The components.

    Raises
    ------
    ValueError
        If the parameters do not fit the data.
    """
    smaller = min(matrix.shape)
    if not isinstance(n_components, str) and n_components > smaller:
        raise ValueError(
            f"n_components={n_components} must not be above min(n_samples, n_features)={smaller}."
        )
    needs_all = n_components == "gavish-donoho" or noise == "general"
    solver = choose_solver(svd_solver, matrix, all_values=needs_all)
    spectrum = SingularSpectrum(matrix, solver, rng)
    if matrix.total_square == 0:
        is_rule = isinstance(n_components, str)
        rank, rule = (0, n_components) if is_rule else (n_components, "given")
        rule = "law" if rule == "auto" else rule
        choice = RankChoice(rank, 0, np.ones(rank), (), None, rule)
    else:
        # The decomposition first: the sums of squares of the columns come with it.
        spectrum.leading(1)
        most = largest_rank(spectrum)
        if max_components is not None:
            most = min(most, max_components)
        choice = _choose(spectrum, n_components, most, level, alpha, n_flips, rng)
    noise_model, model = _describe(spectrum, choice, noise)
    s, axes = spectrum.axes(choice.rank)
    return ComponentFit(
        s,
        np.ascontiguousarray(axes),
        choice.pvalues,
        model,
        noise_model,
        choice.rule,
        choice.n_signal,
    )


def _choose(spectrum, rule, most, level, alpha, n_flips, rng):
    if rule == "kn":
        return by_kritchman_nadler(spectrum, most, alpha)
    if rule == "signflip":
        return by_sign_flips(spectrum, most, level, n_flips, rng)
    found = by_law(spectrum, most, level)
    if found.profile is not None and found.profile.is_heavy_tailed:
        # The law errs towards too many components where tails are heavy, flips in any noise with a
        # probability of more than 1 - level: what both find is kept.
        flips = by_sign_flips(spectrum, most, level, n_flips, rng)
        found = stricter(spectrum, most, found, flips)
    if rule == "auto":
        return found
    if rule == "gavish-donoho":
        return by_hard_threshold(spectrum, most, found)
    return with_rank(spectrum, rule, found)


def _describe(spectrum, choice, noise):
    """Signal and noise behind the components, and what the noise was taken for."""
    matrix, rank, n_signal = spectrum.matrix, choice.rank, choice.n_signal
    n_effective, p = matrix.n_effective, matrix.n_varying
    profile = choice.profile
    # "kn" has no profile: its noise is white.
    if profile is None and choice.rule != "kn":
        s, _ = spectrum.axes(rank)
        return "none", without_noise(s.astype(np.float64) ** 2 / n_effective)
    is_white = profile is None or profile.is_white
    if noise == "white" or (noise == "auto" and is_white):
        values, rest = spectrum.axes(max(rank, n_signal))[0], spectrum.rest(n_signal)
        values = values.astype(np.float64)
        model = in_white_noise(values, rank, n_signal, rest, n_effective, p)
        return ("white" if model.noise_variance > 0 else "none"), model
    _, axes = spectrum.axes(max(rank, n_signal))
    return "general", in_general_noise(
        spectrum.all(),
        rank,
        n_signal,
        axes,
        matrix.column_squares,
        np.inf if profile is None else np.sqrt(profile.law.isf(_EDGE)),
        n_effective,
        p,
    )
