/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_drift.c: particle drifts beside NumPy, PyTorch and POT where a python3 has them, beside two threads, beside the rate of exponentials; and their memory. */
#include "tool/bench_drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drift/drift.h"
#include "particle/fused.h"
#include "particle/transport.h"
#include "tool/bench_apart.h"

enum { SWEEPS = 100, DIRECTIONS = 100, MOST_RUNS = 21 };

/* Targets: shared figures for PyTorch told to flush denormals and which processor it runs on, for N = M. */
const dp_race dp_races[] = {
    {"drift-exp", "mean-shift", "exp", 4096, 2, 1, 0, 0.6, NULL},
    {"drift-numpy", "mean-shift", "NumPy", 1024, 2, 0, 0, 10, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 256, 2, 1, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 1024, 2, 1, 0, 20, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 4096, 2, 1, 0, 30, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 16384, 2, 1, 1, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 256, 2, 0, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 1024, 2, 0, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 4096, 2, 0, 0, 20, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 16384, 2, 0, 1, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 256, 64, 1, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 1024, 64, 1, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 4096, 64, 1, 0, 3, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 16384, 64, 1, 1, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 256, 64, 0, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 1024, 64, 0, 0, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 4096, 64, 0, 1, 0, NULL},
    {"drift-torch", "mean-shift", "PyTorch", 16384, 64, 0, 1, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 256, 2, 1, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 1024, 2, 1, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 4096, 2, 1, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 16384, 2, 1, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 4096, 2, 0, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 16384, 2, 0, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 1024, 64, 1, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 4096, 64, 0, 0, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 16384, 64, 1, 1, 0, NULL},
    {"drift-threads", "mean-shift", "threads", 16384, 64, 0, 1, 0, NULL},
    {"proxy-numpy", "sinkhorn-proxy", "NumPy", 1024, 2, 0, 0, 10, NULL},
    {"proxy-torch", "sinkhorn-proxy", "PyTorch", 256, 2, 1, 0, 0, NULL},
    {"proxy-torch", "sinkhorn-proxy", "PyTorch", 1024, 2, 1, 0, 40, NULL},
    {"proxy-torch", "sinkhorn-proxy", "PyTorch", 4096, 2, 1, 0, 50, NULL},
    {"proxy-torch", "sinkhorn-proxy", "PyTorch", 16384, 2, 1, 1, 0, NULL},
    {"proxy-torch", "sinkhorn-proxy", "PyTorch", 1024, 64, 1, 0, 0, NULL},
    {"proxy-torch", "sinkhorn-proxy", "PyTorch", 4096, 64, 1, 0, 0, NULL},
    {"proxy-threads", "sinkhorn-proxy", "threads", 4096, 2, 1, 0, 0, NULL},
    {"da2-torch", "da2", "PyTorch", 256, 2, 1, 0, 0, NULL},
    {"da2-torch", "da2", "PyTorch", 1024, 2, 1, 0, 40, NULL},
    {"da2-torch", "da2", "PyTorch", 4096, 2, 1, 0, 50, NULL},
    {"da2-torch", "da2", "PyTorch", 16384, 2, 1, 1, 0, NULL},
    {"da2-torch", "da2", "PyTorch", 1024, 64, 1, 0, 0, NULL},
    {"da2-threads", "da2", "threads", 4096, 2, 1, 0, 0, NULL},
    {"mmd-torch", "mmd", "PyTorch", 256, 2, 1, 0, 0, NULL},
    {"mmd-torch", "mmd", "PyTorch", 1024, 2, 1, 0, 0, NULL},
    {"mmd-torch", "mmd", "PyTorch", 4096, 2, 1, 0, 25, NULL},
    {"mmd-torch", "mmd", "PyTorch", 16384, 2, 1, 1, 0, NULL},
    {"mmd-torch", "mmd", "PyTorch", 4096, 64, 1, 0, 0, NULL},
    {"mmd-threads", "mmd", "threads", 4096, 2, 1, 0, 0, NULL},
    {"sinkhorn-torch", "sinkhorn", "PyTorch", 256, 2, 1, 0, 30, NULL},
    {"sinkhorn-torch", "sinkhorn", "PyTorch", 1024, 2, 1, 0, 25, NULL},
    {"sinkhorn-torch", "sinkhorn", "PyTorch", 4096, 2, 1, 1, 50, NULL},
    {"sinkhorn-pot", "sinkhorn", "POT", 256, 2, 0, 0, 0, NULL},
    {"sinkhorn-pot", "sinkhorn", "POT", 1024, 2, 0, 1, 0, NULL},
    {"sinkhorn-pot", "sinkhorn", "POT", 4096, 2, 0, 1, 60, NULL},
    {"sinkhorn-torch", "sinkhorn", "PyTorch", 1024, 64, 1, 0, 0, NULL},
    {"sinkhorn-threads", "sinkhorn", "threads", 1024, 2, 1, 0, 0, NULL},
    {"sinkhorn-threads", "sinkhorn", "threads", 4096, 2, 1, 1, 0, NULL},
    {"sinkhorn-exp", "sinkhorn", "exp", 16384, 2, 1, 1, 0, NULL},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 1, 0, 0, "1"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 0, 0, 0, "1"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 1, 0, 0, "316/1000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 0, 0, 0, "316/1000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 1, 0, 0, "1/10"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 0, 0, 0, "1/10"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 1, 0, 0, "31623/1000000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 256, 2, 0, 0, 0, "31623/1000000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 1, 0, 1, "1"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 0, 0, 1, "1"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 1, 0, 1, "316/1000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 0, 0, 1, "316/1000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 1, 0, 1, "1/10"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 0, 0, 1, "1/10"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 1, 0, 1, "31623/1000000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 1024, 2, 0, 0, 1, "31623/1000000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 1, 1, 1, "1"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 0, 1, 1, "1"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 1, 1, 1, "316/1000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 0, 1, 1, "316/1000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 1, 1, 1, "1/10"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 0, 1, 1, "1/10"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 1, 1, 1, "31623/1000000"},
    {"sinkhorn-converged", "sinkhorn", "sweeps", 4096, 2, 0, 1, 1, "31623/1000000"},
    {"sliced-torch", "sliced-wasserstein", "PyTorch", 256, 2, 1, 0, 0, NULL},
    {"sliced-torch", "sliced-wasserstein", "PyTorch", 1024, 2, 1, 0, 0, NULL},
    {"sliced-torch", "sliced-wasserstein", "PyTorch", 4096, 2, 1, 0, 10, NULL},
    {"sliced-torch", "sliced-wasserstein", "PyTorch", 16384, 2, 1, 1, 0, NULL},
    {"sliced-torch", "sliced-wasserstein", "PyTorch", 4096, 64, 1, 0, 0, NULL},
    {"sliced-threads", "sliced-wasserstein", "threads", 4096, 2, 1, 0, 0, NULL}};
const int dp_races_count = sizeof dp_races / sizeof *dp_races;

char *dp_race_title(const dp_race *r)
{
    if (r->h) return dp_format("sinkhorn to 1e-6, h = %s, N = M = %d, d = %d, %s: 100 sweeps", r->h, r->n, r->d, r->single ? "single" : "double");
    const char *what = !strcmp(r->drift, "sinkhorn") ? ", 100 sweeps" : !strcmp(r->drift, "sliced-wasserstein") ? ", 100 directions" : "";
    const char *peer = !strcmp(r->peer, "exp") ? "pairs in the time of an exponential" : !strcmp(r->peer, "threads") ? "one thread over two" : r->peer;
    return dp_format("%s%s, N = M = %d, d = %d, %s: %s", r->drift, what, r->n, r->d, r->single ? "single" : "double", peer);
}

/* ---- ours ---- */

/* Two clouds of n points; h = 1/2, or 4 in 64 dimensions. */
typedef struct { dp_sample s; dp_kernel_part part; double *x, *y, *v, *direction; } clouds;

/* x half as wide, y two moons. */
static void moons(clouds *c, const dp_race *r)
{
    dp_fmpq_set_text(&c->part.bandwidth, r->h);
    for (int i = 0; i < r->n; i++) {
        const double t = M_PI * (i + 0.5) / r->n;
        double *x = c->x + 2 * i, *y = c->y + 2 * i;
        x[0] /= 2, x[1] /= 2;
        y[0] = (i % 2 ? 1 - cos(t) : cos(t)) + (y[0] - 0.5) / 20, y[1] = (i % 2 ? 0.5 - sin(t) : sin(t)) + (y[1] - 0.5) / 20;
    }
}

static void clouds_init(clouds *c, const dp_race *r)
{
    const size_t n = (size_t) r->n * (size_t) r->d;
    *c = (clouds){.x = dp_malloc(sizeof(double) * n), .y = dp_malloc(sizeof(double) * n), .v = dp_malloc(sizeof(double) * n), .direction = dp_malloc(sizeof(double) * DIRECTIONS * (size_t) r->d)};
    c->part.family = DP_KERNEL_GAUSSIAN;
    fmpq_init(&c->part.weight), fmpq_init(&c->part.bandwidth);
    fmpq_one(&c->part.weight), fmpq_set_si(&c->part.bandwidth, r->d > 3 ? 8 : 1, 2);
    dp_directions_random(c->x, 1, n, 1), dp_directions_random(c->y, 1, n, 2), dp_directions_random(c->direction, DIRECTIONS, (size_t) r->d, 3);
    for (size_t i = 0; i < n; i++) c->x[i] *= sqrt((double) n), c->y[i] = c->y[i] * sqrt((double) n) + 0.5;
    if (r->h) moons(c, r);
    c->s = (dp_sample){.n = (size_t) r->n, .m = (size_t) r->n, .d = (size_t) r->d, .x = c->x, .y = c->y, .part = &c->part, .nparts = 1, .iterations = SWEEPS, .tolerance = -1,
                       .ndirections = DIRECTIONS, .direction = c->direction, .threads = 1, .single = r->single,
                       .leave_out = !strcmp(r->drift, "da2")};
}

static void clouds_clear(clouds *c)
{
    fmpq_clear(&c->part.weight), fmpq_clear(&c->part.bandwidth);
    free(c->x), free(c->y), free(c->v), free(c->direction);
}

/* The median of `runs`, at most MOST_RUNS; by the clock where there is more than one thread. */
static dp_status ours(double *median, clouds *c, const char *drift, int threads, int clock, int runs, dp_error *e)
{
    dp_drifted out = {.v = c->v};
    double time[MOST_RUNS];
    dp_status status = DP_OK;
    c->s.threads = threads;
    for (int k = 0; k < runs && !status; k++) {
        const double start = clock ? dp_now() : dp_bench_processor();
        out.nnotes = 0, status = dp_drift_sample(&out, drift, &c->s, e);
        time[k] = (clock ? dp_now() : dp_bench_processor()) - start;
    }
    if (!status) qsort(time, (size_t) runs, sizeof *time, dp_bench_by_size), *median = time[runs / 2];
    return status;
}

/* ---- theirs ---- */

#define START "import sys,os,time\n" \
    "n,d,single,runs=map(int,sys.argv[2:6]); h=4. if d>3 else .5\n" \
    "def once(f):\n t=time.process_time(); f(); return time.process_time()-t\n" \
    "def serve(f):\n print(once(f) if n<(2000 if sys.argv[1]==\"sinkhorn\" else 5000) else 0,flush=True)\n for line in sys.stdin: print(sorted(once(f) for k in range(runs))[runs//2],flush=True)\n"
static const char numpy_program[] = START
    "import numpy as np\nr=np.random.default_rng(0)\nx,y=r.normal(size=(n,d)),r.normal(size=(n,d))+.5\n"
    "def L(a,b): return -((a[:,None]-b[None])**2).sum(-1)/(2*h*h)\ndef s(L,a):\n w=np.exp(L-L.max(a,keepdims=True)); return w/w.sum(a,keepdims=True)\n"
    "def shift():\n f=lambda a,b: s(L(a,b),1)@b\n return f(x,y)-f(x,x)\n"
    "def proxy():\n A=lambda a,b: np.sqrt(s(L(a,b),1)*s(L(a,b),0))\n P,Q=A(x,y),A(x,x); return (P*Q.sum(1,keepdims=True))@y-(Q*P.sum(1,keepdims=True))@x\n"
    "serve({\"mean-shift\":shift,\"sinkhorn-proxy\":proxy}[sys.argv[1]])";
static const char torch_program[] = START
    "import torch\ntorch.set_num_threads(1)\ntorch.set_flush_denormal(True)\nt=torch.float32 if single else torch.float64\nx,y=torch.randn(n,d,dtype=t),torch.randn(n,d,dtype=t)+.5\n"
    "def L(a,b): return torch.addmm((a*a).sum(1)[:,None]+(b*b).sum(1)[None],a,b.T,alpha=-2).mul_(-.5/h/h)\n"
    "def shift():\n f=lambda a,b: torch.softmax(L(a,b),1)@b\n return f(x,y)-f(x,x)\n"
    "def A(a,b):\n l=L(a,b); return torch.sqrt(torch.softmax(l,1).mul_(torch.softmax(l,0)))\n"
    "def proxy():\n P,Q=A(x,y),A(x,x); return (P*Q.sum(1,keepdim=True))@y-(Q*P.sum(1,keepdim=True))@x\n"
    "def da2():\n l=torch.cat([L(x,y),L(x,x).fill_diagonal_(-float(\"inf\"))],1); P,Q=torch.sqrt(torch.softmax(l,1).mul_(torch.softmax(l,0))).split(n,1)\n"
    " return (P*Q.sum(1,keepdim=True))@y-(Q*P.sum(1,keepdim=True))@x\n"
    "def mmd():\n def f(a,b):\n  K=L(a,b).exp_(); return (K@b-K.sum(1,keepdim=True)*a)/(n*h*h)\n return f(x,y)-f(x,x)\n"
    "def sinkhorn():\n def f(a,b):\n  l=L(a,b); g=torch.zeros(n,dtype=t)\n  for k in range(100):\n   u=-torch.logsumexp(l+g[None],1); g=-torch.logsumexp(l+u[:,None],0)\n  return torch.softmax(l+g[None],1)@b\n"
    " return f(x,y)-f(x,x)\n"
    "q=torch.randn(100,d,dtype=t); q/=q.norm(dim=1,keepdim=True)\n"
    "def sliced():\n a,i=(q@x.T).sort(1); b=(q@y.T).sort(1)[0]; return torch.zeros(100,n,dtype=t).scatter_(1,i,b-a).T@q/100\n"
    "serve({\"mean-shift\":shift,\"sinkhorn-proxy\":proxy,\"da2\":da2,\"mmd\":mmd,\"sinkhorn\":sinkhorn,\"sliced-wasserstein\":sliced}[sys.argv[1]])";
static const char pot_program[] = START
    "import warnings\nwarnings.simplefilter(\"ignore\")\nimport numpy as np,ot\nr=np.random.default_rng(0)\nx,y=r.normal(size=(n,d)),r.normal(size=(n,d))+.5\nw=np.full(n,1/n)\n"
    "def f(a,b): return n*ot.bregman.sinkhorn_log(w,w,ot.dist(a,b)/2,h*h,numItermax=100,stopThr=0)@b\nserve(lambda: f(x,y)-f(x,x))";

/* GiB that Linux calls available; elsewhere there is no limit. */
static double available(void)
{
    double kib = INFINITY;
    char line[256];
    FILE *f = fopen("/proc/meminfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %lf", &kib) == 1) break;
    if (f) fclose(f);
    return kib / (1 << 20);
}

/* Its median of so many runs for each line. */
static dp_status theirs(dp_peer *p, const dp_race *r, int runs, dp_error *e)
{
    const double most = 8.0 * r->n * r->n * (r->single ? 4 : 8) / (1 << 30); /* matrices of pairs that are there at once: 3 (mean-shift) to 7 (proxy) */
    if (most > available()) return dp_fail(e, DP_EUNSUPPORTED, "%s would take up to %.0f GiB, which are not free", r->peer, most);
    const char *program = !strcmp(r->peer, "NumPy") ? numpy_program : !strcmp(r->peer, "POT") ? pot_program : torch_program;
    const char *library = !strcmp(r->peer, "NumPy") ? "numpy" : !strcmp(r->peer, "POT") ? "ot" : "torch";
    char *arguments = dp_format("%s %d %d %d %d", r->drift, r->n, r->d, r->single, runs);
    const dp_status status = dp_peer_start(p, library, r->peer, program, arguments, e);
    free(arguments);
    return status;
}

/* Seconds of as many exponentials in the cache as the drift has pairs, twice N M (Sinkhorn: for every sweep); from a part of them. */
static double exponentials(const dp_race *r)
{
    enum { COUNT = 4096, PART = 2000 };
    double at[COUNT] __attribute__((aligned(64))), to[COUNT] __attribute__((aligned(64))); /* lines that are split take a quarter longer */
    for (int i = 0; i < COUNT; i++) {
        if (r->single) ((float *) at)[i] = -1 - (float) i / 64;
        else at[i] = -1 - (double) i / 64;
    }
    const double all = 2 * (double) r->n * (double) r->n / COUNT * (!strcmp(r->drift, "sinkhorn") ? SWEEPS : 1), part = fmin(ceil(all), PART), start = dp_bench_processor();
    for (int i = 0; i < part; i++) dp_fused_exp2(to, at, COUNT, r->single);
    return (dp_bench_processor() - start) / part * all;
}

/* How often each way is run in a turn, and the turns. */
typedef struct { const dp_race *r; clouds c; dp_peer peer; int runs, turns, shares; double share[DP_MOST_TURNS]; } heat;

static dp_status turn(double *mine, double *other, void *argument, dp_error *e)
{
    heat *h = argument;
    const int threads = !strcmp(h->r->peer, "threads"), rate = !strcmp(h->r->peer, "exp");
    dp_status status = DP_OK;
    if (h->r->h) {
        h->c.s.iterations = SWEEPS, status = ours(other, &h->c, h->r->drift, 1, 0, h->runs, e);
        h->c.s.iterations = -1, h->c.s.tolerance = 1e-6;
    } else if (threads) status = ours(other, &h->c, h->r->drift, 1, 1, h->runs, e);
    else if (!rate) status = dp_peer_ask(other, &h->peer, e);
    if (!status) status = ours(mine, &h->c, h->r->drift, threads ? 2 : 1, threads, h->runs, e);
    const double exps = exponentials(h->r);
    if (rate) *other = exps;
    if (!status) h->share[h->shares++] = exps / *mine / (threads ? 2 : 1);
    return status;
}

dp_status dp_race_run(double *mine, double *other, double *share, const dp_race *r, dp_error *e)
{
    const int sweeps = !strcmp(r->drift, "sinkhorn"), apart = !r->h && strcmp(r->peer, "threads") && strcmp(r->peer, "exp");
    const int slow = r->n > 4096 || (sweeps && r->n > 1024), middling = r->n > 1024 || (sweeps && r->n > 256);
    heat h = {.r = r, .runs = slow ? 1 : middling ? 3 : 9, .turns = slow ? 1 : middling ? 5 : DP_MOST_TURNS, .peer = {.end = -1}};
    dp_status status = DP_OK;
    clouds_init(&h.c, r);
    if (apart) status = theirs(&h.peer, r, middling ? 1 : 3, e);
    if (!status && !slow) status = ours(mine, &h.c, r->drift, 1, 0, 1, e); /* to warm up */
    if (!status) status = dp_bench_turns(mine, other, h.turns, turn, &h, e);
    if (apart && !status) dp_peer_remark(&h.peer, e);
    if (apart) dp_peer_stop(&h.peer);
    if (!status) qsort(h.share, (size_t) h.shares, sizeof *h.share, dp_bench_by_size), *share = strcmp(r->drift, "sliced-wasserstein") && !r->h ? h.share[h.shares / 2] : 0;
    clouds_clear(&h.c);
    return status;
}

/* ---- memory ---- */

static dp_status drifting(double *time, void *argument, dp_error *e)
{
    const dp_race *r = argument;
    clouds c;
    clouds_init(&c, r);
    c.s.iterations = 2; /* sweeps that follow need no more memory */
    const dp_status status = ours(time, &c, r->drift, 1, 0, 1, e);
    clouds_clear(&c);
    return status;
}

/* MiB that a drift of n points adds to a process of its own. */
static dp_status grown(double *size, const char *drift, int n, dp_error *e)
{
    dp_race r = {.drift = drift, .n = n, .d = 2, .single = 1};
    double time;
    return dp_bench_grown(size, &time, drifting, &r, e);
}

dp_status dp_bench_drift_memory(double *over, double *under, const dp_problem *P, dp_error *e)
{
    (void) P;
    const dp_status status = grown(over, "mean-shift", 65536, e);
    return status ? status : grown(under, "mean-shift", 16384, e);
}

dp_status dp_bench_drift_memory_most(double *over, double *under, const dp_problem *P, dp_error *e)
{
    static const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "da2", "sinkhorn", "mmd", "sharp", "blob", "sliced-wasserstein"};
    enum { N = 16384 };
    dp_status status = DP_OK;
    (void) P;
    *over = 0, *under = 4.0 * N * N / (1 << 20);
    for (size_t k = 0; k < sizeof drifts / sizeof *drifts && !status; k++) {
        double size = 0;
        status = grown(&size, drifts[k], N, e);
        *over = fmax(*over, size);
    }
    return status;
}
