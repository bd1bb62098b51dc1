#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# trace.py: ten steps of training in NumPy alone, in float64, as a file that tests/t-train.c reads: python3 trace.py trace.npz
import sys

import numpy as np

n, m, noise, width, dim, depth, steps, h, lr, betas, eps, gamma = 16, 20, 3, 6, 2, 2, 10, 0.7, 1e-2, (0.9, 0.999), 1e-8, 0.5
rng = np.random.default_rng(7)
names = ["input"] + [f"block.{b}.{k}" for b in range(depth) for k in ("first", "second")] + ["output"]
sizes = [(noise, width)] + [(width, width)] * (2 * depth) + [(width, dim)]
theta = {}
for name, (i, o) in zip(names, sizes):
    theta[name + ".weight"] = rng.uniform(-1, 1, (o, i)) / np.sqrt(i)
    theta[name + ".bias"] = rng.uniform(-1, 1, o) / np.sqrt(i)
start = {k: v.copy() for k, v in theta.items()}
z_all, y_all = rng.normal(size=(steps, n, noise)), rng.normal(size=(steps, m, dim)) + [1.0, -0.5]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(z):
    tape, x = [], z @ theta["input.weight"].T + theta["input.bias"]
    for b in range(depth):
        a = x @ theta[f"block.{b}.first.weight"].T + theta[f"block.{b}.first.bias"]
        s = a * sigmoid(a)
        tape.append((x, a, s))
        x = x + s @ theta[f"block.{b}.second.weight"].T + theta[f"block.{b}.second.bias"]
    return x @ theta["output.weight"].T + theta["output.bias"], x, tape


def backward(z, last, tape, c):
    g = {"output.weight": c.T @ last, "output.bias": c.sum(0)}
    e = c @ theta["output.weight"]
    for b in reversed(range(depth)):
        x, a, s = tape[b]
        g[f"block.{b}.second.weight"], g[f"block.{b}.second.bias"] = e.T @ s, e.sum(0)
        t = sigmoid(a)
        d = (e @ theta[f"block.{b}.second.weight"]) * (t + a * t * (1 - t))
        g[f"block.{b}.first.weight"], g[f"block.{b}.first.bias"] = d.T @ x, d.sum(0)
        e = e + d @ theta[f"block.{b}.first.weight"]
    g["input.weight"], g["input.bias"] = e.T @ z, e.sum(0)
    return g


def barycentre(x, y):
    logits = -((x[:, None] - y[None]) ** 2).sum(2) / (2 * h * h)
    w = np.exp(logits - logits.max(1, keepdims=True))
    return (w / w.sum(1, keepdims=True)) @ y


def flat(d):
    return np.concatenate([d[name + part].ravel() for name in names for part in (".weight", ".bias")])


first, second = {k: np.zeros_like(v) for k, v in theta.items()}, {k: np.zeros_like(v) for k, v in theta.items()}
record = {"weights": [flat(theta)], "gradient": [], "exp_avg": [flat(first)], "exp_avg_sq": [flat(second)], "loss": [], "v": []}
for t in range(steps):
    x, last, tape = forward(z_all[t])
    v = barycentre(x, y_all[t]) - barycentre(x, x)
    target = x + gamma * v
    loss = ((x - target) ** 2).sum(1).mean()
    g = backward(z_all[t], last, tape, 2 * (x - target) / n)
    for k in theta:
        first[k] = betas[0] * first[k] + (1 - betas[0]) * g[k]
        second[k] = betas[1] * second[k] + (1 - betas[1]) * g[k] ** 2
        mhat, vhat = first[k] / (1 - betas[0] ** (t + 1)), second[k] / (1 - betas[1] ** (t + 1))
        theta[k] = theta[k] - lr * mhat / (np.sqrt(vhat) + eps)
    for key, value in (("weights", flat(theta)), ("gradient", flat(g)), ("exp_avg", flat(first)), ("exp_avg_sq", flat(second)), ("loss", loss), ("v", v)):
        record[key].append(value)
np.savez(sys.argv[1], noise=z_all, data=y_all, **{"start." + k: v for k, v in start.items()}, **{k: np.array(v) for k, v in record.items()})
