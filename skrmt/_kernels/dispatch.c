/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which of the compiled instruction sets this machine can run, best first. The build defines
 * SKRMT_HAVE_AVX2 and SKRMT_HAVE_AVX512 for the sets that it compiled beside the baseline.
 */
#include <stddef.h>

#include "ternary.h"

extern const skrmt_kernels skrmt_kernels_baseline;
extern const skrmt_kernels skrmt_kernels_avx2;
extern const skrmt_kernels skrmt_kernels_avx512;

/* Three sets at most, and the NULL at the end. */
static const skrmt_kernels *available[4];

/* Runs as the library is loaded, before any thread can call into it; only read from then on. */
__attribute__((constructor)) static void find_available(void) {
    int n = 0;
#if defined(SKRMT_HAVE_AVX2) || defined(SKRMT_HAVE_AVX512)
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
#endif
#ifdef SKRMT_HAVE_AVX512
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        available[n++] = &skrmt_kernels_avx512;
#endif
#ifdef SKRMT_HAVE_AVX2
    if (avx2) available[n++] = &skrmt_kernels_avx2;
#endif
    available[n] = &skrmt_kernels_baseline;
}

const skrmt_kernels *const *skrmt_available_kernels(void) { return available; }
