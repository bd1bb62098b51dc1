/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.c: prints named arrays of balls; knows nothing of what they mean. */
#include <stdlib.h>
#include <string.h>

#include "tool/values.h"

void dp_values_add(dp_values *V, const char *group, const char *name, int rank, slong n, arb_srcptr v)
{
    if (V->count == (slong) (sizeof V->value / sizeof *V->value)) abort();
    V->value[V->count++] = (dp_value){group, name, rank, n, v};
}

int dp_balls_have_digits(arb_srcptr v, slong n, const arb_t scale, slong digits)
{
    mag_t largest, power, t;
    int ok = 1;
    mag_init(largest);
    mag_init(power);
    mag_init(t);
    if (scale) arb_get_mag_lower(largest, scale);
    for (slong i = 0; i < n; i++) {
        arb_get_mag_lower(t, v + i);
        mag_max(largest, largest, t);
    }
    mag_set_ui(power, 10);
    mag_pow_ui(power, power, (ulong) digits); /* rounded up: the test is strict */
    for (slong i = 0; i < n && ok; i++) {
        mag_mul(t, arb_radref(v + i), power);
        ok = arb_is_finite(v + i) && mag_cmp(t, largest) <= 0;
    }
    mag_clear(t);
    mag_clear(power);
    mag_clear(largest);
    return ok;
}

static slong entries(const dp_value *v)
{
    return v->rank == 0 ? 1 : v->rank == 1 ? v->n : v->n * v->n;
}

/* ---- JSON ---- */

static void json_row(FILE *f, arb_srcptr v, slong n, slong digits)
{
    fputc('[', f);
    for (slong i = 0; i < n; i++) {
        if (i) fputs(", ", f);
        dp_json_arb(f, v + i, digits);
    }
    fputc(']', f);
}

static void json_value(FILE *f, const dp_value *v, slong digits)
{
    fprintf(f, "\"%s\": ", v->name);
    if (!v->v) fputs("null", f);
    else if (v->rank == 0) dp_json_arb(f, v->v, digits);
    else if (v->rank == 1) json_row(f, v->v, v->n, digits);
    else {
        fputc('[', f);
        for (slong i = 0; i < v->n; i++) {
            if (i) fputs(", ", f);
            json_row(f, v->v + i * v->n, v->n, digits);
        }
        fputc(']', f);
    }
}

static void json_point(FILE *f, const dp_values *V)
{
    fputs("{\"x\": [", f);
    for (int i = 0; i < V->dim; i++) {
        char *text = dp_fmpq_get_text(V->x + i);
        fprintf(f, "%s\"%s\"", i ? ", " : "", text);
        free(text);
    }
    fputc(']', f);
}

static int same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

void dp_values_json(FILE *f, const dp_values *V, slong digits)
{
    const char *group = NULL, *gap = ",\n     ";
    json_point(f, V);
    for (slong i = 0; i < V->count; i++) {
        const dp_value *v = V->value + i;
        if (!same(group, v->group) && group) fputc('}', f);
        fputs(same(group, v->group) && group ? ", " : gap, f);
        if (!same(group, v->group) && v->group) fprintf(f, "\"%s\": {", v->group);
        json_value(f, v, digits);
        group = v->group;
    }
    if (group) fputc('}', f);
    if (V->why[0]) fprintf(f, "%s\"why\": ", gap), dp_json_string(f, V->why);
    if (V->short_of[0]) fprintf(f, "%s\"reached\": false%s\"reason\": ", gap, gap), dp_json_string(f, V->short_of);
    fputc('}', f);
}

/* ---- names of single entries: velocity_1, jacobian_1_2, kp_hessian_1_1 ---- */

static void entry_name(char name[96], const dp_value *v, slong i)
{
    char index[48] = "";
    if (v->rank == 1) snprintf(index, sizeof index, "_%ld", i + 1);
    if (v->rank == 2) snprintf(index, sizeof index, "_%ld_%ld", i / v->n + 1, i % v->n + 1);
    snprintf(name, 96, "%s%s%s%s", v->group ? v->group : "", v->group ? "_" : "", v->name, index);
}

void dp_values_table(FILE *f, const dp_values *V, slong digits)
{
    fputs("x = (", f);
    for (int i = 0; i < V->dim; i++) {
        char *text = dp_fmpq_get_text(V->x + i);
        fprintf(f, "%s%s", i ? ", " : "", text);
        free(text);
    }
    fputs(")\n", f);
    for (slong k = 0; k < V->count; k++) {
        const dp_value *v = V->value + k;
        for (slong i = 0; i < entries(v); i++) {
            char name[96], *mid, *rad;
            entry_name(name, v, i);
            if (!v->v) {
                fprintf(f, "  %-22s %s\n", v->name, V->short_of[0] ? "no value: see below" : "does not exist here");
                break;
            }
            dp_arb_decimal(&mid, &rad, v->v + i, digits);
            fprintf(f, "  %-22s %s%s +/- %s\n", name, mid[0] == '-' ? "" : " ", mid, rad);
            free(mid);
            free(rad);
        }
    }
    if (V->why[0]) fprintf(f, "  (%s)\n", V->why);
    if (V->short_of[0]) fprintf(f, "  digits not reached: %s\n", V->short_of);
}

static void csv_header(FILE *f, const dp_values *V)
{
    for (int i = 0; i < V->dim; i++) fprintf(f, "%sx_%d", i ? "," : "", i + 1);
    for (slong k = 0; k < V->count; k++)
        for (slong i = 0; i < entries(V->value + k); i++) {
            char name[96];
            entry_name(name, V->value + k, i);
            fprintf(f, ",%s_mid,%s_rad", name, name);
        }
    fputc('\n', f);
}

void dp_values_csv(FILE *f, const dp_values *V, slong digits, int header)
{
    if (header) csv_header(f, V);
    for (int i = 0; i < V->dim; i++) {
        char *text = dp_fmpq_get_text(V->x + i);
        fprintf(f, "%s%s", i ? "," : "", text);
        free(text);
    }
    for (slong k = 0; k < V->count; k++)
        for (slong i = 0; i < entries(V->value + k); i++) {
            char *mid = NULL, *rad = NULL;
            if (V->value[k].v) dp_arb_decimal(&mid, &rad, V->value[k].v + i, digits);
            fprintf(f, ",%s,%s", mid ? mid : "", rad ? rad : "");
            free(mid);
            free(rad);
        }
    fputc('\n', f);
}
