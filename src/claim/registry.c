/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry.c: finding claims, their statements, and what a case file may say to them. */
#include "claim/registry.h"

#include <string.h>

const dp_claim *dp_claim_find(const char *id)
{
    for (size_t i = 0; dp_claims[i] != NULL; i++)
        if (strcmp(dp_claims[i]->id, id) == 0) return dp_claims[i];
    return NULL;
}

const char *dp_claim_statement(const char *id)
{
    for (size_t i = 0; dp_claim_texts[i].id != NULL; i++)
        if (strcmp(dp_claim_texts[i].id, id) == 0) return dp_claim_texts[i].text;
    return NULL;
}

static const dp_param_spec *params(const char *id)
{
    static const dp_param_spec none[] = {{0}};
    const dp_claim *claim = dp_claim_find(id);
    if (claim == NULL) return NULL;
    return claim->params == NULL ? none : claim->params;
}

static int has_twin(const char *id, const char *twin)
{
    const dp_claim *claim = dp_claim_find(id);
    for (size_t i = 0; claim != NULL && claim->twins != NULL && claim->twins[i] != NULL; i++)
        if (strcmp(claim->twins[i], twin) == 0) return 1;
    return 0;
}

static const char *nth_id(size_t index)
{
    for (size_t i = 0; dp_claims[i] != NULL; i++)
        if (i == index) return dp_claims[i]->id;
    return NULL;
}

const dp_claim_schema dp_claim_schema_registry = {params, has_twin, nth_id};
