/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_bench.c: times the engines against the bars that the project set itself; medians of several runs, one thread. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim/claim.h"
#include "drift/gridfield.h"
#include "tool/bench_apart.h"
#include "tool/bench_beside.h"
#include "tool/bench_conv.h"
#include "tool/bench_drift.h"
#include "tool/bench_mesh.h"
#include "tool/option.h"
#include "tool/share.h"

static const char case_1d[] =
    "title: bench, one dimension\ndimension: 1\n"
    "p: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n"
    "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\n"
    "kernel: {family: gaussian, bandwidth: 4/5}\ndigits: 50\n";
const char dp_bench_case_2d[] =
    "title: bench, two dimensions\ndimension: 2\n"
    "p: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/3, mean: [1, 0], covariance: 1/4},"
    " {weight: 1/6, mean: [-1, -1/2], covariance: [[1/3, 0], [0, 1/2]]}]}\n"
    "q: {mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 1/4, mean: [1, 1], covariance: [[1/3, -1/9], [-1/9, 1/2]]},"
    " {weight: 1/2, mean: [-1/2, 1/3], covariance: 1/3}]}\n"
    "kernel: {family: gaussian, bandwidth: 1}\ndigits: 30\n";
static const char case_modes[] =
    "title: bench, two modes\ndimension: 1\n"
    "p: {atoms: [{weight: 1/2, at: [-1]}, {weight: 1/2, at: [1]}]}\n"
    "q: {atoms: [{weight: 999/1000, at: [-1]}, {weight: 1/1000, at: [1]}]}\n"
    "kernel: {family: gaussian, bandwidth: 2/3}\ndigits: 1000\n";

typedef struct { dp_problem *P; dp_workspace *w; slong run; dp_error e; } bench;

/* ---- what is timed: each returns DP_OK, or why the number would mean nothing ---- */

/* The velocity at a point of its own for every run. */
static dp_status line_point(bench *b, dp_engine engine)
{
    dp_field_t f;
    dp_status status;
    fmpq *x = _fmpq_vec_init(1);
    fmpq_set_si(x, 7 * b->run - 20, 31);
    dp_field_init(f, 1);
    if (engine == DP_ENGINE_AUTO) {
        status = dp_field_digits(f, b->P, "sinkhorn-proxy", x, 50, b->w, &b->e);
    } else {
        arb_t at;
        arb_init(at);
        arb_set_fmpq(at, x, 256);
        status = dp_field_eval(f, b->P, "sinkhorn-proxy", at, engine, 190, b->w, &b->e);
        arb_clear(at);
    }
    dp_field_clear(f);
    _fmpq_vec_clear(x, 1);
    return status;
}

static dp_status line_auto(bench *b) { return line_point(b, DP_ENGINE_AUTO); }
static dp_status line_quadrature(bench *b) { return line_point(b, DP_ENGINE_QUADRATURE); }

/* A curl that excludes 0, from nothing: no node weights are kept from run to run. */
static dp_status plane_curl(bench *b)
{
    dp_field_t f;
    arb_ptr x = _arb_vec_init(2);
    dp_workspace *fresh = dp_workspace_new();
    arb_set_si(x, 3 + b->run);
    arb_div_ui(x, x, 8, 128);
    arb_set_d(x + 1, -0.25);
    dp_field_init(f, 2);
    dp_status status = dp_field_eval(f, b->P, "sinkhorn-proxy", x, DP_ENGINE_AUTO, 120, fresh, &b->e);
    if (!status && (!(f->have & DP_HAVE_JACOBIAN) || arb_contains_zero(f->curl))) status = dp_fail(&b->e, DP_EBUDGET, "the sign of the curl was not decided");
    dp_field_clear(f);
    dp_workspace_free(fresh);
    _arb_vec_clear(x, 2);
    return status;
}

static dp_status two_modes(bench *b)
{
    static const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "da2", "mmd"};
    dp_field_t f;
    dp_status status = DP_OK;
    fmpq *x = _fmpq_vec_init(1);
    dp_field_init(f, 1);
    for (int mode = -1; mode <= 1 && !status; mode += 2)
        for (size_t i = 0; i < sizeof drifts / sizeof *drifts && !status; i++) {
            fmpq_set_si(x, mode, 1);
            status = dp_field_digits(f, b->P, drifts[i], x, 1000, b->w, &b->e);
        }
    dp_field_clear(f);
    _fmpq_vec_clear(x, 1);
    return status;
}

/* The shipped quick suite, by this program itself, into a directory that is removed again. */
static dp_status suite(bench *b)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = dp_format("%s/driftproof-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    int status = -1;
    if (!mkdtemp(dir)) {
        free(dir);
        return dp_fail(&b->e, DP_EIO, "cannot make a directory in %s", tmp && *tmp ? tmp : "/tmp");
    }
    const pid_t pid = fork();
    if (!pid) {
        execl("/proc/self/exe", "driftproof", "verify", "--quiet", "--no-pdf", "--suite", "quick", "--limit", "60", "--out", dir, (char *) NULL);
        _exit(127);
    }
    if (pid > 0) waitpid(pid, &status, 0);
    const pid_t cleaner = fork();
    if (!cleaner) {
        execlp("rm", "rm", "-rf", dir, (char *) NULL);
        _exit(127);
    }
    if (cleaner > 0) waitpid(cleaner, NULL, 0);
    free(dir);
    return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? DP_OK : dp_fail(&b->e, DP_EIO, "verify did not finish");
}

/* The proxy's velocity on a window with n nodes an axis, one thread. */
static dp_status mesh(bench *b, slong n, slong digits, dp_tier tier)
{
    slong count[3] = {n, n, n};
    fmpq *lo = _fmpq_vec_init(3), *hi = _fmpq_vec_init(3);
    dp_mesh_t m;
    dp_gridfield *f = NULL;
    for (int k = 0; k < 3; k++) fmpq_set_si(lo + k, -3, 1), fmpq_set_si(hi + k, 3, 1);
    dp_mesh_init(m, b->P->dim, count, lo, hi);
    const dp_status status = dp_gridfield_eval(&f, b->P, "sinkhorn-proxy", m, DP_Q_VELOCITY, digits, tier, 1, &b->e);
    dp_gridfield_free(f);
    dp_mesh_clear(m);
    _fmpq_vec_clear(lo, 3), _fmpq_vec_clear(hi, 3);
    return status;
}

static dp_status mesh_line(bench *b) { return mesh(b, 6000, 78, DP_TIER_EXACT); }
static dp_status mesh_double(bench *b) { return mesh(b, 512, 12, DP_TIER_DOUBLE); }
static dp_status mesh_plane(bench *b) { return mesh(b, 512, 30, DP_TIER_EXACT); }

static const struct {
    const char *name, *text, *title;
    int warm;          /* runs before the clock starts */
    slong most;        /* runs at most */
    double bar;        /* seconds; 0: only for comparison with the line before */
    dp_status (*once)(bench *b);
} benches[] = {
    {"line", case_1d, "sinkhorn-proxy, 1-D mixtures, 50 digits, a point after the first", 1, 1000, 0.010, line_auto},
    {"line-acb", case_1d, "the same through acb_calc_integrate at 190 bits", 1, 3, 0, line_quadrature},
    {"plane-curl", dp_bench_case_2d, "curl of three-component 2-D mixtures, 120 bits, from nothing", 0, 1000, 0.5, plane_curl},
    {"two-modes", case_modes, "two modes, four drifts, both modes, 1,000 digits", 0, 1000, 1.0, two_modes},
    {"mesh-line", case_1d, "sinkhorn-proxy at 6,000 nodes on the line, 260 bits, certified", 0, 3, 0.5, mesh_line},
    {"mesh-double", dp_bench_case_2d, "sinkhorn-proxy at 512 x 512 nodes, double precision, estimated", 1, 5, 0.3, mesh_double},
    {"mesh-plane", dp_bench_case_2d, "sinkhorn-proxy at 512 x 512 nodes, 30 digits, certified", 0, 1, 5, mesh_plane},
    {"suite", NULL, "the quick suite, all cores", 0, 1, 60, suite}};
enum { BENCHES = sizeof benches / sizeof *benches };

/* ---- timing ---- */

/* Median seconds of one run, or a negative number when it failed (b->e says why). */
static double median(bench *b, int which, slong runs)
{
    double *t = dp_calloc((size_t) runs, sizeof *t);
    dp_status status = DP_OK;
    for (b->run = 0; b->run < benches[which].warm && !status; b->run++) status = benches[which].once(b);
    for (slong i = 0; i < runs && !status; i++, b->run++) {
        const double start = dp_now();
        status = benches[which].once(b);
        t[i] = dp_now() - start;
    }
    qsort(t, (size_t) runs, sizeof *t, dp_bench_by_size);
    const double m = status ? -1 : t[runs / 2];
    free(t);
    return m;
}

static double time_one(int which, slong runs, dp_error *e)
{
    bench b = {0};
    double m = -1;
    const char *text = benches[which].text;
    if (text && dp_problem_parse(&b.P, "bench", text, NULL, 0, NULL, &b.e)) {
        *e = b.e;
        return m;
    }
    b.w = dp_workspace_new();
    m = median(&b, which, runs < benches[which].most ? runs : benches[which].most);
    *e = b.e;
    dp_workspace_free(b.w);
    if (b.P) dp_problem_free(b.P);
    return m;
}

/* `gap`: what separates JSON objects, or NULL for text. */
static void print(const char *gap, int which, double seconds, double ratio, const dp_error *e)
{
    const double bar = benches[which].bar;
    if (gap) {
        printf("%s\n    {\"name\": \"%s\", \"title\": \"%s\", \"seconds\": ", gap, benches[which].name, benches[which].title);
        if (seconds < 0) fputs("null", stdout);
        else dp_json_double(stdout, seconds);
        printf(", \"bar\": ");
        if (bar > 0) dp_json_double(stdout, bar);
        else fputs("null", stdout);
        if (seconds < 0) fputs(", \"why\": ", stdout), dp_json_string(stdout, e->text);
        putchar('}');
        return;
    }
    printf("%-68s ", benches[which].title);
    if (seconds < 0) printf("FAILED: %s\n", e->text);
    else if (bar > 0) printf("%10.4f s   bar %g s: %s\n", seconds, bar, seconds < bar ? "reached" : "MISSED");
    else if (ratio > 0) printf("%10.4f s   %.1f times the line above\n", seconds, ratio);
    else printf("%10.4f s\n", seconds);
    fflush(stdout);
}

/* Whether benchmark i was asked for: by name, or by naming none. */
static int asked(const dp_args *a, int i)
{
    for (int k = 0; k < a->count; k++)
        if (!strcmp(a->operand[k], benches[i].name)) return 1;
    return !a->count;
}

/* All names, each once: `names` has place for so many and NULL. */
enum { MOST_NAMES = 128 };
static void all_names(const char *names[MOST_NAMES + 1])
{
    int n = 0;
    for (int i = 0; i < BENCHES; i++) names[n++] = benches[i].name;
    for (int i = 0; i < dp_quotients_count; i++) names[n++] = dp_quotients[i].name;
    for (int i = 0; i < dp_races_count; i++)
        if (strcmp(names[n - 1], dp_races[i].name)) names[n++] = dp_races[i].name; /* races of one name stand together */
    for (int i = 0; i < dp_duels_count; i++) names[n++] = dp_duels[i].name;
    names[n++] = "conv", names[n] = NULL;
}

static void check_names(const dp_args *a)
{
    const char *names[MOST_NAMES + 1];
    all_names(names);
    for (int k = 0; k < a->count; k++) {
        int known = 0;
        for (int i = 0; names[i]; i++) known |= !strcmp(names[i], a->operand[k]);
        if (!known) dp_usage_error("bench: unknown benchmark '%s'%s; `driftproof bench --list` prints the names", a->operand[k], dp_tool_suggest(a->operand[k], names));
    }
}

static int list(void)
{
    const char *names[MOST_NAMES + 1];
    all_names(names);
    for (int i = 0; names[i]; i++) puts(names[i]);
    return EXIT_EXPECTED;
}

static int alone(const dp_args *a)
{
    dp_error e = {0};
    if (a->count != 1) dp_usage_error("bench: --alone takes one name");
    if (dp_bench_alone(a->operand[0], &e)) return EXIT_EXPECTED;
    fprintf(stderr, "driftproof: %s\n", e.text);
    return EXIT_UNEXPECTED;
}

static int run(const dp_args *a)
{
    const int json = dp_args_flag(a, "json");
    const slong runs = dp_args_integer(a, "runs", 1, 1000, 7);
    const char *gap = "";
    double before = 0;
    int status = EXIT_EXPECTED;
    check_names(a);
    if (dp_args_flag(a, "list")) return list();
    if (dp_args_flag(a, "alone")) return alone(a);
    if (json) fputs("{\"benchmarks\": [", stdout);
    for (int i = 0; i < BENCHES; i++) {
        dp_error e = {0};
        if (!asked(a, i)) continue;
        const double seconds = time_one(i, runs, &e);
        print(json ? gap : NULL, i, seconds, before > 0 ? seconds / before : 0, &e);
        gap = ",";
        if (seconds < 0 || (benches[i].bar > 0 && seconds >= benches[i].bar)) status = EXIT_UNEXPECTED;
        before = seconds;
    }
    if (!dp_bench_run_quotients(a, json, gap)) status = EXIT_UNEXPECTED;
    for (int i = 0; i < dp_quotients_count; i++)
        if (dp_bench_asked_quotient(a, i)) gap = ",";
    if (!dp_bench_run_races(a, json, &gap)) status = EXIT_UNEXPECTED;
    if (!dp_bench_run_duels(a, json, gap, runs)) status = EXIT_UNEXPECTED;
    if (json) fputs("\n]}\n", stdout);
    return status;
}

static const dp_option options[] = {
    {"runs", 'r', "N", "runs of which the median is taken (default: 7)"},
    {"full", 0, NULL, "also particle drifts that take minutes in other programs: N = M = 16,384, and Sinkhorn at 4,096"},
    {"list", 0, NULL, "print the names of all benchmarks"},
    {"alone", 0, NULL, "print both numbers of one quotient; bench asks itself so for memory, anew each time"},
    {0}};
const dp_tool_command dp_cmd_bench = {
    "bench", "[NAME]...", "time the engines",
    "Times the engines on fixed problems, medians of several runs on one core, beside the generic integrator of Arb where it can do the same; "
    "the whole quick suite; particle drifts beside NumPy, PyTorch and POT where python3 has them; last the exact convolution, in turns with fmpz_poly_mul and with FFTs in quadruple precision. "
    "No name means all (`--list`). Beside other programs and threads the two take turns: what is printed is the turn whose quotient is the median, and how many pairs (twice N M, for each sweep; kernels of a set against itself are symmetric or stored, so it may be more than one) take the time of an exponential, by the rate measured in the same turns. The exit status is 1 when a bar is missed.",
    options, 0, -1, 0, run};
