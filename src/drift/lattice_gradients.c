/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_gradients.c: steps for the duals of (59) on a lattice by conjugate gradients in doubles, and the plan of q to itself. */
#include <math.h>

#include "drift/lattice_work.h"

void lattice_averages_clear(lattice_averages *A)
{
    lattice_laws_clear(&A->row), lattice_laws_clear(&A->column);
    free(A->mass);
    *A = (lattice_averages){0};
}

void lattice_averages_set(lattice_averages *A, const lattice_work *w)
{
    const dp_lattice_plan *s = w->s;
    const slong n = s->q.size, m = s->p.size;
    long double *la = lattice_logs(s->p.w, s->v, m), *lb = lattice_logs(s->q.w, NULL, n), *lZ = lattice_logs(s->Z, NULL, n), *back = lattice_logs(w->back, NULL, m);
    lattice_averages_clear(A);
    lattice_laws_init(&A->row, w, &s->q, &s->p, la);
    for (slong i = 0; i < n; i++)
        lb[i] -= lZ[i];
    lattice_laws_init(&A->column, w, &s->p, &s->q, lb);
    A->mass = dp_malloc((size_t) m * sizeof *A->mass);
    for (slong j = 0; j < m; j++)
        A->mass[j] = (double) expl(la[j] + back[j]);
    free(la), free(lb), free(lZ), free(back);
}

static double weighted(const lattice_averages *A, const double *a, const double *b, slong m)
{
    double sum = 0;
    for (slong j = 0; j < m; j++)
        sum += A->mass[j] * a[j] * b[j];
    return sum;
}

/* d - (average of average of d) = rhs, up to a constant: symmetric for the masses, spectrum in [0, 1]. room: 3 m + n. rhs is kept. */
static void gradients(double *d, const double *rhs, const lattice_averages *A, slong m, double *room)
{
    enum { MOST = 200 };
    double *r = room, *z = room + m, *Az = room + 2 * m, *t = room + 3 * m, mean = 0, total = 0;
    for (slong j = 0; j < m; j++)
        mean += A->mass[j] * rhs[j], total += A->mass[j];
    for (slong j = 0; j < m; j++)
        z[j] = r[j] = rhs[j] - mean / total, d[j] = 0;
    double rr = weighted(A, r, r, m);
    const double goal = rr * 1e-30;
    for (int k = 0; k < MOST && rr > goal; k++) {
        lattice_average(t, &A->row, z), lattice_average(Az, &A->column, t);
        for (slong j = 0; j < m; j++)
            Az[j] = z[j] - Az[j];
        const double curvature = weighted(A, z, Az, m), alpha = rr / curvature;
        if (!(curvature > 0))
            break;
        for (slong j = 0; j < m; j++)
            d[j] += alpha * z[j], r[j] -= alpha * Az[j];
        const double next = weighted(A, r, r, m), beta = next / rr;
        for (slong j = 0; j < m; j++)
            z[j] = r[j] + beta * z[j];
        rr = next;
    }
    /* d = rhs + averages, where the masses are too small to be seen */
    lattice_average(t, &A->row, d), lattice_average(Az, &A->column, t);
    for (slong j = 0; j < m; j++)
        d[j] = rhs[j] + Az[j];
}

/* out = x 2^-scale in doubles of size 1. */
static slong to_doubles(double *out, arb_ptr x, slong n)
{
    const double bits = lattice_size(x, n);
    const slong scale = isfinite(bits) ? (slong) bits : 0;
    for (slong i = 0; i < n; i++) {
        arb_mul_2exp_si(x + i, x + i, -scale);
        out[i] = arf_get_d(arb_midref(x + i), ARF_RND_NEAR);
    }
    return scale;
}

static void from_doubles(arb_ptr out, const double *x, slong n, slong scale)
{
    for (slong i = 0; i < n; i++)
        arb_set_d(out + i, x[i]), arb_mul_2exp_si(out + i, out + i, scale);
}

static void minus_log1p(arb_ptr out, arb_srcptr r, slong n, slong prec)
{
    for (slong i = 0; i < n; i++)
        arb_log1p(out + i, r + i, prec), arb_neg(out + i, out + i), arb_get_mid_arb(out + i, out + i);
}

void lattice_gradient_step(lattice_work *w, const lattice_averages *A)
{
    const slong n = w->s->q.size, m = w->s->p.size;
    double *rhs = dp_calloc((size_t) (5 * m + n), sizeof *rhs), *d = rhs + m;
    minus_log1p(w->d, w->r, m, w->prec);
    const slong scale = to_doubles(rhs, w->d, m);
    gradients(d, rhs, A, m, rhs + 2 * m);
    from_doubles(w->d, d, m, scale);
    free(rhs);
}

/* ---- q to itself ---- */

/* r = w K b w - 1 */
void lattice_self_residual(lattice_work *w)
{
    dp_lattice_plan *s = w->s;
    lattice_product(w->product, s->q.w, s->w, s->q.size, w->prec);
    lattice_sums(w->back, w, &s->q, &s->q, w->product);
    lattice_product(w->r, s->w, w->back, s->q.size, w->prec);
    for (slong i = 0; i < s->q.size; i++)
        arb_sub_si(w->r + i, w->r + i, 1, w->prec), arb_get_mid_arb(w->r + i, w->r + i);
}

static void conditional(lattice_laws *pi, const lattice_work *w)
{
    long double *l = lattice_logs(w->s->q.w, w->s->w, w->s->q.size);
    lattice_laws_clear(pi), lattice_laws_init(pi, w, &w->s->q, &w->s->q, l);
    free(l);
}

/* d + pi d = -log(1 + r): the plan's spectrum is in [0, 1] (the kernel is positive definite), so d <- d - 2/3 (d + pi d + log) gains a factor 3. */
static void self_step(lattice_work *w, const lattice_laws *pi)
{
    enum { ROUNDS = 36 };
    const slong n = w->s->q.size;
    double *rhs = dp_calloc((size_t) (3 * n), sizeof *rhs), *d = rhs + n, *next = rhs + 2 * n;
    minus_log1p(w->d, w->r, n, w->prec);
    const slong scale = to_doubles(rhs, w->d, n);
    for (int k = 0; k < ROUNDS; k++) {
        lattice_average(next, pi, d);
        for (slong i = 0; i < n; i++)
            d[i] -= 2 * (d[i] + next[i] - rhs[i]) / 3;
    }
    from_doubles(w->d, d, n, scale);
    free(rhs);
}

/* w <- sqrt(w/(K b w)), whose error halves, until it is near; then the steps. */
int lattice_self(lattice_work *w, double goal, int most, double *reached)
{
    dp_lattice_plan *s = w->s;
    lattice_laws pi = {0};
    double before = INFINITY, now = INFINITY;
    for (int k = 0; k < 60; k++) {
        lattice_self_residual(w);
        if (lattice_size(w->r, s->q.size) < -10)
            break;
        for (slong i = 0; i < s->q.size; i++)
            arb_div(s->w + i, s->w + i, w->back + i, w->prec), arb_sqrt(s->w + i, s->w + i, w->prec), arb_get_mid_arb(s->w + i, s->w + i);
    }
    for (int k = 0; k < most && now > -goal; k++) {
        lattice_precision(w, now);
        lattice_self_residual(w);
        if (k == 0 || now > before - 20)
            conditional(&pi, w);
        self_step(w, &pi);
        before = now, now = lattice_size(w->d, s->q.size);
        if (!isfinite(now) || now <= -goal || (now > before - 1 && before < -30))
            break;
        lattice_move(s->w, w->d, s->q.size, 1, w->prec);
    }
    lattice_laws_clear(&pi);
    *reached = now;
    return !(now > 0);
}
