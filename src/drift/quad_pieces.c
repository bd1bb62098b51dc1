/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_pieces.c: one component on the line: pieces between kinks by acb_calc_integrate, gaps and tails (lemma Q7). */
#include "drift/quad_line.h"
#include <math.h>

void dp_line_sides_init(dp_line_sides *s)
{
    s->M[0] = _arb_vec_init(3);
    s->M[1] = _arb_vec_init(3);
    mag_init(s->tail);
    mag_init(s->gap);
}

void dp_line_sides_clear(dp_line_sides *s)
{
    _arb_vec_clear(s->M[0], 3);
    _arb_vec_clear(s->M[1], 3);
    mag_clear(s->tail);
    mag_clear(s->gap);
}

static int on_side(const dp_line *l, const arb_t y)
{
    return l->kernel == DP_KERNEL_GAUSSIAN || arf_cmp(arb_midref(y), arb_midref(l->x)) >= 0;
}

/* The window's end on one side: the first point from which all tails are below tol; 0 if there is none. */
static double window_end(mag_ptr tail, dp_line *l, arb_srcptr kinks, slong n, const mag_t tol, int side)
{
    double v = 2 * side;
    arb_t y;
    arb_init(y);
    for (int round = 0; round < 400; round++) {
        int clear = 1;
        dp_line_place(y, l, v);
        for (slong k = 0; k < n; k++)
            clear = clear && !arb_overlaps(y, kinks + k);
        if (clear) {
            dp_line_tail(tail, l, v);
            if (mag_cmp(tail, tol) <= 0 && mag_cmp(tail + 1, tol) <= 0 && mag_cmp(tail + 2, tol) <= 0)
                break;
        }
        v = side * ceil(8 * fabs(v) * 1.08 + 1) / 8;
        if (!(fabs(v) < 0x1p40))
            round = 400;
    }
    arb_clear(y);
    return fabs(v) < 0x1p40 ? v : 0;
}

static void to_window(arb_t v, const dp_line *l, const arb_t y)
{
    arb_sub(v, y, l->c, l->prec);
    arb_mul_2exp_si(v, v, -l->scale);
}

/* A gap between lo and hi (exact), where overlapping kinks hide: the integrand's bound times the width, on both sides. */
static void add_gap(dp_line_sides *s, dp_line *l, const arf_t lo, const arf_t hi, unsigned omit)
{
    arb_t y, f, rest, v;
    mag_t width, power;
    arb_init(y);
    arb_init(f);
    arb_init(rest);
    arb_init(v);
    mag_init(width);
    mag_init(power);
    arb_set_interval_arf(y, lo, hi, l->prec);
    dp_line_log(f, rest, l, y);
    arb_add(f, f, rest, 64);
    arb_sub(f, f, l->peak, 64);
    arb_exp(f, f, 64);
    arb_get_mag(power, f);
    to_window(v, l, y);
    mag_mul_2exp_si(width, arb_radref(v), 1);
    mag_mul(power, power, width);
    mag_add(s->gap, s->gap, power);
    arb_get_mag(width, v);
    for (int m = 0; m < 3; m++) {
        for (int side = 0; side < 2 && !(omit & DP_OMIT_GAP); side++)
            arb_add_error_mag(s->M[side] + m, power);
        mag_mul(power, power, width);
    }
    arb_clear(y);
    arb_clear(f);
    arb_clear(rest);
    arb_clear(v);
    mag_clear(width);
    mag_clear(power);
}

/* Integral over one piece from a to b (balls in y), its formula fixed by an interior point. */
static dp_status add_piece(dp_line_sides *s, dp_line *l, const arb_t a, const arb_t b, const mag_t tol, const dp_quadrature_setup *setup, dp_error *e)
{
    arb_t y, lo, hi, zero;
    arb_ptr m = _arb_vec_init(3);
    dp_quad_opts o;
    dp_quad_stat stat;
    dp_status status;
    arb_init(y);
    arb_init(lo);
    arb_init(hi);
    arb_init(zero);
    dp_quad_stat_init(stat);
    dp_quad_opts_init(&o, 1, setup->goal);
    o.max_evals = setup->max_evals;
    arb_add(y, a, b, l->prec);
    arb_mul_2exp_si(y, y, -1);
    arb_get_mid_arb(y, y);
    dp_line_piece(l, y);
    to_window(lo, l, a);
    to_window(hi, l, b);
    /* half-line integrals need no second moment */
    status = dp_quad1(m, l->kernel == DP_KERNEL_LAPLACE ? 2 : 3, dp_line_eval, l, lo, hi, zero, tol, &o, stat, setup->goal + 40, e);
    _arb_vec_add(s->M[on_side(l, y)], s->M[on_side(l, y)], m, 3, l->prec);
    arb_clear(y);
    arb_clear(lo);
    arb_clear(hi);
    arb_clear(zero);
    dp_quad_stat_clear(stat);
    _arb_vec_clear(m, 3);
    return status;
}

/* Walks from the left end to the right: pieces between kinks, gaps where kinks overlap. kinks are sorted by their lower ends, so that a
   cluster is a run of them. */
static dp_status walk_pieces(dp_line_sides *s, dp_line *l, arb_srcptr kinks, slong n, const double *ends, const mag_t tol,
                             const dp_quadrature_setup *setup, dp_error *e)
{
    arb_t from, last;
    arf_t lo, hi, t;
    dp_status status = DP_OK;
    arb_init(from);
    arb_init(last);
    arf_init(lo);
    arf_init(hi);
    arf_init(t);
    dp_line_place(from, l, ends[0]);
    dp_line_place(last, l, ends[1]);
    for (slong k = 0; k < n && status == DP_OK;) {
        slong next = k + 1;
        if (arb_lt(kinks + k, from) || arb_gt(kinks + k, last)) { /* outside the window */
            k++;
            continue;
        }
        if (!arb_gt(kinks + k, from) || !arb_lt(kinks + k, last)) {
            status = dp_fail(e, DP_EINTERNAL, "quadrature: a kink overlaps the window's end");
            break;
        }
        arb_get_interval_arf(lo, hi, kinks + k, l->prec + 30);
        for (; next < n; next++) { /* a cluster of overlapping kinks */
            arb_get_lbound_arf(t, kinks + next, l->prec + 30);
            if (arf_cmp(t, hi) > 0)
                break;
            arf_min(lo, lo, t);
            arb_get_ubound_arf(t, kinks + next, l->prec + 30);
            arf_max(hi, hi, t);
        }
        if (next == k + 1) {
            status = add_piece(s, l, from, kinks + k, tol, setup, e);
            arb_set(from, kinks + k);
        } else {
            arb_set_arf(last, lo);
            status = add_piece(s, l, from, last, tol, setup, e);
            add_gap(s, l, lo, hi, setup->omit);
            arb_set_arf(from, hi);
            dp_line_place(last, l, ends[1]);
        }
        k = next;
    }
    if (status == DP_OK)
        status = add_piece(s, l, from, last, tol, setup, e);
    arb_clear(from);
    arb_clear(last);
    arf_clear(lo);
    arf_clear(hi);
    arf_clear(t);
    return status;
}

/* The two tails: on the side of x where they lie, on both where x lies beyond the window's end. */
static void add_tail(dp_line_sides *s, const dp_line *l, mag_srcptr tail, double end, unsigned omit)
{
    arb_t y;
    arb_init(y);
    dp_line_place(y, l, end);
    for (int m = 0; m < 3 && !(omit & DP_OMIT_TAIL); m++) {
        int inside = end > 0 ? arb_gt(y, l->x) : arb_lt(y, l->x), side = on_side(l, y);
        arb_add_error_mag(s->M[side] + m, tail + m);
        if (!inside && l->kernel == DP_KERNEL_LAPLACE)
            arb_add_error_mag(s->M[!side] + m, tail + m);
    }
    mag_add(s->tail, s->tail, tail);
    arb_clear(y);
}

dp_status dp_line_integrate_pieces(dp_line_sides *s, dp_line *l, const mag_t tol, const dp_quadrature_setup *setup, dp_error *e)
{
    slong n, room = 3 + (l->q != NULL ? l->q->n : 0);
    arb_ptr kinks = _arb_vec_init(room);
    mag_ptr tails = _mag_vec_init(6);
    double ends[2];
    mag_t wide;
    dp_status status;
    n = dp_line_kinks(kinks, l);
    mag_init(wide);
    mag_mul_2exp_si(wide, tol, setup->goal - setup->window);
    ends[0] = window_end(tails, l, kinks, n, wide, -1);
    ends[1] = window_end(tails + 3, l, kinks, n, wide, 1);
    if (ends[0] < 0 && ends[1] > 0) {
        status = walk_pieces(s, l, kinks, n, ends, tol, setup, e);
        add_tail(s, l, tails, ends[0], setup->omit);
        add_tail(s, l, tails + 3, ends[1], setup->omit);
    } else
        status = dp_fail(e, DP_EBUDGET, "quadrature: no window on the line holds the integrand to %ld bits", (long) setup->goal);
    mag_clear(wide);
    _arb_vec_clear(kinks, room);
    _mag_vec_clear(tails, 6);
    return status;
}
