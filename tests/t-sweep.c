/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sweep.c: the plan of a sweep, its table, its shares, and what is left when it is killed. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "train/sweep.h"

static char where[] = "/tmp/t-sweep-XXXXXX";

static const char base[] = "title: t\ndimension: 2\np: {dataset: {name: moons, n: 60}}\nkernel: {family: gaussian, bandwidth: 3/10}\n"
    "train:\n  drift: {name: mmd}\n  generator: {width: 8, depth: 1}\n  batch: 16\n  steps: 40\n  record: {history: 0, samples: 0, checkpoint: 0}\n  evaluation: {every: 0, n: 40, transport: 16}\n";
static const char two_grids[] = "sweep:\n"
    "  - drift: {kl: {train.drift.name: mean-shift}, da2: {train.drift.name: da2, kernel.family: laplace}}\n    h: {key: kernel.bandwidth, values: [1/10, 1]}\n    seed: {key: train.seed, from: 3, to: 5}\n"
    "  - drift: {sw: {train.drift.name: sliced-wasserstein, train.steps: 400}}\n    slices: {key: train.drift.directions, values: [1, 5]}\n    seed: {key: train.seed, from: 0, to: 1}\n";

static char *path(const char *name) { return dp_format("%s/%s", where, name); }

static dp_status read_case(dp_sweep **s, const char *block, const char *const *sets, size_t nsets, dp_error *e)
{
    char *file = path("case.yaml"), *text = dp_format("%s%s", base, block);
    dp_status status = dp_file_write(file, text, strlen(text), e);
    if (!status) status = dp_sweep_read(s, file, sets, nsets, e);
    free(file), free(text);
    return status;
}

static dp_sweep *sweep(const char *block)
{
    dp_error e = {0};
    dp_sweep *s = NULL;
    if (read_case(&s, block, NULL, 0, &e)) fail_msg("%s", e.text);
    return s;
}

static char *rows(const char *file, const char *query)
{
    dp_error e = {0};
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    const dp_status status = dp_sweep_csv(f, file, query, &e);
    fclose(f);
    if (status) fail_msg("%s", e.text);
    return text;
}

/* Trains one share of s into `file`. */
static dp_status train(const dp_sweep *s, const char *file, size_t share, size_t shares, int jobs, dp_error *e)
{
    size_t *cells;
    const size_t n = dp_sweep_share(&cells, s, share, shares);
    const dp_sweep_options o = {.jobs = jobs};
    dp_sweep_store *t;
    dp_status status = dp_sweep_store_open(&t, file, s, cells, n, e);
    if (!status) status = dp_sweep_train(t, s, cells, n, &o, e), dp_sweep_store_close(t);
    free(cells);
    return status;
}

/* ---- the plan ---- */

static void plan(void **state)
{
    dp_error e = {0};
    dp_sweep *s = sweep(two_grids), *other;
    (void) state;
    assert_true(s->n == 16 && s->naxes == 4);
    assert_string_equal(s->cell[0].key, "drift=kl h=1/10 seed=3"), assert_string_equal(s->cell[11].key, "drift=da2 h=1 seed=5"), assert_string_equal(s->cell[15].key, "drift=sw slices=5 seed=1");
    assert_true(s->cell[15].label[1] == NULL && !strcmp(s->cell[15].label[3], "5"));
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < i; j++) assert_string_not_equal(s->cell[i].sha256, s->cell[j].sha256);
    dp_train *t;
    assert_int_equal(dp_sweep_case(&t, s, 11, &e), DP_OK);
    assert_true(t->seed == 5 && !strcmp(t->drift, "da2") && t->P->kernel == DP_KERNEL_LAPLACE && fmpq_is_one(t->P->bandwidth) && !strstr(t->P->text, "sweep"));
    dp_train_free(t);
    assert_int_equal(read_case(&other, two_grids, (const char *[]){"train.steps=50"}, 1, &e), DP_OK);
    assert_string_not_equal(s->sha256, other->sha256);
    dp_sweep_free(s), dp_sweep_free(other);
}

static void bad_plans(void **state)
{
    static const char *const bad[][2] = {{"", "a block 'sweep'"}, {"sweep: []\n", ""}, {"sweep: 3\n", "a grid"}, {"sweep: {seed: 3}\n", "an axis"}, {"sweep: {Seed: {key: train.seed, values: [1]}}\n", "a name of an axis"},
        {"sweep: {loss: {key: train.seed, values: [1]}}\n", "no column"}, {"sweep: {seed: {key: train.seed, values: [1, 1]}}\n", "twice"}, {"sweep: {seed: {key: train.seed, values: []}}\n", "a list of values"},
        {"sweep: {seed: {key: train.seed, from: 3, to: 1}}\n", "to"}, {"sweep: {seed: {key: train.seed, from: 0, to: 1, by: 2}}\n", "by"}, {"sweep: {d: {a: 3}}\n", "settings"}, {"sweep: {d: {a b: {train.seed: 1}}}\n", "labels without blanks"},
        {"sweep: {d: {a: {train.drift.nam: mmd}}}\n", "run d=a"}, {"sweep: {h: {key: kernel.bandwidth, values: [-1]}}\n", "run h=-1"},
        {"sweep: [{s: {key: train.seed, values: [1]}}, {s: {key: train.seed, values: [1]}}]\n", "two grids"}};
    (void) state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        dp_error e = {0};
        dp_sweep *s = NULL;
        const dp_status status = read_case(&s, bad[k][0], NULL, 0, &e);
        if (k == 1 && !status) { /* no grid: no runs */
            assert_int_equal(s->n, 0);
            dp_sweep_free(s);
        } else if (status != DP_EINPUT || !strstr(e.text, bad[k][1])) fail_msg("%s: status %d, %s", bad[k][0], (int) status, e.text);
    }
}

/* Every cell in one share, and no share dearer than the mean and the dearest run together. */
static void shares(void **state)
{
    dp_sweep *s = sweep(two_grids);
    (void) state;
    for (size_t n = 1; n <= 20; n++) {
        int *seen = dp_calloc(s->n, sizeof(int));
        double total = 0, dearest = 0, most = 0;
        for (size_t i = 0; i < s->n; i++) total += s->cell[i].cost, dearest = fmax(dearest, s->cell[i].cost);
        for (size_t k = 0; k < n; k++) {
            size_t *cells;
            double load = 0;
            const size_t count = dp_sweep_share(&cells, s, k, n);
            for (size_t i = 0; i < count; i++) seen[cells[i]]++, load += s->cell[cells[i]].cost;
            most = fmax(most, load);
            free(cells);
        }
        for (size_t i = 0; i < s->n; i++) assert_int_equal(seen[i], 1);
        assert_true(most <= total / (double) n + dearest);
        free(seen);
    }
    dp_sweep_free(s);
}

/* ---- the table ---- */

static pid_t ended(void)
{
    const pid_t child = fork();
    if (child == 0) _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

/* A file beside a table: what process `pid` was writing there, here or on another machine, or a file of the user's that ends in a number. */
static char *left_by(const char *file, const char *middle, pid_t pid, const char *end)
{
    dp_error e;
    char *name = dp_format("%s.%s%ld%s", file, middle, (long) pid, end);
    assert_int_equal(dp_file_write(name, "x", 1, &e), DP_OK);
    return name;
}

static void results(void **state)
{
    dp_error e = {0};
    dp_sweep *s = sweep(two_grids);
    char *one = path("one.sqlite"), *two = path("two.sqlite"), *a = path("a.sqlite"), *b = path("b.sqlite"), *both = path("both.sqlite");
    dp_sweep_count count = {0};
    (void) state;
    assert_int_equal(train(s, one, 0, 1, 1, &e), DP_OK);
    assert_int_equal(train(s, two, 0, 1, 3, &e), DP_OK);
    char *r = rows(one, NULL), *q = rows(two, NULL);
    assert_string_equal(r, q);
    free(q), q = rows(one, "SELECT count(*), count(DISTINCT mmd2_u), sum(status = 'done') FROM runs");
    assert_non_null(strstr(q, "16,16,16"));
    free(q);
    /* The row is what a run by itself says. */
    dp_train *t;
    dp_train_result alone;
    assert_int_equal(dp_sweep_case(&t, s, 7, &e), DP_OK);
    assert_int_equal(dp_train_run(&alone, t, &(dp_train_options){.threads = 1}, &e), DP_OK);
    q = rows(one, "SELECT loss, mmd2_u, w2 FROM runs WHERE run = 7");
    char *expected = dp_format("loss,mmd2_u,w2\n%.17g,%.17g,%.17g\n", alone.loss, alone.mmd2_u, alone.w2);
    assert_string_equal(q, expected);
    free(q), free(expected), dp_train_free(t);
    /* Shares, merged; what a merge that was killed left here goes; what a living one or another machine is writing stays, and so does a user's file. */
    assert_int_equal(train(s, a, 0, 2, 1, &e), DP_OK);
    assert_int_equal(train(s, b, 1, 2, 2, &e), DP_OK);
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    char *ours = dp_format("merging-%s-", host), *left[5] = {left_by(both, ours, ended(), "-journal"), left_by(both, ours, ended(), ""),
        left_by(both, ours, getppid(), ""), left_by(both, "merging-elsewhere.-", ended(), ""), left_by(both, "", ended(), "")};
    assert_int_equal(dp_sweep_merge(both, (const char *[]){a, b}, 2, &count, &e), DP_OK);
    assert_true(count.done == 16 && count.pending == 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(access(left[i], F_OK) == 0, i > 1);
        unlink(left[i]), free(left[i]);
    }
    free(ours);
    q = rows(both, NULL);
    assert_string_equal(r, q);
    free(q);
    /* Another sweep's table is refused. */
    dp_sweep *other = sweep("sweep: {seed: {key: train.seed, from: 0, to: 1}}\n");
    assert_int_equal(train(other, one, 0, 1, 1, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "another sweep"));
    assert_int_equal(train(other, a, 0, 1, 1, &e), DP_EINPUT);
    free(a), a = path("other.sqlite");
    assert_int_equal(train(other, a, 0, 1, 1, &e), DP_OK);
    assert_int_equal(dp_sweep_merge(both, (const char *[]){b, a}, 2, &count, &e), DP_EINPUT);
    dp_sweep_free(s), dp_sweep_free(other);
    free(r), free(one), free(two), free(a), free(b), free(both);
}

/* A run that cannot be trained is put down as failed, with its reason, and the others go on; one that leaves the finite numbers has diverged. */
static void failures(void **state)
{
    dp_error e = {0};
    dp_sweep *s = sweep("sweep: {w: {good: {train.seed: 1}, bad: {train.parameters: nowhere.npz}, wild: {train.optimiser.method: sgd, train.optimiser.lr: 1e30}}}\n");
    char *file = path("failed.sqlite");
    (void) state;
    assert_int_equal(train(s, file, 0, 1, 2, &e), DP_OK);
    char *q = rows(file, "SELECT w, status, message LIKE '%nowhere.npz%' FROM runs ORDER BY run");
    assert_string_equal(q, "w,status,message LIKE '%nowhere.npz%'\ngood,done,\nbad,failed,1\nwild,diverged,\n");
    free(q), free(file);
    dp_sweep_free(s);
}

/* ---- killed ---- */

static void killed(void **state)
{
    enum { KILLS = 50 };
    dp_error e = {0};
    dp_sweep *s = sweep("sweep: {drift: {kl: {train.drift.name: mean-shift}, sw: {train.drift.name: sliced-wasserstein}}, seed: {key: train.seed, from: 0, to: 39}}\n");
    char *calm = path("calm.sqlite"), *file = path("killed.sqlite");
    int hit = 0, between = 0;
    (void) state;
    const double start = dp_now();
    assert_int_equal(train(s, calm, 0, 1, 2, &e), DP_OK);
    const double most = (dp_now() - start) / 8; /* killed early, so that it takes many attempts */
    for (ulong k = 0; k < KILLS; k++) {
        double u[2];
        dp_philox_pair(u, 17, (slong) k, 0);
        const double wait = most * u[0];
        const struct timespec nap = {(time_t) wait, (long) (1e9 * (wait - floor(wait)))};
        const pid_t pid = fork();
        if (pid == 0) _exit(train(s, file, 0, 1, 2, &e) ? 1 : 0);
        nanosleep(&nap, NULL);
        int code;
        kill(pid, SIGKILL);
        waitpid(pid, &code, 0);
        hit += WIFSIGNALED(code);
        if (access(file, R_OK)) continue;
        char *q = rows(file, "SELECT count(*) FROM sqlite_master WHERE name = 'runs'"), *n = strchr(q, '1') ? rows(file, "SELECT sum(status = 'done') FROM runs") : NULL;
        const long done = n ? strtol(strchr(n, '\n'), NULL, 10) : 0;
        between += done > 0 && done < 80;
        free(q), free(n);
    }
    assert_int_equal(train(s, file, 0, 1, 2, &e), DP_OK);
    char *p = rows(calm, NULL), *q = rows(file, NULL);
    assert_string_equal(p, q);
    assert_true(hit > 0 && between > 0);
    free(p), free(q), free(calm), free(file);
    dp_sweep_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plan), cmocka_unit_test(bad_plans), cmocka_unit_test(shares), cmocka_unit_test(results), cmocka_unit_test(failures), cmocka_unit_test(killed)};
    char command[64];
    if (!mkdtemp(where)) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", where);
    return system(command) ? 1 : failed;
}
