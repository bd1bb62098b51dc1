/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_drift.c: particle drifts beside NumPy and PyTorch where python3 has them: processor seconds of one thread. */
#include "tool/bench_drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "drift/drift.h"

enum { POINTS = 1024, RUNS = 7 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* The least of several runs at two clouds of POINTS points in the plane, h = 1/2. */
static dp_status ours(double *least, const char *drift, int single, dp_error *e)
{
    const size_t n = POINTS * 2;
    double *x = dp_malloc(sizeof(double) * n), *y = dp_malloc(sizeof(double) * n), *v = dp_malloc(sizeof(double) * n);
    dp_kernel_part part = {.family = DP_KERNEL_GAUSSIAN};
    dp_drifted out = {.v = v};
    dp_status status = DP_OK;
    fmpq_init(&part.weight), fmpq_init(&part.bandwidth);
    fmpq_one(&part.weight), fmpq_set_si(&part.bandwidth, 1, 2);
    for (size_t i = 0; i < n; i++) x[i] = sin((double) (i * i % 9973)), y[i] = cos((double) (i * i % 9967)) + 0.5;
    const dp_sample s = {.n = POINTS, .m = POINTS, .d = 2, .x = x, .y = y, .part = &part, .nparts = 1, .iterations = -1, .tolerance = -1, .threads = 1, .single = single};
    *least = INFINITY;
    for (int k = 0; k < RUNS && !status; k++) {
        const double start = seconds();
        status = dp_drift_sample(&out, drift, &s, e);
        *least = fmin(*least, seconds() - start);
    }
    fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth);
    free(x), free(y), free(v);
    return status;
}

/* What a program in Python prints: its seconds. */
static dp_status theirs(double *least, const char *program, dp_error *e)
{
    char *command = dp_format("python3 -c '%s' 2>/dev/null", program);
    FILE *f = popen(command, "r");
    const int got = f ? fscanf(f, "%lf", least) : 0;
    if (f) pclose(f);
    free(command);
    return got == 1 ? DP_OK : dp_fail(e, DP_EUNSUPPORTED, "python3 has no such library");
}

#define NUMPY(formula) "import os\nos.environ[\"OMP_NUM_THREADS\"]=os.environ[\"OPENBLAS_NUM_THREADS\"]=\"1\"\nimport numpy as np,time\nr=np.random.default_rng(0)\n" \
    "x,y=r.normal(size=(1024,2)),r.normal(size=(1024,2))+.5\n" formula "\nb=9e9\nfor k in range(7):\n t=time.process_time(); f(x,y); b=min(b,time.process_time()-t)\nprint(b)"
#define TORCH(formula) "import torch,time\ntorch.set_num_threads(1)\nx,y=torch.randn(1024,2),torch.randn(1024,2)+.5\n" formula \
    "\nb=9e9\nfor k in range(7):\n t=time.process_time(); f(x,y); b=min(b,time.process_time()-t)\nprint(b)"

static const char numpy_shift[] = NUMPY("def m(a,b):\n L=-((a[:,None]-b[None])**2).sum(-1)*2; w=np.exp(L-L.max(1,keepdims=True)); return w@b/w.sum(1,keepdims=True)\ndef f(x,y): return m(x,y)-m(x,x)");
static const char numpy_proxy[] = NUMPY(
    "def s(L,a):\n w=np.exp(L-L.max(a,keepdims=True)); return w/w.sum(a,keepdims=True)\ndef A(a,b):\n L=-((a[:,None]-b[None])**2).sum(-1)*2; return np.sqrt(s(L,1)*s(L,0))\n"
    "def f(x,y):\n P,Q=A(x,y),A(x,x); return (P*Q.sum(1,keepdims=True))@y-(Q*P.sum(1,keepdims=True))@x");
static const char torch_shift[] = TORCH("def m(a,b): return torch.softmax(-((a[:,None]-b[None])**2).sum(-1)*2,1)@b\ndef f(x,y): return m(x,y)-m(x,x)");
static const char torch_proxy[] = TORCH("def A(a,b):\n L=-((a[:,None]-b[None])**2).sum(-1)*2; return torch.sqrt(torch.softmax(L,1)*torch.softmax(L,0))\n"
                                        "def f(x,y):\n P,Q=A(x,y),A(x,x); return (P*Q.sum(1,keepdim=True))@y-(Q*P.sum(1,keepdim=True))@x");

static dp_status beside(double *over, double *under, const char *drift, int single, const char *program, dp_error *e)
{
    const dp_status status = theirs(over, program, e);
    return status ? status : ours(under, drift, single, e);
}

dp_status dp_bench_shift_numpy(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, "mean-shift", 0, numpy_shift, e); }
dp_status dp_bench_proxy_numpy(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, "sinkhorn-proxy", 0, numpy_proxy, e); }
dp_status dp_bench_shift_torch(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, "mean-shift", 1, torch_shift, e); }
dp_status dp_bench_proxy_torch(double *over, double *under, const dp_problem *P, dp_error *e) { return (void) P, beside(over, under, "sinkhorn-proxy", 1, torch_proxy, e); }
