# SPDX-License-Identifier: BSD-3-Clause
"""Figures of others, as quoted: measured elsewhere, or published.

KronFit and krongen are the C++ programs of the Stanford Network Analysis Platform, NetworKit's
generator keeps repeated edges. They were timed before this package was, on another machine; KronFit
ran with its defaults, from [[.9, .6], [.6, .2]], vertices ordered by degree, 50 iterations. Ratios
to them are not those of one machine.
"""

# K: seconds and error, on the sparse initiator; means of two graphs.
KRONFIT = {12: (26.0, 0.199), 14: (47.0, 0.10)}
# K: edges a second.
KRONGEN = {14: 2.0e6, 16: 1.6e6, 18: 1.0e6}
NETWORKIT = {14: 6.0e6, 16: 5.3e6, 18: 4.2e6}

# Initiators that KronFit is published with [J. Leskovec et al., JMLR 2010], to two or three
# digits.
PUBLISHED = {
    "ca_grqc": (0.999, 0.245, 0.245, 0.691),
    "as20": (0.987, 0.571, 0.571, 0.049),
}
# ... and moments [D. F. Gleich, A. B. Owen, Internet Mathematics 2012].
PUBLISHED_MOMENTS = {"ca_grqc": (1.0, 0.4674, 0.4674, 0.2790)}

# Accuracies that come with the collections: a random forest of 300 trees on size, degree histogram
# and shares of the vertex labels (of none for IMDB-BINARY), ten folds.
BASELINES = {"mutag": 0.850, "proteins": 0.760, "enzymes": 0.518, "imdb_binary": 0.745}
