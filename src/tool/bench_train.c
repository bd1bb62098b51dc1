/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_train.c: steps of training beside PyTorch where python3 has it: the same network, batch and drift, processor seconds of one thread; and beside the rate of multiply-adds. */
#include "base/clones.h"
#include "tool/bench_train.h"

#include <stdlib.h>

#include "tool/bench_apart.h"
#include "train/train.h"

/* Vectors never cross a call: the ABI's warning about them is void here. */
#pragma GCC diagnostic ignored "-Wpsabi"

enum { STEPS = 9, TURNS = 7, BATCH = 512, BLOCKS = 3 };

typedef struct { dp_trainer *a; dp_peer peer; } race;

/* The median of several steps. */
static dp_status steps(double *median, const race *r, dp_error *e)
{
    double time[STEPS], loss, v_rms;
    dp_status status = DP_OK;
    for (int k = 0; k < STEPS && !status; k++) {
        const double start = dp_bench_processor();
        status = dp_trainer_gradient(&loss, &v_rms, r->a, e);
        dp_trainer_update(r->a);
        time[k] = dp_bench_processor() - start;
    }
    qsort(time, STEPS, sizeof *time, dp_bench_by_size), *median = time[STEPS / 2];
    return status;
}

/* The median of several steps of each. */
static dp_status turn(double *ours, double *theirs, void *argument, dp_error *e)
{
    race *r = argument;
    const dp_status status = steps(ours, r, e);
    return status ? status : dp_peer_ask(theirs, &r->peer, e);
}

enum { LANES = 16, CHAINS = 12 };
typedef float vec __attribute__((vector_size(4 * LANES), aligned(64)));

/* CHAINS chains side by side, each of so many multiply-adds in LANES lanes. */
__attribute__((optimize("O3", "fp-contract=fast"))) CLONES static void chains(float *out, size_t count)
{
    vec at[CHAINS], by, plus;
    for (int l = 0; l < LANES; l++) by[l] = 0.999f, plus[l] = 0.001f;
    for (int c = 0; c < CHAINS; c++) at[c] = by + (float) c; /* equal chains, and such as nothing comes of, would be left out */
    for (size_t k = 0; k < count; k++)
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) at[c] = at[c] * by + plus;
    for (int c = 1; c < CHAINS; c++) at[0] += at[c];
    for (int l = 0; l < LANES; l++) out[l] = at[0][l];
}

/* Each layer's products: forwards, by its weights and by its inputs; not by those of the first. */
static double multiply_adds(double width) { return BATCH * (3 * 2 * BLOCKS * width * width + (2 + 3) * 2 * width); }

static dp_status beside_chains(double *ours, double *ideal, void *argument, dp_error *e)
{
    enum { COUNT = 1 << 17 };
    float out[LANES];
    const dp_status status = steps(ours, argument, e);
    const double start = dp_bench_processor();
    chains(out, COUNT);
    *ideal = (dp_bench_processor() - start) / COUNT / CHAINS / LANES * multiply_adds(256);
    return status;
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

static dp_status trainer(dp_train **t, dp_trainer **a, int width, dp_error *e)
{
    char *text = dp_format("dimension: 2\np: {mixture: [{weight: 1/2, mean: [1, 0], covariance: 1/10}, {weight: 1/2, mean: [-1, 0], covariance: 1/10}]}\n"
                           "kernel: {bandwidth: 1/2}\ntrain: {drift: {name: mean-shift}, generator: {width: %d, depth: %d}, batch: %d}\n", width, BLOCKS, BATCH);
    dp_status status = dp_train_parse(t, "bench", text, NULL, 0, e);
    if (!status) status = dp_trainer_new(a, *t, 1, e);
    free(text);
    return status;
}

static dp_status beside(double *over, double *under, int width, dp_error *e)
{
    dp_train *t = NULL;
    race r = {NULL, {.end = -1}};
    char *theirs = dp_format(program, width);
    dp_status status = trainer(&t, &r.a, width, e);
    if (!status) status = dp_peer_start(&r.peer, "torch", "PyTorch", theirs, "", e);
    if (!status) {
        status = dp_bench_turns(under, over, TURNS, turn, &r, e);
        if (!status) dp_peer_remark(&r.peer, e);
        dp_peer_stop(&r.peer);
    }
    dp_trainer_free(r.a), dp_train_free(t);
    free(theirs);
    return status;
}

dp_status dp_bench_train_limit(double *over, double *under, const dp_problem *P, dp_error *e)
{
    dp_train *t = NULL;
    race r = {NULL, {.end = -1}};
    (void) P;
    dp_status status = trainer(&t, &r.a, 256, e);
    if (!status) status = dp_bench_turns(under, over, TURNS, beside_chains, &r, e);
    dp_trainer_free(r.a), dp_train_free(t);
    return status;
}

dp_status dp_bench_train_128(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, 128, e); }
dp_status dp_bench_train_256(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, 256, e); }
