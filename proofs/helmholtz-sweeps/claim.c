/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helmholtz-sweeps: is the drift after K Sinkhorn sweeps the gradient of any energy? Its Jacobian, differentiated through all sweeps, must be symmetric. */
#include "../tangents.h"
#include "../sweeps.h"

enum { MOST = 100 };

/* One way to sweep: order 'r' or 'c' as sweeps.h has it, letters of its scalings, how many sweeps. */
typedef struct { char order, a, b; slong count; } way;

/* Sweeps after which an answer is given. sw_velocity counts those of columns first from 1. */
static const slong shown[] = {1, 2, 5, 10, 20, 50, 100};

static slong index_of(const way *w, slong K) { return w->order == 'c' ? K - 1 : K; }

/* Direction ~ through the sweeps against f: al<f>~_k_i and be<f>~_k_j, derivatives of the logarithms of a and b. P = a K b has rows of 1, b K a over n/m (x: 1) columns of 1, whence
   al_i = -sum_j P_ij (G_ij + be_j), and be_j likewise with the a before it; be_0 = 0, or with columns first the same with al = 0. Twin frozen: 0 all of them. */
static void through(dp_check *c, const sm_t *s, const way *w, char f, int t)
{
    const char *target = f == 'y' ? "(n/m)" : "1";
    const int frozen = dp_check_twin(c, "frozen");
    for (slong k = 0; k <= index_of(w, w->count); k++) {
        const long l = (long) k;
        char *al = dp_format("al%c~_%ld_#", f, l), *be = dp_format("be%c~_%ld_#", f, l);
        char *rows = dp_format("-%c%c_%ld_#*+%c{Kx%c_#_%%*%c%c_%ld_%%*(G%c~_#_%% + be%c~_%ld_%%)}", w->a, f, l, f, f, w->b, f, l, f, f, l), *columns;
        if (k > 0) columns = dp_format("-%c%c_%ld_#/%s*+x{Kx%c_%%_#*%c%c_%ld_%%*(G%c~_%%_# + al%c~_%ld_%%)}", w->b, f, l, target, f, w->a, f, l - 1, f, f, l - 1);
        else columns = w->order == 'c' ? dp_format("-%c%c_0_#/%s*+x{Kx%c_%%_#*G%c~_%%_#}", w->b, f, target, f, f) : dp_strdup("0");
        tn_each(c, s, f, be, frozen ? "0" : columns, t), tn_each(c, s, 'x', al, frozen ? "0" : rows, t);
        free(al), free(be), free(rows), free(columns);
    }
}

/* jac<K>~_i_c: the derivative of the velocity after K sweeps. Needs through. */
static void jacobian(dp_check *c, const sm_t *s, const way *w, slong K, int t)
{
    const long k = (long) index_of(w, K);
    char *name = dp_format("jac%ldt~_#_$", (long) K);
    char *text = dp_format("%cy_%ld_#*+y{Kxy_#_%%*%cy_%ld_%%*(Gy~_#_%% + aly~_%ld_# + bey~_%ld_%%)*y_%%_$} - %cx_%ld_#*+x{Kxx_#_%%*%cx_%ld_%%*((Gx~_#_%% + alx~_%ld_# + bex~_%ld_%%)*x_%%_$ + E~_%%_$)}",
                           w->a, k, w->b, k, k, k, w->a, k, w->b, k, k, k);
    tn_pairs(c, s, 'x', 'd', name, text, t);
    free(name), free(text);
}

/* Velocities V<place>s<K>_i_c after K sweeps at a place, which knows nothing of derivatives. */
static void sweeps_at(dp_check *c, const sm_t *s, const way *w, char letter)
{
    char place[3] = {'p', letter, 0}, *kernel = dp_format("swK%c", letter), *at = letter == 'x' ? "" : place;
    tn_kernel(c, s, "sw", letter);
    for (const char *f = "yx"; *f; f++) {
        char *K = dp_format("%s%c", kernel, *f);
        sw_scalings(c, s, *f, at, K, w->order, index_of(w, w->count));
        free(K);
    }
    for (size_t k = 0; k < sizeof shown / sizeof *shown && shown[k] <= w->count; k++) {
        char *name = dp_format("V%cs%ld", letter, (long) shown[k]);
        sw_velocity(c, s, name, at, letter, kernel, w->order, index_of(w, shown[k]));
        free(name);
    }
    free(kernel);
}

/* After K sweeps: the velocity is the library's, the derivatives are symmetric quotients, and the Jacobian is not symmetric. */
static void after(dp_check *c, const sm_t *s, const way *w, slong K, const tn_direction *e)
{
    char *stem = dp_format("library%ld", (long) K), *relation = dp_format("library%ld_#_$ == Vxs%ld_#_$", (long) K, (long) K), *jac = dp_format("jac%ldt", (long) K), *V = dp_format("s%ld", (long) K);
    char *name = dp_format("%ld sweeps: the Jacobian is not symmetric, no energy", (long) K);
    const int columns = (w->order == 'c') != dp_check_twin(c, "order");
    if (sd_let(c, s, stem, "sinkhorn", &(dp_sample){.iterations = K, .columns_first = columns}, NULL, 1)) {
        sm_assert_pairs(c, s, 'x', 'd', "the sweeps written out are the drift sinkhorn, x_# [$]", relation);
        for (int t = 0; t < 2; t++) tn_assert_quotient(c, s, "the derivative is that of the sweeps, to the square of a step 10^-25, x_# [$]", V, jac, e + 1 - t, t);
        tn_assert_symmetry(c, s, name, jac, dp_check_twin(c, "gradient"), 0, e);
    }
    free(stem), free(relation), free(jac), free(V), free(name);
}

static void run(dp_check *c)
{
    const dp_param *count = dp_check_param(c, "sweeps"), *order = dp_check_param(c, "order");
    way w = {'r', 'a', 'b', count ? fmpz_get_si(fmpq_numref(count->value)) : 10};
    tn_direction e[2];
    sm_t s;
    if (!sm_read(&s, c) || !tn_read(e, c, &s)) return;
    if (w.count < 1 || w.count > MOST) {
        dp_give_up(c, DP_EINPUT, "sweeps: 1 to %d", MOST);
        return;
    }
    if (order && !strcmp(order->word, "columns-first")) w.order = 'c', w.a = 'A', w.b = 'B';
    for (const char *f = "yx"; *f; f++) sm_kernel(c, &s, 'x', *f);
    tn_step(c), sweeps_at(c, &s, &w, 'x');
    for (int t = 0; t < 2; t++) {
        tn_unit(c, &s, e + t, t);
        for (const char *f = "yx"; *f; f++) tn_log_kernel(c, &s, *f, e + t, t), through(c, &s, &w, *f, t);
        tn_moved(c, &s, e + t, tn_up[t], 1), tn_moved(c, &s, e + t, tn_down[t], 0);
        sweeps_at(c, &s, &w, tn_up[t]), sweeps_at(c, &s, &w, tn_down[t]);
    }
    for (size_t k = 0; k < sizeof shown / sizeof *shown && shown[k] <= w.count; k++) {
        for (int t = 0; t < 2; t++) jacobian(c, &s, &w, shown[k], t);
        after(c, &s, &w, shown[k], e);
    }
}

static const dp_param_spec params[] = {TN_PARAMS,
    {"sweeps", DP_PARAM_INTEGER, NULL, "the most sweeps, 1 to 100: answers after 1, 2, 5, 10, 20, 50 and 100 of them; default 10"},
    {"order", DP_PARAM_WORD, "rows-first|columns-first", "what a sweep does first; default rows-first"},
    {0}};
static const char *const twins[] = {"gradient", "frozen", "order", "kernel", NULL};
DP_CLAIM(helmholtz_sweeps) = {
    .id = "helmholtz-sweeps",
    .title = "The Sinkhorn drift after K sweeps is the gradient flow of no energy of the sample, though the converged one is",
    .equations = "(27), (66), (82), (83)",
    .kind = "EQ",
    .source = "derived here",
    .method = "Two entries of the Jacobian of the drift in all coordinates of the sample, which an energy would make equal, by the chain rule through every sweep, written out as expressions of the exact "
              "coordinates.",
    .params = params, .twins = twins, .run = run};
