# SPDX-License-Identifier: GPL-3.0-or-later
# record.py [no-root|toy] OUT.npz: particles under the drift of Deng's Algorithm 2 in NumPy, recorded for `driftproof audit OUT.npz`.
import json
import sys
import numpy as np


def softmax(logits, axis):
    e = np.exp(logits - logits.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def compute_v(x, y, temperature, variant):
    distance = lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    own = distance(x, x) + np.eye(len(x), dtype=x.dtype) * x.dtype.type(1e6)  # the mask: no point repels itself
    logits = np.concatenate([-distance(x, y), -own], 1) / temperature
    if variant == "toy":  # kernel over the root of the clamped product of its sums
        kernel = np.exp(logits)
        a = kernel / np.sqrt(np.maximum(kernel.sum(1, keepdims=True) * kernel.sum(0, keepdims=True), x.dtype.type(1e-12)))
    else:
        a = softmax(logits, 1) * softmax(logits, 0)
        a = a if variant == "no-root" else np.sqrt(a)
    to, away = a[:, :len(y)], a[:, len(y):]
    return (to * away.sum(1, keepdims=True)) @ y - (away * to.sum(1, keepdims=True)) @ x


variant, out = sys.argv[1] if len(sys.argv) > 2 else "printed", sys.argv[-1]
random, temperature = np.random.default_rng(0), np.float32(0.0625 if variant == "toy" else 0.5)
x, runs = random.normal(size=(32, 2)).astype(np.float32), []
for step in range(10):
    y = (random.normal(size=(24, 2)) + 1).astype(np.float32)  # a fresh batch of data
    v = compute_v(x, y, temperature, variant)
    runs.append((x, y, v))
    x = x + v / np.sqrt((v**2).mean()) / 10
arrays = dict(zip("xyv", map(np.stack, zip(*runs))))
meta = {"drift": "da2", "kernel": "laplace", "bandwidth": float(temperature), "mask": "self"}
np.savez_compressed(out, step=np.arange(10), meta=json.dumps(meta), **arrays)
