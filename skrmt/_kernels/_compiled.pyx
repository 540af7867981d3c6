# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""Compiled kernels: arguments are checked here, the loops are plain C.

They are in ``ternary_level.c`` and ``label_swaps.c``.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

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
        void (*quantize_float)(const float *Y, const skrmt_ternary_task *task) noexcept nogil
        void (*quantize_double)(const double *Y, const skrmt_ternary_task *task) noexcept nogil
        void (*packed_gram)(const uint64_t *A, const uint64_t *B, int64_t n_a, int64_t n_b,
                            int64_t words, int planes, int symmetric, int32_t *out) noexcept nogil
        void (*packed_sign_product)(const uint8_t *plane, int64_t plane_stride, int64_t n_bytes,
                                    int64_t n_columns, const float *vectors,
                                    int64_t vector_stride, int64_t n_vectors, float *out,
                                    int64_t out_stride) noexcept nogil
    const skrmt_kernels *const *skrmt_available_kernels()

cdef extern from "label_swaps.h" nogil:
    enum:
        SKRMT_NO_MEMORY
        SKRMT_NO_PERMUTATION
    ctypedef struct skrmt_cell:
        double p
        double log_p
    ctypedef struct skrmt_label_task:
        int64_t n_vertices
        int64_t n_labels
        const int64_t *indptr
        const int32_t *indices
        const int64_t *in_indptr
        const int32_t *in_indices
        const skrmt_cell *high
        const skrmt_cell *low
        int64_t side_high
        int64_t side_low
        int32_t initiator_size
        int32_t n_levels
        int32_t *labels
    int64_t skrmt_swap_labels(const skrmt_label_task *task, int64_t n_proposals,
                              uint64_t seed) noexcept nogil

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


cdef int _fill(
    skrmt_ternary_task *task,
    int64_t n_samples,
    int64_t n_components,
    str rule,
    double scale,
    output[:, ::1] out,
) except -1:
    """What both kernels are told about the output."""
    cdef int64_t words = (n_components + 63) // 64
    cdef bint packed = output is uint64_t
    task.n_samples = n_samples
    task.n_components = n_components
    task.level_rule = LEVEL_RULES[rule]
    task.scale = scale
    if out.shape[0] != n_samples or out.shape[1] != (
        (words if rule == "even" else 2 * words) if packed else n_components
    ):
        raise ValueError("out has the wrong shape.")
    if output is float:
        task.output = SKRMT_FLOAT32
    elif output is double:
        task.output = SKRMT_FLOAT64
    elif output is uint64_t:
        task.output = SKRMT_PACKED
    else:
        task.output = SKRMT_INT8
    if n_samples > 0:
        task.out = &out[0, 0]
    task.out_stride = out.shape[1]
    return 0


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
    cdef int64_t b, j, n_blocks = positions.shape[0], size = positions.shape[1]
    # The C code trusts every size below.
    if size & (size - 1) or size == 0:
        raise ValueError(f"positions must have a power of two of columns, got {size}.")
    if n_blocks * size < n_components or (n_blocks - 1) * size >= n_components:
        raise ValueError(f"{n_blocks} blocks of {size} do not make {n_components} features.")
    if signs.shape[0] != n_blocks or signs.shape[1] != size:
        raise ValueError("signs and positions must have the same shape.")
    if second_signs is not None and (
        second_signs.shape[0] != n_blocks or second_signs.shape[1] != size
    ):
        raise ValueError("second_signs and positions must have the same shape.")
    if first.shape[0] != second.shape[0] or first.shape[0] < (n_blocks * size + 7) // 8 * 8:
        raise ValueError("first and second must cover all blocks, padded to a multiple of 8.")
    _fill(&task, X.shape[0], n_components, rule, scale, out)
    if X.shape[0] == 0:
        return
    for b in range(n_blocks):
        for j in range(size):
            if positions[b, j] < 0 or positions[b, j] > X.shape[1]:
                raise ValueError(f"positions[{b}, {j}] is not a column of X.")
    task.n_features = X.shape[1]
    task.n_blocks = n_blocks
    task.block_size = size
    task.positions = &positions[0, 0]
    task.signs = &signs[0, 0]
    task.second_signs = NULL
    if second_signs is not None:
        task.second_signs = &second_signs[0, 0]
    task.first = &first[0]
    task.second = &second[0]
    with nogil:
        if real is float:
            failed = kernels.ternary_float(&X[0, 0], &task)
        else:
            failed = kernels.ternary_double(&X[0, 0], &task)
    if failed:
        raise MemoryError("no memory for the buffers of one tile of samples.")


def quantize(
    str level,
    const real[:, ::1] Y,
    const real[::1] first,
    const real[::1] second,
    str rule,
    double scale,
    output[:, ::1] out,
):
    """See ``skrmt._kernels._numpy.quantize``; `level` picks the instruction set."""
    cdef const skrmt_kernels *kernels = _find(level)
    cdef skrmt_ternary_task task
    if first.shape[0] != Y.shape[1] or second.shape[0] != Y.shape[1]:
        raise ValueError("first and second must have an entry for each column of Y.")
    _fill(&task, Y.shape[0], Y.shape[1], rule, scale, out)
    if Y.shape[0] == 0 or Y.shape[1] == 0:
        return
    task.first = &first[0]
    task.second = &second[0]
    with nogil:
        if real is float:
            kernels.quantize_float(&Y[0, 0], &task)
        else:
            kernels.quantize_double(&Y[0, 0], &task)


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


cdef int64_t _stride(const char *name, Py_ssize_t *shape, Py_ssize_t *strides, int size) except? -1:
    """Entries between two rows, whose own entries must lie side by side."""
    cdef bint gaps = shape[1] > 1 and strides[1] != size
    if gaps or (shape[0] > 1 and (strides[0] < size * shape[1] or strides[0] % size)):
        raise ValueError(f"the rows of {name.decode()} must be contiguous and in order.")
    return strides[0] // size


def packed_sign_product(
    str level, const uint8_t[:, :] plane, const float[:, :] vectors, float[:, :] out
):
    """See ``skrmt._kernels._numpy.packed_sign_product``; `level` picks the instruction set."""
    cdef const skrmt_kernels *kernels = _find(level)
    if vectors.shape[1] != 8 * plane.shape[0]:
        raise ValueError(
            f"vectors must have 8 entries for each of {plane.shape[0]} rows of bytes, got "
            f"{vectors.shape[1]}."
        )
    if out.shape[0] != vectors.shape[0] or out.shape[1] != plane.shape[1]:
        raise ValueError(f"out must have shape {(vectors.shape[0], plane.shape[1])}.")
    cdef int64_t plane_stride = _stride("plane", plane.shape, plane.strides, 1)
    cdef int64_t vector_stride = _stride("vectors", vectors.shape, vectors.strides, sizeof(float))
    cdef int64_t out_stride = _stride("out", out.shape, out.strides, sizeof(float))
    if vectors.shape[0] == 0 or plane.shape[1] == 0:
        return
    if plane.shape[0] == 0:
        out[:, :] = 0
        return
    with nogil:
        kernels.packed_sign_product(
            &plane[0, 0], plane_stride, plane.shape[0], plane.shape[1], &vectors[0, 0],
            vector_stride, vectors.shape[0], &out[0, 0], out_stride,
        )


cdef int _check_rows(const int64_t[::1] indptr, const int32_t[::1] indices) except -1:
    """The rows of a graph: the C code follows every index."""
    cdef int64_t v, e, n = indptr.shape[0] - 1
    if n < 0 or indptr[0] != 0 or indptr[n] != indices.shape[0]:
        raise ValueError("indptr must begin with 0 and end with the number of indices.")
    for v in range(n):
        if indptr[v + 1] < indptr[v]:
            raise ValueError(f"indptr must not decrease, but does behind vertex {v}.")
    for e in range(indices.shape[0]):
        if indices[e] < 0 or indices[e] >= n:
            raise ValueError(f"indices[{e}] is not one of the {n} vertices.")
    return 0


cdef int _check_table(str name, const double[:, :, ::1] table, int64_t side) except -1:
    if table.shape[0] != side or table.shape[1] != side or table.shape[2] != 2:
        raise ValueError(f"{name} must have shape {(side, side, 2)}.")
    return 0


def swap_labels(
    const int64_t[::1] indptr,
    const int32_t[::1] indices,
    const int64_t[::1] in_indptr,
    const int32_t[::1] in_indices,
    int32_t[::1] labels,
    const double[:, :, ::1] high,
    const double[:, :, ::1] low,
    int32_t initiator_size,
    int32_t n_levels,
    int64_t n_proposals,
    uint64_t seed,
):
    """See ``skrmt._kernels._label_swaps.swap_labels``; one build serves all instruction sets."""
    cdef skrmt_label_task task
    cdef int64_t result
    if initiator_size < 2 or n_levels < 1:
        raise ValueError(f"{n_levels} digits to the base {initiator_size} are no labels.")
    # Vertices are 32-bit integers, and half a label has 16 bits.
    cdef object size = initiator_size, n_low = n_levels - n_levels // 2
    if n_levels > 31 or size ** n_levels >= 1 << 31 or size ** n_low > 1 << 16:
        raise ValueError(f"{initiator_size}^{n_levels} labels are too many for 32-bit integers.")
    cdef int64_t n_labels = size ** n_levels
    _check_table("high", high, size ** (n_levels - n_low))
    _check_table("low", low, size ** n_low)
    if labels.shape[0] != n_labels:
        raise ValueError(f"labels must have length {n_labels}, got {labels.shape[0]}.")
    if indptr.shape[0] - 1 > labels.shape[0]:
        raise ValueError(f"{indptr.shape[0] - 1} vertices have no labels among {labels.shape[0]}.")
    _check_rows(indptr, indices)
    task.in_indptr = NULL
    task.in_indices = NULL
    if in_indptr is not None:
        if in_indptr.shape[0] != indptr.shape[0] or in_indices.shape[0] != indices.shape[0]:
            raise ValueError("in_indptr and in_indices must be as long as indptr and indices.")
        _check_rows(in_indptr, in_indices)
        task.in_indptr = &in_indptr[0]
        task.in_indices = &in_indices[0] if in_indices.shape[0] else NULL
    task.n_vertices = indptr.shape[0] - 1
    task.n_labels = labels.shape[0]
    task.indptr = &indptr[0]
    task.indices = &indices[0] if indices.shape[0] else NULL
    task.high = <const skrmt_cell *>&high[0, 0, 0]
    task.low = <const skrmt_cell *>&low[0, 0, 0]
    task.side_high = high.shape[0]
    task.side_low = low.shape[0]
    task.initiator_size = initiator_size
    task.n_levels = n_levels
    task.labels = &labels[0]
    with nogil:
        result = skrmt_swap_labels(&task, n_proposals, seed)
    if result == SKRMT_NO_MEMORY:
        raise MemoryError(f"no memory for the owners of {labels.shape[0]} labels.")
    if result == SKRMT_NO_PERMUTATION:
        raise ValueError(f"labels must be a permutation of the numbers below {labels.shape[0]}.")
    return result
