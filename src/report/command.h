/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.h: running another program that a face of the report needs. */
#ifndef DP_COMMAND_H
#define DP_COMMAND_H

#include "base/base.h"

/* 1 when a program of this name is on PATH. */
int dp_command_exists(const char *name);
/* Runs argv (ending with NULL) in directory `dir`, standard input from the file `in`, output and errors to the files `out` and `err`
   (relative to `dir`; NULL: /dev/null). Returns its exit status, 126 or 127 when it could not be run, 128 + n when signal n ended it. */
int dp_command(const char *dir, const char *const *argv, const char *in, const char *out, const char *err);
/* Cairo stamps the wall clock into a PDF: puts a fixed date of the same length there, so that equal figures have equal bytes. From 1.18 on the date
   is compressed: qpdf lays it open, and without qpdf it stays. `name` is relative to `dir`. */
void dp_pdf_without_date(const char *dir, const char *name);

#endif
