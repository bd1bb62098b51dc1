/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernel.h: kernels as functions of numbers: what the Laplace kernel needs on half lines. */
#ifndef DP_KERNEL_H
#define DP_KERNEL_H

#include "base/base.h"

#endif
