/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-no-energy: the gradients that mean shift, proxy and DA2 give a network at a checkpoint are those of no function of its parameters: their Jacobian is not symmetric. */
#include "../training-energy.h"

enum { DRIFTS = 4 };
static const char *const drifts[DRIFTS] = {"mean-shift", "sinkhorn-proxy", "da2", "mmd"};

/* One tape: network, then drifts of the samples it makes. V: n d steps of each drift; a: J u, b: J w. */
typedef struct { tr_t r; dp_check *c; dp_tape *T; slong theta, *x, *X, *V[DRIFTS]; te_t s; } setting;

/* sum_j w_j (b_j - x_i), coordinate k; w: steps, moved: points. */
static slong shift(setting *s, const slong *w, const slong *points, slong count, slong i, slong k)
{
    dp_tape *T = s->T;
    slong *term = dp_malloc((size_t) count * sizeof *term);
    for (slong j = 0; j < count; j++) term[j] = dp_tape_mul(T, w[j], dp_tape_sub(T, points[j * s->s.d + k], s->X[i * s->s.d + k]));
    const slong sum = dp_tape_sum(T, term, count);
    free(term);
    return sum;
}

/* Sums of rows (n) or columns (count) of a kernel matrix n x count. */
static slong *sums(setting *s, const slong *K, slong count, int columns)
{
    const slong lines = columns ? count : s->s.n, length = columns ? s->s.n : count;
    slong *out = dp_malloc((size_t) lines * sizeof *out), *term = dp_malloc((size_t) length * sizeof *term);
    for (slong i = 0; i < lines; i++) {
        for (slong j = 0; j < length; j++) term[j] = K[columns ? j * count + i : i * count + j];
        out[i] = dp_tape_sum(s->T, term, length);
    }
    free(term);
    return out;
}

/* Mean shift (16) and the displacements (52): the same sums over other denominators. */
static void simple(setting *s, const slong *Ky, const slong *Kx)
{
    dp_tape *T = s->T;
    slong *ry = sums(s, Ky, s->s.m, 0), *rx = sums(s, Kx, s->s.n, 0);
    const slong hh = dp_tape_mul(T, s->s.h, s->s.h), ny = dp_tape_mul(T, hh, dp_tape_whole(T, s->s.m)), nx = dp_tape_mul(T, hh, dp_tape_whole(T, s->s.n));
    for (slong i = 0; i < s->s.n; i++)
        for (slong k = 0; k < s->s.d; k++) {
            const slong y = shift(s, Ky + i * s->s.m, s->s.y, s->s.m, i, k), x = shift(s, Kx + i * s->s.n, s->X, s->s.n, i, k);
            s->V[0][i * s->s.d + k] = dp_tape_sub(T, dp_tape_div(T, y, ry[i]), dp_tape_div(T, x, rx[i]));
            s->V[3][i * s->s.d + k] = dp_tape_sub(T, dp_tape_div(T, y, ny), dp_tape_div(T, x, nx));
        }
    free(ry), free(rx);
}

/* K/sqrt(row column), each row's with its own sum. */
static slong *scaled(setting *s, const slong *K, slong count, const slong *row)
{
    slong *column = sums(s, K, count, 1), *A = dp_malloc((size_t) (s->s.n * count) * sizeof *A);
    for (slong i = 0; i < s->s.n * count; i++) A[i] = dp_tape_div(s->T, K[i], dp_tape_put(s->T, DP_TAPE_SQRT, dp_tape_mul(s->T, row[i / count], column[i % count]), 0));
    free(column);
    return A;
}

/* Proxy (28)-(30), row sums apart and the sizes of (28), or Algorithm 2 without a mask, rows together: mass of one plan times the displacement of the other. */
static void pseudo_plan(setting *s, const slong *Ky, const slong *Kx, int joint)
{
    dp_tape *T = s->T;
    const slong n = s->s.n, m = s->s.m;
    slong *ry = sums(s, Ky, m, 0), *rx = sums(s, Kx, n, 0);
    for (slong i = 0; i < n && joint; i++) ry[i] = rx[i] = dp_tape_add(T, ry[i], rx[i]);
    slong *A = scaled(s, Ky, m, ry), *B = scaled(s, Kx, n, rx), *my = sums(s, A, m, 0), *mx = sums(s, B, n, 0);
    const slong unit = dp_tape_put(T, DP_TAPE_SQRT, dp_tape_div(T, dp_tape_whole(T, n), dp_tape_whole(T, m)), 0);
    for (slong i = 0; i < n; i++)
        for (slong k = 0; k < s->s.d; k++) {
            const slong v = dp_tape_sub(T, dp_tape_mul(T, mx[i], shift(s, A + i * m, s->s.y, m, i, k)), dp_tape_mul(T, my[i], shift(s, B + i * n, s->X, n, i, k)));
            s->V[1 + joint][i * s->s.d + k] = joint ? v : dp_tape_mul(T, unit, v);
        }
    free(ry), free(rx), free(A), free(B), free(my), free(mx);
}

/* The drift written out is the library's at the recorded samples. */
static void library(setting *s, int which)
{
    tr_t *r = &s->r;
    const slong count = (slong) (r->n * r->d);
    dp_sample p;
    dp_error e = {DP_OK, ""};
    arb_ptr v = _arb_vec_init(count);
    dp_trainer_sample(&p, r->a, r->x, r->n, r->y, r->m, dp_trainer_step(r->a));
    p.leave_out = 0;
    if (!dp_check_failed(s->c, dp_drift_sample_ball(v, drifts[which], &p, dp_check_prec(s->c) * 3 / 10 + 5, &e), &e))
        for (slong i = 0; i < count; i++) {
            char *ours = dp_format("v%d_%ld", which, (long) i), *theirs = dp_format("library%d_%ld", which, (long) i), *text = dp_format("%s == %s", ours, theirs);
            dp_let(s->c, ours, s->T->value + s->V[which][i], "tape"), dp_let(s->c, theirs, v + i, "samples");
            char *label = dp_format("%s written out is the library's", drifts[which]);
            dp_assert(s->c, label, text);
            free(label);
            free(ours), free(theirs), free(text);
        }
    _arb_vec_clear(v, count);
}

/* Leaf W<which>_<pair>_<way>: (J w)^T DV (J u): tangents forward, and again adjoints in reverse. a: the tangents of x, b: what pulls. */
static void work(setting *s, int which, slong pair, int way, arb_srcptr a, arb_srcptr b)
{
    const slong count = s->s.n * s->s.d;
    char *name = dp_format("W%d_%ld_%d", which, (long) pair, way);
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < count; i++) arb_set(s->T->tangent + s->X[i], a + i);
    dp_tape_forward(s->T, s->X[0]);
    for (slong i = 0; i < count; i++) arb_addmul(t, b + i, s->T->tangent + s->V[which][i], s->T->prec);
    dp_let(s->c, name, t, "forward-mode");
    dp_tape_pull(s->T, s->V[which], b, count);
    arb_zero(t);
    for (slong i = 0; i < count; i++) arb_addmul(t, a + i, s->T->adjoint + s->X[i], s->T->prec);
    dp_let_second(s->c, name, t, "reverse-mode");
    arb_clear(t);
    free(name);
}

/* J u for signs u of all parameters, drawn by a stream. */
static void direction(arb_ptr out, setting *s, slong number)
{
    double p[2];
    dp_tape_forward(s->T, s->theta);
    for (size_t k = 0; k < s->r.P; k++) dp_philox_pair(p, 77 + (ulong) number, (slong) k, 0), arb_set_si(s->T->tangent + s->theta + (slong) k, p[0] < 0.5 ? -1 : 1);
    dp_tape_forward(s->T, s->theta);
    for (slong i = 0; i < s->s.n * s->s.d; i++) arb_set(out + i, s->T->tangent + s->x[i]);
}

static void compare(setting *s, slong pair)
{
    const slong count = s->s.n * s->s.d;
    arb_ptr a = _arb_vec_init(2 * count), b = a + count;
    direction(a, s, 2 * pair), direction(b, s, 2 * pair + 1);
    for (int which = 0; which < DRIFTS; which++) {
        const int symmetric = which == 3;
        work(s, which, pair, 0, a, b), work(s, which, pair, 1, b, a);
        char *text = dp_format("W%d_%ld_0 %s W%d_%ld_1", which, (long) pair, symmetric ? (dp_check_twin(s->c, "mmd") ? "== -" : "==") : dp_check_twin(s->c, "gradient") ? "==" : "!=", which, (long) pair);
        char *label = dp_format(symmetric ? "%s: the Jacobian in the parameters is symmetric, pair %ld of directions" : "%s: the Jacobian in the parameters is not symmetric, pair %ld of directions", drifts[which], (long) pair);
        dp_assert(s->c, label, text);
        free(text), free(label);
    }
    _arb_vec_clear(a, 2 * count);
}

static void record(setting *s)
{
    tr_t *r = &s->r;
    const slong count = (slong) (r->n * r->d), data = (slong) (r->m * r->d);
    dp_sample d;
    dp_error e = {DP_OK, ""};
    arb_t h;
    arb_init(h);
    dp_tape *T = s->T = dp_tape_new(dp_check_prec(s->c) + 80);
    slong *y = dp_malloc((size_t) data * sizeof *y);
    s->x = dp_malloc((size_t) count * sizeof *s->x), s->X = dp_malloc((size_t) count * sizeof *s->X);
    for (int i = 0; i < DRIFTS; i++) s->V[i] = dp_malloc((size_t) count * sizeof *s->V[i]);
    if (!dp_check_failed(s->c, dp_trainer_tape(&s->theta, s->x, T, r->a, r->z, r->n, &e), &e)) {
        for (slong i = 0; i < count; i++) s->X[i] = dp_tape_double(T, r->x[i]);
        for (slong i = 0; i < data; i++) y[i] = dp_tape_double(T, r->y[i]);
        dp_trainer_sample(&d, r->a, r->x, r->n, r->y, r->m, 0);
        arb_set_fmpq(h, &d.part->bandwidth, T->prec);
        s->s = (te_t) {T, s->X, y, (slong) r->n, (slong) r->m, (slong) r->d, dp_tape_arb(T, h)};
        slong *Ky = te_kernel(&s->s, s->X, s->s.n, y, s->s.m), *Kx = te_kernel(&s->s, s->X, s->s.n, s->X, s->s.n);
        simple(s, Ky, Kx), pseudo_plan(s, Ky, Kx, 0), pseudo_plan(s, Ky, Kx, 1);
        free(Ky), free(Kx);
        for (int i = 0; i < DRIFTS && !dp_check_stopped(s->c); i++) library(s, i);
        for (slong p = 0; p < dr_integer(s->c, "pairs", 2) && !dp_check_stopped(s->c); p++) compare(s, p);
    }
    for (int i = 0; i < DRIFTS; i++) free(s->V[i]);
    free(s->x), free(s->X), free(y), dp_tape_free(T), arb_clear(h);
}

static void run(dp_check *c)
{
    setting s = {.c = c};
    if (tr_open(&s.r, c, NULL, 0)) {
        const dp_train *t = s.r.t;
        if (t->precision != 1 || t->nbandwidths || t->P->kernel != DP_KERNEL_GAUSSIAN) dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, one bandwidth and precision double");
        else if (tr_train(&s.r, t->steps)) record(&s);
    }
    tr_close(&s.r);
}

static const dp_param_spec params[] = {{"pairs", DP_PARAM_INTEGER, NULL, "pairs of directions in the space of parameters; default 2"}, {0}};
static const char *const twins[] = {"gradient", "mmd", NULL};
DP_CLAIM(training_no_energy) = {
    .id = "training-no-energy",
    .title = "The gradients of mean shift, proxy and DA2 in a network's parameters are those of no energy",
    .equations = "(14), (16), (28), (30), (46), (47), (67)",
    .kind = "INEQ",
    .source = "derived here; Gretton et al. 2605.05118, remark after (47), for networks and batches",
    .method = "The field that follows the loss's gradient over the parameters has a Jacobian whose antisymmetric part is that of the drift between two directions of the samples: exact derivatives in balls, forward and in reverse.",
    .params = params, .twins = twins, .run = run};
