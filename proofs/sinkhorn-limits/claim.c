/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-limits: the Sinkhorn divergence of bounded laws is between half W_2^2 and half the squared distance of the means, within explicit bounds for every regularisation. */
#include "../hull.h"

/* Leaf S: the divergence, by two engines. */
static int let_divergence(dp_check *c, const dp_problem *P)
{
    dp_error e = {DP_OK, ""};
    arb_t S;
    int ok = 1;
    arb_init(S);
    for (int second = 0; second < 2 && ok; second++) {
        const dp_engine engine = second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED;
        ok = !dp_check_failed(c, dp_sinkhorn_atoms(S, dp_shown(c, P), engine, dp_check_prec(c), &e), &e);
        if (ok) (second ? dp_let_second : dp_let)(c, "S", S, dp_engine_name(engine));
    }
    arb_clear(S);
    return ok;
}

/* Leaves D2 = |m_p - m_q|^2 and D_k, its coordinates. */
static void let_means(dp_check *c, const dp_problem *P)
{
    fmpq_t t, D2;
    fmpq_init(t), fmpq_init(D2);
    for (slong k = 0; k < P->dim; k++) {
        fmpq_zero(t);
        for (slong j = 0; j < P->p->n; j++) fmpq_addmul(t, DP_WEIGHT(P->p, j), DP_MEAN(P->p, j, k));
        for (slong i = 0; i < P->q->n; i++) fmpq_submul(t, DP_WEIGHT(P->q, i), DP_MEAN(P->q, i, k));
        dp_let_q(c, dp_name("D", k, -1), t), fmpq_addmul(D2, t, t);
    }
    dp_let_q(c, "D2", D2);
    fmpq_clear(t), fmpq_clear(D2);
}

/* Definition `name`: the entropy of the weights, leaves <letter>_j. */
static void entropy(dp_check *c, const char *name, const char *letter, const dp_measure_t mu)
{
    char *H = dp_strdup("0"), *more;
    for (slong j = 0; j < mu->n; j++) {
        const char *w = dp_name(letter, j, -1);
        dp_let_q(c, w, DP_WEIGHT(mu, j));
        more = dp_format("%s - %s*log(%s)", H, w, w), free(H), H = more;
    }
    dp_def(c, name, H), free(H);
}

/* Leaf W: half W_2^2 of atoms on a line, whose places increase: the monotone plan, exactly. */
static void let_transport(dp_check *c, const dp_problem *P)
{
    fmpq_t W, a, b, t, s;
    slong i = 0, j = 0;
    fmpq_init(W), fmpq_init(a), fmpq_init(b), fmpq_init(t), fmpq_init(s);
    fmpq_set(a, DP_WEIGHT(P->q, 0)), fmpq_set(b, DP_WEIGHT(P->p, 0));
    while (i < P->q->n && j < P->p->n) {
        fmpq_set(t, fmpq_cmp(a, b) < 0 ? a : b);
        hu_square(s, P->q, i, P->p, j), fmpq_addmul(W, s, t);
        fmpq_sub(a, a, t), fmpq_sub(b, b, t);
        if (fmpq_is_zero(a) && ++i < P->q->n) fmpq_set(a, DP_WEIGHT(P->q, i));
        if (fmpq_is_zero(b) && ++j < P->p->n) fmpq_set(b, DP_WEIGHT(P->p, j));
    }
    if (!dp_check_twin(c, "whole")) fmpq_div_2exp(W, W, 1);
    dp_let_q(c, "W", W);
    fmpq_clear(W), fmpq_clear(a), fmpq_clear(b), fmpq_clear(t), fmpq_clear(s);
}

static int increasing(const dp_measure_t mu)
{
    int ok = mu->dim == 1;
    for (slong j = 1; ok && j < mu->n; j++) ok = fmpq_cmp(DP_MEAN(mu, j - 1, 0), DP_MEAN(mu, j, 0)) < 0;
    return ok;
}

/* How much of mu lies at the place of atom j of `at`. */
static void mass_at(fmpq_t out, const dp_measure_t mu, const dp_measure_t at, slong j)
{
    fmpq_t t;
    fmpq_init(t), fmpq_zero(out);
    for (slong i = 0; i < mu->n; i++) {
        hu_square(t, mu, i, at, j);
        if (fmpq_is_zero(t)) fmpq_add(out, out, DP_WEIGHT(mu, i));
    }
    fmpq_clear(t);
}

/* Whether p and q are the same law: p has the mass of q at the atoms of p, which are all of p. */
static int same_law(const dp_problem *P)
{
    fmpq_t a, b;
    int same = 1;
    fmpq_init(a), fmpq_init(b);
    for (slong j = 0; same && j < P->p->n; j++) mass_at(a, P->p, P->p, j), mass_at(b, P->q, P->p, j), same = fmpq_equal(a, b);
    fmpq_clear(a), fmpq_clear(b);
    return same;
}

/* The inequality `relation`; the sabotage `twin` has spoilt it where what `shows` says holds, and shows nothing elsewhere. */
static void bound(dp_check *c, const char *twin, const char *where, const char *shows, const char *label, const char *relation)
{
    if (dp_check_twin(c, twin)) dp_open(c, where, shows);
    dp_assert(c, label, relation);
}

/* On a line: S between bounds about half W_2^2; of two single atoms both sides are equal. */
static void narrow(dp_check *c, const dp_problem *P)
{
    let_transport(c, P), entropy(c, "Hp", "p", P->p), entropy(c, "Hq", "q", P->q);
    if (P->p->n == 1 && P->q->n == 1) {
        dp_agree(c, "single atoms: half W_2^2", "S == W");
        return;
    }
    dp_assert(c, "narrow: not much more than half W_2^2", dp_check_twin(c, "excess") ? "S - W > e*(Hp + Hq - abs(Hp - Hq))/2" : "S - W < e*(Hp + Hq - abs(Hp - Hq))/2");
    bound(c, "whole", "this sabotage shows only where the regularisation is narrow", "W - S > e*(Hp + Hq)/2", "narrow: not much less", "W - S < e*(Hp + Hq)/2");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || (P->dim == 1 && (!increasing(P->p) || !increasing(P->q)))) {
        dp_give_up(c, DP_EINPUT, "needs atoms, on a line from left to right, and the Gaussian kernel");
        return;
    }
    if ((P->dim > 1 && dp_twin_unfit(c, "whole")) || ((P->dim > 1 || (P->p->n == 1 && P->q->n == 1)) && dp_twin_unfit(c, "excess"))) return;
    dp_let_power(c, "e", (fmpq[]) {{1, 1}}, P->bandwidth, 2);
    hu_let_diameter(c, (const dp_measure_struct *[]) {P->p, P->q}, 2), let_means(c, P);
    if (!let_divergence(c, P) || !hu_velocities(c, 'v', P)) return;
    dp_suffice(c, "p and q are not one and the same atom, where all sides are 0", "R2 > 0");
    if (!same_law(P)) dp_assert(c, "positive", "S > 0");
    bound(c, "means", "this sabotage shows only where the regularisation is wide and the means differ", "abs(S - D2) > R2^2/(32*e)", "wide: half the squared distance of the means",
          dp_check_twin(c, "means") ? "abs(S - D2) < R2^2/(32*e)" : "abs(S - D2/2) < R2^2/(32*e)");
    for (slong i = 0; i < P->q->n; i++) {
        char *gap = dp_strdup("0"), *more, *relation;
        for (slong k = 0; k < P->dim; k++) more = dp_format("%s + (v%ld_V_%ld - D_%ld)^2", gap, (long) i, (long) k, (long) k), free(gap), gap = more;
        relation = dp_format("%s %c R2^3/(4*e^2)", gap, dp_check_twin(c, "velocity") ? '>' : '<');
        dp_assert(c, "wide: the velocity is the difference of the means", relation), free(relation), free(gap);
    }
    if (P->dim == 1) narrow(c, P);
}

static const char *const twins[] = {"means", "whole", "velocity", "excess", NULL};
DP_CLAIM(sinkhorn_limits) = {
    .id = "sinkhorn-limits",
    .title = "The Sinkhorn divergence of bounded laws: half W_2^2 for narrow, half the squared distance of the means for wide regularisation, with bounds for all",
    .equations = "(26), (27), (59)",
    .kind = "INEQ",
    .source = "Feydy et al. 2019 (both limits, positivity); bounds derived here",
    .method = "The divergence of atoms by two certified scalings against exact numbers: entropies, the monotone plan on a line, means, the diameter.",
    .params = NULL, .twins = twins, .run = run};
