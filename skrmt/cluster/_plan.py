# SPDX-License-Identifier: BSD-3-Clause
"""What a fit will take, before it is started (ours)."""

from joblib import effective_n_jobs

from skrmt.cluster._kernel_choice import choose_kernel
from skrmt.cluster._tiles import SIDE
from skrmt.theory import phase_transition

# Products with the matrix that the Lanczos method is counted with, and vectors that it keeps.
_PRODUCTS, _VECTORS = 40, 40


def plan_signed(n_samples, n_features, parameters):
    """Plan a fit in signed mode.

    Parameters
    ----------
    n_samples, n_features : int
        Shape of the data.
    parameters : Bunch
        Parameters of the estimator.

    Returns
    -------
    dict
        Kernel, density, kappa, transition, bytes and operations.
    """
    # No data yet, so no pilot: the density that follows the data is not known.
    choice = choose_kernel(
        n_samples,
        parameters.kernel,
        parameters.density,
        parameters.n_bits,
        parameters.memory_limit,
        lambda: (0.0, float(n_features)),
    )
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


def plan_similarity(n_samples, n_features, parameters):
    """Plan a fit in similarity mode.

    Parameters
    ----------
    n_samples, n_features : int
        Shape of the data.
    parameters : Bunch
        Parameters of the estimator.

    Returns
    -------
    dict
        Density, bytes and operations; no kernel, as no theory applies.
    """
    few = min(parameters.min_neighbors, n_samples - 1)
    degree = min(parameters.n_neighbors, n_samples / (3 * parameters.n_clusters)) + few
    stored = round(8 * degree * n_samples)
    return {
        "affinity": "similarity",
        "density": degree / n_samples,
        "bytes": stored,
        # While it is assembled, the graph, its mirror image and their union are there.
        "peak_bytes": 3 * stored + _bytes_of_work(n_samples, n_features, parameters),
        "flops": 2 * float(n_samples) ** 2 * n_features + _PRODUCTS * 2 * degree * n_samples,
    }


def _bytes_of_work(n_samples, n_features, parameters):
    """The float32 rows, the tiles of each worker and the vectors."""
    tiles = 4 * effective_n_jobs(parameters.n_jobs) * 4 * min(SIDE, n_samples) ** 2
    return 4 * n_samples * n_features + tiles + 2 * _VECTORS * 4 * n_samples
