/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dissipation along an integrated flow: E(q_0) - E(q_T) = int_0^T E_q |V|^2 dt, for Gaussians and for a single particle, with enclosed solutions. */
#include <math.h>
#include <string.h>
#include "driftproof.h"

/* ---- Gaussians on the line ---- */

/* Energies as text, with v and m to be replaced by v0, m0 or v_T, m_T. */
static const char *energy_text(const char *drift)
{
    if (!strcmp(drift, "kl")) return "(v/P - 1 - log(v/P) + (m - mp)^2/P)/2";
    if (!strcmp(drift, "smoothed-kl")) return "((v + h2)/(P + h2) - 1 - log((v + h2)/(P + h2)) + (m - mp)^2/(P + h2))/2";
    if (!strcmp(drift, "wasserstein")) return "((m - mp)^2 + (sqrt(v) - sqrt(P))^2)/2";
    return NULL;
}

/* F(s) = -g + e/2 log(1 + g/e), g = (sqrt(e^2 + 4 s) - e)/2, s the product of the variances: the entropic cost without its quadratic part. */
static void def_sinkhorn(dp_check *c, const char *name, const char *v, const char *m)
{
    char *part[3];
    for (int k = 0; k < 3; k++) {
        char *s = k == 0 ? dp_format("%s*P", v) : k == 1 ? dp_format("%s^2", v) : dp_strdup("P^2"), *g = dp_format("(sqrt(h2^2 + 4*%s) - h2)/2", s);
        part[k] = dp_format("(h2/2*log(1 + %s/h2) - %s)", g, g);
        free(s), free(g);
    }
    char *all = dp_format("(%s - mp)^2/2 + %s - %s/2 - %s/2", m, part[0], part[1], part[2]);
    dp_def(c, name, all);
    free(all);
    for (int k = 0; k < 3; k++) free(part[k]);
}

/* The pattern's lonely letters v and m become the names given; h2, mp, P stay. */
static void def_energy(dp_check *c, const char *name, const char *drift, const char *v, const char *m)
{
    const char *pattern = energy_text(drift);
    if (!pattern) {
        def_sinkhorn(c, name, v, m);
        return;
    }
    char *out = dp_malloc(16 * strlen(pattern) + 1), *t = out;
    for (const char *s = pattern; *s; s++) {
        if (*s == 'v') t += sprintf(t, "%s", v);
        else if (*s == 'm' && s[1] != 'p') t += sprintf(t, "%s", m);
        else *t++ = *s;
    }
    *t = '\0';
    dp_def(c, name, out);
    free(out);
}

/* F of the library at q = N(m, v) (v = 0: one atom) as a leaf. 0 after telling the check. */
static int let_library(dp_check *c, const char *name, const char *energy, const dp_problem *P, const fmpq_t m, const fmpq_t v)
{
    dp_problem *D = dp_problem_copy(P);
    dp_scalar_t F;
    dp_error e = {DP_OK, ""};
    dp_scalar_init(F);
    fmpq_set(DP_MEAN(D->q, 0, 0), m);
    if (!fmpq_is_zero(v)) fmpq_set(DP_COV(D->q, 0, 0, 0), v);
    const int ok = !dp_check_failed(c, dp_energy_population(F, D, energy, dp_check_prec(c) * 3 / 10, 1, &e), &e);
    if (ok && F->estimated) dp_give_up(c, DP_EUNSUPPORTED, "the energy %s is an estimate here", energy);
    else if (ok) dp_let(c, name, F->value, "library");
    dp_scalar_clear(F);
    dp_problem_free(D);
    return ok && !dp_check_stopped(c);
}

/* The closed forms are the library's functionals: at the start, and at a state between q and p that is no point of the flow. */
static void assert_energies(dp_check *c, const char *drift, const dp_gauss_flow_t g)
{
    const char *energy = !strcmp(drift, "wasserstein") ? "w2" : drift;
    fmpq_t m, v;
    fmpq_init(m), fmpq_init(v);
    fmpq_add(m, g->m0, g->mp), fmpq_div_2exp(m, m, 1);
    fmpq_add(v, g->v0, g->P), fmpq_div_2exp(v, v, 1);
    dp_let_q(c, "m_half", m), dp_let_q(c, "v_half", v);
    def_energy(c, "E_half", drift, "v_half", "m_half");
    const int wide = !fmpq_is_zero(g->v0);
    if (let_library(c, "F_0", energy, dp_check_problem(c), g->m0, g->v0)) dp_assert(c, "the closed form is the library's energy at the start", "F_0 == E_0");
    if (wide && !dp_check_stopped(c) && let_library(c, "F_half", energy, dp_check_problem(c), m, v)) dp_assert(c, "and at a state half-way to p", "F_half == E_half");
    fmpq_clear(m), fmpq_clear(v);
}

static void assert_balance(dp_check *c)
{
    if (dp_check_twin(c, "constant")) {
        dp_let_tiny(c, "tiny");
        dp_assert(c, "(6) integrated: what is lost is what was dissipated", "E_0 - E_T == (1 + tiny)*I_T");
    } else dp_assert(c, "(6) integrated: what is lost is what was dissipated", "E_0 - E_T == I_T");
    dp_aim(c, "the energy has decreased", "E_T < E_0");
}

static void run_gaussian(dp_check *c, const char *drift, const fmpq_t T)
{
    dp_gauss_flow_t g;
    const dp_problem *P = dp_check_problem(c);
    const int wrong = dp_check_twin(c, "mean-shift");
    if (wrong && (strcmp(drift, "smoothed-kl") || fmpq_is_one(P->bandwidth))) {
        dp_twin_unfit(c, "mean-shift");
        return;
    }
    if (!dp_gauss_flow_init(g, P, wrong ? "mean-shift" : drift) || (!strcmp(drift, "kl") && fmpq_is_zero(g->v0))) {
        dp_give_up(c, DP_EINPUT, "%s: p and q must each be one Gaussian on the line, with the Gaussian kernel", drift);
        return;
    }
    g->flip = dp_check_twin(c, "sign");
    dp_let_flow(c, g, T);
    if (dp_let_flow_end(c, g, T)) {
        def_energy(c, "E_0", drift, "v0", "m0");
        def_energy(c, "E_T", drift, "v_T", "m_T");
        assert_energies(c, drift, g);
        assert_balance(c);
    }
    dp_gauss_flow_clear(g);
}

/* ---- one particle ---- */

/* Z(x) = (k*p)(x) = sum_j c_j exp(-(x - m_j)^2/(2 s_j)), c_j = w_j h/sqrt(s_j), s_j = v_j + h^2. log: x' = h^2 Z'/Z, else x' = Z'. */
typedef struct { slong n; arb_ptr c, mean, s; arb_t h2; int log, flip; } particle;

static void particle_init(particle *g, const dp_problem *P, slong prec)
{
    fmpq_t s, h2;
    fmpq_init(s), fmpq_init(h2), arb_init(g->h2);
    g->n = P->p->n, g->log = g->flip = 0;
    g->c = _arb_vec_init(g->n), g->mean = _arb_vec_init(g->n), g->s = _arb_vec_init(g->n);
    fmpq_mul(h2, P->bandwidth, P->bandwidth);
    arb_set_fmpq(g->h2, h2, prec);
    for (slong j = 0; j < g->n; j++) {
        if (P->p->family == DP_MIXTURE) fmpq_add(s, DP_COV(P->p, j, 0, 0), h2);
        else fmpq_set(s, h2);
        arb_set_fmpq(g->s + j, s, prec), arb_set_fmpq(g->mean + j, DP_MEAN(P->p, j, 0), prec);
        fmpq_div(s, h2, s);
        arb_set_fmpq(g->c + j, s, prec), arb_sqrt(g->c + j, g->c + j, prec);
        arb_mul_fmpz(g->c + j, g->c + j, fmpq_numref(DP_WEIGHT(P->p, j)), prec), arb_div_fmpz(g->c + j, g->c + j, fmpq_denref(DP_WEIGHT(P->p, j)), prec);
    }
    fmpq_clear(s), fmpq_clear(h2);
}

static void particle_clear(particle *g)
{
    _arb_vec_clear(g->c, g->n), _arb_vec_clear(g->mean, g->n), _arb_vec_clear(g->s, g->n), arb_clear(g->h2);
}

#define DO(op, a, b) dp_ode_do(f, DP_ODE_##op, a, b)

/* Z and Z' as operations on x, unknown 0. */
static void potential(slong *Z, slong *dZ, dp_ode_t f, const particle *g)
{
    *Z = *dZ = dp_ode_const_q(f, (fmpq[]){{0, 1}}, 30);
    for (slong j = 0; j < g->n; j++) {
        const slong s = dp_ode_const(f, g->s + j), t = DO(SUB, dp_ode_const(f, g->mean + j), 0), zero = dp_ode_const_q(f, (fmpq[]){{0, 1}}, 30);
        const slong power = DO(SUB, zero, DO(DIV, DO(MUL, t, t), DO(ADD, s, s)));
        const slong term = DO(MUL, dp_ode_const(f, g->c + j), DO(EXP, power, power));
        *Z = DO(ADD, *Z, term), *dZ = DO(ADD, *dZ, DO(DIV, DO(MUL, term, t), s));
    }
}

static void particle_system(dp_ode_t f, const particle *g)
{
    slong Z, V;
    dp_ode_init(f, 2);
    potential(&Z, &V, f, g);
    if (g->log) V = DO(MUL, DO(DIV, V, Z), dp_ode_const(f, g->h2));
    if (g->flip) V = DO(SUB, dp_ode_const_q(f, (fmpq[]){{0, 1}}, 30), V);
    dp_ode_set(f, 0, V), dp_ode_set(f, 1, DO(MUL, V, V));
}

/* Half MMD^2 of delta_x but for the constant of p: 1/2 - Z(x), by the integrated operations and, written out, at another precision. */
static void let_mmd(dp_check *c, const char *name, const particle *g, const arb_t x)
{
    dp_ode_t f;
    arb_t v, t;
    slong Z, dZ;
    arb_init(v), arb_init(t);
    dp_ode_init(f, 1);
    potential(&Z, &dZ, f, g);
    dp_ode_set(f, 0, Z);
    dp_ode_eval(v, NULL, f, x, NULL, dp_check_prec(c) + 32);
    dp_ode_clear(f);
    arb_set_d(t, 0.5);
    arb_sub(v, t, v, dp_check_prec(c) + 32);
    dp_let(c, name, v, "operations");
    arb_set_d(v, 0.5);
    for (slong j = 0; j < g->n; j++) {
        arb_sub(t, x, g->mean + j, 90), arb_mul(t, t, t, 90), arb_div(t, t, g->s + j, 90), arb_mul_2exp_si(t, t, -1), arb_neg(t, t);
        arb_exp(t, t, 90), arb_submul(v, t, g->c + j, 90);
    }
    dp_let_second(c, name, v, "sum");
    arb_clear(v), arb_clear(t);
}

/* KL(N(x, h^2) | p_k) at the midpoint of x, with |E'| <= (max_j |m_j - x| + h)/min_j s_j for the rest. */
static int let_smoothed(dp_check *c, const char *name, const dp_problem *P, const arb_t x)
{
    dp_line_mixture_t u, v;
    fmpq_t h2, mid, one;
    arb_t E;
    dp_error e = {DP_OK, ""};
    const slong bits = dp_check_prec(c);
    double worst = 0, least = INFINITY;
    fmpq_init(h2), fmpq_init(mid), fmpq_init(one), arb_init(E);
    fmpq_mul(h2, P->bandwidth, P->bandwidth), fmpq_one(one);
    arf_get_fmpq(mid, arb_midref(x));
    dp_line_mixture_init(u, 1), dp_line_mixture_set(u, 0, one, mid, h2), dp_line_mixture_prepare(u, 1, bits + 32);
    dp_line_mixture_of(v, P->p, h2), dp_line_mixture_prepare(v, 1, bits + 32);
    const dp_status status = dp_line_kl(E, u, v, 0, bits, bits + 32, &e);
    for (slong j = 0; j < v->n; j++)
        worst = fmax(worst, fabs(fmpq_get_d(v->mean + j) - fmpq_get_d(mid))), least = fmin(least, fmpq_get_d(v->var + j));
    mag_t more, rad;
    mag_init(more), mag_init(rad);
    mag_set_d(more, 1.001 * (worst + mag_get_d(arb_radref(x)) + fmpq_get_d(P->bandwidth)) / least);
    mag_set(rad, arb_radref(x));
    mag_mul(more, more, rad);
    arb_add_error_mag(E, more);
    mag_clear(more), mag_clear(rad);
    if (!dp_check_failed(c, status, &e)) dp_let(c, name, E, "acb_calc_integrate");
    dp_line_mixture_clear(u), dp_line_mixture_clear(v);
    fmpq_clear(h2), fmpq_clear(mid), fmpq_clear(one), arb_clear(E);
    return !dp_check_stopped(c);
}

/* The part of half MMD^2 that moves, against the library's differences between the start and two other places. */
static void assert_mmd(dp_check *c, const particle *g)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t x, none;
    arb_t at;
    fmpq_init(x), fmpq_init(none), arb_init(at);
    int ok = let_library(c, "F_0", "mmd2", P, P->q->mean, none);
    for (int k = 0; k < 2 && ok; k++) {
        char F[] = "F_a", E[] = "E_a";
        F[2] = E[2] = (char) ('a' + k);
        fmpq_add_si(x, P->q->mean, k ? -3 : 1), fmpq_div_2exp(x, x, 1);
        arb_set_fmpq(at, x, dp_check_prec(c) + 32);
        let_mmd(c, E, g, at);
        ok = let_library(c, F, "mmd2", P, x, none);
        if (ok) dp_assert(c, "the energy is the library's but for a constant", k ? "F_b - F_0 == E_b - E_0" : "F_a - F_0 == E_a - E_0");
    }
    fmpq_clear(x), fmpq_clear(none), arb_clear(at);
}

static void run_particle(dp_check *c, const fmpq_t T)
{
    const dp_problem *P = dp_check_problem(c);
    const slong prec = dp_check_prec(c) + 32;
    dp_error e = {DP_OK, ""};
    if (P->dim != 1 || P->q->family != DP_ATOMS || P->q->n != 1 || P->p->family > DP_MIXTURE || P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "drift mmd: q must be one atom, p atoms or Gaussians, on the line, with the Gaussian kernel");
        return;
    }
    particle g;
    particle_init(&g, P, prec);
    arb_ptr y = _arb_vec_init(2);
    arb_t start;
    arb_init(start);
    g.log = dp_check_twin(c, "mean-shift"), g.flip = dp_check_twin(c, "sign");
    arb_set_fmpq(start, P->q->mean, prec);
    arb_set(y, start);
    dp_ode_t f;
    particle_system(f, &g);
    if (!dp_check_failed(c, dp_ode_enclose(y, f, T, prec, &e), &e)) {
        dp_let(c, "x_T", y, "taylor");
        dp_let(c, "I_T", y + 1, "taylor");
        if (g.log) {
            if (let_smoothed(c, "E_0", P, start) && let_smoothed(c, "E_T", P, y)) assert_balance(c);
        } else {
            let_mmd(c, "E_0", &g, start), let_mmd(c, "E_T", &g, y);
            assert_mmd(c, &g);
            assert_balance(c);
        }
    }
    dp_ode_clear(f);
    arb_clear(start);
    _arb_vec_clear(y, 2);
    particle_clear(&g);
}

static void run(dp_check *c)
{
    const dp_param *drift = dp_check_param(c, "drift");
    const char *name = drift ? drift->word : "smoothed-kl";
    fmpq_t T;
    fmpq_init(T);
    if (dp_flow_time(T, c)) {
        if (!strcmp(name, "mmd")) run_particle(c, T);
        else run_gaussian(c, name, T);
    }
    fmpq_clear(T);
}

static const dp_param_spec params[] = {
    DP_PARAM_TIME,
    {"drift", DP_PARAM_WORD, "kl|smoothed-kl|sinkhorn|wasserstein|mmd", "the flow, whose energy follows from it: kl, smoothed-kl (default), sinkhorn, half W_2^2, half MMD^2"},
    {0}};
static const char *const twins[] = {"sign", "constant", "mean-shift", NULL};
DP_CLAIM(flow_dissipation) = {
    .id = "flow-dissipation",
    .title = "Along an integrated flow the energy loses exactly the integral of the mean squared velocity",
    .equations = "(2), (4), (5), (6)",
    .kind = "ODE",
    .source = "Gretton et al. 2605.05118, (4)-(6), integrated in time",
    .method = "The flow and the integral of E|V|^2 are enclosed together by Taylor series with remainders (lemma E1); the energies at both ends come from closed forms. "
              "No derivative of the energy is taken.",
    .params = params, .twins = twins, .run = run};
