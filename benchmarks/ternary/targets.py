# SPDX-License-Identifier: BSD-3-Clause
"""What was to be reached, fixed before the package was written.

The figures come from an earlier measurement: same sizes, other machine, other draws and splits.
"""

SPEED_SAMPLES = 20000

# (kernels, projection, p): times as fast as RBFSampler in float64 and in float32; int8 output,
# float32 input, one thread.
SPEED = {
    ("numpy", "sparse", 64): (10, 1.5),
    ("numpy", "hadamard", 784): (14, 4),
    ("avx2", "sparse", 64): (22, 3.3),
    ("avx2", "sparse", 784): (22, 7),
    ("avx2", "hadamard", 64): (28, 4),
    ("avx2", "hadamard", 784): (23, 7),
    ("avx512", "sparse", 64): (22, 5.5),
    ("avx512", "sparse", 784): (22, 12),
    ("avx512", "hadamard", 64): (28, 4),
    ("avx512", "hadamard", 784): (23, 7),
}

# Bytes beside input and output.
EXTRA_BYTES = 64e6

# RBFSampler in float32 takes so many times the bytes of packed output.
PACKED_RATIO = {"float32": 16, "float64": 32}

# Mean test errors of the study: (problem, method, features).
ERRORS = {
    "digits": {
        ("RBFSampler", 256): 0.021,
        ("RBFSampler", 4096): 0.012,
        ("phase sparse", 4096): 0.013,
        ("phase hadamard", 4096): 0.016,
        ("threshold sparse", 4096): 0.014,
        ("threshold hadamard", 4096): 0.013,
        ("threshold gaussian", 4096): 0.012,
    },
    "mnist": {
        ("RBFSampler", 256): 0.122,
        ("RBFSampler", 4096): 0.049,
        ("phase sparse", 4096): 0.052,
        ("phase hadamard", 4096): 0.050,
        ("threshold sparse", 4096): 0.056,
        ("threshold hadamard", 4096): 0.056,
        ("threshold gaussian", 4096): 0.058,
    },
    "letter": {
        ("RBFSampler", 256): 0.184,
        ("RBFSampler", 4096): 0.089,
        ("phase sparse", 4096): 0.094,
        ("phase hadamard", 4096): 0.097,
        ("threshold sparse", 4096): 0.136,
        ("threshold hadamard", 4096): 0.129,
        ("threshold gaussian", 4096): 0.128,
    },
}
ERROR_TOLERANCE = 0.005
