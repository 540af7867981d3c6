# SPDX-License-Identifier: BSD-3-Clause
"""One pass over the Gram matrix: every map in every storage, with moments over all pairs."""

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import rows_of, signal_mixture

from skrmt.cluster._gram_moments import moments_of_sums, tile_sums
from skrmt.cluster._kernel_choice import KernelChoice
from skrmt.cluster._rows import GivenSimilarities
from skrmt.cluster._signed_gram import signed_gram, threshold_of
from skrmt.cluster._tiles import SIDE, spans
from skrmt.theory import HardThreshold, OddQuantizer

# Two tiles and a part of one that is no multiple of 8.
N, P = 2 * SIDE + 37, 24
SILENT = [0, 1100, N - 1]

# Map and storage.
CASES = {
    "sign": (OddQuantizer.sign(), True),
    "ternary packed": (OddQuantizer.ternary(), True),
    "ternary sparse": (OddQuantizer.ternary(0.08), False),
    "quantized": (OddQuantizer.lloyd_max(2), True),
    "sparse": (HardThreshold.of_density(0.1), False),
}


@pytest.fixture(scope="module")
def rows():
    X, _ = signal_mixture(N, P, 1.0, seed=0)
    X -= X.mean(axis=0)
    X[SILENT] = 0
    return rows_of(X, center=False)


@pytest.fixture(scope="module")
def gram(rows):
    """The similarities as the tiles give them, zero on the diagonal."""
    S = np.zeros((N, N), np.float32)
    for i in spans(N):
        for j in spans(N, start=i.start):
            S[i, j] = rows.tile(i, rows, j)
            S[j, i] = S[i, j].T
    np.fill_diagonal(S, 0)
    return S


@pytest.fixture(scope="module")
def unit(gram):
    return float(np.sqrt(np.mean(gram[np.triu_indices(N, 1)].astype(float) ** 2))) * 1.01


@pytest.fixture(scope="module")
def stored(rows, unit):
    return {
        name: signed_gram(rows, entrywise, unit, packed=packed)
        for name, (entrywise, packed) in CASES.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_entries_are_those_of_the_map(name, stored, gram, unit):
    affinity, _ = stored[name]
    t = gram / np.float32(unit)
    found, exact = affinity.toarray(), CASES[name][0](t)
    # Rounding decides on which side of the threshold a similarity lies that equals it.
    decided = np.abs(np.abs(t) - threshold_of(CASES[name][0])) > 1e-6
    np.testing.assert_allclose(found[decided], exact[decided], rtol=0, atol=5e-7)
    np.testing.assert_array_equal(found, found.T)
    assert not np.diagonal(found).any()
    assert not found[SILENT].any()
    expected = 1.0 if name in ("sign", "quantized") else np.count_nonzero(found) / (N * (N - 1))
    assert affinity.density == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("name", CASES)
def test_products_are_those_of_the_dense_matrix(name, width, stored):
    affinity, _ = stored[name]
    V = np.random.default_rng(1).standard_normal((N, width))
    K = affinity.toarray().astype(np.float64)
    # N / 8 table entries, or the entries of a row, are added up in float32; their magnitudes
    # bound the rounding, and an entry of the wrong sign is far beyond it.
    terms = N / 8 if CASES[name][1] else affinity.density * N
    bound = (terms + 16) * 6e-8 * (np.abs(K) @ np.abs(V)) + 1e-7 * np.abs(V)
    assert (np.abs(affinity.matmat(V) - K @ V) <= bound).all()
    error = np.linalg.norm(affinity.matmat(V) - K @ V)
    assert error < 3e-6 * np.linalg.norm(K @ V)


@pytest.mark.parametrize("name", CASES)
def test_moments_are_those_of_all_pairs(name, stored, gram, unit):
    _, moments = stored[name]
    live = np.setdiff1d(np.arange(N), SILENT)
    t = (gram[np.ix_(live, live)] / np.float32(unit))[np.triu_indices(len(live), 1)]
    t, f = t.astype(np.float64), CASES[name][0](t).astype(np.float64)
    # Squares are summed in float32 within a row of a tile; few pairs may lie on a threshold.
    assert moments.square == pytest.approx(np.mean(t**2), rel=1e-5)
    assert moments.linear == pytest.approx(np.mean(t * f) / np.mean(t**2), rel=1e-5)
    assert moments.variance == pytest.approx(np.mean(f**2), rel=1e-5)
    assert moments.fourth == pytest.approx(np.mean(f**4), rel=1e-5)


def test_a_threshold_of_zero_keeps_all_values(rows, gram, unit):
    affinity, moments = signed_gram(rows, HardThreshold(0.0), unit, packed=False)
    np.testing.assert_array_equal(affinity.toarray(), gram / np.float32(unit))
    assert moments.linear == pytest.approx(1.0, rel=1e-6)
    assert moments.variance == pytest.approx(moments.square, rel=1e-6)


def test_signs_in_a_list_of_entries():
    S = np.random.default_rng(0).standard_normal((20, 20))
    affinity, _ = signed_gram(GivenSimilarities(S + S.T), OddQuantizer.sign(), 1.0, packed=False)
    assert affinity.density == 1


@pytest.mark.parametrize("name", ["ternary packed", "ternary sparse", "sparse"])
def test_threads_change_nothing(name, rows, unit, stored):
    entrywise, packed = CASES[name]
    affinity, moments = signed_gram(rows, entrywise, unit, packed=packed, n_jobs=2)
    np.testing.assert_array_equal(affinity.toarray(), stored[name][0].toarray())
    assert moments == stored[name][1]


@pytest.mark.parametrize("name", CASES)
def test_bytes_are_foreseen(name, stored):
    entrywise, packed = CASES[name]
    affinity, _ = stored[name]
    kernel = name.partition(" ")[0]
    foreseen = KernelChoice(kernel, entrywise, packed).bytes_for(N)
    if packed:
        assert affinity.nbytes == foreseen == len(entrywise.levels) * -(-N // 8) * N
    else:
        # Foreseen for Gaussian similarities of all rows; these are those of 24 features.
        ratio = affinity.density / entrywise.density
        assert 0.8 * ratio < affinity.nbytes / foreseen < 1.05 * ratio


def test_sparse_rows_give_the_same_matrix():
    X = np.random.default_rng(0).poisson(0.4, (90, 60)).astype(float)
    for entrywise, packed in CASES.values():
        found, expected = (
            signed_gram(rows_of(Z), entrywise, 0.1, packed=packed) for Z in (sp.csr_array(X), X)
        )
        differ = np.abs(found[0].toarray() - expected[0].toarray()) > 1e-4
        # Similarities closer to a threshold than float32 can tell.
        assert np.count_nonzero(differ) <= 4
        assert found[1].linear == pytest.approx(expected[1].linear, rel=1e-3)


def test_given_similarities_are_mapped_as_they_are():
    S = np.random.default_rng(0).standard_normal((45, 45))
    S += S.T
    affinity, moments = signed_gram(GivenSimilarities(S), HardThreshold(0.5), 2.0, packed=False)
    exact = HardThreshold(0.5)(S.astype(np.float32) / np.float32(2))
    np.fill_diagonal(exact, 0)
    np.testing.assert_array_equal(affinity.toarray(), exact)
    pairs = (S / 2)[np.triu_indices(45, 1)]
    assert moments.square == pytest.approx(np.mean(pairs**2), rel=1e-6)


def test_a_strip_without_entries_is_a_zero_strip():
    S = np.zeros((12, 12))
    S[0, 1] = S[1, 0] = 3.0
    for kernel in (OddQuantizer((1.0,), (0.0, 1.0)), HardThreshold(1.0)):
        affinity, _ = signed_gram(GivenSimilarities(S), kernel, 1.0, packed=False)
        np.testing.assert_array_equal(affinity.toarray(), kernel(S.astype(np.float32)))
        none, moments = signed_gram(GivenSimilarities(S / 4), kernel, 1.0, packed=False)
        assert not none.toarray().any()
        assert none.density == moments.linear == moments.variance == 0


def test_sums_of_tiles_add_up():
    tile = np.random.default_rng(0).standard_normal((16, 24)).astype(np.float32)
    for entrywise in (OddQuantizer.lloyd_max(2), OddQuantizer.ternary(0.3), HardThreshold(0.7)):
        cut = threshold_of(entrywise)
        listed = isinstance(entrywise, HardThreshold)
        parts = [tile_sums(part, cut, listed=listed)[0] for part in (tile[:, :9], tile[:, 9:])]
        whole, strong = tile_sums(tile, cut, listed=listed)
        np.testing.assert_allclose(sum(parts), whole, rtol=1e-6)
        if listed:
            np.testing.assert_array_equal(strong, np.flatnonzero(np.abs(tile) > cut))
        moments = moments_of_sums(whole, tile.size, 1.0, entrywise)
        f = entrywise(tile.astype(float))
        assert moments.variance == pytest.approx(np.mean(f**2), rel=1e-6)
