# SPDX-License-Identifier: BSD-3-Clause
from itertools import pairwise

import networkx
import numpy as np
import pytest
import scipy.sparse as sp
from kronecker_graphs import random_initiator

from skrmt.graph._graph_collection import read_collection


def random_matrix(n, directed, seed):
    dense = np.random.default_rng(seed).random((n, n)) < 0.4
    np.fill_diagonal(dense, False)
    return (dense if directed else dense | dense.T).astype(int)


def blocks(collection):
    """Take the collection apart again, and check that nothing is between the blocks."""
    dense, ptr = collection.adjacency.toarray(), collection.graph_ptr
    found = []
    for begin, end in pairwise(ptr):
        found.append(dense[begin:end, begin:end].copy())
        dense[begin:end, begin:end] = 0
    assert not dense.any()
    return found


def forms_of(dense):
    """One graph as users hold it."""
    weights = np.random.default_rng(0).uniform(1, 2, dense.shape)
    loops = np.eye(len(dense))
    forms = [dense, dense.astype(bool), dense.tolist(), dense * -weights + loops]
    for fmt in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        forms += [sp.csr_array(dense).asformat(fmt), sp.csr_matrix(dense).asformat(fmt)]
    return forms


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_graphs_of_all_forms_are_read_alike(directed):
    graphs, expected = [], []
    for seed, n in enumerate([4, 1, 7, 2]):
        dense = random_matrix(n, directed, seed)
        forms = forms_of(dense)
        graphs += forms
        expected += [dense] * len(forms)
    collection = read_collection(graphs, directed)
    adjacency = collection.adjacency
    assert isinstance(adjacency, sp.csr_array)
    assert adjacency.dtype == np.int8
    assert (adjacency.data == 1).all()
    assert adjacency.has_sorted_indices
    assert collection.graph_ptr.dtype == np.int64
    assert collection.graph_ptr.tolist() == np.cumsum([0] + [len(g) for g in expected]).tolist()
    for found, dense in zip(blocks(collection), expected, strict=True):
        np.testing.assert_array_equal(found, dense)


def test_networkx_graphs_and_matrices_mix():
    path, edge = np.eye(3, k=1) + np.eye(3, k=-1), np.ones((2, 2))
    multi = networkx.MultiGraph([("a", "b"), ("a", "b"), ("b", "b")])
    graphs = [networkx.path_graph(3), edge, multi, networkx.empty_graph(1), sp.coo_array(path)]
    expected = [path, edge - np.eye(2), edge - np.eye(2), np.zeros((1, 1)), path]
    for found, dense in zip(blocks(read_collection(graphs, False)), expected, strict=True):
        np.testing.assert_array_equal(found, dense)
    arcs = networkx.DiGraph([(0, 1), (1, 2)])
    np.testing.assert_array_equal(blocks(read_collection([arcs], True))[0], np.eye(3, k=1))
    with pytest.raises(ValueError, match=r"X\[1\] is not symmetric: set directed=True"):
        read_collection([graphs[0], arcs], False)


def test_empty_blocks_keep_their_vertices():
    graphs = [np.zeros((3, 3)), np.ones((2, 2)), sp.csr_array((4, 4)), np.zeros((1, 1))]
    collection = read_collection(graphs, False)
    assert collection.graph_ptr.tolist() == [0, 3, 5, 9, 10]
    assert collection.adjacency.shape == (10, 10)
    assert [int(block.sum()) for block in blocks(collection)] == [0, 2, 0, 0]


def test_repeated_entries_add_up():
    ends = (np.repeat([0, 1], 256), np.repeat([1, 0], 256))
    many = sp.coo_array((np.ones(512, np.int8), ends), shape=(2, 2))
    cancelled = sp.coo_array((np.array([1, -1, 1, -1]), ([0, 0, 1, 1], [1, 1, 0, 0])), shape=(2, 2))
    zero = sp.coo_array((np.zeros(1), ([0], [1])), shape=(2, 2))
    found = blocks(read_collection([many, cancelled, zero], False))
    assert [block.tolist() for block in found] == [[[0, 1], [1, 0]]] + [[[0, 0], [0, 0]]] * 2


@pytest.mark.parametrize(
    "make",
    [list, tuple, np.stack, lambda graphs: np.array([*graphs, None], dtype=object)[:-1]],
    ids=["list", "tuple", "stack", "objects"],
)
def test_any_list_of_graphs_will_do(make):
    graphs = [random_matrix(3, True, seed) for seed in range(4)]
    for found, dense in zip(blocks(read_collection(make(graphs), True)), graphs, strict=True):
        np.testing.assert_array_equal(found, dense)


GOOD = np.ones((3, 3))


@pytest.mark.parametrize(
    ("graphs", "error", "message"),
    [
        ([GOOD, np.ones((2, 3))], ValueError, r"X\[1\] must be a square .* shape \(2, 3\)"),
        ([GOOD, sp.csr_array((2, 3))], ValueError, r"X\[1\] must be a square .* shape \(2, 3\)"),
        ([GOOD, GOOD, np.ones((0, 0))], ValueError, r"X\[2\] .* at least one vertex"),
        ([GOOD, np.ones(3)], TypeError, r"X\[1\] must be a square matrix of real"),
        ([GOOD, np.array([["a"]])], TypeError, r"X\[1\] must be .* dtype <U1"),
        ([GOOD, GOOD * np.nan], ValueError, r"X\[1\] holds nan or infinity"),
        ([GOOD, sp.csr_array(GOOD * np.inf), GOOD], ValueError, r"X\[1\] holds nan or infinity"),
        ([GOOD, np.diag([np.nan, 0])], ValueError, r"X\[1\] holds nan or infinity"),
        ([GOOD, GOOD, np.eye(2, k=1)], ValueError, r"X\[2\] is not symmetric: set directed=True"),
        ([], ValueError, "X has 0 graphs, while a minimum of 1 is required"),
        (GOOD, ValueError, r"list of graphs, got an array of shape \(3, 3\)"),
        (sp.csr_array(GOOD), TypeError, r"list of graphs, got one csr_array: pass \[X\]"),
        ("graph", TypeError, "list of graphs, got one str"),
        ({0: GOOD}, TypeError, "list of graphs, got one dict"),
        (7, TypeError, "list of graphs, got int"),
        (None, TypeError, "list of graphs, got NoneType"),
    ],
    ids=[
        *["oblong", "oblong-sparse", "none", "vector", "text", "nan", "inf-sparse", "nan-diagonal"],
        *["asymmetric", "no-graph", "matrix", "sparse", "str", "dict", "int", "None"],
    ],
)
def test_what_is_no_collection_is_named_with_its_place(graphs, error, message):
    with pytest.raises(error, match=message):
        read_collection(graphs, False)


def test_a_single_networkx_graph_is_no_list():
    with pytest.raises(TypeError, match=r"list of graphs, got one Graph: pass \[X\]"):
        read_collection(networkx.path_graph(3), False)
    with pytest.raises(ValueError, match=r"X\[1\] has no vertex"):
        read_collection([networkx.path_graph(3), networkx.Graph()], False)


def test_input_is_left_as_it_was():
    dense = random_initiator(4, False, np.random.default_rng(0))
    sparse = sp.csr_array(dense)
    data = sparse.data.copy()
    before = dense.copy()
    read_collection([dense, sparse], False)
    np.testing.assert_array_equal(dense, before)
    np.testing.assert_array_equal(sparse.data, data)


def test_many_graphs_in_one():
    graphs = [random_matrix(n % 7 + 1, True, n) for n in range(500)]
    collection = read_collection([sp.csr_array(graph) for graph in graphs], True)
    for found, dense in zip(blocks(collection), graphs, strict=True):
        np.testing.assert_array_equal(found, dense)
