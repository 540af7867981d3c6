# SPDX-License-Identifier: BSD-3-Clause
"""What was to be reached, fixed before the estimator was measured."""

# Mean error less that of the theory, in absolute value; within a tenth of the transition the
# theory is a limit that no finite size reaches.
ERROR, NEAR_TRANSITION = 0.01, 0.1
# Bytes of dense float64 over those of the sign kernel.
SIGN_RATIO = 64

IMAGES_NMI, IMAGES_SPEED, IMAGES_BYTES = 0.80, 4.0, 200e6

SCALE_ROWS, SCALE_COLUMNS, SCALE_SECONDS, SCALE_BYTES = 100_000, 256, 90.0, 300e6

# Shares of the draws.
COUNT_EXACT, COUNT_NOISE = 0.95, 0.95

# Normalised mutual information that counts as a tie, and the share won or tied.
TIE, SETS_SHARE = 0.01, 0.8
