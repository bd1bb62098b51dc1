/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-sinkhorn-sweeps: K sweeps of Sinkhorn's scaling written out: none is the mean shift, and the marginals close in. */
#include "../samples.h"

enum { MOST = 60 };

/* Column scalings after k sweeps from 1: b<t>_k_j; rows first. `t` names the problem, x against family f of `size` points. */
static void sweeps(dp_check *c, const sm_t *s, char f, slong count)
{
    char name[64], text[128];
    for (slong k = 0; k <= count; k++) {
        if (k == 0)
            snprintf(name, sizeof name, "b%c_0_#", f), sm_each(c, s, f, name, "1");
        else {
            snprintf(name, sizeof name, "b%c_%ld_#", f, (long) k);
            snprintf(text, sizeof text, "%s/+x{Kx%c_%%_#*a%c_%ld_%%}", f == 'y' ? "(n/m)" : "1", f, f, (long) (k - 1));
            sm_each(c, s, f, name, text);
        }
        snprintf(name, sizeof name, "a%c_%ld_#", f, (long) k);
        snprintf(text, sizeof text, "1/+%c{Kx%c_#_%%*b%c_%ld_%%}", f, f, f, (long) k);
        sm_each(c, s, 'x', name, text);
    }
}

/* Rows normalised once more after k sweeps: V<k>_i_c. */
static void velocity(dp_check *c, const sm_t *s, slong k)
{
    char name[64], text[256];
    snprintf(name, sizeof name, "V%ld_#_$", (long) k);
    snprintf(text, sizeof text, "ay_%ld_#*+y{Kxy_#_%%*by_%ld_%%*y_%%_$} - ax_%ld_#*+x{Kxx_#_%%*bx_%ld_%%*x_%%_$}", (long) k, (long) k, (long) k, (long) k);
    sm_pairs(c, s, 'x', 'd', name, text);
}

/* The largest distance of a column sum (rows are exact) from its target n/m after k sweeps, squared and summed. */
static void error(dp_check *c, const sm_t *s, slong k)
{
    char name[64], text[160];
    snprintf(name, sizeof name, "c_%ld_#", (long) k);
    snprintf(text, sizeof text, "(by_%ld_#*+x{Kxy_%%_#*ay_%ld_%%} - n/m)^2", (long) k, (long) k);
    sm_each(c, s, 'y', name, text);
    snprintf(name, sizeof name, "error_%ld", (long) k);
    snprintf(text, sizeof text, "+y{c_%ld_%%}", (long) k);
    sm_def(c, s, -1, -1, name, text);
}

static void run(dp_check *c)
{
    const dp_param *param = dp_check_param(c, "sweeps");
    slong count = param ? fmpz_get_si(fmpq_numref(param->value)) : 6;
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN || count < 1 || count > MOST) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel (cost r^2/2, regularisation h^2) and 1 to %d sweeps", MOST);
        return;
    }
    if (!sm_library(c, &s, "shift", "mean-shift"))
        return;
    sm_kernel(c, &s, 'x', 'y'), sm_kernel(c, &s, 'x', 'x');
    sweeps(c, &s, 'y', count), sweeps(c, &s, 'x', count);
    velocity(c, &s, 0), velocity(c, &s, 1);
    sm_assert_pairs(c, &s, 'x', 'd', "no sweep, rows normalised: the mean shift, x_# [$]", dp_check_twin(c, "sweep") ? "V1_#_$ == shift_#_$" : "V0_#_$ == shift_#_$");
    for (slong k = 0; k <= count; k++)
        error(c, &s, k);
    for (slong k = 1; k <= count; k++)
        sm_assert(c, &s, k, k - 1, "the columns close in at sweep #", dp_check_twin(c, "apart") ? "error_# > error_$" : "error_# < error_$");
}

static const dp_param_spec params[] = {{"sweeps", DP_PARAM_INTEGER, NULL, "how many sweeps are followed, 1 to 60; default 6"}, {0}};
static const char *const twins[] = {"sweep", "apart", NULL};
DP_CLAIM(sample_sinkhorn_sweeps) = {
    .id = "sample-sinkhorn-sweeps",
    .title = "Sinkhorn's first half-sweep is the mean shift, and every further sweep brings the marginals closer",
    .equations = "(16), (27), (63), (64)",
    .kind = "EQ",
    .source = "He et al. 2603.12366, Prop. 3.3, under the reading that the first half-sweep normalises rows from unit column scaling; Sinkhorn's scaling",
    .method = "Both scaling problems, x against y and x against x, are written out sweep by sweep as expressions of the exact coordinates; the mean shift of the atoms comes "
              "from the drift's engine.",
    .params = params, .twins = twins, .run = run};
