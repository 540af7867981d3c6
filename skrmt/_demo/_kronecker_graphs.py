# SPDX-License-Identifier: BSD-3-Clause
"""Demo of the Kronecker graphs: digits as graphs of their ink, drawn graphs beside their law.

The features are those of a collection of real graphs, of which nothing is predicted. What theory
says is held against graphs drawn from known initiators, and the test of the model against a real
graph that is none of them.
"""

import time
from functools import partial, reduce

import numpy as np
from scipy.sparse.linalg import svds
from scipy.stats import chi2
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import kneighbors_graph
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from skrmt._demo._report import Measurement, Prediction, Report, mean_prediction
from skrmt.graph import (
    KroneckerGraphFeatures,
    KroneckerGraphInference,
    random_kronecker_graph,
    subgraph_counts,
)
from skrmt.theory import (
    SUBGRAPHS,
    attenuated_initiator,
    expected_subgraph_counts,
    kronecker_spectrum,
)

INK = 4  # least grey value of a pixel that is a vertex
INITIATOR = np.array([[0.99, 0.54], [0.54, 0.13]])  # sparse: 6000 edges on 4096 vertices
N_LEVELS = 12
N_DRAWS = 20
# Dense directed graphs, within 1 / sqrt(N) or so of constant, where the theory of the spectrum
# holds.
N_DENSE_LEVELS, N_DENSE_DRAWS = 10, 6
SPIKED = 0.8 + np.array([[-3.25, -1.25], [2.75, 1.75]]) / 2**5
SHUFFLED = 0.8 + np.array([[5.25, 2.25], [0.25, -7.75]]) / 2**5
SHARES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
REJECTED = 1e-3  # p-value of a model that is wrong


def ink_graph(image):
    """Graph of the pixels with ink, each joined to the up to eight that touch it.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        Grey values.

    Returns
    -------
    ndarray of shape (n_pixels, n_pixels), int8
        The adjacency matrix.
    """
    pixels = np.argwhere(image >= INK)
    distance = np.abs(pixels[:, None] - pixels).max(axis=2)
    return (distance == 1).astype(np.int8)


def _sizes(graphs):
    """Numbers of vertices and edges."""
    return np.array([[len(graph), graph.sum() / 2] for graph in graphs])


def _measure(name, features, split):
    graphs, graphs_test, y, y_test = split
    model = make_pipeline(features, StandardScaler(), SVC(C=10))
    start = time.perf_counter()
    model.fit(graphs, y)
    fitted = time.perf_counter()
    score = model.score(graphs_test, y_test)
    end = time.perf_counter()
    features.transform(graphs)
    seconds = time.perf_counter() - end
    return Measurement(name, score, fitted - start, end - fitted, seconds)


def _initiator_predictions(model):
    """The initiator that was drawn from, beside the fit."""
    return [
        Prediction(
            f"initiator, entry {a}{b}",
            INITIATOR[a, b],
            model.initiator_[a, b],
            4 * model.initiator_std_[a, b] / INITIATOR[a, b],
            f"4 standard errors told by the fit, {model.initiator_std_[a, b]:.4f} each",
        )
        for a, b in ((0, 0), (0, 1), (1, 1))
    ]


def _fit_of_a_drawn_graph(seed):
    graph = random_kronecker_graph(INITIATOR, N_LEVELS, random_state=seed)
    return KroneckerGraphInference(random_state=seed).fit(graph)


def _goodness_of_fit_predictions(statistics, left, other):
    """The test of the model, on graphs of the model and on another one."""
    n_fits = len(statistics)
    largest = float(chi2.isf(REJECTED, left * n_fits)) / n_fits
    return [
        Prediction(
            "J of a fit, counts less entries of the initiator",
            left,
            float(np.mean(statistics)),
            (largest - left) / left,
            f"nearly chi-squared; the mean of {n_fits} is {largest:.2f} or more once in "
            f"{1 / REJECTED:.0f} times",
        ),
        Prediction(
            "rejected: neighbors of the digits, no such model",
            1.0,
            float(other.gof_pvalue_ < REJECTED),
            0.0,
            f"p-value {other.gof_pvalue_:.2g}, rejected below {REJECTED}",
        ),
    ]


def _count_predictions():
    """Expected numbers of subgraphs, beside those of drawn graphs."""
    expected = expected_subgraph_counts(INITIATOR, N_LEVELS)
    counts = np.array(
        [
            subgraph_counts(random_kronecker_graph(INITIATOR, N_LEVELS, random_state=seed))
            for seed in range(N_DRAWS)
        ]
    )
    return [
        mean_prediction(f"number of {name.replace('_', ' ')}", mean, observed)
        for name, mean, observed in zip(SUBGRAPHS[False], expected, counts.T, strict=True)
    ]


def _leading_singular_value(matrix):
    """Largest singular value of (A - mean A) / sqrt(N)."""
    n = len(matrix)
    centred = (matrix - matrix.mean()) / np.sqrt(n)
    return float(svds(centred, 1, v0=np.ones(n), return_singular_vectors=False)[0])


def _spike_prediction():
    """The leading singular value of a dense graph."""
    law = kronecker_spectrum(SPIKED, N_DENSE_LEVELS)
    model = {"directed": True, "loops": True}
    observed = [
        _leading_singular_value(
            random_kronecker_graph(SPIKED, N_DENSE_LEVELS, random_state=seed, **model).toarray()
        )
        for seed in range(N_DENSE_DRAWS)
    ]
    # The theory is linear in the perturbation. What it leaves out is seen in the probabilities.
    signal = _leading_singular_value(reduce(np.kron, [SPIKED] * N_DENSE_LEVELS))
    shift = abs(signal + law.variance / signal - law.spikes[0])
    return mean_prediction(
        "leading singular value of a dense graph",
        law.spikes[0],
        observed,
        2 * shift,
        f", and twice the {shift / law.spikes[0]:.1%} by which what is not linear shifts it",
    )


def _effects(initiator):
    """Row and column effects of an initiator, and its interaction."""
    centred = initiator - initiator.mean()
    interaction = (initiator * [[1, -1], [-1, 1]]).mean() * np.array([[1, -1], [-1, 1]])
    return centred - interaction, interaction


def shares_left(initiator, truth):
    """Shares of the effects of an initiator that an estimate has.

    Parameters
    ----------
    initiator : ndarray of shape (2, 2)
        The estimate.
    truth : ndarray of shape (2, 2)
        The initiator.

    Returns
    -------
    main, interaction : float
        What is left of the effects of rows and columns, and of the interaction.
    """
    return tuple(
        float(np.sum(found * true) / np.sum(true**2))
        for found, true in zip(_effects(initiator), _effects(truth), strict=True)
    )


def _shuffled(graph, share, seed):
    """Exchange the places of some vertices."""
    rng = np.random.default_rng(seed)
    order = np.arange(graph.shape[0])
    chosen = rng.choice(len(order), round(share * len(order)), replace=False)
    order[chosen] = rng.permutation(chosen)
    return graph[order][:, order]


def _left_after_shuffling():
    """Shares of the effects that known-label fits find, shape (n_draws, n_shares, 2)."""
    left = np.zeros((N_DENSE_DRAWS, len(SHARES), 2))
    model = KroneckerGraphInference(solver="counts", n_bootstrap=0)
    for seed in range(N_DENSE_DRAWS):
        graph = random_kronecker_graph(SHUFFLED, N_DENSE_LEVELS, directed=True, random_state=seed)
        for i, share in enumerate(SHARES):
            found = model.fit(_shuffled(graph, share, seed)).initiator_
            left[seed, i] = shares_left(found, SHUFFLED)
    return left


def _attenuation_predictions(left):
    """What is left of an initiator when half of the labels are wrong."""
    middle = SHARES.index(0.5)
    n_vertices = 2**N_DENSE_LEVELS
    told = shares_left(attenuated_initiator(SHUFFLED, 0.5), SHUFFLED)
    # Loops are missing, and stay on the diagonal, as far as they are more than 1 of N cells.
    loops = (np.trace(SHUFFLED) / SHUFFLED.sum()) ** N_DENSE_LEVELS
    names = "row and column effects", "interaction"
    sizes = [np.abs(effect).max() for effect in _effects(SHUFFLED)]
    return [
        mean_prediction(
            f"{name} left, half of the labels wrong",
            told[k],
            left[:, middle, k],
            2 / n_vertices + loops * SHUFFLED.mean() / sizes[k],
            ", and what loops and a finite graph change at most",
        )
        for k, name in enumerate(names)
    ]


def _draw(left, axes):
    """Effects found with wrong labels, beside the law."""
    shares = np.linspace(0, 1, 100)
    for k, (name, colour) in enumerate([("rows and columns", "C0"), ("interaction", "C3")]):
        law = [shares_left(attenuated_initiator(SHUFFLED, f), SHUFFLED)[k] for f in shares]
        axes.plot(shares, law, color=colour, lw=1.2)
        found = left[:, :, k]
        axes.errorbar(
            SHARES,
            found.mean(axis=0),
            found.std(axis=0, ddof=1),
            color=colour,
            ls="none",
            marker="o",
            capsize=3,
            label=name,
        )
    axes.set_xlabel("share of the vertices with wrong labels")
    axes.set_ylabel("share of the effect that is found")
    axes.set_title("Kronecker graphs: points observed, lines theory")
    axes.grid(alpha=0.3)
    axes.legend()


def kronecker_graphs_report() -> Report:
    """Run the demo of KroneckerGraphFeatures and KroneckerGraphInference.

    Returns
    -------
    report : Report
        Accuracy and time of the features of digits as graphs beside their sizes alone; initiators,
        counts, spectrum and attenuation of drawn graphs, predicted and observed.
    """
    data = load_digits()
    graphs = [ink_graph(image) for image in data.images]
    split = train_test_split(graphs, data.target, random_state=0, stratify=data.target)
    KroneckerGraphFeatures().fit_transform(graphs[:10])  # what only the first call does
    measurements = [
        _measure(name, features, split)
        for name, features in {
            "KroneckerGraphFeatures": KroneckerGraphFeatures(),
            "the same, initiators alone": KroneckerGraphFeatures(counts=False),
            "numbers of vertices and edges": FunctionTransformer(_sizes),
        }.items()
    ]
    graph = random_kronecker_graph(INITIATOR, N_LEVELS, random_state=0)
    start = time.perf_counter()
    model = KroneckerGraphInference(random_state=0).fit(graph)
    seconds = time.perf_counter() - start
    fits = [model, *(_fit_of_a_drawn_graph(seed) for seed in range(1, N_DRAWS))]
    free = np.count_nonzero(np.triu(np.ones_like(INITIATOR)))
    neighbors = kneighbors_graph(data.data, 10)
    other = KroneckerGraphInference(random_state=0).fit((neighbors + neighbors.T) != 0)
    left = _left_after_shuffling()
    per_second = len(split[0]) / measurements[0].transform_seconds
    pixels, pixels_test, y, y_test = train_test_split(
        data.data, data.target, random_state=0, stratify=data.target
    )
    known = make_pipeline(StandardScaler(), SVC(C=10)).fit(pixels, y).score(pixels_test, y_test)
    return Report(
        f"Kronecker graphs: {len(graphs)} digits as graphs of their ink pixels, "
        f"{len(split[0])} for training, Pipeline(features, StandardScaler, SVC); below, drawn "
        f"graphs of {2**N_LEVELS} and {2**N_DENSE_LEVELS} vertices",
        measurements,
        [
            *_initiator_predictions(model),
            *_goodness_of_fit_predictions(
                [fit.gof_statistic_ for fit in fits], len(model.counts_) - free, other
            ),
            *_count_predictions(),
            _spike_prediction(),
            *_attenuation_predictions(left),
        ],
        [
            f"{per_second:,.0f} graphs a second. The features see neither where in the image the "
            f"ink is nor which pixel is which: an SVC of the pixels themselves has {known:.4f}.",
            f"The fit of the drawn graph of {graph.nnz // 2:,} edges, with "
            f"{model.n_bootstrap} bootstrap graphs, took {seconds:.2f} s.",
        ],
        partial(_draw, left),
    )
