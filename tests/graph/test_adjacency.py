# SPDX-License-Identifier: BSD-3-Clause
import networkx
import numpy as np
import pytest
import scipy.sparse as sp

from skrmt.graph._adjacency import check_levels_hold, levels_for, pattern_of, read_adjacency

FORMATS = ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"]
# Both triangles, not symmetric, an isolated vertex (4), a loop (0).
ARCS = np.array([[0, 1, 0, 1, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0] * 5])
WEIGHTED = ARCS * np.array([1, -2, 3, 4, 5])[:, None] + np.diag([7, 0, 0, 0, 0])
EDGES = np.maximum(ARCS, ARCS.T)


def assert_clean(adjacency, dense):
    """The pattern is that of `dense`, in the form that the rest relies on."""
    assert isinstance(adjacency, sp.csr_array)
    assert adjacency.dtype == np.int8
    assert (adjacency.data == 1).all()
    assert len(adjacency.data) == len(adjacency.indices) == adjacency.indptr[-1]
    for row in range(adjacency.shape[0]):
        columns = adjacency.indices[adjacency.indptr[row] : adjacency.indptr[row + 1]]
        assert (np.diff(columns) > 0).all()
    np.testing.assert_array_equal(adjacency.toarray(), np.asarray(dense))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float32, np.float64, "O"])
def test_any_dense_type_is_a_pattern(dtype):
    adjacency, directed = read_adjacency(WEIGHTED.astype(dtype))
    assert_clean(adjacency, ARCS)
    assert directed is True
    assert_clean(read_adjacency(WEIGHTED.tolist())[0], ARCS)


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("fmt", FORMATS)
def test_any_sparse_format_is_a_pattern(fmt, kind):
    X = getattr(sp, f"{fmt}_{kind}")(WEIGHTED.astype(float))
    before = X.toarray()
    adjacency, directed = read_adjacency(X)
    assert_clean(adjacency, ARCS)
    assert directed is True
    np.testing.assert_array_equal(X.toarray(), before)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float32])
def test_any_sparse_type_is_a_pattern(dtype):
    for fmt in FORMATS[:3]:
        assert_clean(read_adjacency(sp.csr_array(WEIGHTED.astype(dtype)).asformat(fmt))[0], ARCS)


def test_wide_indices_are_accepted():
    X = sp.csr_array(ARCS)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    assert_clean(read_adjacency(X)[0], ARCS)


@pytest.mark.parametrize("fmt", ["csr", "csc", "coo"])
def test_explicit_zeros_are_no_edges(fmt):
    rows, columns = np.nonzero(ARCS)
    rows, columns = np.append(rows, [2, 4]), np.append(columns, [3, 0])
    values = np.append(np.ones(len(rows) - 2), [0.0, -0.0])
    X = sp.coo_array((values, (rows, columns)), shape=ARCS.shape).asformat(fmt)
    assert X.nnz == np.count_nonzero(ARCS) + 2
    assert_clean(read_adjacency(X)[0], ARCS)


def repeated(values, dtype, fmt):
    """An edge (0, 1) and many entries at (1, 0) that are not summed."""
    values = np.array([1, *values], dtype=dtype)
    row = np.r_[0, np.ones(len(values) - 1, int)]
    if fmt == "coo":
        return sp.coo_array((values, (row, 1 - row)), shape=(3, 3))
    indptr = np.array([0, 1, len(values), len(values)])
    if fmt == "csr":
        return sp.csr_array((values, 1 - row, indptr), shape=(3, 3))
    return sp.csc_array((values, 1 - row, indptr), shape=(3, 3))


@pytest.mark.parametrize("fmt", ["csr", "csc", "coo"])
@pytest.mark.parametrize(
    ("values", "dtype", "is_edge"),
    [
        ([1, 1], float, True),
        ([1, -1], float, False),
        ([1, 0, -1], np.int8, False),
        ([1] * 256, np.int8, True),
        ([128, 128], np.uint8, True),
        ([True, True], bool, True),
    ],
    ids=["two", "cancel", "cancel-int8", "256-int8", "256-uint8", "bool"],
)
def test_repeated_entries_add_up_without_overflow(fmt, values, dtype, is_edge):
    X = repeated(values, dtype, fmt)
    dense = np.zeros((3, 3), int)
    dense[0, 1], dense[1, 0] = 1, is_edge
    adjacency, directed = read_adjacency(X)
    assert_clean(adjacency, dense.T if fmt == "csc" else dense)
    assert directed is (not is_edge)


def test_unsorted_columns_are_sorted():
    X = sp.csr_array((np.ones(3), np.array([2, 1, 0]), np.array([0, 2, 3, 3])), shape=(3, 3))
    assert_clean(read_adjacency(X)[0], [[0, 1, 1], [1, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_direction_is_read_or_checked(make):
    assert read_adjacency(make(EDGES))[1] is False
    assert read_adjacency(make(EDGES), False)[1] is False
    assert read_adjacency(make(EDGES), True)[1] is True
    # Weights and the diagonal have no say.
    assert read_adjacency(make(np.triu(EDGES) + 3 * np.tril(EDGES) + np.diag(range(5))))[1] is False
    assert read_adjacency(make(ARCS))[1] is True
    with pytest.raises(ValueError, match=r"directed=False, but the pattern of X is not symmetric"):
        read_adjacency(make(ARCS), False)
    # As many entries in each row as in each column is not enough.
    assert read_adjacency(make(np.roll(np.eye(4), 1, axis=1)))[1] is True


@pytest.mark.parametrize("value", [True, False], ids=["true", "false"])
def test_numpy_booleans_are_booleans(value):
    assert pattern_of(EDGES, np.bool_(value))[1] is value
    if value:
        assert pattern_of(ARCS, np.bool_(True))[1] is True


@pytest.mark.parametrize("kind", ["Graph", "MultiGraph", "DiGraph", "MultiDiGraph"])
def test_networkx_graphs_are_patterns(kind):
    names = ["e", "d", "c", "b", "a"]
    graph = getattr(networkx, kind)()
    graph.add_nodes_from(names)
    for tail, head in zip(*np.nonzero(ARCS), strict=True):
        # The weight is no count: 0 is an edge like any other.
        graph.add_edge(names[tail], names[head], weight=0)
    graph.add_edge(names[0], names[0])
    graph.add_edge(names[0], names[1], weight=float("nan"))
    is_directed = "Di" in kind
    adjacency, directed = read_adjacency(graph)
    assert_clean(adjacency, ARCS if is_directed else EDGES)
    assert directed is is_directed
    if is_directed:
        with pytest.raises(ValueError, match="not symmetric"):
            read_adjacency(graph, False)
    else:
        assert read_adjacency(graph, True)[1] is True


def test_networkx_graph_says_its_direction_even_when_symmetric():
    graph = networkx.DiGraph([(0, 1), (1, 0)])
    assert read_adjacency(graph)[1] is True
    assert read_adjacency(graph, False)[1] is False


@pytest.mark.parametrize("n", [0, 1])
def test_networkx_graph_without_a_pair_of_vertices_is_named(n):
    with pytest.raises(ValueError, match=f"X has {n} vertices, while a minimum of 2 is required"):
        read_adjacency(networkx.empty_graph(n))


@pytest.mark.parametrize(
    ("X", "directed", "message"),
    [
        (np.ones((3, 4)), "auto", r"square adjacency matrix, got shape \(3, 4\)"),
        (sp.csr_array((3, 4)), "auto", r"square adjacency matrix, got shape \(3, 4\)"),
        (np.ones((1, 1)), "auto", "1 sample"),
        (np.ones(4), "auto", "Expected 2D array"),
        (np.diag([np.nan, 0]), "auto", "NaN"),
        (sp.csr_array(np.diag([np.inf, 0], 1)), "auto", "infinity"),
        (ARCS * 1j, "auto", "[Cc]omplex"),
        (EDGES, "yes", "directed must be 'auto', True or False, got 'yes'"),
        (EDGES, None, "directed must be 'auto', True or False, got None"),
    ],
    ids=["oblong", "oblong-sparse", "one", "vector", "nan", "inf", "complex", "word", "none"],
)
def test_what_is_no_graph_is_named(X, directed, message):
    with pytest.raises(ValueError, match=message):
        read_adjacency(X, directed)


@pytest.mark.parametrize(("size", "most"), [(2, 62), (3, 39), (4, 31), (10, 18)])
def test_levels_of_exact_powers(size, most):
    for levels in range(1, most + 1):
        power = size**levels
        assert levels_for(power, size) == levels
        assert levels_for(power + 1, size) == levels + 1
        assert levels_for(power - 1, size) == (levels if levels == 1 or power - 1 > 1 else 1)
    assert levels_for(1, size) == 1


def test_levels_asked_for_are_checked():
    assert check_levels_hold("auto", 2, 1024) == 10
    assert check_levels_hold("auto", 2, 1025) == 11
    assert check_levels_hold(10, 2, 1024) == 10
    assert check_levels_hold(np.int64(12), 2, 1024) == 12
    assert type(check_levels_hold(np.int64(12), 2, 1024)) is int
    message = r"1025 vertices, more than the 1024 of n_levels=10 .* size 2: .* at least 11"
    with pytest.raises(ValueError, match=message):
        check_levels_hold(10, 2, 1025)
