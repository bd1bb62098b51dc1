/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_direct.h: a row of sums over pairs for kernels that are polynomials, or powers, times exponentials, and for sums of kernels: weights without their logarithms, in doubles. Part of rows.c. */

static const double FAR = 1e60; /* r/h beyond which polynomials are left to logarithms; h/r stays below 10^304, for squares of distances and of bandwidths are doubles */
static const double SPREAD = 250; /* logarithms of constants that are further apart are, too: the lesser kernel may be all that counts, times (h/r)^3 as little as 10^-180 */

CLONES static void direct_radii(double *restrict r, const double *restrict bt, const double *restrict a, size_t m, size_t d)
{
    for (size_t j = 0; j < m; j++) r[j] = 0;
    for (size_t k = 0; k < d; k++)
        for (size_t j = 0; j < m; j++) r[j] += (bt[k * m + j] - a[k]) * (bt[k * m + j] - a[k]);
    for (size_t j = 0; j < m; j++) r[j] = sqrt(r[j]);
}

/* Whether all r_j <= most. */
CLONES static int direct_within(const double *r, double most, size_t m)
{
    int64_t within = 1;
    for (size_t j = 0; j < m; j++) within &= r[j] <= most;
    return (int) within;
}

/* e_j = max(e_j, -z): gauss: z = (rate r)^2/2, else rate r. */
CLONES static void direct_raise(double *restrict e, const double *restrict r, double rate, int gauss, size_t m)
{
    for (size_t j = 0; j < m; j++) {
        const double t = rate * r[j], z = gauss ? t * t / 2 : t;
        e[j] = e[j] > -z ? e[j] : -z;
    }
}

/* t_j = top_j - z. */
CLONES static void direct_lower(double *restrict t, const double *restrict r, const double *restrict add, double top, double rate, int gauss, size_t m)
{
    for (size_t j = 0; j < m; j++) {
        const double q = rate * r[j];
        t[j] = add[j] - (gauss ? q * q / 2 : q) - top;
    }
}

/* w_j += weight (c_0 + c_1 z + c_2 z^2 + c_3 z^3) t_j, z = rate r_j. */
CLONES static void direct_gain(double *restrict w, const double *restrict t, const double *restrict r, double rate, const double *restrict c, double weight, size_t m)
{
    for (size_t j = 0; j < m; j++) {
        const double z = rate * r[j];
        w[j] += weight * (((c[3] * z + c[2]) * z + c[1]) * z + c[0]) * t[j];
    }
}

/* w_j += weight t_j (1 + z^2)^(-power/2), power 1 or 3; without the 1, power 1: t_j/z, nothing at 0. */
CLONES static void direct_gain_root(double *restrict w, const double *restrict t, const double *restrict r, double rate, double one, int cube, double weight, size_t m)
{
    for (size_t j = 0; j < m; j++) {
        const double z = rate * r[j], q = z + one > 0 ? 1 / sqrt(one + z * z) : 0;
        w[j] += weight * (cube ? q * q * q : q) * t[j];
    }
}

/* t_j becomes exp(t_j), t_j <= 0. */
CLONES static void direct_exp(double *t, size_t m)
{
    for (size_t j = 0; j < m; j += 8) double_exp((double_vec *) (t + j));
}

CLONES static double direct_sum(const double *w, size_t m)
{
    double sum = 0;
    for (size_t from = 0; from < m; from += BLOCK) {
        double_vec part = {0};
        for (size_t j = from; j < m && j < from + BLOCK; j += 8) part += *(const double_vec *) (w + j);
        sum += double_total(&part);
    }
    return sum;
}

static double direct_rate(dp_kernel_family family, double h) { return family == DP_KERNEL_ENERGY ? 1 : family == DP_KERNEL_GAUSSIAN || family == DP_KERNEL_IMQ ? 1 / h : dp_kernel_rate(family) / h; }
static int direct_tail(dp_kernel_family family) { return family != DP_KERNEL_IMQ && family != DP_KERNEL_ENERGY; } /* exponential */

/* What stands before exp(-z) but for its constant. */
static void direct_factor(double *w, const double *t, const double *r, dp_kernel_family family, dp_form form, double rate, double weight, size_t m)
{
    static const double ladder[3][3][4] = {{{1}, {1, 1}, {1, 1, 1 / 3.0}}, {{0}, {1}, {1 / 3.0, 1 / 3.0}}, {{1, 1}, {3, 3, 1}, {5, 5, 2, 1 / 3.0}}}; /* kernel, slope, companion of laplace, matern32, matern52 */
    static const double one[4] = {1};
    const int rung = family == DP_KERNEL_LAPLACE ? 0 : family == DP_KERNEL_MATERN32 ? 1 : 2, slope = form == DP_FORM_SLOPE;
    if (family == DP_KERNEL_GAUSSIAN) direct_gain(w, t, r, rate, one, weight, m);
    else if (family == DP_KERNEL_IMQ) direct_gain_root(w, t, r, rate, 1, slope, weight, m);
    else if (slope && (family == DP_KERNEL_ENERGY || family == DP_KERNEL_LAPLACE)) direct_gain_root(w, t, r, rate, 0, 0, weight, m);
    else direct_gain(w, t, r, rate, ladder[slope ? 1 : form == DP_FORM_SHARP ? 2 : 0][rung], weight, m);
}

/* log of that constant. */
static double direct_constant(const dp_pkernel *k, slong p, dp_form form)
{
    const double scale = 2 * log(direct_rate(k->part[p].family, k->part[p].h));
    return k->part[p].log_weight + (form == DP_FORM_SLOPE ? scale : form == DP_FORM_SHARP ? -scale : 0);
}

/* Row i as in dp_rows; 0 and nothing done where distances over bandwidths leave polynomials no room. room: 4 m numbers. */
static int direct_row(double *sum, double *shift, const dp_lanes *L, double *room, size_t i)
{
    const dp_pairing *p = L->p;
    const dp_pkernel *k = p->kernel;
    const size_t m = L->m, d = p->d;
    const double *bt = L->bt, *a = (const double *) L->a + i * d, *add = L->add, eps = dp_pkernel_eps(k);
    double *r = room, *e = room + m, *w = room + 2 * m, *from = room + 3 * m, most = INFINITY, constant = -INFINITY, least = INFINITY;
    for (slong q = 0; q < k->nparts; q++) {
        const double c = direct_constant(k, q, p->form);
        most = fmin(most, FAR / direct_rate(k->part[q].family, k->part[q].h)), constant = fmax(constant, c), least = fmin(least, c);
    }
    direct_radii(r, bt, a, m, d);
    if (!direct_within(r, most, p->m) || constant - least > SPREAD) return 0;
    for (size_t j = 0; j < m; j++) e[j] = -INFINITY, w[j] = 0, from[j] = add[j] / eps;
    for (size_t j = 0; j < m && p->form == DP_FORM_SLOPE; j++) from[j] = r[j] > 0 ? from[j] : -INFINITY;
    for (size_t j = p->m; j < m; j++) r[j] = 0;
    if (p->skip) from[i] = -INFINITY;
    for (slong q = 0; q < k->nparts; q++) direct_raise(e, r, direct_tail(k->part[q].family) ? direct_rate(k->part[q].family, k->part[q].h) : 0, k->part[q].family == DP_KERNEL_GAUSSIAN, m);
    for (size_t j = 0; j < m; j++) e[j] += from[j];
    const double top = double_largest(e, m);
    if (sum) *sum = -INFINITY;
    for (size_t c = 0; shift && c < d; c++) shift[c] = 0;
    if (!(top > -INFINITY)) return 1;
    for (slong q = 0; q < k->nparts; q++) {
        const double rate = direct_rate(k->part[q].family, k->part[q].h);
        direct_lower(e, r, from, top, direct_tail(k->part[q].family) ? rate : 0, k->part[q].family == DP_KERNEL_GAUSSIAN, m);
        direct_exp(e, m);
        direct_factor(w, e, r, k->part[q].family, p->form, rate, exp(direct_constant(k, q, p->form) - constant), m);
    }
    const double total = direct_sum(w, m);
    for (size_t c = 0; shift && c < d; c++) shift[c] = double_moment(w, bt + c * m, a[c], m) / total;
    if (sum) *sum = eps * (top + constant + log(total));
    return 1;
}
