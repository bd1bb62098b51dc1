/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_fft.h: sums on a lattice: what the files that make and read them share. */
#ifndef DP_DRIFT_EST_FFT_H
#define DP_DRIFT_EST_FFT_H

#include "base/threads.h"
#include "drift/est_source.h"

/* Sums that moments are made of: Z; its gradient; Hessian (a >= b); D; Jacobian of D (a >= b); k#*mu. */
enum { SUM_Z, SUM_G, SUM_H, SUM_D, SUM_J, SUM_K, MOST_SUMS = 24 };
typedef struct { int what, a, b; } sum_kind;
/* Added to what: the convolution of relative errors of weights with a majorant of that kernel's modulus (Lemma W1). */
enum { SUM_BOUND = 8, SUM_FORMS = SUM_K + 1 };

/* log Z of mu is kept where the transforms have it above so many times their floor: of mixtures, which sums of Gaussians know to all digits (est_tail.c), where it has six digits. */
#define EST_KEPT(mu) ((mu)->family == DP_MIXTURE ? (real) 1e6 : (real) 2)

struct est_fft {
    slong length[3], total, bins;
    int nsums, order;
    sum_kind kind[MOST_SUMS];
    real *value[MOST_SUMS], floor[MOST_SUMS]; /* on the mesh, and the absolute error of all of them */
    real *slip[SUM_FORMS];                    /* on the mesh: what errors of the weights do to a sum; NULL where weights have none */
    real *log_z;                              /* on the lattice; NULL where no weights ask for it */
    slong mesh[3];
    real top, relative;                       /* log of the largest weight; relative error of every sum */
};

/* What the sums of one source share while they are made. */
typedef struct {
    est_source *s;
    struct est_fft *f;
    const est_axes *out;
    const real_complex *weights;
    R_FFTW(plan) forward, inverse;
    real norm, mass, step[3], top;
    real *xi[3], *square[3]; /* frequencies along axes and their squares; infinite squares beyond the band that the weights' step can carry */
    char by_value[64];       /* parts that enter by their values: those that no period holds, and those without a transform */
    int sampled;             /* any */
    struct { real_complex *P; real *room, *line; } own[DP_THREADS]; /* of each worker, kept from sum to sum: fresh pages cost as much as the transforms */
} est_transform;

/* est_fft_kernel.c: the transform of the parts that enter by their values (room: as many reals as the lattice has nodes), and a line of the others' without the factors i xi, which is real. */
void est_sampled_transform(real_complex *H, real *room, const est_transform *x, const sum_kind *w);
void est_fourier_line(real *to, const est_transform *x, const sum_kind *w, slong j, slong l);
/* What the nearest images of the period add at most, per unit of mass. */
real est_images(const est_transform *x, const sum_kind *w);

#endif
