/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wide_terms.h: kernels and slopes of one pair; a template: REAL, NAME(x), MATH(x), the function of <math.h> for that type, and EPSILON are set by the includer. */

static REAL NAME(square)(const double *a, const double *b, size_t d)
{
    REAL r2 = 0;
    for (size_t c = 0; c < d; c++) r2 += ((REAL) a[c] - (REAL) b[c]) * ((REAL) a[c] - (REAL) b[c]);
    return r2;
}

/* sum over n >= 2 of c(n) t^n/n!, |c(n)| < n^2, |t| <= 1. */
static REAL NAME(series)(int (*c)(int n), REAL t)
{
    REAL sum = 0, power = t;
    for (int n = 2; n < 60 && MATH(fabs)(power) > EPSILON * EPSILON * MATH(fabs)(t); n++) power *= t / (REAL) n, sum += power * (REAL) c(n);
    return sum;
}

/* A form of one part without its weight is factor exp(-exponent); z = a r is the argument of kernels with exponential tails, (1 + z + z^2/3) exp(-z) and its first terms. */
static REAL NAME(rate)(dp_kernel_family family) { return family == DP_KERNEL_LAPLACE ? 1 : MATH(sqrt)(family == DP_KERNEL_MATERN32 ? 3 : 5); }

static REAL NAME(exponent)(dp_kernel_family family, REAL h, REAL r2)
{
    if (family == DP_KERNEL_GAUSSIAN) return r2 / h / h / 2;
    return family == DP_KERNEL_IMQ || family == DP_KERNEL_ENERGY ? 0 : NAME(rate)(family) * (MATH(sqrt)(r2) / h);
}

static REAL NAME(factor)(dp_kernel_family family, dp_form form, REAL h, REAL r2, REAL z)
{
    if (family == DP_KERNEL_GAUSSIAN) return form == DP_FORM_KERNEL ? 1 : form == DP_FORM_SLOPE ? 1 / h / h : h * h;
    if (family == DP_KERNEL_ENERGY) return form == DP_FORM_KERNEL ? -MATH(sqrt)(r2) : 1 / MATH(sqrt)(r2);
    if (family == DP_KERNEL_IMQ) return form == DP_FORM_KERNEL ? 1 / MATH(sqrt)(1 + r2 / h / h) : 1 / (1 + r2 / h / h) / MATH(sqrt)(1 + r2 / h / h) / h / h;
    const int rung = family == DP_KERNEL_LAPLACE ? 0 : family == DP_KERNEL_MATERN32 ? 1 : 2;
    if (form == DP_FORM_KERNEL) return rung == 0 ? 1 : rung == 1 ? 1 + z : 1 + z + z * z / 3;
    if (form == DP_FORM_SLOPE) return (rung == 0 ? 1 / z : rung == 1 ? 3 : 5 * (1 + z) / 3) / h / h;
    return (rung == 0 ? 1 + z : rung == 1 ? 1 + z + z * z / 3 : 1 + z + z * z * 2 / 5 + z * z * z / 15) * h * h;
}

static REAL NAME(value)(dp_kernel_family family, dp_form form, REAL h, REAL r2)
{
    const REAL z = NAME(exponent)(family, h, r2), decay = z > 0 ? MATH(exp)(-z) : 1;
    return decay > 0 ? NAME(factor)(family, form, h, r2, z) * decay : 0; /* a factor may be infinite */
}

/* k(r) - k(0). Matern kernels by the series of exp, in which first orders cancel: (1 - n) and (1 - n + n (n - 1)/3) times (-z)^n/n!. */
static REAL NAME(fall)(dp_kernel_family family, REAL h, REAL r2)
{
    const REAL z = NAME(exponent)(family, h, r2), u = r2 / h / h;
    if (family == DP_KERNEL_ENERGY) return NAME(value)(family, DP_FORM_KERNEL, h, r2);
    if (family == DP_KERNEL_IMQ) return isfinite(u) ? -u / MATH(sqrt)(1 + u) / (1 + MATH(sqrt)(1 + u)) : -1;
    if (family == DP_KERNEL_GAUSSIAN || family == DP_KERNEL_LAPLACE) return MATH(expm1)(-z);
    if (z < 1) return family == DP_KERNEL_MATERN32 ? NAME(series)(matern32, -z) : NAME(series)(matern52, -z) / 3;
    return NAME(value)(family, DP_FORM_KERNEL, h, r2) - 1;
}

/* Row i: what is summed, of the whole kernel. */
static long double NAME(row)(const dp_pairing *p, dp_wide_term term, size_t i)
{
    const dp_pkernel *k = p->kernel;
    long double sum = 0;
    for (slong part = 0; part < k->nparts; part++) {
        const dp_kernel_family family = k->part[part].family;
        const REAL h = (REAL) k->part[part].exact_h;
        long double of_part = 0;
        for (size_t j = 0; j < p->m; j++) {
            const REAL r2 = NAME(square)(p->a + i * p->d, p->b + j * p->d, p->d);
            if (!p->skip || i != j) of_part += term == DP_WIDE_FALL ? NAME(fall)(family, h, r2) : NAME(value)(family, DP_FORM_KERNEL, h, r2);
        }
        sum += k->part[part].exact_weight * of_part;
    }
    return sum;
}

/* v += factor sum_j coeff_j grad k(a_i, b_j), the sum first: sides that are equal cancel exactly. */
static void NAME(gradient)(long double *v, const dp_pairing *p, long double factor, const long double *coeff, size_t i)
{
    const dp_pkernel *k = p->kernel;
    const double *a = p->a + i * p->d;
    long double *moment = dp_calloc(p->d, sizeof *moment);
    for (size_t j = 0; j < p->m; j++) {
        const double *b = p->b + j * p->d;
        const REAL r2 = NAME(square)(a, b, p->d);
        long double w = 0;
        if ((p->skip && i == j) || r2 == 0) continue;
        for (slong part = 0; part < k->nparts; part++) w += k->part[part].exact_weight * NAME(value)(k->part[part].family, DP_FORM_SLOPE, (REAL) k->part[part].exact_h, r2);
        w *= coeff ? coeff[j] : 1;
        for (size_t c = 0; c < p->d; c++) moment[c] += w * ((long double) b[c] - a[c]);
    }
    for (size_t c = 0; c < p->d; c++) v[c] += factor * moment[c];
    free(moment);
}

/* Two forms of the whole kernel times exp(least). */
static void NAME(forms)(REAL *above, REAL *below, const dp_pkernel *k, dp_form f, dp_form g, REAL r2, REAL least)
{
    *above = *below = 0;
    for (slong part = 0; part < k->nparts; part++) {
        const dp_kernel_family family = k->part[part].family;
        const REAL h = (REAL) k->part[part].exact_h, z = NAME(exponent)(family, h, r2), w = (REAL) k->part[part].exact_weight * (z > least ? MATH(exp)(least - z) : 1);
        if (r2 > 0) *above += w * NAME(factor)(family, f, h, r2, z);
        *below += w * NAME(factor)(family, g, h, r2, z);
    }
}

/* Row i of dp_wide_scores; 0, and nothing is added, when this type does not hold it. */
static int NAME(score)(long double *v, const dp_pairing *p, int sign, dp_form above, size_t i)
{
    const double *a = p->a + i * p->d;
    REAL r2 = INFINITY, least = INFINITY, sum = 0, size = 0, *moment = dp_calloc(p->d, sizeof *moment), f, g;
    for (size_t j = 0; j < p->m; j++)
        if (!p->skip || i != j) r2 = MATH(fmin)(r2, NAME(square)(a, p->b + j * p->d, p->d));
    for (slong part = 0; part < p->kernel->nparts; part++) least = MATH(fmin)(least, NAME(exponent)(p->kernel->part[part].family, (REAL) p->kernel->part[part].exact_h, r2));
    for (size_t j = 0; j < p->m; j++) {
        const double *b = p->b + j * p->d;
        if (p->skip && i == j) continue;
        NAME(forms)(&f, &g, p->kernel, above, p->form, NAME(square)(a, b, p->d), least);
        sum += g, size += f;
        for (size_t c = 0; c < p->d; c++) moment[c] += f * ((REAL) b[c] - (REAL) a[c]);
    }
    const int held = isfinite(sum) && isfinite(size) && sum != 0;
    for (size_t c = 0; c < p->d && held; c++) v[c] += sign * ((long double) moment[c] / sum);
    free(moment);
    return held;
}
