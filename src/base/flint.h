/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flint.h: FLINT and Arb, the one place that knows that Arb is a library of its own before FLINT 3. */
#ifndef DP_BASE_FLINT_H
#define DP_BASE_FLINT_H

#include <gmp.h> /* before FLINT 3, which declares conversions only of what it has seen */
#include <mpfr.h>
#include <flint/flint.h>
#include <flint/fmpq.h>
#include <flint/fmpq_mat.h>
#include <flint/fmpq_poly.h>
#include <flint/fmpq_vec.h>
#include <flint/fmpz.h>
#include <flint/fmpz_mat.h>
#include <flint/fmpz_poly.h>
#include <flint/fmpz_poly_factor.h>
#include <flint/fmpz_vec.h>

#if defined(__FLINT_RELEASE) && __FLINT_RELEASE >= 30000
#include <flint/acb_calc.h>
#include <flint/acb_dft.h>
#include <flint/acb_hypgeom.h>
#include <flint/acb_mat.h>
#include <flint/acb_poly.h>
#include <flint/arb_calc.h>
#include <flint/arb_fmpz_poly.h>
#include <flint/arb_hypgeom.h>
#include <flint/arb_mat.h>
#include <flint/arb_poly.h>
#define DP_ARB_VERSION "in FLINT"
#else
#include <acb_calc.h>
#include <acb_dft.h>
#include <acb_hypgeom.h>
#include <acb_mat.h>
#include <acb_poly.h>
#include <arb_calc.h>
#include <arb_fmpz_poly.h>
#include <arb_hypgeom.h>
#include <arb_mat.h>
#include <arb_poly.h>
#define DP_ARB_VERSION arb_version
#endif

#endif
