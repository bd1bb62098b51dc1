/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_train.c: trains one generator. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/signals.h"
#include "tool/option.h"
#include "train/train.h"

/* ---- progress ---- */

typedef struct { double start, last; slong first; int tty; } progress;

static void show(void *to, const dp_train_result *r)
{
    progress *p = to;
    const double now = dp_now(), spent = now - p->start;
    if (p->first < 0) p->first = r->step;
    if (!p->tty || now - p->last < 0.2) return;
    p->last = now;
    fprintf(stderr, "\rstep %ld of %ld, loss %.4g", (long) r->step, (long) r->steps, r->loss);
    if (r->evaluated >= 0) fprintf(stderr, ", MMD^2 %.3g (floor %.3g)", r->mmd2_u, r->floor_mmd2_u);
    if (r->step > p->first) fprintf(stderr, ", %.0f s left", spent * (double) (r->steps - r->step) / (double) (r->step - p->first));
    fputs("\033[K", stderr);
}

/* ---- what is printed ---- */

static void pair(const char *name, double value, double floor_)
{
    if (!isnan(value)) printf("  %-18s %-12.5g data against data: %.5g\n", name, value, floor_);
}

static void summary(const dp_train *t, const dp_train_result *r, const char *folder)
{
    printf("%s: %s, %ld of %ld steps%s\n", t->P->title, t->drift, (long) r->step, (long) r->steps, r->diverged ? "; the samples diverged" : "");
    printf("  %-18s %-12.5g |V| rms %.5g: how far the field pushes, which is no distance from the data\n", "loss", r->loss, r->v_rms);
    if (r->evaluated >= 0) printf("at step %ld, %ld samples against as many fresh draws of p:\n", (long) r->evaluated, (long) t->evaluation_n);
    pair("MMD^2, U", r->mmd2_u, r->floor_mmd2_u), pair("MMD^2, V", r->mmd2_v, r->floor_mmd2_v);
    pair("W_2", r->w2, r->floor_w2), pair("Sinkhorn", r->sinkhorn, r->floor_sinkhorn), pair("energy distance", r->energy, r->floor_energy);
    for (int j = 0; j < r->nmodes && r->evaluated >= 0; j++) printf("  mode %-13d %-12.5g of the data: %.5g\n", j + 1, r->mode[j], r->data_mode[j]);
    printf("%.1f s", r->seconds);
    if (!isnan(r->step_seconds)) printf(", %.3g ms a step", 1e3 * r->step_seconds);
    printf("%s%s\n", folder ? "; " : "", folder ? folder : "");
}

/* ---- the command ---- */

static int train(const dp_train *t, const dp_args *a, dp_error *e)
{
    const char *term = getenv("TERM"), *out = dp_args_value(a, "out");
    char *folder = out ? dp_strdup(out) : dp_format("runs/%s/%ld", t->P->name, (long) t->seed);
    progress p = {.start = dp_now(), .first = -1, .tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") && !dp_args_flag(a, "quiet")};
    const dp_train_options o = {.folder = dp_args_flag(a, "dry") ? NULL : folder, .resume = 1, .threads = (int) dp_args_integer(a, "threads", 1, 4096, 1), .stop = dp_signals_stop(), .progress = show, .to = &p};
    dp_train_result r;
    const dp_status status = dp_train_run(&r, t, &o, e);
    if (p.tty) fputs("\r\033[K", stderr);
    if (!status && dp_args_flag(a, "json")) dp_train_result_json(stdout, t, &r);
    else if (!status && !dp_args_flag(a, "quiet")) summary(t, &r, o.folder);
    free(folder);
    return status ? dp_say_failure(e) : r.diverged ? EXIT_UNEXPECTED : EXIT_EXPECTED;
}

static int run(const dp_args *a)
{
    const char **sets;
    dp_train *t;
    dp_error e = {0};
    size_t n = dp_args_all(&sets, a, "set");
    char *seed = dp_args_flag(a, "seed") ? dp_format("train.seed=%ld", (long) dp_args_integer(a, "seed", 0, WORD_MAX, 0)) : NULL;
    sets = dp_realloc(sets, (n + 1) * sizeof *sets);
    if (seed) sets[n++] = seed;
    const dp_status status = dp_train_read(&t, a->operand[0], sets, n, &e);
    const int code = status ? dp_say_failure(&e) : train(t, a, &e);
    if (!status) dp_train_free(t);
    free(sets), free(seed);
    return code;
}

static const dp_option options[] = {
    {"out", 'o', "DIR", "the run's folder (default: runs/CASE/SEED); where it holds the same run, that is continued from its last checkpoint"},
    {"dry", 0, NULL, "write no files"},
    {0}};
const dp_tool_command dp_cmd_train = {
    "train", "CASE", "train one generator",
    "Trains a network f so that f(noise) moves along a drift towards p: the case has p, a kernel and a block `train` with the drift's options, generator, optimiser, batches and what is recorded. "
    "At each step x = f(z), y from p, V the drift of the samples, and the optimiser follows the gradient of |x - sg(x + gamma V)|^2, (46).\n"
    "The folder gets run.yaml (the complete case), history.csv, timing.csv, samples-STEP.npy, trace-STEP.npz (for driftproof audit), data.npy, parameters.npz (weights, optimiser's states, step) and result.json. Equal runs give equal bytes in all of them but timing.csv, "
    "interrupted or not, on any number of threads. An interrupt writes a checkpoint and ends with status 3; the same command goes on from there. Status 1: the samples diverged. --seed sets train.seed; one run uses one thread unless --threads says otherwise. "
    "docs/training.md has the keys, the equations and the formats.",
    options, 1, 1, 1, run};
