/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit_naive.h: drifts as frameworks compute them, with whole matrices, exponentials and divisions in arithmetic of type REAL; included once for each. */

/* Logits of x against b; mask: 1e6 on the diagonal, before the division. */
static void NAME(logits)(REAL *L, size_t stride, const REAL *x, const REAL *b, size_t n, size_t m, size_t d, int squared, int mask, REAL tau)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            REAL r = 0;
            for (size_t k = 0; k < d; k++) r += (x[i * d + k] - b[j * d + k]) * (x[i * d + k] - b[j * d + k]);
            if (!squared) r = (REAL) sqrt((double) r);
            if (mask && i == j) r += (REAL) 1e6;
            L[i * stride + j] = -r / tau;
        }
}

/* The same of x against itself with |a|^2 + |b|^2 - 2 a b for the squared distance, as torch.cdist forms it: no distance of a point to itself is 0. */
static void NAME(product_logits)(REAL *L, size_t stride, const REAL *x, size_t n, size_t d, REAL tau)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            volatile REAL a = 0, b = 0, c = 0;
            for (size_t k = 0; k < d; k++) a += x[i * d + k] * x[i * d + k], b += x[j * d + k] * x[j * d + k], c += x[i * d + k] * (x[j * d + k] * (1 + (k ? 1 : -1) * (sizeof(REAL) == 4 ? (REAL) 0x1p-23 : (REAL) 0x1p-52)));
            const REAL r = a + b - 2 * c;
            L[i * stride + j] = -(REAL) sqrt(r > 0 ? (double) r : 0) / tau;
        }
}

/* Softmax of count numbers, `stride` apart. */
static void NAME(softmax)(REAL *out, const REAL *in, size_t count, size_t stride)
{
    REAL top = in[0], sum = 0;
    for (size_t i = 1; i < count; i++) top = in[i * stride] > top ? in[i * stride] : top;
    for (size_t i = 0; i < count; i++) sum += out[i * stride] = (REAL) exp((double) (in[i * stride] - top));
    for (size_t i = 0; i < count; i++) out[i * stride] /= sum;
}

/* A of an n x m matrix: 'q': root, 'p': product, 'r': rows, 'c': columns. */
static void NAME(affinity)(REAL *A, const REAL *L, size_t n, size_t m, char norm)
{
    REAL *row = malloc(sizeof(REAL) * n * m), *col = malloc(sizeof(REAL) * n * m);
    for (size_t i = 0; i < n; i++) NAME(softmax)(row + i * m, L + i * m, m, 1);
    for (size_t j = 0; j < m; j++) NAME(softmax)(col + j, L + j, n, m);
    for (size_t k = 0; k < n * m; k++) A[k] = norm == 'q' ? (REAL) sqrt((double) (row[k] * col[k])) : norm == 'p' ? row[k] * col[k] : norm == 'r' ? row[k] : col[k];
    free(row), free(col);
}

/* (A^+ sum A^-) y - (A^- sum A^+) b; columns of A: m of y, then l of the negatives b. */
static void NAME(cross)(REAL *v, const REAL *A, const REAL *b, const REAL *y, size_t n, size_t m, size_t l, size_t d)
{
    for (size_t i = 0; i < n; i++) {
        const REAL *a = A + i * (m + l);
        REAL p = 0, q = 0;
        for (size_t j = 0; j < m; j++) p += a[j];
        for (size_t j = 0; j < l; j++) q += a[m + j];
        for (size_t k = 0; k < d; k++) {
            REAL s = 0, t = 0;
            for (size_t j = 0; j < m; j++) s += a[j] * q * y[j * d + k];
            for (size_t j = 0; j < l; j++) t += a[m + j] * p * b[j * d + k];
            v[i * d + k] = s - t;
        }
    }
}

/* With l negatives b, x itself the first n of them. */
static void NAME(da2_among)(REAL *v, const REAL *x, const REAL *y, const REAL *b, size_t n, size_t m, size_t l, size_t d, REAL tau, int squared, int mask, char norm)
{
    const size_t t = l + m;
    REAL *L = malloc(sizeof(REAL) * n * t), *A = malloc(sizeof(REAL) * n * t);
    NAME(logits)(L, t, x, y, n, m, d, squared, 0, tau), NAME(logits)(L + m, t, x, b, n, l, d, squared, mask, tau);
    NAME(affinity)(A, L, n, t, norm);
    NAME(cross)(v, A, b, y, n, m, l, d);
    free(L), free(A);
}

static void NAME(da2)(REAL *v, const REAL *x, const REAL *y, size_t n, size_t m, size_t d, REAL tau, int squared, int mask, char norm)
{
    NAME(da2_among)(v, x, y, x, n, m, n, d, tau, squared, mask, norm);
}

/* Neither mask nor differences. */
static void NAME(da2_product)(REAL *v, const REAL *x, const REAL *y, size_t n, size_t m, size_t d, REAL tau)
{
    const size_t t = n + m;
    REAL *L = malloc(sizeof(REAL) * n * t), *A = malloc(sizeof(REAL) * n * t);
    NAME(logits)(L, t, x, y, n, m, d, 0, 0, tau), NAME(product_logits)(L + m, t, x, n, d, tau);
    NAME(affinity)(A, L, n, t, 'q');
    NAME(cross)(v, A, x, y, n, m, n, d);
    free(L), free(A);
}

/* Means of exp(-r/tau) (b - x) over y and over x. */
static void NAME(means)(REAL *v, REAL sign, const REAL *x, const REAL *b, size_t n, size_t m, size_t d, REAL tau)
{
    REAL *L = malloc(sizeof(REAL) * n * m);
    NAME(logits)(L, m, x, b, n, m, d, 0, 0, tau);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t k = 0; k < d; k++) v[i * d + k] += sign * (REAL) exp((double) L[i * m + j]) * (b[j * d + k] - x[i * d + k]) / (REAL) m;
    free(L);
}

/* The toy code: kernel over the root of the clamped product of sums. */
static void NAME(toy)(REAL *v, const REAL *x, const REAL *y, size_t n, size_t m, size_t d, REAL tau)
{
    const size_t t = n + m;
    REAL *A = malloc(sizeof(REAL) * n * t), *row = calloc(n, sizeof(REAL)), *col = calloc(t, sizeof(REAL));
    NAME(logits)(A, t, x, y, n, m, d, 0, 0, tau), NAME(logits)(A + m, t, x, x, n, n, d, 0, 1, tau);
    for (size_t k = 0; k < n * t; k++) A[k] = (REAL) exp((double) A[k]), row[k / t] += A[k], col[k % t] += A[k];
    for (size_t k = 0; k < n * t; k++) A[k] /= (REAL) sqrt(fmax((double) (row[k / t] * col[k % t]), 1e-12));
    NAME(cross)(v, A, x, y, n, m, n, d);
    free(A), free(row), free(col);
}

static void NAME(proxy)(REAL *v, const REAL *x, const REAL *y, size_t n, size_t m, size_t d, REAL tau)
{
    const size_t t = n + m;
    REAL *L = malloc(sizeof(REAL) * n * t), *P = malloc(sizeof(REAL) * n * t), *A = malloc(sizeof(REAL) * n * t);
    NAME(logits)(L, m, x, y, n, m, d, 1, 0, tau), NAME(affinity)(P, L, n, m, 'q');
    for (size_t i = 0; i < n; i++) memcpy(A + i * t, P + i * m, sizeof(REAL) * m);
    NAME(logits)(L, n, x, x, n, n, d, 1, 0, tau), NAME(affinity)(P, L, n, n, 'q');
    for (size_t i = 0; i < n; i++) memcpy(A + i * t + m, P + i * n, sizeof(REAL) * n);
    NAME(cross)(v, A, x, y, n, m, n, d);
    free(L), free(P), free(A);
}

/* Plans of `sweeps` sweeps on kernels, rows first; 0: the mean-shift. */
static void NAME(plan)(REAL *v, REAL sign, const REAL *x, const REAL *b, size_t n, size_t m, size_t d, REAL tau, int mask, int sweeps)
{
    REAL *P = malloc(sizeof(REAL) * n * m);
    NAME(logits)(P, m, x, b, n, m, d, 1, mask, tau);
    for (size_t i = 0; i < n; i++) NAME(softmax)(P + i * m, P + i * m, m, 1);
    for (int s = 0; s < sweeps; s++) {
        for (size_t j = 0; j < m; j++) {
            REAL sum = 0;
            for (size_t i = 0; i < n; i++) sum += P[i * m + j];
            for (size_t i = 0; i < n; i++) P[i * m + j] /= sum;
        }
        for (size_t i = 0; i < n; i++) {
            REAL sum = 0;
            for (size_t j = 0; j < m; j++) sum += P[i * m + j];
            for (size_t j = 0; j < m; j++) P[i * m + j] /= sum;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++)
            for (size_t j = 0; j < m; j++) v[i * d + k] += sign * P[i * m + j] * b[j * d + k];
    free(P);
}

static void NAME(mmd)(REAL *v, REAL sign, const REAL *x, const REAL *b, size_t n, size_t m, size_t d, REAL h)
{
    REAL *L = malloc(sizeof(REAL) * n * m);
    NAME(logits)(L, m, x, b, n, m, d, 1, 0, 2 * h * h);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t k = 0; k < d; k++) v[i * d + k] += sign * (REAL) exp((double) L[i * m + j]) * (b[j * d + k] - x[i * d + k]) / (h * h) / (REAL) m;
    free(L);
}

/* The released code at one temperature: columns [x, y], distances over their mean, 100 on the diagonal, clip, coordinates in units of mean/sqrt(d), root mean square 1. */
static void NAME(released)(REAL *v, const REAL *x, const REAL *y, size_t n, size_t m, size_t d, REAL tau)
{
    const size_t t = n + m;
    REAL *all = malloc(sizeof(REAL) * t * d), *L = malloc(sizeof(REAL) * n * t), *row = malloc(sizeof(REAL) * n * t), *col = malloc(sizeof(REAL) * n * t), mean = 0, square = 0;
    memcpy(all, x, sizeof(REAL) * n * d), memcpy(all + n * d, y, sizeof(REAL) * m * d);
    NAME(logits)(L, t, x, all, n, t, d, 0, 0, -1);
    for (size_t k = 0; k < n * t; k++) L[k] = L[k] > (REAL) 1e-4 ? L[k] : (REAL) 1e-4, mean += L[k] / (REAL) (n * t);
    for (size_t k = 0; k < n * t; k++) L[k] = -(L[k] / mean + (k / t == k % t ? 100 : 0)) / tau;
    for (size_t i = 0; i < n; i++) NAME(softmax)(row + i * t, L + i * t, t, 1);
    for (size_t j = 0; j < t; j++) NAME(softmax)(col + j, L + j, n, t);
    for (size_t k = 0; k < n * t; k++) L[k] = (REAL) sqrt(fmax((double) (row[k] * col[k]), 1e-6));
    for (size_t i = 0; i < n; i++) {
        REAL p = 0, q = 0;
        for (size_t j = 0; j < t; j++) *(j < n ? &q : &p) += L[i * t + j];
        for (size_t k = 0; k < d; k++) {
            for (size_t j = 0; j < t; j++) v[i * d + k] += L[i * t + j] * (j < n ? -p : q) * (all[j * d + k] - x[i * d + k]) / (mean / (REAL) sqrt((double) d));
            square += v[i * d + k] * v[i * d + k] / (REAL) (n * d);
        }
    }
    for (size_t i = 0; i < n * d; i++) v[i] /= (REAL) sqrt((double) square);
    free(all), free(L), free(row), free(col);
}

/* One recorded step by the name of the program; b: its bandwidth or temperature. */
static void NAME(program)(const char *name, REAL *v, const REAL *x, const REAL *y, size_t n, size_t m, size_t d, REAL b)
{
    const REAL two = 2;
    for (size_t i = 0; i < n * d; i++) v[i] = 0;
    if (!strcmp(name, "da2")) NAME(da2)(v, x, y, n, m, d, b, 0, 1, 'q');
    else if (!strcmp(name, "da2-unmasked")) NAME(da2)(v, x, y, n, m, d, b, 0, 0, 'q');
    else if (!strcmp(name, "da2-squared")) NAME(da2)(v, x, y, n, m, d, b, 1, 0, 'q');
    else if (!strcmp(name, "da2-no-root")) NAME(da2)(v, x, y, n, m, d, b, 0, 1, 'p');
    else if (!strcmp(name, "da2-rows")) NAME(da2)(v, x, y, n, m, d, b, 0, 1, 'r');
    else if (!strcmp(name, "da2-columns")) NAME(da2)(v, x, y, n, m, d, b, 0, 1, 'c');
    else if (!strcmp(name, "da2-product")) NAME(da2_product)(v, x, y, n, m, d, b);
    else if (!strcmp(name, "means")) NAME(means)(v, 1, x, y, n, m, d, b), NAME(means)(v, -1, x, x, n, n, d, b);
    else if (!strcmp(name, "target")) {
        NAME(da2)(v, x, y, n, m, d, b, 0, 1, 'q');
        for (size_t i = 0; i < n * d; i++) v[i] += x[i];
    } else if (!strcmp(name, "toy")) NAME(toy)(v, x, y, n, m, d, b);
    else if (!strcmp(name, "released")) NAME(released)(v, x, y, n, m, d, b);
    else if (!strcmp(name, "proxy")) NAME(proxy)(v, x, y, n, m, d, b);
    else if (!strcmp(name, "mmd")) NAME(mmd)(v, 1, x, y, n, m, d, b), NAME(mmd)(v, -1, x, x, n, n, d, b);
    else {
        const int mask = !strcmp(name, "mean-shift-masked"), sweeps = strcmp(name, "sinkhorn") ? 0 : 20;
        NAME(plan)(v, 1, x, y, n, m, d, two * b * b, 0, sweeps), NAME(plan)(v, -1, x, x, n, n, d, two * b * b, mask, sweeps);
    }
}
