/* SPDX-License-Identifier: GPL-3.0-or-later */
/* variant.c: the drifts that a recorded velocity can be: their names, their evaluation, the one that was declared. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"

static int is(const dp_variant *a, const char *drift) { return a->drift && !strcmp(a->drift, drift); }
static int has_kernel(const dp_variant *a) { return !is(a, "wasserstein") && !is(a, "sliced-wasserstein"); }

/* ---- evaluation ---- */

static double mean_distance(const dp_batch *b)
{
    double sum = 0;
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->n + b->m; j++) {
            const double *p = j < b->m ? b->y + j * b->d : b->x + (j - b->m) * b->d;
            double r2 = 0;
            for (size_t k = 0; k < b->d; k++) r2 += (p[k] - b->x[i * b->d + k]) * (p[k] - b->x[i * b->d + k]);
            sum += sqrt(r2);
        }
    return sum / (double) b->n / (double) (b->n + b->m);
}

double dp_variant_bandwidth(const dp_variant *a, double bandwidth, size_t d)
{
    switch (a->convention) {
    case DP_BANDWIDTH_TAU: return a->family == DP_KERNEL_LAPLACE ? bandwidth : sqrt(bandwidth / 2);
    case DP_BANDWIDTH_SQUARE: return sqrt(bandwidth);
    case DP_BANDWIDTH_FULL: return a->family == DP_KERNEL_GAUSSIAN ? bandwidth * sqrt(0.5) : bandwidth;
    case DP_BANDWIDTH_D: return bandwidth * (double) d;
    case DP_BANDWIDTH_ROOT_D: return bandwidth * sqrt((double) d);
    case DP_BANDWIDTH_MEAN: return NAN;
    default: return bandwidth;
    }
}

static double scaled(const dp_variant *a, const dp_batch *b, double bandwidth)
{
    return a->convention == DP_BANDWIDTH_MEAN ? bandwidth * mean_distance(b) : dp_variant_bandwidth(a, bandwidth, b->d);
}

/* With `nh` bandwidths as one kernel: the registry's drift, or the affinity (nh = 1). */
static dp_status evaluate(double *v, const dp_variant *a, const dp_batch *b, const double *h, size_t nh, dp_error *e)
{
    dp_kernel_part part[DP_MOST_BANDWIDTHS];
    fmpq_t lambda;
    dp_drifted out = {.v = v};
    dp_sample s = {.n = b->n, .m = b->m, .d = b->d, .x = b->x, .y = b->y, .nparts = (slong) nh, .part = part, .leave_out = a->mask, .drop_sizes = a->drop_sizes,
                   .columns_first = a->columns_first, .iterations = a->iterations, .tolerance = -1, .ndirections = b->ndirections, .direction = b->direction,
                   .lambda = b->lambda > 0 ? lambda : NULL, .released = &a->released, .threads = b->threads};
    double *negatives = b->l && !is(a, "da2-released") ? dp_malloc(sizeof(double) * (b->n + b->l) * b->d) : NULL; /* x itself first; the released code takes the others alone */
    const dp_affinity affinity = {.norm = a->norm, .weights = a->weights, .joint = a->joint, .rounds = 1, .clamp = a->clamp};
    if (negatives) memcpy(negatives, b->x, sizeof(double) * b->n * b->d), memcpy(negatives + b->n * b->d, b->z, sizeof(double) * b->l * b->d);
    s.z = negatives ? negatives : b->z, s.l = b->l + (negatives ? b->n : 0), s.paired = negatives != NULL;
    fmpq_init(lambda), dp_fmpq_set_d(lambda, b->lambda);
    for (size_t k = 0; k < nh; k++) {
        part[k].family = a->family;
        fmpq_init(&part[k].weight), fmpq_init(&part[k].bandwidth), fmpq_one(&part[k].weight), dp_fmpq_set_d(&part[k].bandwidth, h[k]);
    }
    const dp_status status = a->drift ? dp_drift_sample(&out, a->drift, &s, e) : dp_affinity_drift(v, &affinity, &s, e);
    for (size_t k = 0; k < nh; k++) fmpq_clear(&part[k].weight), fmpq_clear(&part[k].bandwidth);
    fmpq_clear(lambda), free(negatives);
    return status;
}

/* Where the memo has, or will have, the velocity of the k-th bandwidth of b; NULL: nowhere. Labels have points of their own. */
static double *remembered(const dp_batch *b, size_t k, int **have)
{
    dp_memo *o = b->memo;
    if (!o || b->xlabel) return NULL;
    if (!o->x) o->x = b->x, o->u = dp_malloc(sizeof(double) * o->nh * b->n * b->d);
    *have = o->have + b->at + k;
    return o->x == b->x ? o->u + (b->at + k) * b->n * b->d : NULL;
}

/* The velocity of bandwidth k alone. */
static dp_status of_one(double *v, const dp_variant *a, const dp_batch *b, const double *h, size_t k, dp_error *e)
{
    const size_t size = sizeof(double) * b->n * b->d;
    int *have;
    double *kept = remembered(b, k, &have);
    if (kept && *have) return memcpy(v, kept, size), DP_OK;
    const dp_status status = evaluate(v, a, b, h + k, 1, e);
    if (!status && kept) memcpy(kept, v, size), *have = 1;
    return status;
}

/* The velocity of all bandwidths together, in the first one's place: such a variant is never evaluated one by one. */
static dp_status of_together(double *v, const dp_variant *a, const dp_batch *b, const double *h, dp_error *e)
{
    const size_t size = sizeof(double) * b->n * b->d;
    int *have;
    double *kept = b->nh ? remembered(b, 0, &have) : NULL;
    if (kept && *have) return memcpy(v, kept, size), DP_OK;
    const dp_status status = evaluate(v, a, b, h, b->nh, e);
    if (!status && kept) memcpy(kept, v, size), *have = 1;
    return status;
}

static dp_status of_all(double *v, const dp_variant *a, const dp_batch *b, dp_error *e)
{
    enum { MOST_PAIRS = 1 << 18 };
    const size_t nd = b->n * b->d;
    double h[DP_MOST_BANDWIDTHS];
    if (is(a, "wasserstein") && b->d > 1 && b->n * b->m > MOST_PAIRS) return dp_fail(e, DP_EUNSUPPORTED, "an optimal plan of so many points takes too long");
    if (is(a, "sliced-wasserstein") && !b->ndirections) return dp_fail(e, DP_EUNSUPPORTED, "no array directions is recorded");
    if ((is(a, "kale") || is(a, "chi2")) && !(b->lambda > 0)) return dp_fail(e, DP_EUNSUPPORTED, "no regularisation is recorded");
    if (!a->drift && !b->nh) return dp_fail(e, DP_EUNSUPPORTED, "no bandwidth is recorded");
    for (size_t k = 0; k < b->nh; k++)
        if (!isfinite(h[k] = scaled(a, b, b->h[k]))) return dp_fail(e, DP_EUNSUPPORTED, "a bandwidth beyond doubles");
    const int once = a->drift && (a->plain_kernel_sum || is(a, "da2-released") || !has_kernel(a) || !b->nh); /* without a kernel there is nothing to sum */
    if (once) return of_together(v, a, b, h, e);
    double *one = dp_malloc(sizeof(double) * nd);
    dp_status status = DP_OK;
    for (size_t i = 0; i < nd; i++) v[i] = 0;
    for (size_t k = 0; !status && k < b->nh; k++) {
        status = of_one(one, a, b, h, k, e);
        for (size_t i = 0; !status && i < nd; i++) v[i] += one[i];
    }
    free(one);
    return status;
}

/* The points of one label, gathered: how many. */
static size_t gather(double *out, const double *p, const double *label, size_t n, size_t d, double which)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (label[i] == which) memcpy(out + d * k++, p + d * i, sizeof(double) * d);
    return k;
}

dp_status dp_variant_eval(double *v, const dp_variant *a, const dp_batch *b, dp_error *e)
{
    if (!b->xlabel) return of_all(v, a, b, e);
    double *x = dp_malloc(sizeof(double) * b->d * (2 * b->n + b->m)), *y = x + b->n * b->d, *w = y + b->m * b->d;
    dp_status status = DP_OK;
    for (size_t i = 0; i < b->n * b->d; i++) v[i] = NAN;
    for (size_t first = 0; !status && first < b->n; first++) {
        dp_batch part = *b;
        if (!isnan(v[first * b->d])) continue;
        part.x = x, part.y = y, part.xlabel = part.ylabel = NULL, part.memo = NULL;
        part.n = gather(x, b->x, b->xlabel, b->n, b->d, b->xlabel[first]), part.m = gather(y, b->y, b->ylabel, b->m, b->d, b->xlabel[first]);
        if (part.m) status = of_all(w, a, &part, e);
        else memset(w, 0, sizeof(double) * part.n * b->d);
        for (size_t i = 0, k = 0; !status && i < b->n; i++)
            if (b->xlabel[i] == b->xlabel[first]) memcpy(v + i * b->d, w + b->d * k++, sizeof(double) * b->d);
        if (isnan(v[first * b->d])) break;
    }
    free(x);
    return status;
}

/* ---- names ---- */

static const char *const norms[] = {"root", "product", "row", "column", "none"}, *const weightings[] = {"cross", "own", "plain", "mean"};

static void affinity_name(FILE *f, const dp_variant *a)
{
    static const char *const made[] = {"root of row times column softmax", "row times column softmax without the root", "row softmax only", "column softmax only", "kernel without softmax"};
    static const char *const met[] = {"cross-weighted", "each side divided by its own mass", "not cross-weighted", "each side divided by its number of points"};
    const int same = a->weights == DP_WEIGHTS_OWN || a->norm == DP_NORM_COLUMN || a->norm == DP_NORM_NONE; /* joint or separate row sums: no difference */
    fprintf(f, "%s with %s, %s", same ? "affinities" : a->joint ? "da2" : "sinkhorn-proxy", made[a->norm], met[a->weights]);
    if (a->clamp > 0) fprintf(f, ", product of sums clamped at %g", a->clamp);
}

static void released_name(FILE *f, const dp_released *o)
{
    if (!o->distances) fputs(", distances as they are", f);
    if (!o->coordinates) fputs(", coordinates as they are", f);
    if (!o->rms) fputs(", not divided by rms", f);
    if (o->clip == 0) fputs(", no clip", f);
}

static int has_pairs(const dp_variant *a) { return !a->drift || is(a, "mean-shift") || is(a, "mmd") || is(a, "sinkhorn") || is(a, "sinkhorn-proxy") || is(a, "da2") || is(a, "sharp"); }

char *dp_variant_name(const dp_variant *a)
{
    static const char *const reading[] = {"", "bandwidth read as tau in logits -r^2/tau", "bandwidth read as h^2", "bandwidth times sqrt(d)", "bandwidth times the mean distance", "bandwidth read as b in logits -r^2/b^2", "bandwidth times d"};
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (a->drift) fputs(a->drift, f);
    else affinity_name(f, a);
    if (is(a, "sinkhorn") && a->iterations >= 0) fprintf(f, " after %ld sweeps, %s first", a->iterations, a->columns_first ? "columns" : "rows");
    if (is(a, "sinkhorn") && a->iterations < 0) fputs(" converged", f);
    if (is(a, "sinkhorn-proxy")) fputs(a->drop_sizes ? ", algorithm scaling" : ", population scaling", f);
    if (has_kernel(a)) fprintf(f, ", %s", dp_kernel_name(a->family));
    if (has_pairs(a)) fprintf(f, ", %s", a->mask ? "self left out" : "self kept");
    if (is(a, "da2-released")) released_name(f, &a->released);
    if (a->plain_kernel_sum) fputs(", kernels summed", f);
    if (a->convention && has_kernel(a)) fprintf(f, ", %s", a->convention == DP_BANDWIDTH_TAU && a->family == DP_KERNEL_LAPLACE ? "bandwidth read as tau in logits -r/tau" : reading[a->convention]);
    fclose(f);
    return text;
}

/* ---- what was declared ---- */

static int word_in(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word && !strcmp(word, words[i])) return (int) i;
    return -1;
}

static dp_kernel_family family_of(const char *name, dp_kernel_family otherwise)
{
    static const dp_kernel_family all[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_ENERGY};
    for (size_t i = 0; name && i < sizeof all / sizeof *all; i++)
        if (!strcmp(name, dp_kernel_name(all[i]))) return all[i];
    return otherwise;
}

dp_status dp_variant_declared(dp_variant *out, const dp_declared *a, dp_error *e)
{
    const int da2 = !strncmp(a->drift, "da2", 3), masked = a->mask ? !strcmp(a->mask, "self") : da2, clamp = a->normalisation && !strcmp(a->normalisation, "clamp");
    const int norm = word_in(a->normalisation, norms, 5), weights = word_in(a->weights, weightings, 4), plan = !strcmp(a->drift, "da2") || !strcmp(a->drift, "sinkhorn-proxy");
    const dp_drift *D = dp_drift_find(a->drift);
    if (!D || !D->sample) return dp_fail(e, DP_EINPUT, "meta: drift: '%s' is no drift of samples; expected a name that 'driftproof drift --help' lists", a->drift);
    if (!plan && (a->normalisation || a->weights)) return dp_fail(e, DP_EINPUT, "meta: normalisation and weights belong to da2 and sinkhorn-proxy, the drift is %s", a->drift);
    *out = (dp_variant){.drift = D->name, .family = family_of(a->kernel, da2 ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN), .mask = masked, .iterations = a->iterations,
                        .columns_first = a->order && !strcmp(a->order, "columns-first"), .drop_sizes = a->scaling && !strcmp(a->scaling, "algorithm"),
                        .released = dp_released_default, .convention = a->tau ? DP_BANDWIDTH_TAU : DP_BANDWIDTH_H};
    if (clamp || norm > DP_NORM_ROOT || weights > DP_WEIGHTS_CROSS) {
        out->drift = NULL, out->joint = da2, out->clamp = clamp ? 1e-12 : 0;
        out->norm = norm > 0 ? (dp_norm) norm : DP_NORM_ROOT, out->weights = weights > 0 ? (dp_weights) weights : DP_WEIGHTS_CROSS;
        if (out->family != DP_KERNEL_GAUSSIAN && out->family != DP_KERNEL_LAPLACE) return dp_fail(e, DP_EUNSUPPORTED, "meta: normalisation: affinities are compared with the kernels gaussian and laplace");
    }
    return DP_OK;
}

int dp_variant_equal(const dp_variant *a, const dp_variant *b, const dp_declared *given, size_t d)
{
    dp_variant p = *a, q = *b;
    int equal = 1;
    if (!a->drift != !b->drift || (a->drift && strcmp(a->drift, b->drift)) || (has_kernel(a) && a->family != b->family) || (has_pairs(a) && a->mask != b->mask)) return 0; /* before names are written */
    if ((is(a, "sinkhorn") && a->iterations != b->iterations) || (!a->drift && (a->norm != b->norm || a->weights != b->weights))) return 0;
    for (size_t k = 0; k < given->nbandwidths && a->convention != b->convention && has_kernel(a); k++) {
        const double g = dp_variant_bandwidth(a, given->bandwidth[k], d), h = dp_variant_bandwidth(b, given->bandwidth[k], d);
        equal &= fabs(g - h) <= 1e-15 * fabs(g);
    }
    if (!equal) return 0;
    p.convention = q.convention = DP_BANDWIDTH_H;
    char *s = dp_variant_name(&p), *t = dp_variant_name(&q);
    equal = !strcmp(s, t);
    free(s), free(t);
    return equal;
}

/* ---- all of them ---- */

typedef struct { dp_variant *v; size_t n, room; dp_variant base; } list;

static void add(list *l, dp_variant v)
{
    if (l->n == l->room) l->room = 2 * l->room + 64, l->v = dp_realloc(l->v, sizeof(dp_variant) * l->room);
    l->v[l->n++] = v;
}

static dp_variant with(const list *l, const char *drift, dp_kernel_family family, int mask)
{
    dp_variant v = l->base;
    v.drift = drift, v.family = family, v.mask = mask;
    return v;
}

static void add_affinities(list *l, dp_kernel_family family, int mask)
{
    for (int joint = 0; joint < 2; joint++)
        for (int norm = DP_NORM_ROOT; norm <= DP_NORM_NONE; norm++)
            for (int weights = DP_WEIGHTS_CROSS; weights <= DP_WEIGHTS_PLAIN; weights++) {
                dp_variant v = with(l, NULL, family, mask);
                const int root = norm == DP_NORM_ROOT && weights == DP_WEIGHTS_CROSS, shift = weights == DP_WEIGHTS_OWN && (norm == DP_NORM_ROW || norm == DP_NORM_NONE);
                /* Row sums cancel when each side is divided by its own mass, so joint and separate sums agree; columns do not see rows at all. */
                const int again = joint && (weights == DP_WEIGHTS_OWN || norm == DP_NORM_COLUMN || norm == DP_NORM_NONE);
                const int row = !joint && norm == DP_NORM_ROW;
                v.joint = joint, v.norm = (dp_norm) norm, v.weights = (dp_weights) weights;
                if (!root && !shift && !again && !row) add(l, v);
                v.clamp = 1e-12;
                if (root) add(l, v);
            }
}

static void add_pairs(list *l, dp_kernel_family family, int mask)
{
    static const char *const names[] = {"mean-shift", "mmd", "da2", "sinkhorn-proxy", "sharp"};
    for (size_t i = 0; i < 5; i++)
        if (strcmp(names[i], "sharp") || family != DP_KERNEL_IMQ) add(l, with(l, names[i], family, mask));
    dp_variant v = with(l, "sinkhorn-proxy", family, mask);
    v.drop_sizes = 1;
    add(l, v);
    if (family == DP_KERNEL_GAUSSIAN || family == DP_KERNEL_LAPLACE) add_affinities(l, family, mask);
    v = with(l, NULL, family, mask), v.norm = DP_NORM_NONE, v.weights = DP_WEIGHTS_MEAN;
    if (family == DP_KERNEL_LAPLACE) add(l, v); /* with the Gaussian kernel it is mmd */
}

static void add_sinkhorn(list *l, const dp_declared *a, dp_kernel_family family, int mask)
{
    static const slong sweeps[] = {1, 2, 3, 5, 10, 20, 50, 100, 300};
    for (size_t i = 0; i < 10; i++)
        for (int columns = 0; columns < 2; columns++) {
            dp_variant v = with(l, "sinkhorn", family, mask);
            v.iterations = i < 9 ? sweeps[i] : a->iterations, v.columns_first = columns;
            if (v.iterations > 0) add(l, v);
        }
}

static void add_released(list *l)
{
    for (int bits = 0; bits < 16; bits++) {
        dp_variant v = with(l, "da2-released", DP_KERNEL_LAPLACE, 1);
        v.released.distances = !(bits & 1), v.released.coordinates = !(bits & 2), v.released.rms = !(bits & 4);
        if (bits & 8) v.released.clip = 0;
        add(l, v);
    }
}

size_t dp_variant_list(dp_variant **out, const dp_declared *a, dp_convention convention)
{
    list l = {.base = {.iterations = -1, .released = dp_released_default, .convention = convention}};
    const dp_kernel_family own = family_of(a->kernel, DP_KERNEL_GAUSSIAN), family[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, own};
    const size_t families = own == DP_KERNEL_GAUSSIAN || own == DP_KERNEL_LAPLACE ? 2 : 3;
    for (size_t k = 0; k < families; k++) {
        if ((convention == DP_BANDWIDTH_TAU || convention == DP_BANDWIDTH_FULL) && family[k] != DP_KERNEL_GAUSSIAN) continue; /* -r/tau: h = tau */
        for (int mask = 0; mask < 2; mask++)
            if (family[k] == DP_KERNEL_ENERGY) add(&l, with(&l, "mmd", family[k], mask));
            else add_pairs(&l, family[k], mask);
        if (family[k] == DP_KERNEL_GAUSSIAN)
            for (int mask = 0; mask < 2; mask++) add_sinkhorn(&l, a, family[k], mask);
        if (family[k] != DP_KERNEL_ENERGY)
            for (size_t i = 0; i < 3; i++) add(&l, with(&l, (const char *[]){"blob", "kale", "chi2"}[i], family[k], 0));
    }
    if (convention != DP_BANDWIDTH_TAU && convention != DP_BANDWIDTH_FULL) add_released(&l);
    if (convention == DP_BANDWIDTH_H) add(&l, with(&l, "wasserstein", DP_KERNEL_GAUSSIAN, 0)), add(&l, with(&l, "sliced-wasserstein", DP_KERNEL_GAUSSIAN, 0));
    const size_t single = l.n;
    for (size_t i = 0; a->nbandwidths > 1 && i < single; i++)
        if (l.v[i].drift && has_kernel(l.v + i) && strcmp(l.v[i].drift, "da2-released")) {
            dp_variant v = l.v[i];
            v.plain_kernel_sum = 1;
            add(&l, v);
        }
    *out = l.v;
    return l.n;
}
