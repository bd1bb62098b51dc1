/* SPDX-License-Identifier: GPL-3.0-or-later */
/* claims_stub.h: a registry of two claims that stands for the real one in tests of the case reader. */
#ifndef CLAIMS_STUB_H
#define CLAIMS_STUB_H

#include <string.h>

#include "problem/problem.h"

static const dp_param_spec stub_params[] = {{"at", DP_PARAM_POINTS, NULL, "points"}, {"steps", DP_PARAM_INTEGER, NULL, "number"},
    {"side", DP_PARAM_WORD, "left|right", "side"}, {"box", DP_PARAM_VECTOR, NULL, "half widths"}, {"c", DP_PARAM_RATIONAL, NULL, "constant"}, {0}};
static const char *const stub_ids[] = {"curl-nonzero", "tweedie", NULL};

static const dp_param_spec *stub_find(const char *id) { return strcmp(id, stub_ids[0]) == 0 ? stub_params : NULL; }
static int stub_has_twin(const char *id, const char *twin) { return strcmp(id, stub_ids[0]) == 0 && strcmp(twin, "drop-term") == 0; }
static const char *stub_nth_id(size_t i) { return stub_ids[i]; }
static const dp_claim_schema schema = {stub_find, stub_has_twin, stub_nth_id}; /* tweedie: no parameters, by its NULL table */

static dp_problem *const untouched = (dp_problem *) &schema; /* a value that no reader makes */

#endif
