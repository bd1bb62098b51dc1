/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field_grid.c: `driftproof field --grid`: reads what is asked, evaluates, and hands the field to summary, files and pictures. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "drift/grid_keep.h"
#include "claim/claim.h"
#include "tool/grid.h"
#include "tool/share.h"
#include "tool/window.h"

enum { DIGITS = 10, SPLIT_DIGITS = 3, PARTS = DP_Q_GRADIENT_PART | DP_Q_ROTATIONAL_PART }; /* asked of a mesh when nothing is said: plots and arrays of doubles need no more */

static void ask_for(dp_grid_answer *g, const char *word)
{
    const char *names[DP_NQUANTITIES + 3] = {NULL};
    const unsigned bit = dp_quantity_find(word);
    for (int i = 0; i < DP_NQUANTITIES; i++) names[i] = dp_quantity_name(1u << i);
    names[DP_NQUANTITIES] = "energy", names[DP_NQUANTITIES + 1] = "dissipation";
    if (dp_scalars_word(&g->numbers, word)) return;
    if (!strcmp(word, "moments") || !strcmp(word, "log-ratio-gradient")) dp_usage_error("--quantity %s: it exists at points (--at), not on grids", word);
    if (!bit)
        dp_usage_error("--quantity %s: unknown quantity%s; on grids there are velocity, jacobian, curl, divergence, potential, preconditioner, wedge, gradient-part, rotational-part, energy, dissipation",
                       word, dp_tool_suggest(word, names));
    if (!(g->asked & bit)) g->listed[g->nlisted++] = bit;
    g->asked |= bit;
}

static void read_quantities(dp_grid_answer *g, const char *text)
{
    char *copy = dp_strdup(text ? text : ""), *rest = text ? copy : NULL;
    for (char *word; (word = rest);) {
        rest = strchr(word, ',');
        if (rest) *rest++ = '\0';
        ask_for(g, word);
    }
    if (!g->asked) g->asked = DP_Q_VELOCITY;
    free(copy);
}

dp_tier dp_grid_tier(const dp_args *a)
{
    const char *text = dp_args_value(a, "tier");
    dp_tier t = DP_TIER_AUTO;
    for (dp_tier i = DP_TIER_DOUBLE; text && i <= DP_TIER_EXACT; i++)
        if (!strcmp(text, dp_tier_name(i))) t = i;
    return t;
}

static void check_options(const dp_args *a, const dp_grid_answer *g)
{
    const char *output = dp_args_value(a, "output"), *plot = dp_args_value(a, "plot");
    if (output) dp_grid_check_output(output);
    if (output && !strcmp(output + strlen(output) - 4, ".npy") && g->asked & (g->asked - 1))
        dp_usage_error("-o %s: a .npy holds one array; ask for one quantity, or write .npz, which holds several", output);
    if (plot) dp_grid_check_plot(plot, g->P->dim);
    for (int i = 0; i < DP_NQUANTITIES; i++)
        if (g->asked & 1u << i && dp_quantity_components(1u << i, g->P->dim) == 0)
            dp_usage_error("--quantity %s: it exists in dimension 2 and 3, the case has dimension %d", dp_quantity_name(1u << i), g->P->dim);
}

static unsigned quantities_of(const dp_gridfield *f)
{
    unsigned have = 0;
    for (int i = 0; i < f->nvalues; i++) have |= f->value[i].quantity;
    return have;
}

/* What the drift has, from the corners of the mesh (a cell of a fine mesh would ask for lattices as fine), in doubles where the drift has them (its formulas give the same quantities there); says why
   something that was asked for is absent before hours are spent. */
static dp_status probe(unsigned *have, const dp_grid_answer *g, const dp_mesh_t mesh, dp_error *e)
{
    const slong n[3] = {2, 2, 2};
    const dp_drift *D = dp_drift_find(g->drift);
    fmpq *hi = _fmpq_vec_init(mesh->dim);
    dp_mesh_t cell;
    dp_gridfield *f = NULL;
    for (int k = 0; k < mesh->dim; k++) fmpq_mul_si(hi + k, mesh->step + k, mesh->n[k] - 1), fmpq_add(hi + k, hi + k, mesh->origin + k);
    dp_mesh_init(cell, mesh->dim, n, mesh->origin, hi);
    dp_status status = dp_gridfield_eval(&f, g->P, g->drift, cell, DP_Q_LOCAL, 5, D && D->grid && !D->mesh ? DP_TIER_DOUBLE : g->tier, 1, e);
    if (status == DP_EUNSUPPORTED && D && D->grid) status = dp_gridfield_eval(&f, g->P, g->drift, cell, DP_Q_LOCAL, 5, g->tier, 1, e);
    *have = f ? quantities_of(f) : 0;
    for (int i = 0; f && i < DP_NQUANTITIES && !status; i++)
        if (g->asked & DP_Q_LOCAL & ~*have & 1u << i)
            status = dp_fail(e, DP_EUNSUPPORTED, "--quantity %s: %s has none here%s%s", dp_quantity_name(1u << i), g->drift, f->note[0] ? ": " : "", f->note);
    dp_gridfield_free(f);
    dp_mesh_clear(cell);
    _fmpq_vec_clear(hi, mesh->dim);
    return status;
}

/* The parts, and their share of the field as a number of the case. */
static dp_status split(dp_grid_answer *g, unsigned parts, int threads, dp_error *e)
{
    dp_scalar_t fraction;
    dp_scalar_init(fraction);
    const dp_status status = dp_helmholtz(g->f, fraction, g->P, g->drift, g->split, parts, threads, e);
    if (!status) dp_scalars_add(&g->scalars, fraction, NULL, "rotational_fraction", NULL);
    dp_scalar_clear(fraction);
    return status;
}

/* Where a long mesh keeps what is done: beside the file that it is for. The key says all that its values depend on. */
static dp_grid_keep *keep_beside(const dp_args *a, const dp_grid_answer *g, const dp_mesh_t mesh, unsigned wanted, slong digits)
{
    enum { PATIENCE = 10 }; /* seconds that are no loss */
    const char *output = dp_args_value(a, "output");
    if (!output) return NULL;
    char digest[65], *path = dp_format("%s.part", output), *key, *axes = dp_strdup("");
    for (int k = 0; k < mesh->dim; k++) {
        char *origin = fmpq_get_str(NULL, 10, mesh->origin + k), *step = fmpq_get_str(NULL, 10, mesh->step + k), *more = dp_format("%s %ld %s %s", axes, (long) mesh->n[k], origin, step);
        free(axes), flint_free(origin), flint_free(step);
        axes = more;
    }
    dp_problem_sha256(digest, g->P);
    key = dp_format("%s\n%s %s %s\n%s%s\n%u %ld %d", dp_build_id(), digest, g->P->p->digest, g->P->q->digest, g->drift, axes, wanted, (long) digits, (int) g->tier);
    dp_grid_keep *keep = dp_grid_keep_open(path, key, PATIENCE);
    if (keep && dp_grid_keep_found(keep) && !dp_args_flag(a, "quiet"))
        fprintf(stderr, "driftproof: %s has %ld parts that were finished before\n", path, (long) dp_grid_keep_found(keep));
    free(path), free(key), free(axes);
    return keep;
}

static dp_status evaluate(dp_grid_answer *g, dp_grid_keep **keep, const dp_args *a, const dp_mesh_t mesh, slong digits, dp_error *e)
{
    unsigned have, wanted = g->asked;
    dp_status status = probe(&have, g, mesh, e);
    if (status) return status;
    if (dp_args_flag(a, "plot")) wanted |= dp_grid_plot_needs(g, have);
    if (!(wanted & DP_Q_LOCAL)) wanted |= DP_Q_VELOCITY; /* not shown */
    const int threads = (int) dp_args_integer(a, "threads", 1, 4096, dp_cores());
    *keep = keep_beside(a, g, mesh, wanted, digits);
    status = dp_gridfield_eval_kept(&g->f, g->P, g->drift, mesh, wanted & DP_Q_LOCAL, digits, g->tier, threads, *keep, e);
    if (!status && wanted & PARTS) status = split(g, wanted & PARTS, threads, e);
    if (status) return status;
    if (wanted & ~quantities_of(g->f)) return dp_fail(e, DP_EUNSUPPORTED, "%s: not all quantities exist on this mesh: %s", g->drift, g->f->note);
    dp_grid_measure(g);
    return DP_OK;
}

/* Files first: a file that cannot be written must not leave a document on standard output that says all is well. */
static dp_status deliver(const dp_grid_answer *g, const dp_args *a, dp_error *e)
{
    const char *output = dp_args_value(a, "output"), *plot = dp_args_value(a, "plot");
    const int json = dp_args_flag(a, "json"), quiet = dp_args_flag(a, "quiet");
    dp_status status = output ? dp_grid_write(output, g, e) : DP_OK;
    if (!status && plot) status = dp_grid_plot(plot, g, e);
    if (status) return status;
    if (output && !quiet && !strcmp(output + strlen(output) - 4, ".npy"))
        fprintf(stderr, "driftproof: the error bounds are in %.*s_error.npy\n", (int) strlen(output) - 4, output);
    if (json) dp_grid_json(stdout, g);
    else if (!quiet && !output && !plot) dp_grid_summary(stdout, g);
    const slong missed = dp_grid_missed(g);
    const int few = dp_scalars_missed(&g->scalars, g->f->digits);
    if (missed && !quiet)
        fprintf(stderr, "driftproof: %ld of %ld nodes have fewer than the %ld digits asked; their bounds say how many\n", (long) missed,
                (long) dp_mesh_nodes(&g->f->mesh), (long) g->f->digits);
    if (few && !quiet) dp_scalars_say_missed(&g->scalars, few, g->f->digits);
    return missed || few ? DP_EBUDGET : DP_OK;
}

/* Where no line of progress can be shown. */
static void warn(slong digits, const dp_args *a)
{
    if (digits > 2000 && !dp_args_flag(a, "quiet") && !isatty(2))
        fprintf(stderr, "driftproof: %ld digits at every node take long; the time grows with more than the square of the digits\n", (long) digits);
}

int dp_field_grid(const dp_args *a, const char *drift)
{
    dp_problem *P;
    dp_error e = {0};
    dp_mesh_t mesh;
    dp_grid_answer g = {.drift = drift, .tier = dp_grid_tier(a)};
    dp_grid_keep *keep = NULL;
    dp_end_on_signals();
    if (!dp_args_flag(a, "quiet")) dp_progress_begin("driftproof: field");
    read_quantities(&g, dp_args_value(a, "quantity"));
    const slong digits = dp_args_integer(a, "digits", 1, 100000, g.asked & PARTS ? SPLIT_DIGITS : DIGITS);
    const char *weight = dp_args_value(a, "split");
    g.split = weight && !strcmp(weight, "flat") ? DP_SPLIT_FLAT : DP_SPLIT_Q;
    dp_scalars_read(&g.numbers, dp_args_value(a, "energy"), drift);
    dp_status status = dp_field_case(&P, a, &e);
    if (status) return dp_progress_end(), dp_say_failure(&e);
    g.P = P;
    warn(digits, a);
    check_options(a, &g);
    dp_window_mesh(mesh, P, dp_args_value(a, "grid"), dp_args_value(a, "window"));
    status = dp_scalars_eval(&g.scalars, &g.numbers, P, drift, digits, (int) dp_args_integer(a, "threads", 1, 4096, dp_cores()), &e);
    if (!status) status = evaluate(&g, &keep, a, mesh, digits, &e);
    dp_progress_end();
    if (!status) status = deliver(&g, a, &e);
    const int short_of = status == DP_EBUDGET && g.f; /* said already */
    dp_grid_keep_close(keep, !status || short_of);
    dp_scalars_clear(&g.scalars);
    dp_gridfield_free(g.f);
    dp_mesh_clear(mesh);
    dp_problem_free(P);
    return short_of ? EXIT_UNEXPECTED : status ? dp_say_failure(&e) : EXIT_EXPECTED;
}
