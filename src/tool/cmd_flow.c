/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_flow.c: integrates the flow of a case and records energies along it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/signals.h"
#include "claim/claim.h"
#include "tool/drift_input.h"
#include "tool/flow.h"
#include "tool/share.h"

enum { RECORDS = 50, PARTICLES = 200 };

/* ---- the command line ---- */

static double positive(const dp_args *a, const char *name, double otherwise)
{
    const char *text = dp_args_value(a, name);
    fmpq_t q;
    if (!text) return otherwise;
    fmpq_init(q);
    if (!dp_fmpq_set_text(q, text) || fmpq_sgn(q) <= 0) dp_usage_error("--%s %s: expected a number > 0 such as 10, 1/3 or 1e-3", name, text);
    const double v = fmpq_get_d(q);
    fmpq_clear(q);
    if (!(v > 0 && isfinite(v))) dp_usage_error("--%s %s: expected a number that a double holds", name, text);
    return v;
}

static const char *drift_of(const dp_args *a)
{
    const char *names[64], *name = dp_args_value(a, "drift");
    size_t n = 0;
    for (; n < 63 && dp_drifts[n]; n++) names[n] = dp_drifts[n]->name;
    names[n] = NULL;
    if (!name) dp_usage_error("flow: no drift given; expected --drift NAME");
    if (!dp_drift_find(name))
        dp_usage_error("--drift %s: unknown drift%s; 'driftproof doctor' lists them", name, dp_tool_suggest(name, names));
    return name;
}

static dp_flow_options options_of(const dp_args *a, const char *as)
{
    const char *method = dp_args_value(a, "method");
    dp_flow_options o = {.method = (dp_flow_method) dp_args_word(a, "method", DP_FLOW_RK8PD), .records = dp_args_integer(a, "record", 1, 10000000, RECORDS)};
    const int fixed = o.method <= DP_FLOW_RK4;
    (void) as;
    o.time = positive(a, "time", 10);
    o.step = positive(a, "step", o.time / 1000);
    o.tolerance = positive(a, "tolerance", 1e-10);
    if (fixed && dp_args_flag(a, "tolerance")) dp_usage_error("--tolerance: method %s has a fixed step; expected --step", method);
    if (!fixed && dp_args_flag(a, "step")) dp_usage_error("--step: expected --method euler or rk4 with it; the other methods choose their steps by --tolerance");
    if (o.tolerance < 1e-14 || o.tolerance > 1) dp_usage_error("--tolerance %s: expected a number from 1e-14 to 1", dp_args_value(a, "tolerance"));
    return o;
}

static void check_files(const dp_args *a, int dim)
{
    const char *file = dp_args_value(a, "output"), *dot = file ? strrchr(file, '.') : NULL;
    if (file && (!dot || (strcmp(dot, ".csv") && strcmp(dot, ".npz")))) dp_usage_error("-o %s: expected a name that ends with .csv or .npz", file);
    if (dp_args_flag(a, "plot")) dp_flow_check_plot(dp_args_value(a, "plot"), dim);
}

/* Energies by name, or the usual ones of the flow, the drift's own first. */
static int read_energies(int list[DP_FLOW_ENERGIES], const dp_flow *f, const char *text)
{
    int n = 0;
    unsigned seen = 0;
    const int own = dp_flow_energy_of(f->drift);
    if (!text) {
        if (own >= 0 && f->usual & 1u << own) list[n++] = own;
        for (int k = 0; k < DP_FLOW_ENERGIES; k++)
            if (k != own && f->usual & 1u << k) list[n++] = k;
        return n;
    }
    char *copy = dp_strdup(text), *rest = copy;
    for (char *word; rest;) {
        int k = 0;
        word = rest, rest = strchr(word, ',');
        if (rest) *rest++ = '\0';
        while (dp_flow_energy_names[k] && strcmp(dp_flow_energy_names[k], word)) k++;
        if (!dp_flow_energy_names[k])
            dp_usage_error("--energies: unknown energy '%s'%s; expected some of blob, chi2, kale, kl, mmd2, sinkhorn, sliced, smoothed-kl, w2, with commas", word, dp_tool_suggest(word, dp_flow_energy_names));
        if (!(f->energies & 1u << k)) dp_usage_error("--energies %s: not there for this flow: %s", word, dp_flow_why(f, k));
        if (!(seen & 1u << k)) list[n++] = k;
        seen |= 1u << k;
    }
    free(copy);
    return n;
}

/* ---- progress ---- */

typedef struct { double start, last; int tty; } progress;

static void show(void *to, double done, double all)
{
    progress *p = to;
    const double now = dp_now();
    if (!p->tty || now - p->last < 0.1) return;
    p->last = now;
    fprintf(stderr, "\rt = %.4g of %.4g, %.0f s\033[K", done, all, now - p->start);
}

/* ---- the run ---- */

static dp_status make(dp_flow *f, const dp_problem *P, const dp_args *a, const char *drift, dp_error *e)
{
    static const char *const points[] = {"particles", "data-particles", "directions"};
    const char *as = dp_args_value(a, "as");
    dp_flow_sampling o = {.particles = dp_args_integer(a, "particles", 1, 1000000, PARTICLES), .data = dp_args_integer(a, "data-particles", 1, 1000000, 0),
                          .seed = (ulong) dp_args_integer(a, "seed", 0, WORD_MAX, 0), .threads = (int) dp_args_integer(a, "threads", 1, 4096, dp_cores())};
    dp_table directions = {0};
    int asked = 0;
    dp_error closed = {0};
    dp_status status = DP_EUNSUPPORTED;
    if (!as || strcmp(as, "particles")) status = dp_flow_gaussian(f, P, drift, &closed);
    for (size_t i = 0; i < 3; i++) {
        if (dp_args_flag(a, points[i]) && as && !strcmp(as, "gaussian")) dp_usage_error("--%s: a Gaussian has none; expected --as particles with it", points[i]);
        asked |= dp_args_flag(a, points[i]);
    }
    if (as && !strcmp(as, "gaussian")) return *e = closed, status;
    if (!status && !asked) return DP_OK;
    if (!status) dp_flow_clear(f);
    if (dp_args_flag(a, "directions")) {
        status = dp_read_directions(&directions, a, (size_t) P->dim, e);
        if (status) return status;
        o.direction = directions.data, o.ndirections = directions.rows;
    }
    status = dp_flow_particles(f, P, drift, &o, e);
    dp_table_clear(&directions);
    return status;
}

/* Files first, and after an interrupt too: what was recorded is kept. */
static dp_status deliver(const dp_flow_run *r, const dp_args *a, dp_error *e)
{
    const char *output = dp_args_value(a, "output"), *plot = dp_args_value(a, "plot");
    dp_status status = output ? dp_flow_write(output, r, e) : DP_OK;
    if (!status && plot) status = dp_flow_plot(plot, r, e);
    if (status) return status;
    if (dp_args_flag(a, "json")) dp_flow_json(stdout, r);
    else if (!dp_args_flag(a, "quiet")) dp_flow_summary(stdout, r);
    return DP_OK;
}

static int integrate(dp_flow *f, const dp_args *a, dp_error *e)
{
    const char *term = getenv("TERM");
    progress p = {.start = dp_now(), .tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") && !dp_args_flag(a, "quiet")};
    dp_flow_options o = options_of(a, f->as);
    dp_flow_run r = {0};
    int list[DP_FLOW_ENERGIES];
    const int n = read_energies(list, f, dp_args_value(a, "energies"));
    o.progress = show, o.to = &p, o.stop = dp_signals_stop();
    dp_status status = dp_flow_integrate(&r, f, &o, list, n, !dp_args_flag(a, "once"), e);
    if (p.tty) fputs("\r\033[K", stderr);
    if (r.nrecords && status != DP_EINPUT) {
        dp_error other = {0};
        const dp_status written = deliver(&r, a, &other);
        if (written) *e = other, status = written;
    }
    if (status && r.nrecords) fprintf(stderr, "driftproof: %ld of %ld records were made\n", (long) r.nrecords, (long) r.o.records + 1);
    dp_flow_run_clear(&r);
    return status ? dp_say_failure(e) : EXIT_EXPECTED;
}

static int run(const dp_args *a)
{
    const char **sets, *drift = drift_of(a);
    dp_problem *P;
    dp_error e = {0};
    dp_flow f;
    options_of(a, NULL);
    const size_t nsets = dp_args_all(&sets, a, "set");
    dp_status status = dp_problem_read(&P, a->operand[0], sets, nsets, &dp_claim_schema_registry, &e);
    free(sets);
    if (status) return dp_say_failure(&e);
    check_files(a, P->dim);
    status = make(&f, P, a, drift, &e);
    const int code = status ? dp_say_failure(&e) : integrate(&f, a, &e);
    if (!status) dp_flow_clear(&f);
    dp_problem_free(P);
    return code;
}

static const dp_option options[] = {
    {"drift", 'd', "NAME", "the drift whose field moves q"},
    {"as", 0, "auto|gaussian|particles", "what q is along the way: a Gaussian (mean and covariance), particles, or the first where it can be (auto, the default)"},
    {"particles", 'N', "N", "how many stand for a q that is no set of points (default 200): on the line its quantiles at (i + 1/2)/N, else draws by --seed"},
    {"data-particles", 'M', "M", "put M points of equal weight in the place of a p that is no set of points, chosen as those of q; with points on both sides every drift of samples is there"},
    {"directions", 0, "SET", "sliced-wasserstein and sliced of particles: FILE of vectors of any length, (k, d), or (d, k) where k is not d, or random:K, quasi:K (default: random:100)"},
    {"time", 't', "T", "integrate from 0 to T (default 10)"},
    {"method", 'm', "euler|rk4|rkf45|rk8pd|msbdf", "fixed steps: euler (what training does), rk4; steps by --tolerance: rkf45, rk8pd (the default), msbdf (implicit, for stiff Gaussian flows)"},
    {"step", 0, "S", "length of fixed steps, of which T is a whole multiple (default T/1000)"},
    {"tolerance", 0, "E", "local error of each unknown relative to itself plus the smallest length of the case (default 1e-10)"},
    {"record", 'k', "K", "record at K times after 0, equally spaced (default 50)"},
    {"energies", 0, "NAME,...", "of blob, chi2, kale, kl, mmd2 (half), sinkhorn, sliced (half), smoothed-kl, w2 (half); default: the drift's own and mmd2, smoothed-kl; of Gaussians all"},
    {"once", 0, NULL, "leave out the second, finer run that estimates the error of the first"},
    {"output", 'o', "FILE", "write the records: FILE.csv, or FILE.npz, which holds the particles too"},
    {"plot", 'p', "FILE", "draw trajectories and energies: FILE.png, FILE.svg or FILE.pdf"},
    {0}};
const dp_tool_command dp_cmd_flow = {
    "flow", "CASE", "integrate a flow and record energies along it",
    "Integrates dx/dt = V_t(x), where V_t is the field of a drift between p, which stays, and q_t, which starts as the q of the case and moves. "
    "As a Gaussian: for Gaussian p and q and drifts whose field is then affine (kl, mean-shift, sharp, smoothed-kl, sinkhorn, sliced-wasserstein, wasserstein), q_t stays Gaussian "
    "and its mean and covariance obey an ordinary differential equation. As particles: q_t is a set of weighted points that all move by V_t: by the formula in kernel moments, or, where there is none, by the drift of samples as in driftproof drift, "
    "which needs points of equal weight for p and q.\n"
    "Records hold E_q|V|^2, its integral, and energies with their derivative along the field (by differences). For the energy whose gradient flow the drift is, the defect "
    "|dE/dt + E_q|V|^2| is recorded. The integration is run a second time at a hundredth of the tolerance, or half the step; what that moves is printed as an estimate of its error and proves nothing.\n"
    "An interrupt ends the run between two steps: files are written with the records made so far, and the exit status is 3. When the integration cannot go on, likewise with exit status 1. "
    "Files of equal runs have equal bytes. docs/flow.md has the equations.",
    options, 1, 1, 1, run};
