/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Metropolis sampling of the vertex labels of a Kronecker graph.
 */
#ifndef SKRMT_LABEL_SWAPS_H
#define SKRMT_LABEL_SWAPS_H

#include <stdint.h>

/* A probability (product over half of the digits of two labels) and its logarithm. */
typedef struct {
    double p, log_p;
} skrmt_cell;

typedef struct {
    int64_t n_vertices;        /* vertices that may have edges                                   */
    int64_t n_labels;          /* m^K; vertices from n_vertices on have no edges                 */
    const int64_t *indptr;     /* (n_vertices + 1): where the neighbours of a vertex begin       */
    const int32_t *indices;    /* heads of the edges, without loops                              */
    const int64_t *in_indptr;  /* the same for the tails, or NULL for an undirected graph        */
    const int32_t *in_indices;
    const skrmt_cell *high;    /* (m^(K/2))^2 cells: the upper K / 2 digits                      */
    const skrmt_cell *low;     /* (m^(K - K/2))^2 cells: the others                              */
    int64_t side_high, side_low;
    int32_t initiator_size, n_levels; /* m, K                                                    */
    int32_t *labels;           /* (n_labels): label of each vertex, a permutation, overwritten   */
} skrmt_label_task;

enum { SKRMT_NO_MEMORY = -1, SKRMT_NO_PERMUTATION = -2 };

/* Number of swaps made, or one of the above (both are found before the first swap). */
int64_t skrmt_swap_labels(const skrmt_label_task *task, int64_t n_proposals, uint64_t seed);

#endif
