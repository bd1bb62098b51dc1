/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_store.c: the table of a sweep in SQLite, one transaction a run; and the union of such tables. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "train/sweep.h"

struct dp_sweep_store { sqlite3 *db; char *file; const dp_sweep *s; char *has; };

/* The numbers of a result that are columns. */
static const struct { const char *column; size_t at; } metrics[] = {
    {"loss", offsetof(dp_train_result, loss)}, {"v_rms", offsetof(dp_train_result, v_rms)}, {"mmd2_u", offsetof(dp_train_result, mmd2_u)}, {"mmd2_v", offsetof(dp_train_result, mmd2_v)},
    {"floor_mmd2_u", offsetof(dp_train_result, floor_mmd2_u)}, {"floor_mmd2_v", offsetof(dp_train_result, floor_mmd2_v)}, {"mmd_bandwidth", offsetof(dp_train_result, mmd_bandwidth)},
    {"w2", offsetof(dp_train_result, w2)}, {"floor_w2", offsetof(dp_train_result, floor_w2)}, {"sinkhorn", offsetof(dp_train_result, sinkhorn)},
    {"floor_sinkhorn", offsetof(dp_train_result, floor_sinkhorn)}, {"energy", offsetof(dp_train_result, energy)}, {"floor_energy", offsetof(dp_train_result, floor_energy)}};
enum { METRICS = sizeof metrics / sizeof *metrics };

static dp_status failed(sqlite3 *db, const char *file, dp_error *e)
{
    const int busy = sqlite3_errcode(db) == SQLITE_BUSY || sqlite3_errcode(db) == SQLITE_LOCKED, none = sqlite3_errcode(db) == SQLITE_NOTADB;
    if (none) return dp_fail(e, DP_EINPUT, "%s: no table of a sweep", file);
    if (busy) return dp_fail(e, DP_EINPUT, "%s: another sweep is at work on it", file);
    return dp_fail(e, DP_EIO, "%s: %s", file, sqlite3_errmsg(db));
}

static dp_status execute(sqlite3 *db, const char *file, const char *sql, dp_error *e)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? DP_OK : failed(db, file, e);
}

/* The first column of the first row, fresh; NULL: no row. */
static dp_status ask(char **out, sqlite3 *db, const char *file, const char *sql, dp_error *e)
{
    sqlite3_stmt *q = NULL;
    *out = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(q);
    if (code == SQLITE_ROW && sqlite3_column_text(q, 0)) *out = dp_strdup((const char *) sqlite3_column_text(q, 0));
    const dp_status status = code == SQLITE_ROW || code == SQLITE_DONE ? DP_OK : failed(db, file, e);
    sqlite3_finalize(q);
    return status;
}

/* ---- opening ---- */

static char *schema(const dp_sweep *s)
{
    char *sql;
    size_t size;
    FILE *f = open_memstream(&sql, &size);
    fputs("CREATE TABLE sweep(sha256 TEXT, name TEXT, text TEXT, version TEXT);\nCREATE TABLE runs(run INTEGER PRIMARY KEY, key TEXT UNIQUE", f);
    for (size_t k = 0; k < s->naxes; k++) fprintf(f, ", \"%s\" TEXT", s->axis[k]);
    fputs(", sha256 TEXT, status TEXT, message TEXT, step INTEGER", f);
    for (size_t k = 0; k < METRICS; k++) fprintf(f, ", %s REAL", metrics[k].column);
    fputs(", modes TEXT, data_modes TEXT);\nCREATE TABLE times(run INTEGER PRIMARY KEY, seconds REAL);\n", f);
    fclose(f);
    return sql;
}

static dp_status insert_sweep(dp_sweep_store *t, dp_error *e)
{
    const char *slash = strrchr(t->s->path, '/');
    char *sql = sqlite3_mprintf("INSERT INTO sweep VALUES(%Q, %Q, %Q, 'driftproof/sweep/1')", t->s->sha256, slash ? slash + 1 : t->s->path, t->s->text);
    const dp_status status = execute(t->db, t->file, sql, e);
    sqlite3_free(sql);
    return status;
}

/* A row that says pending for every cell that has none. */
static dp_status insert_cells(dp_sweep_store *t, const size_t *cells, size_t n, dp_error *e)
{
    dp_status status = DP_OK;
    for (size_t i = 0; !status && i < n; i++) {
        const dp_sweep_cell *c = t->s->cell + cells[i];
        char *sql = sqlite3_mprintf("INSERT OR IGNORE INTO runs(run, key, sha256, status) VALUES(%llu, %Q, %Q, 'pending')", (unsigned long long) cells[i], c->key, c->sha256);
        status = execute(t->db, t->file, sql, e);
        sqlite3_free(sql);
        for (size_t k = 0; !status && k < t->s->naxes; k++) {
            if (!c->label[k]) continue;
            sql = sqlite3_mprintf("UPDATE runs SET \"%w\" = %Q WHERE run = %llu AND status = 'pending'", t->s->axis[k], c->label[k], (unsigned long long) cells[i]);
            status = execute(t->db, t->file, sql, e);
            sqlite3_free(sql);
        }
    }
    return status;
}

static dp_status read_done(dp_sweep_store *t, dp_error *e)
{
    sqlite3_stmt *q = NULL;
    int code = sqlite3_prepare_v2(t->db, "SELECT run FROM runs WHERE status IN ('done', 'diverged')", -1, &q, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(q);
        const size_t i = code == SQLITE_ROW ? (size_t) sqlite3_column_int64(q, 0) : t->s->n;
        if (i < t->s->n) t->has[i] = 1;
    }
    const dp_status status = code == SQLITE_DONE ? DP_OK : failed(t->db, t->file, e);
    sqlite3_finalize(q);
    return status;
}

/* The tables as they must be: made in one transaction, or found and those of this sweep. */
static dp_status prepare(dp_sweep_store *t, const size_t *cells, size_t n, dp_error *e)
{
    char *there, *sha = NULL;
    dp_status status = execute(t->db, t->file, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; BEGIN EXCLUSIVE", e);
    if (!status) status = ask(&there, t->db, t->file, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'sweep'", e);
    if (status) return status;
    if (there) status = ask(&sha, t->db, t->file, "SELECT sha256 FROM sweep", e);
    if (!status && there && (!sha || strcmp(sha, t->s->sha256))) status = dp_fail(e, DP_EINPUT, "%s: the table of another sweep (or the case was changed since); expected -o with another name", t->file);
    if (!status && !there) {
        char *sql = schema(t->s);
        status = execute(t->db, t->file, sql, e);
        free(sql);
        if (!status) status = insert_sweep(t, e);
    }
    free(there), free(sha);
    if (!status) status = insert_cells(t, cells, n, e);
    if (!status) status = read_done(t, e);
    return status ? status : execute(t->db, t->file, "COMMIT", e);
}

dp_status dp_sweep_store_open(dp_sweep_store **out, const char *file, const dp_sweep *s, const size_t *cells, size_t n, dp_error *e)
{
    dp_sweep_store *t = dp_calloc(1, sizeof *t);
    t->file = dp_strdup(file), t->s = s, t->has = dp_calloc(s->n + 1, 1);
    dp_status status = sqlite3_open(file, &t->db) == SQLITE_OK ? DP_OK : failed(t->db, file, e);
    if (!status) sqlite3_busy_timeout(t->db, 3000); /* one that was killed may take a moment to end */
    if (!status) status = prepare(t, cells, n, e);
    if (status) dp_sweep_store_close(t);
    else *out = t;
    return status;
}

void dp_sweep_store_close(dp_sweep_store *t)
{
    if (!t) return;
    sqlite3_close(t->db);
    free(t->file), free(t->has), free(t);
}

int dp_sweep_store_has(const dp_sweep_store *t, size_t cell) { return t->has[cell]; }

/* ---- rows ---- */

static char *shares(const double *v, int n)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fputs("[", f);
    for (int k = 0; k < n; k++) fputs(k ? ", " : "", f), dp_json_double(f, v[k]);
    fputs("]", f);
    fclose(f);
    return text;
}

static void bind(sqlite3_stmt *q, size_t cell, const dp_train_result *r, const char *message)
{
    int at = 1;
    sqlite3_bind_text(q, at++, message ? "failed" : r->diverged ? "diverged" : "done", -1, SQLITE_STATIC);
    if (message) sqlite3_bind_text(q, at, message, -1, SQLITE_TRANSIENT);
    at++;
    if (!message) sqlite3_bind_int64(q, at, r->step);
    at++;
    for (size_t k = 0; k < METRICS; k++, at++) {
        const double v = message ? NAN : *(const double *) ((const char *) r + metrics[k].at);
        if (!isnan(v)) sqlite3_bind_double(q, at, v);
    }
    if (!message && r->nmodes > 0) {
        sqlite3_bind_text(q, at, shares(r->mode, r->nmodes), -1, free);
        sqlite3_bind_text(q, at + 1, shares(r->data_mode, r->nmodes), -1, free);
    }
    sqlite3_bind_int64(q, at + 2, (sqlite3_int64) cell);
}

static dp_status put_row(dp_sweep_store *t, size_t cell, const dp_train_result *r, const char *message, dp_error *e)
{
    char *sql, *text;
    size_t size;
    sqlite3_stmt *q = NULL;
    FILE *f = open_memstream(&text, &size);
    fputs("UPDATE runs SET status = ?, message = ?, step = ?", f);
    for (size_t k = 0; k < METRICS; k++) fprintf(f, ", %s = ?", metrics[k].column);
    fputs(", modes = ?, data_modes = ? WHERE run = ?", f);
    fclose(f);
    sql = text;
    int code = sqlite3_prepare_v2(t->db, sql, -1, &q, NULL);
    if (code == SQLITE_OK) bind(q, cell, r, message), code = sqlite3_step(q);
    const dp_status status = code == SQLITE_DONE ? DP_OK : failed(t->db, t->file, e);
    sqlite3_finalize(q);
    free(sql);
    return status;
}

dp_status dp_sweep_store_put(dp_sweep_store *t, size_t cell, const dp_train_result *r, const char *message, double seconds, dp_error *e)
{
    dp_status status = execute(t->db, t->file, "BEGIN", e);
    char *sql = sqlite3_mprintf("INSERT OR REPLACE INTO times VALUES(%llu, %.3f)", (unsigned long long) cell, seconds);
    if (!status) status = put_row(t, cell, r, message, e);
    if (!status) status = execute(t->db, t->file, sql, e);
    if (!status) status = execute(t->db, t->file, "COMMIT", e);
    sqlite3_free(sql);
    if (!status && !message) t->has[cell] = 1;
    return status;
}

static dp_status count_rows(dp_sweep_count *out, sqlite3 *db, const char *file, dp_error *e)
{
    const struct { const char *status; size_t *to; } all[] = {{"pending", &out->pending}, {"done", &out->done}, {"diverged", &out->diverged}, {"failed", &out->failed}};
    dp_status status = DP_OK;
    for (size_t k = 0; !status && k < 4; k++) {
        char *sql = dp_format("SELECT count(*) FROM runs WHERE status = '%s'", all[k].status), *text;
        status = ask(&text, db, file, sql, e);
        if (!status) *all[k].to = strtoull(text, NULL, 10);
        free(text), free(sql);
    }
    return status;
}

dp_status dp_sweep_store_count(dp_sweep_count *out, const dp_sweep_store *t, dp_error *e) { return count_rows(out, t->db, t->file, e); }

/* ---- reading ---- */

static void put_field(FILE *f, sqlite3_stmt *q, int k)
{
    const char *text = (const char *) sqlite3_column_text(q, k);
    if (!text) return;
    if (sqlite3_column_type(q, k) == SQLITE_FLOAT) fprintf(f, "%.17g", sqlite3_column_double(q, k));
    else if (!strpbrk(text, ",\"\n")) fputs(text, f);
    else {
        fputc('"', f);
        for (; *text; text++) fputs(*text == '"' ? "\"\"" : (char[]){*text, 0}, f);
        fputc('"', f);
    }
}

dp_status dp_sweep_csv(FILE *f, const char *file, const char *query, dp_error *e)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    if (access(file, R_OK)) return dp_fail(e, DP_EINPUT, "%s: cannot be read", file);
    int code = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) code = sqlite3_prepare_v2(db, query ? query : "SELECT * FROM runs ORDER BY run", -1, &q, NULL);
    const int columns = sqlite3_column_count(q);
    for (int k = 0; code == SQLITE_OK && k < columns; k++) fprintf(f, "%s%s", k ? "," : "", sqlite3_column_name(q, k));
    if (code == SQLITE_OK) fputs("\n", f);
    while ((code == SQLITE_OK || code == SQLITE_ROW) && (code = sqlite3_step(q)) == SQLITE_ROW) {
        for (int k = 0; k < columns; k++) fputs(k ? "," : "", f), put_field(f, q, k);
        fputs("\n", f);
    }
    dp_status status = code == SQLITE_DONE ? DP_OK : failed(db, file, e);
    if (status == DP_EIO && code == SQLITE_ERROR) status = dp_fail(e, DP_EINPUT, "%s: %s", file, sqlite3_errmsg(db));
    sqlite3_finalize(q);
    sqlite3_close(db);
    return status;
}

dp_status dp_sweep_select(dp_sweep_row *row, void *to, const char *file, const char *query, dp_error *e)
{
    enum { MOST = 16 };
    const char *text[MOST] = {NULL};
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    if (access(file, R_OK)) return dp_fail(e, DP_EINPUT, "%s: cannot be read", file);
    int code = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) code = sqlite3_prepare_v2(db, query, -1, &q, NULL);
    const int columns = FLINT_MIN(sqlite3_column_count(q), MOST);
    while ((code == SQLITE_OK || code == SQLITE_ROW) && (code = sqlite3_step(q)) == SQLITE_ROW) {
        for (int k = 0; k < columns; k++) text[k] = (const char *) sqlite3_column_text(q, k);
        row(to, text);
    }
    dp_status status = code == SQLITE_DONE ? DP_OK : failed(db, file, e);
    if (status == DP_EIO && code == SQLITE_ERROR) status = dp_fail(e, DP_EINPUT, "%s: %s", file, sqlite3_errmsg(db));
    sqlite3_finalize(q);
    sqlite3_close(db);
    return status;
}

/* ---- merging ---- */

/* A better row replaces a pending or failed one; two rows that are done must agree, all columns of them. */
static dp_status take_rows(sqlite3 *db, const char *file, dp_error *e)
{
    char *sha = NULL, *other = NULL, *differ = NULL;
    char *sql = sqlite3_mprintf("ATTACH %Q AS other", file);
    dp_status status = execute(db, file, sql, e);
    sqlite3_free(sql);
    if (status) return status;
    status = ask(&sha, db, file, "SELECT sha256 FROM main.sweep", e);
    if (!status) status = ask(&other, db, file, "SELECT sha256 FROM other.sweep", e);
    if (!status && (!sha || !other || strcmp(sha, other))) status = dp_fail(e, DP_EINPUT, "%s: the table of another sweep than the first file's", file);
    if (!status) status = ask(&differ, db, file, "SELECT key FROM (SELECT * FROM other.runs WHERE status IN ('done', 'diverged') AND run IN (SELECT run FROM main.runs WHERE status IN ('done', 'diverged')) "
                                                 "EXCEPT SELECT * FROM main.runs)", e);
    if (!status && differ) status = dp_fail(e, DP_EINPUT, "%s: the run %s has other results in another file", file, differ);
    if (!status) status = execute(db, file, "BEGIN; INSERT OR REPLACE INTO main.runs SELECT * FROM other.runs WHERE run NOT IN (SELECT run FROM main.runs WHERE status IN ('done', 'diverged')) "
                                            "AND (status <> 'pending' OR run NOT IN (SELECT run FROM main.runs)); INSERT OR REPLACE INTO main.times SELECT * FROM other.times; COMMIT; DETACH other", e);
    free(sha), free(other), free(differ);
    return status;
}

/* A copy through the library, which first undoes what a killed process left half done. */
static dp_status copy(sqlite3 **out, const char *temporary, const char *file, dp_error *e)
{
    sqlite3 *from = NULL;
    sqlite3_backup *b = NULL;
    *out = NULL;
    unlink(temporary);
    if (access(file, R_OK)) return dp_fail(e, DP_EINPUT, "%s: cannot be read", file);
    dp_status status = sqlite3_open_v2(file, &from, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? DP_OK : failed(from, file, e);
    if (!status && sqlite3_open(temporary, out) != SQLITE_OK) status = failed(*out, temporary, e);
    if (!status && !(b = sqlite3_backup_init(*out, "main", from, "main"))) status = failed(*out, temporary, e);
    if (!status && sqlite3_backup_step(b, -1) != SQLITE_DONE) status = dp_fail(e, DP_EINPUT, "%s: no table of a sweep that can be read", file);
    sqlite3_backup_finish(b);
    sqlite3_close(from);
    return status;
}

/* Where process `pid` of this machine writes the union that will be `out`; fresh. No user names a file so, and other machines' files in the folder are not ours to judge. */
static char *temporary_of(const char *out, long pid)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return dp_format("%s.merging-%s-%ld", out, host, pid);
}

/* Whether the name, or that with -journal at the end, was a temporary of a process that is no more on this machine; stem: its name up to the number. */
static int is_orphan(const char *name, const char *stem)
{
    const size_t n = strlen(stem);
    if (strncmp(name, stem, n) || name[n] < '1' || name[n] > '9') return 0;
    char *end;
    const long pid = strtol(name + n, &end, 10);
    return (!*end || !strcmp(end, "-journal")) && kill((pid_t) pid, 0) && errno == ESRCH;
}

/* Removes the copies of a table that killed processes were writing beside it. */
static void remove_orphans(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *folder = slash ? dp_format("%.*s", (int) (base - path), path) : dp_strdup("./"), *stem = temporary_of(base, 0);
    stem[strlen(stem) - 1] = '\0'; /* without the 0 */
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char *name = is_orphan(entry->d_name, stem) ? dp_format("%s%s", folder, entry->d_name) : NULL;
        if (name) unlink(name);
        free(name);
    }
    if (d) closedir(d);
    free(folder), free(stem);
}

dp_status dp_sweep_merge(const char *out, const char *const *files, size_t n, dp_sweep_count *count, dp_error *e)
{
    char *temporary = temporary_of(out, (long) getpid());
    sqlite3 *db;
    remove_orphans(out);
    dp_status status = copy(&db, temporary, files[0], e);
    if (!status) status = count_rows(count, db, files[0], e);
    for (size_t i = 1; !status && i < n; i++) status = access(files[i], R_OK) ? dp_fail(e, DP_EINPUT, "%s: cannot be read", files[i]) : take_rows(db, files[i], e);
    if (!status) status = count_rows(count, db, out, e);
    sqlite3_close(db);
    if (!status && rename(temporary, out)) status = dp_fail(e, DP_EIO, "%s: cannot be written", out);
    if (status) unlink(temporary);
    free(temporary);
    return status;
}
