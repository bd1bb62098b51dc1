/* SPDX-License-Identifier: GPL-3.0-or-later */
/* released.h: da2-released for helmholtz-samples, bare and with its normalisations, its clip at work: written out at any place, and its tangents. Needs the leaves of claim.c. */
#ifndef DP_PROOFS_HELMHOLTZ_RELEASED_H
#define DP_PROOFS_HELMHOLTZ_RELEASED_H

#include <math.h>

/* Columns [x, y], Laplace kernel, mask 100 on the diagonal. Bare: no floor but the clip, 2^-20 (a double near the released 10^-6), nothing normalised, mask in the units of the case.
   Normalised: the defaults of `drift --drift da2-released`, h in units of the mean distance; its drift is divided by its root mean square, in which the unit of coordinates cancels. */
typedef struct { const char *stem, *tangent, *way, *root; double clip; int normalised; } released_kind;
static const released_kind released_kinds[] = {{"rel", "released", "w", "1/2^10", 0x1p-20, 0}, {"nrm", "normalised", "n", "1/10^3", 1e-6, 1}};

/* sm_pairs of b with place ~ by a function of the pair: `diagonal` where a point of x meets itself. Takes the strings. */
static void released_pairs(dp_check *c, const sm_t *s, char b, char *name, char *text, const char *diagonal, char letter)
{
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < sm_range(s, b); j++) tn_def(c, s, i, j, name, b == 'x' && i == j ? diagonal : text, letter);
    free(name), free(text);
}

/* Exponents of the kernel by doubles: r: n x (n + m), x before y. */
static void exponents(double *r, const sm_t *s, int normalised)
{
    const slong t = s->n + s->m;
    double mean = 0;
    fmpq_t r2;
    fmpq_init(r2);
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < t; j++) {
            sm_square(r2, s, i, j < s->n ? 'x' : 'y', j < s->n ? j : j - s->n);
            mean += r[i * t + j] = i == j ? normalised ? 1e-4 : 0 : sqrt(fmpq_get_d(r2));
        }
    mean = normalised ? mean / (double) (s->n * t) : 1;
    for (slong k = 0; k < s->n * t; k++) r[k] = (r[k] / mean + (k / t == k % t ? 100 : 0)) / fmpq_get_d(s->P->bandwidth);
    fmpq_clear(r2);
}

/* Whether the clip holds the pair (i, j) of x with b; in doubles: the relation that is asserted beside it decides. */
static int clipped(const sm_t *s, const released_kind *v, slong i, char b, slong j)
{
    const slong t = s->n + s->m, column = b == 'x' ? j : s->n + j;
    double *r = dp_malloc((size_t) (s->n * t) * sizeof *r), row = 0, sum = 0;
    exponents(r, s, v->normalised);
    for (slong l = 0; l < t; l++) row += exp(-r[i * t + l]);
    for (slong l = 0; l < s->n; l++) sum += exp(-r[l * t + column]);
    const double k = exp(-r[i * t + column]);
    free(r);
    return k * k < row * sum * v->clip;
}

/* <stem>K<l><b>_i_j at place l; normalised: exp of minus the distance over its mean nrmM<l>, over h. Needs algorithm2. */
static void released_kernel(dp_check *c, const sm_t *s, const released_kind *v, char l)
{
    for (const char *b = "xy"; *b && v->normalised; b++) released_pairs(c, s, *b, dp_format("nrmr~%c_#_$", *b), dp_format("sqrt(a2D~%c_#_$)", *b), "1/10^4", l);
    if (v->normalised) {
        tn_place(c, s, 'x', 0, "nrms~_#", "+x{nrmr~x_#_%} + +y{nrmr~y_#_%}", l);
        tn_def(c, s, -1, -1, "nrmM~", "+x{nrms~_%}/(n*(n + m))", l);
    }
    for (const char *b = "xy"; *b; b++)
        released_pairs(c, s, *b, dp_format("%sK~%c_#_$", v->stem, *b), v->normalised ? dp_format("exp(-nrmr~%c_#_$/(nrmM~*h))", *b) : dp_format("a2K~%c_#_$", *b),
                       v->normalised ? "exp(-(nrmr~x_#_$/nrmM~ + 100)/h)" : "exp(-100/h)", l);
}

/* At place l the sums <stem>R<l>_i, <stem>C<l><b>_j, affinities <stem>A<l><b>_i_j, and the velocity V<l><way>_i_k. A pair keeps its side of the clip: sides are strict at the points
   themselves, and the places are 10^-25 away. Knows nothing of derivatives. */
static void released_at(dp_check *c, const sm_t *s, const released_kind *v, char l)
{
    const char *z = v->stem;
    released_kernel(c, s, v, l);
    char *R = dp_format("%sR~_#", z), *rows = dp_format("+y{%sK~y_#_%%} + +x{%sK~x_#_%%}", z, z);
    tn_place(c, s, 'x', 0, R, rows, l);
    for (const char *b = "xy"; *b; b++) {
        char *C = dp_format("%sC~%c_#", z, *b), *columns = dp_format("+x{%sK~%c_%%_#}", z, *b);
        char *A = dp_format("%sA~%c_#_$", z, *b), *affinity = dp_format("sqrt(%sK~%c_#_$^2/(%sR~_#*%sC~%c_$))", z, *b, z, z, *b);
        tn_place(c, s, *b, 0, C, columns, l);
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) tn_def(c, s, i, j, A, clipped(s, v, i, *b, j) ? v->root : affinity, l);
        free(C), free(columns), free(A), free(affinity);
    }
    char *F = dp_format(v->normalised ? "nrmF~_#_$" : "V~%s_#_$", v->way);
    char *force = dp_format("+x{%sA~x_#_%%}*+y{%sA~y_#_%%*y_%%_$} - +y{%sA~y_#_%%}*+x{%sA~x_#_%%*~_%%_$}", z, z, z, z), *V = dp_format("V~%s_#_$", v->way);
    tn_place(c, s, 'x', 'd', F, force, l);
    if (v->normalised) {
        tn_place(c, s, 'x', 0, "nrmf~_#", "+d{nrmF~_#_%^2}", l);
        char *square = dp_format("+x{nrmf~_%%}/(n*%ld)", (long) s->d);
        tn_def(c, s, -1, -1, "nrmQ~", square, l);
        tn_place(c, s, 'x', 'd', V, "nrmF~_#_$/sqrt(nrmQ~)", l);
        free(square);
    }
    free(R), free(rows), free(F), free(force), free(V);
}

/* On which side of the clip every pair lies, and that no other floor of the released code counts. Needs released_at at x. */
static void released_floors(dp_check *c, const sm_t *s, const released_kind *v)
{
    for (const char *b = "xy"; *b; b++)
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) {
                const int held = clipped(s, v, i, *b, j);
                char *relation = dp_format("%sKx%c_#_$^2 %c (%s)^2*%sRx_#*%sCx%c_$", v->stem, *b, held ? '<' : '>', v->root, v->stem, v->stem, *b);
                char *apart = dp_format("a2Dx%c_#_$ > 1/10^8", *b);
                sm_assert(c, s, i, j, held ? "the clip holds a pair [#, $]" : "the clip leaves a pair alone [#, $]", relation);
                if (v->normalised && (*b == 'y' || i != j)) sm_assert(c, s, i, j, "a distance above its floor [#, $]", apart);
                free(relation), free(apart);
            }
    if (!v->normalised) return;
    char *unit = dp_format("nrmMx > sqrt(%ld)/10^3", (long) s->d), *rms = dp_format("%ld*nrmQx > nrmMx^2/10^8", (long) s->d);
    dp_assert(c, "the mean distance, and over the root of the dimension, is above its floor", unit);
    dp_assert(c, "the mean square of the drift is above its floor", rms);
    free(unit), free(rms);
}

/* Tangent t: affinities A (L - (dR/R + dC/C)/2), L the derivative of log K, 0 for a clipped pair; <tangent><t>_i_k is the derivative of the velocity.
   Twin frozen: the mean distance and the root mean square as constants. */
static void released_tangent(dp_check *c, const sm_t *s, const released_kind *v, int t)
{
    const char *z = v->stem;
    const int frozen = dp_check_twin(c, "frozen");
    if (v->normalised) {
        tn_each(c, s, 'x', "nrmds~_#", "-h*(+x{Gx~_#_%} + +y{Gy~_#_%})", t);
        tn_def(c, s, -1, -1, "nrmdM~", frozen ? "0" : "+x{nrmds~_%}/(n*(n + m))", (char) ('0' + t));
    }
    for (const char *b = "xy"; *b; b++) {
        char *L = dp_format("%sL%c~_#_$", z, *b), *log_kernel = dp_format(v->normalised ? "G%c~_#_$/nrmMx + nrmrx%c_#_$*nrmdM~/(nrmMx^2*h)" : "G%c~_#_$", *b, *b);
        char *dC = dp_format("%sdC%c~_#", z, *b), *column = dp_format("+x{%sKx%c_%%_#*%sL%c~_%%_#}", z, *b, z, *b);
        tn_pairs(c, s, 'x', *b, L, log_kernel, t), tn_each(c, s, *b, dC, column, t);
        free(L), free(log_kernel), free(dC), free(column);
    }
    char *dR = dp_format("%sdR~_#", z), *row = dp_format("+y{%sKxy_#_%%*%sLy~_#_%%} + +x{%sKxx_#_%%*%sLx~_#_%%}", z, z, z, z);
    tn_each(c, s, 'x', dR, row, t);
    for (const char *b = "xy"; *b; b++) {
        char *B = dp_format("%sB%c~_#_$", z, *b), *moving = dp_format("%sAx%c_#_$*(%sL%c~_#_$ - (%sdR~_#/%sRx_# + %sdC%c~_$/%sCx%c_$)/2)", z, *b, z, *b, z, z, z, *b, z, *b);
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++) tn_def(c, s, i, j, B, clipped(s, v, i, *b, j) ? "0" : moving, (char) ('0' + t));
        free(B), free(moving);
    }
    char *T = dp_format(v->normalised ? "nrmT~_#_$" : "%s~_#_$", v->tangent);
    char *whole = dp_format("+x{%sBx~_#_%%}*+y{%sAxy_#_%%*y_%%_$} + +x{%sAxx_#_%%}*+y{%sBy~_#_%%*y_%%_$} - +y{%sBy~_#_%%}*+x{%sAxx_#_%%*x_%%_$}"
                            " - +y{%sAxy_#_%%}*+x{%sBx~_#_%%*x_%%_$ + %sAxx_#_%%*E~_%%_$}", z, z, z, z, z, z, z, z, z);
    tn_pairs(c, s, 'x', 'd', T, whole, t);
    if (v->normalised) {
        tn_each(c, s, 'x', "nrmft~_#", "+d{nrmFx_#_%*nrmT~_#_%}", t);
        char *V = dp_format("%s~_#_$", v->tangent), *quotient = dp_format(frozen ? "nrmT~_#_$/sqrt(nrmQx)" : "(nrmT~_#_$ - nrmFx_#_$*+x{nrmft~_%%}/(n*%ld*nrmQx))/sqrt(nrmQx)", (long) s->d);
        tn_pairs(c, s, 'x', 'd', V, quotient, t);
        free(V), free(quotient);
    }
    free(dR), free(row), free(T), free(whole);
}

/* At the points the velocity is the library's. Lengths are in its unit: coordinates have been multiplied by it. */
static void released_library(dp_check *c, const sm_t *s, const released_kind *v)
{
    dp_released o = dp_released_default;
    fmpq_t unit;
    fmpq_init(unit), fmpq_one(unit);
    sd_denominators(unit, s->P->q->mean, s->n * s->d), sd_denominators(unit, s->P->p->mean, s->m * s->d);
    const double u = fmpq_get_d(unit);
    fmpq_clear(unit);
    o.distance_floor *= u * u, o.scale_floor *= u;
    if (!v->normalised) o = (dp_released) {.clip = v->clip, .mask = 100 * u, .weight = {1, 1, 1}};
    char *stem = dp_format("lib%s", v->stem), *relation = dp_format("lib%s_#_$ == Vx%s_#_$", v->stem, v->way);
    if (sd_let(c, s, stem, "da2-released", &(dp_sample){.leave_out = 1, .released = &o}, NULL, v->normalised ? 0 : 1))
        sm_assert_pairs(c, s, 'x', 'd', v->normalised ? "the released DA2 written out, normalised, is the drift da2-released, x_# [$]" : "the released DA2 written out is the drift da2-released, x_# [$]", relation);
    free(stem), free(relation);
}

#endif
