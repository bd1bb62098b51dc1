/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_lattice.c: lattices that contain the mesh: their step and extent, the weights of densities on them, moments and log Z from the sums. */
#include <string.h>

#include "drift/est_fft.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

void est_lattice_clear(est_source *s)
{
    for (int i = 0; s->fft && i < s->fft->nsums; i++)
        free(s->fft->value[i]);
    if (s->fft)
        free(s->fft->log_z);
    for (int i = 0; s->fft && i < SUM_FORMS; i++)
        free(s->fft->slip[i]);
    free(s->fft);
    s->fft = NULL;
}

/* ---- the lattice ---- */

static int rough(const dp_measure_t mu) { return mu->family == DP_UNIFORM || mu->family == DP_LAPLACE || mu->family == DP_DENSITY; }

/* The step of the weights that analytic densities, and the scales of the others, ask for along an axis: a quarter in quadruple precision where a step errs
   by exp(-1/step), a half where by exp(-1/step^2). What converges with a power only gets the mesh's own nodes, at twice their step first. */
static real wanted_step(const est_source *s, const est_law law[2], int axis, real mesh)
{
    real step = INFINITY;
    for (slong i = 0; i < s->k->n; i++) /* sampled kernels have poles at distance h from the line */
        if (s->k->part[i].family == DP_KERNEL_IMQ)
            step = r_min(step, 0.2 / (R_REACH * R_REACH) * s->k->part[i].h);
    for (int i = 0; i < 2; i++) {
        if (dp_measure_is_points(law[i].mu))
            continue;
        int own_axis = axis;
        const est_law *along = est_along(law + i, &own_axis);
        const real width = est_smallest_width(law + i, axis);
        if (rough(along->mu))
            step = r_min(step, r_min(r_min(est_narrowest(s->k), width) / 4, 2 * mesh));
        else
            step = r_min(step, 0.6 / R_REACH * width);
        if (along->mu->box)
            step = r_min(step, (along->hi[own_axis] - along->lo[own_axis]) / 8);
    }
    return step;
}

/* Nodes first .. first + stride (n - 1) of the lattice are the mesh's; every thin-th carries a weight. */
static void lay_axis(est_source *s, const est_law law[2], const est_axes *out, int axis, int level)
{
    const slong n = out->n[axis];
    const real x0 = out->x[axis][0], mesh = (out->x[axis][n - 1] - x0) / (real) (n - 1), growth = pow(1.5, level);
    const real wanted = wanted_step(s, law, axis, mesh) * ldexp(1, -level);
    s->stride[axis] = (slong) r_min(r_max(r_ceil(mesh / wanted), 1), 1e7);
    s->thin[axis] = (slong) r_min(r_max(wanted / mesh, 1), 1e7);
    const real step = s->step[axis] = mesh / (real) s->stride[axis];
    real lo = x0, hi = out->x[axis][n - 1];
    for (int i = 0; i < 2; i++) {
        real a, b;
        if (dp_measure_is_points(law[i].mu))
            continue;
        est_bulk(&a, &b, law + i, axis, growth);
        lo = r_min(lo, a - 2 * step * (real) s->thin[axis]), hi = r_max(hi, b + 2 * step * (real) s->thin[axis]);
    }
    const double before = (double) r_min(r_ceil((x0 - lo) / step), 1e8), after = (double) r_min(r_ceil((hi - out->x[axis][n - 1]) / step), 1e8);
    s->first[axis] = (slong) before;
    s->nodes.n[axis] = (slong) before + (slong) after + (n - 1) * s->stride[axis] + 1;
}

/* Densities that jump or have kinks are weighed by hats, the functions that are 1 at a node and fall linearly to 0 at its neighbours. A sum then is the
   integral of the integrand's interpolant: it errs by a smooth -step^2/12 of a second difference wherever jumps lie between nodes, and two levels differ by three times the
   finer one's error. Point values or means over cells err by what depends on where each jump lies, so that two of them can cancel in the difference alone. */

/* Means of a box law's own hats (a uniform law: of halves that add up to 1) against the hat at y: `c` takes those of its nodes first, first + 1, ...; how many. */
static slong hat_of_box(real *c, slong *first, const est_law *law, int axis, real y, real step)
{
    const slong cells = law->mu->family == DP_UNIFORM ? 1 : law->mu->shape[axis] - 1;
    const real lo = law->lo[axis], width = (law->hi[axis] - lo) / (real) cells, node = 1 / r_sqrt(3);
    const real a = r_max(lo, y - step), b = r_min(law->hi[axis], y + step);
    if (!(a < b))
        return 0;
    *first = FLINT_MIN((slong) ((a - lo) / width), cells - 1);
    const slong last = FLINT_MIN((slong) ((b - lo) / width), cells - 1);
    memset(c, 0, (size_t) (last - *first + 2) * sizeof *c);
    for (slong k = *first; k <= last; k++)
        for (int half = 0; half < 2; half++) { /* a product of two linear functions: two Gauss nodes are exact */
            const real l = r_max(r_max(a, lo + (real) k * width), half ? y : y - step), r = r_min(r_min(b, lo + (real) (k + 1) * width), half ? y + step : y);
            for (int side = -1; side < 2 && l < r; side += 2) {
                const real z = (l + r + side * node * (r - l)) / 2, w = (r - l) / (2 * step) * (1 - r_fabs(z - y) / step), t = (z - lo) / width - (real) k;
                c[k - *first] += w * (1 - t), c[k - *first + 1] += w * t;
            }
        }
    return last - *first + 2;
}

static real hat_of_laplace(const est_law *law, real y, real step)
{
    const real b = law->scale, z = r_fabs(y - law->centre) / b, t = step / b, s = r_sinh(t / 2) / (t / 2);
    return z >= t ? r_exp(-z) * s * s / (2 * b) : (t - z + r_exp(-t) * r_cosh(z) - r_exp(-z)) / (t * t * b);
}

typedef struct { real *c[3]; slong first[3], n[3]; } box_means;

static real box_mean(const box_means *m, const est_law *law)
{
    const slong *shape = law->mu->shape;
    real sum = 0, volume = law->mu->family == DP_UNIFORM ? 1 : 1 / law->unit;
    for (int k = 0; k < law->mu->dim && law->mu->family == DP_UNIFORM; k++)
        volume *= law->hi[k] - law->lo[k];
    for (slong k = 0; k < m->n[2]; k++)
        for (slong j = 0; j < m->n[1]; j++)
            for (slong i = 0; i < m->n[0]; i++) {
                const slong at = law->mu->family == DP_UNIFORM ? 0 : m->first[0] + i + shape[0] * (m->first[1] + j + (law->mu->dim > 2 ? shape[1] : 0) * (m->first[2] + k));
                sum += m->c[0][i] * m->c[1][j] * m->c[2][k] * (law->mu->family == DP_UNIFORM ? 1 : law->mu->data[at]);
            }
    return sum / volume;
}

static void weigh_box_line(real *to, const est_source *s, const slong at[2], real volume)
{
    box_means m;
    real y[3] = {0, s->nodes.x[1][at[0]], s->nodes.x[2][at[1]]};
    for (int k = 0; k < 3; k++) {
        m.c[k] = dp_calloc((size_t) (s->mu->family == DP_UNIFORM || k >= s->dim ? 2 : s->mu->shape[k] + 1), sizeof(real));
        m.c[k][0] = 1, m.first[k] = 0, m.n[k] = 1;
        if (k > 0 && k < s->dim)
            m.n[k] = hat_of_box(m.c[k], m.first + k, &s->law, k, y[k], s->step[k] * (real) s->thin[k]);
    }
    for (slong i = 0; i < s->nodes.n[0]; i += s->thin[0]) {
        m.n[0] = hat_of_box(m.c[0], m.first, &s->law, 0, s->nodes.x[0][i], s->step[0] * (real) s->thin[0]);
        to[i] = r_log(box_mean(&m, &s->law) * volume);
    }
    for (int k = 0; k < 3; k++)
        free(m.c[k]);
}

/* Log of the mass of a law on the line at the node y. */
static real log_mass(const est_law *law, dp_lanes *on, real y, real step)
{
    if (law->mu->family == DP_LAPLACE)
        return r_log(hat_of_laplace(law, y, step) * step);
    if (law->mu->box) {
        real one = 1;
        box_means m = {.c = {dp_calloc((size_t) (law->mu->family == DP_UNIFORM ? 2 : law->mu->shape[0] + 1), sizeof(real)), &one, &one}, .n = {0, 1, 1}};
        m.n[0] = hat_of_box(m.c[0], m.first, law, 0, y, step);
        const real mass = box_mean(&m, law) * step;
        free(m.c[0]);
        return r_log(mass);
    }
    real log_f[DP_LANES] __attribute__((aligned(64)));
    est_at at;
    memset(&at, 0, sizeof at);
    EACH at.x[0][i] = y;
    est_law_log(log_f, law, on, &at);
    return log_f[0] + r_log(step);
}

/* Of a product: masses along the axes, of which the lattice's are products. */
static void weigh_axes(est_source *s)
{
    dp_lanes *on = dp_lanes_new(&R_OPS);
    for (int k = 0; k < s->dim; k++) {
        s->axis_w[k] = dp_malloc((size_t) s->nodes.n[k] * sizeof *s->axis_w[k]);
        for (slong i = 0; i < s->nodes.n[k]; i++)
            s->axis_w[k][i] = i % s->thin[k] ? (real) -INFINITY : log_mass(s->law.marginal + k, on, s->nodes.x[k][i], s->step[k] * (real) s->thin[k]);
    }
    dp_lanes_free(on);
}

/* Logarithms of the weights on a line of the lattice; -infinity between the nodes that carry any. */
static dp_status weigh_line(void *argument, slong line, int worker, dp_error *e)
{
    est_source *s = argument;
    const slong n = s->nodes.n[0], at[2] = {line % s->nodes.n[1], line / s->nodes.n[1]};
    real *to = s->log_w + line * n, volume = 1, log_f[DP_LANES] __attribute__((aligned(64)));
    (void) worker, (void) e;
    for (slong i = 0; i < n; i++)
        to[i] = -INFINITY;
    if (at[0] % s->thin[1] || at[1] % s->thin[2])
        return DP_OK;
    for (int k = 0; k < s->dim; k++)
        volume *= s->step[k] * (real) s->thin[k];
    if (s->mu->box) {
        weigh_box_line(to, s, at, volume);
        return DP_OK;
    }
    if (s->law.marginal) {
        const real across = s->axis_w[1][at[0]] + (s->dim > 2 ? s->axis_w[2][at[1]] : 0);
        for (slong i = 0; i < n; i++)
            to[i] = s->axis_w[0][i] + across;
        return DP_OK;
    }
    dp_lanes *on = dp_lanes_new(&R_OPS);
    for (slong from = 0; from < n; from += DP_LANES * s->thin[0]) {
        est_at x;
        EACH {
            x.x[0][i] = s->nodes.x[0][FLINT_MIN(from + i * s->thin[0], n - 1)];
            x.x[1][i] = s->nodes.x[1][at[0]], x.x[2][i] = s->nodes.x[2][at[1]];
        }
        est_law_log(log_f, &s->law, on, &x);
        for (slong i = 0, a = from; i < DP_LANES && a < n; i++, a += s->thin[0])
            to[a] = (s->mu->family == DP_LAPLACE ? r_log(hat_of_laplace(&s->law, x.x[0][i], volume)) : log_f[i]) + r_log(volume);
    }
    dp_lanes_free(on);
    return DP_OK;
}

dp_status est_lattice_init(est_source *s, const dp_problem *P, const est_axes *out, int level, int threads, dp_error *e)
{
    double total = 1;
    est_law law[2];
    est_law_init(law, P->p), est_law_init(law + 1, P->q);
    s->nodes.dim = s->dim;
    for (int k = 0; k < 3; k++) {
        s->nodes.n[k] = 1, s->first[k] = 0, s->stride[k] = s->thin[k] = 1, s->step[k] = 1;
        if (k < s->dim)
            lay_axis(s, law, out, k, level);
        total *= 2 * (double) s->nodes.n[k];
    }
    est_law_clear(law), est_law_clear(law + 1);
    if (total > (level > 1 ? 1.6e7 : 6.4e7) / R_REACH) /* more rounds are not worth minutes */
        return dp_fail(e, DP_EBUDGET, "a lattice with the mesh's nodes that resolves the measures needs %.3g nodes, zero padding included", total);
    for (int k = 0; k < 3; k++) {
        s->nodes.x[k] = dp_calloc((size_t) s->nodes.n[k], sizeof(real));
        for (slong i = 0; k < s->dim && i < s->nodes.n[k]; i++)
            s->nodes.x[k][i] = out->x[k][0] + (real) (i - s->first[k]) * s->step[k];
    }
    if (s->law.marginal)
        weigh_axes(s);
    s->log_w = dp_malloc((size_t) est_size(&s->nodes) * sizeof *s->log_w);
    return dp_parallel(weigh_line, s, est_lines(&s->nodes), threads, e);
}

/* ---- moments ---- */

/* A sum at a block of the mesh; unknown when it was not made. */
static dp_col value_of(dp_lanes *on, const struct est_fft *f, int what, int a, int b, slong from, slong count)
{
    const dp_col out = dp_col_new(on);
    real *v = out.v, *error = out.e;
    EACH v[i] = 0, error[i] = INFINITY;
    for (int k = 0; k < f->nsums; k++)
        if (f->kind[k].what == what && f->kind[k].a == a && f->kind[k].b == b)
            EACH {
                v[i] = f->value[k][from + FLINT_MIN(i, count - 1)];
                error[i] = f->floor[k] + f->relative * r_fabs(v[i]) + (f->slip[what] ? f->slip[what][from + FLINT_MIN(i, count - 1)] : 0);
            }
    return out;
}

static void over(dp_col out, dp_col a, dp_col b)
{
    const dp_col q = dp_col_div(a, b);
    memcpy(out.v, q.v, DP_LANES * sizeof(real)), memcpy(out.e, q.e, DP_LANES * sizeof(real));
}

void est_lattice_block(dp_emoments *out, dp_lanes *on, const est_source *s, slong line, slong block, int order)
{
    const struct est_fft *f = s->fft;
    const size_t mark = dp_lanes_mark(on);
    const int d = s->dim;
    const slong from = line * f->mesh[0] + block * DP_LANES, count = FLINT_MIN(DP_LANES, f->mesh[0] - block * DP_LANES);
    const dp_col Z = value_of(on, f, SUM_Z, 0, 0, from, count), l = dp_col_log(Z);
    EACH ((real *) out->log.v)[i] = ((real *) l.v)[i] + f->top, ((real *) out->log.e)[i] = ((real *) l.e)[i];
    over(out->kappa, value_of(on, f, SUM_K, 0, 0, from, count), Z);
    for (int a = 0; a < d; a++) {
        over(out->u[a], value_of(on, f, SUM_G, a, 0, from, count), Z);
        over(out->m[a], value_of(on, f, SUM_D, a, 0, from, count), Z);
    }
    for (int j = 0; j < d * d && order > 1; j++) {
        const int a = j / d > j % d ? j / d : j % d, b = j / d + j % d - a;
        over(out->U[j], value_of(on, f, SUM_H, a, b, from, count), Z);
        over(out->M[j], value_of(on, f, SUM_J, a, b, from, count), Z);
    }
    dp_lanes_release(on, mark);
}

/* ---- log Z between nodes ---- */

enum { STENCIL = 8 };

/* Lagrange weights of equidistant nodes around t (in steps from the first). */
static slong lagrange(real w[STENCIL], real t, slong n)
{
    const slong first = FLINT_MAX(0, FLINT_MIN((slong) t - STENCIL / 2 + 1, n - STENCIL));
    for (int i = 0; i < STENCIL; i++) {
        w[i] = 1;
        for (int j = 0; j < STENCIL; j++)
            if (j != i)
                w[i] *= (t - (real) (first + j)) / (i - j);
    }
    return first;
}

/* Around x: the first nodes of the stencil, the weights, how many along each axis. 0 outside the lattice. */
static int stencil(real w[3][STENCIL], slong first[3], int taken[3], const est_source *s, const real *x)
{
    const slong *n = s->nodes.n;
    for (int k = 0; k < 3; k++) {
        const real t = k < s->dim ? (x[k] - s->nodes.x[k][0]) / s->step[k] : 0, whole = r_rint(t);
        w[k][0] = 1, first[k] = 0, taken[k] = 1;
        if (r_fabs(t - whole) < 1e-9 && whole >= 0 && whole < (real) n[k]) { /* a node */
            first[k] = (slong) whole;
            continue;
        }
        if (n[k] < STENCIL || t < 0 || t > (real) (n[k] - 1))
            return 0;
        first[k] = lagrange(w[k], t, n[k]), taken[k] = STENCIL;
    }
    return 1;
}

/* keep_logs took the transforms' value where Z is so many times above their floor, a share of which may be wrong; elsewhere log Z comes from sums of positive terms. */
static real slip_of(const est_source *s, real log_z)
{
    const real share = r_exp(r_log(s->fft->floor[0]) + s->fft->top - log_z);
    return s->fft->relative + (share * EST_KEPT(s->mu) < 1 ? -r_log1p(-share) : 0);
}

/* The sum of log Z at the stencil's nodes times their weights, or of what rounding does to each times the weights' moduli. */
static real at_stencil(const est_source *s, const real *x, int slips)
{
    real w[3][STENCIL], sum = 0;
    slong first[3];
    int taken[3];
    const slong *n = s->nodes.n;
    if (!stencil(w, first, taken, s, x))
        return slips ? (real) INFINITY : (real) NAN;
    for (int c = 0; c < taken[2]; c++)
        for (int b = 0; b < taken[1]; b++)
            for (int a = 0; a < taken[0]; a++) {
                const real v = w[0][a] * w[1][b] * w[2][c], l = s->fft->log_z[first[0] + a + n[0] * (first[1] + b + n[1] * (first[2] + c))];
                if (v != 0)
                    sum += slips ? r_fabs(v) * slip_of(s, l) : v * l;
            }
    return sum;
}

real est_lattice_log_at(const est_source *s, const real *x) { return at_stencil(s, x, 0); }

real est_lattice_slip_at(const est_source *s, const real *x) { return at_stencil(s, x, 1); }

void est_slips(real *slip, const est_source *at, const est_source *s)
{
    const slong n = at->kind == EST_POINTS ? at->n : est_size(&at->nodes), *m = at->nodes.n;
    for (slong i = 0; i < n; i++) {
        real x[3] = {0};
        for (int k = 0; k < s->dim; k++)
            x[k] = at->kind == EST_POINTS ? at->point[i * s->dim + k] : at->nodes.x[k][k == 0 ? i % m[0] : k == 1 ? i / m[0] % m[1] : i / m[0] / m[1]];
        slip[i] = at->log_w[i] > -INFINITY ? est_lattice_slip_at(s, x) : 0;
    }
}

real est_lattice_slipped(const est_source *s)
{
    const struct est_fft *f = s->fft;
    real most = 0;
    for (slong i = 0; f->slip[SUM_Z] && i < f->mesh[0] * f->mesh[1] * f->mesh[2]; i++)
        most = f->value[0][i] > 0 ? r_max(most, f->slip[SUM_Z][i] / f->value[0][i]) : (real) INFINITY;
    return most;
}
