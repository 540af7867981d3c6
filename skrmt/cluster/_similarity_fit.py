# SPDX-License-Identifier: BSD-3-Clause
"""Similarity mode: the leading eigenvectors of a normalised graph, and how new rows enter them.

A new row with links z to the training rows gets ``(z @ D^-1/2 V) / (sqrt(sum z) lambda)``, the
extension that returns the eigenvectors themselves for the links of a training row; then, as the
training rows, unit norm.
"""

from dataclasses import dataclass

import numpy as np

from skrmt.cluster._graph_affinity import GraphAffinity, normalised_spectrum
from skrmt.cluster._leading_eigenvectors import inverse_of


@dataclass(frozen=True)
class SimilarityFit:
    """Leading eigenvectors of a graph.

    Attributes
    ----------
    affinity : GraphAffinity
        The graph.
    components : ndarray of int, shape (n_samples,)
        Connected component of each row.
    eigenvalues : ndarray of shape (n_vectors,), float64
        Of the normalised graph, descending, 1 for each component.
    vectors : ndarray of shape (n_samples, n_vectors), float32
        Their vectors.
    n_products : int
        Products with the matrix.
    """

    affinity: GraphAffinity
    components: np.ndarray
    eigenvalues: np.ndarray
    vectors: np.ndarray
    n_products: int

    def extend(self, links, n_columns):
        """Continue the eigenvectors to rows with these links.

        Parameters
        ----------
        links : csr_array of shape (n_rows, n_samples)
            Links of each row with the training rows.
        n_columns : int
            How many eigenvectors.

        Returns
        -------
        ndarray of shape (n_rows, n_columns), float32
            The first of the continued vectors, of unit norm over all of them; zero for a row
            without links.
        """
        weights = self.vectors / np.sqrt(self.affinity.degrees)[:, None]
        weights *= inverse_of(self.eigenvalues)
        # A common factor of a row does not matter: its sum of links cancels.
        return unit_rows(links @ weights)[:, :n_columns].astype(np.float32)


def fit_graph(affinity, components, n_vectors, *, random_state, settings):
    """Find the leading eigenvectors of a graph.

    Parameters
    ----------
    affinity : GraphAffinity
        The graph.
    components : ndarray of int, shape (n_samples,)
        Connected component of each row.
    n_vectors : int
        How many.
    random_state : RandomState
        Draws the first vector of the Lanczos method.
    settings : SpectrumSettings
        How the eigenvectors are computed.

    Returns
    -------
    SimilarityFit
        The fit.
    """
    spectrum = normalised_spectrum(
        affinity,
        components,
        n_vectors,
        random_state=random_state,
        tol=settings.tol,
        max_iter=settings.max_iter,
    )
    return SimilarityFit(affinity, components, *spectrum)


def unit_rows(array):
    """Divide each row by its norm; a zero row stays zero.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_columns)
        Rows.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        Rows of norm 1 or 0.
    """
    norms = np.linalg.norm(array, axis=1, keepdims=True)
    return np.divide(array, norms, out=np.zeros_like(array), where=norms > 0)
