# SPDX-License-Identifier: BSD-3-Clause
"""NumPy twin of the Metropolis sampling of vertex labels: many disjoint swaps at a time.

The posterior of the labels of a Kronecker graph is proportional to ``exp(sum over edges of w)``,
``w = log P - log(1 - P)`` at the labels of the two ends. An involution of the labels pairs the
vertices. Of pairs that are joined by an edge only one is kept; then the changes of the exponent by
the kept swaps add up, and each is accepted or not by itself. The pairs, the edges between them and
the random order that decides are the same before and after any swaps inside pairs, so that the
reverse step has the same probability of being proposed and the posterior is exactly invariant
(ours).
"""

import numpy as np

# Which involution is drawn, by cumulated probability: one digit, two digits, two digit positions
# exchanged; a random pairing for the rest.
ONE_DIGIT, TWO_DIGITS, TWO_POSITIONS = 0.45, 0.8, 0.9


def draw_involution(rng, initiator_size, n_levels):
    """Random involution of the labels.

    Parameters
    ----------
    rng : Generator
        Source of random numbers.
    initiator_size, n_levels : int
        Base m and number K of the digits of a label.

    Returns
    -------
    image : ndarray of shape (m ** K,) and dtype int32
        ``image[image]`` is the identity. Labels are exchanged that differ in one digit or in two,
        or (rarely) any.
    """
    image = np.arange(initiator_size**n_levels, dtype=np.int32)
    kind = rng.random()
    if kind >= TWO_POSITIONS:
        shuffled = rng.permutation(image)
        half = len(image) // 2
        image[shuffled[:half]] = shuffled[half : 2 * half]
        image[shuffled[half : 2 * half]] = shuffled[:half]
        return image
    n_positions = 1 if kind < ONE_DIGIT or n_levels == 1 else 2
    positions = np.sort(rng.choice(n_levels, n_positions, replace=False))
    if n_positions == 2 and kind >= TWO_DIGITS:
        shape = (-1, initiator_size, initiator_size ** (positions[1] - positions[0] - 1))
        grid = image.reshape(*shape, initiator_size, initiator_size ** positions[0])
        return np.ascontiguousarray(grid.swapaxes(1, 3)).reshape(-1)
    for position in positions:
        values = rng.choice(initiator_size, 2, replace=False)
        grid = image.reshape(-1, initiator_size, initiator_size**position)
        grid[:, values] = grid[:, values[::-1]]
    return image


def independent_pairs(rng, image, owner, sources, targets, degrees):
    """Pairs of vertices that may swap at the same time.

    Parameters
    ----------
    rng : Generator
        Source of random numbers.
    image : ndarray of shape (n_labels,)
        Involution of the labels.
    owner : ndarray of shape (n_labels,)
        The vertex of each label.
    sources, targets : ndarray of shape (n_edges,)
        Ends of the edges.
    degrees : ndarray of shape (n_labels,)
        Number of edges at each vertex.

    Returns
    -------
    first, second : ndarray of shape (n_pairs,)
        The pairs.
    pair : ndarray of shape (n_labels,)
        Number of the pair of each vertex, n_pairs for a vertex without partner.
    kept : ndarray of shape (n_pairs + 1,) and dtype bool
        No edge joins two different pairs that are kept; False at the end.
    """
    lower = np.flatnonzero(image > np.arange(len(image)))
    # Who comes first is kept. In a uniform order a hub hardly ever comes before all of its
    # neighbours, and where it is favoured by its degree, its neighbours hardly ever do.
    times = rng.standard_exponential(len(lower))
    if rng.random() < 0.5:
        times /= np.maximum(degrees[owner[lower]] + degrees[owner[image[lower]]], 1)
    lower = lower[np.argsort(times, kind="stable")]
    first, second = owner[lower], owner[image[lower]]
    n_pairs = len(lower)
    pair = np.full(len(image), n_pairs, dtype=np.int32)
    pair[first] = pair[second] = np.arange(n_pairs)

    kept = np.ones(n_pairs + 1, dtype=bool)
    kept[-1] = False
    left, right = pair[sources], pair[targets]
    earlier, later = np.minimum(left, right), np.maximum(left, right)
    open_edges = np.flatnonzero(earlier != later)
    while len(open_edges):  # what one pair after the other would give, a few rounds for all
        earlier, later = earlier[open_edges], later[open_edges]
        is_later = np.zeros(n_pairs + 1, dtype=bool)
        is_later[later] = True
        kept[later[~is_later[earlier]]] = False
        open_edges = np.flatnonzero(kept[earlier] & kept[later])
    return first, second, pair, kept


def edge_weights(rows, columns, high, low):
    """Contribution of edges to the log-posterior.

    Parameters
    ----------
    rows, columns : ndarray of shape (n_edges,)
        Labels of the ends.
    high, low : ndarray
        As in `swap_labels`.

    Returns
    -------
    weights : ndarray of shape (n_edges,) and dtype float64
        ``log P - log(1 - P)``.
    """
    (row_high, row_low), (column_high, column_low) = (
        np.divmod(labels, len(low)) for labels in (rows, columns)
    )
    upper = high.reshape(-1, 2)[row_high * len(high) + column_high]
    lower = low.reshape(-1, 2)[row_low * len(low) + column_low]
    return upper[:, 1] + lower[:, 1] - np.log1p(-upper[:, 0] * lower[:, 0])


def swap_labels(
    indptr,
    indices,
    in_indptr,
    in_indices,
    labels,
    high,
    low,
    initiator_size,
    n_levels,
    n_proposals,
    seed,
):
    """Metropolis swaps of vertex labels at fixed edge probabilities.

    The compiled kernel makes one swap after the other; here they are made in sweeps, as many as
    propose about `n_proposals`. Both leave the same posterior invariant; they are not the same
    chain.

    Parameters
    ----------
    indptr : ndarray of shape (n_vertices + 1,) and dtype int64
        Where the neighbours of each vertex begin in `indices`; both orientations of an undirected
        edge are there, no loops.
    indices : ndarray of shape (n_entries,) and dtype int32
        Heads of the edges.
    in_indptr, in_indices : ndarray of the same kinds, or None
        The tails of the edges that come in at each vertex; None for an undirected graph, whose
        tables must be symmetric.
    labels : ndarray of shape (m ** K,) and dtype int32
        Label of each vertex, a permutation, overwritten. Vertices from n_vertices on have no edges.
    high, low : ndarray of shape (b, b, 2) and dtype float64
        Edge probabilities over the upper ``K // 2`` digits and over the others, followed by their
        logarithms; ``b = m ** (K // 2)`` and ``m ** (K - K // 2)``. All probabilities of edges must
        lie within (0, 1).
    initiator_size, n_levels : int
        Base m and number K of the digits of a label.
    n_proposals : int
        How many swaps are proposed.
    seed : int
        Seed of the random numbers, in [0, 2^64).

    Returns
    -------
    n_accepted : int
        How many swaps were made.
    """
    rng = np.random.default_rng(seed)
    sources = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
    degrees = np.zeros(len(labels), dtype=np.int64)
    targets = indices
    if in_indptr is None:
        once = sources < targets
        sources, targets = sources[once], targets[once]
    for ends in (sources, targets):
        degrees += np.bincount(ends, minlength=len(labels))
    owner = np.empty_like(labels)
    owner[labels] = np.arange(len(labels), dtype=labels.dtype)
    weights = edge_weights(labels[sources], labels[targets], high, low)

    # How many sweeps there are must not depend on the labels, or the chain would stop in some
    # states rather than in others: pairs are counted once, at labels of no meaning.
    image = draw_involution(rng, initiator_size, n_levels)
    anyone = rng.permutation(len(labels)).astype(labels.dtype)
    *_, kept = independent_pairs(rng, image, anyone, sources, targets, degrees)
    n_accepted = 0
    for _ in range(-(-n_proposals // max(1, np.count_nonzero(kept)))):
        image = draw_involution(rng, initiator_size, n_levels)
        first, second, pair, kept = independent_pairs(rng, image, owner, sources, targets, degrees)
        left, right = pair[sources], pair[targets]
        left_kept = kept[left]
        touched = np.flatnonzero(left_kept | kept[right])
        # an edge inside a pair is seen once, with both of its ends moved
        mover = np.where(left_kept, left, right)[touched]
        moved = np.where(kept[pair], image[labels], labels)
        proposed = edge_weights(moved[sources[touched]], moved[targets[touched]], high, low)
        change = np.bincount(mover, proposed - weights[touched], minlength=len(kept))
        accepted = kept & (rng.standard_exponential(len(kept)) > -change)
        updated = accepted[mover]
        weights[touched[updated]] = proposed[updated]
        swapped = np.flatnonzero(accepted)
        first, second = first[swapped], second[swapped]
        labels[first], labels[second] = moved[first], moved[second]
        owner[labels[first]], owner[labels[second]] = first, second
        n_accepted += len(swapped)
    return n_accepted
