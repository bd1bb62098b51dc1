/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow.h: flows dx/dt = V_t(x) of a case: p stays, q moves, as a Gaussian or as particles; integration, records, estimates of the error. */
#ifndef DP_FLOW_FLOW_H
#define DP_FLOW_FLOW_H

#include <signal.h>

#include "flow/closure.h"

/* ---- what moves ---- */

/* A flow: `size` unknowns y (Gaussian: mean, then root row by row; particles: n x dim). All functions may be called by one thread at a time. */
typedef struct dp_flow_struct {
    const dp_problem *P;
    const char *drift, *as;     /* "gaussian" or "particles" */
    int dim;
    slong n;                    /* particles; 0: Gaussian */
    size_t size;
    double *start;              /* y at t = 0 */
    double *weight;             /* of the particles, or NULL */
    double length;              /* the smallest length of the problem that is not 0, for tolerances */
    unsigned energies, usual;   /* bit i: energy i of closure.h can be had; is recorded when none is named */
    const char *how;            /* how fields and energies are found */
    /* dy = velocity, *dissipation = E_q |V|^2. */
    dp_status (*rate)(struct dp_flow_struct *f, double *dy, double *dissipation, const double *y, dp_error *e);
    /* An energy at y; *error (unless NULL): an estimate of its error by refinement, 0 where only rounding is left. */
    dp_status (*energy)(struct dp_flow_struct *f, double *value, double *error, const double *y, int energy, dp_error *e);
    void (*clear)(struct dp_flow_struct *f);
    void *data;
} dp_flow;

/* How many points stand for a q that is no set of points, and for p (0: p is what it is): on the line quantiles of (i + 1/2)/number, else draws by
   Philox4x32-10 with the key `seed` for q and its complement for p. direction: ndirections x dim for sliced-wasserstein and sliced, or NULL. */
typedef struct { slong particles, data; ulong seed; size_t ndirections; const double *direction; int threads; } dp_flow_sampling;

/* From a case. DP_EUNSUPPORTED with the reason where drift, measures and kernel do not go together. Particles move by the formula in kernel moments, or, where
   there is none for these p and kernel, by the drift of samples, which needs points of equal weight on both sides. */
dp_status dp_flow_gaussian(dp_flow *f, const dp_problem *P, const char *drift, dp_error *e);
dp_status dp_flow_particles(dp_flow *f, const dp_problem *P, const char *drift, const dp_flow_sampling *o, dp_error *e);
void dp_flow_clear(dp_flow *f);
/* Why an energy is not there for this flow. */
const char *dp_flow_why(const dp_flow *f, int energy);
/* Mean (dim) and covariance (dim x dim) of q at y. */
void dp_flow_moments(double *mean, double *cov, const dp_flow *f, const double *y);

/* Points of a measure, n x dim, fresh: quantiles or draws as above; the points themselves of atoms (with their weights), samples and data sets. */
dp_status dp_flow_points(double **x, double **weight, slong *n, const dp_measure_t mu, slong particles, ulong seed, dp_error *e);
/* A copy of P with `data` such points, of equal weight, for p. */
dp_status dp_flow_with_points(dp_problem **out, const dp_problem *P, slong data, ulong seed, dp_error *e);

/* ---- integration ---- */

typedef enum { DP_FLOW_EULER, DP_FLOW_RK4, DP_FLOW_RKF45, DP_FLOW_RK8PD, DP_FLOW_MSBDF } dp_flow_method;
extern const char *const dp_flow_method_name[];

/* euler, rk4: `step`, of which time is a whole multiple (DP_EINPUT otherwise). Others: `tolerance`: the estimated local error of each unknown is at
   most tolerance times (|unknown| + the problem's smallest length). */
typedef struct {
    dp_flow_method method;
    double time, step, tolerance;
    slong records;                 /* times after 0 at which records are made; with a step at most one a step */
    const volatile sig_atomic_t *stop; /* ends the run when not 0; or NULL */
    void (*progress)(void *data, double done, double all);
    void *to;
} dp_flow_options;

/* State, energies and their rates at a time. For energy k of the list: value, rate = dE/dt along the field by differences of fourth order, and estimates
   of the errors of both. */
typedef struct { double value, value_error, rate, rate_error; } dp_flow_energy;
typedef struct {
    double t, dissipation, dissipated; /* E_q |V|^2 and its integral from 0 */
    double *y;
    dp_flow_energy energy[DP_FLOW_ENERGIES];
} dp_flow_record;

/* A run: nrecords of the records asked were reached. list: nlist energies. */
typedef struct {
    const dp_flow *f;
    dp_flow_options o;
    int list[DP_FLOW_ENERGIES], nlist;
    slong nrecords;
    dp_flow_record *record;
    slong steps, evaluations;
    double state_error, energy_error[DP_FLOW_ENERGIES], dissipated_error; /* estimates by a second run, finer; negative: not made */
} dp_flow_run;

/* Integrates and records. With `check`, runs again at a hundredth of the tolerance, or at half the step, and fills the estimates: largest distance of the unknowns
   (times 1/(1 - 2^-order) for steps), likewise energies. DP_EINTERRUPTED with the records made so far; DP_EBUDGET where the integration cannot go on. */
dp_status dp_flow_integrate(dp_flow_run *r, dp_flow *f, const dp_flow_options *o, const int *list, int nlist, int check, dp_error *e);
void dp_flow_run_clear(dp_flow_run *r);

#endif
