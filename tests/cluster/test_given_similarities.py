# SPDX-License-Identifier: BSD-3-Clause
"""Similarities that the user gives: dense of both kinds, graphs, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import exact_similarities, parameters_with, signal_mixture
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from skrmt.cluster._data_rows import fit_rows
from skrmt.cluster._given_similarities import fit_given


def fitted(S, seed=0, **changes):
    parameters = parameters_with(**({"affinity": "precomputed", "n_clusters": 2} | changes))
    return fit_given(S, parameters, np.random.RandomState(seed))


@pytest.fixture(scope="module")
def noisy():
    return signal_mixture(300, 150, 6.0, seed=0)


@pytest.fixture(scope="module")
def cosines(noisy):
    return exact_similarities(noisy[0], "cosine")


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(150, centers=3, n_features=2, cluster_std=0.7, random_state=0)


@pytest.mark.parametrize("kernel", ["sign", "quantized", "sparse"])
def test_given_cosines_are_clustered_as_the_rows(kernel, noisy, cosines):
    changes = {"n_clusters": 2, "kernel": kernel, "tol": 1e-6}
    source, embedding, attributes = fitted(cosines, **changes)
    assert attributes["affinity_mode_"] == "signed"
    parameters = parameters_with(affinity="signed", **changes)
    _, _, expected = fit_rows(noisy[0], parameters, np.random.RandomState(0))
    np.testing.assert_array_equal(attributes["labels_"], expected["labels_"])
    np.testing.assert_allclose(attributes["embedding_"], expected["embedding_"], atol=0.01)
    for name in ("effective_dim_", "kappa_", "bulk_edge_", "expected_error_", "threshold_"):
        assert attributes[name] == pytest.approx(expected[name], rel=1e-3)
    # New rows by their similarities with the training rows; those of a training row, with the
    # one with itself left out, give its place again.
    new = cosines[:20].copy()
    new[range(20), range(20)] = 0
    found = embedding.of_rows(source.rows(new), source.training, None)
    # A similarity of zero is a tie, and counts as the lowest negative level.
    fit = embedding.fit
    tie = getattr(fit.entrywise, "levels", (0.0,))[0] * fit.affinity.scale / fit.eigenvalues
    np.testing.assert_allclose(found, (1 - tie) * attributes["embedding_"][:20], atol=0.02)
    assert source.training._similarities is None


def test_similarities_that_are_not_negative_make_a_graph(blobs):
    X, y = blobs
    S = np.exp(exact_similarities(X, "euclidean"))
    source, embedding, attributes = fitted(S, n_clusters=3)
    assert attributes["affinity_mode_"] == "similarity"
    assert adjusted_rand_score(y, attributes["labels_"]) > 0.8
    # The same links as those of the distances.
    parameters = parameters_with(affinity="similarity", n_clusters=3)
    _, _, expected = fit_rows(X, parameters, np.random.RandomState(0))
    found = attributes["affinity_"].toarray()
    differ = np.count_nonzero(found != expected["affinity_"].toarray())
    # exp of the largest distances has no digits in float32.
    assert differ < 0.01 * np.count_nonzero(found)
    places = embedding.of_rows(source.rows(S[:9]), source.training, None)
    assert places.shape == (9, 3)
    np.testing.assert_allclose(
        places, embedding.of_rows(source.rows(sp.csr_array(S[:9])), source.training, None)
    )


def test_a_graph_is_taken_as_it_is(blobs):
    X, y = blobs
    S = np.exp(exact_similarities(X, "euclidean"))
    S[S < 0.05] = 0
    source, embedding, attributes = fitted(sp.csr_array(S), n_clusters=3)
    assert attributes["affinity_mode_"] == "similarity"
    assert adjusted_rand_score(y, attributes["labels_"]) > 0.8
    expected = S.astype(np.float32)
    np.fill_diagonal(expected, 0)
    np.testing.assert_array_equal(attributes["affinity_"].toarray(), expected)
    assert "threshold_" not in attributes
    # Its own links place a row where it is.
    connected = np.flatnonzero(expected.any(axis=1))[:20]
    for links in (expected[connected], sp.csr_array(expected[connected])):
        places = embedding.of_rows(source.rows(links), source.training, None)
        np.testing.assert_allclose(places, attributes["embedding_"][connected], atol=0.02)


@pytest.mark.parametrize("as_sparse", [False, True], ids=["dense", "sparse"])
def test_diagonal_does_not_matter_to_the_matrix(as_sparse, cosines):
    kind = sp.csr_array if as_sparse else np.asarray
    other = cosines.copy()
    np.fill_diagonal(other, 0.9)
    found, expected = (fitted(kind(S), kernel="sign")[2] for S in (other, cosines))
    np.testing.assert_array_equal(
        found["affinity_"].toarray() / found["affinity_"].scale,
        expected["affinity_"].toarray() / expected["affinity_"].scale,
    )
    np.testing.assert_array_equal(found["labels_"], expected["labels_"])


def test_a_signed_graph_has_no_theory(noisy, cosines):
    S = np.where(np.abs(cosines) > 0.1, cosines, 0)
    source, embedding, attributes = fitted(sp.csr_array(S))
    assert attributes["affinity_mode_"] == "signed"
    assert adjusted_rand_score(noisy[1], attributes["labels_"]) > 0.8
    assert not {"kappa_", "expected_error_", "pvalues_", "threshold_"} & set(attributes)
    np.fill_diagonal(S, 0)
    exact = np.linalg.eigvalsh(S)[-1]
    assert attributes["eigenvalues_"][0] == pytest.approx(exact, rel=1e-3)
    places = embedding.of_rows(source.rows(sp.csr_array(S[:9])), source.training, None)
    np.testing.assert_allclose(places, attributes["embedding_"][:9], atol=0.02)


@pytest.mark.parametrize("as_sparse", [False, True], ids=["dense", "sparse"])
def test_what_is_no_similarity_matrix_is_refused(as_sparse, cosines):
    kind = sp.csr_array if as_sparse else np.asarray
    with pytest.raises(ValueError, match=r"square matrix .* got shape \(300, 299\)"):
        fitted(kind(cosines[:, :-1]))
    wrong = cosines.copy()
    wrong[7, 280] += 0.5
    with pytest.raises(ValueError, match=r"differ by up to 0\.5\. Pass \(S \+ S\.T\) / 2"):
        fitted(kind(wrong))
    # The rounding of float32 is no asymmetry.
    wrong[7, 280] -= 0.5 + 1e-7
    fitted(kind(wrong))


def test_asymmetry_in_any_tile_is_seen():
    S = np.random.default_rng(0).random((2100, 2100)).astype(np.float32)
    S = (S + S.T) / 2
    S[2090, 1030] += 0.01
    with pytest.raises(ValueError, match=r"differ by up to 0\.01\b"):
        fitted(S)


def test_clusters_of_a_graph_cannot_be_counted(cosines):
    with pytest.raises(ValueError, match="n_clusters='auto'"):
        fitted(sp.csr_array(np.abs(cosines)), n_clusters="auto")
    with pytest.raises(ValueError, match="n_clusters='auto'"):
        fitted(np.abs(cosines), n_clusters="auto")
    assert fitted(cosines, n_clusters="auto")[2]["n_clusters_"] == 2


@pytest.mark.parametrize("changes", [{"n_clusters": "auto"}, {"density": "auto"}], ids=str)
def test_without_a_diagonal_the_theory_is_not_asked(changes, cosines):
    S = cosines.copy()
    np.fill_diagonal(S, 0)
    with pytest.raises(ValueError, match="diagonal"):
        fitted(S, **changes)


def test_without_a_diagonal_there_is_no_theory(noisy, cosines):
    S = cosines.copy()
    np.fill_diagonal(S, 0)
    _, _, attributes = fitted(S, kernel="sign")
    assert adjusted_rand_score(noisy[1], attributes["labels_"]) > 0.9
    assert "kappa_" not in attributes


def test_mapped_similarities_are_read(cosines, tmp_path):
    mapped = np.lib.format.open_memmap(tmp_path / "S.npy", "w+", np.float32, cosines.shape)
    mapped[:] = cosines
    found, expected = (fitted(S)[2] for S in (mapped, cosines.astype(np.float32)))
    np.testing.assert_array_equal(found["labels_"], expected["labels_"])
