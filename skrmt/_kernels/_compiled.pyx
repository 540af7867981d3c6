# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""Compiled kernels: arguments are checked here, the loops are plain C (``ternary_level.c``)."""

from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "ternary.h" nogil:
    enum:
        SKRMT_INT8
        SKRMT_FLOAT32
        SKRMT_FLOAT64
        SKRMT_PACKED
    ctypedef struct skrmt_ternary_task:
        int64_t n_samples
        int64_t n_features
        int64_t n_components
        int64_t n_blocks
        int64_t block_inputs
        int64_t block_size
        const int32_t *positions
        const void *signs
        const void *second_signs
        const void *first
        const void *second
        int level_rule
        int output
        double scale
        void *out
        int64_t out_stride
    ctypedef struct skrmt_kernels:
        const char *name
        int (*ternary_float)(const float *X, const skrmt_ternary_task *task) noexcept nogil
        int (*ternary_double)(const double *X, const skrmt_ternary_task *task) noexcept nogil
        void (*packed_gram)(const uint64_t *A, const uint64_t *B, int64_t n_a, int64_t n_b,
                            int64_t words, int planes, int symmetric, int32_t *out) noexcept nogil
    const skrmt_kernels *const *skrmt_available_kernels()

ctypedef fused real:
    float
    double

ctypedef fused output:
    signed char
    float
    double
    uint64_t

LEVEL_RULES = {"odd": 0, "even": 1, "phase": 2}


def levels():
    """Names of the instruction sets that this machine can run, best first."""
    cdef const skrmt_kernels *const *kernels = skrmt_available_kernels()
    names = []
    cdef int i = 0
    while kernels[i] != NULL:
        names.append(kernels[i].name.decode())
        i += 1
    return tuple(names)


cdef const skrmt_kernels *_find(str level) except NULL:
    cdef const skrmt_kernels *const *kernels = skrmt_available_kernels()
    cdef int i = 0
    while kernels[i] != NULL:
        if kernels[i].name.decode() == level:
            return kernels[i]
        i += 1
    raise ValueError(f"level={level!r} is not available; this machine runs {levels()}.")


def ternary_features(
    str level,
    const real[:, ::1] X,
    const int32_t[:, ::1] positions,
    const real[:, ::1] signs,
    const real[:, ::1] second_signs,
    const real[::1] first,
    const real[::1] second,
    str rule,
    double scale,
    int64_t n_components,
    output[:, ::1] out,
):
    """See ``skrmt._kernels._numpy.ternary_features``; `level` picks the instruction set."""
    cdef const skrmt_kernels *kernels = _find(level)
    cdef skrmt_ternary_task task
    cdef int failed
    cdef bint packed = output is uint64_t
    cdef int64_t size, n_features = X.shape[1], words = (n_components + 63) // 64
    task.n_samples = X.shape[0]
    task.n_features = n_features
    task.n_components = n_components
    task.n_blocks = positions.shape[0]
    task.block_inputs = positions.shape[1]
    size = 1
    while size < (task.block_inputs if second_signs is None else second_signs.shape[1]):
        size *= 2
    task.block_size = size
    task.level_rule = LEVEL_RULES[rule]
    # The C code trusts every size below.
    if task.n_blocks * size < n_components or (task.n_blocks - 1) * size >= n_components:
        raise ValueError(f"{task.n_blocks} blocks of {size} do not make {n_components} features.")
    if signs.shape[0] != task.n_blocks or signs.shape[1] != task.block_inputs:
        raise ValueError("signs and positions must have the same shape.")
    if second_signs is not None and (
        second_signs.shape[0] != task.n_blocks
        or second_signs.shape[1] != size
        or size < task.block_inputs
    ):
        raise ValueError(
            f"second_signs must have {task.n_blocks} rows and a power of two of columns, at least "
            f"{task.block_inputs}."
        )
    if first.shape[0] != second.shape[0] or first.shape[0] < (task.n_blocks * size + 7) // 8 * 8:
        raise ValueError("first and second must cover all blocks, padded to a multiple of 8.")
    if out.shape[0] != task.n_samples or out.shape[1] != (
        (words if rule == "even" else 2 * words) if packed else n_components
    ):
        raise ValueError("out has the wrong shape.")
    if task.n_samples == 0:
        return
    cdef int64_t b, j
    for b in range(task.n_blocks):
        for j in range(task.block_inputs):
            if positions[b, j] < 0 or positions[b, j] >= n_features:
                raise ValueError(f"positions[{b}, {j}] is not a column of X.")
    if output is float:
        task.output = SKRMT_FLOAT32
    elif output is double:
        task.output = SKRMT_FLOAT64
    elif output is uint64_t:
        task.output = SKRMT_PACKED
    else:
        task.output = SKRMT_INT8
    task.positions = &positions[0, 0]
    task.signs = &signs[0, 0]
    task.second_signs = NULL
    if second_signs is not None:
        task.second_signs = &second_signs[0, 0]
    task.first = &first[0]
    task.second = &second[0]
    task.scale = scale
    task.out = &out[0, 0]
    task.out_stride = out.shape[1]
    with nogil:
        if real is float:
            failed = kernels.ternary_float(&X[0, 0], &task)
        else:
            failed = kernels.ternary_double(&X[0, 0], &task)
    if failed:
        raise MemoryError("no memory for the buffers of one tile of samples.")


def packed_gram(
    str level,
    const uint64_t[:, ::1] A,
    const uint64_t[:, ::1] B,
    int planes,
    bint symmetric,
    int32_t[:, ::1] out,
):
    """See ``skrmt._kernels._numpy.packed_gram``; `level` picks the instruction set."""
    cdef const skrmt_kernels *kernels = _find(level)
    if planes not in (1, 2) or A.shape[1] % planes or A.shape[1] != B.shape[1]:
        raise ValueError("A and B must hold the same number of words in one or two planes.")
    if out.shape[0] != A.shape[0] or out.shape[1] != B.shape[0]:
        raise ValueError(f"out must have shape {(A.shape[0], B.shape[0])}.")
    if A.shape[0] == 0 or B.shape[0] == 0:
        return
    with nogil:
        kernels.packed_gram(
            &A[0, 0], &B[0, 0], A.shape[0], B.shape[0], A.shape[1] // planes, planes, symmetric,
            &out[0, 0],
        )
