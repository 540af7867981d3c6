# SPDX-License-Identifier: BSD-3-Clause
"""Signed mode: quantised Gram matrix, its spikes, the embedding and how new rows enter it."""

import warnings
from dataclasses import dataclass

import numpy as np

from skrmt.cluster._kernel_choice import check_countable
from skrmt.cluster._leading_eigenvectors import inverse_of, leading_eigenvectors
from skrmt.cluster._signed_gram import entries_of, signed_gram, threshold_of
from skrmt.cluster._signed_spectrum import LEVEL, KernelLaw
from skrmt.cluster._tiles import in_parallel, spans
from skrmt.exceptions import TheoryWarning
from skrmt.theory import HardThreshold, OddQuantizer

_SMALLEST = float(np.finfo(np.float32).tiny)
# Eigenvalues looked at first when they are counted, and at last.
_FIRST_LOOK, _LAST_LOOK = 10, 80


@dataclass(frozen=True)
class SpectrumSettings:
    """How eigenvectors are computed.

    Attributes
    ----------
    tol : float
        Relative accuracy.
    max_iter : int or None
        Restarts.
    n_jobs : int or None
        Threads.
    """

    tol: float
    max_iter: int | None
    n_jobs: int | None


@dataclass(frozen=True)
class SignedFit:
    """Leading eigenvectors of a quantised Gram matrix.

    Attributes
    ----------
    affinity : PackedAffinity or SparseAffinity
        The matrix K.
    law : KernelLaw or None
        What the theory says of it; None where the similarities are not those of rows.
    entrywise : OddQuantizer, HardThreshold or None
        The map; None for entries that were given.
    unit : float
        Similarity that is t = 1.
    eigenvalues : ndarray of shape (n_vectors,), float64
        The largest, descending.
    vectors : ndarray of shape (n_samples, n_vectors), float32
        Their vectors.
    n_products : int
        Products with the matrix.
    apparent_dimension : float or None, default=None
        One over the mean square of the cosines; None where there is no law.
    """

    affinity: object
    law: KernelLaw | None
    entrywise: object
    unit: float
    eigenvalues: np.ndarray
    vectors: np.ndarray
    n_products: int
    apparent_dimension: float | None = None

    @property
    def threshold(self):
        """Size of the similarities below which entries are zero or take the lowest level."""
        return self.unit * threshold_of(self.entrywise)

    @property
    def pvalues(self):
        """Probability that noise has an eigenvalue as large."""
        return self.law.pvalues(self.eigenvalues)

    @property
    def n_outliers(self):
        """Number of leading eigenvalues that stand out of the bulk."""
        inside = np.flatnonzero(self.pvalues > LEVEL)
        return int(inside[0]) if len(inside) else len(self.eigenvalues)

    def extend(self, rows, training, n_components, n_jobs=None):
        """Continue the leading eigenvectors to new rows.

        Parameters
        ----------
        rows : DenseRows, SparseRows or GivenSimilarities
            New rows.
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        n_components : int
            How many vectors.
        n_jobs : int, default=None
            Number of threads.

        Returns
        -------
        ndarray of shape (n_rows, n_components), float64
            Entries of the continued vectors, ``f(t) V / lambda``.
        """
        inverse = inverse_of(self.eigenvalues[:n_components]) * self.affinity.scale
        # Sums in float64: in float32 a row would depend on the rows beside it by a last digit.
        weights = self.vectors[:, :n_components] * inverse
        if self.entrywise is None:
            return np.asarray(rows @ weights)

        def strip(i):
            part = 0.0
            for j in spans(training.n_rows):
                tile = rows.tile(i, training, j)
                part += entries_of(tile, self.entrywise, self.unit) @ weights[j]
            part[rows.silent[i]] = 0.0
            return part

        strips = in_parallel(strip, spans(rows.n_rows), n_jobs)
        return np.concatenate(strips)


def fit_signed(rows, sample, choice, n_vectors, *, random_state, settings):
    """Quantise the Gram matrix and find its leading eigenvectors.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    sample : PairSample
        Similarities of sampled pairs.
    choice : KernelChoice
        Map and storage.
    n_vectors : int or "auto"
        How many eigenvectors; "auto" for all that stand out of the bulk.
    random_state : RandomState
        Draws the first vector of the Lanczos method.
    settings : SpectrumSettings
        How the eigenvectors are computed.

    Returns
    -------
    SignedFit
        The fit.

    Raises
    ------
    ValueError
        If eigenvalues are to be counted and the matrix is too sparse for that.
    """
    n = rows.n_rows
    entrywise = _at_density(choice, sample)
    affinity, moments = signed_gram(
        rows, entrywise, sample.unit, packed=choice.packed, n_jobs=settings.n_jobs
    )
    apparent = None
    if rows.mean_square_norm > 0:
        n_live = n - int(rows.silent.sum())
        apparent = KernelLaw.of(n_live, rows.mean_square_norm, sample.unit, moments)
    counting = n_vectors == "auto"
    if counting and apparent is None:
        raise ValueError(
            "n_clusters='auto' needs the effective dimension, which is the mean square of the "
            "diagonal of the similarities over that of the others, and this diagonal is "
            f"{rows.mean_square_norm:.3g} on average: give n_clusters, or similarities with a "
            "diagonal."
        )
    if counting:
        check_countable(n, affinity.density)
    looked_at = min(n - 1, _FIRST_LOOK) if counting else n_vectors
    while True:
        affinity.scale = 1.0
        values, vectors, n_products = leading_eigenvectors(
            affinity,
            looked_at,
            random_state=random_state,
            tol=settings.tol,
            max_iter=settings.max_iter,
            product=lambda vector: affinity.matmat(vector, settings.n_jobs),
        )
        law, apparent_dimension = None, None
        if apparent is not None:
            apparent_dimension = apparent.dimension
            law = apparent.without_spikes(values * apparent_dimension**-0.5)
            affinity.scale = law.dimension**-0.5
            values = values * affinity.scale
        fit = SignedFit(
            affinity, law, entrywise, sample.unit, values, vectors, n_products, apparent_dimension
        )
        if not counting or fit.n_outliers < looked_at or looked_at == n - 1:
            return fit
        if looked_at >= _LAST_LOOK:
            warnings.warn(
                f"n_clusters='auto' stopped at {looked_at} eigenvalues beyond the edge of the "
                "noise: these rows are not noise around few means. Give n_clusters, scale the "
                "features, or set affinity='similarity'.",
                TheoryWarning,
                stacklevel=2,
            )
            return fit
        looked_at = min(n - 1, 2 * looked_at)


def _at_density(choice, sample):
    """The map with the threshold that keeps its density of the similarities at hand."""
    if choice.kernel not in ("ternary", "sparse") or choice.entrywise.density == 1:
        return choice.entrywise
    threshold = sample.threshold_of(choice.entrywise.density)
    if choice.kernel == "sparse":
        return HardThreshold(threshold)
    # At a density that all entries but exact zeros are needed for, keep these.
    return OddQuantizer((max(threshold, _SMALLEST),), (0.0, 1.0))


def dtype_of_new_rows(embedding):
    """Return the type in which new rows are compared with the training rows.

    Parameters
    ----------
    embedding : SignedEmbedding or GraphEmbedding
        What places them.

    Returns
    -------
    dtype
        Float64 where the values of the similarities count and not only their sign or order: in
        float32 the coordinates of a row would vary with the rows beside it.
    """
    values = isinstance(getattr(embedding.fit, "entrywise", None), HardThreshold)
    return np.dtype(np.float64 if values else np.float32)
