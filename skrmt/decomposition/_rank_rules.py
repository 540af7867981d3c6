# SPDX-License-Identifier: BSD-3-Clause
"""How many components stand out of the noise, and how surely each does.

Four rules. "auto" asks the law of the noise and flips signs where the law does not hold; "signflip"
always flips; both let the variances of rows and columns differ. "kn" is a test for white noise (S.
Kritchman, B. Nadler, Chemometrics 94, 2008), "gavish-donoho" the rank that denoises best in white
noise by keeping singular values as they are (M. Gavish, D. Donoho, IEEE Trans. Inf. Theory 60,
2014).
"""

from dataclasses import dataclass

import numpy as np

from skrmt.decomposition._noise_profile import (
    NoiseProfile,
    crude_law,
    noise_profile,
)
from skrmt.decomposition._sign_flips import flipped_norms, law_of_flips
from skrmt.theory import (
    hard_threshold,
    largest_eigenvalue_law,
    noise_variance,
    spike_backward,
)

RULES = ("auto", "signflip", "kn", "gavish-donoho")

# Rounds of "find the noise, take out what is far above it".
_ROUNDS = 10
# Sign flips: components this many times above the threshold are taken out before signs are flipped
# again. Those nearer to it are not: what they carry of the noise would be missing, and a rule that
# counts too many would count ever more.
_FAR_ABOVE = 2.0
# Quantile of the law for the first look.
_FIRST_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class RankChoice:
    """What a rule found.

    Attributes
    ----------
    rank : int
        Number of components.
    pvalues : ndarray of shape (rank,)
        Probability that noise alone makes a singular value as large.
    profile : NoiseProfile or None
        Variances of the noise; None where there is none, or after a rule for white noise.
    n_signal : int
        Number of components that are not noise; another where a rank was asked for, or bounded.
    rule : str
        The rule that decided: for "auto" this is "law" or "signflip".
    """

    rank: int
    n_signal: int
    pvalues: np.ndarray
    profile: NoiseProfile | None
    rule: str


def largest_rank(spectrum):
    """Largest number of components that leaves a direction to the noise.

    Parameters
    ----------
    spectrum : SampleSpectrum
        The data.

    Returns
    -------
    rank : int
        At least 1.
    """
    n, p = spectrum.matrix.shape
    return max(1, min(n - 1, p) - 1)


def _rounding(spectrum):
    """Size of the singular values of zero."""
    matrix = spectrum.matrix
    return float(spectrum.leading(1)[0]) * max(matrix.shape) * np.finfo(matrix.dtype).eps


def _signal_squares(values, matrix):
    """What of squared singular values is signal, if these components stand in white noise.

    The rest is noise that they share with the others; without it the noise that is left would seem
    too small, and more and more of it signal.
    """
    n_effective, p = matrix.shape[0] - 1, matrix.shape[1]
    variances = values**2 / n_effective
    rest = max(0.0, matrix.total_square / n_effective - float(variances.sum()))
    noise = noise_variance(variances, rest, n_effective, p)
    if noise == 0:
        return values**2
    level = np.atleast_1d(spike_backward(variances / noise, p / n_effective))
    # At the transition, where one that stands out of other noise would be inside of white noise.
    level = np.where(np.isnan(level), 1 + np.sqrt(p / n_effective), level)
    return np.minimum(level * noise * n_effective, values**2)


def _profile_without(spectrum, rank):
    """Profile of the noise beside the leading components."""
    s, axes = spectrum.axes(rank)
    signal = _signal_squares(s.astype(np.float64), spectrum.matrix)
    return noise_profile(spectrum.matrix, signal, s, axes)


def _first_threshold(spectrum):
    """Threshold for a first look, by the sums of squares of all the data: never too low."""
    return np.sqrt(crude_law(spectrum.matrix).ppf(_FIRST_LEVEL))


def _is_rounding(R, spectrum):
    limit = max(R.shape) * np.finfo(R.dtype).eps * spectrum.matrix.total_square
    return np.einsum("ij,ij->", R, R, dtype=np.float64) <= limit


def _count(spectrum, threshold, most):
    spectrum.require(threshold)
    return int((spectrum.above(threshold, most)[:most] > threshold).sum())


def _tail(law, values):
    return np.ones(len(values)) if law is None else np.atleast_1d(law.sf(values**2))


def _capped(rank, most, pvalues, profile, rule):
    kept = min(rank, most)
    return RankChoice(kept, rank, pvalues[:kept], profile, rule)


def by_law(spectrum, most, level):
    """Rank by the law of noise with independent entries of variance ``a_i b_j``.

    Parameters
    ----------
    spectrum : SampleSpectrum
        The data.
    most : int
        Largest rank.
    level : float
        Quantile of the law that is the threshold.

    Returns
    -------
    choice : RankChoice
        With the profile of the noise.
    """
    all_ranks = largest_rank(spectrum)
    rank = _count(spectrum, _first_threshold(spectrum), all_ranks)
    for _ in range(_ROUNDS):
        profile = _profile_without(spectrum, rank)
        if profile is None:
            rank = _count(spectrum, _rounding(spectrum), all_ranks)
            return _capped(rank, most, np.zeros(rank), None, "law")
        # The law of noise of few rows or columns reaches below zero.
        threshold = np.sqrt(max(profile.law.ppf(level), 0.0))
        grown = _count(spectrum, threshold, all_ranks)
        if grown <= rank:
            # The first look was strict: what it found stays found.
            break
        rank = grown
    return _capped(rank, most, _tail(profile.law, spectrum.leading(rank)), profile, "law")


def by_sign_flips(spectrum, most, level, n_flips, rng):
    """Rank by flips of the signs of all entries.

    Parameters
    ----------
    spectrum : SampleSpectrum
        The data; dense.
    most : int
        Largest rank.
    level : float
        Quantile of the norms that is the threshold.
    n_flips : int
        How often signs are drawn in a round.
    rng : RandomState
        Draws them.

    Returns
    -------
    choice : RankChoice
        The p-values are those of a Tracy-Widom law with the mean and the variance of the squared
        norms: 20 norms by themselves tell no probability below 1/20.
    """
    X, all_ranks = spectrum.matrix.rows(slice(None)), largest_rank(spectrum)
    rank = -1
    n_far = _count(spectrum, _FAR_ABOVE * _first_threshold(spectrum), all_ranks)
    for _ in range(_ROUNDS):
        _, axes = spectrum.axes(n_far)
        R = X - (X @ axes.T) @ axes
        if _is_rounding(R, spectrum):
            rank = _count(spectrum, _rounding(spectrum), all_ranks)
            return _capped(rank, most, np.zeros(rank), None, "signflip")
        norms = flipped_norms(R, n_flips, rng)
        threshold = float(np.quantile(norms, level))
        grown = _count(spectrum, threshold, all_ranks)
        far = _count(spectrum, _FAR_ABOVE * threshold, all_ranks)
        if grown <= rank or far <= n_far:
            rank = max(rank, grown)
            break
        rank, n_far = grown, far
    pvalues = _tail(law_of_flips(norms), spectrum.leading(rank))
    return _capped(rank, most, pvalues, _profile_without(spectrum, rank), "signflip")


def stricter(law, flips):
    """Join two choices: what both find, with the larger of the p-values.

    Parameters
    ----------
    law, flips : RankChoice
        Of the same data.

    Returns
    -------
    choice : RankChoice
        With the profile and the rule of the second.
    """
    rank = min(law.rank, flips.rank)
    pvalues = np.maximum(law.pvalues[:rank], flips.pvalues[:rank])
    n_signal = min(law.n_signal, flips.n_signal)
    return RankChoice(rank, n_signal, pvalues, flips.profile, flips.rule)


def by_kritchman_nadler(spectrum, most, alpha):
    """Rank by a sequence of tests of the next eigenvalue in white noise.

    Parameters
    ----------
    spectrum : SampleSpectrum
        The data.
    most : int
        Largest rank.
    alpha : float
        Level of each test.

    Returns
    -------
    choice : RankChoice
        The p-values are those of the tests.
    """
    n_effective, p = spectrum.matrix.shape[0] - 1, spectrum.matrix.shape[1]
    total = spectrum.matrix.total_square / n_effective
    pvalues = []
    floor = max(spectrum.matrix.shape) * np.finfo(spectrum.matrix.dtype).eps * total
    for k in range(largest_rank(spectrum)):
        values = spectrum.leading(k + 1) ** 2 / n_effective
        rest = total - float(values[:k].sum())
        if rest <= floor:
            break
        law = largest_eigenvalue_law(
            n_effective, p - k, noise_variance(values[:k], rest, n_effective, p)
        )
        pvalue = float(law.sf(values[k]))
        if pvalue > alpha:
            break
        pvalues.append(pvalue)
    return _capped(len(pvalues), most, np.array(pvalues), None, "kn")


def by_hard_threshold(spectrum, most, level):
    """Rank by Gavish and Donoho's threshold for noise of unknown variance.

    Parameters
    ----------
    spectrum : SampleSpectrum
        The data; all its singular values are computed.
    most : int
        Largest rank.
    level : float
        Quantile of the law of the noise that tells it from components, for the p-values.

    Returns
    -------
    choice : RankChoice
        The p-values are those of `by_law`.
    """
    n, p = spectrum.matrix.shape
    median = float(np.median(spectrum.all()))
    floor = _rounding(spectrum)
    spectrum.require(max(median, floor))
    median = float(np.median(spectrum.all()))
    threshold = max(hard_threshold(min(n, p) / max(n, p)) * median, floor)
    rank = min(_count(spectrum, threshold, largest_rank(spectrum)), most)
    return _with_rank(spectrum, rank, level, "gavish-donoho")


def by_number(spectrum, rank, level):
    """Take the number of components that was asked for.

    Parameters
    ----------
    spectrum : SampleSpectrum
        The data.
    rank : int
        The number.
    level : float
        Quantile of the law of the noise that tells it from components, for the p-values.

    Returns
    -------
    choice : RankChoice
        The p-values are those of `by_law`.
    """
    return _with_rank(spectrum, rank, level, "given")


def _with_rank(spectrum, rank, level, rule):
    found = by_law(spectrum, largest_rank(spectrum), level)
    if found.profile is None:
        pvalues = np.where(np.arange(rank) < found.rank, 0.0, 1.0)
    else:
        pvalues = _tail(found.profile.law, spectrum.leading(rank))
    return RankChoice(rank, found.rank, pvalues, found.profile, rule)
