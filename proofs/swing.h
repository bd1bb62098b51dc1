/* SPDX-License-Identifier: GPL-3.0-or-later */
/* swing.h: the first Lyapunov coefficient of three places of a model under DA2 or the proxy, as definitions of a check (da2-orbit). */
#ifndef DP_PROOFS_SWING_H
#define DP_PROOFS_SWING_H

#include <stdio.h>

#include "driftproof.h"

enum { SW_PLACES = 3, SW_ATOMS = 5, SW_TEXT = 1400 };

/* One direction u<d>_i in which the places move, x_i + t u_i, towards the law W<end>: all names of its series in t end in _<order>. */
typedef struct { dp_check *c; int d, order, proxy, end; } sw_t;

/* "<stem><direction>_i_n", or "<stem><direction>_i_j_n" for j >= 0; out holds 24. */
static inline const char *sw_name(char *out, const sw_t *s, const char *stem, int i, int j, int n)
{
    if (j < 0) snprintf(out, 24, "%s%d_%d_%d", stem, s->d, i, n);
    else snprintf(out, 24, "%s%d_%d_%d_%d", stem, s->d, i, j, n);
    return out;
}

/* The kernel between two points whose difference is r + t v, of value K at t = 0. */
static inline void sw_kernel(const sw_t *s, const char *stem, int i, int j, const char *K, const char *r, const char *v)
{
    char out[4][24];
    for (int n = 0; n <= s->order; n++) sw_name(out[n], s, stem, i, j, n);
    dp_def_printed(s->c, out[0], "%s", K);
    dp_def_printed(s->c, out[1], "-%s*%s/h^2*%s", r, v, K);
    dp_def_printed(s->c, out[2], "-(%s*%s*%s + %s^2*%s)/(2*h^2)", r, v, out[1], v, K);
    if (s->order > 2) dp_def_printed(s->c, out[3], "-(%s*%s*%s + %s^2*%s)/(3*h^2)", r, v, out[2], v, out[1]);
}

/* out_i = (in_i)^(-1) for twice = 2, (in_i)^(-1/2) for twice = 1. */
static inline void sw_power(const sw_t *s, const char *out, const char *in, int i, int twice)
{
    char f[4][24], y[4][24], text[SW_TEXT];
    for (int n = 0; n <= s->order; n++) {
        int room = 0;
        sw_name(f[n], s, in, i, -1, n), sw_name(y[n], s, out, i, -1, n);
        if (!n) dp_def_printed(s->c, y[0], twice == 2 ? "1/%s" : "1/sqrt(%s)", f[0]);
        for (int k = 1; k <= n; k++) room += snprintf(text + room, sizeof text - (size_t) room, "%s%d*%s*%s", k > 1 ? " + " : "", twice == 2 ? -2 * n : k - 2 * n, f[k], y[n - k]);
        if (n) dp_def_printed(s->c, y[n], "(%s)/(%d*%s)", text, 2 * n, f[0]);
    }
}

/* out_i_n: the sum over j < many of weight * (a_i_j series)(b_j series), with b NULL for 1; "%" in weight is j. transposed: a_j_i. */
static inline void sw_sum(const sw_t *s, const char *out, int i, const char *a, int transposed, const char *b, const char *weight, int many)
{
    for (int n = 0; n <= s->order; n++) {
        char text[SW_TEXT], name[24], one[24], other[24];
        int room = 0;
        for (int j = 0; j < many; j++)
            for (int k = b ? 0 : n; k <= n; k++) {
                room += snprintf(text + room, sizeof text - (size_t) room, "%s", room ? " + " : "");
                for (const char *w = weight; *w; w++) text[room++] = (char) (*w == '%' ? '0' + j : *w);
                room += snprintf(text + room, sizeof text - (size_t) room, "*%s", transposed ? sw_name(one, s, a, j, i, k) : sw_name(one, s, a, i, j, k));
                if (b) room += snprintf(text + room, sizeof text - (size_t) room, "*%s", sw_name(other, s, b, j, -1, n - k));
            }
        dp_def(s->c, sw_name(name, s, out, i, -1, n), text);
    }
}

/* "W<end>_%" and what follows; out holds 16. */
static inline const char *sw_law(char *out, const sw_t *s, const char *more)
{
    snprintf(out, 16, "W%d_%%%s", s->end, more);
    return out;
}

/* Kernels between places, kx, and from places to atoms, kz; k*q there, k*p at the places, and the inverse roots. */
static inline void sw_densities(const sw_t *s)
{
    char K[24], r[24], v[32], law[16];
    sw_law(law, s, "");
    for (int i = 0; i < SW_PLACES; i++) {
        for (int j = 0; j < SW_PLACES; j++)
            snprintf(K, sizeof K, "kx_%d_%d", i, j), snprintf(r, sizeof r, "(x%d - x%d)", i, j), snprintf(v, sizeof v, "(u%d_%d - u%d_%d)", s->d, i, s->d, j), sw_kernel(s, "X", i, j, K, r, v);
        for (int l = 0; l < SW_ATOMS; l++)
            snprintf(K, sizeof K, "kz_%d_%d", i, l), snprintf(r, sizeof r, "(x%d - z%d)", i, l), snprintf(v, sizeof v, "u%d_%d", s->d, i), sw_kernel(s, "Z", i, l, K, r, v);
    }
    for (int i = 0; i < SW_PLACES; i++) sw_sum(s, "q", i, "X", 0, NULL, "q%", SW_PLACES), sw_sum(s, "p", i, "Z", 0, NULL, law, SW_ATOMS), sw_power(s, "s", "q", i, 1);
    for (int l = 0; l < SW_ATOMS; l++) sw_sum(s, "r", l, "Z", 1, NULL, "q%", SW_PLACES), sw_power(s, "o", "r", l, 1);
}

/* m<d>_i_n: k*p + k*q at place i (DA2), or their product (proxy). */
static inline void sw_divisor(const sw_t *s, int i)
{
    for (int n = 0; n <= s->order; n++) {
        char text[SW_TEXT], name[24];
        int room = snprintf(text, sizeof text, "p%d_%d_%d + q%d_%d_%d", s->d, i, n, s->d, i, n);
        for (int k = 0; k <= n && s->proxy; k++) room = (k ? room : 0) + snprintf(text + (k ? room : 0), sizeof text - (size_t) room, "%sp%d_%d_%d*q%d_%d_%d", k ? " + " : "", s->d, i, k, s->d, i, n - k);
        dp_def(s->c, sw_name(name, s, "m", i, -1, n), text);
    }
}

/* V<d>_i_n, n = 1 to order: the drift's series. g: (k p~)(k q~) times the difference of barycentres, 0 at t = 0 since the places are at rest; w: what divides it. */
static inline void sw_drift(const sw_t *s)
{
    char name[24], law[2][16];
    sw_law(law[0], s, ""), sw_law(law[1], s, "*z%");
    for (int i = 0; i < SW_PLACES; i++) {
        char x[16];
        sw_sum(s, "a", i, "Z", 0, "o", law[0], SW_ATOMS), sw_sum(s, "c", i, "Z", 0, "o", law[1], SW_ATOMS);
        sw_sum(s, "b", i, "X", 0, "s", "q%", SW_PLACES), sw_sum(s, "e", i, "X", 0, "s", "q%*x%", SW_PLACES);
        snprintf(x, sizeof x, "q%%*u%d_%%", s->d), sw_sum(s, "f", i, "X", 0, "s", x, SW_PLACES);
        sw_divisor(s, i);
        sw_power(s, "w", "m", i, s->proxy ? 1 : 2);
        for (int n = 1; n <= s->order; n++) {
            char text[SW_TEXT];
            int room = 0;
            for (int k = 0; k <= n; k++) {
                room += snprintf(text + room, sizeof text - (size_t) room, "%sc%d_%d_%d*b%d_%d_%d - a%d_%d_%d*e%d_%d_%d", k ? " + " : "", s->d, i, k, s->d, i, n - k, s->d, i, k, s->d, i, n - k);
                if (k < n) room += snprintf(text + room, sizeof text - (size_t) room, " - a%d_%d_%d*f%d_%d_%d", s->d, i, k, s->d, i, n - 1 - k);
            }
            dp_def(s->c, sw_name(name, s, "g", i, -1, n), text), room = 0;
            for (int k = 1; k <= n; k++) room += snprintf(text + room, sizeof text - (size_t) room, "%sg%d_%d_%d*w%d_%d_%d", k > 1 ? " + " : "", s->d, i, k, s->d, i, n - k);
            dp_def(s->c, sw_name(name, s, "V", i, -1, n), text);
        }
    }
}

/* Direction d at the law W<end>, its coordinates given as texts with # for the place; then S<d>_i, the second derivative of the drift along it, and T<d>_i, the third. */
static inline void sw_direction(dp_check *c, int proxy, int end, int d, int order, const char *text)
{
    const sw_t s = {c, d, order, proxy, end};
    char out[24];
    for (int i = 0; i < SW_PLACES; i++) {
        snprintf(out, sizeof out, "u%d_%d", d, i), dp_def_at(c, NULL, i, -1, out, text);
    }
    sw_densities(&s), sw_drift(&s);
    for (int i = 0; i < SW_PLACES; i++) {
        snprintf(out, sizeof out, "S%d_%d", d, i), dp_def_printed(c, out, "2*V%d_%d_2", d, i);
        if (order > 2) snprintf(out, sizeof out, "T%d_%d", d, i), dp_def_printed(c, out, "6*V%d_%d_3", d, i);
    }
}

/* For each place: the text with # replaced by its number. */
static inline void sw_each(dp_check *c, const char *name, const char *text)
{
    for (int i = 0; i < SW_PLACES; i++) dp_def_at(c, NULL, i, -1, name, text);
}

/* a + i b, right, and l + i k, left eigenvector of J4 for i omega: products of two rows, and of two columns, of J4 - i omega. */
static inline void sw_eigenvectors(dp_check *c)
{
    dp_def(c, "a_0", "J4_0_1*J4_1_2 - J4_0_2*J4_1_1"), dp_def(c, "a_1", "J4_0_2*J4_1_0 - J4_0_0*J4_1_2"), dp_def(c, "a_2", "J4_0_0*J4_1_1 - J4_0_1*J4_1_0 - omega^2");
    dp_def(c, "b_0", "omega*J4_0_2"), dp_def(c, "b_1", "omega*J4_1_2"), dp_def(c, "b_2", "-omega*(J4_0_0 + J4_1_1)");
    dp_def(c, "l_0", "J4_1_0*J4_2_1 - J4_2_0*J4_1_1"), dp_def(c, "l_1", "J4_2_0*J4_0_1 - J4_0_0*J4_2_1"), dp_def(c, "l_2", "a_2");
    dp_def(c, "k_0", "omega*J4_2_0"), dp_def(c, "k_1", "omega*J4_2_1"), dp_def(c, "k_2", "b_2");
    dp_def(c, "gr", "l_0*a_0 + l_1*a_1 + l_2*a_2 - k_0*b_0 - k_1*b_1 - k_2*b_2");
    dp_def(c, "gi", "l_0*b_0 + l_1*b_1 + l_2*b_2 + k_0*a_0 + k_1*a_1 + k_2*a_2");
}

/* h = J4^-1 B(q, conj q) and c + i d = (2 i omega - J4)^-1 B(q, q), by the adjugate z^2 + z (J + C2) + J^2 + C2 J + C1 of z - J. */
static inline void sw_slaved(dp_check *c)
{
#define SW_JJ "(J4_#_0*J4_0_$ + J4_#_1*J4_1_$ + J4_#_2*J4_2_$ + C2_4*J4_#_$)"
    for (int i = 0; i < SW_PLACES; i++)
        for (int j = 0; j < SW_PLACES; j++) {
            dp_def_at(c, NULL, i, j, "A_#_$", i == j ? SW_JJ " + omega^2" : SW_JJ);
            dp_def_at(c, NULL, i, j, "R_#_$", i == j ? SW_JJ " - 3*omega^2" : SW_JJ);
            dp_def_at(c, NULL, i, j, "I_#_$", i == j ? "2*omega*(J4_#_$ + C2_4)" : "2*omega*J4_#_$");
        }
#undef SW_JJ
    sw_each(c, "bb_#", "S0_# + S1_#"), sw_each(c, "br_#", "S0_# - S1_#"), sw_each(c, "bi_#", "(S2_# - S3_#)/2");
    sw_each(c, "h_#", "-(A_#_0*bb_0 + A_#_1*bb_1 + A_#_2*bb_2)/(omega^2*C2_4)");
    sw_each(c, "tr_#", "R_#_0*br_0 + R_#_1*br_1 + R_#_2*br_2 - I_#_0*bi_0 - I_#_1*bi_1 - I_#_2*bi_2");
    sw_each(c, "ti_#", "R_#_0*bi_0 + R_#_1*bi_1 + R_#_2*bi_2 + I_#_0*br_0 + I_#_1*br_1 + I_#_2*br_2");
    /* divided by the characteristic polynomial at 2 i omega, -3 omega^2 (C2 + 2 i omega) */
    dp_def(c, "chi", "-3*omega^2*(C2_4^2 + 4*omega^2)");
    sw_each(c, "c_#", "(tr_#*C2_4 + 2*omega*ti_#)/chi"), sw_each(c, "d_#", "(ti_#*C2_4 - 2*omega*tr_#)/chi");
}

/* `lyapunov`, the real part of l . [C(q, q, conj q) - 2 B(q, h) + B(conj q, c + i d)] over l . q; with quadratic != 0 without the first term. Needs J4, C1_4, C2_4 and W4 where the pair is imaginary. */
static inline void sw_lyapunov(dp_check *c, int proxy, int quadratic)
{
    static const char *const along[13] = {"a_#", "b_#", "a_# + b_#", "a_# - b_#", "h_#", "a_# + h_#", "b_# + h_#", "c_#", "d_#", "a_# + c_#", "b_# + d_#", "a_# + d_#", "b_# + c_#"};
    dp_def(c, "omega", "sqrt(C1_4)");
    sw_eigenvectors(c);
    for (int d = 0; d < 4; d++) sw_direction(c, proxy, 4, d, 3, along[d]);
    sw_slaved(c);
    for (int d = 4; d < 13; d++) sw_direction(c, proxy, 4, d, 2, along[d]);
    sw_each(c, "tr3_#", quadratic ? "0" : "T0_# + (T2_# + T3_# - 2*T0_#)/6"), sw_each(c, "ti3_#", quadratic ? "0" : "T1_# + (T2_# - T3_# - 2*T1_#)/6");
    sw_each(c, "er_#", "tr3_# - (S5_# - S0_# - S4_#) + (S9_# - S0_# - S7_# + S10_# - S1_# - S8_#)/2");
    sw_each(c, "ei_#", "ti3_# - (S6_# - S1_# - S4_#) + (S11_# - S0_# - S8_# - S12_# + S1_# + S7_#)/2");
    dp_def(c, "yr", "l_0*er_0 + l_1*er_1 + l_2*er_2 - k_0*ei_0 - k_1*ei_1 - k_2*ei_2");
    dp_def(c, "yi", "l_0*ei_0 + l_1*ei_1 + l_2*ei_2 + k_0*er_0 + k_1*er_1 + k_2*er_2");
    dp_def(c, "lyapunov", "(yr*gr + yi*gi)/(gr^2 + gi^2)");
}

#endif
