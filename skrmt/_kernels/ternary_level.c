/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Kernels of one instruction set. The build compiles this file once per set (SKRMT_LEVEL).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "simd_level.h"
#include "ternary.h"

/* Samples of a tile, whatever the instruction set: the lanes of the widest vector of floats. */
#define TILE 16

#include "ternary_output.inc"

#define REAL float
#define INTEGER int32_t
#define ROUNDER 12582912.0f /* 1.5 * 2^23: adding and subtracting it rounds to an integer */
#define REAL_NAME(name) name##_float
#include "ternary_transform.inc"
#undef REAL
#undef INTEGER
#undef ROUNDER
#undef REAL_NAME

#define REAL double
#define INTEGER int64_t
#define ROUNDER 6755399441055744.0 /* 1.5 * 2^52 */
#define REAL_NAME(name) name##_double
#include "ternary_transform.inc"

#include "packed_gram.inc"
#include "packed_sign_product.inc"

const skrmt_kernels SKRMT_JOIN(skrmt_kernels, SKRMT_LEVEL) = {
    SKRMT_STRING(SKRMT_LEVEL), ternary_float, ternary_double,
    quantize_rows_float, quantize_rows_double, packed_gram, packed_sign_product};
