# SPDX-License-Identifier: GPL-3.0-or-later
# registered.py [--third] TABLE: the registered looks at C1 to C5 (docs/figure2.md): sign tests that are valid at every look, on the runs of figure2-registered.yaml or figure2-third.yaml.
# TABLE: a sweep's SQLite file, or a .csv with the columns of figure2-third.csv.
import csv
import math
import sqlite3
import sys
from fractions import Fraction
from statistics import median

SETS = ["moons", "eight-gaussians", "circles", "pinwheel", "swiss-roll"]
SWEET = {"kl": "1/2", "mmd": "1/2", "sinkhorn": "1/10", "proxy": "1/5", "da2": "1/5", "da2-gauss": "1/5", "sw": "100"}
TWICE, QUARTER, FIFTH = math.log10(2), math.log10(1.25), math.log10(1.2)


def second():
    """Each part: (drift, place), (drift, place), metric, bound: a's log10 metric less b's, mean over the data sets, median over seeds, is at most the bound."""
    best = lambda k: (k, SWEET[k])
    small = lambda k: [(("proxy", "1/50"), (k, "1/50"), "mmd2_v", -TWICE), (("proxy", "1/10"), (k, "1/10"), "mmd2_v", QUARTER)]
    return {
        "C1": [(best(a), best(b), "mmd2_v", TWICE) for a in SWEET for b in SWEET if a != b],
        "C2": [(("sinkhorn", "1/50"), best("sinkhorn"), "mmd2_v", TWICE), (best("sinkhorn"), ("sinkhorn", "5"), "mmd2_v", -TWICE)],
        "C3": small("da2-gauss"),
        "C3-laplace": small("da2"),
        "C4": [(best("kl"), ("kl", "1/50"), "mmd2_v", -TWICE), (best("kl"), ("kl", "5"), "w2", -FIFTH)],
        "C5": [part for k in ("1", "10") for part in ((("sw", k), best("sw"), "mmd2_v", TWICE), (best("sw"), ("sw", k), "mmd2_v", TWICE))],
    }


def third():
    """What the second look left open of C3 and C5, in its words; the other direction of one slice comes with the same runs."""
    all_parts = second()
    return {"C3": all_parts["C3"][1:], "C5": all_parts["C5"][:2]}


LOOKS = {"second": (second, Fraction(5, 700), range(100, 164)), "third": (third, Fraction(5, 200), range(1000, 1900))}  # 0.05 over seven claims, over two


def evidence(k, n):
    """E-value against `each of n independent signs is a success with probability at most 1/2` when k are: likelihood ratio, p uniform on ]1/2, 1[."""
    return Fraction(math.factorial(k) * math.factorial(n - k), math.factorial(n + 1)) * sum(math.comb(n + 1, j) for j in range(k + 1))


def course(signs, bar):
    """The largest e-value of any look, with n and k there, and the first n at which it reaches the bar, which under the null happens with probability at most 1/bar (Ville)."""
    k, top, first = 0, (Fraction(1), 0, 0), math.inf
    for n, s in enumerate(signs, 1):
        k += s
        e = evidence(k, n)
        top, first = max(top, (e, n, k)), min(first, n) if e >= bar else first
    return top, first


def differences(runs, seeds, a, b, metric):
    """Seed by seed, until the first seed at which a run is missing. A run that diverged is worse than any number."""
    out = []
    for seed in seeds:
        pairs = [(runs.get((*a, d, seed)), runs.get((*b, d, seed))) for d in SETS]
        if any(x is None or y is None for x, y in pairs):
            break
        out.append(sum(x[metric] - y[metric] for x, y in pairs) / len(SETS))
    return out


def read(table):
    runs = {}
    if table.endswith(".csv"):
        rows = list(csv.reader(open(table, newline="")))[1:]
    else:
        rows = sqlite3.connect(f"file:{table}?mode=ro", uri=True).execute("SELECT drift, coalesce(h, slices), data, seed, status, mmd2_v, w2 FROM runs WHERE status IN ('done', 'diverged')")
    for drift, place, data, seed, status, *values in rows:
        logs = [math.inf if status == "diverged" else math.log10(float(v)) for v in values]
        runs[drift, place, data, int(seed)] = dict(zip(("mmd2_v", "w2"), logs))
    return runs


def main(table, look="second"):
    claims, level, seeds = LOOKS[look]
    runs = read(table)
    for name, parts in claims().items():
        lines, yes, no = [], 0, math.inf # how many seeds decided
        for a, b, metric, bound in parts:
            d = differences(runs, seeds, a, b, metric)
            (top, n, k), first = course([x <= bound for x in d], 1 / level)
            against, against_first = course([x > bound for x in d], len(parts) / level)
            yes, no = max(yes, first), min(no, against_first)
            lines.append(f"  {' '.join(a)} over {' '.join(b)}, {metric}: {median(d) if d else math.nan:+.3f}, line {bound:+.3f}, {len(d)} seeds, {sum(x <= bound for x in d)} below, "
                         f"e {float(top):.3g} for at most ({k} of {n}), reached at {first}, {float(against[0]):.3g} against")
        print(name, "undecided" if yes == no else "supported" if yes < no else "refuted", sep=": ") # what was decided first stays so
        print("\n".join(lines))


main(sys.argv[-1], "third" if "--third" in sys.argv else "second")
