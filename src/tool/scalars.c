/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scalars.c: energies, rates and dissipation of a case: asked for, evaluated, printed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claim/claim.h"
#include "energy/dissipation.h"
#include "energy/expect.h"
#include "tool/grid.h"
#include "tool/scalars.h"
#include "tool/share.h"

enum { DIGITS = 10 };

/* ---- what is asked ---- */

int dp_scalars_word(dp_scalars_asked *q, const char *word)
{
    const int energy = !strcmp(word, "energy"), dissipation = !strcmp(word, "dissipation");
    q->energy |= energy, q->dissipation |= dissipation;
    return energy || dissipation;
}

int dp_scalars_any(const dp_scalars_asked *q) { return q->energy || q->dissipation; }

static void add_name(dp_scalars_asked *q, const char *word)
{
    const char *names[64];
    const dp_energy *F = dp_energy_find(word);
    size_t n = 0;
    for (; n < 63 && dp_energies[n]; n++) names[n] = dp_energies[n]->name;
    names[n] = NULL;
    if (!F) dp_usage_error("--energy %s: unknown functional%s; 'driftproof doctor' lists them", word, dp_tool_suggest(word, names));
    for (int i = 0; i < q->n; i++)
        if (!strcmp(q->names[i], F->name)) return;
    if (q->n == (int) (sizeof q->names / sizeof *q->names)) dp_usage_error("--energy: %d functionals at most", q->n);
    q->names[q->n++] = F->name;
}

void dp_scalars_read(dp_scalars_asked *q, const char *energies, const char *drift)
{
    char *copy = dp_strdup(energies ? energies : ""), *rest = energies ? copy : NULL;
    for (char *word; (word = rest);) {
        rest = strchr(word, ',');
        if (rest) *rest++ = '\0';
        add_name(q, word);
    }
    free(copy);
    q->energy |= q->n > 0;
    if (!q->energy || q->n) return;
    const dp_energy *F = drift ? dp_energy_of_drift(drift) : NULL;
    if (!F && !drift) dp_usage_error("--quantity energy: of which functional? expected --energy NAME");
    if (!F) dp_usage_error("--quantity energy: %s is not the flow of a functional known here; name one or several by --energy", drift);
    q->names[q->n++] = F->name;
}

/* ---- values ---- */

void dp_scalars_add(dp_scalars *s, const dp_scalar_t x, const char *why, const char *key, const char *name)
{
    if (s->n == DP_MOST_SCALARS) return;
    dp_one_scalar *to = s->one + s->n++;
    snprintf(to->key, sizeof to->key, "%s%s%s", key, name ? "_" : "", name ? name : "");
    dp_scalar_init(to->x);
    arb_set(to->x->value, x->value);
    to->x->estimated = x->estimated, to->x->how = x->how;
    snprintf(to->why, sizeof to->why, "%s", why ? why : "");
}

void dp_scalars_clear(dp_scalars *s)
{
    for (int i = 0; i < s->n; i++) dp_scalar_clear(s->one[i].x);
    s->n = 0;
}

dp_status dp_scalars_eval(dp_scalars *out, const dp_scalars_asked *q, const dp_problem *P, const char *drift, slong digits, int threads, dp_error *e)
{
    dp_scalar_t x;
    dp_status status = DP_OK;
    dp_error why = {0};
    dp_scalar_init(x);
    for (int i = 0; i < q->n && !status; i++) {
        status = dp_energy_population(x, P, q->names[i], digits, threads, e);
        if (!status) dp_scalars_add(out, x, NULL, "energy", q->names[i]);
        if (status || !drift) continue;
        status = dp_energy_rate(x, P, q->names[i], drift, digits, threads, &why);
        dp_scalars_add(out, x, status ? why.text : NULL, "rate", q->names[i]);
        if (status == DP_EUNSUPPORTED) status = DP_OK;
        else if (status) dp_fail(e, status, "%s", why.text);
    }
    if (!status && q->dissipation) {
        status = dp_dissipation(x, P, drift, digits, threads, e);
        if (!status) dp_scalars_add(out, x, NULL, "dissipation", NULL);
    }
    dp_scalar_clear(x);
    return status;
}

/* ---- print ---- */

static slong print_digits(const dp_one_scalar *s, slong digits)
{
    return s->x->estimated ? FLINT_MIN(digits + 5, 17) : digits + 5;
}

void dp_scalars_print(FILE *out, const dp_scalars *s, slong digits)
{
    for (int i = 0; i < s->n; i++) {
        char *mid, *rad;
        const dp_one_scalar *v = s->one + i;
        if (v->why[0]) {
            fprintf(out, "%-15s not known: %s\n", v->key, v->why);
            continue;
        }
        dp_arb_decimal(&mid, &rad, v->x->value, print_digits(v, digits));
        fprintf(out, "%-15s %s +/- %s (%s%s)\n", v->key, mid, rad, v->x->how, v->x->estimated ? "; error estimated by refinement" : "");
        free(mid);
        free(rad);
    }
}

void dp_scalars_json(FILE *out, const dp_scalars *s, slong digits)
{
    fputs("\"scalars\": {", out);
    for (int i = 0; i < s->n; i++) {
        char *mid, *rad;
        const dp_one_scalar *v = s->one + i;
        fprintf(out, "%s\n    \"%s\": ", i ? "," : "", v->key);
        if (v->why[0]) {
            fputs("{\"mid\": null, \"rad\": null, \"why\": ", out);
            dp_json_string(out, v->why);
            fputc('}', out);
            continue;
        }
        dp_arb_decimal(&mid, &rad, v->x->value, print_digits(v, digits));
        fprintf(out, "{\"mid\": \"%s\", \"rad\": \"%s\", \"estimated\": %s, \"how\": ", mid, rad, v->x->estimated ? "true" : "false");
        dp_json_string(out, v->x->how);
        fputc('}', out);
        free(mid);
        free(rad);
    }
    fputc('}', out);
}

/* ---- without points and mesh ---- */

static void read_words(dp_scalars_asked *q, const char *text)
{
    char *copy = dp_strdup(text ? text : ""), *rest = text ? copy : NULL;
    for (char *word; (word = rest);) {
        rest = strchr(word, ',');
        if (rest) *rest++ = '\0';
        if (!dp_scalars_word(q, word)) dp_usage_error("--quantity %s: it is a quantity of points or meshes; expected --at X,Y or --grid NXxNY too", word);
    }
    free(copy);
}

int dp_scalars_missed(const dp_scalars *s, slong digits)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (!s->one[i].why[0] && !dp_scalar_has(s->one[i].x, digits)) /* a number that may be zero is measured against 1 */
            n += !arb_contains_zero(s->one[i].x->value) || mag_cmp_2exp_si(arb_radref(s->one[i].x->value), -(slong) ((double) digits * 3.3219280948873626)) > 0;
    return n;
}

void dp_scalars_say_missed(const dp_scalars *s, int missed, slong digits)
{
    fprintf(stderr, "driftproof: %d of %d numbers of the case have fewer than the %ld digits asked; their bounds say how many\n", missed, s->n, (long) digits);
}

int dp_field_scalars(const dp_args *a, const char *drift)
{
    dp_problem *P;
    dp_error e = {0};
    dp_scalars_asked q = {0};
    dp_scalars s = {0};
    const slong digits = dp_args_integer(a, "digits", 1, 100000, DIGITS);
    read_words(&q, dp_args_value(a, "quantity"));
    dp_scalars_read(&q, dp_args_value(a, "energy"), drift);
    if (q.dissipation && !drift) dp_usage_error("--quantity dissipation: of which drift? expected --drift NAME");
    if (dp_args_value(a, "output")) dp_usage_error("-o: energies alone are printed, with --json for programs; a file needs --at or --grid");
    dp_status status = dp_field_case(&P, a, &e);
    if (status) return dp_say_failure(&e);
    status = dp_scalars_eval(&s, &q, P, drift, digits, (int) dp_args_integer(a, "threads", 1, 4096, dp_cores()), &e);
    const int missed = status ? 0 : dp_scalars_missed(&s, digits);
    if (!status && dp_args_flag(a, "json")) {
        fputs("{\"drift\": ", stdout);
        if (drift) dp_json_string(stdout, drift);
        else fputs("null", stdout);
        fputs(", \"case\": ", stdout);
        dp_json_string(stdout, P->name);
        fprintf(stdout, ", \"digits\": %ld,\n ", (long) digits);
        dp_scalars_json(stdout, &s, digits);
        fputs("}\n", stdout);
    } else if (!status && !dp_args_flag(a, "quiet"))
        dp_scalars_print(stdout, &s, digits);
    if (missed && !dp_args_flag(a, "quiet")) dp_scalars_say_missed(&s, missed, digits);
    dp_scalars_clear(&s);
    dp_problem_free(P);
    return status ? dp_say_failure(&e) : missed ? EXIT_UNEXPECTED : EXIT_EXPECTED;
}
