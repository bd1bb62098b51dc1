/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_ray.c: laws on the line in doubles: both tails, densities, quantiles, first moments; transport with errors estimated from the rounding of each. */
#include "drift/est_ray.h"

#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_erf.h>

/* ---- tails, densities, quantiles ---- */

/* log of the regularised incomplete beta function I_x(a, b), by its series of positive terms in x < 1 (GSL's student tails have eight digits beyond 30
   degrees of freedom, and its beta function ends the program far out). */
static double log_beta_inc(double a, double b, double x)
{
    double term = 1, sum = 1;
    for (int n = 0; n < 1000000 && term > 1e-17 * sum; n++)
        term *= (a + b + n) / (a + 1 + n) * x, sum += term;
    return a * log(x) + b * log1p(-x) - log(a) - (lgamma(a) + lgamma(b) - lgamma(a + b)) + log(sum);
}

/* log P(Z > z). */
static double student_log_upper(double z, double nu)
{
    if (z > 1)
        return log_beta_inc(nu / 2, 0.5, nu / (nu + z * z)) - M_LN2;
    if (z < -1)
        return log1p(-exp(log_beta_inc(nu / 2, 0.5, nu / (nu + z * z))) / 2);
    const double inner = z != 0 ? exp(log_beta_inc(0.5, nu / 2, z * z / (nu + z * z))) / 2 : 0;
    return log(z > 0 ? 0.5 - inner : 0.5 + inner);
}

/* log of the mass beyond y on a side. */
static double log_tail(const est_ray *L, double y, int upper)
{
    if (L->kind == EST_LAPLACE || L->kind == EST_STUDENT) {
        const double z = (upper ? y - L->y[0] : L->y[0] - y) / L->s[0];
        if (L->kind == EST_STUDENT)
            return student_log_upper(z, L->dof);
        return z > 0 ? -z - M_LN2 : log1p(-exp(z) / 2);
    }
    double top = -INFINITY, sum = 0;
    for (slong j = 0; j < L->n; j++) {
        const double z = (y - L->y[j]) / L->s[j] * M_SQRT1_2;
        sum += L->w[j] * erfc(upper ? z : -z);
    }
    if (sum > 1e-280) /* positive terms: relative accuracy */
        return log(sum / 2);
    sum = 0;
    for (slong j = 0; j < L->n; j++) {
        const double z = (y - L->y[j]) / L->s[j] * M_SQRT1_2, l = log(L->w[j]) + gsl_sf_log_erfc(upper ? z : -z) - M_LN2;
        sum = l > top ? sum * exp(top - l) + 1 : sum + exp(l - top);
        top = fmax(top, l);
    }
    return top + log(sum);
}

/* log of the density. */
static double log_density(const est_ray *L, double y)
{
    if (L->kind == EST_LAPLACE)
        return -fabs(y - L->y[0]) / L->s[0] - log(2 * L->s[0]);
    if (L->kind == EST_STUDENT) {
        const double z = (y - L->y[0]) / L->s[0], nu = L->dof;
        return -(nu + 1) / 2 * log1p(z * z / nu) + lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu * M_PI) / 2 - log(L->s[0]);
    }
    double top = -INFINITY, sum = 0;
    for (slong j = 0; j < L->n; j++) {
        const double z = (y - L->y[j]) / L->s[j];
        sum += L->w[j] / L->s[j] * exp(-z * z / 2);
    }
    if (sum > 1e-280)
        return log(sum) - log(2 * M_PI) / 2;
    sum = 0;
    for (slong j = 0; j < L->n; j++) {
        const double z = (y - L->y[j]) / L->s[j], l = log(L->w[j] / L->s[j]) - z * z / 2;
        sum = l > top ? sum * exp(top - l) + 1 : sum + exp(l - top);
        top = fmax(top, l);
    }
    return top + log(sum) - log(2 * M_PI) / 2;
}

/* The piece of a table that holds y, or the mass `level` (by = total). */
static slong piece(const double *by, slong n, double v)
{
    slong lo = 0, hi = n - 1;
    while (hi - lo > 1) {
        const slong c = (lo + hi) / 2;
        *(by[c] <= v ? &lo : &hi) = c;
    }
    return lo;
}

static double table_mass(const est_ray *L, double y)
{
    const slong i = piece(L->y, L->n, y);
    const double h = L->y[i + 1] - L->y[i], u = fmin(fmax(y - L->y[i], 0), h);
    return L->total[i] + u * (L->w[i] + (L->w[i + 1] - L->w[i]) * u / h / 2);
}

static double table_density(const est_ray *L, double y)
{
    const slong i = piece(L->y, L->n, y);
    return L->w[i] + (L->w[i + 1] - L->w[i]) * (y - L->y[i]) / (L->y[i + 1] - L->y[i]);
}

static double table_quantile(const est_ray *L, double level)
{
    const slong i = piece(L->total, L->n, level);
    const double h = L->y[i + 1] - L->y[i], a = L->w[i], b = (L->w[i + 1] - L->w[i]) / h, r = fmax(level - L->total[i], 0);
    const double root = a + sqrt(fmax(a * a + 2 * b * r, 0));
    return L->y[i] + (root > 0 ? fmin(2 * r / root, h) : 0);
}

/* GSL's quantile has about eight digits: Newton on the logarithm for the rest. */
static double student_quantile(const est_ray *L, double log_u, int upper)
{
    const double sign = upper ? 1 : -1;
    double y = L->y[0] + sign * L->s[0] * (log_u > -600 ? gsl_cdf_tdist_Qinv(exp(log_u), L->dof) : exp(-log_u / L->dof));
    for (int k = 0; k < 6; k++) {
        const double l = log_tail(L, y, upper), next = y + sign * (l - log_u) * exp(l - log_density(L, y));
        if (!isfinite(next))
            break;
        y = next;
    }
    return y;
}

/* y with log tail = log_u: bisection to a bracket, then Newton on the logarithm inside it. */
static double quantile(const est_ray *L, double log_u, int upper)
{
    const double sign = upper ? 1 : -1;
    if (L->kind == EST_LAPLACE)
        return L->y[0] + sign * L->s[0] * (log_u <= -M_LN2 ? -log_u - M_LN2 : log(2 * -expm1(log_u)));
    if (L->kind == EST_STUDENT)
        return student_quantile(L, log_u, upper);
    double lo = INFINITY, hi = -INFINITY;
    const double reach = sqrt(2 * fmax(-log_u, 0)) + 3;
    for (slong j = 0; j < L->n; j++)
        lo = fmin(lo, sign * L->y[j] - 3 * L->s[j]), hi = fmax(hi, sign * L->y[j] + reach * L->s[j]);
    for (int k = 0; k < 40 && log_tail(L, sign * lo, upper) < log_u; k++)
        lo -= hi - lo;
    double y = lo + (hi - lo) / 2;
    for (int k = 0; k < 200; k++) {
        const double miss = log_tail(L, sign * y, upper) - log_u;
        *(miss > 0 ? &lo : &hi) = y;
        const double step = miss * exp(miss + log_u - log_density(L, sign * y));
        const double next = y + step > lo && y + step < hi ? y + step : lo + (hi - lo) / 2;
        if (fabs(next - y) <= 4 * DP_ULP * fmax(fabs(next), L->size) || !(hi > lo))
            return sign * next;
        y = next;
    }
    return sign * y;
}

/* E[Y; Y beyond y]. */
static double first(const est_ray *L, double y, int upper)
{
    double sum = 0;
    if (L->kind == EST_TABLE) {
        const slong i = piece(L->y, L->n, y);
        const double h = L->y[i + 1] - L->y[i], u = fmin(fmax(y - L->y[i], 0), h), b = (L->w[i + 1] - L->w[i]) / h;
        const double below = L->moment[i] + L->y[i] * u * (L->w[i] + b * u / 2) + u * u * (L->w[i] / 2 + b * u / 3);
        return upper ? L->moment[L->n - 1] - below : below;
    }
    const double sign = upper ? 1 : -1;
    if (L->kind == EST_MIXTURE) {
        for (slong j = 0; j < L->n; j++) {
            const double z = (y - L->y[j]) / L->s[j];
            sum += L->w[j] * (L->y[j] * erfc(sign * z * M_SQRT1_2) / 2 + sign * L->s[j] * exp(-z * z / 2) / sqrt(2 * M_PI));
        }
        return sum;
    }
    const double z = fabs(y - L->y[0]) / L->s[0], f = exp(log_density(L, y)) * L->s[0];
    const double part = L->kind == EST_LAPLACE ? (z + 1) * f : L->dof > 1 ? (L->dof + z * z) / (L->dof - 1) * f : INFINITY;
    return L->y[0] * exp(log_tail(L, y, upper)) + sign * L->s[0] * part;
}

static double mean(const est_ray *L)
{
    double sum = 0;
    if (L->kind == EST_TABLE)
        return L->moment[L->n - 1];
    for (slong j = 0; j < L->n; j++)
        sum += (L->kind == EST_MIXTURE ? L->w[j] : 1) * L->y[j];
    return L->kind == EST_STUDENT && L->dof <= 1 ? INFINITY : sum;
}

/* ---- transport ---- */

static const dp_num unknown = {0, INFINITY};

/* Where the mass `level` below lies in a law with a density. */
static dp_num at_level(const est_ray *p, double level)
{
    double y;
    if (p->kind == EST_TABLE)
        return (dp_num){table_quantile(p, level), 16 * DP_ULP * p->size + 8 * DP_ULP / fmax(table_density(p, table_quantile(p, level)), 1e-300)};
    if (level <= 0 || level >= 1)
        return unknown;
    y = level < 0.5 ? quantile(p, log(level), 0) : quantile(p, log1p(-level), 1);
    return (dp_num){y, 8 * DP_ULP * (fabs(y) + p->size) + 8 * DP_ULP * exp(-log_density(p, y))};
}

/* Mean of p over the levels lo .. hi < 1, lo < hi. */
static dp_num mean_between(const est_ray *p, double lo, double hi)
{
    const int upper = lo + hi > 1;
    const double a = upper ? 1 - hi : lo, b = upper ? 1 - lo : hi;
    double part[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        const double u = k ? b : a;
        if (u >= 1 - 4 * DP_ULP)
            part[k] = mean(p);
        else if (u > 4 * DP_ULP)
            part[k] = first(p, p->kind == EST_TABLE ? table_quantile(p, upper ? 1 - u : u) : quantile(p, log(u), upper), upper);
    }
    const double m = (part[1] - part[0]) / (b - a);
    if (!isfinite(m))
        return unknown;
    return (dp_num){m, 64 * DP_ULP * (fabs(part[0]) + fabs(part[1]) + p->size) / (b - a)};
}

/* Points of p: the mean over levels, or the point that holds a level; the middle of two with half their distance as the error between them. */
static dp_num step_mean(const est_ray *p, double lo, double hi)
{
    double sum[2];
    const double width = hi - lo;
    for (int k = 0; k < 2; k++) {
        const double u = k ? hi : lo;
        slong i = piece(p->total, p->n + 1, u);
        sum[k] = p->moment[i] + (u - p->total[i]) * p->y[i];
    }
    return (dp_num){(sum[1] - sum[0]) / width, 8 * DP_ULP * (double) p->n * p->size / width};
}

static dp_num step_at(const est_ray *p, double level, double slack, int *smooth)
{
    const slong i = piece(p->total, p->n + 1, level);
    slong lo = i, hi = i;
    while (lo > 0 && p->total[lo] > level - slack)
        lo--;
    while (hi < p->n - 1 && p->total[hi + 1] < level + slack)
        hi++;
    *smooth = lo == hi;
    return (dp_num){(p->y[lo] + p->y[hi]) / 2, (p->y[hi] - p->y[lo]) / 2 + 4 * DP_ULP * p->size};
}

/* Levels of t in points q: below, up to. */
static void step_levels(double *lo, double *hi, const est_ray *q, double t, double slip)
{
    slong a = 0, b = q->n;
    const double slack = slip + 8 * DP_ULP * q->size;
    while (a < b) { /* first point at or above t - slack */
        const slong c = (a + b) / 2;
        if (q->y[c] < t - slack) a = c + 1; else b = c;
    }
    for (b = a; b < q->n && q->y[b] <= t + slack; b++)
        ;
    *lo = q->total[a], *hi = q->total[b];
}

static void from_steps(est_transport *out, const est_ray *q, const est_ray *p, double t, double slip)
{
    double lo, hi;
    step_levels(&lo, &hi, q, t, slip);
    out->smooth = !(hi > lo);
    if (hi > lo)
        out->T = p->kind == EST_STEPS ? step_mean(p, lo, hi) : mean_between(p, lo, hi);
    else
        out->T = p->kind == EST_STEPS ? step_at(p, lo, 4 * DP_ULP * (double) (q->n + p->n), &out->smooth) : at_level(p, lo);
    out->slope = out->smooth ? dp_num_exact(0) : unknown;
}

/* A density onto a density: the level of t by its smaller side. */
static void smooth_transport(est_transport *out, const est_ray *q, const est_ray *p, double t, double slip)
{
    double log_u, log_f, y;
    int upper = 0;
    out->smooth = 1, out->T = out->slope = unknown;
    if (q->kind == EST_TABLE) {
        const double m = table_mass(q, t), all = q->total[q->n - 1], f = table_density(q, t);
        if (t <= q->y[0] || t >= q->y[q->n - 1] || !(m > 0) || !(m < all))
            return;
        upper = m > all / 2, log_u = log((upper ? all - m : m) / all), log_f = log(f);
    } else {
        const double below = log_tail(q, t, 0);
        upper = below > -M_LN2, log_u = upper ? log_tail(q, t, 1) : below, log_f = log_density(q, t);
    }
    if (!isfinite(log_u))
        return;
    if (p->kind == EST_TABLE) {
        const double u = exp(log_u) * p->total[p->n - 1];
        y = table_quantile(p, upper ? p->total[p->n - 1] - u : u);
    } else
        y = quantile(p, log_u, upper);
    const double log_p = p->kind == EST_TABLE ? log(table_density(p, y)) : log_density(p, y), slope = exp(log_f - log_p);
    if (!isfinite(y) || !isfinite(slope))
        return;
    const double grain = p->kind == EST_TABLE || q->kind == EST_TABLE ? 1 : exp(log_u), scale = (fabs(log_u) + 8) * (p->kind == EST_STUDENT || q->kind == EST_STUDENT ? 64 : 1); /* log-gamma functions and long sums */
    out->T = (dp_num){y, 16 * DP_ULP * (fabs(y) + p->size) + slope * slip + 8 * DP_ULP * scale * exp(fmin(log(grain) - log_p, 700))};
    const double dq = slip + 4 * DP_ULP * (fabs(t) + q->size), dp = out->T.e; /* d log density by a difference */
    const double rq = q->kind == EST_TABLE ? fabs(table_density(q, t + dq) / exp(log_f) - 1) : fabs(expm1(log_density(q, t + dq) - log_f));
    const double rp = p->kind == EST_TABLE ? fabs(table_density(p, y + dp) / exp(log_p) - 1) : fabs(expm1(log_density(p, y + dp) - log_p));
    out->slope = (dp_num){slope, slope * (2 * (rq + rp) + 32 * DP_ULP * (fabs(log_f) + fabs(log_p) + 4))};
}

void est_transport_at(est_transport *out, const est_ray *q, const est_ray *p, double t, double slip)
{
    if (q->kind == EST_STEPS) {
        from_steps(out, q, p, t, slip);
        return;
    }
    if (p->kind != EST_STEPS) {
        smooth_transport(out, q, p, t, slip);
        return;
    }
    double level, slack = 16 * DP_ULP * (double) p->n;
    if (q->kind == EST_TABLE)
        level = table_mass(q, t) / q->total[q->n - 1], slack += slip * table_density(q, t);
    else
        level = exp(log_tail(q, t, 0)), slack += slip * exp(log_density(q, t));
    out->smooth = 1;
    out->T = step_at(p, level, slack, &out->smooth);
    out->slope = out->smooth ? dp_num_exact(0) : unknown;
}
