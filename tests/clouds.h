/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clouds.h: small random sample problems for the tests of particle drifts. */
#ifndef CLOUDS_H
#define CLOUDS_H

#include <math.h>
#include <string.h>

#include "chance.h"
#include "drift/drift.h"

enum { MOST = 24, DIM = 4 };

static inline size_t below(size_t n) { return (size_t) (uniform() * (double) n); }
static inline double gauss(void) { return sqrt(-2 * log(uniform() + 1e-18)) * cos(6.283185307179586 * uniform()); }

typedef struct { dp_sample s; dp_kernel_part part; double x[MOST * DIM], y[MOST * DIM], z[MOST * DIM], v[MOST * DIM], w[MOST * DIM], core[MOST * DIM], mass[2 * MOST]; } toy;

static inline void toy_init(toy *t, double scale, double h)
{
    memset(t, 0, sizeof *t);
    t->s = (dp_sample){.n = 1 + below(MOST), .m = 1 + below(MOST), .d = 1 + below(DIM), .x = t->x, .y = t->y, .part = &t->part, .nparts = 1, .iterations = -1, .tolerance = 1e-13, .threads = 1};
    fmpq_init(&t->part.weight), fmpq_init(&t->part.bandwidth);
    fmpq_one(&t->part.weight);
    fmpq_t b;
    fmpq_init(b);
    fmpz_set_d(fmpq_numref(b), ceil(h * 1e9)), fmpz_set_ui(fmpq_denref(b), 1000000000), fmpq_canonicalise(b);
    fmpq_set(&t->part.bandwidth, b), fmpq_clear(b);
    for (size_t i = 0; i < MOST * DIM; i++) t->x[i] = scale * gauss(), t->y[i] = scale * (gauss() + 0.5), t->z[i] = scale * gauss();
}
static inline void toy_clear(toy *t) { fmpq_clear(&t->part.weight), fmpq_clear(&t->part.bandwidth); }

static inline void run(toy *t, const char *drift, double *v)
{
    dp_error e = {0};
    dp_drifted out = {.v = v, .core = t->core, .mass = t->mass};
    if (dp_drift_sample(&out, drift, &t->s, &e)) fail_msg("%s: %s", drift, e.text);
}

static inline double noted(const dp_drifted *out, const char *name)
{
    for (int k = 0; k < out->nnotes; k++)
        if (!strcmp(out->note[k].name, name)) return out->note[k].value;
    fail_msg("no %s", name);
    return NAN;
}

static inline void close_to(const double *a, const double *b, size_t n, double tolerance)
{
    double top = 0, off = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, fabs(b[i])), off = fmax(off, fabs(a[i] - b[i]));
    for (size_t i = 0; i < n; i++) assert_true(isfinite(a[i]));
    if (off > tolerance * top) fail_msg("off by %g of %g", off, top);
}

#endif
