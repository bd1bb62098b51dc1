/* SPDX-License-Identifier: GPL-3.0-or-later */
/* energy.h: functionals F(q) of the model q given the data p: values at the population, and on samples; one file per functional stands behind it. */
#ifndef DP_ENERGY_ENERGY_H
#define DP_ENERGY_ENERGY_H

#include "drift/drift.h"

/* A number and what is known of its error: the truth lies in the ball `value`; when `estimated`, the radius was found by refinement and proves nothing.
   `how` names the method in a few words ("double sum", "acb_calc_integrate", "lattice, two levels"). */
typedef struct { arb_t value; int estimated; const char *how; } dp_scalar_struct, dp_scalar_t[1];
void dp_scalar_init(dp_scalar_t x);
void dp_scalar_clear(dp_scalar_t x);

/* One functional: a file of src/energy defines `const dp_energy dp_energy_<name>` (dashes become underscores); the list is generated.
   Names, as everywhere: kl, smoothed-kl, mmd2 (half), sinkhorn, sliced (half), w2 (half), kale, chi2. */
typedef struct {
    const char *name;
    const char *equations; /* "(48)-(51)" */
    const char *summary;
    /* The drift that is the Wasserstein gradient flow of F: its velocity is h^drift_power times -grad delta F/delta q (the power is 0 unless said),
       h the case's bandwidth. NULL: no drift here is. */
    const char *drift;
    int drift_power;
    /* F(q) of a case, to about `digits` decimals relative to its own size where that can be reached: the radius says what was reached, so DP_OK
       does not mean that the digits are there. Requires: out initialised. DP_EUNSUPPORTED with the reason where F is infinite, not defined or not
       done for these measures and this kernel. NULL: not there. No result depends on threads. */
    dp_status (*population)(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e);
    /* F of two samples; out->v, where it is not NULL: V(x_i) = -n dF/dx_i, the velocity of the flow. s has passed dp_sample_check. NULL: not there. */
    dp_status (*sample)(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);
    int double_value; /* its value's sums are in doubles also where s->single asks for floats; those of its flow are as its drift says */
    /* The same value as an enclosure by its definition written out, of whatever `sample` takes and no more; NULL: by the population value with atoms at the samples. */
    dp_status (*sample_ball)(arb_t out, const dp_sample *s, slong prec, dp_error *e);
} dp_energy;
extern const dp_energy *const dp_energies[]; /* sorted by name, NULL at the end */
const dp_energy *dp_energy_find(const char *name);
/* The functional whose flow the drift is, or NULL. */
const dp_energy *dp_energy_of_drift(const char *drift);

/* F of samples in doubles by name, and its flow -n dF/dx in out->v where that is not NULL: DP_EINPUT for an unknown name, DP_EUNSUPPORTED where there is no such value. Checks the sample. Error and cost: particle/functional.h,
   particle/transport.h; notes of out. */
dp_status dp_energy_sample(double *value, dp_drifted *out, const dp_sample *s, const char *name, dp_error *e);
/* F of samples by its definition written out, else by its population value with atoms there: DP_EUNSUPPORTED where a case cannot say what is asked, DP_EBUDGET
   when the digits, relative to F, are not reached (a value that nothing tells from 0 is reported with its radius). */
dp_status dp_energy_sample_ball(dp_scalar_t out, const dp_sample *s, const char *name, slong digits, dp_error *e);
/* F(q) of a case by name: DP_EINPUT for an unknown name, DP_EUNSUPPORTED where there is no population value. Error: the ball, a bound unless `estimated`. */
dp_status dp_energy_population(dp_scalar_t out, const dp_problem *P, const char *name, slong digits, int threads, dp_error *e);

/* The Sinkhorn divergence (59) between atoms, cost r^2/2, epsilon = h^2, by one engine's plans: CLOSED (what `population` of sinkhorn takes; Lemmas S1, S2) or QUADRATURE (Lemma S3). Requires: p and q atoms, Gaussian kernel. */
dp_status dp_sinkhorn_atoms(arb_t out, const dp_problem *P, dp_engine engine, slong prec, dp_error *e);

#endif
