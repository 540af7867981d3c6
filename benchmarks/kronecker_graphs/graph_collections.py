# SPDX-License-Identifier: BSD-3-Clause
"""Collections of graphs: speed of the features, and what classifiers make of them.

Accuracy is by ten stratified folds, the same for all. The support vector machine has its penalty
and the width of its kernel chosen by three folds inside the training part; the forest has 300
trees. The peers are features without a model: size, histogram of degrees up to 10, and shares of
the vertex labels, which ours do not see.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from benchmarks.columns import filled
from benchmarks.graph_data import load_collection
from benchmarks.isolation import run_isolated
from benchmarks.one_thread import one_thread, run_on_one_thread
from benchmarks.problems import at_hand
from benchmarks.timing import time_in_turns
from skrmt.graph import KroneckerGraphFeatures

NAMES = ("mutag", "proteins", "enzymes", "imdb_binary")
QUICK_NAMES, QUICK_GRAPHS = ("mutag",), 200
WITHOUT_LABELS = ("imdb_binary",)
N_ROUNDS, N_FOLDS, N_TREES, QUICK_FOLDS, QUICK_TREES = 5, 10, 300, 3, 50
GRID = {"svc__C": [1, 10, 100], "svc__gamma": [0.03, 0.1, 0.3, 1]}
MOST_DEGREE = 10

OURS = ("initiator and counts", "initiator")
SIZE = "n, E"
DEGREES, LABELS = "n, E, degrees", "n, E, degrees, vertex labels"
CLASSIFIERS = ("forest", "SVC")

COLUMNS = (
    *("study", "collection", "graphs", "classes", "method", "classifier", "threads"),
    *("rounds", "cpu_median_s", "cpu_min_s", "wall_median_s", "wall_min_s"),
    *("accuracy", "accuracy_sd", "folds"),
)


def run(quick):
    """Rows of all collections at hand: times one after the other, accuracies side by side."""
    names = [name for name in (QUICK_NAMES if quick else NAMES) if at_hand(f"gc_{name}")]
    for name in names:
        print(f"  collections: speed, {name}", file=sys.stderr)
        yield from run_on_one_thread(speed, name=name, quick=quick)

    def measured(task):
        name, features = task
        rows = run_isolated(accuracy, name=name, features=features, quick=quick)
        print(f"  collections: accuracy, {name}, {features}", file=sys.stderr)
        return rows

    tasks = [
        (name, features)
        for name in names
        for features in (*OURS, SIZE, DEGREES, LABELS)
        if features != LABELS or name not in WITHOUT_LABELS
    ]
    with one_thread(), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        for rows in pool.map(measured, tasks):
            yield from rows


def read(name, quick):
    """Graphs, classes and labels of the vertices; of a quick run some."""
    graphs, y, labels = load_collection(name)
    if quick:
        chosen = np.random.default_rng(0).permutation(len(y))[:QUICK_GRAPHS]
        return [graphs[i] for i in chosen], y[chosen], [labels[i] for i in chosen]
    return graphs, y, labels


def speed(name, quick):
    """Row of the time of `transform`."""
    graphs, y, _ = read(name, quick)
    features = KroneckerGraphFeatures().fit(graphs)
    task = {name: partial(features.transform, graphs)}
    time_in_turns(task, 1)
    row = {
        "study": "speed",
        "collection": name,
        "graphs": len(graphs),
        "classes": len(np.unique(y)),
        "method": OURS[0],
        "threads": 1,
        **time_in_turns(task, N_ROUNDS)[name].columns(),
    }
    yield from filled(COLUMNS, [row])


def accuracy(name, features, quick):
    """Rows of one kind of features, one for each classifier."""
    graphs, y, labels = read(name, quick)
    if features == LABELS:
        graphs = list(zip(graphs, labels, strict=True))
        most = max(values.max() for values in labels)
        transformer = FunctionTransformer(plain, kw_args={"degrees": True, "most_label": most})
    elif features in OURS:
        transformer = KroneckerGraphFeatures(counts=features == OURS[0])
    else:
        transformer = FunctionTransformer(plain, kw_args={"degrees": features == DEGREES})
    folds = StratifiedKFold(QUICK_FOLDS if quick else N_FOLDS, shuffle=True, random_state=0)
    for classifier in CLASSIFIERS:
        if classifier == "forest":
            last = RandomForestClassifier(QUICK_TREES if quick else N_TREES, random_state=0)
        else:
            inner = StratifiedKFold(3, shuffle=True, random_state=0)
            last = GridSearchCV(make_pipeline(StandardScaler(), SVC()), GRID, cv=inner)
        scores = cross_val_score(make_pipeline(transformer, last), graphs, y, cv=folds)
        row = {
            "study": "accuracy",
            "collection": name,
            "graphs": len(graphs),
            "classes": len(np.unique(y)),
            "method": features,
            "classifier": classifier,
            "threads": 1,
            "accuracy": round(float(scores.mean()), 5),
            "accuracy_sd": round(float(scores.std()), 5),
            "folds": len(scores),
        }
        yield from filled(COLUMNS, [row])


def plain(graphs, degrees=False, most_label=None):
    """Features without a model.

    Parameters
    ----------
    graphs : list of csr_array, or of pairs of one and an ndarray
        The graphs, with the labels of their vertices if `most_label` is given.
    degrees : bool, default=False
        Whether the histogram of the degrees belongs to them.
    most_label : int, default=None
        Largest label of a vertex, for the shares of the labels.

    Returns
    -------
    features : ndarray of shape (n_graphs, n_features)
        Numbers of vertices and edges, and what was asked for.
    """
    rows = []
    for graph in graphs:
        graph, labels = (graph, None) if most_label is None else graph
        degree = np.diff(graph.indptr)
        row = [[len(degree), degree.sum() / 2]]
        if degrees:
            capped = np.minimum(degree, MOST_DEGREE)
            row.append(np.bincount(capped, minlength=MOST_DEGREE + 1) / len(degree))
        if labels is not None:
            row.append(np.bincount(labels, minlength=most_label + 1) / len(degree))
        rows.append(np.concatenate(row))
    return np.array(rows)
