/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base.h: what every room stands on: status and errors, exact rationals from text, allocation, digests, clocks. */
#ifndef DP_BASE_H
#define DP_BASE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/flint.h"

/* Why a call did not deliver. DP_OK is 0; everything else comes with a dp_error that says it in words. */
typedef enum {
    DP_OK = 0,
    DP_EINPUT,       /* the user's file, key or argument is wrong            -> exit status 2 */
    DP_EUNSUPPORTED, /* well-formed, but this quantity is not defined or not implemented for it -> 2, or `undecided` in a claim */
    DP_EBUDGET,      /* precision, nodes or time ran out before the asked accuracy -> `undecided` */
    DP_EMEMORY, DP_EIO, DP_EINTERRUPTED, /* the environment failed           -> exit status 3 */
    DP_EINTERNAL     /* two engines disagree or an invariant broke           -> verdict `error` */
} dp_status;

typedef struct { dp_status status; char text[768]; } dp_error;

/* Records status and a printf-style message (no trailing newline); returns `status`. `e` may be NULL. */
dp_status dp_fail(dp_error *e, dp_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reads an exact rational: "3", "-5/4", "0.1" (= 1/10), "1e-3", "2.5E4" (exponents up to 100000). Returns 1, or 0 if the text is anything else
   (empty, blanks inside, zero denominator, "nan", "0x1", a denominator with a sign). Exact: no rounding takes place. */
int dp_fmpq_set_text(fmpq_t out, const char *text);
/* The canonical text "n" or "n/d"; the caller frees it with free(). */
char *dp_fmpq_get_text(const fmpq_t q);
/* x as it is. Requires: finite. */
void dp_fmpq_set_d(fmpq_t out, double x);
/* The number that was written, of which only x is known: the decimal of at most 15 digits whose nearest double it is; where there is none, x. Requires: finite. */
void dp_fmpq_set_written(fmpq_t out, double x);
/* The nearest long double (fmpq_get_d is up to a unit in the last place nearer 0). */
long double dp_fmpq_get_ld(const fmpq_t q);
/* The nearest double, of two the even one (fmpq_get_d truncates); a number below 2^-1022 is rounded twice. */
double dp_nearest_d(const fmpq_t q);

/* Allocation that never returns NULL: prints a message and exits with status 3 when memory is gone. */
void *dp_malloc(size_t size);
void *dp_calloc(size_t count, size_t size);
void *dp_realloc(void *old, size_t size);
char *dp_strdup(const char *text);
/* printf into fresh memory; free() it. */
char *dp_format(const char *format, ...) __attribute__((format(printf, 1, 2), nonnull(1)));
char *dp_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0), nonnull(1)));

/* Bytes of the UTF-8 character at `text` (1 for a NUL), or 0 when what stands there is none. */
int dp_utf8_length(const char *text);
/* How far a mistyped word is from a known one: 0 when it is a beginning of it (two letters at least), else the number of
   slips (letter added, lost, changed, swapped with its neighbour); DP_FAR beyond a third of the letters. */
size_t dp_word_distance(const char *typed, const char *known);
#define DP_FAR ((size_t) -1)

/* Whole file as a NUL-terminated string (length in *n if n is not NULL), or NULL with `e` filled. */
char *dp_file_read(const char *path, size_t *n, dp_error *e);
/* Writes through a temporary name and rename(2): a reader sees the old file or the new one, never half of it. */
dp_status dp_file_write(const char *path, const char *text, size_t n, dp_error *e);
/* A file written piece by piece: complete under its name after dp_output_close, or not there at all. Write to `f`, errors included:
   they come up in dp_output_close, which frees everything whatever happens. A device or pipe is written to directly. */
typedef struct { FILE *f; char *path, *target, *temporary; } dp_output;
dp_status dp_output_open(dp_output *o, const char *path, dp_error *e);
dp_status dp_output_close(dp_output *o, dp_error *e);
void dp_output_discard(dp_output *o);
/* From now on SIGINT, SIGTERM and SIGHUP (where they are not ignored) remove the files that are being written and end the program with status 3: for commands whose
   results stand nowhere before they are whole. */
void dp_end_on_signals(void);
/* mkdir -p. */
dp_status dp_mkdir(const char *path, dp_error *e);

/* Locks the open file for this process. 0: done; 1: another process has it and keeps it for three seconds (one that was killed may take a moment to end); -1: errno says why not. */
int dp_lock_file(int fd);

/* A folder for this process alone, and what killed ones left half written there (NAME.PID-NUMBER.tmp) removed. DP_EINPUT: another process is at work in it; DP_EIO: it cannot be
   written to. The file .lock stands there until dp_unlock; of a killed process it may stay and locks nothing. One folder is not locked twice by one process. */
typedef struct dp_lock dp_lock;
dp_status dp_lock_folder(dp_lock **out, const char *folder, dp_error *e);
void dp_unlock(dp_lock *l); /* NULL: nothing */

/* SHA-256 as 64 lower-case hexadecimal digits and NUL. */
void dp_sha256(char out[65], const void *data, size_t n);

double dp_now(void); /* monotonic seconds */

/* JSON writing to a stream: escapes, never locale-dependent. */
void dp_json_string(FILE *f, const char *text);
void dp_json_double(FILE *f, double v); /* shortest round trip; nan and inf as the strings "nan", "inf", "-inf" */
/* {"mid": "...", "rad": "..."}: decimal strings; the ball of v lies inside [mid - rad, mid + rad]; about `digits` digits of mid. */
void dp_json_arb(FILE *f, const arb_t v, slong digits);
/* The same two decimals as fresh strings; non-finite balls give "nan" and "inf". */
void dp_arb_decimal(char **mid, char **rad, const arb_t v, slong digits);

#endif
