/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What one instruction set offers: the same functions, compiled from the same source.
 */
#ifndef SKRMT_TERNARY_H
#define SKRMT_TERNARY_H

#include <stdint.h>

/* How a projection y of feature j becomes a level in {-1, 0, 1}. */
enum { SKRMT_ODD = 0, SKRMT_EVEN = 1, SKRMT_PHASE = 2 };

/* What is written for a level. */
enum { SKRMT_INT8 = 0, SKRMT_FLOAT32 = 1, SKRMT_FLOAT64 = 2, SKRMT_PACKED = 3 };

typedef struct {
    int64_t n_samples, n_features, n_components;
    int64_t n_blocks;         /* blocks of features that share their input coordinates        */
    int64_t block_size;       /* q: features of a block, a power of two                       */
    const int32_t *positions; /* (n_blocks, q): coordinates; n_features stands for none       */
    const void *signs;        /* (n_blocks, q): +0.0 or -0.0 in the type of X; -0.0 negates   */
    const void *second_signs; /* (n_blocks, q): the same for a second round, or NULL          */
    const void *first;        /* (n_blocks q): lower threshold, or slope of the phase         */
    const void *second;       /* (n_blocks q): upper threshold, or offset of the phase        */
    int level_rule;           /* SKRMT_ODD, SKRMT_EVEN, SKRMT_PHASE                           */
    int output;               /* SKRMT_INT8 ... SKRMT_PACKED                                  */
    double scale;             /* factor of the levels for float output                        */
    void *out;                /* first row of the output                                      */
    int64_t out_stride;       /* elements between two rows of the output                      */
} skrmt_ternary_task;

typedef struct {
    const char *name;
    int (*ternary_float)(const float *X, const skrmt_ternary_task *task);
    int (*ternary_double)(const double *X, const skrmt_ternary_task *task);
    void (*quantize_float)(const float *Y, const skrmt_ternary_task *task);
    void (*quantize_double)(const double *Y, const skrmt_ternary_task *task);
    void (*packed_gram)(const uint64_t *A, const uint64_t *B, int64_t n_a, int64_t n_b,
                        int64_t words, int planes, int symmetric, int32_t *out);
    void (*packed_sign_product)(const uint8_t *plane, int64_t plane_stride, int64_t n_bytes,
                                int64_t n_columns, const float *vectors, int64_t vector_stride,
                                int64_t n_vectors, float *out, int64_t out_stride);
} skrmt_kernels;

/* The best instruction set of this machine is first; ends with NULL. */
const skrmt_kernels *const *skrmt_available_kernels(void);

#endif
