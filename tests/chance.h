/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chance.h: uniform numbers for the tests: a stream of fixed start, the same on every machine. */
#ifndef CHANCE_H
#define CHANCE_H

#include <stddef.h>
#include <stdint.h>

static uint64_t state = 20261122;
static inline double uniform(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double) (state >> 11) / 9007199254740992.0;
}
/* One of low, ..., high. */
static inline size_t count(size_t low, size_t high) { return low + (size_t) (uniform() * (double) (high - low + 1)); }

#endif
