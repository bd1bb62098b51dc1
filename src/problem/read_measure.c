/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read_measure.c: the measures under `p` and `q` of a case, with the checks that make them probability measures. */
#include "problem/reader.h"

#include <stdlib.h>
#include <string.h>

/* ---- matrices ---- */

static dp_status read_matrix(fmpq *out, int dim, const dp_yaml_report *r, const dp_yaml *y)
{
    if (y->kind == DP_YAML_TEXT) { /* a multiple of the identity */
        dp_status s = dp_read_positive(out, r, y);
        for (int i = 1; i < dim && s == DP_OK; i++) fmpq_set(out + i * (dim + 1), out);
        return s;
    }
    if (y->kind != DP_YAML_LIST || y->n != dim) {
        char *what = dp_format("a number or a %d x %d matrix, a list of %d rows", dim, dim, dim);
        dp_read_wrong(r, y, what);
        free(what);
        return DP_EINPUT;
    }
    dp_status s = DP_OK;
    for (int i = 0; i < dim && s == DP_OK; i++) s = dp_read_vector(out + i * dim, dim, r, y->item[i]);
    return s;
}

/* One step of A = L D L^T: takes column k out of the trailing block. Requires A[k][k] != 0. */
static void eliminate(fmpq *a, int dim, int k)
{
    fmpq_t f;
    fmpq_init(f);
    for (int i = k + 1; i < dim; i++) {
        fmpq_div(f, a + i * dim + k, a + k * dim + k);
        for (int j = k + 1; j < dim; j++) fmpq_submul(a + i * dim + j, f, a + k * dim + j);
    }
    fmpq_clear(f);
}

/* Symmetric with all pivots of L D L^T positive, in exact arithmetic: positive definite. */
static dp_status check_definite(const fmpq *cov, int dim, const dp_yaml_report *r, const dp_yaml *y)
{
    for (int i = 0; i < dim; i++)
        for (int j = 0; j < i; j++)
            if (!fmpq_equal(cov + i * dim + j, cov + j * dim + i))
                return dp_yaml_fail(r, y, "expected a symmetric matrix, got different entries (%d,%d) and (%d,%d)", j + 1, i + 1, i + 1, j + 1);
    dp_status s = DP_OK;
    fmpq *a = _fmpq_vec_init(dim * dim);
    for (int i = 0; i < dim * dim; i++) fmpq_set(a + i, cov + i);
    for (int k = 0; k < dim && s == DP_OK; k++) {
        if (fmpq_sgn(a + k * dim + k) > 0) {
            eliminate(a, dim, k);
            continue;
        }
        char *pivot = dp_fmpq_get_text(a + k * dim + k);
        s = dp_yaml_fail(r, y, "expected a positive definite matrix, got pivot %d of L D L^T = %.60s", k + 1, pivot);
        free(pivot);
    }
    _fmpq_vec_clear(a, dim * dim);
    return s;
}

/* ---- weights ---- */

static dp_status read_weight(dp_measure_t m, slong j, const dp_yaml_report *r, const dp_yaml *entry)
{
    const dp_yaml *y = dp_yaml_get(entry, "weight");
    if (y != NULL) return dp_read_positive(DP_WEIGHT(m, j), r, y);
    if (m->n > 1) return dp_yaml_fail(r, entry, "missing key 'weight', expected a number greater than 0 (only a single component may leave it out)");
    fmpq_one(DP_WEIGHT(m, j));
    return DP_OK;
}

static dp_status check_weights(const dp_measure_t m, const dp_yaml_report *r, const dp_yaml *list)
{
    fmpq_t sum, off;
    fmpq_init(sum);
    fmpq_init(off);
    for (slong j = 0; j < m->n; j++) fmpq_add(sum, sum, DP_WEIGHT(m, j));
    fmpq_sub_si(off, sum, 1);
    dp_status s = DP_OK;
    if (!fmpq_is_zero(off)) {
        const char *side = fmpq_sgn(off) < 0 ? "little" : "much";
        fmpq_abs(off, off);
        char *a = dp_fmpq_get_text(sum), *b = dp_fmpq_get_text(off);
        s = dp_yaml_fail(r, list, "expected weights with sum 1, got the sum %.60s, which is %.60s too %s", a, b, side);
        free(a);
        free(b);
    }
    fmpq_clear(sum);
    fmpq_clear(off);
    return s;
}

/* ---- families ---- */

static dp_status read_atom(dp_measure_t m, slong j, const dp_yaml_report *r, const dp_yaml *entry)
{
    dp_status s = dp_read_keys(r, entry, "weight|at");
    const dp_yaml *at = s == DP_OK ? dp_read_need(r, entry, "at", "the position of the atom") : NULL;
    if (at == NULL) return DP_EINPUT;
    s = dp_read_vector(DP_MEAN(m, j, 0), m->dim, r, at);
    return s == DP_OK ? read_weight(m, j, r, entry) : s;
}

static dp_status read_gaussian(dp_measure_t m, slong j, const dp_yaml_report *r, const dp_yaml *entry)
{
    dp_status s = dp_read_keys(r, entry, "weight|mean|covariance");
    const dp_yaml *mean = s == DP_OK ? dp_read_need(r, entry, "mean", "the mean of the Gaussian") : NULL;
    const dp_yaml *cov = mean ? dp_read_need(r, entry, "covariance", "a matrix, or a number for a multiple of the identity") : NULL;
    if (cov == NULL) return DP_EINPUT;
    s = dp_read_vector(DP_MEAN(m, j, 0), m->dim, r, mean);
    if (s == DP_OK) s = read_matrix(DP_COV(m, j, 0, 0), m->dim, r, cov);
    if (s == DP_OK) s = check_definite(DP_COV(m, j, 0, 0), m->dim, r, cov);
    return s == DP_OK ? read_weight(m, j, r, entry) : s;
}

/* m has the components of `y`, a list of mappings. */
static dp_status read_components(dp_measure_t m, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_status s = DP_OK;
    for (slong j = 0; j < m->n && s == DP_OK; j++)
        s = m->family == DP_ATOMS ? read_atom(m, j, r, y->item[j]) : read_gaussian(m, j, r, y->item[j]);
    return s == DP_OK ? check_weights(m, r, y) : s;
}

/* location, scale and, for student, dof. */
static dp_status read_law(dp_measure_t m, const dp_yaml_report *r, const dp_yaml *y)
{
    int student = m->family == DP_STUDENT;
    dp_status s = dp_read_keys(r, y, student ? "location|scale|dof" : "location|scale");
    const dp_yaml *location = s == DP_OK ? dp_read_need(r, y, "location", "a number") : NULL;
    const dp_yaml *scale = location ? dp_read_need(r, y, "scale", "a number greater than 0") : NULL;
    const dp_yaml *dof = scale && student ? dp_read_need(r, y, "dof", "the degrees of freedom, a number greater than 0") : scale;
    if (dof == NULL) return DP_EINPUT;
    fmpq_one(DP_WEIGHT(m, 0));
    s = dp_read_vector(DP_MEAN(m, 0, 0), 1, r, location);
    if (s == DP_OK) s = dp_read_positive(m->scale, r, scale);
    if (s == DP_OK && student) s = dp_read_positive(m->dof, r, dof);
    return s;
}

/* Where a law is a table from a file: the digest of all laws' digests, one after another, so that no file is changed unseen. */
static void digest_product(dp_measure_t m)
{
    char all[3 * 64 + 1] = "";
    for (int k = 0; k < m->dim; k++) strcat(all, m->marginal[k].digest);
    if (*all) dp_sha256(m->digest, all, strlen(all));
}

/* A law for each coordinate. */
static dp_status read_product(dp_measure_t m, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_status s = dp_read_list(r, y, "a list of laws on the line, one for each coordinate");
    if (s == DP_OK && y->n != m->dim) s = dp_yaml_fail(r, y, "expected %d laws on the line, one for each coordinate, got %ld", m->dim, (long) y->n);
    for (int k = 0; k < m->dim && s == DP_OK; k++) {
        s = dp_read_measure(m->marginal + k, 1, r, y->item[k]);
        if (s == DP_OK && dp_measure_is_points(m->marginal + k))
            s = dp_yaml_fail(r, y->item[k], "expected a law with a density (mixture, student, laplace, uniform or density), got %s", dp_measure_family_name(m->marginal[k].family));
    }
    if (s == DP_OK) digest_product(m), dp_measure_multiply(m);
    return s;
}

/* The single key of `y` names the family. */
static dp_status read_family(int *family, const dp_yaml_report *r, const dp_yaml *y)
{
    static const char families[] = "atoms|mixture|student|laplace|uniform|dataset|samples|density|product";
    dp_status s = dp_read_keys(r, y, families);
    if (s != DP_OK) return s;
    if (y->n != 1)
        return dp_yaml_fail(r, y, "expected one measure, a mapping with a single key such as atoms, mixture or samples, got %ld keys", (long) y->n);
    *family = dp_read_find(y->key[0]->text, families);
    return DP_OK;
}

dp_status dp_read_measure(dp_measure_t out, int dim, const dp_yaml_report *r, const dp_yaml *y)
{
    static dp_status (*const with_data[])(dp_measure_t, const dp_yaml_report *, const dp_yaml *) =
        {dp_read_uniform, dp_read_dataset, dp_read_samples, dp_read_density, read_product};
    int family = -1;
    dp_status s = read_family(&family, r, y);
    if (s != DP_OK) return s;
    const dp_yaml *body = y->item[0];
    int law = family == DP_STUDENT || family == DP_LAPLACE, list = family == DP_ATOMS || family == DP_MIXTURE;
    if (law && dim != 1) s = dp_yaml_fail(r, body, "expected dimension 1 for a %s law, got dimension %d", y->key[0]->text, dim);
    if (list) s = dp_read_list(r, body, "a list of components");
    if (s != DP_OK) return s;
    dp_measure_init(out, (dp_measure_family) family, dim, list ? body->n : 1);
    if (family >= DP_UNIFORM) {
        fmpq_one(DP_WEIGHT(out, 0));
        s = with_data[family - DP_UNIFORM](out, r, body);
    } else
        s = law ? read_law(out, r, body) : read_components(out, r, body);
    if (s != DP_OK) dp_measure_clear(out);
    return s;
}
