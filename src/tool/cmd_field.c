/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_field.c: population fields of a case at points, with enclosures to the digits asked, and the way to grids. */
#include <stdlib.h>
#include <string.h>

#include "claim/claim.h"
#include "tool/grid.h"
#include "tool/option.h"
#include "tool/quantity.h"

/* "1/2,-3" -> dim rationals; anything else ends the program. */
static void read_point(fmpq *x, int dim, const char *text)
{
    char *copy = dp_strdup(text), *rest = copy;
    int n = 0;
    for (char *word; rest; n++) {
        word = rest;
        rest = strchr(word, ',');
        if (rest) *rest++ = '\0';
        if (n < dim && !dp_fmpq_set_text(x + n, word))
            dp_usage_error("--at %s: expected an exact number such as 1/3, -5/4 or 0.1, found '%s'", text, word);
    }
    if (n != dim) dp_usage_error("--at %s: the case has dimension %d, so a point has %d numbers, not %d", text, dim, dim, n);
    free(copy);
}

static const char *drift_of(const dp_args *a)
{
    const char *names[64], *name = dp_args_value(a, "drift");
    size_t n = 0;
    for (; n < 63 && dp_drifts[n]; n++) names[n] = dp_drifts[n]->name;
    names[n] = NULL;
    if (!name || (dp_args_flag(a, "grid") && strchr(name, ','))) return name; /* several drifts: a map */
    if (!dp_drift_find(name)) dp_usage_error("--drift %s: unknown drift%s; 'driftproof doctor' lists them", name, dp_tool_suggest(name, names));
    return name;
}

static void check_options(const dp_args *a)
{
    const char *file = dp_args_value(a, "output"), *dot = file ? strrchr(file, '.') : NULL;
    static const char *const grids[] = {"window", "plot", "tier", "split"};
    if (dp_args_flag(a, "at") && dp_args_flag(a, "grid")) dp_usage_error("field: --at is for points and --grid for a mesh of them: expected one of the two");
    if (dp_args_flag(a, "grid")) return;
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++)
        if (dp_args_flag(a, grids[i])) dp_usage_error("field: --%s belongs to a mesh; expected --grid NXxNY too", grids[i]);
    if (!dp_args_flag(a, "at") && (dp_args_flag(a, "energy") || dp_args_flag(a, "quantity"))) return; /* numbers of the case */
    if (dp_args_flag(a, "energy")) dp_usage_error("field: --energy gives numbers of the case, with --grid or alone, not at points");
    if (!dp_args_flag(a, "at")) dp_usage_error("field: no point given; expected --at X,Y (once for every point) or --grid NXxNY");
    if (file && (!dot || strcmp(dot, ".csv"))) dp_usage_error("-o %s: expected a name that ends with .csv (for points; a --grid has other formats too)", file);
}

static void write_head(FILE *f, const dp_args *a, const dp_problem *P, const char *drift, slong digits)
{
    if (dp_args_flag(a, "json")) {
        fputs("{\"drift\": ", f);
        if (drift) dp_json_string(f, drift);
        else fputs("null", f);
        fputs(", \"case\": ", f);
        dp_json_string(f, P->name);
        fprintf(f, ", \"digits\": %ld, \"values\": [", digits);
    } else if (drift) {
        fprintf(f, "%s of %s, %ld digits\n", drift, P->name, digits);
    }
}

/* All points, one after another; the first failure that is more than missing digits ends it. */
static dp_status all_points(FILE *out, FILE *csv, const dp_args *a, const dp_question *q, dp_error *e)
{
    const char **texts;
    const int json = dp_args_flag(a, "json");
    const size_t n = dp_args_all(&texts, a, "at");
    const int dim = q->P->dim;
    fmpq *x = _fmpq_vec_init(dim);
    dp_answer answer;
    dp_status worst = DP_OK;
    dp_answer_init(&answer, dim);
    for (size_t i = 0; i < n && (!worst || worst == DP_EBUDGET); i++) {
        read_point(x, dim, texts[i]);
        const dp_status status = dp_answer_at(&answer, q, x, e);
        if (status) worst = status;
        if (status && status != DP_EBUDGET) break;
        if (status) fprintf(stderr, "driftproof: --at %s: %ld digits not reached: %s\n", texts[i], q->digits, answer.values.short_of);
        if (json) fputs(i ? ",\n    " : "\n    ", out), dp_values_json(out, &answer.values, q->digits + 5);
        else if (out) dp_values_table(out, &answer.values, q->digits + 5);
        if (csv) dp_values_csv(csv, &answer.values, q->digits + 5, i == 0);
    }
    dp_answer_clear(&answer);
    _fmpq_vec_clear(x, dim);
    free(texts);
    return worst;
}

/* Collects everything before printing, so that a failure leaves standard output empty. */
static dp_status answer(const dp_args *a, dp_question *q, dp_error *e)
{
    const char *file = dp_args_value(a, "output");
    char *text = NULL, *table = NULL;
    size_t ntext = 0, ntable = 0;
    FILE *out = open_memstream(&text, &ntext), *csv = file ? open_memstream(&table, &ntable) : NULL;
    const int json = dp_args_flag(a, "json"), show = json || (!file && !dp_args_flag(a, "quiet"));
    write_head(out, a, q->P, q->drift, q->digits);
    dp_status status = all_points(out, csv, a, q, e), written = DP_OK;
    if (json) fputs("\n]}\n", out);
    fclose(out);
    if (csv) fclose(csv);
    if ((!status || status == DP_EBUDGET) && show) fwrite(text, 1, ntext, stdout);
    if ((!status || status == DP_EBUDGET) && file) written = dp_file_write(file, table, ntable, e);
    free(text);
    free(table);
    return written ? written : status;
}

dp_status dp_field_case(dp_problem **out, const dp_args *a, dp_error *e)
{
    const char **sets, *lambda = dp_args_value(a, "regularisation");
    size_t n = dp_args_all(&sets, a, "set");
    char *key = lambda ? dp_format("regularisation=%s", lambda) : NULL;
    if (key) sets = dp_realloc(sets, (n + 1) * sizeof *sets), sets[n++] = key;
    const dp_status status = dp_problem_read(out, a->operand[0], sets, n, &dp_claim_schema_registry, e);
    free(sets);
    free(key);
    return status;
}

static int run(const dp_args *a)
{
    dp_problem *P;
    dp_error e = {0};
    check_options(a);
    const char *drift = drift_of(a);
    if (dp_args_flag(a, "grid")) {
        if (!drift) dp_usage_error("field: no drift given; expected --drift NAME");
        return strchr(drift, ',') ? dp_field_map(a, drift) : dp_field_grid(a, drift);
    }
    if (!dp_args_flag(a, "at")) return dp_field_scalars(a, drift);
    dp_question q = {.drift = drift, .asked = dp_quantities_read(dp_args_value(a, "quantity"))};
    if (!q.drift && q.asked != dp_quantities_read("moments")) dp_usage_error("field: no drift given; expected --drift NAME");
    const slong digits = dp_args_integer(a, "digits", 1, 100000, 0);
    dp_status status = dp_field_case(&P, a, &e);
    if (status) return dp_say_failure(&e);
    q.P = P;
    q.digits = digits ? digits : P->digits;
    q.w = dp_workspace_new();
    status = answer(a, &q, &e);
    dp_workspace_free(q.w);
    dp_problem_free(P);
    return status == DP_EBUDGET ? EXIT_UNEXPECTED : status ? dp_say_failure(&e) : EXIT_EXPECTED;
}

static const dp_option options[] = {
    {"drift", 'd', "NAME", "the drift: mean-shift, smoothed-kl, sinkhorn, sinkhorn-proxy, da2, mmd, kl, wasserstein and others ('driftproof doctor'); on a grid up to six with commas, side by side"},
    {"regularisation", 0, "L", "lambda > 0 of kale and chi2, an exact rational, in place of the case's"},
    {"at", 0, "X,Y", "a point, exact rationals (repeatable)"},
    {"grid", 'g', "NXxNY", "a mesh with so many nodes on each axis, both ends of the window included (dimension 1: N, 3: NXxNYxNZ)"},
    {"window", 'w', "X0:X1,Y0:Y1", "what the mesh covers, exact rationals; default: three deviations sqrt(variance + h^2) around every mean of p and q, rounded outward"},
    {"digits", 'n', "N", "decimal digits to get, relative to the largest component (default: at points those of the case, on a mesh 10)"},
    {"tier", 0, "auto|double|quad|exact", "arithmetic of a mesh: the cheapest that has the digits (auto, the default), floating-point transforms, or exact convolutions and balls"},
    {"quantity", 0, "LIST", "of velocity, jacobian, curl, divergence, preconditioner, wedge, potential, with commas, at points also log-ratio-gradient, moments, on a mesh in the plane or in space also gradient-part, rotational-part; and numbers of the case: energy, dissipation (default: at points all but moments, on a mesh velocity)"},
    {"split", 0, "q|flat", "gradient-part and rotational-part: what distances of fields are measured in, the density of q (the default; k*q where q consists of points) or the same everywhere"},
    {"energy", 'e', "LIST", "functionals whose value, and rate along the drift, is given: kl, smoothed-kl, mmd2, w2... (default: the one that the drift is the flow of)"},
    {"output", 'o', "FILE", "write the values: FILE.csv; of a mesh also FILE.npz, FILE.npy (with FILE_error.npy) and, where built in, FILE.h5"},
    {"plot", 'p', "FILE", "draw a mesh: FILE.png, FILE.svg or FILE.pdf"},
    {0}};
const dp_tool_command dp_cmd_field = {
    "field", "CASE", "population fields at points or on a grid, as enclosures",
    "Evaluates the population velocity field of a drift at points or on a uniform mesh: the true value lies in [mid - rad, mid + rad]. "
    "Precision is raised until the digits are there; where they cannot be had, what was reached is printed with the reason and the exit status is 1. "
    "The quantity 'moments' needs no drift: it is k*p, k*q, k*p~ and k*q~ with gradient and Hessian (the kernel is not normalised).\n"
    "A mesh without -o, --plot and --json prints a summary: nodes, largest value and where, digits reached, error bounds and their terms. "
    "Arrays have the shape (NZ, NY, NX) and then the components, x fastest. In FILE.npz: x, y, z, each quantity, its bound (velocity_error), from 16 digits on "
    "velocity_low (what the double misses) with velocity_low_error, from 31 on velocity_decimal with velocity_decimal_error, and meta, a JSON text. "
    "A bound that was found by refinement is an estimate, is called so and proves nothing. "
    "A picture shows the velocity as arrows over the first scalar of --quantity (without --quantity: over the potential, if the drift has one), else over log10 |V|; "
    "on a line it shows V, |V| and that scalar. Files of equal questions have equal bytes.",
    options, 1, 1, 1, run};
