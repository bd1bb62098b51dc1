#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""heldout.py: recomputes truths of t-heldout.c from raw definitions with mpmath: drifts mean-shift and mmd on the line, by quadrature between jumps and kinks."""
from mpmath import mp, mpf, quad, exp, sqrt, pi

mp.dps = 34
R = lambda t: mpf(t.split("/")[0]) / mpf((t + "/1").split("/")[1])
MIX = [(R("1/3"), R("-1"), R("1/2")), (R("2/3"), R("3/4"), R("5/16"))]
POINTS, VALUES = [R(t) for t in "-5/4 -3/8 1/2 13/16 7/4".split()], [R(t) for t in "1 3 1/2 2 4".split()]

def mixture(y): return sum(w * exp(-(y - m) ** 2 / (2 * v)) / sqrt(2 * pi * v) for w, m, v in MIX)
def table(lo, hi):
    """density and its kinks: values between equidistant nodes"""
    step = (hi - lo) / (len(VALUES) - 1); mass = step * (sum(VALUES) - (VALUES[0] + VALUES[-1]) / 2)
    def f(y):
        i = min(int((y - lo) / step), len(VALUES) - 2); t = (y - lo) / step - i
        return (VALUES[i] * (1 - t) + VALUES[i + 1] * t) / mass
    return f, [lo + i * step for i in range(len(VALUES))]
LAWS = {"MIX": (mixture, [mpf(t) for t in range(-12, 13)]), "TABLE": table(R("-3/4"), R("5/4")), "CELLS": table(R("-3/4"), R("-1/4")),
        "BOX": (lambda y: R("97/160"), [R("-57/97"), R("103/97")]),
        "LAPLACE": (lambda y: exp(-abs(y - R("1/5")) / R("2/3")) / (2 * R("2/3")), [R("1/5") + t for t in (-64, -32, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32, 64)]), "POINTS": None}

def kernel(family, h, r):
    """k(r) and -k'(r)/r"""
    if family == "gaussian": k = exp(-r * r / (2 * h * h)); return k, k / h ** 2
    if family == "imq": t = 1 + r * r / h ** 2; return 1 / sqrt(t), 1 / (t * sqrt(t) * h ** 2)
    a = sqrt({"laplace": 1, "matern32": 3, "matern52": 5}[family]) / h; e = exp(-a * r)
    if family == "laplace": return e, a * e / r if r else mpf(0)
    return ((1 + a * r) * e, a * a * e) if family == "matern32" else ((1 + a * r + (a * r) ** 2 / 3) * e, a * a / 3 * (1 + a * r) * e)

def moments(law, family, h, x):
    """int k, int k (y - x), int -k'/r (y - x)"""
    terms = lambda y: (lambda k, g: (k, k * (y - x), g * (y - x)))(*kernel(family, h, abs(y - x)))
    if law == "POINTS": return [sum(terms(y)[i] for y in POINTS) / len(POINTS) for i in range(3)]
    f, ends = LAWS[law]
    cuts = sorted(set(ends + [t for t in (x,) if ends[0] < t < ends[-1]]))
    return [quad(lambda y: f(y) * terms(y)[i], cuts) for i in range(3)]

def truth(p, q, family, h, drift, x):
    P, Q = moments(p, family, h, x), moments(q, family, h, x)
    return P[1] / P[0] - Q[1] / Q[0] if drift == "mean-shift" else P[2] - Q[2]

for case in ("MIX TABLE matern52 4/3 mmd", "TABLE BOX laplace 3/4 mean-shift", "MIX LAPLACE imq 3/4 mmd", "POINTS MIX imq 3/4 mean-shift", "CELLS MIX gaussian 3/4 mean-shift", "POINTS MIX matern32 1 mmd"):
    p, q, family, h, drift = case.split()
    print(case, *(mp.nstr(truth(p, q, family, R(h), drift, R(x)), 30) for x in ("-1/2", "5/4")))
