/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample.c: what a sample problem must satisfy before any engine sees it. */
#include "base/clones.h"
#include "particle/ball.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#pragma GCC optimize("O3")

void dp_drifted_note(dp_drifted *out, const char *name, double value)
{
    if (out->nnotes < DP_MOST_NOTES) out->note[out->nnotes].name = name, out->note[out->nnotes++].value = value;
}

/* Whether all are numbers of magnitude `largest` at most. */
CLONES static int within(const double *a, size_t count, double largest)
{
    int64_t bad = 0;
    for (size_t i = 0; i < count; i++) bad |= !(fabs(a[i]) <= largest);
    return !bad;
}

static dp_status check_points(const double *a, size_t n, size_t d, const char *name, dp_error *e)
{
    if (n == 0) return dp_fail(e, DP_EINPUT, "%s: no point; expected at least one", name);
    if (within(a, n * d, DBL_MAX)) return DP_OK;
    for (size_t i = 0; i < n * d; i++)
        if (!isfinite(a[i]))
            return dp_fail(e, DP_EINPUT, "%s: point %zu, coordinate %zu is %s; expected finite numbers", name, i / d, i % d, isnan(a[i]) ? "nan" : "infinite");
    return DP_OK;
}

/* ---- boxes ---- */

/* The box low to high, both d, grows around n points. */
static void surround(double *low, double *high, const double *a, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) low[k] = fmin(low[k], a[i * d + k]), high[k] = fmax(high[k], a[i * d + k]);
}

/* Around nothing yet; free() gives both back. */
static double *empty_box(double **high, size_t d)
{
    double *low = dp_malloc(sizeof *low * 2 * d);
    *high = low + d;
    for (size_t k = 0; k < d; k++) low[k] = INFINITY, (*high)[k] = -INFINITY;
    return low;
}

/* The box of all points. */
static double *box_of(double **high, const dp_sample *s)
{
    double *low = empty_box(high, s->d);
    surround(low, *high, s->x, s->n, s->d), surround(low, *high, s->y, s->m, s->d);
    if (s->z) surround(low, *high, s->z, s->l, s->d);
    return low;
}

double dp_sample_diagonal(const dp_sample *s)
{
    double *high, *low = box_of(&high, s), size = 0;
    for (size_t k = 0; k < s->d; k++) size = hypot(size, high[k] - low[k]);
    free(low);
    return size;
}

/* ---- sizes that doubles take ---- */

/* Sizes between which squares of differences keep their digits. */
static const double LARGEST = 1e150, SMALLEST = 1e-140, APART = 1e-124; /* coordinates of APART differ by SMALLEST at least */

static dp_status check_large(const double *a, size_t n, size_t d, double largest, const char *name, dp_error *e)
{
    if (within(a, n * d, largest)) return DP_OK;
    size_t i = 0;
    while (fabs(a[i]) <= largest) i++;
    return dp_fail(e, DP_EUNSUPPORTED, "%s: point %zu, coordinate %zu is %g; squares beyond %g^2 overflow: choose another unit, or take --precision DIGITS", name, i / d, i % d, a[i], largest);
}

/* The least and the largest magnitude but 0. */
static void spread(double *least, double *most, const double *a, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != 0) *least = fmin(*least, fabs(a[i])), *most = fmax(*most, fabs(a[i]));
}

/* What is below SMALLEST counts for nothing beside bandwidths of APART, or, where there is none, beside larger ones. */
static dp_status check_small(const dp_sample *s, dp_error *e)
{
    double width = s->nparts ? INFINITY : 0, least = INFINITY, most = 0;
    for (slong i = 0; i < s->nparts; i++) width = fmin(width, s->part[i].family == DP_KERNEL_ENERGY ? 0 : fmpq_get_d(&s->part[i].bandwidth));
    if (width > APART) return DP_OK;
    spread(&least, &most, s->x, s->n * s->d), spread(&least, &most, s->y, s->m * s->d);
    if (s->z) spread(&least, &most, s->z, s->l * s->d);
    if (width > 0 ? least > APART : most > SMALLEST || most == 0) return DP_OK;
    return width > 0 ? dp_fail(e, DP_EUNSUPPORTED, "coordinates down to %g with a bandwidth of %g: squares below %g^2 underflow: choose another unit, or take --precision DIGITS", least, width, SMALLEST)
                     : dp_fail(e, DP_EUNSUPPORTED, "coordinates of at most %g: squares below %g^2 underflow: choose another unit, or take --precision DIGITS", most, SMALLEST);
}

/* The exponent of one part, about. */
static double exponent(const dp_kernel_part *part, double size)
{
    const double z = size / dp_nearest_d(&part->bandwidth);
    return part->family == DP_KERNEL_ENERGY ? 0 : part->family == DP_KERNEL_GAUSSIAN ? z * z : part->family == DP_KERNEL_IMQ ? z : dp_kernel_rate(part->family) * z;
}

/* Logarithms of sums, of IMQ and of Matern kernels must be numbers wherever two points are: so must the exponent of some part. (Costs of a Gaussian or exp(-r/h) are divided by the bandwidth once they are differences.) */
static dp_status check_exponents(const dp_sample *s, dp_error *e)
{
    double least = INFINITY;
    if (s->nparts == 0 || (s->nparts == 1 && (s->part->family == DP_KERNEL_GAUSSIAN || s->part->family == DP_KERNEL_LAPLACE))) return DP_OK;
    const double size = dp_sample_diagonal(s);
    for (slong i = 0; i < s->nparts; i++) least = fmin(least, exponent(s->part + i, size));
    return least < INFINITY ? DP_OK : dp_fail(e, DP_EUNSUPPORTED, "exponents of the kernel beyond doubles: distances up to %g are too large for such a bandwidth; take --precision DIGITS", size);
}

dp_status dp_sample_range(const dp_sample *s, dp_error *e)
{
    const double largest = s->single ? 1e17 : LARGEST;
    dp_status status = check_large(s->x, s->n, s->d, largest, "x", e);
    if (!status) status = check_large(s->y, s->m, s->d, largest, "y", e);
    if (!status && s->z) status = check_large(s->z, s->l, s->d, largest, "negatives", e);
    if (!status) status = check_exponents(s, e);
    return status ? status : check_small(s, e);
}

dp_status dp_sample_check(const dp_sample *s, dp_error *e)
{
    dp_status status = DP_OK;
    if (s->d == 0) return dp_fail(e, DP_EINPUT, "x: points of dimension 0; expected at least one coordinate");
    status = check_points(s->x, s->n, s->d, "x", e);
    if (!status) status = check_points(s->y, s->m, s->d, "y", e);
    if (!status && s->z) status = check_points(s->z, s->l, s->d, "negatives", e);
    if (!status && s->z && s->leave_out && s->paired && s->l < s->n) status = dp_fail(e, DP_EINPUT, "negatives: %zu points; a mask needs the %zu points x, or stand-ins for them, to come first among them", s->l, s->n);
    if (!status && s->direction) status = check_points(s->direction, s->ndirections, s->d, "directions", e);
    for (size_t i = 0; !status && i < s->ndirections; i++) {
        size_t k = 0;
        while (k < s->d && s->direction[i * s->d + k] == 0) k++;
        if (k == s->d) status = dp_fail(e, DP_EINPUT, "directions: number %zu is zero; expected vectors of any length > 0", i);
    }
    return status;
}

size_t dp_negatives(const dp_sample *s) { return s->z ? s->l : s->n; }

dp_pairing dp_pairing_y(const dp_sample *s, const dp_pkernel *k, dp_form form)
{
    return (dp_pairing){.n = s->n, .m = s->m, .d = s->d, .a = s->x, .b = s->y, .kernel = k, .form = form, .single = s->single, .threads = s->threads};
}

dp_pairing dp_pairing_negatives(const dp_sample *s, const dp_pkernel *k, dp_form form)
{
    dp_pairing p = dp_pairing_y(s, k, form);
    p.m = dp_negatives(s), p.b = s->z ? s->z : s->x, p.skip = s->leave_out && (!s->z || s->paired);
    return p;
}

double dp_pairing_diagonal(const dp_pairing *p)
{
    double r2 = 0, *high, *low = empty_box(&high, p->d);
    surround(low, high, p->a, p->n, p->d), surround(low, high, p->b, p->m, p->d);
    for (size_t k = 0; k < p->d; k++) r2 += (high[k] - low[k]) * (high[k] - low[k]);
    free(low);
    return r2;
}

dp_pairing dp_pairing_turned(const dp_pairing *p)
{
    dp_pairing t = *p;
    t.n = p->m, t.m = p->n, t.a = p->b, t.b = p->a, t.add = NULL, t.cost = p->turned, t.turned = p->cost;
    return t;
}

/* ---- in floats ---- */

/* Bandwidths whose squares and inverses floats hold with all that counts beside them; diagonals likewise where there is no bandwidth; bandwidths to a diagonal, so that roundings of coordinates
   are 2^-14 of a bandwidth at most. */
static const double LEAST_WIDTH = 1e-10, MOST_WIDTH = 1e15, SPAN = 1024;

int dp_sample_fits_single(const dp_sample *s)
{
    const double size = dp_sample_diagonal(s);
    int fits = size == 0 || (size >= 1e-30 && size <= SPAN * MOST_WIDTH);
    for (slong i = 0; i < s->nparts && fits; i++) {
        const double h = s->part[i].family == DP_KERNEL_ENERGY ? size > 0 ? size : 1 : fmpq_get_d(&s->part[i].bandwidth);
        fits = h >= LEAST_WIDTH && h <= MOST_WIDTH && size <= SPAN * h;
    }
    return fits;
}

static const double *less(double **to, const double *a, size_t n, size_t d, const double *centre)
{
    double *at = *to;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) *(*to)++ = a[i * d + k] - centre[k];
    return at;
}

double *dp_sample_served(dp_sample *out, const dp_sample *s)
{
    *out = *s;
    out->single = s->single && dp_sample_fits_single(s);
    if (!out->single) return NULL;
    double *high, *low = box_of(&high, s), *room = dp_malloc(sizeof *room * (s->n + s->m + (s->z ? s->l : 0)) * s->d), *to = room;
    for (size_t k = 0; k < s->d; k++) low[k] = low[k] / 2 + high[k] / 2;
    out->x = less(&to, s->x, s->n, s->d, low), out->y = less(&to, s->y, s->m, s->d, low);
    if (s->z) out->z = less(&to, s->z, s->l, s->d, low);
    free(low);
    return room;
}

/* ---- x and y as laws ---- */

typedef struct { const double *at; size_t d; } point;

static int order(const void *pa, const void *pb)
{
    const point *a = pa, *b = pb;
    for (size_t k = 0; k < a->d; k++)
        if (a->at[k] != b->at[k]) return a->at[k] < b->at[k] ? -1 : 1;
    return 0;
}

static point *sorted(const double *a, size_t n, size_t d)
{
    point *p = dp_malloc(sizeof *p * n);
    for (size_t i = 0; i < n; i++) p[i] = (point){a + i * d, d};
    qsort(p, n, sizeof *p, order);
    return p;
}

/* How many from `i` on are equal. */
static size_t run(const point *p, size_t n, size_t i)
{
    size_t k = 1;
    while (i + k < n && !order(p + i, p + i + k)) k++;
    return k;
}

int dp_sample_same_law(const dp_sample *s)
{
    point *x = sorted(s->x, s->n, s->d), *y = sorted(s->y, s->m, s->d);
    size_t i = 0, j = 0;
    int same = 1;
    while (same && i < s->n && j < s->m) {
        const size_t a = run(x, s->n, i), b = run(y, s->m, j);
        same = !order(x + i, y + j) && a * s->m == b * s->n;
        i += a, j += b;
    }
    same = same && i == s->n && j == s->m;
    free(x), free(y);
    return same;
}
