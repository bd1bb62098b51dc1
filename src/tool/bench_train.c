/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_train.c: steps of training beside PyTorch where python3 has it: the same network, batch and drift, processor seconds of one thread. */
#include "tool/bench_train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tool/bench_drift.h"
#include "train/train.h"

enum { STEPS = 40 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* The median of several steps. */
static int ascending(const void *a, const void *b)
{
    const double s = *(const double *) a, t = *(const double *) b;
    return (s > t) - (s < t);
}

static dp_status ours(double *median, int width, dp_error *e)
{
    dp_train *t;
    dp_trainer *a;
    double time[STEPS], loss, v_rms;
    char *text = dp_format("dimension: 2\np: {mixture: [{weight: 1/2, mean: [1, 0], covariance: 1/10}, {weight: 1/2, mean: [-1, 0], covariance: 1/10}]}\n"
                           "kernel: {bandwidth: 1/2}\ntrain: {drift: {name: mean-shift}, generator: {width: %d}, batch: 512}\n", width);
    dp_status status = dp_train_parse(&t, "bench", text, NULL, 0, e);
    free(text);
    if (status) return status;
    status = dp_trainer_new(&a, t, 1, e);
    for (int k = 0; k < STEPS && !status; k++) {
        const double start = seconds();
        status = dp_trainer_gradient(&loss, &v_rms, a, e);
        dp_trainer_update(a);
        time[k] = seconds() - start;
    }
    if (!status) qsort(time, STEPS, sizeof *time, ascending), *median = time[STEPS / 2];
    dp_trainer_free(a), dp_train_free(t);
    return status;
}

/* PyTorch at its best: denormals flushed, the kernels of its BLAS chosen by what the processor can do. %d: the width. */
static const char program[] =
    "import os,time\n"
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
    "T=[]\n"
    "for k in range(40):\n"
    " t=time.process_time(); z=torch.randn(512,2); y=torch.randn(512,2)*.3+torch.sign(torch.randn(512,1))*torch.tensor([[1.,0.]])\n"
    " x=f(z)\n"
    " with torch.no_grad(): v=m(x,y)-m(x,x)\n"
    " l=((x-(x+v).detach())**2).sum(1).mean(); o.zero_grad(); l.backward(); o.step(); T.append(time.process_time()-t)\n"
    "print(sorted(T)[20])";

static dp_status theirs(double *median, int width, dp_error *e)
{
    char *text = dp_format(program, width);
    const dp_status status = dp_bench_python(median, "torch", "PyTorch", text, "", e);
    free(text);
    return status;
}

static dp_status beside(double *over, double *under, int width, dp_error *e)
{
    const dp_status status = theirs(over, width, e);
    return status ? status : ours(under, width, e);
}

dp_status dp_bench_train_128(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, 128, e); }
dp_status dp_bench_train_256(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, 256, e); }
