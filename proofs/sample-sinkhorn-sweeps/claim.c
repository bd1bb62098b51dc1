/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-sinkhorn-sweeps: K sweeps of Sinkhorn's scaling written out: none is the mean shift, and the marginals close in. */
#include "../sample-drift.h"
#include "../sweeps.h"

enum { MOST = 60 };

/* V<k>_i_c after k sweeps, or W<k>_i_c for columns first and k + 1 sweeps. */
static void velocity(dp_check *c, const sm_t *s, char order, slong k)
{
    char *name = dp_format("%c%ld", order == 'c' ? 'W' : 'V', (long) k);
    sw_velocity(c, s, name, "", 'x', "Kx", order, k);
    free(name);
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

/* The library's drift after K = 0, 1, 2, 5 and all the sweeps, in both orders. Without a sweep there is no order. */
static int library(dp_check *c, const sm_t *s, slong count)
{
    const slong sizes[] = {0, 1, 2, 5, count};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const slong K = sizes[k];
        if (K > count || (k + 1 == sizeof sizes / sizeof *sizes && (K == 1 || K == 2 || K == 5)))
            continue;
        for (int columns = 0; columns < (K ? 2 : 1); columns++) {
            char *stem = dp_format("%s%ld", columns ? "columns" : "rows", (long) K), *label = dp_format("%ld sweeps, %s first, by the drift sinkhorn, x_# [$]", (long) K, columns ? "columns" : "rows");
            const int own = columns && !dp_check_twin(c, "order");
            char *relation = dp_format("%s_#_$ == %c%ld_#_$", stem, own ? 'W' : 'V', (long) (own ? K - 1 : K));
            const int ok = sd_let(c, s, stem, "sinkhorn", &(dp_sample){.iterations = K, .columns_first = columns}, NULL, 1);
            velocity(c, s, columns ? 'c' : 'r', columns ? K - 1 : K);
            if (ok)
                sm_assert_pairs(c, s, 'x', 'd', label, relation);
            free(stem), free(label), free(relation);
            if (!ok)
                return 0;
        }
    }
    return 1;
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
    for (const char *f = "yx"; *f; f++)
        for (const char *order = "rc"; *order; order++) sw_scalings(c, &s, *f, "", *f == 'y' ? "Kxy" : "Kxx", *order, count);
    if (!library(c, &s, count))
        return;
    sm_assert_pairs(c, &s, 'x', 'd', "no sweep, rows normalised: the mean shift, x_# [$]", dp_check_twin(c, "sweep") ? "V1_#_$ == shift_#_$" : "V0_#_$ == shift_#_$");
    for (slong k = 0; k <= count; k++)
        error(c, &s, k);
    for (slong k = 1; k <= count; k++)
        sm_assert(c, &s, k, k - 1, "the columns close in at sweep #", dp_check_twin(c, "apart") ? "error_# > error_$" : "error_# < error_$");
}

static const dp_param_spec params[] = {{"sweeps", DP_PARAM_INTEGER, NULL, "how many sweeps are followed, 1 to 60; default 6"}, {0}};
static const char *const twins[] = {"sweep", "apart", "order", "kernel", "roles", NULL};
DP_CLAIM(sample_sinkhorn_sweeps) = {
    .id = "sample-sinkhorn-sweeps",
    .title = "Sinkhorn's first half-sweep is the mean shift, and every further sweep brings the marginals closer",
    .equations = "(16), (27), (63), (64), (82), (83)",
    .kind = "EQ",
    .source = "He et al. 2603.12366, Prop. 3.3, under the reading that the first half-sweep normalises rows from unit column scaling; Sinkhorn's scaling",
    .method = "Both scaling problems, x against y and x against x, are written out sweep by sweep as expressions of the exact coordinates; the mean shift of the atoms comes "
              "from the drift's engine, the velocities after 0, 1, 2, 5 and all sweeps, rows first and columns first, from the drift of samples.",
    .params = params, .twins = twins, .run = run};
