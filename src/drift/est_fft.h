/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_fft.h: sums on a lattice: what the files that make and read them share. */
#ifndef DP_DRIFT_EST_FFT_H
#define DP_DRIFT_EST_FFT_H

#include "drift/est_source.h"

/* Sums that moments are made of: Z; its gradient; Hessian (a >= b); D; Jacobian of D (a >= b); k#*mu. */
enum { SUM_Z, SUM_G, SUM_H, SUM_D, SUM_J, SUM_K, MOST_SUMS = 24 };
typedef struct { int what, a, b; } sum_kind;

struct est_fft {
    slong length[3], total, bins;
    int nsums, order;
    sum_kind kind[MOST_SUMS];
    real *value[MOST_SUMS], floor[MOST_SUMS]; /* on the mesh, and the absolute error of all of them */
    real *log_z;                              /* on the lattice; NULL where no weights ask for it */
    slong mesh[3];
    real top, relative;                       /* log of the largest weight; relative error of every sum */
};

#endif
