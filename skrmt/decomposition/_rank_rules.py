# SPDX-License-Identifier: BSD-3-Clause
"""How many components stand out of the noise, and how surely each does.

Four rules. "auto" asks the law of the noise and flips signs where the law does not hold; "signflip"
always flips; both let the variances of rows and columns differ. "kn" is a test for white noise (S.
Kritchman, B. Nadler, Chemometrics 94, 2008), "gavish-donoho" the rank that denoises best in white
noise by keeping singular values as they are (M. Gavish, D. Donoho, IEEE Trans. Inf. Theory 60,
2014).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from skrmt.decomposition._centred_matrix import CentredMatrix
from skrmt.decomposition._noise_profile import (
    NoiseProfile,
    crude_law,
    noise_profile,
)
from skrmt.decomposition._sign_flips import flipped_norms, law_of_flips
from skrmt.theory import (
    TracyWidom,
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
    laws : tuple of TracyWidom
        Of the largest squared singular value of the noise; the p-values are the largest of theirs.
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
    laws: tuple
    profile: NoiseProfile | None
    rule: str


def largest_rank(spectrum):
    """Largest number of components that leaves a direction to the noise.

    Parameters
    ----------
    spectrum : SingularSpectrum
        The data.

    Returns
    -------
    rank : int
        At least 1.
    """
    matrix = spectrum.matrix
    return max(1, min(matrix.n_effective, matrix.n_varying) - 1)


def _rounding(spectrum):
    """Size of the singular values of zero."""
    matrix = spectrum.matrix
    share = max(matrix.shape) * np.finfo(matrix.dtype).eps
    # Sparse data have their squares decomposed, where half of the digits are left.
    return float(spectrum.leading(1)[0]) * (np.sqrt(share) if matrix.is_sparse else share)


def _signal_squares(values, spectrum):
    """What of squared singular values is signal, if these components stand in white noise.

    The rest is noise that they share with the others; without it the noise that is left would seem
    too small, and more and more of it signal.
    """
    n_effective, p = spectrum.matrix.n_effective, spectrum.matrix.n_varying
    variances = values**2 / n_effective
    noise = noise_variance(variances, spectrum.rest(len(values)) / n_effective, n_effective, p)
    if noise == 0:
        return values**2
    level = np.atleast_1d(spike_backward(variances / noise, p / n_effective))
    # At the transition, where one that stands out of other noise would be inside of white noise.
    level = np.where(np.isnan(level), 1 + np.sqrt(p / n_effective), level)
    return np.minimum(level * noise * n_effective, values**2)


def _profile_without(spectrum, rank):
    """Profile of the noise beside the leading components; None where there is none."""
    matrix = spectrum.matrix
    s, axes = spectrum.axes(rank)
    signal = _signal_squares(s.astype(np.float64), spectrum)
    eps, total = np.finfo(matrix.dtype).eps, matrix.total_square
    share = 1 - float(signal.sum()) / total
    # Sums of squares have about the relative error eps; a difference is to keep half of the digits.
    if share > 10 * np.sqrt(eps):
        return noise_profile(matrix, signal, s, axes)
    # Sums of squares less the signal would have lost their digits.
    if matrix.is_sparse:
        return None if share <= max(matrix.shape) * eps else noise_profile(matrix, signal, s, axes)
    rest = CentredMatrix(_projected_out(matrix, axes), mean=np.zeros_like(matrix.mean))
    if rest.total_square <= _rounding(spectrum) ** 2:
        return None
    return noise_profile(rest, np.zeros_like(signal), s, axes)


def _projected_out(matrix, axes):
    rows = matrix.rows(slice(None))
    rows -= (rows @ axes.T) @ axes
    return rows


def _rest_to_flip(spectrum, n_far):
    """What is left without the leading components; None where that is rounding.

    The centred rest of sparse data is not sparse: their entries are flipped as they are, and scaled
    to the sum of squares that is left.
    """
    matrix = spectrum.matrix
    if matrix.is_sparse:
        left = spectrum.rest(n_far)
        if left <= max(matrix.shape) * np.finfo(matrix.dtype).eps * matrix.total_square:
            return None
        return matrix.stored * np.sqrt(left / (matrix.stored.data.astype(np.float64) ** 2).sum())
    rest = _projected_out(matrix, spectrum.axes(n_far)[1])
    total = np.einsum("ij,ij->", rest, rest, dtype=np.float64)
    return None if total <= _rounding(spectrum) ** 2 else rest


def _first_threshold(spectrum, level):
    """Threshold for a first look, by the sums of squares of all the data: never too low."""
    return _threshold(crude_law(spectrum.matrix), max(level, _FIRST_LEVEL))


# Most fits ask for the same level, and each several times.
@cache
def _quantile(level):
    return TracyWidom().ppf(level)


def _threshold(law, level):
    """Quantile of the largest singular value."""
    # The law of noise of few rows or columns reaches below zero.
    return np.sqrt(max(law.loc + law.scale * _quantile(level), 0.0))


def _count(spectrum, threshold, most):
    spectrum.require(threshold)
    return int((spectrum.above(threshold, most)[:most] > threshold).sum())


def _choice(spectrum, rank, most, laws, profile, rule):
    """Judge the components of a rank, and bound it."""
    kept = min(rank, most)
    return RankChoice(kept, rank, _pvalues(spectrum, kept, laws), laws, profile, rule)


def _pvalues(spectrum, rank, laws):
    """The largest of the laws' p-values; beside no noise at all they are zero."""
    squares = spectrum.axes(rank)[0].astype(np.float64) ** 2
    return np.max([np.zeros(rank), *(np.atleast_1d(law.sf(squares)) for law in laws)], axis=0)


def by_law(spectrum, most, level):
    """Rank by the law of noise with independent entries of variance ``a_i b_j``.

    Parameters
    ----------
    spectrum : SingularSpectrum
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
    rank = _count(spectrum, _first_threshold(spectrum, level), all_ranks)
    for _ in range(_ROUNDS):
        profile = _profile_without(spectrum, rank)
        if profile is None:
            rank = _count(spectrum, _rounding(spectrum), all_ranks)
            return _choice(spectrum, rank, most, (), None, "law")
        threshold = _threshold(profile.law, level)
        grown = _count(spectrum, threshold, all_ranks)
        if grown <= rank:
            # The first look was strict: what it found stays found.
            break
        rank = grown
    return _choice(spectrum, rank, most, (profile.law,), profile, "law")


def by_sign_flips(spectrum, most, level, n_flips, rng):
    """Rank by flips of the signs of all entries.

    Parameters
    ----------
    spectrum : SingularSpectrum
        The data.
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
    all_ranks = largest_rank(spectrum)
    rank = -1
    n_far = _count(spectrum, _FAR_ABOVE * _first_threshold(spectrum, level), all_ranks)
    for _ in range(_ROUNDS):
        R = _rest_to_flip(spectrum, n_far)
        if R is None:
            rank = _count(spectrum, _rounding(spectrum), all_ranks)
            return _choice(spectrum, rank, most, (), None, "signflip")
        norms = flipped_norms(R, n_flips, rng)
        threshold = float(np.quantile(norms, level))
        grown = _count(spectrum, threshold, all_ranks)
        far = _count(spectrum, _FAR_ABOVE * threshold, all_ranks)
        if grown <= rank or far <= n_far:
            rank = max(rank, grown)
            break
        rank, n_far = grown, far
    profile = _profile_without(spectrum, rank)
    return _choice(spectrum, rank, most, (law_of_flips(norms),), profile, "signflip")


def stricter(spectrum, most, law, flips):
    """Join two choices: what both find, with the larger of the p-values.

    Parameters
    ----------
    spectrum : SingularSpectrum
        The data.
    most : int
        Largest rank.
    law, flips : RankChoice
        Of the same data.

    Returns
    -------
    choice : RankChoice
        With the profile and the rule of the second.
    """
    laws, found = law.laws + flips.laws, min(law.n_signal, flips.n_signal)
    return _choice(spectrum, found, most, laws, flips.profile, flips.rule)


def by_kritchman_nadler(spectrum, most, alpha):
    """Rank by a sequence of tests of the next eigenvalue in white noise.

    Parameters
    ----------
    spectrum : SingularSpectrum
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
    n_effective, p = spectrum.matrix.n_effective, spectrum.matrix.n_varying
    pvalues = []
    floor = _rounding(spectrum) ** 2
    for k in range(largest_rank(spectrum)):
        rest = spectrum.rest(k)
        if rest <= floor:
            break
        values = spectrum.leading(k + 1) ** 2 / n_effective
        noise = noise_variance(values[:k], rest / n_effective, n_effective, p)
        law = largest_eigenvalue_law(n_effective, p - k, noise)
        pvalue = float(law.sf(values[k]))
        if pvalue > alpha:
            break
        pvalues.append(pvalue)
    kept = min(len(pvalues), most)
    return RankChoice(kept, len(pvalues), np.array(pvalues[:kept]), (), None, "kn")


def by_hard_threshold(spectrum, most, found):
    """Rank by Gavish and Donoho's threshold for noise of unknown variance.

    Parameters
    ----------
    spectrum : SingularSpectrum
        The data; all its singular values are computed.
    most : int
        Largest rank.
    found : RankChoice
        What "auto" finds: it tells noise from signal, and gives the p-values.

    Returns
    -------
    choice : RankChoice
        With that rank.
    """
    n, p = spectrum.matrix.n_effective, spectrum.matrix.n_varying
    median = float(np.median(spectrum.all()[: min(n, p)]))
    floor = _rounding(spectrum)
    spectrum.require(max(median, floor))
    median = float(np.median(spectrum.all()[: min(n, p)]))
    threshold = max(hard_threshold(min(n, p) / max(n, p)) * median, floor)
    rank = min(_count(spectrum, threshold, largest_rank(spectrum)), most)
    return with_rank(spectrum, rank, found, "gavish-donoho")


def with_rank(spectrum, rank, found, rule="given"):
    """Take another number of components than was found.

    Parameters
    ----------
    spectrum : SingularSpectrum
        The data.
    rank : int
        The number.
    found : RankChoice
        What "auto" finds: it tells noise from signal, and gives the p-values.
    rule : str, default="given"
        Where the number comes from.

    Returns
    -------
    choice : RankChoice
        With that rank.
    """
    if found.profile is None:
        # Signal without noise, and directions without either.
        pvalues = np.where(np.arange(rank) < found.n_signal, 0.0, 1.0)
    else:
        pvalues = _pvalues(spectrum, rank, found.laws)
    return RankChoice(rank, found.n_signal, pvalues, found.laws, found.profile, rule)
