/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_plan.c: entropic plans between node sets: epsilon scaling, Newton steps by conjugate gradients on the dual, and the symmetric averaged
   iteration for the plan of q to itself. */
#include <string.h>

#include "drift/est_lse.h"
#include "drift/est_plan.h"

/* Rows x (of q) with log-weights lb, columns y (of p) with la; phi = f/epsilon, psi = g/epsilon; c = 1/2 epsilon. */
typedef struct { est_set x, y; const double *lb, *la; double c, *psi, *phi, *back, *t, *u; int threads; } plan;

/* out = -log of the sum over the other side: a soft minimum (63), (64). */
static void soft_minimum(double *out, const est_set *to, const est_set *from, const double *log_w, const double *potential, double *t, double c, int threads)
{
    for (slong j = 0; j < from->n; j++)
        t[j] = log_w[j] == -INFINITY ? -INFINITY : log_w[j] + potential[j];
    est_lse(out, to, from, t, c, threads);
    for (slong i = 0; i < to->n; i++)
        out[i] = -out[i];
}

/* phi and back = the sweep's next psi. Returns max - min of back - psi where there is mass. */
static double sweep(plan *s)
{
    double low = INFINITY, high = -INFINITY;
    soft_minimum(s->phi, &s->x, &s->y, s->la, s->psi, s->t, s->c, s->threads);
    soft_minimum(s->back, &s->y, &s->x, s->lb, s->phi, s->t, s->c, s->threads);
    for (slong j = 0; j < s->y.n; j++)
        if (s->la[j] > -INFINITY)
            low = fmin(low, s->back[j] - s->psi[j]), high = fmax(high, s->back[j] - s->psi[j]);
    return high - low;
}

/* out = the mean of v under the plan's conditional laws: from columns to rows (to_rows) or back. v is lifted to be positive. */
static void average(double *out, plan *s, const double *v, int to_rows)
{
    const est_set *to = to_rows ? &s->x : &s->y, *from = to_rows ? &s->y : &s->x;
    const double *lw = to_rows ? s->la : s->lb, *pot = to_rows ? s->psi : s->phi, *norm = to_rows ? s->phi : s->back;
    double low = INFINITY, high = -INFINITY;
    for (slong j = 0; j < from->n; j++)
        if (lw[j] > -INFINITY)
            low = fmin(low, v[j]), high = fmax(high, v[j]);
    const double lift = high - low > 0 ? high - 2 * low : 1 - low; /* v + lift in [range, 2 range] */
    for (slong j = 0; j < from->n; j++)
        s->t[j] = lw[j] > -INFINITY ? lw[j] + pot[j] + log(v[j] + lift) : -INFINITY;
    est_lse(out, to, from, s->t, s->c, s->threads);
    for (slong i = 0; i < to->n; i++)
        out[i] = exp(out[i] + norm[i]) - lift;
}

/* ---- Newton ---- */

static double dot(const double *w, const double *a, const double *b, slong n)
{
    double sum = 0;
    for (slong j = 0; j < n; j++)
        sum += w[j] > 0 ? w[j] * a[j] * b[j] : 0;
    return sum;
}

/* v - its mean under w. */
static void remove_mean(double *v, const double *w, const double *one, slong n)
{
    const double mean = dot(w, v, one, n) / dot(w, one, one, n);
    for (slong j = 0; j < n; j++)
        v[j] -= mean;
}

/* Solves d - (average of average of d) = back - psi by conjugate gradients in the inner product of the plan's column masses, for which the operator is
   symmetric with spectrum in [0, 1]. Returns max - min of d. */
static double newton_step(double *d, plan *s, double tolerance, int most)
{
    const slong n = s->y.n;
    double *room = dp_calloc((size_t) (5 * n), sizeof *room), *r = room, *z = room + n, *Az = room + 2 * n, *w = room + 3 * n, *one = room + 4 * n;
    for (slong j = 0; j < n; j++) {
        w[j] = exp(s->la[j] + s->psi[j] - s->back[j]), one[j] = 1, d[j] = 0;
        r[j] = s->la[j] > -INFINITY ? s->back[j] - s->psi[j] : 0;
    }
    remove_mean(r, w, one, n);
    memcpy(z, r, (size_t) n * sizeof *z);
    double rr = dot(w, r, r, n), goal = rr * tolerance * tolerance;
    for (int k = 0; k < most && rr > goal && rr > 0; k++) {
        average(s->u, s, z, 1), average(Az, s, s->u, 0);
        for (slong j = 0; j < n; j++)
            Az[j] = z[j] - Az[j];
        const double curvature = dot(w, z, Az, n), alpha = rr / curvature;
        if (!(curvature > 0))
            break;
        for (slong j = 0; j < n; j++)
            d[j] += alpha * z[j], r[j] -= alpha * Az[j];
        remove_mean(r, w, one, n);
        const double next = dot(w, r, r, n), beta = next / rr;
        for (slong j = 0; j < n; j++)
            z[j] = r[j] + beta * z[j];
        rr = next;
    }
    double low = INFINITY, high = -INFINITY;
    for (slong j = 0; j < n; j++)
        if (s->la[j] > -INFINITY)
            low = fmin(low, d[j]), high = fmax(high, d[j]);
    free(room);
    return high - low;
}

/* A sweep, a damped Newton step, and once more a half sweep each way, which smooths the tails that the inner product does not see. Returns the step's size. */
static double newton(plan *s, double tolerance, int most)
{
    double *d = dp_malloc((size_t) s->y.n * sizeof *d);
    sweep(s);
    double size = newton_step(d, s, tolerance, most), damp = size > 0.1 ? log1p(size) / size : 1;
    for (slong j = 0; j < s->y.n; j++)
        s->psi[j] += damp * d[j];
    sweep(s);
    memcpy(s->psi, s->back, (size_t) s->y.n * sizeof *s->psi);
    free(d);
    return size;
}

/* ½ sum |column error| (range of psi + range of the cost over epsilon) bounds the duality gap over epsilon: rho.(psi* - psi), Lemma S1's first step. */
static double dual_gap(plan *s)
{
    double low = INFINITY, high = -INFINITY, error = 0, far = 0;
    sweep(s);
    for (slong j = 0; j < s->y.n; j++)
        if (s->la[j] > -INFINITY) {
            error += exp(s->la[j]) * (fabs(expm1(s->psi[j] - s->back[j])) + 8 * DP_ULP * (1 + fabs(s->psi[j]) + fabs(s->la[j]))); /* and its rounding */
            low = fmin(low, s->psi[j]), high = fmax(high, s->psi[j]);
        }
    for (int k = 0; k < s->x.dim; k++) { /* |x - y|^2 - |x - y'|^2 <= 2 max |x - y| |y - y'| */
        double lo = INFINITY, hi = -INFINITY;
        for (slong i = 0; i < s->x.n; i++)
            lo = fmin(lo, s->x.x[k][i]), hi = fmax(hi, s->x.x[k][i]);
        for (slong j = 0; j < s->y.n; j++)
            lo = fmin(lo, s->y.x[k][j]), hi = fmax(hi, s->y.x[k][j]);
        far += (hi - lo) * (hi - lo);
    }
    return error / 2 * (high - low + 2 * s->c * far);
}

/* Potentials over epsilon from wide kernels to narrow ones. */
static void scale_epsilon(plan *s)
{
    const double c = s->c;
    double far = 0;
    int stages = 0;
    for (int k = 0; k < s->x.dim; k++)
        for (slong i = 0; i < s->x.n; i++)
            far = fmax(far, c * pow(s->x.x[k][i] - s->y.x[k][0], 2));
    for (; far > 4; far /= 4)
        stages++;
    for (; stages > 0; stages--) {
        s->c = c * ldexp(1, -2 * stages);
        for (int k = 0; k < 4 && newton(s, 0.1, 12) > 1; k++)
            ;
        for (slong j = 0; j < s->y.n; j++)
            s->psi[j] *= 4;
    }
    s->c = c;
}

static void solve(plan *s, est_plan_error *error)
{
    enum { MOST_STEPS = 25 };
    double before = INFINITY;
    for (int k = 0; k < MOST_STEPS; k++) {
        const double size = newton(s, before < 1 ? 1e-3 : 0.1, before < 1 ? 60 : 20);
        const int floor = before < 1e-6 && size > before / 4;
        error->step = floor ? fmax(size, before) : size;
        if (floor || size < 1e-15)
            break;
        before = size;
    }
    error->gap = dual_gap(s);
}

/* ---- q to itself ---- */

/* phi <- (phi + T phi)/2: near the solution errors shrink by a factor between 0 and 1/2. */
static double solve_self(double *phi, const est_set *x, const double *lb, double c, int threads)
{
    enum { MOST = 400 };
    double *t = dp_malloc((size_t) (2 * x->n) * sizeof *t), *next = t + x->n, before = INFINITY, change = INFINITY;
    for (int k = 0; k < MOST; k++) {
        soft_minimum(next, x, x, lb, phi, t, c, threads);
        change = 0;
        for (slong i = 0; i < x->n; i++) {
            if (lb[i] > -INFINITY)
                change = fmax(change, fabs(next[i] - phi[i]));
            phi[i] = (phi[i] + next[i]) / 2;
        }
        if (change < 1e-15 || (change < 1e-9 && change > 0.8 * before))
            break;
        before = change;
    }
    free(t);
    return change; /* an estimate of the error: (1 + plan) (phi - true) is about phi - T phi */
}

/* ---- sources ---- */

struct est_plan_memory_struct { est_set x; double *cross, *self; };

void est_plan_forget(est_plan_memory *memory)
{
    if (!memory)
        return;
    est_set_clear(&memory->x);
    free(memory->cross), free(memory->self), free(memory);
}

static double *weighted(const double *lb, const double *phi, slong n)
{
    double *t = dp_malloc((size_t) n * sizeof *t);
    for (slong i = 0; i < n; i++)
        t[i] = lb[i] > -INFINITY ? lb[i] + phi[i] : -INFINITY;
    return t;
}

static void remember(est_plan_memory **memory, const plan *s, const double *self)
{
    est_plan_forget(*memory);
    *memory = dp_calloc(1, sizeof **memory);
    est_set_copy(&(*memory)->x, &s->x);
    (*memory)->cross = weighted(s->lb, s->phi, s->x.n), (*memory)->self = weighted(s->lb, self, s->x.n);
}

/* The canonical extension (64) of what was remembered. */
static void recall(double *out, const est_set *to, const est_plan_memory *memory, const double *t, double c, int threads)
{
    est_lse(out, to, &memory->x, t, c, threads);
    for (slong i = 0; i < to->n; i++)
        out[i] = -out[i];
}

static void add_potential(est_source *s, const double *potential, double constant)
{
    const slong n = s->kind == EST_POINTS ? s->n : est_size(&s->nodes);
    for (slong j = 0; j < n; j++)
        if (s->log_w[j] > -INFINITY)
            s->log_w[j] += potential[j] + constant;
}

/* How far the mesh leaves the bulk of q, as a factor on its half-width; 1 inside. */
static double overhang(const est_source *q, const est_axes *out, double h)
{
    double most = 1;
    for (int k = 0; k < q->dim; k++) {
        double lo = INFINITY, hi = -INFINITY;
        if (q->kind == EST_TENSOR)
            lo = q->nodes.x[k][0], hi = q->nodes.x[k][q->nodes.n[k] - 1];
        for (slong i = 0; i < q->n && q->kind == EST_POINTS; i++)
            lo = fmin(lo, q->point[i * q->dim + k] - 6 * h), hi = fmax(hi, q->point[i * q->dim + k] + 6 * h);
        const double middle = (lo + hi) / 2, half = (hi - lo) / 2;
        most = fmax(most, fmax(out->x[k][out->n[k] - 1] - middle, middle - out->x[k][0]) / half);
    }
    return most;
}

static void solve_both(est_source *p, est_source *q, est_plan_error *error, plan *s, est_plan_memory **memory)
{
    const size_t n = (size_t) s->x.n, m = (size_t) s->y.n;
    double *room = dp_calloc(5 * n + 4 * m, sizeof *room), *self = room + 2 * n + 2 * m, mean = 0, total = 0;
    s->phi = room, s->psi = room + n, s->back = room + n + m, s->u = room + n + 2 * m;
    s->t = room + 3 * n + 2 * m; /* n + m */
    if (*memory) {
        recall(s->psi, &s->y, *memory, (*memory)->cross, s->c, s->threads);
        recall(self, &s->x, *memory, (*memory)->self, s->c, s->threads);
    } else
        scale_epsilon(s);
    solve(s, error);
    error->step = fmax(error->step, solve_self(self, &s->x, s->lb, s->c, s->threads));
    for (size_t i = 0; i < n; i++)
        if (s->lb[i] > -INFINITY)
            mean += exp(s->lb[i]) * (s->phi[i] - self[i]), total += exp(s->lb[i]);
    remember(memory, s, self);
    add_potential(p, s->psi, mean / total), add_potential(q, self, 0);
    free(room);
}

dp_status est_plan_sources(est_source *p, est_source *q, est_plan_error *error, const dp_problem *P, const est_kernel *k, const est_axes *out, int level,
                           est_plan_memory **memory, int threads, dp_error *e)
{
    const double h = k->part[0].h, most = 4e7;
    double reach = 1.25 + 0.25 * level;
    dp_status status = est_source_nodes(q, P, k, P->q, reach, level, threads, e);
    if (status == DP_OK && overhang(q, out, h) > 1) {
        reach *= overhang(q, out, h);
        est_source_clear(q);
        status = est_source_nodes(q, P, k, P->q, reach, level, threads, e);
    }
    if (status == DP_OK)
        status = est_source_nodes(p, P, k, P->p, reach, level, threads, e);
    if (status != DP_OK)
        return status;
    plan s = {.la = p->log_w, .lb = q->log_w, .c = 1 / (2 * h * h), .threads = threads};
    est_set_init(&s.x, q), est_set_init(&s.y, p);
    const double cost = est_lse_cost(&s.x, &s.y) + est_lse_cost(&s.y, &s.x) + est_lse_cost(&s.x, &s.x);
    if (cost > most)
        status = dp_fail(e, DP_EBUDGET, "an iteration between %ld and %ld nodes would take %.1g exponentials; the most are %.0g", (long) s.y.n, (long) s.x.n, cost, most);
    else
        solve_both(p, q, error, &s, memory);
    est_set_clear(&s.x), est_set_clear(&s.y);
    return status;
}

void est_plan_widen(dp_emoments *m, double s, double h2, int d)
{
    for (int i = 0; i < DP_LANES; i++) {
        double spread[3];
        ((double *) m->log.e)[i] += s;
        for (int a = 0; a < d; a++) {
            spread[a] = sqrt(h2 * fmax(0, ((double *) m->M[a * d + a].v)[i] + 1)); /* root mean square of y_a - x_a */
            ((double *) m->m[a].e)[i] += s * spread[a], ((double *) m->u[a].e)[i] += s * spread[a] / h2;
        }
        for (int a = 0; a < d * d; a++) {
            const double size = 2 * s * spread[a / d] * spread[a % d] / h2;
            ((double *) m->M[a].e)[i] += size, ((double *) m->U[a].e)[i] += size / h2;
        }
    }
}
