/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.h: the files that a run leaves in its directory. For the files of this room only. */
#ifndef DP_CLAIM_STORE_H
#define DP_CLAIM_STORE_H

#include "claim/run.h"

/* dir/records/STEM.json. */
dp_status dp_store_record(const char *dir, const char *stem, const dp_record *r, dp_error *e);
/* dir/FOLDER/STEM followed by SUFFIX. */
dp_status dp_store_text(const char *dir, const char *folder, const char *stem, const char *suffix, const char *text, dp_error *e);
/* Removes key, record and certificate, the key first. */
void dp_store_forget(const char *dir, const char *stem);
/* A job is finished when its key was written, which happens last, and what the key vouches for is still there: the record and, if
   a plus sign follows the key, the certificate. */
int dp_store_finished(const char *dir, const dp_job *job);
/* Makes the folders and removes records, keys and certificates of jobs that are not in the list. */
dp_status dp_store_sweep(const char *dir, const dp_job_list *list, dp_error *e);
/* Keeps other runs out of the directory until the descriptor is closed or the process ends; -1: another run is there, or no file can
   be made. A file system without locks is taken as it is. */
int dp_store_lock(const char *dir, dp_error *e);

#endif
