# SPDX-License-Identifier: BSD-3-Clause
"""What a fit will take, before it is started (ours)."""

from numbers import Integral

from joblib import effective_n_jobs

from skrmt.cluster._graph_clustering import refuse_to_count
from skrmt.cluster._kernel_choice import check_countable, choose_kernel
from skrmt.cluster._sampled_rows import FEWEST_DIMENSIONS, SAMPLED_ROWS
from skrmt.cluster._sizes import check_sizes
from skrmt.cluster._tiles import SIDE
from skrmt.theory import phase_transition

# Products with the matrix that the Lanczos method is counted with, and vectors that it keeps.
_PRODUCTS, _VECTORS = 40, 40


def plan_fit(n_samples, n_features, parameters):
    """Predict memory, operations and accuracy.

    Parameters
    ----------
    n_samples, n_features : int
        Shape of the data.
    parameters : Bunch
        Parameters of the estimator, each valid.

    Returns
    -------
    dict
        The plan.

    Raises
    ------
    ValueError
        For a shape that is none, similarities that are given, and what `fit` raises whatever the
        data.
    """
    for name, value, least in (("n_samples", n_samples, 2), ("n_features", n_features, 1)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
    n_samples, n_features = int(n_samples), int(n_features)
    if parameters.affinity == "precomputed":
        raise ValueError(
            "affinity='precomputed' is planned by the similarities themselves; set affinity to "
            "'signed' or 'similarity' for the plan."
        )
    check_sizes(parameters, n_samples)
    wide = n_features >= FEWEST_DIMENSIONS
    if parameters.affinity == "signed" or (parameters.affinity == "auto" and wide):
        return _plan_signed(n_samples, n_features, parameters)
    refuse_to_count(parameters)
    return _plan_similarity(n_samples, n_features, parameters)


def _plan_signed(n_samples, n_features, parameters):
    """Plan a fit in signed mode."""
    # No data yet, so no pilot: the density that follows the data is not known.
    choice = choose_kernel(
        n_samples,
        parameters.kernel,
        parameters.density,
        parameters.n_bits,
        parameters.memory_limit,
        lambda: (0.0, float(n_features)),
    )
    if parameters.n_clusters == "auto":
        check_countable(n_samples, choice.entrywise.density)
    stored = choice.bytes_for(n_samples)
    entrywise = choice.entrywise
    # A look-up adds eight entries of a plane, a stored entry serves twice.
    per_product = stored if choice.packed else entrywise.density * n_samples**2
    return {
        "affinity": "signed",
        "kernel": choice.kernel,
        "density": entrywise.density,
        "kappa": entrywise.kappa,
        "gamma": phase_transition(n_features / n_samples, entrywise.kappa),
        "bytes": stored,
        "peak_bytes": stored + _bytes_of_work(n_samples, n_features, parameters),
        "flops": float(n_samples) ** 2 * n_features + _PRODUCTS * per_product,
    }


def _plan_similarity(n_samples, n_features, parameters):
    """Plan a fit in similarity mode, of which no theory knows more."""
    few = min(parameters.min_neighbors, n_samples - 1)
    degree = min(parameters.n_neighbors, n_samples / (3 * parameters.n_clusters)) + few
    stored = round(8 * degree * n_samples)
    return {
        "affinity": "similarity",
        "density": degree / n_samples,
        "bytes": stored,
        # While it is assembled, the graph, its mirror image and their union are there.
        "peak_bytes": 3 * stored + _bytes_of_work(n_samples, n_features, parameters),
        "flops": 1.25 * float(n_samples) ** 2 * n_features + _PRODUCTS * 2 * degree * n_samples,
    }


def _bytes_of_work(n_samples, n_features, parameters):
    """The float32 rows, the sampled pairs or the tiles of each worker, and the vectors."""
    sample = 9 * min(SAMPLED_ROWS, n_samples) ** 2
    tiles = 4 * effective_n_jobs(parameters.n_jobs) * 4 * min(SIDE, n_samples) ** 2
    return 4 * n_samples * n_features + max(sample, tiles) + 2 * _VECTORS * 4 * n_samples
