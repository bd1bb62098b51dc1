/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-faster: at which weights the proxy, or DA2, is faster at a mode than the mean shift, exactly in epsilon. */
#include "../two-mode.h"

/* The three velocities at the mode `sign`: (p, q here), other: the model at the far mode. */
static int mode(dp_check *c, int sign)
{
    static const char *const stem[] = {"ms", "prox", "da2"}, *const drift[] = {"mean-shift", "sinkhorn-proxy", "da2"};
    int ok = 1;
    for (int k = 0; k < 3 && ok; k++) {
        char *prefix = dp_format("%s_%c_", stem[k], sign > 0 ? 'p' : 'm');
        ok = tm_velocity(c, prefix, drift[k], sign);
        free(prefix);
    }
    return ok;
}

static const tm_row table[] = {
    {"proxy over mean shift at +D/2", "prox_p_V_0^2*qm == ms_p_V_0^2*pp"},
    {"proxy over mean shift at -D/2", "prox_m_V_0^2*qp == ms_m_V_0^2*pm"},
    {"DA2 over mean shift at +D/2", "da2_p_V_0^2*qm*(pp + qp)^2 == ms_p_V_0^2*pp^2*qp"},
    {"DA2 over mean shift at -D/2", "da2_m_V_0^2*qp*(pm + qm)^2 == ms_m_V_0^2*pm^2*qm"},
    {"the two differences at +D/2", "pp - qm == (1 - alpha - beta)*(1 - eps)"},
    {"and at -D/2", "pm - qp == -(1 - alpha - beta)*(1 - eps)"},
    {"no two kernels' centres coincide", "eps < 1"},
    {"DA2 is less than half as fast as the proxy, at +D/2", "2*abs(da2_p_V_0) < abs(prox_p_V_0)"},
    {"and at -D/2", "2*abs(da2_m_V_0) < abs(prox_m_V_0)"},
    {NULL, NULL}};

static void run(dp_check *c)
{
    tm_t t;
    tm_init(t);
    if (tm_read(t, c)) {
        fmpq_t sum;
        tm_names(c, t);
        fmpq_init(sum);
        fmpq_add(sum, t->alpha, t->beta);
        int side = fmpq_cmp_si(sum, 1);
        fmpq_clear(sum);
        if (dp_check_twin(c, "mode")) side = -side;
        if (!(side == 0 && dp_twin_unfit(c, "mode")) && mode(c, 1) && mode(c, -1)) {
            tm_assert_all(c, "", table);
            if (dp_check_twin(c, "half")) dp_assert(c, "DA2 is less than a quarter as fast as the proxy", "4*abs(da2_p_V_0) < abs(prox_p_V_0)");
            dp_assert(c, "at +D/2 the proxy is faster exactly where alpha + beta < 1", side < 0 ? "abs(prox_p_V_0) > abs(ms_p_V_0)" : side > 0 ? "abs(prox_p_V_0) < abs(ms_p_V_0)" : "prox_p_V_0 == ms_p_V_0");
            dp_assert(c, "at -D/2 where alpha + beta > 1", side > 0 ? "abs(prox_m_V_0) > abs(ms_m_V_0)" : side < 0 ? "abs(prox_m_V_0) < abs(ms_m_V_0)" : "prox_m_V_0 == ms_m_V_0");
        }
    }
    tm_clear(t);
}

static const char *const twins[] = {"swapped", "mode", "half", "kernel", "roles", NULL};
DP_CLAIM(two_mode_faster) = {
    .id = "two-mode-faster",
    .title = "Two modes: the proxy is faster than the mean shift at one mode and slower at the other, decided by alpha + beta alone; DA2 never reaches half the proxy",
    .equations = "(43), (44)",
    .kind = "EQ",
    .source = "derived here; sharpens the comparison after (44) in Gretton et al. 2605.05118",
    .method = "Ratios of the exact velocities at both modes, by two engines, as identities in the weights and epsilon; the sign of one linear expression decides.",
    .params = NULL, .twins = twins, .run = run};
