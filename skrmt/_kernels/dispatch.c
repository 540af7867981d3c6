/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which of the compiled instruction sets this machine can run, best first.
 */
#include <stddef.h>

#include "ternary.h"

extern const skrmt_kernels skrmt_kernels_baseline;
#ifdef SKRMT_X86
extern const skrmt_kernels skrmt_kernels_avx2;
extern const skrmt_kernels skrmt_kernels_avx512;
#endif

const skrmt_kernels *const *skrmt_available_kernels(void) {
    static const skrmt_kernels *found[4];
    int n = 0;
#ifdef SKRMT_X86
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        found[n++] = &skrmt_kernels_avx512;
    if (avx2) found[n++] = &skrmt_kernels_avx2;
#endif
    found[n++] = &skrmt_kernels_baseline;
    found[n] = NULL;
    return found;
}
