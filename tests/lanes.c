/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lanes.c: prints velocities of samples, every bit; lanes [THREADS]. Linked with the sums over pairs as they are, without AVX-512, and for the least instruction set. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "drift/drift.h"
#include "particle/affinity.h"

enum { MOST = 1300, DIM = 21 };
static double x[MOST * DIM], y[MOST * DIM], v[MOST * DIM];

/* drift NULL: of affinities. */
static int one(const char *drift, dp_sample s, dp_kernel_family family, double h)
{
    dp_error e;
    dp_drifted out = {.v = v};
    dp_kernel_part part = {.family = family};
    fmpq_init(&part.weight), fmpq_init(&part.bandwidth);
    fmpq_one(&part.weight);
    fmpq_set_si(&part.bandwidth, (slong) ceil(h * 1e6), 1000000);
    s.part = &part, s.nparts = 1;
    const dp_affinity affinity = {.norm = (dp_norm) (s.n % 6), .weights = (dp_weights) (s.m % 4), .joint = s.n % 2, .late = s.n % 5 == 0, .rounds = 2};
    const int bad = (drift ? dp_drift_sample(&out, drift, &s, &e) : dp_affinity_drift(v, &affinity, &s, &e)) != DP_OK;
    if (bad) fprintf(stderr, "%s: %s\n", drift ? drift : "affinities", e.text);
    for (size_t i = 0; i < s.n * s.d; i++) printf("%a\n", v[i]);
    fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth);
    return bad;
}

int main(int count, char **word)
{
    static const char *const drifts[] = {"mean-shift", "mmd", "sinkhorn-proxy", "da2", "sinkhorn", "sliced-wasserstein"};
    double direction[7 * DIM];
    int bad = 0;
    for (int k = 0; k < 120; k++) {
        const int large = k < 10; /* enough for every pair once, and for several blocks of rows in a sweep */
        dp_sample s = {.n = large ? 520 + (size_t) k : 1 + (size_t) (70 * uniform()), .m = large ? MOST : 1 + (size_t) (70 * uniform()), .d = k % 8 == 7 ? 15 + (size_t) k % 7 : 1 + (size_t) (k + k / 5) % 5, .x = x, .y = y, .iterations = 3,
                       .leave_out = k % 3 == 0, .single = k % 2, .threads = count > 1 ? atoi(word[1]) : 1};
        const double scale = pow(10, 2 * uniform() - 1);
        for (int i = 0; i < MOST * DIM; i++) x[i] = scale * uniform(), y[i] = scale * (uniform() + uniform());
        for (int i = 0; i < 7 * DIM; i++) direction[i] = uniform() - 0.5;
        s.direction = direction, s.ndirections = 7;
        if (k % 4 == 1) bad |= one(drifts[5], s, DP_KERNEL_GAUSSIAN, 1);
        bad |= one(drifts[k % 5], s, k % 4 < 3 ? DP_KERNEL_GAUSSIAN : DP_KERNEL_LAPLACE, pow(10, 2 * uniform() - 1.5));
    }
    for (int k = 0; k < 18; k++) { /* kernels that are summed without logarithms */
        static const dp_kernel_family families[] = {DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};
        const dp_sample s = {.n = 1 + (size_t) (70 * uniform()), .m = 1 + (size_t) (70 * uniform()), .d = 1 + (size_t) k % 4, .x = x, .y = y, .leave_out = k % 2, .single = k % 5 == 4, .threads = count > 1 ? atoi(word[1]) : 1};
        bad |= one(drifts[k / 3 % 3], s, families[k % 3], pow(10, 2 * uniform() - 1.5));
    }
    for (int k = 0; k < 36; k++) { /* affinities, and those of released code */
        const dp_sample s = {.n = 1 + (size_t) (70 * uniform()), .m = 1 + (size_t) (70 * uniform()), .d = 1 + (size_t) k % 4, .x = x, .y = y, .leave_out = k % 2, .threads = count > 1 ? atoi(word[1]) : 1};
        bad |= one(k % 3 ? NULL : "da2-released", s, k % 3 == 1 ? DP_KERNEL_GAUSSIAN : DP_KERNEL_LAPLACE, pow(10, 2 * uniform() - 1.5));
    }
    for (int k = 0; k < 6; k++) { /* converged, blocks left out and not */
        const dp_sample s = {.n = 400, .m = k % 3 ? 380 : 400, .d = 2, .x = x, .y = y, .iterations = -1, .tolerance = k < 4 ? 1e-6 : -1, .single = k % 2, .threads = count > 1 ? atoi(word[1]) : 1};
        for (int i = 0; i < 800; i++) x[i] = uniform() + uniform(), y[i] = 2 * uniform();
        bad |= one(drifts[4], s, DP_KERNEL_GAUSSIAN, k < 2 ? 0.03 : 0.1);
    }
    for (int k = 0; k < 12; k++) { /* narrow: by Newton's method, and sweeps in twice the precision */
        const dp_sample s = {.n = 90, .m = k % 3 ? 101 : 90, .d = 2, .x = x, .y = y, .iterations = k < 6 ? -1 : 3, .tolerance = -1, .single = k % 2, .leave_out = k % 6 == 2, .threads = count > 1 ? atoi(word[1]) : 1};
        for (int i = 0; i < 300; i++) x[i] = uniform(), y[i] = uniform();
        bad |= one(drifts[4], s, k % 6 < 5 ? DP_KERNEL_GAUSSIAN : DP_KERNEL_LAPLACE, pow(0.1, 1 + k % 6));
    }
    return bad;
}
