/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_plan.c: the duals of (59) on a lattice: residuals at any precision, Newton steps to them. */
#include <math.h>

#include "base/threads.h"
#include "drift/lattice_work.h"

void dp_lattice_plan_init(dp_lattice_plan *s, int dim, const fmpq *step, const fmpq_t epsilon, const dp_comb *p, const dp_comb *q, slong prec)
{
    *s = (dp_lattice_plan){.dim = dim, .threads = 1, .p = *p, .q = *q, .prec = prec};
    s->v = _arb_vec_init(p->size), s->w = _arb_vec_init(q->size), s->Z = _arb_vec_init(q->size);
    for (int k = 0; k < 2; k++) {
        fmpq_init(s->step + k);
        fmpq_set(s->step + k, step + (k < dim ? k : 0));
    }
    fmpq_init(s->epsilon), fmpq_set(s->epsilon, epsilon);
    for (slong j = 0; j < p->size; j++)
        arb_one(s->v + j);
    for (slong i = 0; i < q->size; i++)
        arb_one(s->w + i);
}

void dp_lattice_plan_clear(dp_lattice_plan *s)
{
    _arb_vec_clear(s->p.w, s->p.size), _arb_vec_clear(s->q.w, s->q.size);
    _arb_vec_clear(s->v, s->p.size), _arb_vec_clear(s->w, s->q.size), _arb_vec_clear(s->Z, s->q.size);
    fmpq_clear(s->step), fmpq_clear(s->step + 1), fmpq_clear(s->epsilon);
}

/* ---- the kernel ---- */

static void table_init(lattice_table *K, const dp_lattice_plan *s, int axis)
{
    const slong lo = FLINT_MIN(s->p.first[axis], s->q.first[axis]), hi = FLINT_MAX(s->p.first[axis] + s->p.n[axis], s->q.first[axis] + s->q.n[axis]);
    K->reach = hi - lo, K->k = _arb_vec_init(2 * K->reach + 1), K->c = 0;
}

/* exp(-t^2 step^2/(2 epsilon 4^stage)) */
static void table_set(lattice_table *K, const dp_lattice_plan *s, int axis, int stage)
{
    fmpq_t c, r;
    fmpq_init(c), fmpq_init(r);
    fmpq_mul(c, s->step + axis, s->step + axis), fmpq_div(c, c, s->epsilon), fmpq_div_2exp(c, c, (flint_bitcnt_t) (1 + 2 * stage));
    K->c = fmpq_get_d(c);
    for (slong t = 0; t <= K->reach; t++) {
        arb_ptr k = K->k + K->reach + t;
        fmpq_mul_si(r, c, -t * t);
        arb_set_fmpq(k, r, s->prec + 40);
        arb_exp(k, k, s->prec), arb_get_mid_arb(k, k);
        arb_set(K->k + K->reach - t, k);
    }
    fmpq_clear(c), fmpq_clear(r);
}

static void kernel_set(lattice_work *w, int stage)
{
    for (int k = 0; k < 2; k++)
        table_set(w->K + k, w->s, k, stage);
}

/* The largest cost over epsilon, about. */
static double farthest(const lattice_work *w)
{
    double far = 0;
    for (int k = 0; k < w->s->dim; k++)
        far += (double) w->K[k].c * (double) w->K[k].reach * (double) w->K[k].reach;
    return far;
}

/* ---- sums ---- */

typedef struct { arb_ptr out; const lattice_work *w; const dp_comb *to, *from; arb_srcptr c; } summing;

static void sum_along(arb_t out, const summing *a, int axis, slong node, arb_srcptr c)
{
    const lattice_table *K = a->w->K + axis;
    arb_approx_dot(out, NULL, 0, K->k + K->reach + a->to->first[axis] + node - a->from->first[axis], -1, c, 1, a->from->n[axis], a->w->prec);
}

/* half[i_0 n_1 + j_1]: sums along the first axis. */
static dp_status first_axis(void *argument, slong i, int worker, dp_error *e)
{
    const summing *a = argument;
    (void) worker, (void) e;
    for (slong j = 0; j < a->from->n[1]; j++)
        sum_along(a->out + i * a->from->n[1] + j, a, 0, i, a->c + j * a->from->n[0]);
    return DP_OK;
}

static dp_status second_axis(void *argument, slong i, int worker, dp_error *e)
{
    const summing *a = argument;
    (void) worker, (void) e;
    for (slong j = 0; j < a->to->n[0]; j++)
        sum_along(a->out + i * a->to->n[0] + j, a, 1, i, a->c + j * a->from->n[1]);
    return DP_OK;
}

void lattice_sums(arb_ptr out, const lattice_work *w, const dp_comb *to, const dp_comb *from, arb_srcptr c)
{
    const int line = w->s->dim == 1;
    summing a = {.out = line ? out : w->half, .w = w, .to = to, .from = from, .c = c};
    dp_error e;
    dp_parallel(first_axis, &a, to->n[0], w->s->threads, &e);
    if (line)
        return;
    a.out = out, a.c = w->half;
    dp_parallel(second_axis, &a, to->n[1], w->s->threads, &e);
}

void lattice_product(arb_ptr out, arb_srcptr a, arb_srcptr b, slong n, slong prec)
{
    for (slong j = 0; j < n; j++)
        arb_mul(out + j, a + j, b + j, prec), arb_get_mid_arb(out + j, out + j);
}

static long double log_of(const arb_t x)
{
    arf_t m;
    fmpz_t e;
    arf_init(m), fmpz_init(e);
    arf_frexp(m, e, arb_midref(x));
    const long double out = logl((long double) arf_get_d(m, ARF_RND_NEAR)) + (long double) fmpz_get_d(e) * 0.693147180559945309417232121458176568L;
    arf_clear(m), fmpz_clear(e);
    return out;
}

long double *lattice_logs(arb_srcptr a, arb_srcptr b, slong n)
{
    long double *out = dp_malloc((size_t) n * sizeof *out);
    for (slong i = 0; i < n; i++)
        out[i] = (b ? log_of(b + i) : 0) + log_of(a + i);
    return out;
}

/* log2 of max |x|. */
double lattice_size(arb_srcptr x, slong n)
{
    mag_t most, t;
    mag_init(most), mag_init(t);
    for (slong i = 0; i < n; i++)
        arb_get_mag(t, x + i), mag_max(most, most, t);
    const double out = mag_is_inf(most) ? INFINITY : mag_is_zero(most) ? -INFINITY : mag_get_d_log2_approx(most);
    mag_clear(most), mag_clear(t);
    return out;
}

/* x_i *= exp(damp d_i) */
void lattice_move(arb_ptr x, arb_ptr d, slong n, double damp, slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < n; i++) {
        arb_set_d(t, damp), arb_mul(t, t, d + i, prec), arb_exp(t, t, prec);
        arb_mul(x + i, x + i, t, prec), arb_get_mid_arb(x + i, x + i);
    }
    arb_clear(t);
}

/* ---- q to p ---- */

void lattice_precision(lattice_work *w, double now)
{
    enum { LEAST = 128 }; /* products of two words are cheap */
    const double want = LEAST + (isfinite(now) ? fmax(0, -now) : 0);
    w->prec = w->s->dim > 1 && want < (double) w->s->prec ? (slong) want : w->s->prec;
}

/* Z, back = 1/v after a sweep, r_j = v_j back_j - 1. */
static void cross_residual(lattice_work *w)
{
    dp_lattice_plan *s = w->s;
    lattice_product(w->product, s->p.w, s->v, s->p.size, w->prec);
    lattice_sums(s->Z, w, &s->q, &s->p, w->product);
    for (slong i = 0; i < s->q.size; i++)
        arb_div(w->product + i, s->q.w + i, s->Z + i, w->prec), arb_get_mid_arb(w->product + i, w->product + i);
    lattice_sums(w->back, w, &s->p, &s->q, w->product);
    lattice_product(w->r, s->v, w->back, s->p.size, w->prec);
    for (slong j = 0; j < s->p.size; j++)
        arb_sub_si(w->r + j, w->r + j, 1, w->prec), arb_get_mid_arb(w->r + j, w->r + j);
}

/* The rest of the sweep that the residual began; it does not lower the dual's value. */
static void sweep(lattice_work *w)
{
    for (slong j = 0; j < w->s->p.size; j++)
        arb_inv(w->s->v + j, w->back + j, w->prec), arb_get_mid_arb(w->s->v + j, w->s->v + j);
}

/* ---- steps ---- */

enum { SMALL = 120 /* columns on the line that are eliminated from the start; more only where gradients fail */, FINE = -20 /* smaller steps than 2^FINE need not be made once they suffice */ };

/* Steps until one is below 2^-goal (that one is not made: the residual stays what was found last) or they no longer shrink; *reached = log2 of the last. 0: out of range. */
static int newton(lattice_work *w, double goal, int most, int direct, double *reached)
{
    lattice_network N = {0};
    lattice_averages A = {0};
    double before = INFINITY, now = INFINITY;
    int ok = 1, stale = 1, idle = 0;
    for (int k = 0; k < most && ok && now > -goal; k++) {
        lattice_precision(w, now);
        cross_residual(w);
        if (stale && !direct)
            lattice_averages_set(&A, w);
        if (stale && direct)
            ok = lattice_network_set(&N, w);
        if (!ok)
            break;
        if (direct)
            lattice_network_step(w, &N);
        else
            lattice_gradient_step(w, &A);
        before = now, now = lattice_size(w->d, w->s->p.size);
        idle = now > before - 1 ? idle + 1 : 0;
        if ((!stale && idle) || (!direct && k > 2 && idle > (now > -2 && w->s->dim > 1 ? 12 : 0))) /* stands still: rounding, or gradients fail */
            break;
        if (now <= -goal && now < FINE)
            break;
        stale = now > -30 || now > before - 20;
        const double r = exp2(now);
        ok = isfinite(r);
        if (ok)
            lattice_move(w->s->v, w->d, w->s->p.size, r > 1. / 256 ? log1p(2 * r) / (2 * r) : 1, w->prec);
        if (ok && now > -8) /* far off: a sweep brings the tails along, which would damp the next step for nothing */
            cross_residual(w), sweep(w);
    }
    lattice_network_clear(&N), lattice_averages_clear(&A);
    *reached = now;
    return ok;
}

static int cross(lattice_work *w, double goal, int most, double *reached)
{
    if (w->s->dim > 1)
        return newton(w, goal, most, 0, reached);
    if (w->s->p.size > SMALL && newton(w, goal, most, 0, reached) && *reached <= -goal)
        return 1;
    return newton(w, goal, most, 1, reached);
}

/* ---- both ---- */

/* Wide kernels to narrow ones. */
static int widen(lattice_work *w, double *reached)
{
    int stages = 0, ok = 1;
    kernel_set(w, 0);
    for (double t = farthest(w); t > 1; t /= 4)
        stages++;
    for (int stage = stages; stage > 0 && ok; stage--) {
        kernel_set(w, stage);
        ok = cross(w, 2, 12, reached);
        for (slong j = 0; j < w->s->p.size; j++)
            arb_pow_ui(w->s->v + j, w->s->v + j, 4, w->s->prec), arb_get_mid_arb(w->s->v + j, w->s->v + j);
    }
    return ok;
}

/* sum |error of the marginal|; half of it times (range of the potential + range of the cost over epsilon) bounds the dual gap over epsilon. */
static void note_gap(lattice_work *w, const dp_comb *at, arb_srcptr factor)
{
    arb_t sum, t;
    double low = INFINITY, high = -INFINITY;
    arb_init(sum), arb_init(t);
    for (slong j = 0; j < at->size; j++) {
        const double psi = (double) log_of(factor + j);
        low = fmin(low, psi), high = fmax(high, psi);
        arb_abs(t, w->r + j), arb_addmul(sum, t, at->w + j, 64);
    }
    w->s->marginal = fmax(w->s->marginal, arf_get_d(arb_midref(sum), ARF_RND_UP));
    arb_set_d(t, (high - low + farthest(w)) / 2);
    arb_mul(sum, sum, t, 64);
    w->s->gap = fmax(w->s->gap, arf_get_d(arb_midref(sum), ARF_RND_UP));
    arb_clear(sum), arb_clear(t);
}

int dp_lattice_plan_solve(dp_lattice_plan *s, double goal, int begin, double *missing)
{
    const slong most = FLINT_MAX(s->p.size, s->q.size), half = FLINT_MAX(s->p.n[0], s->q.n[0]) * FLINT_MAX(s->p.n[1], s->q.n[1]);
    const int steps = 60 + (int) (goal / 20);
    double a = INFINITY, b = INFINITY;
    lattice_work w = {.s = s, .prec = s->prec, .product = _arb_vec_init(most), .back = _arb_vec_init(most), .r = _arb_vec_init(most), .d = _arb_vec_init(most), .half = _arb_vec_init(half)};
    table_init(w.K, s, 0), table_init(w.K + 1, s, 1);
    int ok = begin || widen(&w, &a);
    kernel_set(&w, 0);
    s->gap = s->marginal = 0;
    ok = ok && cross(&w, goal, steps, &a);
    if (ok)
        note_gap(&w, &s->p, s->v), sweep(&w);
    ok = ok && lattice_self(&w, goal, steps, &b);
    if (ok)
        note_gap(&w, &s->q, s->w);
    s->size = exp2(fmax(a, b));
    *missing = ok && fmax(a, b) < -20 ? fmax(a, b) + goal : -1;
    _arb_vec_clear(w.product, most), _arb_vec_clear(w.back, most), _arb_vec_clear(w.r, most), _arb_vec_clear(w.d, most), _arb_vec_clear(w.half, half);
    for (int k = 0; k < 2; k++)
        _arb_vec_clear(w.K[k].k, 2 * w.K[k].reach + 1);
    return ok && fmax(a, b) <= -goal;
}
