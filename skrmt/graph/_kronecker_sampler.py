# SPDX-License-Identifier: BSD-3-Clause
"""Exact draws of random Kronecker graphs, in time linear in the number of edges.

The graph on ``N = m^K`` vertices has independent edges of the probabilities
``P = theta (x) ... (x) theta``, K factors [J. Leskovec et al., "Kronecker Graphs", JMLR 2010]. An
edge is there if a Poisson variable of mean ``-log(1 - P) = sum_r P^r / r`` is positive, and the
powers P^r are Kronecker powers too, of theta^r by entries. Therefore the set of distinct cells
among Poisson(``(sum theta^r)^K / r``) independent draws of probabilities proportional to P^r,
r = 1, 2, ... together, has the law of the graph exactly (ours; the draws of r = 1 alone, with
repetitions, are the ball-dropping of A. S. Ramani, N. Eikmeier, D. F. Gleich, "Coin-flipping,
ball-dropping, and grass-hopping for generating random graphs from matrices of edge probabilities",
SIAM Review 2019). Cells with P >= 1/2, where the series converges slowly or not at all, are listed
and get one coin each in place of their draws. An undirected graph takes half the means and mirrors
the cells of the lower triangle. Where the cells are few for the edges expected, each gets a coin.
"""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from skrmt.graph._dense_cells import coin_flips
from skrmt.graph._kronecker_draws import BlockedDraws, few_cells
from skrmt.graph._likely_cells import likely_cells
from skrmt.theory._kronecker_initiator import check_initiator, check_levels
from skrmt.theory._parameter_checks import check_flag

# Below 1/2, the terms left out add less than 2^-60 of a probability to it.
_N_TERMS = 60
# Means below this are drawn digit by digit: tables would cost more than the draws.
_FEW = 1024
# One coin for each cell is faster up to so many cells, or so many per expected edge.
_COINS, _COINS_PER_EDGE = 4096, 16
# Up to so many vertices, a cell is one 64-bit key.
_MOST_KEYED = 2**32 - 1
# Vertices of a matrix at most: each takes memory, with edges or without.
_MOST_ROWS = 2**31
# More edges than any memory holds.
_MOST_EDGES = 2**40


def random_kronecker_graph(
    initiator, n_levels, *, directed=False, loops=False, output="csr", random_state=None
):
    """Draw a random Kronecker graph.

    Edges are independent, that from i to j of probability ``P_ij``, with P the Kronecker power
    ``theta (x) ... (x) theta`` of the initiator. The draw is exact for every initiator, and takes
    time and memory linear in the number of edges.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        Probabilities theta, in [0, 1]; symmetric for an undirected graph.

    n_levels : int
        Kronecker power K, at least 1: the graph has ``m^K`` vertices, at most 2^62.

    directed : bool, default=False
        Whether the edges have a direction. If False, each unordered pair is one edge.

    loops : bool, default=False
        Whether edges from a vertex to itself are drawn, of the probabilities on the diagonal of P.

    output : {"csr", "edges"}, default="csr"
        What is returned. The matrix takes memory for each vertex, the list of edges only for each
        edge.

    random_state : int, RandomState instance or None, default=None
        Seed of the draw.

    Returns
    -------
    graph : scipy.sparse.csr_array of shape (m^K, m^K), int8; or ndarray of shape (2, n_edges)
        The adjacency matrix, 1 for an edge, in canonical form, symmetric for an undirected graph.
        With ``output="edges"``: the first and the second end of each edge, sorted, each edge once
        (first end <= second end for an undirected graph); int32 below 2^31 vertices, else int64.

    Raises
    ------
    TypeError
        If `initiator` is sparse or complex.
    ValueError
        If `initiator` is not a square matrix of probabilities or, with ``directed=False``, not
        symmetric; if `n_levels` is not a positive integer or gives more than 2^62 vertices or
        more than 2^40 expected edges; for an unknown `output`, or a matrix of more than 2^31
        vertices.

    See Also
    --------
    skrmt.theory.expected_subgraph_counts : Expected numbers of edges, stars and triangles.

    Examples
    --------
    >>> from skrmt.graph import random_kronecker_graph
    >>> adjacency = random_kronecker_graph([[0.9, 0.6], [0.6, 0.2]], 10, random_state=0)
    >>> adjacency.shape
    (1024, 1024)
    >>> bool((adjacency != adjacency.T).nnz)
    False
    >>> random_kronecker_graph([[1, 1], [0, 1]], 2, directed=True, output="edges")
    array([[0, 0, 0, 1, 2],
           [1, 2, 3, 3, 3]], dtype=int32)
    """
    directed, loops = check_flag("directed", directed), check_flag("loops", loops)
    theta = check_initiator(initiator, symmetric=not directed)
    levels = check_levels(n_levels, len(theta))
    if output not in ("csr", "edges"):
        raise ValueError(f"output must be 'csr' or 'edges', got {output!r}.")
    if output == "csr" and len(theta) ** levels > _MOST_ROWS:
        raise ValueError(
            f"output='csr' is for at most 2^31 vertices, got {len(theta) ** levels:.3g}; pass "
            "output='edges'."
        )
    expected = theta.sum() ** levels
    if expected > _MOST_EDGES:
        raise ValueError(
            f"n_levels={n_levels!r} gives about {expected:.3g} edges, more than memory holds; "
            "lower n_levels or the initiator."
        )
    rng = check_random_state(random_state)
    edges = draw_edges(theta, levels, directed=directed, loops=loops, rng=rng)
    return edges if output == "edges" else adjacency_of(edges, len(theta) ** levels, directed)


def draw_edges(initiator, n_levels, *, directed, loops, rng):
    """Draw the edges of a random Kronecker graph, without checks.

    Parameters
    ----------
    initiator : ndarray of float64, shape (m, m)
        Probabilities, symmetric for an undirected graph.
    n_levels : int
        Kronecker power K.
    directed : bool
        Whether edges have a direction.
    loops : bool
        Whether to draw the diagonal.
    rng : numpy.random.RandomState or numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of shape (2, n_edges), int32 below 2^31 vertices, else int64
        Rows and columns, sorted by both, each edge once; row <= column for an undirected graph.
    """
    if not directed:
        # What rounding left of asymmetry is averaged, as the mirrored cells are.
        initiator = (initiator + initiator.T) / 2
    rng = _generator(rng)
    n_vertices = len(initiator) ** n_levels
    dtype = np.int32 if n_vertices < 2**31 else np.int64
    if n_vertices**2 <= max(_COINS, _COINS_PER_EDGE * initiator.sum() ** n_levels):
        return coin_flips(initiator, n_levels, directed, loops, rng).astype(dtype)
    matrices, means = _series(initiator, n_levels, directed, loops)
    many = (means >= _FEW) & (n_vertices <= _MOST_KEYED)
    cells = [np.empty((2, 0), np.int64)]
    n_draws = rng.poisson(np.where(many, 0, means))
    for i in np.flatnonzero(n_draws):
        cells.append(np.stack(few_cells(matrices[i], n_levels, n_draws[i], rng)))
    cells = np.concatenate(cells, axis=1)
    if not directed:
        cells.sort(axis=0)
    if not loops:
        cells = cells[:, cells[0] != cells[1]]
    absent = cells[:, :0]
    if initiator.max() ** n_levels >= 0.5:
        *likely, probabilities = likely_cells(initiator, n_levels, directed, loops)
        likely, heads = np.stack(likely), rng.random(len(probabilities)) < probabilities
        cells = np.concatenate([cells, likely[:, heads]], axis=1)
        absent = likely[:, ~heads]
    if not many.any():
        return _distinct(cells, absent, n_vertices).astype(dtype)
    draws = BlockedDraws(matrices[many], means[many], n_levels, directed, rng)
    pieces = _pieces(draws, _keys(cells, n_vertices), _keys(absent, n_vertices), n_vertices, loops)
    return np.concatenate(list(pieces), axis=1, dtype=dtype, casting="unsafe")


def _generator(rng):
    """Seed a generator, faster than RandomState."""
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.Generator(np.random.SFC64(rng.randint(2**32, size=4, dtype=np.uint64)))


def _series(initiator, n_levels, directed, loops):
    """Compute the weights of pairs of digits and the mean numbers of draws of the series."""
    orders = np.arange(1, _N_TERMS + 1)
    matrices = initiator ** orders[:, None, None]
    if not directed and loops:
        # The mirrored draws have half the mean that they should have on the diagonal.
        matrices = np.concatenate([matrices, matrices * np.eye(len(initiator))])
        orders = np.tile(orders, 2)
    means = matrices.sum(axis=(1, 2)) ** n_levels / orders
    return matrices, means if directed else means / 2


def _keys(cells, n_vertices):
    """Number the cells by rows, sorted."""
    row, col = cells.astype(np.uint64)
    return np.sort(row * np.uint64(n_vertices) + col)


def _distinct(cells, absent, n_vertices):
    """Sort a few cells, without repetitions and without the absent ones."""
    if n_vertices <= _MOST_KEYED:
        keys = _without(_fresh(_keys(cells, n_vertices)), _keys(absent, n_vertices))
        return np.stack(np.divmod(keys, np.uint64(n_vertices)))
    # Ranks keep the order, and pairs of them fit 64 bits however many vertices there are.
    both = np.concatenate([cells, absent], axis=1)
    (rows, row), (cols, col) = (np.unique(ends, return_inverse=True) for ends in both)
    keys = row * len(cols) + col
    listed, absent = np.split(keys, [cells.shape[1]])
    keys = _without(_fresh(np.sort(listed)), np.sort(absent))
    row, col = np.divmod(keys, max(1, len(cols)))
    return np.stack([rows[row], cols[col]])


def _fresh(keys):
    """Drop repetitions from sorted keys."""
    first = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    return keys[first]


def _without(keys, absent):
    """Drop the absent from sorted distinct keys."""
    if not len(keys) or not len(absent):
        return keys
    place = np.minimum(np.searchsorted(keys, absent), len(keys) - 1)
    return np.delete(keys, place[keys[place] == absent])


def _pieces(draws, extra, absent, n_vertices, loops):
    """Yield the edges, range of rows by range of rows."""
    cuts = draws.ranges
    inner = np.array([draws.span * cut for cut in cuts[1:-1]], np.uint64)
    of_extra = [0, *np.searchsorted(extra, inner), len(extra)]
    of_absent = [0, *np.searchsorted(absent, inner), len(absent)]
    side = draws.dtype.type(n_vertices)
    for i in range(len(cuts) - 1):
        first = np.uint64(draws.span * cuts[i])

        def local(keys, bounds, i=i, first=first):
            return (keys[bounds[i] : bounds[i + 1]] - first).astype(draws.dtype)

        keys = np.concatenate([*draws.keys(cuts[i], cuts[i + 1]), local(extra, of_extra)])
        keys.sort()
        keys = _without(_fresh(keys), local(absent, of_absent))
        edges = np.empty((2, len(keys)), draws.dtype)
        np.floor_divide(keys, side, out=edges[0])
        np.subtract(keys, edges[0] * side, out=edges[1])
        edges[0] += draws.dtype.type(draws.span // n_vertices * cuts[i])
        if not loops:
            proper = edges[0] != edges[1]
            edges = edges if proper.all() else edges[:, proper]
        yield edges


def adjacency_of(edges, n_vertices, directed):
    """Build the matrix from sorted distinct edges.

    Parameters
    ----------
    edges : ndarray of shape (2, n_edges), int
        As of `draw_edges`.
    n_vertices : int
        Number of vertices n.
    directed : bool
        Whether edges have a direction.

    Returns
    -------
    csr_array of shape (n, n), int8
        Canonical; symmetric for an undirected graph.
    """
    n_entries = edges.shape[1] if directed else 2 * edges.shape[1]
    dtype = np.int32 if max(n_vertices, n_entries) < 2**31 else np.int64
    indptr = np.zeros(n_vertices + 1, dtype)
    np.cumsum(np.bincount(edges[0], minlength=n_vertices), out=indptr[1:])
    data = np.ones(edges.shape[1], np.int8)
    upper = sp.csr_array((data, edges[1].astype(dtype), indptr), (n_vertices, n_vertices))
    if directed:
        return upper
    adjacency = upper + upper.T.tocsr()
    # Loops were added to themselves.
    adjacency.data[:] = 1
    return adjacency
