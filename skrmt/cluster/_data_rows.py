# SPDX-License-Identifier: BSD-3-Clause
"""From rows of data to a clustering: kind of similarity, mode, stored rows."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from skrmt.cluster._graph_clustering import cluster_rows, rule_of
from skrmt.cluster._rows import RowMap
from skrmt.cluster._sampled_rows import PairSample
from skrmt.cluster._signed_clustering import cluster_signed
from skrmt.cluster._signed_fit import SpectrumSettings, dtype_of_new_rows

# A squared distance should be known to a thousandth.
_DIGITS = 1e-3


@dataclass(frozen=True)
class RowSource:
    """Prepares new rows as the training rows were.

    Attributes
    ----------
    row_map : RowMap
        Centre and scale.
    unit, euclidean : bool
        Kind of similarity.
    sparse : bool
        The training rows are sparse.
    dtype : dtype
        Type of the similarities of new rows.
    training : DenseRows, SparseRows or None
        The training rows, where they are stored.
    """

    row_map: RowMap
    unit: bool
    euclidean: bool
    sparse: bool
    dtype: np.dtype
    training: object

    def rows(self, X):
        """Prepare new rows.

        Parameters
        ----------
        X : ndarray or sparse array of shape (n_rows, n_features)
            New rows, few.

        Returns
        -------
        DenseRows or SparseRows
            Of the kind of the training rows.

        Raises
        ------
        NotFittedError
            If the training rows are not there to compare with.
        """
        if self.training is None:
            raise NotFittedError(
                "New rows are compared with the training rows, which this fit did not keep: set "
                "store_data=True and fit again."
            )
        if self.sparse != sp.issparse(X):
            X = sp.csr_array(X) if self.sparse else X.toarray()
        return self.row_map.rows(X, unit=self.unit, euclidean=self.euclidean, dtype=self.dtype)


def fit_rows(X, parameters, random_state, *, mapped=False):
    """Cluster rows of data.

    Parameters
    ----------
    X : ndarray, memmap or csr_array of shape (n_samples, n_features)
        The rows.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.
    mapped : bool, default=False
        X lies in a file: prepare rows when a tile asks for them, do not copy all.

    Returns
    -------
    source : RowSource
        Prepares new rows.
    embedding : SignedEmbedding or GraphEmbedding
        Places them.
    attributes : dict
        Fitted attributes.
    """
    row_map = RowMap(X, parameters.center)
    keep = not mapped
    settings = SpectrumSettings(parameters.tol, parameters.max_iter, parameters.n_jobs)
    mode, rows, sample = parameters.affinity, None, None
    # Signs are those of the cosines.
    unit = parameters.normalize or parameters.kernel == "sign"
    signed = {"unit": unit, "euclidean": False}
    if mode == "auto":
        rows = row_map.rows(X, unit=True, keep=keep)
        sample = PairSample.of(rows, random_state)
        mode = "signed" if sample.looks_signed else "similarity"
    if mode == "signed":
        kind = signed
    else:
        cosine = parameters.metric == "cosine"
        kind = {"unit": cosine, "euclidean": not cosine}
    if rows is None or not kind["unit"]:
        # Not both copies of the data at once.
        rows = sample = None
        rows = row_map.rows(X, **kind, keep=keep)
    if kind["unit"] and rows.silent.any():
        what = "equal the mean" if parameters.center else "are zero"
        warnings.warn(
            f"{int(rows.silent.sum())} rows of X {what} and have no direction: their cosines with "
            "all rows are taken as zero. Remove them, or set affinity='similarity' and "
            "metric='euclidean'.",
            UserWarning,
            stacklevel=2,
        )
    if mode == "signed":
        sample = sample or PairSample.of(rows, random_state)
        embedding, attributes = cluster_signed(rows, sample, parameters, random_state, settings)
    else:
        rule = rule_of(rows, parameters, random_state)
        if kind["euclidean"] and rows.rounding > _DIGITS * abs(rule.threshold):
            # Neighbours are close beside the distance from the mean: float32 does not see them.
            rows = row_map.rows(X, **kind, keep=keep, dtype=np.float64)
            rule = rule_of(rows, parameters, random_state)
        embedding, attributes = cluster_rows(rows, rule, parameters, random_state, settings)
    if not kind["unit"]:
        attributes["threshold_"] *= row_map.scale**2
    attributes["affinity_mode_"] = mode
    source = RowSource(
        row_map,
        **kind,
        sparse=sp.issparse(X),
        dtype=max(rows.dtype, dtype_of_new_rows(embedding)),
        training=rows if parameters.store_data else None,
    )
    return source, embedding, attributes
