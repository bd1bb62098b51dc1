/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.h: what the files of this room share about a case; private to it. */
#ifndef DP_TRAIN_CONFIG_H
#define DP_TRAIN_CONFIG_H

#include "problem/reader.h"
#include "train/train.h"

/* What no single key can tell: whether drift, measures, kernel and options go together. */
dp_status dp_train_check(const dp_train *t, const dp_problem *P, const dp_yaml_report *r, const dp_yaml *train);
/* A file named in the case: relative to the directory of the case; fresh. */
char *dp_train_path(const dp_train *t, const char *file);

#endif
