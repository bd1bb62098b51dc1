/* SPDX-License-Identifier: GPL-3.0-or-later */
/* released.h: da2-released for helmholtz-samples: its drift without normalisations written out, its clip at work, with tangents. Needs the leaves of claim.c. */
#ifndef DP_PROOFS_HELMHOLTZ_RELEASED_H
#define DP_PROOFS_HELMHOLTZ_RELEASED_H

#include <math.h>

/* Columns [x, y], Laplace kernel, mask 100 on the diagonal in the units of the case, clip 2^-20 (a double near the released 10^-6, exact), nothing normalised: the drift of
   `da2-released --normalise none --distance-floor 0 --clip 2^-20 --mask-distance 100`. */
static const char *const released_leaves[][2] = {{"mu", "exp(-100/h)"}, {"clip", "1/2^20"}};

/* Whether the clip holds the pair (i, j) of x with b; in doubles: the relation that is asserted beside it decides. */
static int clipped(const sm_t *s, slong i, char b, slong j)
{
    const double h = fmpq_get_d(s->P->bandwidth);
    double row = exp(-100 / h) - 1, column = b == 'x' ? exp(-100 / h) - 1 : 0, k = 0;
    fmpq_t r2;
    fmpq_init(r2);
    for (const char *f = "xy"; *f; f++)
        for (slong l = 0; l < sm_range(s, *f); l++) sm_square(r2, s, i, *f, l), row += exp(-sqrt(fmpq_get_d(r2)) / h);
    for (slong l = 0; l < s->n; l++) sm_square(r2, s, l, b, j), column += exp(-sqrt(fmpq_get_d(r2)) / h);
    sm_square(r2, s, i, b, j), k = b == 'x' && i == j ? exp(-100 / h) : exp(-sqrt(fmpq_get_d(r2)) / h);
    fmpq_clear(r2);
    return k * k < row * column * 0x1p-20;
}

/* relR_i, relC<b>_j, relK<b>_i_j at the points themselves, and for every pair on which side of the clip it lies. */
static void released_sums(dp_check *c, const sm_t *s)
{
    for (size_t k = 0; k < sizeof released_leaves / sizeof *released_leaves; k++) dp_def(c, released_leaves[k][0], released_leaves[k][1]);
    sm_each(c, s, 'x', "relR_#", "rowxy_# + rowxx_# - 1 + mu"), sm_each(c, s, 'x', "relCx_#", "colxx_# - 1 + mu"), sm_each(c, s, 'y', "relCy_#", "colxy_#");
    for (const char *b = "xy"; *b; b++)
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) {
                char *name = dp_format("relK%c_#_$", *b), *kernel = dp_format("Kx%c_#_$", *b);
                char *relation = dp_format("relK%c_#_$^2 %c clip*relR_#*relC%c_$", *b, clipped(s, i, *b, j) ? '<' : '>', *b);
                sm_def(c, s, i, j, name, *b == 'x' && i == j ? "mu" : kernel);
                sm_assert(c, s, i, j, clipped(s, i, *b, j) ? "the clip holds a pair [#, $]" : "the clip leaves a pair alone [#, $]", relation);
                free(name), free(kernel), free(relation);
            }
}

/* Affinities at the points themselves, relA<b>_i_j. */
static void released_affinities(dp_check *c, const sm_t *s)
{
    for (const char *b = "xy"; *b; b++)
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) {
                char *name = dp_format("relA%c_#_$", *b), *free_one = dp_format("relK%c_#_$/sqrt(relR_#*relC%c_$)", *b, *b);
                sm_def(c, s, i, j, name, clipped(s, i, *b, j) ? "sqrt(clip)" : free_one);
                free(name), free(free_one);
            }
}

/* Tangent t: relB = A (G - (dR/R + dC/C)/2), 0 for a clipped pair; "released<t>_i_k" is the derivative of V = (sum A^x)(sum A^y y) - (sum A^y)(sum A^x x). */
static void released_tangent(dp_check *c, const sm_t *s, int t)
{
    for (const char *b = "xy"; *b; b++)
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) {
                char *name = dp_format("relB%c%d_#_$", *b, t);
                char *text = dp_format("relA%c_#_$*(G%c%d_#_$ - ((dry%d_# + drx%d_#)/relR_# + dc%c%d_$/relC%c_$)/2)", *b, *b, t, t, t, *b, t, *b);
                sm_def(c, s, i, j, name, clipped(s, i, *b, j) ? "0" : text);
                free(name), free(text);
            }
    char *name = dp_format("released%d_#_$", t);
    char *whole = dp_format("+x{relBx%d_#_%%}*+y{relAy_#_%%*y_%%_$} + +x{relAx_#_%%}*+y{relBy%d_#_%%*y_%%_$} - +y{relBy%d_#_%%}*+x{relAx_#_%%*x_%%_$}"
                            " - +y{relAy_#_%%}*+x{relBx%d_#_%%*x_%%_$ + relAx_#_%%*E%d_%%_$}", t, t, t, t, t);
    sm_pairs(c, s, 'x', 'd', name, whole);
    free(name), free(whole);
}

/* The velocity at places <letter>_i_k, from the kernels that algorithm2 left there: W<letter>_i_k. A pair keeps its side of the clip: sides are strict at the points themselves,
   and the places are 10^-25 away. Knows nothing of derivatives. */
static void released_at(dp_check *c, const sm_t *s, char l)
{
    char *R = dp_format("rel%cR_#", l), *rows = dp_format("+y{a2K%cy_#_%%} + +x{a2K%cx_#_%%} - 1 + mu", l, l);
    sm_each(c, s, 'x', R, rows);
    for (const char *b = "xy"; *b; b++)
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) {
                char *name = dp_format("rel%cA%c_#_$", l, *b), *kernel = dp_format(*b == 'x' && i == j ? "mu" : "a2K%c%c_#_$", l, *b);
                char *column = dp_format(*b == 'x' ? "(+x{a2K%cx_%%_$} - 1 + mu)" : "+x{a2K%cy_%%_$}", l), *text = dp_format("sqrt(%s^2/(rel%cR_#*%s))", kernel, l, column);
                sm_def(c, s, i, j, name, clipped(s, i, *b, j) ? "sqrt(clip)" : text);
                free(name), free(kernel), free(column), free(text);
            }
    char *V = dp_format("W%c_#_$", l), *v = dp_format("+x{rel%cAx_#_%%}*+y{rel%cAy_#_%%*y_%%_$} - +y{rel%cAy_#_%%}*+x{rel%cAx_#_%%*%c_%%_$}", l, l, l, l, l);
    sm_pairs(c, s, 'x', 'd', V, v);
    free(R), free(rows), free(V), free(v);
}

/* At the points the velocity is the library's; derivatives are symmetric quotients over the places that by_quotients has moved. */
static void released_by_quotients(dp_check *c, const sm_t *s, const direction *e)
{
    static const char up[2] = {'p', 'r'}, down[2] = {'q', 'w'};
    dp_released o = {.clip = 0x1p-20};
    fmpq_t unit;
    fmpq_init(unit), fmpq_one(unit);
    sd_denominators(unit, s->P->q->mean, s->n * s->d), sd_denominators(unit, s->P->p->mean, s->m * s->d);
    o.mask = 100 * fmpq_get_d(unit), o.weight[0] = o.weight[1] = o.weight[2] = 1;
    fmpq_clear(unit);
    if (!sd_let(c, s, "librel", "da2-released", &(dp_sample){.leave_out = 1, .released = &o}, NULL, 1)) return;
    released_at(c, s, 'x');
    sm_assert_pairs(c, s, 'x', 'd', "the released DA2 written out is the drift da2-released, x_# [$]", "librel_#_$ == Wx_#_$");
    for (int t = 0; t < 2; t++) {
        released_at(c, s, up[t]), released_at(c, s, down[t]);
        char *relation = dp_format("abs((W%c_#_$ - W%c_#_$)/(2*step) - released%d_#_$) < 1/10^15", up[t], down[t], t);
        sm_assert(c, s, e[1 - t].point, e[1 - t].axis, "the derivative is that of the released DA2, x_# [$]", relation);
        free(relation);
    }
}

#endif
