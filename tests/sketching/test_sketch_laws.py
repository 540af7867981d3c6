# SPDX-License-Identifier: BSD-3-Clause
"""Laws of sketches: isotropy, orthogonality, spectra, freeness, sizes."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.sketching import SKETCHES, HadamardSketch, make_sketch

ORTHOGONAL = [kind for kind, law in SKETCHES.items() if law.free_type == "orthogonal"]
PARTITIONED = ["srdct", "sparse", "subsample"]


def within_standard_errors(draws, expected):
    """Whether means over draws are as expected, to 5 of the largest standard error."""
    draws = np.asarray(draws)
    error = np.max(draws.std(axis=0)) / len(draws) ** 0.5
    return np.abs(draws.mean(axis=0) - expected).max() < 5 * error + 1e-12


def member_grams(law, n_draws, power=1):
    """``(S S')^power`` of the last member of each draw."""
    for seed in range(n_draws):
        S = law.draw(seed, n_members=law.n_disjoint).to_dense()[:, -law.n_components :]
        yield np.linalg.matrix_power(S @ S.T, power)


@pytest.mark.parametrize("kind", SKETCHES)
@pytest.mark.parametrize(("p", "m"), [(16, 4), (11, 5), (37, 6)], ids=str)  # 37: padded
def test_law_is_isotropic(kind, p, m):
    law = make_sketch(kind, p, m, n_nonzero=3)
    assert within_standard_errors(list(member_grams(law, 400)), np.eye(p))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(ORTHOGONAL), p=st.integers(1, 70))
def test_columns_of_all_members_are_orthogonal(data, kind, p):
    s = data.draw(st.integers(1, 9))
    law = make_sketch(kind, p, data.draw(st.integers(1, p)), n_nonzero=s)
    S = law.draw(0, n_members=law.n_disjoint).to_dense()
    if law.n_ambient == p:
        np.testing.assert_allclose(S.T @ S, p / law.n_components * np.eye(S.shape[1]), atol=1e-11)
    else:  # p rows of such a matrix: its singular values are not larger
        assert np.linalg.norm(S, 2) ** 2 <= law.n_ambient / law.n_components * (1 + 1e-11)
    if S.shape[1] == law.n_ambient:  # the members use the transform up
        np.testing.assert_allclose(S @ S.T / law.n_disjoint, np.eye(p), atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), p=st.integers(1, 60))
def test_members_of_subsampling_share_no_feature(data, p):
    law = make_sketch("subsample", p, data.draw(st.integers(1, p)))
    S = law.draw(1, n_members=law.n_disjoint).to_dense()
    np.testing.assert_allclose(S.T @ S, p / law.n_components * np.eye(S.shape[1]), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), p=st.integers(1, 90), s=st.integers(1, 12))
def test_hadamard_gives_every_feature_the_same_entries(data, p, s):
    m = data.draw(st.integers(1, p))
    law = HadamardSketch(p, m, s)
    S = law.draw(2, n_members=law.n_disjoint).to_dense().reshape(p, law.n_disjoint, -1)
    assert (np.count_nonzero(S, axis=2) == law.n_nonzero).all()
    np.testing.assert_allclose(np.sum(S**2, axis=2), 1)
    # one block a feature, blocks of equal size up to 1
    blocks = S.reshape(p, law.n_disjoint, law.n_blocks, law.n_nonzero)[:, 0].any(axis=2)
    assert (blocks.sum(axis=1) == 1).all()
    assert np.ptp(blocks.sum(axis=0)) <= 1
    # no more than asked of entries, of columns what was asked, rounded up to whole blocks
    assert law.n_nonzero <= s and m <= law.n_components < m + min(s, law.n_blocks)
    assert HadamardSketch(p, law.n_components, law.n_nonzero) == law


def test_features_of_a_hadamard_block_are_rarely_parallel():
    # Two rows agree up to sign on s random columns with hypergeometric probability. On s columns
    # in succession they would do so with probability (B / s - 1) / (B - 1), ten times as often.
    B, s = 64, 8
    law = HadamardSketch(B, s, s)
    pairs = np.triu_indices(B, 1)
    share = [np.mean(np.abs(gram[pairs]) > 1 - 1e-9) for gram in member_grams(law, 200)]
    expected = 2 * comb(B // 2, s) / comb(B, s)
    assert within_standard_errors(share, expected)
    assert expected < 0.1 * (B / s - 1) / (B - 1)


def second_moment(law):
    """Exact ``E tr (S S')^2 / p``."""
    p, m = law.n_features, law.n_components
    if law.free_type == "gaussian":
        return (p + m + 1) / m
    if law.free_type == "spectrum":  # p (p - 1) pairs, together in a bucket with probability 1/m
        return 1 + (p - 1) / m
    if isinstance(law, HadamardSketch):
        # Two features of a block: a sum of s of B signs whose total is 0, without replacement.
        B, s = law.block_size, law.n_nonzero
        sizes = np.bincount(np.arange(p) % law.n_blocks)
        return 1 + np.sum(sizes * (sizes - 1.0)) / p * (B - s) / ((B - 1) * s)
    return p / m


@pytest.mark.parametrize("kind", SKETCHES)
@pytest.mark.parametrize(("p", "m"), [(64, 16), (60, 16), (50, 24)], ids=str)
def test_second_moment_of_the_spectrum(kind, p, m):
    law = make_sketch(kind, p, m, n_nonzero=4)
    moments = [np.trace(gram) / p for gram in member_grams(law, 300, power=2)]
    assert within_standard_errors(moments, second_moment(law))


@pytest.mark.parametrize(
    ("kind", "p", "m"), [("sparse", 600, 160), ("sparse", 500, 80), ("srdct", 557, 160)]
)
def test_padded_law_has_the_spectrum_of_a_corner_of_a_free_one(kind, p, m):
    # Compare with p rows and m columns of Haar matrices of size p', drawn.
    law = make_sketch(kind, p, m)
    q, m = law.n_ambient, law.n_components
    assert q > p
    reference = make_sketch("orthogonal", q, m)
    corners = [reference.draw(seed).to_dense()[:p] for seed in range(3)]
    sketches = [law.draw(seed).to_dense() for seed in range(3)]
    free = np.mean([np.trace(np.linalg.matrix_power(S.T @ S, 2)) for S in corners]) / p
    assert free == pytest.approx(p / m + 1 - p / q, rel=3 / p)
    for power in (2, 3):
        expected, found = (
            np.mean([np.trace(np.linalg.matrix_power(S.T @ S, power)) for S in group]) / p
            for group in (corners, sketches)
        )
        # Hadamard blocks know the features only by block: corrections of the order of 1 / B
        assert found == pytest.approx(expected, rel=1 / getattr(law, "block_size", q / 4))


def centred(A):
    """A without its mean eigenvalue, of mean squared eigenvalue 1."""
    A = A - np.trace(A) / len(A) * np.eye(len(A))
    return A / (np.linalg.norm(A) / len(A) ** 0.5)


def alternating_traces(gram, B):
    """Normalised traces of alternating products of centred powers; 0 for free matrices."""
    a1, a2, b1, b2 = centred(gram), centred(gram @ gram), centred(B), centred(B @ B)
    words = [(a1, b1, a1, b1), (a1, b1, a2, b2), (a2, b2, a2, b2), (a1, b1, a1, b1, a1, b1)]
    return [np.trace(np.linalg.multi_dot(word)) / len(B) for word in words]


def fixed_matrices(p):
    spectrum = 2 / (1 + 30 * np.linspace(0, 1, p))
    distance = np.abs(np.subtract.outer(np.arange(p), np.arange(p)))
    return {"diagonal": np.diag(spectrum), "neighbours": 0.7**distance}


@pytest.mark.parametrize("matrix", ["diagonal", "neighbours"])
@pytest.mark.parametrize("kind", [k for k, law in SKETCHES.items() if law.free_type])
def test_law_is_asymptotically_free_from_a_fixed_matrix(kind, matrix):
    p, m, n_draws = 192, 48, 25
    B = fixed_matrices(p)[matrix]
    law = make_sketch(kind, p, m)
    traces = np.array([alternating_traces(gram, B) for gram in member_grams(law, n_draws)])
    error = traces.std(axis=0) / n_draws**0.5
    # The bias is of the order of 1/p, the factors being normalised: tr A B A B / p is 1/p for an
    # invariant law of real matrices, -1/(p - 1) for the count sketch and a diagonal B.
    assert (np.abs(traces.mean(axis=0)) < 4 * error + 2 / p).all()


def test_subsampling_is_not_free_from_a_diagonal_matrix():
    p, m = 192, 48
    B = fixed_matrices(p)["diagonal"]
    law = make_sketch("subsample", p, m)
    traces = [alternating_traces(gram, B)[0] for gram in member_grams(law, 25)]
    # They commute: the trace of A B A B is that of A^2 B^2, on average the product of the two.
    assert within_standard_errors(traces, 1.0)
    assert np.mean(traces) > 0.8


@pytest.mark.parametrize("kind", SKETCHES)
@pytest.mark.parametrize(("p", "m"), [(30, 7), (37, 20), (1, 1)], ids=str)
def test_gram_spectrum(kind, p, m):
    law = make_sketch(kind, p, m)
    sketch = law.draw(5, n_members=law.n_disjoint)
    last = law.n_disjoint - 1
    S = sketch.to_dense()[:, last * law.n_components :]
    found = sketch.gram_spectrum(last)
    assert found.shape == (p,)
    np.testing.assert_allclose(found, np.linalg.eigvalsh(S @ S.T)[::-1], atol=1e-11)


@pytest.mark.parametrize(
    ("kind", "p", "m", "nonzero", "columns", "ambient", "disjoint"),
    [
        ("srdct", 640, 160, 8, 160, 640, 4),
        ("srdct", 62, 62, 8, 62, 62, 1),  # 31 is the last prime that is not padded
        ("srdct", 37, 10, 8, 10, 40, 4),
        ("srdct", 20011, 500, 8, 500, 20250, 40),
        ("srdct", 1, 1, 8, 1, 1, 1),
        ("orthogonal", 50, 10, 8, 10, 50, 1),
        ("gaussian", 10, 50, 8, 50, 10, 1),
        ("countsketch", 10, 50, 8, 50, 10, 1),
        ("subsample", 50, 15, 8, 15, 50, 3),
        ("sparse", 640, 160, 8, 160, 640, 4),
        ("sparse", 600, 160, 8, 160, 640, 4),
        ("sparse", 640, 157, 8, 160, 640, 4),
        ("sparse", 1, 1, 8, 1, 1, 1),
        ("sparse", 50, 3, 8, 3, 64, 21),  # fewer columns than entries wanted
        ("sparse", 9, 9, 8, 10, 16, 1),  # two blocks of five
        ("sparse", 6, 6, 5, 6, 8, 1),
        ("sparse", 5, 4, 3, 4, 8, 2),  # ceil(5 / 2) = 3 features a block, padded to 4
        ("sparse", 40, 20, 1, 20, 40, 2),
        ("sparse", 5, 100, 8, 104, 104, 1),  # more blocks than features
    ],
)
def test_sizes(kind, p, m, nonzero, columns, ambient, disjoint):
    law = make_sketch(kind, p, m, n_nonzero=nonzero)
    assert (law.n_components, law.n_ambient, law.n_disjoint) == (columns, ambient, disjoint)


@pytest.mark.parametrize("kind", PARTITIONED)
def test_first_members_do_not_depend_on_the_number_of_members(kind):
    law = make_sketch(kind, 100, 12, n_nonzero=4)
    few, many = (law.draw(7, n_members=g).to_dense() for g in (2, 4))
    np.testing.assert_array_equal(few, many[:, : few.shape[1]])


@pytest.mark.parametrize("kind", ["srdct", "orthogonal", "subsample"])
def test_more_components_than_features(kind):
    with pytest.raises(ValueError, match="n_components=6 must be between 1 and 5, the number of"):
        make_sketch(kind, 5, 6)


@pytest.mark.parametrize("kind", SKETCHES)
def test_sizes_that_are_no_counts(kind):
    with pytest.raises(ValueError, match="n_components=0 must be"):
        make_sketch(kind, 5, 0)
    with pytest.raises(ValueError, match="n_features=0 must be at least 1"):
        make_sketch(kind, 0, 1)
    with pytest.raises(TypeError, match=r"n_components must be an integer, got 2\.5"):
        make_sketch(kind, 5, 2.5)


def test_bad_kind_and_number_of_entries():
    with pytest.raises(ValueError, match=r"kind=\['srdct'\] must be one of"):
        make_sketch(["srdct"], 4, 2)
    with pytest.raises(ValueError, match=r"kind='fjlt' must be one of \['srdct', 'orthogonal'"):
        make_sketch("fjlt", 5, 2)
    with pytest.raises(ValueError, match="n_nonzero=0 must be at least 1"):
        make_sketch("sparse", 5, 2, n_nonzero=0)
