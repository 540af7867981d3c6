# SPDX-License-Identifier: BSD-3-Clause
r"""Sign projections in blocks that share their coordinates: sparse and dense, additions only.

A block puts k coordinates S of x into q slots (q the power of two not below k, the other slots are
0), flips their signs at random (D) and takes the Walsh-Hadamard transform, ``y = H_q D x_S``: q
projections for ``log2(q)`` additions each. A row of the block has exactly k entries -1 or 1, with
independent signs, at k distinct positions drawn uniformly: the law of a sparse sign vector with a
fixed number of non-zeros. Only the *joint* law differs from that of independent rows:

* for ``k = q`` the rows of a block are orthogonal, as in orthogonal random features. For k < q they
  cannot be (q rows in k dimensions); random slots keep the correlations of any two rows small;
* the sets S of successive blocks are cut from one random permutation of the coordinates after
  another, so that every coordinate is read equally often, to one.

A second round ``y = H_q D' H_q D x`` over all coordinates, padded to at least 64, has nearly normal
rows that see every coordinate (the structured orthogonal features of Yu et al., 2016, with two
rounds). A weight is then a sum of q signs, on a lattice: for a kernel of frequency 1, two rows that
differ in one coordinate look alike again when they are ``pi sqrt(q)`` apart.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from skrmt._kernels import project
from skrmt.theory import sparse_weight_comoment, sparse_weight_kurtosis

# A weight of two rounds is a mean of q signs: with 64 it is nearly normal, also for a single input.
SMALLEST_DENSE_BLOCK = 64


@dataclass(frozen=True, eq=False)
class BlockHadamardProjection:
    """Projection by signs in blocks of Walsh-Hadamard transforms.

    Use :func:`draw_sparse` or :func:`draw_dense` to make one.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    n_components : int
        Number of projections; the last block may be cut.
    positions : ndarray of shape (n_blocks, q) and dtype int32
        Coordinate in each slot of a block; n_features stands for none.
    negative : ndarray of shape (n_blocks, q) and dtype bool
        Which slots change sign.
    second_negative : ndarray of shape (n_blocks, q) and dtype bool, or None
        Signs of the second round, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.sketching import draw_sparse
    >>> projection = draw_sparse(6, 8, n_nonzero=2, random_state=0)
    >>> weights = projection.project(np.eye(6)).T
    >>> np.count_nonzero(weights, axis=1)
    array([2, 2, 2, 2, 2, 2, 2, 2])
    """

    n_features: int
    n_components: int
    positions: np.ndarray
    negative: np.ndarray
    second_negative: np.ndarray | None = None

    @property
    def n_nonzero(self) -> int:
        """Number k of coordinates that a block reads."""
        return int(np.count_nonzero(self.positions[0] < self.n_features))

    @property
    def block_size(self) -> int:
        """Number q of projections of a block."""
        return self.positions.shape[1]

    @property
    def unit_scale(self) -> float:
        """Factor that gives the weights variance 1."""
        if self.second_negative is None:
            return (self.n_features / self.n_nonzero) ** 0.5
        return self.block_size**-0.5

    @property
    def weight_kurtosis(self) -> float:
        """Fourth moment of a weight of variance 1.

        One round: entries are 0 or of size ``sqrt(p / k)``. Two rounds: an entry is the mean of q
        independent signs times ``sqrt(q)``.
        """
        if self.second_negative is None:
            return sparse_weight_kurtosis(self.n_features, self.n_nonzero)
        return 3.0 - 2.0 / self.block_size

    @property
    def weight_comoment(self) -> float:
        """Mean of the product of the squares of two weights of a row, of variance 1.

        The squares of a row have a fixed sum, so they lean against each other.
        """
        if self.second_negative is None:
            return sparse_weight_comoment(self.n_features, self.n_nonzero)
        return 1.0 - 2.0 / self.block_size

    def signs(self, dtype):
        """Give the signs in the form that the kernels take.

        Parameters
        ----------
        dtype : dtype
            Type of the data.

        Returns
        -------
        signs, second_signs : ndarray and (ndarray or None)
            +0.0, or -0.0 where a sign flips: a kernel changes one bit instead of multiplying.
        """
        zeros = np.array([0.0, -0.0], dtype)
        second = None if self.second_negative is None else zeros[self.second_negative.view(np.int8)]
        return zeros[self.negative.view(np.int8)], second

    def project(self, X):
        """Project rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows, float32 or float64.

        Returns
        -------
        Y : ndarray of shape (n_samples, n_components)
            Projections in the dtype of `X`, without the factor `unit_scale`.
        """
        return project(X, self.positions, *self.signs(X.dtype))[:, : self.n_components]


def _stratified_coordinates(n_features, n_blocks, k, rng):
    """Coordinates of blocks cut from random permutations laid end to end.

    Where a block straddles two permutations, coordinates that it holds already stay behind in the
    second one for the next block: k distinct coordinates, and none is passed over.
    """
    coordinates = np.empty((n_blocks, k), np.int32)
    pool = np.empty(0, np.int64)
    for block in coordinates:
        if len(pool) < k:
            fresh = rng.permutation(n_features)
            new = fresh[~np.isin(fresh, pool)][: k - len(pool)]
            block[:] = np.concatenate([pool, new])
            pool = fresh[~np.isin(fresh, new)]
        else:
            block[:], pool = pool[:k], pool[k:]
    return coordinates


def _power_of_two(k):
    """Round k up to a power of two."""
    return 1 << (k - 1).bit_length()


def _signs(rng, shape):
    return rng.randint(2, size=shape, dtype=np.int8).view(np.bool_)


def draw_sparse(
    n_features: int, n_components: int, *, n_nonzero: int, random_state=None
) -> BlockHadamardProjection:
    """Draw a sparse sign projection: exactly `n_nonzero` entries -1 or 1 in every row.

    Parameters
    ----------
    n_features : int
        Number of inputs, p.
    n_components : int
        Number of projections, N.
    n_nonzero : int
        Non-zero entries of a row, k, from 1 to p. A power of two makes whole blocks orthogonal.
    random_state : int, RandomState instance or None, default=None
        Source of the draw.

    Returns
    -------
    projection : BlockHadamardProjection
        The operator. It takes about ``5 N`` bytes, and ``N log2(q)`` additions a row.

    Raises
    ------
    ValueError
        If `n_nonzero` is not in [1, n_features].

    Examples
    --------
    >>> from skrmt.sketching import draw_sparse
    >>> projection = draw_sparse(100, 300, n_nonzero=16, random_state=0)
    >>> projection.positions.shape, projection.unit_scale
    ((19, 16), 2.5)
    """
    if not 1 <= n_nonzero <= n_features:
        raise ValueError(
            f"n_nonzero={n_nonzero} must be between 1 and the number of features, {n_features}."
        )
    rng = check_random_state(random_state)
    size = _power_of_two(n_nonzero)
    n_blocks = -(-n_components // size)
    positions = _stratified_coordinates(n_features, n_blocks, n_nonzero, rng)
    if n_nonzero < size:
        slots = rng.uniform(size=(n_blocks, size)).argsort(axis=1)[:, :n_nonzero]
        coordinates, positions = positions, np.full((n_blocks, size), n_features, np.int32)
        np.put_along_axis(positions, slots, coordinates, axis=1)
    return BlockHadamardProjection(
        n_features, n_components, positions, _signs(rng, positions.shape)
    )


def draw_dense(n_features: int, n_components: int, *, random_state=None) -> BlockHadamardProjection:
    """Draw a dense, nearly normal projection: two rounds of signs and Hadamard transform.

    Parameters
    ----------
    n_features : int
        Number of inputs, p.
    n_components : int
        Number of projections, N.
    random_state : int, RandomState instance or None, default=None
        Source of the draw.

    Returns
    -------
    projection : BlockHadamardProjection
        The operator. With q the power of two not below p, and at least 64, it takes ``2 log2(q)``
        additions a projection, in whole blocks of q.

    Examples
    --------
    >>> from skrmt.sketching import draw_dense
    >>> projection = draw_dense(100, 300, random_state=0)
    >>> projection.block_size, projection.weight_kurtosis
    (128, 2.984375)
    """
    rng = check_random_state(random_state)
    size = max(_power_of_two(n_features), SMALLEST_DENSE_BLOCK)
    n_blocks = -(-n_components // size)
    slots = np.minimum(np.arange(size, dtype=np.int32), n_features)
    positions = np.broadcast_to(slots, (n_blocks, size)).copy()
    negative, second = _signs(rng, (2, *positions.shape))
    return BlockHadamardProjection(n_features, n_components, positions, negative, second)
