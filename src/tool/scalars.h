/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scalars.h: numbers of a whole case that `driftproof field` gives: energies, their rates along a drift, dissipation. */
#ifndef DP_TOOL_SCALARS_H
#define DP_TOOL_SCALARS_H

#include "energy/energy.h"
#include "tool/option.h"

enum { DP_MOST_SCALARS = 24 };

/* key: "energy_mmd2", "rate_mmd2", "dissipation"... `why` is set where the number is absent. */
typedef struct { char key[64]; dp_scalar_t x; char why[256]; } dp_one_scalar;
typedef struct { int n; dp_one_scalar one[DP_MOST_SCALARS]; } dp_scalars;

/* What --quantity and --energy ask for. `names`: functionals, `energy` and `dissipation`: asked. */
typedef struct { int energy, dissipation, n; const char *names[8]; } dp_scalars_asked;
/* Takes the words energy and dissipation of the list: 1, or 0 for any other word. */
int dp_scalars_word(dp_scalars_asked *q, const char *word);
/* Reads --energy; with `energy` asked and no name, the functional that the drift is the flow of. Wrong names end the program. */
void dp_scalars_read(dp_scalars_asked *q, const char *energies, const char *drift);
int dp_scalars_any(const dp_scalars_asked *q);

/* Evaluates: an energy or dissipation that does not exist fails, a rate that does not exist is left out with its reason. drift may be NULL: no rates. */
dp_status dp_scalars_eval(dp_scalars *out, const dp_scalars_asked *q, const dp_problem *P, const char *drift, slong digits, int threads, dp_error *e);
/* One more; x is copied. */
void dp_scalars_add(dp_scalars *s, const dp_scalar_t x, const char *why, const char *key, const char *name);
void dp_scalars_clear(dp_scalars *s);

/* Lines for people; an object "scalars": {...} for programs, without a comma around it. */
void dp_scalars_print(FILE *out, const dp_scalars *s, slong digits);
void dp_scalars_json(FILE *out, const dp_scalars *s, slong digits);

/* How many are short of the digits, and saying so on standard error. */
int dp_scalars_missed(const dp_scalars *s, slong digits);
void dp_scalars_say_missed(const dp_scalars *s, int missed, slong digits);

/* field CASE with neither points nor a mesh: everything from the command line to the exit status. */
int dp_field_scalars(const dp_args *a, const char *drift);

#endif
