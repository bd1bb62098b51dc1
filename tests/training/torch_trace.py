#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# torch_trace.py [adamw] OUT.npz: ten steps of training by PyTorch in float64, as torch.npz and torch-adamw.npz, which tests/t-train.c reads: a residual network, mean-shift and Adam; or layers, Sinkhorn and AdamW.
import sys

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
n, m, noise, width, dim, depth, steps, h, lr, gamma = 16, 20, 3, 6, 2, 2, 10, 0.7, 1e-2, 0.5
adamw, sweeps = sys.argv[1] == "adamw", 2
first, blocks, last = torch.nn.Linear(noise, width), [[torch.nn.Linear(width, width) for _ in range(2)] for _ in range(depth)], torch.nn.Linear(width, dim)
layers = {"input": first, **{f"block.{b}.{k}": l for b, pair in enumerate(blocks) for k, l in zip(("first", "second"), pair)}, "output": last}
if adamw:
    layers = {"hidden.0": first, "hidden.1": blocks[0][0], "hidden.2": blocks[0][1], "output": last}
parameters = [p for layer in layers.values() for p in (layer.weight, layer.bias)]


def generate(z):
    x = first(z)
    if adamw:
        return last(torch.tanh(blocks[0][1](torch.tanh(blocks[0][0](torch.tanh(x))))))
    for a, b in blocks:
        x = x + b(torch.nn.functional.silu(a(x)))
    return last(x)


def barycentre(x, y):
    logits = -((x[:, None] - y[None]) ** 2).sum(2) / (2 * h * h)
    for _ in range(sweeps if adamw else 0):  # rows, then columns
        logits = logits - logits.logsumexp(1, keepdim=True)
        logits = logits - logits.logsumexp(0, keepdim=True)
    return torch.softmax(logits, 1) @ y


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors]).numpy().copy()


start = {f"start.{name}.{k}": getattr(layer, k).detach().numpy().copy() for name, layer in layers.items() for k in ("weight", "bias")}
z_all, y_all = torch.randn(steps, n, noise), torch.randn(steps, m, dim) + torch.tensor([1.0, -0.5])
optimiser = torch.optim.AdamW(parameters, lr=lr, betas=(0.8, 0.95), weight_decay=0.1) if adamw else torch.optim.Adam(parameters, lr=lr)
nothing = np.zeros(len(flat(parameters)))
record = {"weights": [flat(parameters)], "gradient": [], "exp_avg": [nothing], "exp_avg_sq": [nothing], "loss": [], "v": []}
for z, y in zip(z_all, y_all):
    x = generate(z)
    with torch.no_grad():
        v = barycentre(x, y) - barycentre(x, x)
    square = (x - (x + gamma * v).detach()) ** 2
    loss = square.mean() if adamw else square.sum(1).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    record["weights"].append(flat(parameters))
    record["gradient"].append(flat([p.grad for p in parameters]))
    for key in ("exp_avg", "exp_avg_sq"):
        record[key].append(flat([optimiser.state[p][key] for p in parameters]))
    record["loss"].append(loss.item())
    record["v"].append(v.numpy())
np.savez_compressed(sys.argv[-1], noise=z_all.numpy(), data=y_all.numpy(), torch=torch.__version__, **start, **{k: np.array(v) for k, v in record.items()})
