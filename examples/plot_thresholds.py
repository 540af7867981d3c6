# SPDX-License-Identifier: BSD-3-Clause
"""
Which thresholds belong to which kernel
=======================================

A ternary feature cuts a projection at two thresholds. Which ones give it the kernel of a given
target depends on the target through a single number: the ratio r of its quadratic to its linear
part (:attr:`skrmt.theory.KernelMoments.ratio`). At r = 1.58 the best ternary function changes from
one with the values -1, 0 and 1 to one with the values 0 and 1.
"""

import matplotlib.pyplot as plt
import numpy as np

from skrmt.theory import KernelMoments, kernel_moments, solve_ternary

# %%
# Some targets, for data with tau = 1; ``gamma=0.5`` is then the default, ``gamma="unit"``.

TARGETS = {
    "sign": kernel_moments("sign", tau=1.0),
    "relu": kernel_moments("relu", tau=1.0),
    "rbf": kernel_moments("rbf", tau=1.0, gamma=0.5),
    "rbf, gamma x 4": kernel_moments("rbf", tau=1.0, gamma=2.0),
    "abs": kernel_moments("abs", tau=1.0),
}
for name, moments in TARGETS.items():
    ternary = solve_ternary(moments)
    print(
        f"{name:>14}: r = {moments.ratio:.4f}, family {ternary.family:+d}, "
        f"thresholds {ternary.lower:+.4f} and {ternary.upper:+.4f}"
    )

# %%
# All ratios from none to infinity, on an axis of r / (1 + r). The variance of a target plays no
# part in the matching, so that any admissible one will do here.

position = np.linspace(0, 1, 401)
linear, quadratic = 1 - position, position
solutions = [
    solve_ternary(KernelMoments(tau=1.0, m1=m1, m2=m2, variance=m1**2 + m2**2))
    for m1, m2 in zip(linear, quadratic, strict=True)
]
families = np.array([ternary.family for ternary in solutions])
lower = np.array([ternary.lower for ternary in solutions])
upper = np.array([ternary.upper for ternary in solutions])

COLOURS = {-1: "C1", 1: "C0"}  # of the levels
LIMIT = 3.0

figure = plt.figure(figsize=(10, 5.2), layout="constrained")
panels = figure.subplot_mosaic(
    [["all", name] for name in ("relu", "rbf", "rbf, gamma x 4", "abs")], width_ratios=[3.2, 1]
)
axes = panels["all"]
for family in (-1, 1):
    x, low, high = (values[families == family] for values in (position, lower, upper))
    axes.fill_between(x, high, LIMIT, color=COLOURS[1], alpha=0.3, lw=0)
    axes.fill_between(x, -LIMIT, low, color=COLOURS[family], alpha=0.3, lw=0)
    axes.plot(x, high, color="0.2")
    axes.plot(x, low, color="0.2")
for x, levels in [(0.1, ("-1", "0", "+1")), (0.9, ("+1", "0", "+1"))]:
    for y, level in zip((-2.2, 0.0, 2.2), levels, strict=True):
        axes.text(x, y, level, fontsize=14, ha="center", va="center")
for name, moments in TARGETS.items():
    at = 1.0 if np.isinf(moments.ratio) else moments.ratio / (1 + moments.ratio)
    axes.plot([at, at], [-LIMIT, LIMIT], color="0.3", ls=":", lw=1.2, clip_on=False)
    axes.text(at, LIMIT + 0.08, name, ha="center", va="bottom")
axes.set_xticks([0, 1 / 5, 1 / 3, 1 / 2, 2 / 3, 4 / 5, 1], ["0", "1/4", "1/2", "1", "2", "4", "∞"])
axes.set(xlim=(0, 1), ylim=(-LIMIT, LIMIT))
axes.set_xlabel("r, quadratic part over linear part")
axes.set_ylabel(r"thresholds $u_-$ and $u_+$, in units of $\sqrt{\tau}$")

t = np.linspace(-LIMIT, LIMIT, 1201)
for name, panel in list(panels.items())[1:]:
    ternary = solve_ternary(TARGETS[name])
    panel.plot(t, ternary(t, tau=1.0) / ternary.scale, color="0.2")
    panel.set_title(name, fontsize=10)
    panel.set(yticks=[-1, 0, 1], ylim=(-1.3, 1.3), xlim=(-LIMIT, LIMIT))
    if name != "abs":
        panel.set_xticklabels([])
panels["abs"].set_xlabel(r"projection, over $\sqrt{\tau}$")

plt.show()
