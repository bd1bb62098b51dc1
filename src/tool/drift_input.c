/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift_input.c: the sample problem that a command line describes. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "particle/transport.h"
#include "tool/drift_input.h"

/* ---- kernels ---- */

enum { MOST_PARTS = 64 };

static const char *const kernels[] = {"gaussian", "laplace", "matern32", "matern52", "imq", "energy", "sum", NULL};
static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_ENERGY, DP_KERNEL_GAUSSIAN};

/* The next field of a list with commas; NULL at the end. */
static char *next_field(char **rest)
{
    char *field = *rest;
    if (!field) return NULL;
    *rest = strchr(field, ',');
    if (*rest) *(*rest)++ = '\0';
    return field;
}

static size_t count_fields(const char *list)
{
    size_t n = 1;
    for (; *list; list++) n += *list == ',';
    return n;
}

/* Exact numbers > 0, one for each of `n` parts. */
static void read_numbers(dp_kernel_part *part, size_t n, size_t offset, const char *option, const char *list)
{
    char *copy = dp_strdup(list), *rest = copy;
    if (count_fields(list) != n) dp_usage_error("--%s %s: expected %zu numbers, one for each part of the kernel", option, list, n);
    for (size_t i = 0; i < n; i++) {
        const char *word = next_field(&rest);
        fmpq *to = (fmpq *) ((char *) (part + i) + offset);
        if (!dp_fmpq_set_text(to, word) || fmpq_sgn(to) <= 0) dp_usage_error("--%s %s: expected a number above 0 such as 0.1, 1/3 or 1e-300, found '%s'", option, list, word);
    }
    free(copy);
}

static dp_kernel_family read_family(const char *list, const char *word)
{
    size_t k = 0;
    while (kernels[k] && strcmp(kernels[k], word)) k++;
    if (!kernels[k]) dp_usage_error("--kernel %s: unknown kernel '%s'%s; expected gaussian, laplace, matern32, matern52, imq, energy or sum", list, word, dp_tool_suggest(word, kernels));
    return families[k];
}

/* A list of families or of bandwidths, or of both, makes a sum. */
static void read_kernel(dp_drift_input *in, const dp_args *a, const char *otherwise)
{
    const char *kernel = dp_args_value(a, "kernel"), *bandwidth = dp_args_value(a, "bandwidth"), *weights = dp_args_value(a, "weights");
    if (!kernel) kernel = otherwise;
    const size_t k = count_fields(kernel), n = FLINT_MAX(k, bandwidth ? count_fields(bandwidth) : 1);
    if (n > MOST_PARTS) dp_usage_error("--kernel, --bandwidth: expected at most %d parts", MOST_PARTS);
    if (k > 1 && k != n) dp_usage_error("--bandwidth %s: expected %zu bandwidths, one for each kernel of %s", bandwidth, k, kernel);
    char *copy = dp_strdup(kernel), *rest = copy;
    int needs = 0;
    for (size_t i = 0; i < n; i++) {
        dp_kernel_part *part = in->part + i;
        fmpq_init(&part->weight), fmpq_init(&part->bandwidth);
        fmpq_one(&part->weight), fmpq_one(&part->bandwidth);
        part->family = i < k ? read_family(kernel, next_field(&rest)) : in->part[0].family;
        needs |= part->family != DP_KERNEL_ENERGY;
    }
    free(copy);
    in->nparts = n;
    if (bandwidth) read_numbers(in->part, n, offsetof(dp_kernel_part, bandwidth), "bandwidth", bandwidth);
    if (weights) read_numbers(in->part, n, offsetof(dp_kernel_part, weight), "weights", weights);
    in->s.part = in->part, in->s.nparts = bandwidth || !needs ? (slong) n : 0;
}

/* ---- numbers ---- */

double dp_read_double(const char *option, const char *text, double least)
{
    fmpq_t exact;
    fmpq_init(exact);
    const int is_number = dp_fmpq_set_text(exact, text);
    const double v = dp_nearest_d(exact);
    fmpq_clear(exact);
    if (!is_number || !isfinite(v) || v < least) dp_usage_error("--%s %s: expected a number of at least %g such as 0.1, 1/3 or 1e-6", option, text, least);
    return v;
}

static void read_stop(dp_drift_input *in, const dp_args *a)
{
    const char *tolerance = dp_args_value(a, "tolerance");
    if (tolerance && dp_args_flag(a, "iterations")) dp_usage_error("drift: --iterations asks for so many sweeps and --tolerance for convergence: expected one of the two");
    in->s.iterations = dp_args_integer(a, "iterations", 0, WORD_MAX, -1);
    in->s.tolerance = tolerance ? dp_read_double("tolerance", tolerance, 0) : -1;
}

/* ---- what is left out, and how ---- */

static void read_self(dp_drift_input *in, const dp_args *a, const char *drift)
{
    const char *mask = dp_args_value(a, "mask"), *self = dp_args_value(a, "self");
    const int released = !strcmp(drift, "da2-released"), masked = released || (!strcmp(drift, "da2") && !in->s.z);
    const int out = mask ? strcmp(mask, "none") != 0 : self ? !strcmp(self, "leave-out") : masked;
    if (mask && self && !strcmp(mask, "none") != !strcmp(self, "keep")) dp_usage_error("drift: --mask %s and --self %s contradict each other", mask, self);
    if ((out || in->s.z) && (!strcmp(drift, "wasserstein") || !strcmp(drift, "sliced-wasserstein"))) dp_usage_error("%s: of x and y; negatives and masks have no part in it", drift);
    in->s.leave_out = out, in->s.paired = in->s.z && out && !released;
}

static int word_is(const dp_args *a, const char *option, const char *word)
{
    const char *value = dp_args_value(a, option);
    return value && !strcmp(value, word);
}

/* ---- da2-released ---- */

static void check_words(const char *option, const char *list)
{
    static const char *const words[] = {"distances", "coordinates", "rms", "none", NULL};
    char *copy = dp_strdup(list), *rest = copy;
    for (const char *word; (word = next_field(&rest));) {
        size_t k = 0;
        while (words[k] && strcmp(words[k], word)) k++;
        if (!words[k]) dp_usage_error("--%s %s: expected distances, coordinates, rms or none, found '%s'%s", option, list, word, dp_tool_suggest(word, words));
    }
    free(copy);
}

/* Enclosures take an option as dp_fmpq_set_written has it. */
static double read_option(const dp_args *a, const char *option, const char *text)
{
    const double v = dp_read_double(option, text, 0);
    const char *precision = dp_args_value(a, "precision");
    fmpq_t exact, known;
    fmpq_init(exact), fmpq_init(known);
    dp_fmpq_set_text(exact, text), dp_fmpq_set_written(known, v);
    if (precision && isdigit((unsigned char) *precision) && !fmpq_equal(exact, known)) dp_usage_error("--%s %s: with --precision DIGITS expected a decimal of at most 15 digits", option, text);
    fmpq_clear(exact), fmpq_clear(known);
    return v;
}

/* Three numbers, not all 0. */
static void read_weights(double weight[3], const dp_args *a, const char *list)
{
    char *copy = dp_strdup(list), *rest = copy;
    if (count_fields(list) != 3) dp_usage_error("--block-weights %s: expected three numbers: of x, negatives, y", list);
    for (int i = 0; i < 3; i++) weight[i] = read_option(a, "block-weights", next_field(&rest));
    if (weight[0] + weight[1] + weight[2] == 0) dp_usage_error("--block-weights %s: expected a weight above 0", list);
    free(copy);
}

static void read_released(dp_drift_input *in, const dp_args *a)
{
    dp_released *o = &in->released;
    const struct { const char *option; double *to; } number[] = {
        {"distance-floor", &o->distance_floor}, {"scale-floor", &o->scale_floor}, {"clip", &o->clip}, {"normaliser-floor", &o->normaliser_floor}, {"rms-floor", &o->rms_floor}, {"mask-distance", &o->mask}};
    const char *normalise = dp_args_value(a, "normalise"), *weights = dp_args_value(a, "block-weights");
    *o = dp_released_default, in->s.released = o;
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        const char *text = dp_args_value(a, number[i].option);
        if (text) *number[i].to = read_option(a, number[i].option, text);
    }
    if (normalise) check_words("normalise", normalise);
    if (normalise) o->distances = strstr(normalise, "distances") != NULL, o->coordinates = strstr(normalise, "coordinates") != NULL, o->rms = strstr(normalise, "rms") != NULL;
    if (weights) read_weights(o->weight, a, weights);
}

int dp_drift_fits_single(const char *drift, const dp_sample *s)
{
    const dp_drift *D = dp_drift_find(drift);
    return D && !D->only_doubles && dp_sample_fits_single(s);
}

/* ---- files ---- */

/* 0, 1, 2, ... as the first of rows none of which is of whole numbers else: so does pandas name columns that have no names. */
static int perhaps_names(const dp_table *t)
{
    for (size_t k = 0; k < t->cols; k++)
        if (t->data[k] != (double) k) return 0;
    for (size_t i = 1; i < t->rows; i++) {
        size_t k = 0;
        while (k < t->cols && t->data[i * t->cols + k] == rint(t->data[i * t->cols + k])) k++;
        if (k == t->cols) return 0;
    }
    return t->cols > 1 && t->rows > 1;
}

static dp_status read_points(dp_table *t, const dp_args *a, const char *option, dp_error *e)
{
    const char *file = dp_args_value(a, option);
    if (!file) dp_usage_error("drift: no points given; expected --%s FILE.npy or FILE.csv", option);
    const dp_status status = dp_table_read(t, file, e);
    if (!status && perhaps_names(t) && !dp_args_flag(a, "quiet")) fprintf(stderr, "driftproof: note: %s: its first row, 0 to %zu, counts as a point; names of columns begin with a letter\n", file, t->cols - 1);
    return status;
}

static dp_status same_dimension(const dp_drift_input *in, const dp_table *t, const dp_args *a, const char *option, dp_error *e)
{
    if (t->cols == in->x.cols) return DP_OK;
    return dp_fail(e, DP_EINPUT, "%s: points of dimension %zu, but those of %s have dimension %zu", dp_args_value(a, option), t->cols, dp_args_value(a, "x"), in->x.cols);
}

static dp_status read_files(dp_drift_input *in, const dp_args *a, dp_error *e)
{
    dp_status status = read_points(&in->x, a, "x", e);
    if (!status) status = read_points(&in->y, a, "y", e);
    if (!status) status = same_dimension(in, &in->y, a, "y", e);
    if (!status && dp_args_flag(a, "negatives")) {
        status = read_points(&in->z, a, "negatives", e);
        if (!status) status = same_dimension(in, &in->z, a, "negatives", e);
    }
    in->s.n = in->x.rows, in->s.m = in->y.rows, in->s.l = in->z.rows, in->s.d = in->x.cols;
    in->s.x = in->x.data, in->s.y = in->y.data, in->s.z = in->z.data;
    return status;
}

/* A file of d rows and another number of columns is (d, k), as POT has its projections: its columns are the directions. */
static void turn_columns(dp_table *t, const dp_args *a, const char *file)
{
    double *rows = dp_malloc(sizeof(double) * t->rows * t->cols);
    for (size_t i = 0; i < t->rows; i++)
        for (size_t j = 0; j < t->cols; j++) rows[j * t->rows + i] = t->data[i * t->cols + j];
    if (!dp_args_flag(a, "quiet")) fprintf(stderr, "driftproof: note: %s: of shape (%zu, %zu), so its columns are the directions\n", file, t->rows, t->cols);
    free(t->data);
    *t = (dp_table){rows, t->cols, t->rows};
}

/* FILE, random:K, quasi:K; 100 at random when nothing is said, the one there is on the line. */
dp_status dp_read_directions(dp_table *out, const dp_args *a, size_t d, dp_error *e)
{
    const char *text = dp_args_value(a, "directions");
    const int random = !text || !strncmp(text, "random:", 7), quasi = text && !strncmp(text, "quasi:", 6);
    char *end = NULL;
    if (!random && !quasi) {
        const dp_status status = dp_table_read(out, text, e);
        if (!status && out->cols != d && out->rows == d) turn_columns(out, a, text);
        return status || out->cols == d ? status : dp_fail(e, DP_EINPUT, "%s: directions of shape (%zu, %zu), but the points have dimension %zu; expected a direction a row, or a column", text, out->rows, out->cols, d);
    }
    const long count = text ? strtol(strchr(text, ':') + 1, &end, 10) : d == 1 ? 1 : 100;
    if (count < 1 || count > 10000000 || (end && *end)) dp_usage_error("--directions %s: expected a file, random:K or quasi:K with K from 1 to ten million", text);
    *out = (dp_table){dp_malloc(sizeof(double) * (size_t) count * d), (size_t) count, d};
    if (random) dp_directions_random(out->data, (size_t) count, d, (ulong) dp_args_integer(a, "seed", 0, WORD_MAX, 0));
    else dp_directions_quasi(out->data, (size_t) count, d);
    return DP_OK;
}

dp_status dp_drift_input_read(dp_drift_input *in, const dp_args *a, const char *drift, dp_error *e)
{
    const int da2 = !strncmp(drift, "da2", 3), squared = word_is(a, "distance", "squared"), l2 = word_is(a, "distance", "l2");
    const char *kernel = dp_args_value(a, "kernel");
    memset(in, 0, sizeof *in);
    fmpq_init(in->lambda);
    if ((squared && kernel && strcmp(kernel, "gaussian")) || (l2 && kernel && strcmp(kernel, "laplace")))
        dp_usage_error("drift: --distance %s goes with --kernel %s, logits -%s; --kernel %s was given", squared ? "squared" : "l2", squared ? "gaussian" : "laplace", squared ? "r^2/(2 h^2)" : "r/h", kernel);
    read_kernel(in, a, da2 && !squared ? "laplace" : "gaussian");
    read_stop(in, a);
    const char *lambda = dp_args_value(a, "regularisation");
    if (lambda && (!dp_fmpq_set_text(in->lambda, lambda) || fmpq_sgn(in->lambda) <= 0)) dp_usage_error("--regularisation %s: expected a number above 0", lambda);
    in->s.lambda = lambda ? in->lambda : NULL;
    in->s.seed = (ulong) dp_args_integer(a, "seed", 0, WORD_MAX, 0);
    read_released(in, a);
    in->s.drop_sizes = word_is(a, "scaling", "algorithm"), in->s.columns_first = word_is(a, "order", "columns-first");
    dp_status status = read_files(in, a, e);
    if (!status) read_self(in, a, drift);
    if (!status && (!strcmp(drift, "sliced-wasserstein") || word_is(a, "energy", "sliced"))) status = dp_read_directions(&in->directions, a, in->s.d, e);
    in->s.direction = in->directions.data, in->s.ndirections = in->directions.rows;
    return status;
}

void dp_drift_input_clear(dp_drift_input *in)
{
    for (size_t i = 0; i < in->nparts; i++) fmpq_clear(&in->part[i].weight), fmpq_clear(&in->part[i].bandwidth);
    fmpq_clear(in->lambda);
    dp_table_clear(&in->x), dp_table_clear(&in->y), dp_table_clear(&in->z), dp_table_clear(&in->directions);
}
