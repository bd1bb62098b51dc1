/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_real.h: the real type of the estimating engine. Its files est_*.c are compiled twice: for double, and, where quad_*.c include them with
   DP_EST_QUAD defined, for the quadruple type; the second time every shared name gets another one. */
#ifndef DP_DRIFT_EST_REAL_H
#define DP_DRIFT_EST_REAL_H

#include <float.h>
#include <math.h>

#include "grid/conv_internal.h"

#ifndef DP_EST_QUAD
typedef double real;
typedef fftw_complex real_complex;
#define R_ULP DP_ULP
#define R_LEAST DBL_MIN
#define R_FAINT 1e-140 /* factors below are 0, so that no product becomes denormal */
#define R_UNSAFE 1e-120 /* sums below are not delivered */
#define R_POINTS 16 /* of a Gauss-Legendre panel */
#define R_STEP 0.7 /* of the coarsest equidistant nodes, in widths of the integrand: their rule errs by exp(-2 pi^2/step^2) = 3e-18 */
#define R_NEGLIGIBLE 46 /* exp(-46) = 1e-20 */
#define R_LOG_LEAST -708.0
#define R_DIGITS 13    /* more cannot be hoped for */
#define R_REACH 1.0    /* how much further out windows go, in widths of a Gaussian, than in double */
#define R_NAME(name) est_##name
#define R_OPS dp_col_double
#define R_FFTW(name) fftw_##name
#define R_(f) f
/* Loops over lanes, compiled for several instruction sets; the operations and their order are the same in all (no contraction in ISO mode). */
#if defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__)
#define EST_SIMD DP_CLONES __attribute__((optimize("O3", "no-trapping-math", "no-math-errno")))
#else
#define EST_SIMD
#endif
#else
#include <quadmath.h>
__extension__ typedef __float128 real;
typedef fftwq_complex real_complex;
#define R_ULP 0x1p-113
#define R_LEAST 1e-300
#define R_LOG_LEAST -11000.0
#define R_FAINT 1e-290
#define R_UNSAFE 1e-280
#define R_NEGLIGIBLE 90
#define R_POINTS 32
#define R_STEP 0.5
#define R_DIGITS 30
#define R_REACH 1.4142135623730951 /* exp(-x^2/2) is squared */
#define R_NAME(name) estq_##name
#define R_OPS dp_col_quad
#define R_FFTW(name) fftwq_##name
#define R_(f) f##q
#define EST_SIMD
#define dp_gridfield_estimated dp_gridfield_estimated_quad
#endif

#define r_exp R_(exp)
#define r_log R_(log)
#define r_sqrt R_(sqrt)
#define r_fabs R_(fabs)
#define r_expm1 R_(expm1)
#define r_log1p R_(log1p)
#define r_erf R_(erf)
#define r_erfc R_(erfc)
#define r_lgamma R_(lgamma)
#define r_tgamma R_(tgamma)
#define r_sinh R_(sinh)
#define r_cosh R_(cosh)
#define r_ceil R_(ceil)
#define r_rint R_(rint)

static inline real r_max(real a, real b) { return a > b ? a : b; }
static inline real r_min(real a, real b) { return a < b ? a : b; }

/* Names that files share. */
#define est_axes_clear R_NAME(axes_clear)
#define est_source_clear R_NAME(source_clear)
#define est_fmpq R_NAME(fmpq)
#define est_pi R_NAME(pi)
#define est_arb R_NAME(arb)
#define est_gauss_init R_NAME(gauss_init)
#define est_rules_init R_NAME(rules_init)
#define est_rule R_NAME(rule)
#define est_kernel_init R_NAME(kernel_init)
#define est_kernel_lanes R_NAME(kernel_lanes)
#define est_kernel_at R_NAME(kernel_at)
#define est_kernel_fourier R_NAME(kernel_fourier)
#define est_kernel_reach R_NAME(kernel_reach)
#define est_twice_nu R_NAME(twice_nu)
#define est_combine R_NAME(combine)
#define est_gsum_init R_NAME(gsum_init)
#define est_gsum_clear R_NAME(gsum_clear)
#define est_gsum_at R_NAME(gsum_at)
#define est_box_at R_NAME(box_at)
#define est_law_init R_NAME(law_init)
#define est_law_clear R_NAME(law_clear)
#define est_law_log R_NAME(law_log)
#define est_law_on_axes R_NAME(law_on_axes)
#define est_law_score R_NAME(law_score)
#define est_pointwise R_NAME(pointwise)
#define est_moments_at R_NAME(moments_at)
#define est_moments_new R_NAME(moments_new)
#define est_table_init R_NAME(table_init)
#define est_table_block R_NAME(table_block)
#define est_table_clear R_NAME(table_clear)
#define est_narrowest R_NAME(narrowest)
#define est_widest R_NAME(widest)
#define est_smallest_width R_NAME(smallest_width)
#define est_bulk R_NAME(bulk)
#define est_window R_NAME(window)
#define est_nodes_init R_NAME(nodes_init)
#define est_leaves_gaps R_NAME(leaves_gaps)
#define est_near_nodes R_NAME(near_nodes)
#define est_scales_serve R_NAME(scales_serve)
#define est_scales_init R_NAME(scales_init)
#define est_slice_weights R_NAME(slice_weights)
#define est_log_on_axes R_NAME(log_on_axes)
#define est_log_at_points R_NAME(log_at_points)
#define est_source_nodes R_NAME(source_nodes)
#define est_source_init R_NAME(source_init)
#define est_log_ratio_init R_NAME(log_ratio_init)
#define est_ratio_axes R_NAME(ratio_axes)
#define est_panels_init R_NAME(panels_init)
#define est_panels_density R_NAME(panels_density)
#define est_panels_sum R_NAME(panels_sum)
#define est_panels_block R_NAME(panels_block)
#define est_panels_clear R_NAME(panels_clear)
#define est_lattice_init R_NAME(lattice_init)
#define est_lattice_transform R_NAME(lattice_transform)
#define est_lattice_block R_NAME(lattice_block)
#define est_lattice_clear R_NAME(lattice_clear)
#define est_lattice_log_at R_NAME(lattice_log_at)
#define est_lattice_slip_at R_NAME(lattice_slip_at)
#define est_lattice_slipped R_NAME(lattice_slipped)
#define est_slips R_NAME(slips)
#define est_sampled_transform R_NAME(sampled_transform)
#define est_fourier_line R_NAME(fourier_line)
#define est_images R_NAME(images)
#define est_fill_tails R_NAME(fill_tails)
#define est_vexp R_NAME(vexp)
#define est_vlog R_NAME(vlog)
#define est_lines R_NAME(lines)
#define est_widen R_NAME(widen)
#define est_field R_NAME(field)
#define est_all_rows R_NAME(all_rows)

/* y = exp(x) (0 below the least normal number), y = log(x), at all lanes; y may be x. Error: 4 R_ULP relative, for the logarithm plus R_ULP. */
void est_vexp(real *y, const real *x);
void est_vlog(real *y, const real *x);

#endif
