/* SPDX-License-Identifier: GPL-3.0-or-later */
/* share.h: where the shipped cases and report templates are, and which program this is. */
#ifndef DP_TOOL_SHARE_H
#define DP_TOOL_SHARE_H

#include "base/base.h"

/* The directory with cases/ and reports/: $DRIFTPROOF_SHARE, else beside the program (installed or in its source tree), else where
   `make install` was told to put it, else here. NULL when there is none. */
const char *dp_share(void);
/* Version and digest of the running program: equal only for the same program. */
const char *dp_build_id(void);
/* The program's own file; "" where the system does not say. */
const char *dp_program(void);
/* Cores that this process may run on. */
slong dp_cores(void);
/* Whether `stream` may get colours: a terminal, no NO_COLOR, not TERM=dumb. */
int dp_colours(FILE *stream);

#endif
