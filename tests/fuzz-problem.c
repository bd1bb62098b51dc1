/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-problem.c: any bytes are a case or are refused in words; what is accepted has a canonical text that means the same.
   With libFuzzer:  clang -g -fsanitize=fuzzer,address,undefined -Isrc -Itests tests/fuzz-problem.c src/{base,measure,problem}/[a-z]*.c LIBS
   As a replayer:   cc -g -DDP_FUZZ_MAIN -Isrc -Itests tests/fuzz-problem.c src/{base,measure,problem}/[a-z]*.c LIBS && ./a.out FILE...
   LIBS: -lfyaml -lflint-arb -lflint -lmpfr -lgmp -lmd. The replayer's option -m N adds N random mutants of each file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claims_stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void demand(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz-problem: %s\n", what);
    abort();
}

static long accepted;

/* An accepted case: its text is accepted too, is its own canonical text, and says the same. */
static void check_accepted(dp_problem *P)
{
    dp_problem *Q = NULL;
    dp_error e;
    if (dp_problem_parse(&Q, "again", P->text, NULL, 0, &schema, &e) != DP_OK) fprintf(stderr, "%s\n%s\n", e.text, P->text);
    demand(Q != NULL, "the canonical text is refused");
    demand(strcmp(P->text, Q->text) == 0, "the canonical text is no fixed point");
    demand(dp_measure_equal(P->p, Q->p) && dp_measure_equal(P->q, Q->q), "the measures differ");
    demand(fmpq_equal(P->bandwidth, Q->bandwidth) && P->digits == Q->digits && P->nclaims == Q->nclaims, "the cases differ");
    dp_problem_free(Q);
}

/* The input up to the first line "=" is the case; every later line is a --set. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = dp_malloc(n + 1), *cut;
    const char *sets[8];
    size_t nsets = 0;
    memcpy(text, data, n);
    text[n] = '\0';
    if ((cut = strstr(text, "\n=\n")) != NULL) {
        *cut = '\0';
        for (char *s = strtok(cut + 3, "\n"); s != NULL && nsets < 8; s = strtok(NULL, "\n")) sets[nsets++] = s;
    }
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    if (dp_problem_parse(&P, "f", text, sets, nsets, &schema, &e) == DP_OK) {
        accepted++;
        check_accepted(P);
        dp_problem_free(P);
    } else {
        demand(P == untouched, "a refused case left a trace");
        demand(strlen(e.text) > 8 && strchr(e.text, '\n') == NULL, "a message that says nothing, or on two lines");
    }
    free(text);
    return 0;
}

#ifdef DP_FUZZ_MAIN
static uint64_t rng = 1;

static size_t below(size_t n) /* splitmix64 */
{
    uint64_t z = (rng += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (size_t) ((z ^ z >> 31) % n);
}

/* Drops, doubles, moves or overwrites a stretch, or puts a telling token in. Returns the new length; `out` has room for 2 n + 64. */
static size_t mutate(char *out, const char *in, size_t n)
{
    static const char *const tokens[] = {"[", "]", "{", "}", ": ", "- ", "\n", "\n=\n", "#", "\"", "'", "&a ", "*a", "!!x ", "? ", "|\n", ">-\n", "---\n", "...\n", "%",
        "\t", "\xff", "\xe2\x80\xa8", "\r", "1/0", "1e9999", "~", "<<", ",", "0", "\\", "\xc2\x85", "\xef\xbb\xbf", "p.mixture.0.weight=1\n", "claims.0.at=3\n"};
    size_t from = below(n + 1), most = n - from, kind = below(4), m = 0, at = below(n + 1);
    if (most > 6 && (kind == 3 || below(4) > 0)) most = 6;
    size_t to = from + below(most + 1);
    const char *token = tokens[below(sizeof tokens / sizeof *tokens)];
    for (size_t i = 0; i <= n; i++) {
        if (i == at && kind == 0) m += (size_t) sprintf(out + m, "%s", token);
        if (i == at && kind == 1) memcpy(out + m, in + from, to - from), m += to - from;
        if (i == n || (kind == 2 && i >= from && i < to)) continue;
        out[m++] = kind == 3 && i >= from && i < to ? (char) below(256) : in[i];
    }
    return m;
}

int main(int argc, char **argv)
{
    long mutants = 0, inputs = 0;
    for (int i = 1; i < argc; i++) {
        size_t n;
        dp_error e;
        if (strcmp(argv[i], "-m") == 0 && i + 1 < argc) {
            mutants = atol(argv[++i]);
            continue;
        }
        char *text = dp_file_read(argv[i], &n, &e);
        if (text == NULL) return fprintf(stderr, "%s\n", e.text), 2;
        LLVMFuzzerTestOneInput((const uint8_t *) text, n);
        inputs++;
        for (long k = 0; k < mutants; k++, inputs++) {
            char *a = dp_malloc(2 * n + 64), *b = dp_malloc(4 * n + 192);
            size_t m = mutate(b, text, n);
            if (below(2)) m = mutate(a, text, n), m = mutate(b, a, m);
            LLVMFuzzerTestOneInput((const uint8_t *) b, m);
            free(a);
            free(b);
        }
        free(text);
    }
    printf("%ld inputs, %ld accepted, none broke the reader\n", inputs, accepted);
    flint_cleanup();
    return 0;
}
#endif
