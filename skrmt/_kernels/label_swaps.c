/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Metropolis sampling of the vertex labels of a Kronecker graph: one swap of two labels after the
 * other. The change of the log-posterior runs over the edges at the two vertices,
 *     sum log P' - log P - log(1 - P') + log(1 - P);
 * the logarithms of P are sums of two table entries, and the factors 1 - P are multiplied up, so
 * that an edge costs no logarithm. Plain C, the same for every instruction set: the rows are short,
 * and what takes the time is fetching.
 */
#include <math.h>
#include <stdlib.h>

#include "label_swaps.h"

/* xoshiro256++ of Blackman and Vigna (2021), seeded by splitmix64. */
typedef struct {
    uint64_t s[4];
} generator;

static void seed_generator(generator *g, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        g->s[i] = z ^ (z >> 31);
    }
}

static inline uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static inline uint64_t draw(generator *g) {
    uint64_t *s = g->s;
    const uint64_t result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* An integer below n from 32 random bits. Not exactly uniform, and it need not be: the pair of
   labels is drawn without a look at who has them, so that every law of pairs makes a symmetric
   proposal. */
static inline uint32_t below(uint32_t bits, uint64_t n) { return (uint32_t)((bits * n) >> 32); }

/* `label` with the digit at one position changed to another. */
static inline uint32_t change_digit(uint32_t label, uint32_t power, uint32_t size, uint32_t bits) {
    if (size == 2) return label ^ power;
    const uint32_t digit = label / power % size;
    const uint32_t other = (digit + 1 + below(bits, size - 1)) % size;
    return label + (other - digit) * power; /* modulo 2^32 */
}

/* One proposal in ten is uniform; of the others, half change one digit and half two. */
static inline uint32_t propose(generator *g, uint32_t label, const skrmt_label_task *task,
                               const uint32_t *powers, uint32_t kind) {
    const uint32_t n_levels = (uint32_t)task->n_levels, size = (uint32_t)task->initiator_size;
    const uint64_t bits = draw(g);
    if (kind < 429496730u) /* 2^32 / 10 */
        return below((uint32_t)(bits >> 32), (uint64_t)task->n_labels);
    const uint32_t position = below((uint32_t)(bits >> 32), n_levels);
    label = change_digit(label, powers[position], size, (uint32_t)bits);
    if (kind < 2362232013u || n_levels == 1) return label; /* 0.55 2^32 */
    const uint64_t more = draw(g);
    uint32_t second = below((uint32_t)(more >> 32), n_levels - 1);
    second += second >= position;
    return change_digit(label, powers[second], size, (uint32_t)more);
}

/* A label is kept as its two halves, side by side. */
typedef uint32_t halves;

static inline halves split(uint32_t label, uint32_t side_low) {
    return label / side_low << 16 | label % side_low;
}

/* Old over new: differences of log P summed, and the factors 1 - P of the two. */
typedef struct {
    double log_p, keep_old, keep_new;
} change;

static inline void add_cells(change *c, const skrmt_cell *old_high, const skrmt_cell *old_low,
                             const skrmt_cell *new_high, const skrmt_cell *new_low) {
    c->log_p += (new_high->log_p + new_low->log_p) - (old_high->log_p + old_low->log_p);
    c->keep_old *= 1.0 - old_high->p * old_low->p;
    c->keep_new *= 1.0 - new_high->p * new_low->p;
    if (c->keep_old * c->keep_new < 1e-200) { /* long before either underflows */
        c->log_p += log(c->keep_old / c->keep_new);
        c->keep_old = c->keep_new = 1.0;
    }
}

/* Edges between `vertex`, whose label goes from `old` to `new`, and all of its neighbours but one.
   Reads P[label, .], or P[., label] where `transposed`. */
static inline __attribute__((always_inline)) void add_neighbours(
    change *c, const int64_t *indptr, const int32_t *indices, int32_t vertex, int32_t but,
    const halves *of_vertex, halves old, halves new, const skrmt_label_task *task,
    const int transposed) {
    const int64_t row_high = transposed ? 1 : task->side_high;
    const int64_t row_low = transposed ? 1 : task->side_low;
    const int64_t step_high = transposed ? task->side_high : 1;
    const int64_t step_low = transposed ? task->side_low : 1;
    const skrmt_cell *old_high = task->high + row_high * (old >> 16);
    const skrmt_cell *old_low = task->low + row_low * (old & 0xffff);
    const skrmt_cell *new_high = task->high + row_high * (new >> 16);
    const skrmt_cell *new_low = task->low + row_low * (new & 0xffff);
    for (int64_t e = indptr[vertex]; e < indptr[vertex + 1]; e++) {
        if (indices[e] == but) continue;
        const halves other = of_vertex[indices[e]];
        const int64_t high = step_high * (other >> 16), low = step_low * (other & 0xffff);
        add_cells(c, old_high + high, old_low + low, new_high + high, new_low + low);
    }
}

/* How often the directed edge from one vertex to another is there: 0 or 1. */
static int joined(const skrmt_label_task *task, int32_t from, int32_t to) {
    for (int64_t e = task->indptr[from]; e < task->indptr[from + 1]; e++)
        if (task->indices[e] == to) return 1;
    return 0;
}

static inline const skrmt_cell *cell(const skrmt_cell *table, int64_t side, uint32_t row,
                                     uint32_t column) {
    return table + side * row + column;
}

/* The labels a of u and b of v change places. */
static change swap_change(const skrmt_label_task *task, const halves *of_vertex, int32_t u,
                          int32_t v, halves a, halves b) {
    change c = {0.0, 1.0, 1.0};
    /* an undirected edge between the two stays what it is */
    if (u < task->n_vertices)
        add_neighbours(&c, task->indptr, task->indices, u, v, of_vertex, a, b, task, 0);
    if (v < task->n_vertices)
        add_neighbours(&c, task->indptr, task->indices, v, u, of_vertex, b, a, task, 0);
    if (!task->in_indptr) return c;
    if (u < task->n_vertices)
        add_neighbours(&c, task->in_indptr, task->in_indices, u, v, of_vertex, a, b, task, 1);
    if (v < task->n_vertices)
        add_neighbours(&c, task->in_indptr, task->in_indices, v, u, of_vertex, b, a, task, 1);
    if (u < task->n_vertices && v < task->n_vertices) {
        const skrmt_cell *ab_high = cell(task->high, task->side_high, a >> 16, b >> 16);
        const skrmt_cell *ba_high = cell(task->high, task->side_high, b >> 16, a >> 16);
        const skrmt_cell *ab_low = cell(task->low, task->side_low, a & 0xffff, b & 0xffff);
        const skrmt_cell *ba_low = cell(task->low, task->side_low, b & 0xffff, a & 0xffff);
        if (joined(task, u, v)) add_cells(&c, ab_high, ab_low, ba_high, ba_low);
        if (joined(task, v, u)) add_cells(&c, ba_high, ba_low, ab_high, ab_low);
    }
    return c;
}

int64_t skrmt_swap_labels(const skrmt_label_task *task, int64_t n_proposals, uint64_t seed) {
    const int64_t n_labels = task->n_labels;
    int32_t *labels = task->labels, *owner = malloc(sizeof *owner * n_labels);
    halves *of_vertex = malloc(sizeof *of_vertex * n_labels);
    int64_t n_accepted = 0;
    if (!owner || !of_vertex) n_accepted = SKRMT_NO_MEMORY;
    if (!n_accepted) {
        for (int64_t a = 0; a < n_labels; a++) owner[a] = -1;
        for (int64_t v = 0; v < n_labels; v++) {
            if (labels[v] < 0 || labels[v] >= n_labels || owner[labels[v]] != -1) {
                n_accepted = SKRMT_NO_PERMUTATION;
                break;
            }
            owner[labels[v]] = (int32_t)v;
            of_vertex[v] = split((uint32_t)labels[v], (uint32_t)task->side_low);
        }
    }
    if (n_accepted) {
        free(owner);
        free(of_vertex);
        return n_accepted;
    }

    uint32_t powers[32] = {1};
    for (int k = 1; k < task->n_levels; k++)
        powers[k] = powers[k - 1] * (uint32_t)task->initiator_size;
    generator g;
    seed_generator(&g, seed);
    for (int64_t i = 0; i < n_proposals; i++) {
        const uint64_t bits = draw(&g);
        const uint32_t first = below((uint32_t)(bits >> 32), (uint64_t)n_labels);
        const uint32_t second = propose(&g, first, task, powers, (uint32_t)bits);
        const double uniform = (double)(draw(&g) >> 11) * 0x1p-53; /* in [0, 1) */
        if (first == second) continue;
        const int32_t u = owner[first], v = owner[second];
        const halves a = of_vertex[u], b = of_vertex[v];
        const change c = swap_change(task, of_vertex, u, v, a, b);
        if (uniform * c.keep_new >= exp(c.log_p) * c.keep_old) continue;
        owner[first] = v;
        owner[second] = u;
        of_vertex[u] = b;
        of_vertex[v] = a;
        n_accepted++;
    }
    for (int64_t a = 0; a < n_labels; a++) labels[owner[a]] = (int32_t)a;
    free(owner);
    free(of_vertex);
    return n_accepted;
}
