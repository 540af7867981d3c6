/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The instruction set of a translation unit: the build passes -DSKRMT_LEVEL=... with the compiler
 * flags that belong to it; everything below follows from that one word.
 */
#ifndef SKRMT_SIMD_LEVEL_H
#define SKRMT_SIMD_LEVEL_H

#define SKRMT_JOIN_(a, b) a##_##b
#define SKRMT_JOIN(a, b) SKRMT_JOIN_(a, b)
#define SKRMT_STRING_(a) #a
#define SKRMT_STRING(a) SKRMT_STRING_(a)

#if defined(__AVX512F__)
#define SKRMT_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define SKRMT_VECTOR_BYTES 32
#else /* SSE2 and NEON, and whatever else the compiler maps 16 bytes to */
#define SKRMT_VECTOR_BYTES 16
#endif

#endif
