/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball.c: drifts of samples as enclosures: the definitions, line by line. */
#include "particle/ball.h"

/* ---- kernels ---- */

/* Of the ladder of Matern kernels, z = sqrt(2 nu) r/h: polynomial factors of k, of slope times (h^2/2 nu), and of k# times 2 nu/h^2. */
static void matern(arb_t out, int nu2, dp_form form, const arb_t z, slong prec)
{
    static const int kernel[3][4] = {{3}, {3, 3}, {3, 3, 1}}, sharp[3][4] = {{3, 3}, {9, 9, 3}, {15, 15, 6, 1}}, slope[3][4] = {{3}, {3}, {1, 1}};
    const int *p = (form == DP_FORM_KERNEL ? kernel : form == DP_FORM_SHARP ? sharp : slope)[nu2 / 2];
    arb_zero(out);
    for (int i = 3; i >= 0; i--) arb_mul(out, out, z, prec), arb_add_si(out, out, p[i], prec);
    arb_div_ui(out, out, 3, prec);
    if (form == DP_FORM_SLOPE && nu2 == 1) arb_div(out, out, z, prec);
}

/* One part without its weight. */
static void part_form(arb_t out, const dp_kernel_part *part, dp_form form, const arb_t r2, slong prec)
{
    const int nu2 = part->family == DP_KERNEL_LAPLACE ? 1 : part->family == DP_KERNEL_MATERN32 ? 3 : 5;
    arb_t h2, z, t;
    arb_init(h2), arb_init(z), arb_init(t);
    arb_set_fmpq(h2, &part->bandwidth, prec), arb_mul(h2, h2, h2, prec);
    if (part->family == DP_KERNEL_GAUSSIAN) {
        arb_div(z, r2, h2, prec), arb_mul_2exp_si(z, z, -1), arb_neg(z, z), arb_exp(out, z, prec);
        if (form == DP_FORM_SLOPE) arb_div(out, out, h2, prec);
        if (form == DP_FORM_SHARP) arb_mul(out, out, h2, prec);
    } else if (part->family == DP_KERNEL_IMQ) {
        arb_div(z, r2, h2, prec), arb_add_ui(z, z, 1, prec), arb_rsqrt(out, z, prec);
        if (form == DP_FORM_SLOPE) arb_div(out, out, z, prec), arb_div(out, out, h2, prec);
    } else if (part->family == DP_KERNEL_ENERGY) {
        if (form == DP_FORM_ENERGY) arb_sqrt(out, r2, prec), arb_neg(out, out);
        else arb_rsqrt(out, r2, prec);
    } else {
        arb_div(z, r2, h2, prec), arb_mul_ui(z, z, (ulong) nu2, prec), arb_sqrt(z, z, prec);
        matern(out, nu2, form, z, prec);
        arb_neg(t, z), arb_exp(t, t, prec), arb_mul(out, out, t, prec);
        arb_div_ui(h2, h2, (ulong) nu2, prec);
        if (form == DP_FORM_SLOPE) arb_div(out, out, h2, prec);
        if (form == DP_FORM_SHARP) arb_mul(out, out, h2, prec);
    }
    arb_clear(h2), arb_clear(z), arb_clear(t);
}

dp_status dp_ball_kernel(arb_t out, const dp_sample *s, dp_form form, const arb_t r2, slong prec, dp_error *e)
{
    arb_t one, weight;
    const dp_status status = dp_kernel_check(s, form, e);
    if (status) return status;
    arb_init(one), arb_init(weight);
    arb_zero(out);
    for (slong i = 0; i < s->nparts && !(form == DP_FORM_SLOPE && arb_is_zero(r2)); i++) {
        part_form(one, s->part + i, form, r2, prec);
        arb_set_fmpq(weight, &s->part[i].weight, prec);
        arb_addmul(out, one, weight, prec);
    }
    arb_clear(one), arb_clear(weight);
    return DP_OK;
}

void dp_ball_square(arb_t out, const double *a, const double *b, slong d, slong prec)
{
    arb_t x, y;
    arb_init(x), arb_init(y);
    arb_zero(out);
    for (slong k = 0; k < d; k++) {
        arb_set_d(x, a[k]), arb_set_d(y, b[k]);
        arb_sub(x, x, y, ARF_PREC_EXACT);
        arb_addmul(out, x, x, prec);
    }
    arb_clear(x), arb_clear(y);
}

/* ---- matrices ---- */

typedef struct { slong n, m, d, prec; const double *a, *b; arb_ptr f; } table; /* f: n x m */

static dp_status table_init(table *t, const dp_sample *s, dp_form form, int with_y, slong prec, dp_error *e)
{
    const dp_pairing p = with_y ? dp_pairing_y(s, NULL, form) : dp_pairing_negatives(s, NULL, form);
    dp_status status = DP_OK;
    arb_t r2;
    *t = (table){(slong) p.n, (slong) p.m, (slong) p.d, prec, p.a, p.b, _arb_vec_init((slong) (p.n * p.m))};
    arb_init(r2);
    for (slong i = 0; i < t->n; i++)
        for (slong j = 0; j < t->m && !status; j++) {
            dp_ball_square(r2, p.a + i * t->d, p.b + j * t->d, t->d, prec);
            if (!p.skip || i != j) status = dp_ball_kernel(t->f + i * t->m + j, s, form, r2, prec, e);
        }
    arb_clear(r2);
    return status;
}

static void table_clear(table *t) { if (t->f) _arb_vec_clear(t->f, t->n * t->m); }

static void row_sums(arb_ptr out, const table *t)
{
    for (slong i = 0; i < t->n; i++) {
        arb_zero(out + i);
        for (slong j = 0; j < t->m; j++) arb_add(out + i, out + i, t->f + i * t->m + j, t->prec);
    }
}

static void column_sums(arb_ptr out, const table *t)
{
    for (slong j = 0; j < t->m; j++) {
        arb_zero(out + j);
        for (slong i = 0; i < t->n; i++) arb_add(out + j, out + j, t->f + i * t->m + j, t->prec);
    }
}

/* sum_j f_ij (b_j - a_i), n x d. */
static void moments(arb_ptr out, const table *t)
{
    arb_t x, y;
    arb_init(x), arb_init(y);
    for (slong i = 0; i < t->n; i++)
        for (slong k = 0; k < t->d; k++) {
            arb_zero(out + i * t->d + k);
            arb_set_d(x, t->a[i * t->d + k]);
            for (slong j = 0; j < t->m; j++) {
                arb_set_d(y, t->b[j * t->d + k]);
                arb_sub(y, y, x, ARF_PREC_EXACT);
                arb_addmul(out + i * t->d + k, y, t->f + i * t->m + j, t->prec);
            }
        }
    arb_clear(x), arb_clear(y);
}

/* ---- drifts ---- */

/* out += sign sum_j f_ij (b_j - a_i)/sum_j g_ij: f, g two forms on the same pairs. A row without pairs gives nothing. */
static dp_status add_ratio(arb_ptr out, int sign, const dp_sample *s, dp_form above, dp_form below, int with_y, slong prec, dp_error *e)
{
    table f, g = {0};
    dp_status status = table_init(&f, s, above, with_y, prec, e);
    if (!status) status = table_init(&g, s, below, with_y, prec, e);
    arb_ptr top = _arb_vec_init(f.n * f.d), bottom = _arb_vec_init(f.n);
    if (!status) {
        moments(top, &f), row_sums(bottom, &g);
        for (slong i = 0; i < f.n * f.d; i++) {
            if (arb_is_zero(bottom + i / f.d)) continue;
            arb_div(top + i, top + i, bottom + i / f.d, prec);
            if (sign < 0) arb_sub(out + i, out + i, top + i, prec);
            else arb_add(out + i, out + i, top + i, prec);
        }
    }
    _arb_vec_clear(top, f.n * f.d), _arb_vec_clear(bottom, f.n);
    table_clear(&f), table_clear(&g);
    return status;
}

static dp_status difference(arb_ptr out, const dp_sample *s, dp_form above, dp_form below, slong prec, dp_error *e)
{
    _arb_vec_zero(out, (slong) (s->n * s->d));
    const dp_status status = add_ratio(out, 1, s, above, below, 1, prec, e);
    return status ? status : add_ratio(out, -1, s, above, below, 0, prec, e);
}

dp_status dp_ball_mean_shift(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return difference(out, s, dp_mean_shift_form(s), dp_mean_shift_form(s), prec, e); }
dp_status dp_ball_sharp(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return difference(out, s, DP_FORM_KERNEL, DP_FORM_SHARP, prec, e); }

dp_status dp_ball_mmd(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    table y, z = {0};
    dp_status status = table_init(&y, s, DP_FORM_SLOPE, 1, prec, e);
    if (!status) status = table_init(&z, s, DP_FORM_SLOPE, 0, prec, e);
    arb_ptr t = _arb_vec_init(y.n * y.d);
    if (!status) {
        const slong size = z.m - (s->leave_out && (!s->z || s->paired) ? 1 : 0);
        moments(out, &y), moments(t, &z);
        for (slong i = 0; i < y.n * y.d; i++) arb_div_si(out + i, out + i, y.m, prec);
        for (slong i = 0; size && i < y.n * y.d; i++) arb_div_si(t + i, t + i, size, prec);
        _arb_vec_sub(out, out, t, y.n * y.d, prec);
    }
    _arb_vec_clear(t, y.n * y.d);
    table_clear(&y), table_clear(&z);
    return status;
}

dp_status dp_ball_blob(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    table f, g = {0};
    dp_status status = difference(out, s, DP_FORM_SLOPE, DP_FORM_KERNEL, prec, e);
    if (status) return status;
    status = table_init(&f, s, DP_FORM_SLOPE, 0, prec, e);
    if (!status) status = table_init(&g, s, DP_FORM_KERNEL, 0, prec, e);
    arb_ptr sum = _arb_vec_init(f.n), t = _arb_vec_init(f.n * f.d);
    if (!status) {
        row_sums(sum, &g);
        for (slong i = 0; i < f.n * f.m; i++) arb_div(f.f + i, f.f + i, sum + i % f.m, prec);
        moments(t, &f);
        _arb_vec_sub(out, out, t, f.n * f.d, prec);
    }
    _arb_vec_clear(sum, f.n), _arb_vec_clear(t, f.n * f.d);
    table_clear(&f), table_clear(&g);
    return status;
}

/* ---- one Ruiz step ---- */

/* f_ij <- f_ij/sqrt(R_i C_j), rows given, columns its own; then its row sums r and moments mu. A row or column without pairs stays 0. */
static void ruiz(arb_ptr r, arb_ptr mu, table *t, arb_srcptr R)
{
    arb_ptr C = _arb_vec_init(t->m);
    arb_t x;
    arb_init(x);
    column_sums(C, t);
    for (slong i = 0; i < t->n * t->m; i++) {
        if (arb_is_zero(t->f + i)) continue;
        arb_mul(x, R + i / t->m, C + i % t->m, t->prec);
        arb_rsqrt(x, x, t->prec);
        arb_mul(t->f + i, t->f + i, x, t->prec);
    }
    row_sums(r, t), moments(mu, t);
    _arb_vec_clear(C, t->m);
    arb_clear(x);
}

/* sqrt(n/size), or 1 where sizes are dropped. */
static void share(arb_t out, const dp_sample *s, int joint, slong size, slong prec)
{
    if (joint || s->drop_sizes) arb_one(out);
    else arb_set_ui(out, s->n), arb_div_si(out, out, size, prec), arb_sqrt(out, out, prec);
}

/* Of both sides: row sums and moments of the affinities. */
typedef struct { table y, z; arb_ptr ry, rz, my, mz; } affinities;

static dp_status affinities_init(affinities *A, const dp_sample *s, int joint, slong prec, dp_error *e)
{
    const slong n = (slong) s->n, d = (slong) s->d;
    *A = (affinities){.ry = _arb_vec_init(n), .rz = _arb_vec_init(n), .my = _arb_vec_init(n * d), .mz = _arb_vec_init(n * d)};
    dp_status status = table_init(&A->y, s, DP_FORM_KERNEL, 1, prec, e);
    if (!status) status = table_init(&A->z, s, DP_FORM_KERNEL, 0, prec, e);
    if (status) return status;
    arb_ptr Ry = _arb_vec_init(n), Rz = _arb_vec_init(n);
    row_sums(Ry, &A->y), row_sums(Rz, &A->z);
    if (joint) _arb_vec_add(Ry, Ry, Rz, n, prec), _arb_vec_set(Rz, Ry, n);
    ruiz(A->ry, A->my, &A->y, Ry), ruiz(A->rz, A->mz, &A->z, Rz);
    _arb_vec_clear(Ry, n), _arb_vec_clear(Rz, n);
    return DP_OK;
}

static void affinities_clear(affinities *A, const dp_sample *s)
{
    const slong n = (slong) s->n, d = (slong) s->d;
    _arb_vec_clear(A->ry, n), _arb_vec_clear(A->rz, n), _arb_vec_clear(A->my, n * d), _arb_vec_clear(A->mz, n * d);
    table_clear(&A->y), table_clear(&A->z);
}

/* V = (sum A^z) A^y (y - x) - (sum A^y) A^z (z - x): x cancels in (30). */
static dp_status pseudo_plan(arb_ptr out, const dp_sample *s, int joint, slong prec, dp_error *e)
{
    affinities A;
    arb_t factor, other;
    const dp_status status = affinities_init(&A, s, joint, prec, e);
    const slong d = (slong) s->d;
    arb_init(factor), arb_init(other);
    share(factor, s, joint, A.y.m, prec), share(other, s, joint, A.z.m, prec), arb_mul(factor, factor, other, prec);
    for (slong i = 0; !status && i < A.y.n * d; i++) {
        arb_mul(out + i, A.rz + i / d, A.my + i, prec), arb_submul(out + i, A.ry + i / d, A.mz + i, prec);
        arb_mul(out + i, out + i, factor, prec);
    }
    arb_clear(factor), arb_clear(other);
    affinities_clear(&A, s);
    return status;
}

dp_status dp_ball_proxy(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return pseudo_plan(out, s, 0, prec, e); }
dp_status dp_ball_da2(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return pseudo_plan(out, s, 1, prec, e); }

dp_status dp_ball_core(arb_ptr out, const dp_sample *s, int joint, slong prec, dp_error *e)
{
    affinities A;
    const dp_status status = affinities_init(&A, s, joint, prec, e);
    const slong d = (slong) s->d;
    for (slong i = 0; !status && i < A.y.n * d; i++) {
        if (!arb_is_zero(A.ry + i / d)) arb_div(A.my + i, A.my + i, A.ry + i / d, prec);
        if (!arb_is_zero(A.rz + i / d)) arb_div(A.mz + i, A.mz + i, A.rz + i / d, prec);
        arb_sub(out + i, A.my + i, A.mz + i, prec);
    }
    affinities_clear(&A, s);
    return status;
}

dp_status dp_ball_masses(arb_ptr out, const dp_sample *s, int joint, slong prec, dp_error *e)
{
    affinities A;
    arb_t p, q;
    const dp_status status = affinities_init(&A, s, joint, prec, e);
    arb_init(p), arb_init(q);
    share(p, s, joint, A.y.m, prec), share(q, s, joint, A.z.m, prec);
    for (slong i = 0; !status && i < A.y.n; i++) arb_mul(out + 2 * i, A.ry + i, p, prec), arb_mul(out + 2 * i + 1, A.rz + i, q, prec);
    arb_clear(p), arb_clear(q);
    affinities_clear(&A, s);
    return status;
}

/* ---- sweeps ---- */

/* u_i = 1/sum_j f_ij v_j; 1 for a row without pairs. */
static void scale_rows(arb_ptr u, const table *t, arb_srcptr v)
{
    for (slong i = 0; i < t->n; i++) {
        arb_dot(u + i, NULL, 0, t->f + i * t->m, 1, v, 1, t->m, t->prec);
        if (arb_is_zero(u + i)) arb_one(u + i);
        else arb_inv(u + i, u + i, t->prec);
    }
}

static void scale_columns(arb_ptr v, const table *t, arb_srcptr u)
{
    for (slong j = 0; j < t->m; j++) {
        arb_dot(v + j, NULL, 0, t->f + j, t->m, u, 1, t->n, t->prec);
        if (arb_is_zero(v + j)) arb_one(v + j);
        else arb_inv(v + j, v + j, t->prec);
    }
}

/* Barycentres minus x of the plan after the sweeps, rows normalised once more. */
static void swept(arb_ptr out, table *t, const dp_sample *s)
{
    arb_ptr u = _arb_vec_init(t->n), v = _arb_vec_init(t->m);
    for (slong i = 0; i < t->n; i++) arb_one(u + i);
    for (slong j = 0; j < t->m; j++) arb_one(v + j);
    for (slong k = 0; k < s->iterations; k++) {
        if (s->columns_first) scale_columns(v, t, u), scale_rows(u, t, v);
        else scale_rows(u, t, v), scale_columns(v, t, u);
    }
    scale_rows(u, t, v);
    for (slong i = 0; i < t->n * t->m; i++) arb_mul(t->f + i, t->f + i, v + i % t->m, t->prec);
    moments(out, t);
    for (slong i = 0; i < t->n * t->d; i++) arb_mul(out + i, out + i, u + i / t->d, t->prec);
    _arb_vec_clear(u, t->n), _arb_vec_clear(v, t->m);
}

dp_status dp_ball_sinkhorn(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    table y, z = {0};
    if (s->iterations < 0) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: enclosed after so many sweeps, --iterations K");
    dp_status status = table_init(&y, s, DP_FORM_KERNEL, 1, prec, e);
    if (!status) status = table_init(&z, s, DP_FORM_KERNEL, 0, prec, e);
    arb_ptr t = _arb_vec_init(y.n * y.d);
    if (!status) swept(out, &y, s), swept(t, &z, s), _arb_vec_sub(out, out, t, y.n * y.d, prec);
    _arb_vec_clear(t, y.n * y.d);
    table_clear(&y), table_clear(&z);
    return status;
}

slong dp_ball_digits(arb_srcptr v, slong n)
{
    mag_t top, rad;
    mag_init(top), mag_init(rad);
    for (slong i = 0; i < n; i++) {
        arb_get_mag(rad, v + i), mag_max(top, top, rad);
    }
    mag_zero(rad);
    for (slong i = 0; i < n; i++) mag_max(rad, rad, arb_radref(v + i));
    slong digits = WORD_MAX;
    if (mag_is_inf(rad) || (mag_is_zero(top) && !mag_is_zero(rad))) digits = -1;
    else if (!mag_is_zero(rad)) mag_div(rad, rad, top), digits = (slong) (-mag_get_d_log2_approx(rad) * 0.30102999566398);
    mag_clear(top), mag_clear(rad);
    return digits;
}

int dp_ball_vanishes(mag_t widest, arb_srcptr v, slong n, double size, slong bits)
{
    mag_t most, top;
    mag_init(most), mag_init(top);
    mag_set_d(most, size), mag_min(most, most, widest), mag_mul_2exp_si(most, most, -bits);
    const int known = mag_is_finite(widest);
    mag_zero(widest);
    for (slong i = 0; i < n; i++) mag_max(widest, widest, arb_radref(v + i));
    int none = known && mag_cmp(widest, most) <= 0;
    mag_mul_2exp_si(most, widest, 1);
    for (slong i = 0; i < n && none; i++) arb_get_mag(top, v + i), none = mag_cmp(top, most) <= 0;
    mag_clear(most), mag_clear(top);
    return none;
}
