/* SPDX-License-Identifier: GPL-3.0-or-later */
/* particle-residual: what the mean squared velocity of particles under the score difference is bounded by: entropy, a quadrature error, and the cells that they occupy. */
#include "../centre.h"

/* How many cells of the lattice h Z^d hold a particle. */
static slong occupied(const sm_t *s)
{
    fmpz *cell = _fmpz_vec_init(s->n * s->d);
    slong M = 0;
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < s->n; i++) {
        int old = 0;
        for (slong k = 0; k < s->d; k++) fmpq_div(t, DP_MEAN(s->P->q, i, k), s->P->bandwidth), fmpz_fdiv_q(cell + i*s->d + k, fmpq_numref(t), fmpq_denref(t));
        for (slong j = 0; j < i && !old; j++) old = _fmpz_vec_equal(cell + i*s->d, cell + j*s->d, s->d);
        M += !old;
    }
    fmpq_clear(t), _fmpz_vec_clear(cell, s->n * s->d);
    return M;
}

static void run(dp_check *c)
{
    const dp_param *beta = dp_check_param(c, "beta");
    sm_t s;
    if (!sm_read(&s, c)) return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN || !beta || fmpq_sgn(beta->value) < 0 || fmpq_cmp_si(beta->value, 2) >= 0) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel and 0 <= beta < 2");
        return;
    }
    if (fmpq_is_zero(beta->value) && dp_twin_unfit(c, "schedule")) return;
    ce_divergence(c, &s);
    dp_let_q(c, "beta", beta->value), sm_count(c, "M", occupied(&s));
    for (slong i = 0; i < s.n; i++)
        if (!ce_field(c, &s, i)) return;
    sm_each(c, &s, 'x', "square_#", "+d{(gp_#_% - gq_#_%)^2}");
    sm_each(c, &s, 'x', "stein_#", "+d{(gp_#_% - gq_#_%)*gp_#_%} + exact_#");
    sm_each(c, &s, 'x', "phi_#", "+d{(gp_#_% - gq_#_%)*gq_#_%} + div_#/h^2");
    sm_def(c, &s, -1, -1, "residual", "(+x{square_%})/n"), sm_def(c, &s, -1, -1, "stein", "(+x{stein_%})/n");
    sm_def(c, &s, -1, -1, "quadrature", "(+x{phi_%})/n"), sm_def(c, &s, -1, -1, "own", "d/h^2*(+x{1/rowxx_%})/n");
    dp_def(c, "cells", dp_check_twin(c, "factor") ? "d/h^2*M/n" : "d/h^2*exp(d/2)*M/n");
    if (dp_check_twin(c, "kernel") || dp_check_twin(c, "roles")) dp_open(c, "this sabotage shows only where it changes the mean divergence of the field", "residual != stein - quadrature + own");
    dp_assert(c, "mean squared velocity: entropy, quadrature, own centres", dp_check_twin(c, "fixed") ? "residual == stein - quadrature" : "residual == stein - quadrature + own");
    if (dp_check_twin(c, "factor")) dp_open(c, "this sabotage shows only where particles of one cell are far enough apart", "own > cells");
    dp_assert(c, "own centres by occupied cells", "own < cells");
    dp_assert(c, "the bound at this state", "residual < stein + abs(quadrature) + cells");
    dp_def(c, "power", dp_check_twin(c, "schedule") ? "1/(d + 4)" : "1/(d + 4 - beta)");
    dp_assert(c, "with h = N^-power both terms fall alike", "(2 - beta)*power == 1 - (d + 2)*power");
}

static const dp_param_spec params[] = {{"beta", DP_PARAM_RATIONAL, NULL, "growth of the quadrature error, h^(2 - beta), 0 <= beta < 2; required"}, {0}};
static const char *const twins[] = {"fixed", "factor", "schedule", "kernel", "roles", NULL};
DP_CLAIM(particle_residual) = {
    .id = "particle-residual",
    .title = "Particles under the score difference: their mean squared velocity is at most entropy over time, a quadrature error, and d e^(d/2)/h^2 for each occupied cell over N",
    .equations = "(14), (16)",
    .kind = "EQ",
    .source = "Balasubramanian 2605.22795 (rates N^(-1/(d+4)) and N^(-(2-beta)/(2(d+4-beta))), under the reading that they bound the root of the mean of |V_i|^2 over particles and time); derived here",
    .method = "The identity behind the bound and the bound itself at a state, with the engines' divergence of the field and with exact numbers; cells are counted exactly.",
    .params = params, .twins = twins, .run = run};
