/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enclose.c: Taylor steps with an a-priori box and the Lagrange remainder (lemma E1). */
#include "flow/series.h"

typedef struct { const dp_ode_struct *f; slong n, order, prec; dp_series y; arb_ptr box, slope; } stepper;

static void stepper_init(stepper *s, const dp_ode_struct *f, slong prec)
{
    *s = (stepper){.f = f, .n = f->n, .order = 8 + prec / 6, .prec = prec, .box = _arb_vec_init(f->n), .slope = _arb_vec_init(f->n)};
    dp_series_init(&s->y, f, s->order + 1);
}

static void stepper_clear(stepper *s)
{
    dp_series_clear(&s->y);
    _arb_vec_clear(s->box, s->n), _arb_vec_clear(s->slope, s->n);
}

/* Coefficients 0 .. len - 1 of the solution from `start`: (k + 1) y_{k+1} = [t^k] f(y). */
static void expand(stepper *s, arb_srcptr start, slong len, slong prec)
{
    for (slong i = 0; i < s->n; i++) arb_set(s->y.v[i], start + i);
    for (slong k = 0; k + 1 < len; k++) {
        dp_series_next(&s->y, k, prec);
        for (slong i = 0; i < s->n; i++) arb_div_si(s->y.v[i] + k + 1, s->y.v[s->f->out[i]] + k, k + 1, prec);
    }
}

/* A box with start + [0, h] f(box) inside it: the solution exists and stays there until h. */
static int a_priori(stepper *s, arb_srcptr start, const arb_t h)
{
    const slong prec = s->prec + 64; /* what is left of rounding must fit between the image and the box, however short the step */
    arb_t image, time;
    int inside = 0;
    arb_init(image), arb_init(time);
    arb_union(time, time, h, prec);
    _arb_vec_set(s->box, start, s->n);
    for (int attempt = 0; attempt < 4 && !inside; attempt++) {
        dp_ode_eval(s->slope, NULL, s->f, s->box, NULL, prec);
        inside = attempt > 0;
        for (slong i = 0; i < s->n; i++) {
            arb_mul(image, s->slope + i, time, prec);
            arb_add(image, image, start + i, prec);
            if (!arb_is_finite(image)) inside = 0, attempt = 4;
            else if (!arb_contains(s->box + i, image)) inside = 0;
        }
        for (slong i = 0; i < s->n && !inside && attempt < 4; i++) { /* twice as far as this slope would go */
            arb_mul(image, s->slope + i, time, prec);
            arb_mul_2exp_si(image, image, 1);
            arb_add(image, image, start + i, prec);
            arb_union(s->box + i, image, start + i, prec);
            mag_mul_2exp_si(arb_radref(image), arb_radref(s->box + i), -4);
            mag_add(arb_radref(s->box + i), arb_radref(s->box + i), arb_radref(image));
        }
    }
    arb_clear(image), arb_clear(time);
    return inside;
}

/* remainder_i = h^order [t^order] of all solutions that start in the box. 1 when each is below 2^-prec of its unknown's size or of its way in this
   step, 2 when it would be so for twice the step, to first order. */
static int remainders(mag_ptr remainder, stepper *s, arb_srcptr start, const arb_t h)
{
    arb_t c;
    mag_t power, size, moved;
    int small = 2;
    arb_init(c), mag_init(power), mag_init(size), mag_init(moved);
    expand(s, s->box, s->order + 1, 64);
    arb_get_mag(power, h);
    mag_pow_ui(power, power, (ulong) s->order);
    for (slong i = 0; i < s->n; i++) {
        arb_get_mag(remainder + i, s->y.v[i] + s->order);
        mag_mul(remainder + i, remainder + i, power);
        arb_get_mag(size, start + i);
        arb_mul(c, s->slope + i, h, 64);
        arb_get_mag(moved, c);
        mag_max(size, size, moved);
        mag_mul_2exp_si(size, size, -s->prec);
        if (mag_cmp(remainder + i, size) > 0) small = 0;
        mag_mul_2exp_si(size, size, -s->order - 4);
        if (small && mag_cmp(remainder + i, size) > 0) small = 1;
    }
    arb_clear(c), mag_clear(power), mag_clear(size), mag_clear(moved);
    return small;
}

/* A step of h, which is halved until box and remainder suit. Returns 0 when it came below `least`, 2 when the next one may be longer. */
static int step(arb_ptr y, stepper *s, fmpq_t h, const fmpq_t least)
{
    arb_t by;
    mag_ptr remainder = _mag_vec_init(s->n);
    int ok = 0;
    arb_init(by);
    while (!ok && fmpq_cmp(h, least) >= 0) {
        arb_set_fmpq(by, h, s->prec);
        ok = a_priori(s, y, by) ? remainders(remainder, s, y, by) : 0;
        if (!ok) fmpq_div_2exp(h, h, 1);
    }
    if (ok) {
        expand(s, y, s->order, s->prec + 32); /* so that the remainders are all that counts */
        arb_set_fmpq(by, h, s->prec + 32);
        for (slong i = 0; i < s->n; i++) {
            _arb_poly_evaluate(y + i, s->y.v[i], s->order, by, s->prec + 32);
            arb_add_error_mag(y + i, remainder + i);
        }
    }
    _mag_vec_clear(remainder, s->n);
    arb_clear(by);
    return ok;
}

dp_status dp_ode_enclose(arb_ptr y, const dp_ode_t f, const fmpq_t T, slong prec, dp_error *e)
{
    stepper s;
    fmpq_t left, h, least;
    dp_status status = DP_OK;
    fmpq_init(left), fmpq_init(h), fmpq_init(least);
    fmpq_set(left, T), fmpq_set(h, T), fmpq_div_2exp(least, T, 24);
    stepper_init(&s, f, prec);
    while (fmpq_sgn(left) > 0 && !status) {
        if (fmpq_cmp(h, left) > 0) fmpq_set(h, left);
        const int made = step(y, &s, h, least);
        if (!made) status = dp_fail(e, DP_EBUDGET, "the solution could not be enclosed up to the end: steps below T/2^24 would be needed");
        fmpq_sub(left, left, h);
        if (made == 2) fmpq_mul_2exp(h, h, 1);
    }
    stepper_clear(&s);
    fmpq_clear(left), fmpq_clear(h), fmpq_clear(least);
    return status;
}
