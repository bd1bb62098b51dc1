/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-hierarchy: atoms on a line under the Laplace kernel: the field at 3m - 5 points determines the model's weights, one after another. */
#include "../samples.h"

static int fits(const dp_problem *P)
{
    int ok = P->dim == 1 && P->kernel == DP_KERNEL_LAPLACE && P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->p->n == P->q->n && P->p->n > 1 && P->p->n <= 12;
    for (slong i = 0; ok && i < P->p->n; i++)
        ok = fmpq_equal(DP_MEAN(P->p, i, 0), DP_MEAN(P->q, i, 0)) && (i == 0 || fmpq_cmp(DP_MEAN(P->p, i - 1, 0), DP_MEAN(P->p, i, 0)) < 0);
    return ok;
}

/* Point j of interval k (from 1): quarters of it; beyond the last atom: h further. */
static void place(fmpq_t x, const dp_problem *P, slong k, slong j)
{
    const fmpq *left = DP_MEAN(P->p, k - 1, 0);
    fmpq_t t;
    fmpq_init(t);
    if (k == P->p->n) fmpq_add(x, left, P->bandwidth);
    else {
        fmpq_sub(t, left + 1, left), fmpq_set_si(x, j + 1, 4);
        fmpq_mul(t, t, x), fmpq_add(x, left, t);
    }
    fmpq_clear(t);
}

/* Phi_k_j from the engines' moments; both of them. */
static int measured(dp_check *c, const dp_problem *P, slong k, slong j)
{
    static const char *const stems[] = {"Zp", "Dp", "Zq", "Dq"};
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    fmpq_t q;
    arb_t x;
    int ok = 1;
    dp_moments_init(m, 1), fmpq_init(q), arb_init(x);
    place(q, P, k, j);
    dp_let_q(c, dp_name("x", k, j), q);
    arb_set_fmpq(x, q, dp_check_prec(c));
    for (int turn = 0; turn < 4 && ok; turn++) {
        ok = !dp_check_failed(c, dp_moments_eval(m, dp_shown(c, P), turn < 2 ? DP_OF_P : DP_OF_Q, x, turn % 2 ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e);
        for (int i = 0; ok && i < 2; i++) (turn % 2 ? dp_let_second : dp_let)(c, dp_name(stems[turn / 2 * 2 + i], k, j), i ? m->D : m->Z->v, turn % 2 ? "second" : "moments");
    }
    if (ok) {
        char *t = dp_format("Dp_%ld_%ld*Zq_%ld_%ld - Dq_%ld_%ld*Zp_%ld_%ld", (long) k, (long) j, (long) k, (long) j, (long) k, (long) j, (long) k, (long) j);
        dp_def(c, dp_name("Phi", k, j), t), free(t);
        t = dp_format("exp(2*x_%ld_%ld/h)", (long) k, (long) j);
        dp_def(c, dp_name("u", k, j), t), free(t);
    }
    dp_moments_clear(m), fmpq_clear(q), arb_clear(x);
    return ok;
}

/* The coefficients of the polynomial of interval k as sums over pairs: "A" i, j <= k; "C" i, j > k; "B" one of each. */
static void coefficient(dp_check *c, slong m, slong k, char which)
{
    char *sum = dp_strdup("0"), *more, name[2] = {which, '\0'};
    int drop = which == 'B' && dp_check_twin(c, "cross");
    for (slong i = 0; i < m && !drop; i++)
        for (slong j = 0; j < m; j++) {
            int li = i < k, lj = j < k;
            if (i == j || li + lj != (which == 'A' ? 2 : which == 'B' ? 1 : 0)) continue;
            more = dp_format("%s + a_%ld*b_%ld*(z_%ld_0 - z_%ld_0)*exp((%sz_%ld_0 %s z_%ld_0)/h)", sum, (long) i, (long) j, (long) i, (long) j, li ? "" : "-", (long) i, lj ? "+" : "-", (long) j);
            free(sum), sum = more;
        }
    dp_def(c, dp_name(name, k, -1), sum);
    free(sum);
}

/* a_k from three values of u Phi by interpolation at u = 0; from one beyond the last atom. */
static void interpolate(dp_check *c, slong m, slong k)
{
    char *sum = dp_strdup("0"), *more;
    for (slong j = 0; j < (k == m ? 1 : 3); j++) {
        slong s = (j + 1) % 3, t = (j + 2) % 3;
        more = k == m ? dp_format("u_%ld_0*Phi_%ld_0", (long) k, (long) k)
                      : dp_format("%s + u_%ld_%ld*Phi_%ld_%ld*u_%ld_%ld*u_%ld_%ld/((u_%ld_%ld - u_%ld_%ld)*(u_%ld_%ld - u_%ld_%ld))", sum, (long) k, (long) j, (long) k, (long) j, (long) k, (long) s,
                                  (long) k, (long) t, (long) k, (long) j, (long) k, (long) s, (long) k, (long) j, (long) k, (long) t);
        free(sum), sum = more;
    }
    dp_def(c, dp_name("found", k, -1), sum);
    free(sum);
}

/* beta_(k+1) = (A_(k+1) - A_k + a_(k+1) T_k)/S_k from what was found; counted from 0 here. */
static void recover(dp_check *c, slong k)
{
    char *S = dp_strdup("0"), *T = dp_strdup("0"), *more;
    for (slong i = 0; i < k; i++) {
        more = dp_format("%s + a_%ld*(z_%ld_0 - z_%ld_0)*exp((z_%ld_0 + z_%ld_0)/h)", S, (long) i, (long) i, (long) k, (long) i, (long) k), free(S), S = more;
        more = dp_format("%s + beta_%ld*(z_%ld_0 - z_%ld_0)*exp((z_%ld_0 + z_%ld_0)/h)", T, (long) i, (long) i, (long) k, (long) i, (long) k), free(T), T = more;
    }
    more = dp_format(dp_check_twin(c, "sign") ? "(found_%ld - %s - a_%ld*(%s))/(%s)" : "(found_%ld - %s + a_%ld*(%s))/(%s)", (long) k + 1, k == 1 ? "0" : dp_name("found", k, -1), (long) k, T, S);
    dp_def(c, dp_name("beta", k, -1), more);
    free(S), free(T), free(more);
    more = dp_format("beta_%ld == b_%ld", (long) k, (long) k);
    dp_assert(c, "a weight of q, found from the field and the weights before it", more);
    free(more);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    slong m = P->p->n;
    int same = 1;
    if (!fits(P)) {
        dp_give_up(c, DP_EINPUT, "needs 2 to 12 atoms of p and of q at the same places in increasing order on a line, and the Laplace kernel");
        return;
    }
    sm_points(c, "z", P->p);
    for (slong j = 0; j < m; j++) {
        dp_let_q(c, dp_name("a", j, -1), DP_WEIGHT(P->p, j)), dp_let_q(c, dp_name("b", j, -1), DP_WEIGHT(P->q, j));
        same = same && fmpq_equal(DP_WEIGHT(P->p, j), DP_WEIGHT(P->q, j));
    }
    dp_let_q(c, "h", P->bandwidth);
    char *size = dp_strdup("0"), *more;
    for (slong k = 2; k <= m; k++) {
        for (slong j = 0; j < (k == m ? 1 : 3); j++) {
            if (!measured(c, P, k, j)) { free(size); return; }
            if (j == 0)
                for (const char *w = "ABC"; *w; w++) coefficient(c, m, k, *w);
            more = dp_format("(u_%ld_%ld*Phi_%ld_%ld)/(Zp_%ld_%ld*Zq_%ld_%ld*u_%ld_%ld*h) == (A_%ld + B_%ld*u_%ld_%ld + C_%ld*u_%ld_%ld^2)/(Zp_%ld_%ld*Zq_%ld_%ld*u_%ld_%ld*h)", (long) k, (long) j, (long) k, (long) j,
                             (long) k, (long) j, (long) k, (long) j, (long) k, (long) j, (long) k, (long) k, (long) k, (long) j, (long) k, (long) k, (long) j, (long) k, (long) j, (long) k, (long) j, (long) k, (long) j);
            dp_assert(c, "the field times both sums is the polynomial", more), free(more);
            more = dp_format("%s + Phi_%ld_%ld^2", size, (long) k, (long) j), free(size), size = more;
        }
        interpolate(c, m, k);
    }
    dp_def(c, "beta_0", "b_0");
    for (slong k = 1; k < m; k++) recover(c, k);
    more = dp_format(same ? "%s == 0" : "%s > 0", size);
    dp_assert(c, same ? "p = q: the field is zero at all of them" : "p and q differ: the field is not zero at all of them", more);
    free(more), free(size);
}

static const char *const twins[] = {"cross", "sign", "kernel", "roles", NULL};
DP_CLAIM(laplace_hierarchy) = {
    .id = "laplace-hierarchy",
    .title = "Atoms on a line under the Laplace kernel: the field at 3m - 5 points determines the model, weight by weight",
    .equations = "(10), (11)",
    .kind = "EQ",
    .source = "Lee and Chun 2604.24196 and Dronmong (Laplace identifiability), the case of atoms on a line; points and recursion derived here",
    .method = "The engines' moments at the points against polynomials in exact weights; the weights of q are then recovered from the values of the field alone.",
    .params = NULL, .twins = twins, .run = run};
