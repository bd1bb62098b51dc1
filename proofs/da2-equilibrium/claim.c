/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-equilibrium: DA2 (and the proxy) with wrong weights standing exactly still: two clusters of coincident particles; with the self mask, too, where clusters split. */
#include "../sample-da2.h"
#include "../box.h"

typedef struct { slong left, right, zero, far; } counts;

/* How many points of a sample on a line stand at its first and at its last place; 0 when there are others. */
static int two_places(slong *first, slong *last, const dp_measure_t a)
{
    *first = *last = 0;
    for (slong j = 0; j < a->n; j++)
        if (fmpq_equal(DP_MEAN(a, j, 0), DP_MEAN(a, 0, 0))) ++*first;
        else if (fmpq_equal(DP_MEAN(a, j, 0), DP_MEAN(a, a->n - 1, 0))) ++*last;
        else return 0;
    return *first > 0 && *last > 0 && fmpq_cmp(DP_MEAN(a, 0, 0), DP_MEAN(a, a->n - 1, 0)) < 0;
}

static int masked(const dp_check *c)
{
    const dp_param *mask = dp_check_param(c, "mask");
    return !mask || !strcmp(mask->word, "self");
}

static char *kernel(const sm_t *s, const char *distance)
{
    return dp_format(s->P->kernel == DP_KERNEL_GAUSSIAN ? "exp(-(%s)^2/(2*h^2))" : "exp(-abs(%s)/h)", distance);
}

/* name := k(distance) */
static void kernel_as(dp_check *c, const sm_t *s, const char *name, const char *face, const char *distance)
{
    char *k = kernel(s, distance), *full = dp_format("%s_%s", name, face);
    dp_def(c, full, k);
    free(k), free(full);
}

/* '@' becomes the face's name in both texts. */
static void face_def(dp_check *c, const char *face, const char *name, const char *text)
{
    char *out[2];
    const char *in[2] = {name, text};
    for (int k = 0; k < 2; k++) {
        size_t room = strlen(in[k]) + 1;
        for (const char *t = in[k]; *t; t++) room += *t == '@' ? strlen(face) : 0;
        char *to = out[k] = dp_malloc(room);
        for (const char *t = in[k]; *t; t++)
            if (*t == '@') for (const char *f = face; *f; f++) *to++ = *f;
            else *to++ = *t;
        *to = 0;
    }
    dp_def(c, out[0], out[1]);
    free(out[0]), free(out[1]);
}

/* Places where a kernel that the other cluster's place decides is largest (want = 1) or least: its interval is [low, high], the kernel falls with the distance from `from`, which lies on one side of it. */
static const char *where(const char *low, const char *high, int from_is_left, int want)
{
    return from_is_left == want ? low : high;
}

/* On the face where one cluster stands at its end `end` (0: the lower one, where the velocity is bounded from below; 1), a bound of C+ - C- over all places of the other cluster, each part at its
   worst place: F_<face>. `mine`: 'L' or 'R'; beyond: the other cluster's interval lies to the right of its data point. */
static void face(dp_check *c, const sm_t *s, const char *name, char mine, int end, int beyond)
{
    const int L = mine == 'L', lower = end == 0;
    char X[3] = {mine, (char) ('0' + end), 0}, *t;
    const char *o0 = L ? "R0" : "L0", *o1 = L ? "R1" : "L1";
    /* the other cluster's kernels at 0 and D; at its own data point the side decides */
    const int zero_left = L ? 1 : beyond, far_left = L ? beyond : 0;
    for (int want = 0; want < 2; want++) {
        t = dp_format("%s", where(o0, o1, zero_left, want)), kernel_as(c, s, want ? "oz1" : "oz0", name, t), free(t);
        t = dp_format("D - %s", where(o0, o1, far_left, want)), kernel_as(c, s, want ? "of1" : "of0", name, t), free(t);
        t = dp_format("%s - %s", where(o0, o1, L, want), X), kernel_as(c, s, want ? "ka1" : "ka0", name, t), free(t);
    }
    kernel_as(c, s, "mz", name, X), t = dp_format("D - %s", X), kernel_as(c, s, "mf", name, t), free(t);
    /* rho = odds of the far data point; it grows with the column sum at 0. The bound wants it small at the lower end. */
    face_def(c, name, "rho_@", L ? (lower ? "mD*mf_@/(m0*mz_@)*sqrt((nL*mz_@ + nR*oz0_@)/(nL*mf_@ + nR*of1_@))" : "mD*mf_@/(m0*mz_@)*sqrt((nL*mz_@ + nR*oz1_@)/(nL*mf_@ + nR*of0_@))")
                                 : (lower ? "mD*mf_@/(m0*mz_@)*sqrt((nL*oz0_@ + nR*mz_@)/(nL*of1_@ + nR*mf_@))" : "mD*mf_@/(m0*mz_@)*sqrt((nL*oz1_@ + nR*mz_@)/(nL*of0_@ + nR*mf_@))"));
    /* tau = odds of the other cluster among the negatives; it pulls a left cluster back (bound from below: large), a right one on (small). */
    const int large = L == lower;
    if (L) face_def(c, name, "tau_@", large ? "nR*ka1_@/sL*sqrt((sL + nR*ka1_@)/(sR + nL*ka0_@))" : "nR*ka0_@/sL*sqrt((sL + nR*ka0_@)/(sR + nL*ka1_@))");
    else face_def(c, name, "tau_@", large ? "nL*ka1_@/sR*sqrt((sR + nL*ka1_@)/(sL + nR*ka0_@))" : "nL*ka0_@/sR*sqrt((sR + nL*ka0_@)/(sL + nR*ka1_@))");
    char *F = dp_format("F_%s", name), *text = L ? dp_format("D*rho_%s/(1 + rho_%s) - %s - (%s - %s)*tau_%s/(1 + tau_%s)", name, name, X, large ? "R1" : "R0", X, name, name)
                                                 : dp_format("D*rho_%s/(1 + rho_%s) - %s + (%s - %s)*tau_%s/(1 + tau_%s)", name, name, X, X, large ? "L0" : "L1", name, name);
    dp_def(c, F, text);
    free(F), free(text);
}

/* Algorithm 2 written out, with the mask, the clusters moved to the corner (L0, R0) and one pair of the right one split by +-split. */
static void algorithm(dp_check *c, const sm_t *s, const counts *k, const fmpq_t split)
{
    sm_t at = *s;
    dp_problem *P = dp_problem_copy(s->P);
    at.P = P;
    for (slong i = 0; i < P->q->n; i++)
        fmpq_add(DP_MEAN(P->q, i, 0), DP_MEAN(P->p, i < k->left ? 0 : P->p->n - 1, 0), dp_check_param(c, i < k->left ? "left" : "right")->value);
    fmpq_add(DP_MEAN(P->q, P->q->n - 1, 0), DP_MEAN(P->q, P->q->n - 1, 0), split);
    fmpq_sub(DP_MEAN(P->q, P->q->n - 2, 0), DP_MEAN(P->q, P->q->n - 2, 0), split);
    sm_points(c, "x", P->q), sm_points(c, "y", P->p);
    sd_da2_kernels(c, &at), sd_da2(c, &at, masked(c) ? 'm' : 'u');
    dp_problem_free(P);
}

/* Velocity at the corner by the formula: the face bounds with all places at the corner, times both masses. */
static void tie(dp_check *c, const sm_t *s, const counts *k)
{
    fmpq_t zero;
    fmpq_init(zero);
    algorithm(c, s, k, zero);
    kernel_as(c, s, "kz", "c", "L0"), kernel_as(c, s, "kf", "c", "D - L0"), kernel_as(c, s, "rz", "c", "R0"), kernel_as(c, s, "rf", "c", "D - R0"), kernel_as(c, s, "kk", "c", "R0 - L0");
    dp_def(c, "Cz", "nL*kz_c + nR*rz_c"), dp_def(c, "Cf", "nL*kf_c + nR*rf_c"), dp_def(c, "CL", "sL + nR*kk_c"), dp_def(c, "CR", "sR + nL*kk_c");
    dp_def(c, "pL", "m0*kz_c/sqrt(Cz) + mD*kf_c/sqrt(Cf)"), dp_def(c, "pR", "m0*rz_c/sqrt(Cz) + mD*rf_c/sqrt(Cf)");
    dp_def(c, "gL", "sL/sqrt(CL) + nR*kk_c/sqrt(CR)"), dp_def(c, "gR", "sR/sqrt(CR) + nL*kk_c/sqrt(CL)");
    dp_def(c, "VL", "(gL*mD*kf_c/sqrt(Cf)*D - pL*(sL/sqrt(CL)*L0 + nR*kk_c/sqrt(CR)*R0))/(m0*kz_c + mD*kf_c + CL)");
    dp_def(c, "VR", "(gR*mD*rf_c/sqrt(Cf)*D - pR*(sR/sqrt(CR)*R0 + nL*kk_c/sqrt(CL)*L0))/(m0*rz_c + mD*rf_c + CR)");
    sm_state(dp_agree, c, s, 0, -1, "the left velocity at the corner is the algorithm's", masked(c) ? "Vm_#_0 == VL" : "Vu_#_0 == VL");
    sm_state(dp_agree, c, s, s->n - 1, -1, "and the right one", masked(c) ? "Vm_#_0 == VR" : "Vu_#_0 == VR");
    fmpq_clear(zero);
}

/* The box of the two clusters: four faces, and where the law to first order puts them. */
static void box(dp_check *c, const sm_t *s, const int beyond[2])
{
    dp_suffice(c, "the two intervals are apart", "R0 > L1"), dp_suffice(c, "the right one is right of 0", "R0 > 0"), dp_suffice(c, "the left one is left of D", "L1 < D");
    face(c, s, "L0", 'L', 0, beyond[1]), face(c, s, "L1", 'L', 1, beyond[1]), face(c, s, "R0", 'R', 0, beyond[0]), face(c, s, "R1", 'R', 1, beyond[0]);
    dp_suffice(c, "left face: pushed right", dp_check_twin(c, "swapped") ? "F_L0 < 0" : "F_L0 > 0"), dp_suffice(c, "opposite face: pushed left", "F_L1 < 0");
    dp_suffice(c, "lower face: pushed up", "F_R0 > 0"), dp_suffice(c, "upper face: pushed down", "F_R1 < 0");
    char *eps = kernel(s, "D");
    dp_def(c, "eps", eps), free(eps);
    dp_def(c, "law_R", "D*eps*(nL/sqrt(sR*sL) - m0/mD*sqrt(nR/nL))"), dp_def(c, "law_L", "-D*eps*(nR/sqrt(sR*sL) - mD/m0*sqrt(nL/nR))");
    dp_suffice(c, "the predicted displacement of the right cluster is in the box", "(R0 - D - law_R)*(R1 - D - law_R) < 0");
    dp_suffice(c, "and that of the left one", "(L0 - law_L)*(L1 - law_L) < 0");
}

static void run(dp_check *c)
{
    sm_t s;
    counts k;
    int beyond[2];
    const dp_problem *P = s.P = dp_check_problem(c);
    s.n = P->q->n, s.m = P->p->n, s.d = P->dim;
    if (P->dim != 1 || P->kernel == DP_KERNEL_SUM || !sm_equal_weights(P->p) || !sm_equal_weights(P->q) || !two_places(&k.left, &k.right, P->q) || !two_places(&k.zero, &k.far, P->p)
        || (masked(c) && (k.left < 2 || k.right < 2)) || !fmpq_is_zero(DP_MEAN(P->p, 0, 0))) {
        dp_give_up(c, DP_EINPUT, "needs a line, p points at 0 and D > 0 in this order, q points at one place, then at a place to the right, two or more each with the mask, all of equal weight");
        return;
    }
    if (k.left * s.m == k.zero * s.n) {
        dp_give_up(c, DP_EINPUT, "needs weights of q other than those of p");
        return;
    }
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "D", DP_MEAN(P->p, s.m - 1, 0));
    sm_count(c, "nL", k.left), sm_count(c, "nR", k.right), dp_def(c, "sL", masked(c) ? "nL - 1" : "nL"), dp_def(c, "sR", masked(c) ? "nR - 1" : "nR");
    sm_count(c, "m0", k.zero), sm_count(c, "mD", k.far);
    if (!bx_read(c, "left", "L0", "L1", DP_MEAN(P->p, 0, 0), beyond) || !bx_read(c, "right", "R0", "R1", DP_MEAN(P->p, s.m - 1, 0), beyond + 1))
        return;
    const dp_param *split = dp_check_param(c, "split");
    if (!split && !dp_twin_unfit(c, "stable"))
        tie(c, &s, &k), box(c, &s, beyond);
    else if (split && (!masked(c) || fmpq_sgn(split->value) <= 0))
        dp_give_up(c, DP_EINPUT, "split: a number > 0, and only with the mask");
    else if (split && !dp_twin_unfit(c, "swapped")) {
        algorithm(c, &s, &k, split->value);
        char *apart = sm_text(&s, dp_check_twin(c, "stable") ? "Vm_#_0 < Vm_$_0" : "Vm_#_0 > Vm_$_0", s.n - 1, s.n - 2);
        dp_suffice(c, "a pair of the right cluster that is split is driven apart", apart);
        free(apart);
    }
}

static const dp_param_spec params[] = {
    {"left", DP_PARAM_VECTOR, NULL, "the interval of the left cluster, as offsets from 0; required"},
    {"right", DP_PARAM_VECTOR, NULL, "the interval of the right cluster, as offsets from D; required"},
    {"mask", DP_PARAM_WORD, "self|none", "with the self mask or without; default self"},
    {"split", DP_PARAM_RATIONAL, NULL, "instead of the equilibrium: the last two particles of the right cluster this much to either side, the rest at the lower ends"},
    {0}};
static const char *const twins[] = {"swapped", "stable", NULL};
DP_CLAIM(da2_equilibrium) = {
    .id = "da2-equilibrium",
    .title = "DA2 and the proxy have exact equilibria with wrong weights; DA2 with the self mask has them, too, but there a pair that is split is driven apart",
    .equations = "(30), (67)",
    .kind = "ROOT",
    .source = "derived here; Deng et al. 2602.04770, Algorithm 2 as printed",
    .method = "Bounds of the two velocities on the four faces of a box (Poincare and Miranda), each part at its worst place, and the algorithm at a corner, as expressions of exact numbers.",
    .params = params, .twins = twins, .run = run};
