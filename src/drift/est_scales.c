/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_scales.c: kernels with a kink, and the inverse multiquadric, as integrals of Gaussians over their width, so that Gaussian mixtures have closed forms under them too, with relative accuracy in the tails. */
#include <string.h>

#include "drift/est_source.h"

/* With a = sqrt(2 nu)/h: Matern(r) = 1/Gamma(nu) int exp(nu t - e^t) exp(-r^2/(2 g^2)) dt over all t, g^2 = 2 e^t/a^2 (for nu = 1/2: exp(-r/h)). */
/* imq: k(r) = 1/Gamma(1/2) int exp(t/2 - e^t) exp(-r^2/(2 g^2)) dt, g^2 = h^2 e^-t/2. Nodes lie at t = x + bend - exp(-x) for imq, else at x. */
typedef struct { real nu, g2, lo, step, bend; int imq; slong n; } scales;

static int is_scaled(const est_part *p) { return p->family != DP_KERNEL_GAUSSIAN; }

/* The farthest corner of the mesh from a mean. */
static real farthest_mean(const dp_measure_struct *mu, const est_axes *out)
{
    real most = 0;
    for (slong j = 0; j < mu->n; j++) {
        real sum = 0;
        for (int a = 0; a < mu->dim; a++) {
            const real m = est_fmpq(DP_MEAN(mu, j, a)), t = r_max(r_fabs(out->x[a][0] - m), r_fabs(out->x[a][out->n[a] - 1] - m));
            sum += t * t;
        }
        most = r_max(most, sum);
    }
    return r_sqrt(most);
}

/* At most the least variance of mu in any direction. */
static real least_variance(const est_law *law)
{
    real most = 0;
    for (slong j = 0; j < law->g.n; j++)
        for (int a = 0; a < law->g.dim; a++) {
            real row = 0;
            for (int b = 0; b < law->g.dim; b++)
                row += r_fabs(law->g.inv[(j * law->g.dim + a) * law->g.dim + b]);
            most = r_max(most, row);
        }
    return 1 / most;
}

/* At distance r from a mean with variance S the integrand is exp(nu t - u - v*^2/v), u = e^t, v = u + a^2 S/2, v* = a r/2, at most. It ends where (v - v*)^2/v has grown by 46 from its least value; towards
   small u it falls as u^(nu + d/2) where g^2 < S. Its peak has the second derivative z = max(0, a r - a^2 S) at most, or 1: the trapezoidal rule errs by about exp(-2 pi^2/(step^2 z)), and by exp(-pi^2/step)
   for its poles and growth off the line. */
static scales scales_of(const est_part *p, const est_law *law, const est_axes *out, int level)
{
    const real nu = (real) est_twice_nu(p->family) / 2, a2 = 2 * nu / (p->h * p->h), fall = 46 * R_REACH * R_REACH, S = least_variance(law);
    const real ar = r_sqrt(a2) * farthest_mean(law->mu, out), as = a2 * S, low = r_min(ar, as), z = r_max(0, ar - as);
    const real far = ar / 2 + fall / 2 + r_sqrt(fall * ar / 2 + fall * fall / 4) - as / 2, near = fall / 2 + r_sqrt(fall * low / 2 + fall * fall / 4);
    const real hi = r_log(r_max(far, near));
    scales s = {.nu = nu, .g2 = 2 / a2, .lo = r_min(0, r_log(as)) - fall / (nu + (real) law->mu->dim / 2), .step = R_STEP * 0.57 * ldexp(1, -level) / r_sqrt(1 + z / 4)};
    s.n = (slong) r_min(r_ceil((hi - s.lo) / s.step), 1e6) + 1;
    return s;
}

/* The largest variance of a component, or more. */
static real most_variance(const dp_measure_struct *mu)
{
    real most = 0;
    for (slong j = 0; j < mu->n; j++)
        for (int a = 0; a < mu->dim; a++) {
            real row = 0;
            for (int b = 0; b < mu->dim; b++)
                row += r_fabs(est_fmpq(DP_COV(mu, j, a, b)));
            most = r_max(most, row);
        }
    return most;
}

/* imq, u = e^t: against a component of variance S the integrand is u^(1/2) (1 + 2 u S/h^2)^(-d/2) exp(-u - u r^2/(h^2 + 2 u S)). It ends with e^-u; below u = h^2/(h^2 + r^2 + 2 S) it falls as u^(1/2) only, which x
   bends to a double exponential: at the lower end, x = -log(2 fall), u^(1/2) has fallen by exp(-fall), and what is left out is no more of the whole than some 10 exp(-fall). Where Re u > 0 the exponential stays
   bounded and nothing has a pole: |Im t| <= |y| + |sin y| exp(-x) < pi/2 for |y| < 0.8 where u is as large as that; so the trapezoidal rule in x errs by about exp(-2 pi 0.8/step). */
static scales imq_scales(const est_part *p, const dp_measure_struct *mu, const est_axes *out, int level)
{
    const real fall = 46 * R_REACH * R_REACH, far = farthest_mean(mu, out);
    scales s = {.nu = 0.5, .g2 = p->h * p->h / 2, .imq = 1, .bend = -r_log(1 + (far * far + 2 * most_variance(mu)) / (p->h * p->h)), .step = R_STEP * 0.3 * ldexp(1, -level)};
    s.lo = -r_log(2 * fall);
    s.n = (slong) r_ceil((r_log(fall) - s.bend - s.lo) / s.step) + 1;
    return s;
}

/* The rational number that x is. */
static void to_fmpq(fmpq_t out, real x)
{
    arf_t a, b;
    arf_init(a), arf_init(b);
    for (int i = 0; i < 3; i++) {
        const double piece = (double) x;
        arf_set_d(b, piece);
        arf_add(a, a, b, ARF_PREC_EXACT, ARF_RND_DOWN);
        x -= piece;
    }
    arf_get_fmpq(out, a);
    arf_clear(a), arf_clear(b);
}

/* Node i of a part: a Gaussian of its own, whose weight is in the logarithms of its terms. */
static void add_scale(est_source *s, est_kernel *k, const est_part *p, const scales *c, slong i)
{
    const real x = c->lo + (real) i * c->step, dent = c->imq ? r_exp(-x) : 0, t = c->imq ? x + c->bend - dent : x;
    const real log_w = r_log(p->weight) + r_log(c->step) + r_log1p(dent) + c->nu * t - r_exp(t) - r_lgamma(c->nu), h = r_sqrt(c->g2 * r_exp(c->imq ? -t : t));
    fmpq_t width;
    fmpq_init(width);
    to_fmpq(width, h);
    est_gsum_init(s->closed + k->n, s->mu, width);
    for (slong j = 0; j < s->closed[k->n].n; j++)
        s->closed[k->n].log_c[j] += log_w;
    k->part[k->n++] = (est_part) {DP_KERNEL_GAUSSIAN, 1, h};
    fmpq_clear(width);
}

/* Gaussians for all parts at a level; c: their scales, for parts that are no Gaussians. */
static slong count(scales *c, const est_kernel *k, const est_law *law, const est_axes *out, int level)
{
    slong total = 0;
    for (slong i = 0; i < k->n; i++) {
        if (is_scaled(k->part + i))
            c[i] = k->part[i].family == DP_KERNEL_IMQ ? imq_scales(k->part + i, law->mu, out, level) : scales_of(k->part + i, law, out, level);
        total += is_scaled(k->part + i) ? c[i].n : 1;
    }
    return total;
}

enum { MOST_SCALES = 4000, MOST_PARTS = 64 };

int est_scales_serve(const est_kernel *k, const dp_measure_struct *mu, const est_axes *out)
{
    int kinks = 0;
    for (slong i = 0; i < k->n; i++)
        kinks += is_scaled(k->part + i);
    if (kinks == 0 || kinks > 4 || k->n > MOST_PARTS || mu->dim == 1 || mu->family != DP_MIXTURE || est_size(out) > 300000)
        return 0;
    scales c[MOST_PARTS];
    est_law law;
    est_law_init(&law, mu);
    const int serve = count(c, k, &law, out, -1) <= MOST_SCALES; /* the finer one of the coarsest pair of levels; beyond, lattices serve */
    est_law_clear(&law);
    return serve;
}

dp_status est_scales_init(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, const est_axes *out, int level, dp_error *e)
{
    *s = (est_source) {.kind = EST_CLOSED, .mu = mu, .dim = P->dim, .P = P, .level = level};
    est_law_init(&s->law, mu);
    scales c[MOST_PARTS];
    const slong total = count(c, k, &s->law, out, level);
    s->k = s->own = dp_calloc(1, sizeof *s->own);
    if (total > MOST_SCALES)
        return dp_fail(e, DP_EBUDGET, "the kernel takes %ld Gaussians at this bandwidth", (long) total);
    s->own->gaussian = 1, s->own->part = dp_calloc((size_t) total, sizeof *s->own->part), s->closed = dp_calloc((size_t) total, sizeof *s->closed);
    for (slong i = 0; i < k->n; i++)
        if (is_scaled(k->part + i))
            for (slong j = 0; j < c[i].n; j++)
                add_scale(s, s->own, k->part + i, c + i, j);
        else {
            est_gsum_init(s->closed + s->own->n, mu, P->nparts ? &P->parts[i].bandwidth : P->bandwidth);
            s->own->part[s->own->n++] = k->part[i];
        }
    return DP_OK;
}
