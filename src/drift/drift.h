/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift.h: population velocity fields at a point, as balls; one file per drift stands behind it. */
#ifndef DP_DRIFT_H
#define DP_DRIFT_H

#include "ball/jet.h"
#include "particle/particle.h"
#include "problem/problem.h"

/* The measures that a kernel can be convolved with: p, q and the reweighted p~ = p/sqrt(k*q), q~ = q/sqrt(k*q) of (35). */
typedef enum { DP_OF_P, DP_OF_Q, DP_OF_PT, DP_OF_QT } dp_which;

/* How an integral is found. CLOSED: finite sums, Gaussian integrals, error functions. TRAPEZOID: strip-bounded rule on a
   lattice (lemma L3). QUADRATURE: the second, independent engine: acb_calc_integrate in d = 1, adaptive tensor
   Gauss-Legendre with ellipse bounds in d >= 2, and for finite sums MPFR directed rounding; integrands are the raw definitions.
   AUTO: the fastest of CLOSED and TRAPEZOID that is rigorous here, QUADRATURE when neither reaches the precision. */
typedef enum { DP_ENGINE_AUTO, DP_ENGINE_CLOSED, DP_ENGINE_TRAPEZOID, DP_ENGINE_QUADRATURE } dp_engine;
const char *dp_engine_name(dp_engine engine);

/* Kernel moments of one positive measure mu at x, unnormalised (Gibbs) kernel k:
   Z = (k*mu)(x) = int k(x,y) mu(dy) with gradient and Hessian in x;
   D_i = int k(x,y) (y_i - x_i) mu(dy), and its Jacobian J_ij = d D_i / d x_j (row-major).
   Entries that do not exist (Laplace kernel at an atom: gradient of Z) are [0 +/- inf]. */
typedef struct { int dim; dp_jet_t Z; arb_ptr D, J; dp_engine used; } dp_moments_struct, dp_moments_t[1];
void dp_moments_init(dp_moments_t m, int dim);
void dp_moments_clear(dp_moments_t m);

/* Keeps node weights between calls at the same problem (and drops them when the problem's bandwidth or measures change).
   One workspace per thread. */
typedef struct dp_workspace_struct dp_workspace;
dp_workspace *dp_workspace_new(void);
void dp_workspace_free(dp_workspace *w);
/* Error-ledger terms of the last evaluation that used quadrature: name ("strip", "window", "tail", "node-balls"...) and bound
   relative to the integral. Index from 0; returns 0 past the end. */
int dp_workspace_ledger(const dp_workspace *w, size_t index, const char **term, mag_t bound);

/* Moments at x (dim balls; a ball x gives an enclosure for all points in it) with working precision prec bits. The enclosure is
   rigorous whatever prec; its width is the engine's business. `w` may be NULL. */
dp_status dp_moments_eval(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, dp_engine engine,
                          slong prec, dp_workspace *w, dp_error *e);
/* int log((k*p)/(k*q))(z) kappa(x - z) dz as a jet in x: its gradient is the velocity (24), Gaussian kernel only. Error: enclosed, ledger in w (lemma L3, or the second engine's). DP_EBUDGET where lattices grow too large. */
dp_status dp_smoothed_log_ratio(dp_jet_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec,
                                dp_workspace *w, dp_error *e);
/* log of a density itself (mixture, student, laplace: scores of p or q, for the drift kl). x: dim balls. Error: enclosed. DP_EUNSUPPORTED for measures without a positive density. Cost: one sum over components. */
dp_status dp_log_density(dp_jet_t out, const dp_measure_t m, arb_srcptr x, slong prec, dp_error *e);

/* What a drift gives at a point. Absent quantities have their bit of `have` clear and `why` says the reason. */
enum { DP_HAVE_VELOCITY = 1, DP_HAVE_JACOBIAN = 2, DP_HAVE_PRECONDITIONER = 4, DP_HAVE_POTENTIAL = 8 };
typedef struct {
    int dim;
    unsigned have;
    arb_ptr velocity;        /* V_i */
    arb_ptr jacobian;        /* d V_i / d x_j, row-major */
    arb_ptr curl;            /* d = 2: 1 entry d1 V2 - d2 V1; d = 3: 3 entries; d = 1: none */
    arb_t divergence;
    dp_jet_t preconditioner; /* eta in V = eta grad S; second derivatives may be [0 +/- inf] */
    arb_ptr grad_log_ratio;  /* grad S */
    arb_ptr wedge;           /* grad eta ^ grad S: d = 2: 1 entry, d = 3: 3 entries */
    arb_t potential;         /* first variation delta F / delta q where V = -grad of it (7) */
    dp_engine engine;        /* the least closed engine that took part */
    char why[160];
} dp_field_struct, dp_field_t[1];
void dp_field_init(dp_field_t f, int dim);
void dp_field_clear(dp_field_t f);
#define DP_CURL_DIM(d) ((d) == 2 ? 1 : (d) == 3 ? 3 : 0)

struct dp_affinity_struct;
struct dp_efield_struct;
struct dp_gridfield_struct;
struct dp_emoments_struct;

/* One drift: a file of src/drift defines `const dp_drift dp_drift_<name>` (dashes become underscores); the list is generated. */
typedef struct {
    const char *name;      /* "sinkhorn-proxy" */
    const char *equations; /* "(28)-(35)" */
    const char *summary;
    /* At a point, as balls. */
    dp_status (*eval)(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e);
    /* In doubles at a node of a mesh, from the moments that `needs` lists (DP_NEED_ bits of estimated.h); NULL: not there. */
    unsigned needs;
    void (*grid)(struct dp_efield_struct *out, const struct dp_emoments_struct *m);
    /* A whole mesh at once, for drifts that a global solve finds (plans, duals): fills every quantity of f that the drift has, drops the others
       (dp_gridfield_drop), and may lower f->tier from DP_TIER_AUTO. NULL: by lattices and points. */
    dp_status (*mesh)(struct dp_gridfield_struct *f, const dp_problem *P, int threads, dp_error *e);
    /* On samples: the velocity at each x in doubles, unit as at points. NULL: not there. s has passed dp_sample_check. */
    dp_status (*sample)(dp_drifted *out, const dp_sample *s, dp_error *e);
    int only_doubles; /* its sums are in doubles also where s->single asks for floats */
    /* The same as enclosures, n x d, by the definition written out. NULL: not there. */
    dp_status (*sample_ball)(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
} dp_drift;
extern const dp_drift *const dp_drifts[];   /* sorted by name, NULL at the end */
const dp_drift *dp_drift_find(const char *name);

/* The drift of samples, n x d, the unit of each as at points; DP_EINPUT and DP_EUNSUPPORTED as dp_sample_check and dp_sample_range say, and where `drift` has no such form; DP_EBUDGET for a velocity beyond
   doubles or a solver that stopped. Requires: out->v. Error and cost: of each drift in the headers of src/particle, and docs/drift.md, Precision. No result depends on s->threads or on the processor. */
dp_status dp_drift_sample(dp_drifted *out, const char *drift, const dp_sample *s, dp_error *e);
/* The case with atoms of equal weights at the samples, p at y and q at x: free it with dp_problem_free. NULL, DP_EUNSUPPORTED with `what` in the message,
   where no case says what is asked: negatives, a mask, directions, sweeps, several kernels. */
dp_problem *dp_sample_case(const dp_sample *s, const char *what, dp_error *e);
/* Velocities of samples as enclosures, n x d, with so many digits relative to the largest component (or all about 0, and within 10^-digits of the clouds' size, where eight times as many do not tell them from it): by the definition
   written out, or, where a drift has none, by its population form with atoms at the samples. DP_EBUDGET when the digits cannot be had. */
dp_status dp_drift_sample_ball(arb_ptr out, const char *drift, const dp_sample *s, slong digits, dp_error *e);
/* So are the velocities of affinities, dp_ball_affinity; and of sinkhorn-proxy or, joint, da2 the velocities before the masses multiply them, n x d, and the masses, n x 2 (NULL: not asked). */
dp_status dp_affinity_sample_ball(arb_ptr out, const struct dp_affinity_struct *a, const dp_sample *s, slong digits, dp_error *e);
dp_status dp_masses_sample_ball(arb_ptr core, arb_ptr mass, int joint, const dp_sample *s, slong digits, dp_error *e);

/* One evaluation at fixed working precision, x of dim balls. Requires: dp_field_init with the problem's dimension. Error: enclosed, whatever prec; the ledger is in w. Cost: the moments that the drift takes. */
dp_status dp_field_eval(dp_field_t out, const dp_problem *P, const char *drift, arb_srcptr x, dp_engine engine, slong prec,
                        dp_workspace *w, dp_error *e);
/* Adaptive: raises the precision until velocity (and what else exists) has `digits` correct decimals relative to the largest
   component, or DP_EBUDGET with a reason. x exact. Cost: a few of dp_field_eval, the last at two to four times the digits' bits. */
dp_status dp_field_digits(dp_field_t out, const dp_problem *P, const char *drift, const fmpq *x, slong digits,
                          dp_workspace *w, dp_error *e);

#endif
