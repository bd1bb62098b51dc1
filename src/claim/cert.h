/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert.h: checking certificates. Free of FLINT: MPFR, MPFI and GMP only, so that what Arb decided is judged by another arithmetic.
   The format and what a check guarantees: docs/certificates.md. */
#ifndef DP_CERT_H
#define DP_CERT_H

#include <stddef.h>
#include <stdio.h>

typedef enum {
    DP_CERT_ACCEPTED = 0,   /* every stated fact was recomputed and holds */
    DP_CERT_REJECTED,       /* digest, grammar or a stated fact is wrong */
    DP_CERT_UNDECIDED,      /* a stated relation cannot be decided at this precision, or an == that holds to the stated digits is
                               refuted beyond them: not accepted either */
    DP_CERT_UNREADABLE      /* the file could not be read */
} dp_cert_outcome;

/* What a certificate says about itself (valid as far as parsed) and, unless accepted, why not. */
typedef struct {
    char claim[128], case_name[512], twin[128], verdict[16], reason[512];
    long digits, precision, leaves, relations;
    long line;              /* where the reason lies, 0: the whole */
} dp_cert_summary;

/* Judges a certificate in memory: digest, strict grammar, overlap of the engines, every relation recomputed at the stated precision
   + 64 bits, the rule of two engines, the verdict. Cost: one MPFI operation for each one of the expressions. */
dp_cert_outcome dp_cert_check_text(const char *text, size_t n, dp_cert_summary *s);
/* The same for a file. `s` as above. */
dp_cert_outcome dp_cert_check_file(const char *path, dp_cert_summary *s);
/* One line about a judged file: "PATH: accepted: ..." or "PATH:LINE: rejected: ...". */
void dp_cert_say(const char *path, dp_cert_outcome outcome, const dp_cert_summary *s, FILE *messages);
/* The same with one line about it to `messages` (NULL: silent): "PATH: accepted: ..." or "PATH:LINE: rejected: ...". */
dp_cert_outcome dp_cert_check(const char *path, FILE *messages);

#endif
