/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_train.c: steps of training beside PyTorch where python3 has it: the same network, batch and drift, processor seconds of one thread. */
#include "tool/bench_train.h"

#include <stdlib.h>

#include "tool/bench_apart.h"
#include "train/train.h"

enum { STEPS = 9, TURNS = 7 };

typedef struct { dp_trainer *a; dp_peer peer; } race;

/* The median of several steps of each. */
static dp_status turn(double *ours, double *theirs, void *argument, dp_error *e)
{
    race *r = argument;
    double time[STEPS], loss, v_rms;
    dp_status status = DP_OK;
    for (int k = 0; k < STEPS && !status; k++) {
        const double start = dp_bench_processor();
        status = dp_trainer_gradient(&loss, &v_rms, r->a, e);
        dp_trainer_update(r->a);
        time[k] = dp_bench_processor() - start;
    }
    qsort(time, STEPS, sizeof *time, dp_bench_by_size), *ours = time[STEPS / 2];
    return status ? status : dp_peer_ask(theirs, &r->peer, e);
}

/* PyTorch at its best: denormals flushed, the kernels of its BLAS chosen by what the processor can do. %d: the width. */
static const char program[] =
    "import sys,os,time\n"
    "c=open(\"/proc/cpuinfo\").read() if os.path.exists(\"/proc/cpuinfo\") else \"\"\n"
    "if \"avx2\" in c: os.environ.setdefault(\"OPENBLAS_CORETYPE\",\"SkylakeX\" if \"avx512f\" in c else \"Haswell\")\n"
    "import torch\n"
    "torch.set_num_threads(1); torch.set_flush_denormal(True)\n"
    "W=%d; N=torch.nn; F=torch.nn.functional\n"
    "class B(N.Module):\n"
    " def __init__(s): super().__init__(); s.a=N.Linear(W,W); s.b=N.Linear(W,W)\n"
    " def forward(s,x): return x+s.b(F.silu(s.a(x)))\n"
    "f=N.Sequential(N.Linear(2,W),B(),B(),B(),N.Linear(W,2)); o=torch.optim.Adam(f.parameters(),lr=1e-3)\n"
    "def m(a,b): return torch.softmax(-((a[:,None]-b[None])**2).sum(-1)*2,1)@b\n"
    "def step():\n"
    " t=time.process_time(); z=torch.randn(512,2); y=torch.randn(512,2)*.3+torch.sign(torch.randn(512,1))*torch.tensor([[1.,0.]])\n"
    " x=f(z)\n"
    " with torch.no_grad(): v=m(x,y)-m(x,x)\n"
    " l=((x-(x+v).detach())**2).sum(1).mean(); o.zero_grad(); l.backward(); o.step(); return time.process_time()-t\n"
    "step(); print(0,flush=True)\n"
    "for line in sys.stdin: print(sorted(step() for k in range(9))[4],flush=True)";

static dp_status beside(double *over, double *under, int width, dp_error *e)
{
    dp_train *t = NULL;
    race r = {NULL, {.end = -1}};
    char *text = dp_format("dimension: 2\np: {mixture: [{weight: 1/2, mean: [1, 0], covariance: 1/10}, {weight: 1/2, mean: [-1, 0], covariance: 1/10}]}\n"
                           "kernel: {bandwidth: 1/2}\ntrain: {drift: {name: mean-shift}, generator: {width: %d}, batch: 512}\n", width);
    char *theirs = dp_format(program, width);
    dp_status status = dp_train_parse(&t, "bench", text, NULL, 0, e);
    if (!status) status = dp_trainer_new(&r.a, t, 1, e);
    if (!status) status = dp_peer_start(&r.peer, "torch", "PyTorch", theirs, "", e);
    if (!status) {
        status = dp_bench_turns(under, over, TURNS, turn, &r, e);
        dp_peer_stop(&r.peer);
    }
    dp_trainer_free(r.a), dp_train_free(t);
    free(text), free(theirs);
    return status;
}

dp_status dp_bench_train_128(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, 128, e); }
dp_status dp_bench_train_256(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, 256, e); }
