/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read_kernel.c: the kernel of a case: one family and bandwidth, or a weighted sum of such. */
#include "problem/reader.h"

#include <string.h>

static const char families[] = "gaussian|laplace|matern32|matern52|imq|sum";
enum { MOST_PARTS = 64 };

const char *dp_kernel_name(dp_kernel_family family)
{
    static const char *const names[] = {"gaussian", "laplace", "matern32", "matern52", "imq", "sum", "energy"};
    return (size_t) family < sizeof names / sizeof *names ? names[family] : "unknown";
}

static dp_status read_bandwidth(fmpq_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    const dp_yaml *bandwidth = dp_read_need(r, y, "bandwidth", "a number greater than 0");
    return bandwidth ? dp_read_positive(out, r, bandwidth) : DP_EINPUT;
}

static dp_status read_family(dp_kernel_family *family, const dp_yaml_report *r, const dp_yaml *y, const char *words)
{
    const dp_yaml *name = dp_yaml_get(y, "family");
    int index = DP_KERNEL_GAUSSIAN;
    if (name != NULL && name->kind == DP_YAML_TEXT && strcmp(name->text, "energy") == 0)
        return dp_yaml_fail(r, name, "expected a positive kernel, got 'energy', which no drift of this version takes");
    dp_status s = name != NULL ? dp_read_word(&index, r, name, words) : DP_OK;
    *family = (dp_kernel_family) index;
    return s;
}

/* One entry of `parts`: family, bandwidth, weight (1 when left out). */
static dp_status read_part(dp_kernel_part *out, const dp_yaml_report *r, const dp_yaml *y)
{
    fmpq_t number;
    dp_status s = dp_read_keys(r, y, "family|bandwidth|weight");
    if (s == DP_OK) s = read_family(&out->family, r, y, "gaussian|laplace|matern32|matern52|imq");
    fmpq_init(number);
    if (s == DP_OK) s = read_bandwidth(number, r, y);
    fmpq_set(&out->bandwidth, number);
    fmpq_one(number);
    const dp_yaml *weight = dp_yaml_get(y, "weight");
    if (s == DP_OK && weight != NULL) s = dp_read_positive(number, r, weight);
    fmpq_set(&out->weight, number);
    fmpq_clear(number);
    return s;
}

static dp_status read_sum(dp_problem *P, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_status s = dp_read_keys(r, y, "family|parts");
    const dp_yaml *parts = s == DP_OK ? dp_read_need(r, y, "parts", "a list such as [{family: gaussian, bandwidth: 1, weight: 1/2}]") : NULL;
    if (parts == NULL) return DP_EINPUT;
    s = dp_read_list(r, parts, "a list such as [{family: gaussian, bandwidth: 1, weight: 1/2}]");
    if (s == DP_OK && parts->n > MOST_PARTS) s = dp_yaml_fail(r, parts, "expected at most %d parts, got %ld", MOST_PARTS, (long) parts->n);
    if (s != DP_OK) return s;
    P->parts = dp_calloc((size_t) parts->n, sizeof *P->parts);
    for (; P->nparts < parts->n && s == DP_OK; P->nparts++) {
        dp_kernel_part *part = P->parts + P->nparts;
        fmpq_init(&part->weight), fmpq_init(&part->bandwidth);
        s = read_part(part, r, parts->item[P->nparts]);
    }
    return s;
}

dp_status dp_read_kernel(dp_problem *P, const dp_yaml_report *r, const dp_yaml *root)
{
    const dp_yaml *y = dp_read_need(r, root, "kernel", "a mapping such as {family: gaussian, bandwidth: 1}");
    if (y == NULL) return DP_EINPUT;
    const dp_yaml *family = dp_yaml_get(y, "family");
    int sum = family != NULL && family->kind == DP_YAML_TEXT && strcmp(family->text, "sum") == 0;
    dp_status s = dp_read_keys(r, y, sum ? "family|parts" : "family|bandwidth");
    if (s == DP_OK) s = read_family(&P->kernel, r, y, families);
    if (s != DP_OK) return s;
    return P->kernel == DP_KERNEL_SUM ? read_sum(P, r, y) : read_bandwidth(P->bandwidth, r, y);
}
