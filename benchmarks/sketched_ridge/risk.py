# SPDX-License-Identifier: BSD-3-Clause
"""Estimated against true risk, over the three knobs: penalty, size of the sketch, members.

Rows of `designs.DecayingDesign`, whose risk is known for any coefficients. Each line is a mean over
independent draws of rows, coefficients, noise and sketches, with its standard error.
"""

import sys
import warnings
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.one_thread import run_on_one_thread
from benchmarks.sketched_ridge.designs import DecayingDesign
from skrmt.linear_model import SketchedRidgeEnsemble
from skrmt.sketching import SKETCHES, make_sketch
from skrmt.theory import ridge_risk, sketched_ensemble_risk

N, P, SIZE, N_MEMBERS = 500, 600, 200, 5
RIDGES = 10.0 ** np.arange(-4, 2.1, 0.5)
HEAVY = ("srdct", "gaussian", None)
SIZES = (50, 100, 200, 400)
MANY = 60
# The estimates of the risk of 60 members are from so many, independent or in groups.
EXTRAPOLATED = (("srdct", False, 4), ("gaussian", False, 4), ("srdct", True, 2))

FIGURES = ("risk", "gcv", "loo", "theory", "gcv_bias", "loo_bias", "theory_bias", "regret")


@dataclass(frozen=True)
class Ensemble:
    """What is fitted: law, size, members, and whether members share transforms."""

    sketch: str | None
    size: int = SIZE
    n_members: int = N_MEMBERS
    partition: bool = True

    def fitted(self, design, alphas, criterion, seed):
        """The ensemble at some penalties of Ridge, on the rows of a design."""
        model = SketchedRidgeEnsemble(
            self.n_members,
            sketch_size=self.size,
            sketch=self.sketch,
            partition=self.partition,
            alphas=alphas,
            criterion=criterion,
            random_state=seed,
        )
        with warnings.catch_warnings():
            # Small sketches like the smallest penalty best.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(design.X, design.y)

    def law(self, p):
        """Law of the sketch, or None."""
        return None if self.sketch is None else make_sketch(self.sketch, p, self.size)

    def predicted(self, design, ridge, seed):
        """Risk by the theory, from the population; nan where there is none."""
        (n, p), signal = design.X.shape, design.beta**2
        law, noise = self.law(p), design.noise_variance
        if law is None or law.n_components >= p:
            return ridge_risk(design.spectrum, signal, ridge, n, noise_variance=noise).total
        options = {}
        if law.free_type is None:
            return np.nan
        if law.free_type == "orthogonal":
            options["n_ambient"] = law.n_ambient
            options["group_size"] = min(law.n_disjoint, self.n_members) if self.partition else 1
        elif law.free_type == "spectrum":
            options["sketch_spectrum"] = law.draw(seed).gram_spectrum()
        return sketched_ensemble_risk(
            design.spectrum,
            signal,
            ridge,
            n,
            noise_variance=noise,
            sketch=law.free_type,
            n_components=law.n_components,
            n_members=self.n_members,
            **options,
        ).total


def run(quick):
    """Rows of all subjects, each in a process of its own."""
    n_seeds = 3 if quick else 20
    for subject, laws in SUBJECTS.items():
        for law in laws:
            print(f"  risk: {subject}, {law}", file=sys.stderr)
            yield from run_on_one_thread(
                measure, subject=subject, law=law, n_seeds=n_seeds, small=quick
            )


def measure(subject, law, n_seeds, small):
    """Rows of one subject and law."""
    n, p = (N // 2, P // 2) if small else (N, P)
    shrink = 2 if small else 1
    measured = MEASURES[subject](law, n, p, shrink, range(n_seeds))
    for ensemble, ridge, figures in measured:
        yield {
            "subject": subject,
            "sketch": ensemble.sketch or "no sketch",
            "n": n,
            "p": p,
            "sketch_size": ensemble.size if ensemble.sketch else p,
            "n_members": ensemble.n_members if ensemble.sketch else 1,
            "partition": ensemble.partition,
            "ridge": ridge,
            "draws": n_seeds,
            "threads": 1,
            **summary(figures),
        }


def summary(draws):
    """Means over draws and their standard errors, as columns."""
    columns = {}
    for name in FIGURES:
        values = [draw[name] for draw in draws if name in draw]
        known = values and np.isfinite(values).all()
        columns[name] = round(fmean(values), 6) if known else ""
        error = stdev(values) / len(values) ** 0.5 if known and len(values) > 1 else ""
        columns[f"{name}_se"] = round(error, 6) if error != "" else ""
    return columns


def against(truth, **estimates):
    """Figures of one draw: the risk, its estimates, and how far these are off, relatively."""
    bias = {f"{name}_bias": value / truth - 1 for name, value in estimates.items()}
    return {"risk": truth, **estimates, **bias}


def over_penalties(law, n, p, shrink, seeds, *, heavy_tails=False):
    """At each penalty; then at the penalty chosen, beside the best of the grid."""
    ensemble = Ensemble(law, SIZE // shrink)
    by_ridge, chosen = {ridge: [] for ridge in RIDGES}, []
    for seed in seeds:
        design = DecayingDesign(n, p, seed, heavy_tails=heavy_tails)
        path = ensemble.fitted(design, n * RIDGES, "loo", seed)
        risks = []
        for ridge, loo in zip(RIDGES, path.risk_path_, strict=True):
            model = ensemble.fitted(design, float(n * ridge), "gcv", seed)
            risks.append(design.risk(model))
            theory = ensemble.predicted(design, ridge, seed)
            figures = against(risks[-1], gcv=model.best_risk_, loo=loo, theory=theory)
            by_ridge[ridge].append(figures)
        best = int(np.argmin(path.risk_path_))
        regret = risks[best] / min(risks) - 1
        chosen.append({**by_ridge[RIDGES[best]][-1], "regret": regret})
    for ridge, figures in by_ridge.items():
        yield ensemble, f"{ridge:.4g}", figures
    yield ensemble, "chosen", chosen


def over_heavy_tails(law, n, p, shrink, seeds):
    """Compare at each penalty for rows of unequal length."""
    return over_penalties(law, n, p, shrink, seeds, heavy_tails=True)


def over_sizes(law, n, p, shrink, seeds):
    """At the penalty that leave-one-out chooses for each size."""
    for size in SIZES:
        ensemble, draws = Ensemble(law, size // shrink), []
        for seed in seeds:
            design = DecayingDesign(n, p, seed)
            model = ensemble.fitted(design, n * RIDGES, "loo", seed)
            ridge = model.alpha_ / n
            gcv = ensemble.fitted(design, float(model.alpha_), "gcv", seed).best_risk_
            theory = ensemble.predicted(design, ridge, seed)
            draws.append(against(design.risk(model), gcv=gcv, loo=model.best_risk_, theory=theory))
        yield ensemble, "chosen", draws


def over_members(law, n, p, shrink, seeds):
    """From a few members to 60, against 60 that are fitted."""
    for sketch, partition, units in EXTRAPOLATED:
        if sketch != law:
            continue
        size = SIZE // shrink
        together = make_sketch(law, p, size).n_disjoint if partition else 1
        few = Ensemble(law, size, units * together, partition)
        many = Ensemble(law, size, MANY, partition)
        by_ridge = {ridge: [] for ridge in RIDGES[::2]}
        for seed in seeds:
            design = DecayingDesign(n, p, seed)
            alphas = n * RIDGES[::2]
            estimates = {
                name: few.fitted(design, alphas, name, seed).risk(MANY) for name in ("gcv", "loo")
            }
            for index, ridge in enumerate(by_ridge):
                model = many.fitted(design, float(n * ridge), "gcv", seed + 1000)
                here = {name: risks[index] for name, risks in estimates.items()}
                theory = many.predicted(design, ridge, seed)
                by_ridge[ridge].append(against(design.risk(model), **here, theory=theory))
        for ridge, draws in by_ridge.items():
            yield few, f"{ridge:.4g}", draws


MEASURES = {
    "penalty": over_penalties,
    "heavy tails": over_heavy_tails,
    "size": over_sizes,
    "members": over_members,
}
SUBJECTS = {
    "penalty": (*SKETCHES, None),
    "heavy tails": HEAVY,
    "size": ("srdct", "gaussian", "sparse"),
    "members": tuple(dict.fromkeys(sketch for sketch, _, _ in EXTRAPOLATED)),
}
