/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First variations over a mesh: functionals of q and of q with a little mass moved to a bump, against the drift's potential on the mesh. */
#include <math.h>
#include <string.h>
#include "driftproof.h"

enum { EXTRA = 40 }; /* bits by which the share of the mass that moves lies below the digits: second derivatives may be large where the bump lies off q */

/* Functionals that are convex in q, and the drift whose potential is the first variation. */
static const struct { const char *name, *drift; } functionals[] = {{"smoothed-kl", "smoothed-kl"}, {"mmd2", "mmd"}, {"sinkhorn", "sinkhorn"}, {NULL, NULL}};

/* A functional at a case: given is the case, moved has (1 - step) q + step times the bump, an atom or N(mean, variance), instead of q. The twin swapped exchanges p and q
   in both before potentials are asked for. */
typedef struct { dp_check *c; const dp_problem *given; dp_problem *moved; fmpq *mean; fmpq_t variance, step; int k, place; } setting;

static slong digits_of(const setting *s) { return dp_check_digits(s->c); }

/* q with the bump's mass. */
static void move_mass(setting *s)
{
    const dp_measure_struct *q = s->given->q;
    const int d = q->dim;
    dp_measure_struct *out = s->moved->q;
    dp_measure_clear(out), dp_measure_init(out, q->family, d, q->n + 1);
    for (slong j = 0; j < q->n; j++) {
        fmpq_mul(DP_WEIGHT(out, j), DP_WEIGHT(q, j), s->step), fmpq_sub(DP_WEIGHT(out, j), DP_WEIGHT(q, j), DP_WEIGHT(out, j));
        for (int k = 0; k < d; k++) fmpq_set(DP_MEAN(out, j, k), DP_MEAN(q, j, k));
        for (int k = 0; k < d * d && q->family == DP_MIXTURE; k++) fmpq_set(DP_COV(out, j, 0, 0) + k, DP_COV(q, j, 0, 0) + k);
    }
    fmpq_set(DP_WEIGHT(out, q->n), s->step);
    for (int k = 0; k < d; k++) fmpq_set(DP_MEAN(out, q->n, k), s->mean + k);
    if (q->family == DP_MIXTURE) fmpq_set(DP_COV(out, q->n, 0, 0), s->variance);
}

static int energy(arb_t out, const setting *s, const dp_problem *P)
{
    dp_scalar_t F;
    dp_error e = {DP_OK, ""};
    dp_scalar_init(F);
    int ok = !dp_check_failed(s->c, dp_energy_population(F, P, functionals[s->k].name, 2 * digits_of(s) + EXTRA / 3 + 12, 1, &e), &e);
    if (ok && F->estimated) {
        dp_give_up(s->c, DP_EUNSUPPORTED, "%s: its value is an estimate here", functionals[s->k].name);
        ok = 0;
    }
    arb_set(out, F->value);
    dp_scalar_clear(F);
    return ok;
}

/* (F(q + step chi) - F(q))/step, chi = bump - q. */
static int quotient(arb_t out, const setting *s)
{
    const slong prec = 2 * dp_check_prec(s->c) + 64;
    arb_t t;
    arb_init(t);
    const int ok = energy(out, s, s->moved) && energy(t, s, s->given);
    arb_sub(out, out, t, prec);
    arb_set_fmpq(t, s->step, prec), arb_div(out, out, t, prec);
    arb_clear(t);
    return ok;
}

/* ---- mixtures on the line: integrals of the potential by the trapezoidal rule over the mesh ---- */

/* |U(x + iy)| <= exp(y^2/2h^2) (a + b x^2) for all x, y: the potential is a kernel of width h against a function, |log(q_k/p_k)| <= a' + b' z^2 or, for mmd2,
   k against a difference of probability measures. */
static void growth(arb_t a, arb_t b, const setting *s, const dp_problem *P)
{
    arb_set_ui(a, 2), arb_zero(b);
    if (strcmp(functionals[s->k].name, "mmd2") == 0) return;
    arb_poly_t M;
    fmpq_t h2;
    arb_t t;
    arb_poly_init(M), fmpq_init(h2), arb_init(t), arb_zero(a);
    fmpq_mul(h2, P->bandwidth, P->bandwidth);
    for (int side = 0; side < 2; side++) {
        dp_line_mixture_t u;
        dp_line_mixture_of(u, side ? P->q : P->p, h2), dp_line_mixture_prepare(u, 1, 64);
        dp_line_log_majorant(M, u, 64);
        for (slong i = 0; i < arb_poly_length(M); i++) { /* |x| <= 1 + x^2 */
            arb_poly_get_coeff_arb(t, M, i);
            if (i < 2) arb_add(a, a, t, 64);
            if (i > 0) arb_add(b, b, t, 64);
            if (i > 2) arb_indeterminate(b);
        }
        dp_line_mixture_clear(u);
    }
    arb_set_fmpq(t, h2, 64), arb_addmul(a, b, t, 64); /* E (x + hZ)^2 */
    arb_poly_clear(M), fmpq_clear(h2), arb_clear(t);
}

/* What the rule misses against N(m, v): 2 B(A)/(exp(2 pi A/step) - 1), B(A) = exp(A^2 (1/h^2 + 1/v)/2) (a + b (m^2 + v)), at A = 2 pi/(step (1/h^2 + 1/v)). */
static void strip_error(mag_t out, const setting *s, const arb_t a, const arb_t b, const fmpq_t m, const fmpq_t v, const fmpq_t step)
{
    arb_ptr t = _arb_vec_init(6);
    arb_set_fmpq(t, s->given->bandwidth, 64), arb_inv(t, t, 64), arb_sqr(t, t, 64);
    arb_set_fmpq(t + 1, v, 64), arb_inv(t + 2, t + 1, 64), arb_add(t, t, t + 2, 64); /* t = 1/h^2 + 1/v */
    arb_const_pi(t + 2, 64), arb_mul_2exp_si(t + 2, t + 2, 1), arb_set_fmpq(t + 3, step, 64), arb_div(t + 2, t + 2, t + 3, 64); /* 2 pi/step */
    arb_div(t + 3, t + 2, t, 64), arb_get_mid_arb(t + 3, t + 3); /* A */
    arb_sqr(t + 4, t + 3, 64), arb_mul(t + 4, t + 4, t, 64), arb_mul_2exp_si(t + 4, t + 4, -1), arb_exp(t + 4, t + 4, 64);
    arb_set_fmpq(t + 5, m, 64), arb_sqr(t + 5, t + 5, 64), arb_add(t + 5, t + 5, t + 1, 64), arb_mul(t + 5, t + 5, b, 64), arb_add(t + 5, t + 5, a, 64);
    arb_mul(t + 4, t + 4, t + 5, 64), arb_mul_2exp_si(t + 4, t + 4, 1);
    arb_mul(t + 5, t + 2, t + 3, 64), arb_expm1(t + 5, t + 5, 64), arb_div(t + 4, t + 4, t + 5, 64);
    arb_get_mag(out, t + 4);
    _arb_vec_clear(t, 6);
}

/* The nodes end + i step, i = 1, 2, ..., away from m: step N(end) sum r^i (a + 2 b (end^2 + i^2 step^2)), r = exp(-|end - m| step/v). Infinite when m lies beyond. */
static void tail_error(mag_t out, const arb_t a, const arb_t b, const fmpq_t m, const fmpq_t v, const fmpq_t step, const fmpq_t end, int upper)
{
    arb_ptr t = _arb_vec_init(6);
    arb_set_fmpq(t, end, 64), arb_set_fmpq(t + 1, m, 64), arb_sub(t + 1, t, t + 1, 64);
    if (!upper) arb_neg(t + 1, t + 1);
    arb_set_fmpq(t + 2, v, 64), arb_set_fmpq(t + 3, step, 64);
    arb_div(t + 4, t + 1, t + 2, 64), arb_mul(t + 4, t + 4, t + 3, 64), arb_neg(t + 4, t + 4), arb_exp(t + 4, t + 4, 64); /* r */
    arb_sqr(t + 1, t + 1, 64), arb_div(t + 1, t + 1, t + 2, 64), arb_mul_2exp_si(t + 1, t + 1, -1), arb_neg(t + 1, t + 1), arb_exp(t + 1, t + 1, 64);
    arb_const_pi(t + 5, 64), arb_mul(t + 5, t + 5, t + 2, 64), arb_mul_2exp_si(t + 5, t + 5, 1), arb_sqrt(t + 5, t + 5, 64), arb_div(t + 1, t + 1, t + 5, 64);
    arb_mul(t + 1, t + 1, t + 3, 64); /* step N(end) */
    arb_sub_ui(t + 2, t + 4, 1, 64), arb_neg(t + 2, t + 2); /* 1 - r */
    arb_sqr(t, t, 64), arb_mul(t, t, b, 64), arb_mul_2exp_si(t, t, 1), arb_add(t, t, a, 64), arb_mul(t, t, t + 4, 64), arb_div(t, t, t + 2, 64);
    arb_add_ui(t + 5, t + 4, 1, 64), arb_mul(t + 5, t + 5, t + 4, 64), arb_pow_ui(t + 2, t + 2, 3, 64), arb_div(t + 5, t + 5, t + 2, 64); /* sum i^2 r^i */
    arb_sqr(t + 3, t + 3, 64), arb_mul(t + 5, t + 5, t + 3, 64), arb_mul(t + 5, t + 5, b, 64), arb_mul_2exp_si(t + 5, t + 5, 1), arb_add(t, t, t + 5, 64);
    arb_mul(t, t, t + 1, 64);
    if (upper ? fmpq_cmp(end, m) <= 0 : fmpq_cmp(end, m) >= 0) arb_pos_inf(t);
    arb_get_mag(out, t);
    _arb_vec_clear(t, 6);
}

/* out = int U N(m, v), with the three errors of the rule (the twin bare-rule leaves them out). */
static void integral(arb_t out, const setting *s, const dp_problem *P, const dp_gridfield *f, const fmpq_t m, const fmpq_t v)
{
    const slong prec = dp_check_prec(s->c) + 32, n = dp_mesh_nodes(&f->mesh);
    arb_ptr t = _arb_vec_init(4), a = t + 2, b = t + 3;
    fmpq_t x;
    mag_t error[3];
    fmpq_init(x), arb_zero(out);
    for (int i = 0; i < 3; i++) mag_init(error[i]);
    growth(a, b, s, P);
    strip_error(error[0], s, a, b, m, v, f->mesh.step);
    for (slong j = 0; j < n; j++) {
        dp_mesh_node(x, &f->mesh, j);
        if (j == 0) tail_error(error[1], a, b, m, v, f->mesh.step, x, 0);
        if (j == n - 1) tail_error(error[2], a, b, m, v, f->mesh.step, x, 1);
        fmpq_sub(x, x, m), fmpq_mul(x, x, x), fmpq_div(x, x, v), fmpq_div_2exp(x, x, 1), fmpq_neg(x, x);
        arb_set_fmpq(t, x, prec), arb_exp(t, t, prec);
        arb_addmul(out, t, dp_mesh_ball(f, DP_Q_POTENTIAL, j, 0), prec);
    }
    arb_const_pi(t, prec), arb_set_fmpq(t + 1, v, prec), arb_mul(t, t, t + 1, prec), arb_mul_2exp_si(t, t, 1), arb_sqrt(t, t, prec);
    arb_set_fmpq(t + 1, f->mesh.step, prec), arb_div(t, t + 1, t, prec), arb_mul(out, out, t, prec);
    for (int i = 0; i < 3; i++) {
        dp_ledger(s->c, i ? "tails of the rule over the mesh" : "strip of the rule over the mesh", error[i]);
        if (!dp_check_twin(s->c, "bare-rule")) arb_add_error_mag(out, error[i]);
        mag_clear(error[i]);
    }
    _arb_vec_clear(t, 4), fmpq_clear(x);
}

/* out = int U dchi at P, chi = bump - q (the twin mass-left keeps q's part). */
static int by_mesh(arb_t out, const setting *s, const dp_problem *P, const dp_mesh_t mesh)
{
    const slong prec = dp_check_prec(s->c) + 32;
    const dp_measure_struct *q = s->given->q;
    dp_gridfield *f = dp_mesh_field(s->c, P, functionals[s->k].drift, mesh, DP_Q_POTENTIAL);
    arb_t t, w;
    if (!f) return 0;
    arb_init(t), arb_init(w);
    integral(out, s, P, f, s->mean, s->variance);
    for (slong j = 0; j < q->n && !dp_check_twin(s->c, "mass-left"); j++) {
        integral(t, s, P, f, DP_MEAN(q, j, 0), DP_COV(q, j, 0, 0));
        arb_set_fmpq(w, DP_WEIGHT(q, j), prec), arb_submul(out, w, t, prec);
    }
    arb_clear(t), arb_clear(w), dp_gridfield_free(f);
    return 1;
}

/* ---- atoms: the bump is an atom at a node, integrals are sums ---- */

static int potential_at(arb_t out, const setting *s, const dp_problem *P, const fmpq *at)
{
    const slong prec = dp_check_prec(s->c) + 32;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(P->dim);
    dp_field_t f;
    dp_field_init(f, P->dim);
    for (int k = 0; k < P->dim; k++) arb_set_fmpq(x + k, at + k, 2 * prec);
    const int ok = !dp_check_failed(s->c, dp_field_eval(f, P, functionals[s->k].drift, x, DP_ENGINE_AUTO, prec, dp_check_workspace(s->c), &e), &e);
    arb_set(out, f->potential);
    dp_field_clear(f), _arb_vec_clear(x, P->dim);
    return ok;
}

static int by_atoms(arb_t out, const setting *s, const dp_problem *P)
{
    const slong prec = dp_check_prec(s->c) + 32;
    const dp_measure_struct *q = s->given->q;
    arb_t t, w;
    arb_init(t), arb_init(w);
    int ok = potential_at(out, s, P, s->mean);
    for (slong j = 0; j < q->n && ok && !dp_check_twin(s->c, "mass-left"); j++) {
        ok = potential_at(t, s, P, DP_MEAN(q, j, 0));
        arb_set_fmpq(w, DP_WEIGHT(q, j), prec), arb_submul(out, w, t, prec);
    }
    arb_clear(t), arb_clear(w);
    return ok;
}

/* ---- the claim ---- */

/* Sabotage of the potential's side. */
static void spoil(arb_t v, const setting *s)
{
    fmpq_t factor;
    arb_t t;
    fmpq_init(factor), arb_init(t);
    fmpq_set_si(factor, dp_check_twin(s->c, "sign") ? -1 : 1, 1);
    if (dp_check_twin(s->c, "constant")) dp_spoil_for(s->c, factor);
    arb_set_fmpq(t, factor, 2 * dp_check_prec(s->c)), arb_mul(v, v, t, 2 * dp_check_prec(s->c));
    fmpq_clear(factor), arb_clear(t);
}

static int derivative(arb_t out, const setting *s, const dp_problem *P, const dp_mesh_t mesh)
{
    dp_problem *other = dp_problem_copy(P);
    if (dp_check_twin(s->c, "swapped")) dp_problem_swap(other);
    const int ok = P->q->family == DP_ATOMS ? by_atoms(out, s, other) : by_mesh(out, s, other, mesh);
    if (ok) spoil(out, s);
    dp_problem_free(other);
    return ok;
}

/* By convexity the quotient lies between the derivatives at q and at what q was moved to: a ball around the first that holds both. */
static void compare(setting *s, const dp_mesh_t mesh)
{
    const slong prec = 2 * dp_check_prec(s->c);
    arb_t Q, at, there;
    char quotient_name[48], derivative_name[48], relation[128], label[160];
    arb_init(Q), arb_init(at), arb_init(there);
    move_mass(s);
    if (quotient(Q, s) && derivative(at, s, s->given, mesh) && derivative(there, s, s->moved, mesh)) {
        arb_union(at, at, there, prec);
        snprintf(quotient_name, sizeof quotient_name, "quotient_%d_%d", s->k, s->place);
        snprintf(derivative_name, sizeof derivative_name, "derivative_%d_%d", s->k, s->place);
        snprintf(relation, sizeof relation, "%s == %s", quotient_name, derivative_name);
        snprintf(label, sizeof label, "%s: mass moved to bump %d, against the potential's integral", functionals[s->k].name, s->place + 1);
        dp_let(s->c, quotient_name, Q, "energy"), dp_let(s->c, derivative_name, at, "lattice");
        dp_assert(s->c, label, relation);
    }
    arb_clear(Q), arb_clear(at), arb_clear(there);
}

static int asked(const setting *s)
{
    const dp_param *which = dp_check_param(s->c, "functional");
    const char *name = functionals[s->k].name;
    return which ? strcmp(which->word, name) == 0 : s->given->q->family == DP_ATOMS || strcmp(name, "sinkhorn") != 0;
}

/* Bumps: those listed, or for atoms every node of the mesh. */
static void all_bumps(setting *s, const dp_mesh_t mesh)
{
    const dp_param *bumps = dp_check_param(s->c, "bumps");
    const int atoms = s->given->q->family == DP_ATOMS;
    const slong count = atoms ? dp_mesh_nodes(mesh) : bumps->cols / 2;
    for (slong i = 0; i < count && !dp_check_stopped(s->c); i++) {
        if (atoms) dp_mesh_node(s->mean, mesh, i);
        else fmpq_set(s->mean, bumps->value + 2 * i), fmpq_set(s->variance, bumps->value + 2 * i + 1);
        s->place = (int) i;
        for (s->k = 0; functionals[s->k].name && !dp_check_stopped(s->c); s->k++)
            if (asked(s)) compare(s, mesh);
    }
}

static int fits(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *bumps = dp_check_param(c, "bumps");
    const int atoms = P->p->family == DP_ATOMS && P->q->family == DP_ATOMS;
    const int mixtures = P->dim == 1 && P->q->family == DP_MIXTURE && P->p->family <= DP_MIXTURE;
    int positive = !bumps || bumps->cols % 2 == 0;
    for (slong i = 1; bumps && positive && i < bumps->cols; i += 2) positive = fmpq_sgn(bumps->value + i) > 0;
    if (P->kernel != DP_KERNEL_GAUSSIAN || !(atoms || mixtures))
        dp_give_up(c, DP_EINPUT, "this check is about the Gaussian kernel and atoms p and q, or a mixture q and atoms or a mixture p on the line");
    else if (!positive || (mixtures && (!bumps || bumps->cols == 0)))
        dp_give_up(c, DP_EINPUT, "bumps: for mixtures, pairs mean, variance > 0 of what mass is moved to");
    else
        return 1;
    return 0;
}

static void run(dp_check *c)
{
    setting s = {.c = c, .given = dp_check_problem(c)};
    dp_mesh_t mesh;
    if (!fits(c) || !dp_check_mesh(mesh, c)) return;
    s.moved = dp_problem_copy(s.given), s.mean = _fmpq_vec_init(s.given->dim), fmpq_init(s.variance), fmpq_init(s.step);
    fmpq_one(s.step), fmpq_div_2exp(s.step, s.step, (flint_bitcnt_t) ceil((double) digits_of(&s) * 3.3219280948873626) + EXTRA);
    all_bumps(&s, mesh);
    dp_problem_free(s.moved), _fmpq_vec_clear(s.mean, s.given->dim), fmpq_clear(s.variance), fmpq_clear(s.step), dp_mesh_clear(mesh);
}

static const dp_param_spec params[] = {
    DP_PARAM_MESH,
    {"functional", DP_PARAM_WORD, "smoothed-kl|mmd2|sinkhorn", "which one; default: all that have enclosures here"},
    {"bumps", DP_PARAM_VECTOR, NULL, "for mixtures: pairs mean, variance of the bumps that mass is moved to; for atoms mass is moved to every node of the mesh"},
    {0}};
static const char *const twins[] = {"sign", "constant", "swapped", "mass-left", "bare-rule", NULL};
DP_CLAIM(mesh_first_variation) = {
    .id = "mesh-first-variation",
    .title = "Over a mesh: moving a little mass of q changes the functional by the integral of the drift's potential",
    .equations = "(25), (26), (50), (55), (60)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (24)-(27), (48)-(51), (55)-(57)",
    .method = "Difference quotients of the functional's certified values at twice the digits, against certified potentials on the mesh, summed by the trapezoidal rule with its strip and "
              "tails bounded; convexity puts the quotient between the derivatives at both ends. For atoms the bumps are atoms at the nodes.",
    .params = params, .twins = twins, .run = run};
