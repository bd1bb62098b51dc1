/* SPDX-License-Identifier: GPL-3.0-or-later */
/* toy.h: a hand-made case and claims about sqrt(2), for the tests of the claim room. */
#ifndef DP_TESTS_TOY_H
#define DP_TESTS_TOY_H

#include <stdlib.h>
#include <string.h>
#include "claim/run.h"

/* Runs `run` as a claim on an empty case; twin may be NULL. The caller frees the record and the certificate. */
static inline dp_record *toy_check(char **certificate, void (*run)(dp_check *), slong digits, const char *expect, const char *twin)
{
    dp_claim claim = {.id = "toy", .title = "a toy", .equations = "", .kind = "INEQ", .source = "", .method = "", .run = run};
    dp_problem P = {.path = (char *) "toy.yaml", .name = (char *) "toys/default", .text = (char *) "title: toy\n", .dim = 1, .digits = digits};
    dp_claim_entry entry = {.id = (char *) "toy", .expect = (char *) (size_t) expect, .twin = (char *) (size_t) twin};
    return dp_claim_check(certificate, &claim, &P, &entry, NULL);
}

/* Leaf `name` = sqrt(n) by `engine`, at the working precision less `loss` bits. */
static inline void toy_root(dp_check *c, const char *name, ulong n, const char *engine, slong loss)
{
    arb_t v;
    arb_init(v);
    arb_sqrt_ui(v, n, FLINT_MAX(2, dp_check_prec(c) - loss));
    dp_let(c, name, v, engine);
    arb_clear(v);
}

/* The second engine: the same number by its logarithm, at 64 bits, moved by `error`. */
static inline void toy_second(dp_check *c, const char *name, ulong n, double error)
{
    arb_t v, shift;
    arb_init(v);
    arb_init(shift);
    arb_log_ui(v, n, 64);
    arb_mul_2exp_si(v, v, -1);
    arb_exp(v, v, 64);
    arb_set_d(shift, error);
    arb_add(v, v, shift, 64);
    dp_let_second(c, name, v, "logarithm");
    arb_clear(v);
    arb_clear(shift);
}

/* Leaf `name`: mid +/- 2^log_radius. */
static inline void toy_ball(dp_check *c, const char *name, slong mid, slong log_radius, int second)
{
    arb_t v;
    arb_init(v);
    arb_set_si(v, mid);
    mag_set_ui_2exp_si(arb_radref(v), 1, log_radius);
    if (second) dp_let_second(c, name, v, "other"); else dp_let(c, name, v, "series");
    arb_clear(v);
}

#endif
