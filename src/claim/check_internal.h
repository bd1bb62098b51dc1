/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_internal.h: the state of one claim on one case while it is being checked. For the files of this room only. */
#ifndef DP_CHECK_INTERNAL_H
#define DP_CHECK_INTERNAL_H

#include <signal.h>
#include <stdint.h>
#include "claim/claim.h"
#include "claim/expr.h"
#include "report/record.h"

typedef enum { DP_SYMBOL_RATIONAL, DP_SYMBOL_BALL, DP_SYMBOL_DEFINED } dp_symbol_kind;

/* A named number of this round. `other` is the value that the second engines give (of a leaf without one: the first value; of a
   definition: evaluated from the others); filled by the judge. */
typedef struct {
    char *name;
    uint32_t hash;
    dp_symbol_kind kind;
    fmpq_t q;              /* rational leaf */
    arb_t value, other;
    int engine, second;    /* indices of engine names, -1: none */
    char *text;            /* definition */
    dp_expr *x;
    uint64_t engines;      /* of all leaves below; filled by the judge, like: */
    const char *lone;      /* the first leaf below with one engine, or NULL */
    const char *weak;      /* the first leaf below whose second ball is too wide to confirm it, or NULL */
    int sampled;           /* random draws decided it, or a leaf below */
} dp_symbol;

typedef struct {
    char *label, *text;
    dp_expr *x;
    arb_t lhs, rhs, difference;
    dp_truth truth;
    mag_t width;           /* radius of the ball that failed to decide it */
    int hopeless;          /* undecided for a reason that precision does not mend */
    int sampled;           /* rests on random draws */
    int agreement;         /* an identity that earns nothing */
    int sufficient;        /* a condition: where it fails nothing is refuted */
    int gate;              /* nor by what was stated after it */
    int open;              /* sufficient in a sabotaged run, too */
    char *reason;          /* why undecided, else NULL */
    uint64_t engines;
} dp_assertion;

typedef struct { char *term; mag_t bound; } dp_term;
typedef struct { char *prefix, *why; } dp_note;

enum { DP_MAX_ENGINES = 64 };

struct dp_check_struct {
    const dp_claim *claim;
    const dp_problem *P;
    const dp_claim_entry *entry;
    const volatile sig_atomic_t *stop;
    dp_workspace *w;
    slong prec, cap;
    slong nsymbols, symbol_room;
    dp_symbol *symbols;
    slong nassertions, assertion_room;
    dp_assertion *assertions;
    slong nterms, term_room;
    dp_term *terms;
    slong nnotes, note_room;
    dp_note *notes;        /* why leaves whose names start with `prefix` have no second engine */
    slong nshown, shown_room;
    dp_problem **shown;    /* copies that sabotages changed */
    int nengines;
    char *engines[DP_MAX_ENGINES];
    int hollow;            /* a sabotaged round that only sufficient conditions refute, and what was stated after them; filled by the judge */
    dp_status status;      /* of the first dp_give_up of the round */
    char *reason;
};

dp_symbol *dp_check_symbol(dp_check *c, const char *name);       /* NULL if unknown */
/* A new symbol; gives up and returns NULL when the name is no name or taken. */
dp_symbol *dp_check_add(dp_check *c, const char *name, dp_symbol_kind kind);
/* The index of an engine's name; gives up on names that a certificate cannot carry (-1). */
int dp_check_engine(dp_check *c, const char *name);
/* Room for one more of `size` bytes in an array of n. */
void *dp_check_grow(void *array, slong n, slong *room, size_t size);
/* Fresh copy as one printable line: labels go into certificates. */
char *dp_check_line(const char *text);
void dp_check_reset(dp_check *c);                                /* forgets the round */
/* Notes why the leaves with this prefix have no second engine, for the message of an undecided relation. */
void dp_check_no_second(dp_check *c, const char *prefix, const char *why);
const char *dp_check_why_lone(const dp_check *c, const char *name);  /* the latest note that fits, or NULL */
/* lookup callbacks for dp_expr_eval_arb; context is the dp_check */
int dp_lookup_value(arb_t out, const char *name, slong prec, void *check);
int dp_lookup_other(arb_t out, const char *name, slong prec, void *check);

/* Decides every relation of the round (c->assertions[i].truth, reason) and composes the verdict. *reason is fresh text or NULL;
   *again says whether more precision may change an `undecided`. */
const char *dp_check_judge(dp_check *c, char **reason, int *again);
/* "proved", "verified", "refuted" or "undecided" for one relation. */
/* 1 when a relation of the round rests on random draws. */
int dp_check_sampled(const dp_check *c);
const char *dp_assertion_verdict(const dp_assertion *a);

/* The certificate of a decided round, or NULL with a reason when it cannot be written (an exponent beyond MPFR's range). */
char *dp_certificate_text(const dp_check *c, const char *verdict, char **reason);

#endif
