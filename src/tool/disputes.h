/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disputes.h: the shipped file of disagreements between papers. */
#ifndef DP_TOOL_DISPUTES_H
#define DP_TOOL_DISPUTES_H

#include "problem/dispute.h"

/* proofs/disputes.yaml of the share; its claims must exist. */
dp_status dp_tool_disputes(dp_disputes *out, dp_error *e);
/* `claims --disputes`: prints them, with the cases that each claim is checked on. Returns an exit status. */
int dp_show_disputes(int json);

#endif
