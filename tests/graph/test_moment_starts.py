# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest

from skrmt.graph._edge_classes import parameter_index
from skrmt.graph._moment_starts import _design, _with_edges, best_starts, residuals_of
from skrmt.theory import expected_subgraph_counts

SHAPES = pytest.mark.parametrize(
    ("size", "directed"), [(2, False), (2, True), (3, True)], ids=["3", "4", "9"]
)


def initiators_of(points, size, directed):
    return points[..., parameter_index(size, directed)]


@SHAPES
def test_points_are_spread_over_the_cube_and_its_faces(size, directed):
    points, face, totals = _design(2048, size, directed)
    assert ((points >= 0) & (points <= 1)).all()
    # One order of each initiator is enough.
    theta = initiators_of(points, size, directed)
    sums = theta.sum(axis=1) + theta.sum(axis=2)
    assert (np.diff(sums, axis=1) <= 0).all()
    assert len(points) == 2048
    # The same entries are 0 or 1 on a face, and only there.
    kind = np.where(points == 0, 0, np.where(points == 1, 2, 1))
    names = [tuple(row) for row in kind]
    assert len(set(zip(names, face, strict=True))) == len(set(names)) == len(set(face))
    assert (np.diff(face) >= 0).all()
    if size == 2:
        inside = (kind == 1).all(axis=1).mean()
        assert inside == pytest.approx((2 / 3) ** points.shape[1], rel=0.3)
    assert totals.shape[0] == len(points)
    assert (np.diff(totals, axis=1) <= 1e-12).all()


@SHAPES
def test_points_are_brought_to_the_edges(size, directed):
    points, _, totals = _design(512, size, directed)
    wanted = 0.6 * size**2
    scaled = _with_edges(wanted, points, totals)
    sums = initiators_of(scaled, size, directed).sum(axis=(1, 2))
    # The sum of powers from e^-4 to e^4 covers it; between two of them it is interpolated.
    reached = (totals.max(axis=1) > wanted) & (totals.min(axis=1) < wanted)
    assert reached.mean() > 0.5
    np.testing.assert_allclose(sums[reached], wanted, rtol=0.02)
    # A power keeps 0 and 1, and so the face.
    np.testing.assert_array_equal(scaled == 0, points == 0)
    np.testing.assert_array_equal(scaled[points == 1], 1)


@SHAPES
def test_starts_are_the_best_points_of_their_faces(size, directed):
    rng = np.random.default_rng(size)
    n_levels = np.array([7, 9])
    theta = rng.uniform(0.3, 0.9, (2, size, size))
    theta = theta if directed else (theta + theta.transpose(0, 2, 1)) / 2
    counts = expected_subgraph_counts(theta, n_levels, directed=directed)
    n_starts = 5
    starts = best_starts(counts, n_levels, size, directed, 1024, n_starts)
    assert starts.shape == (2, n_starts, points_of(size, directed))
    for row in range(2):
        expected = expected_subgraph_counts(
            initiators_of(starts[row], size, directed), n_levels[row], directed=directed
        )
        losses = np.square(residuals_of(expected, counts[row])).sum(axis=-1)
        assert (np.diff(losses) >= 0).all()
        faces = np.where(starts[row] == 0, 0, np.where(starts[row] == 1, 2, 1))
        assert len(np.unique(faces, axis=0)) == n_starts
        # By the slow way: all points, scaled, the least loss of each face.
        points, face, totals = _design(1024, size, directed)
        arcs = counts[row, 0] * (1 if directed else 2)
        scaled = _with_edges(arcs ** (1 / n_levels[row]), points, totals)
        expected = expected_subgraph_counts(
            initiators_of(scaled, size, directed), n_levels[row], directed=directed
        )
        all_losses = np.square(residuals_of(expected, counts[row])).sum(axis=-1)
        least = sorted(all_losses[face == f].min() for f in np.unique(face))
        np.testing.assert_allclose(losses, least[:n_starts], rtol=1e-9)


def points_of(size, directed):
    return int(parameter_index(size, directed).max()) + 1


def test_graphs_with_about_as_many_edges_share_points():
    # The last ones differ from the first by more than a tenth, or by a level.
    edges, n_levels = np.array([1000, 1001, 1002, 5000, 1000]), np.array([9, 9, 9, 9, 10])
    counts = edges[:, None] * np.array([1, 8, 30, 0.1])
    together = best_starts(counts, n_levels, 2, False, 512, 4)
    for row in (3, 4):
        alone = best_starts(counts[[row]], n_levels[[row]], 2, False, 512, 4)
        np.testing.assert_array_equal(together[[row]], alone)
    sums = initiators_of(together[:3, 0], 2, False).sum(axis=(1, 2))
    np.testing.assert_allclose(sums, sums[0], rtol=1e-2)


def test_more_starts_than_faces_are_repeated():
    counts = np.array([[100.0, 500, 1500, 20]])
    n_faces = len(np.unique(_design(4, 2, False)[1]))
    starts = best_starts(counts, np.array([8]), 2, False, 4, n_faces + 2)[0]
    np.testing.assert_array_equal(starts[n_faces:], starts[:2])


def test_residuals_are_relative_to_at_least_one():
    found = residuals_of(np.array([[4.0, 0.5]]), np.array([[2.0, 0.0]]))
    assert found.tolist() == [[1.0, 0.5]]
