/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry.h: what registry.sh generates from the folders of proofs/, beside the list of claims that claim.h declares. */
#ifndef DP_CLAIM_REGISTRY_H
#define DP_CLAIM_REGISTRY_H

#include "claim/claim.h"

typedef struct { const char *id, *text; } dp_claim_text;
extern const dp_claim_text dp_claim_texts[];    /* statement.tex of every folder, sorted by id, {NULL, NULL} at the end */

#endif
