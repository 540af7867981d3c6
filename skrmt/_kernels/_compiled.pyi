# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
from numpy.typing import NDArray

def levels() -> tuple[str, ...]: ...
def ternary_features(
    level: str,
    X: NDArray[np.floating],
    positions: NDArray[np.int32],
    signs: NDArray[np.floating],
    second_signs: NDArray[np.floating] | None,
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    rule: str,
    scale: float,
    n_components: int,
    out: NDArray,
) -> None: ...
def quantize(
    level: str,
    Y: NDArray[np.floating],
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    rule: str,
    scale: float,
    out: NDArray,
) -> None: ...
def packed_gram(
    level: str,
    A: NDArray[np.uint64],
    B: NDArray[np.uint64],
    planes: int,
    symmetric: bool,
    out: NDArray[np.int32],
) -> None: ...
def packed_sign_product(
    level: str,
    plane: NDArray[np.uint8],
    vectors: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
def swap_labels(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    in_indptr: NDArray[np.int64] | None,
    in_indices: NDArray[np.int32] | None,
    labels: NDArray[np.int32],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    initiator_size: int,
    n_levels: int,
    n_proposals: int,
    seed: int,
) -> int: ...
