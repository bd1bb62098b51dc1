/* SPDX-License-Identifier: GPL-3.0-or-later */
/* claim.h: what a claim is, and what it says while it is being checked. proofs/<id>/claim.c uses only this (through driftproof.h). */
#ifndef DP_CLAIM_H
#define DP_CLAIM_H

#include "drift/drift.h"

typedef struct dp_check_struct dp_check;

/* One claim: proofs/<id>/claim.c defines `const dp_claim dp_claim_<id>` with dashes as underscores; the registry is generated from
   the tree, and statement.tex beside it is compiled in. Use DP_CLAIM(id_with_underscores). */
typedef struct {
    const char *id;          /* the folder's name */
    const char *title;       /* plain text, one line */
    const char *equations;   /* equation numbers of the paper it covers: "(34), (35), (76)" */
    const char *kind;        /* EQ INEQ RATE ROOT RANK ODE STAT */
    const char *source;      /* who claims it: "Gretton et al. 2605.05118, Prop. (population form)", or "derived here" */
    const char *method;      /* two sentences: how it is decided, which engines, which lemmas */
    const dp_param_spec *params;      /* table ending with {0}; NULL if none */
    const char *const *twins;         /* sabotages by name, NULL at the end; at least one; none of them may pass */
    void (*run)(dp_check *c);         /* called at increasing precision until the framework can decide */
} dp_claim;
#define DP_CLAIM(symbol) const dp_claim dp_claim_##symbol
extern const dp_claim *const dp_claims[];           /* sorted by id, NULL at the end */
const dp_claim *dp_claim_find(const char *id);
const char *dp_claim_statement(const char *id);     /* text of statement.tex */
extern const dp_claim_schema dp_claim_schema_registry;

/* ---- inside run() ---- */
const dp_problem *dp_check_problem(const dp_check *c);
slong dp_check_prec(const dp_check *c);             /* working precision of this round, bits; doubles from round to round */
slong dp_check_digits(const dp_check *c);           /* asked digits */
dp_workspace *dp_check_workspace(dp_check *c);
int dp_check_twin(const dp_check *c, const char *name); /* 1 when this run must sabotage itself that way */
const dp_param *dp_check_param(const dp_check *c, const char *name); /* NULL if absent */

/* Leaves: named numbers that relations use. An exact leaf is a rational. A ball leaf names the engine that made it ("closed-form",
   "trapezoid", "acb_calc_integrate", "gauss-legendre", "series"...; no blanks). dp_let_second gives the same number by an
   independent engine, which must have another name: the two balls must overlap, or the verdict is `error`; a second ball that is
   not finite counts as absent. Names are unique in a run and start a fresh life in every round; suffixes by dp_name. */
void dp_let_q(dp_check *c, const char *name, const fmpq_t v);
void dp_let(dp_check *c, const char *name, const arb_t v, const char *engine);
void dp_let_second(dp_check *c, const char *name, const arb_t v, const char *engine);
/* A number that random draws decided (a mean over seeds, a fitted slope). A relation that uses one, directly or through definitions, needs no second engine
   and earns `supported`, or `refuted`, at the level that its statement names, never more; a verdict that rests on one has no certificate. The draws must
   depend on the seed alone, so that a rerun gives the same number. */
void dp_let_sampled(dp_check *c, const char *name, const arb_t v);
/* Names an expression of earlier names; the second takes it as printf does. */
void dp_def(dp_check *c, const char *name, const char *expression);
void dp_def_printed(dp_check *c, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* States a relation; `label` is for people, one line. "a == b": both enclosures overlap and both radii are below 10^-digits relative
   to the larger magnitude (absolute when both enclose 0: normalise such statements to O(1) terms): earns `verified`; disjoint
   balls: refuted. "<", ">", "<=", ">=", "!=": decided by the enclosures: earns `proved` (or `refuted`), but only if every ball leaf
   that it uses, directly or through definitions, has a second engine; otherwise it stays undecided with that reason. A second ball
   confirms its leaf when it has 16 correct bits (radius <= 2^-16 |midpoint|); where one is wider (numbers that are 0), the relation
   must be decided the same way by the second balls alone. Any side that is not finite decides nothing.
   Verdict of the claim: any relation refuted: `refuted`; all hold: `supported` if one rests on random draws, else `verified` if an == is among them, else `proved`; no relation
   at all: `error`. A decided round is written as a certificate and re-checked by MPFI before it counts. */
void dp_assert(dp_check *c, const char *label, const char *relation);
/* States a condition that is sufficient for the claim, not necessary: a box that a case chose too small, a bound that is too crude, a regime of parameters. Where it
   fails, the claim is `undecided` with that reason, not `refuted`, and no relation stated after it in the round refutes anything either: what comes after it
   counts only where it holds. What was stated before it keeps its force. In a sabotaged run its failure refutes; where nothing else does, the same parameters are run without the sabotage too,
   and must pass: otherwise the parameters are at fault, not the sabotage, and the verdict is not as expected. */
void dp_suffice(dp_check *c, const char *label, const char *relation);
/* The same of a condition that nothing after it rests on: what a case aims at (a tolerance, a bound, a place where something is to be seen). Where it fails it refutes
   nothing itself, and takes no force from what comes after it. */
void dp_aim(dp_check *c, const char *label, const char *relation);
/* States a relation that the run knows to be undecided, beside others that are decided: it refutes nothing, sabotaged or not. */
void dp_open(dp_check *c, const char *label, const char *relation);
/* States an identity that the claim's relations do not rest on: the number that they are about, found in another way (the library's drift beside a formula in exact
   coordinates). Decided as "a == b" is: to all digits asked, or it refutes. It earns nothing: beside it inequalities stay `proved`, and alone it is no claim. */
void dp_agree(dp_check *c, const char *label, const char *relation);
/* A ledger line of the evidence: where error comes from. The largest bound of each term is kept. */
void dp_ledger(dp_check *c, const char *term, const mag_t bound);
void dp_ledger_workspace(dp_check *c);              /* copies the workspace's ledger */
/* This round cannot decide, and why. DP_EBUDGET: try again at higher precision, up to three times; DP_EUNSUPPORTED:
   `undecided` at once; DP_EINTERNAL: `error`; DP_EINPUT: the case does not fit the claim: `error`. */
void dp_give_up(dp_check *c, dp_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Rounds start at digits * log2(10) + 24 bits and double up to max(4096, 16 x start), and stop earlier when no undecided relation gets
   narrower, or when DP_EBUDGET or an infinite enclosure comes back three times in a row. This lowers the
   limit, where a claim knows that more precision is of no use or out of reach. */
void dp_check_cap(dp_check *c, slong bits);
/* 1 once dp_give_up was called or an engine call failed: return from run(). Everything above does nothing then. */
int dp_check_stopped(const dp_check *c);
/* Turns a failed engine call into dp_give_up; returns 1 when status != DP_OK. */
int dp_check_failed(dp_check *c, dp_status status, const dp_error *e);
/* The problem that the library is shown: P itself, but for two sabotages that any claim may list among its twins: "kernel", the bandwidth times 1 + 10^-30 (10^-(digits - 6)
   when fewer than 36 digits are asked), and "roles", p and q exchanged. The leaf makers here and in point.h show it; a claim that calls an engine itself shows it by this.
   A copy lives as long as the round. */
const dp_problem *dp_shown(dp_check *c, const dp_problem *P);
/* "name_3_1" from ("name", 3, 1): valid until the 16th next call. i or j < 0 are left out. */
const char *dp_name(const char *stem, slong i, slong j);

/* Common leaf makers. Each evaluates with AUTO at the working precision and with QUADRATURE as the second engine (at most 100 bits in
   dimension 1, 64 above), and copies the ledger. Where the second engine cannot (DP_EUNSUPPORTED, DP_EBUDGET, not finite, or AUTO
   itself fell back to it), leaves have one engine.
   dp_let_field: for the DP_HAVE_ bits asked for: V_i; J_i_j, div, curl_k; eta, eta_i, S_i, wedge_k; potential; each name prefixed with
   `prefix`. A quantity that the drift does not have gives up with DP_EUNSUPPORTED.
   dp_let_moments: Z, Z_i, Z_i_j (gradient and Hessian, all i, j) and D_i. Entries that are not finite are left out.
   Return 0 when evaluation failed (already reported). */
int dp_let_field(dp_check *c, const char *prefix, const dp_problem *P, const char *drift, arb_srcptr x, unsigned have);
int dp_let_moments(dp_check *c, const char *prefix, const dp_problem *P, dp_which which, arb_srcptr x);

#endif
