/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_keep.c: finished parts of a long mesh in a file: a head that names the question, then records with their digests; what is torn is not read. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drift/grid_keep.h"

/* A record on disk: "digest length\n" and the body, which begins with "step first n\n". */
enum { DIGEST = 64, HEAD = DIGEST + 1 + 16 + 1, NAMES = 64 };

typedef struct { char *name; slong first, n; long at; size_t length; } record;

struct dp_grid_keep_struct {
    char *path, *names[NAMES]; /* names: of ledger terms that were read */
    char head[128];            /* the file's first line */
    FILE *f;                   /* NULL: not begun */
    double writes_from;
    size_t n, room, nnames;
    record *of;
    slong taken, written;
    pthread_mutex_t lock;
};

/* ---- opening ---- */

static void note(dp_grid_keep *k, const char *body, long at, size_t length)
{
    record r = {.at = at, .length = length};
    char step[400];
    if (sscanf(body, "%399[^\n;]; %ld %ld\n", step, &r.first, &r.n) != 3)
        return;
    if (k->n == k->room)
        k->room = 2 * k->room + 64, k->of = dp_realloc(k->of, k->room * sizeof *k->of);
    r.name = dp_strdup(step);
    k->of[k->n++] = r;
}

/* Reads one record's body and checks it; NULL at the end of what is whole. */
static char *next_record(FILE *f, size_t *length)
{
    char head[HEAD + 1] = "", digest[65], *body;
    char *end;
    if (fread(head, 1, HEAD, f) != HEAD || head[DIGEST] != ' ' || head[HEAD - 1] != '\n')
        return NULL;
    *length = strtoull(head + DIGEST + 1, &end, 16);
    if (end != head + HEAD - 1 || *length > (size_t) 1 << 40)
        return NULL;
    body = malloc(*length + 1);
    if (!body || fread(body, 1, *length, f) != *length) {
        free(body);
        return NULL;
    }
    body[*length] = '\0';
    dp_sha256(digest, body, *length);
    if (!memcmp(digest, head, DIGEST))
        return body;
    free(body);
    return NULL;
}

/* Notes what is whole and cuts off the rest; a file for another question becomes an empty one. */
static int read_parts(dp_grid_keep *k)
{
    char line[sizeof k->head] = "", *body;
    long end = (long) strlen(k->head);
    size_t length;
    if (!fgets(line, sizeof line, k->f) || strcmp(line, k->head))
        return !ftruncate(fileno(k->f), 0) && !fseek(k->f, 0, SEEK_SET) && fputs(k->head, k->f) >= 0 && !fflush(k->f);
    for (; (body = next_record(k->f, &length)); free(body)) {
        note(k, body, end + HEAD, length);
        end += (long) (HEAD + length);
    }
    return !ftruncate(fileno(k->f), end) && !fseek(k->f, end, SEEK_SET);
}

/* Opens the file for this process alone; 0: it cannot be had. A new one gets its first line. */
static int begin(dp_grid_keep *k, int flags)
{
    const int fd = open(k->path, O_RDWR | O_CLOEXEC | flags, 0666);
    if (fd < 0)
        return 0;
    if (!dp_lock_file(fd) && (k->f = fdopen(fd, "r+")))
        return read_parts(k);
    close(fd);
    return 0;
}

dp_grid_keep *dp_grid_keep_open(const char *path, const char *key, double after)
{
    char digest[65];
    dp_grid_keep *k = dp_calloc(1, sizeof *k);
    k->path = dp_strdup(path), k->writes_from = dp_now() + after;
    dp_sha256(digest, key, strlen(key));
    snprintf(k->head, sizeof k->head, "driftproof: parts of a mesh 1 %s\n", digest);
    pthread_mutex_init(&k->lock, NULL);
    if (begin(k, 0) || access(path, F_OK))
        return k;
    dp_grid_keep_close(k, 0);
    return NULL;
}

slong dp_grid_keep_found(const dp_grid_keep *k) { return (slong) k->n; }
slong dp_grid_keep_taken(const dp_grid_keep *k) { return k->taken; }
slong dp_grid_keep_written(const dp_grid_keep *k) { return k->written; }

void dp_grid_keep_close(dp_grid_keep *k, int done)
{
    if (!k)
        return;
    if (k->f && (done || (!k->n && !k->written)))
        unlink(k->path);
    if (k->f)
        fclose(k->f);
    for (size_t i = 0; i < k->n; i++)
        free(k->of[i].name);
    for (size_t i = 0; i < k->nnames; i++)
        free(k->names[i]);
    pthread_mutex_destroy(&k->lock);
    free(k->of), free(k->path), free(k);
}

/* ---- bodies ---- */

static void put_ball(FILE *f, const arb_t b)
{
    char *text = arb_dump_str(b);
    fputs(text, f), putc('\n', f);
    flint_free(text);
}

static void put_part(FILE *f, const dp_grid_part *p)
{
    fprintf(f, "%u %ld %ld %zu\n%s\n", p->have, (long) p->loss[0], (long) p->loss[1], p->nterms, p->why);
    for (size_t i = 0; i < p->nterms; i++)
        fprintf(f, "%a %s\n", p->term[i].bound, p->term[i].term);
}

static void put_values(FILE *f, const dp_gridfield *g, slong first, slong n)
{
    for (int v = 0; v < g->nvalues; v++) {
        const dp_grid_values *q = g->value + v;
        for (slong i = first * q->components; i < (first + n) * q->components; i++) {
            fprintf(f, "%a %a\n", q->mid[i], q->rad[i]);
            if (q->ball)
                put_ball(f, q->ball + i);
        }
    }
}

/* Up to the end of the line; 0 at the end of the text. */
static int get_line(char **line, char **at)
{
    char *end = strchr(*at, '\n');
    if (!end)
        return 0;
    *end = '\0', *line = *at, *at = end + 1;
    return 1;
}

/* The one copy of a term's name that lives as long as k. */
static const char *intern(dp_grid_keep *k, const char *name)
{
    for (size_t i = 0; i < k->nnames; i++)
        if (!strcmp(k->names[i], name))
            return k->names[i];
    return k->nnames < NAMES ? k->names[k->nnames++] = dp_strdup(name) : "other";
}

static int get_part(dp_grid_keep *k, dp_grid_part *p, char **at)
{
    char *line;
    long loss[2];
    if (!get_line(&line, at) || sscanf(line, "%u %ld %ld %zu", &p->have, loss, loss + 1, &p->nterms) != 4 || p->nterms > sizeof p->term / sizeof *p->term || !get_line(&line, at))
        return 0;
    p->loss[0] = loss[0], p->loss[1] = loss[1];
    snprintf(p->why, sizeof p->why, "%s", line);
    for (size_t i = 0; i < p->nterms; i++) {
        char *name;
        if (!get_line(&line, at))
            return 0;
        p->term[i].bound = strtod(line, &name);
        p->term[i].term = intern(k, name + (*name == ' '));
    }
    return 1;
}

static int get_values(dp_gridfield *g, char **at, slong first, slong n)
{
    char *line, *rest;
    for (int v = 0; v < g->nvalues; v++) {
        dp_grid_values *q = g->value + v;
        for (slong i = first * q->components; i < (first + n) * q->components; i++) {
            if (!get_line(&line, at))
                return 0;
            q->mid[i] = strtod(line, &rest), q->rad[i] = strtod(rest, NULL);
            if (q->ball && (!get_line(&line, at) || arb_load_str(q->ball + i, line)))
                return 0;
        }
    }
    return 1;
}

/* ---- saving and loading ---- */

void dp_grid_keep_save(dp_grid_keep *k, const dp_gridfield *f, const char *step, slong first, slong n, const slong *miss, const dp_grid_part *part)
{
    if (!k || dp_now() < k->writes_from)
        return;
    char *body = NULL, digest[65], head[HEAD + 1];
    size_t length = 0;
    FILE *m = open_memstream(&body, &length);
    if (!m)
        return;
    fprintf(m, "%s; %ld %ld\n", step, (long) first, (long) n);
    put_part(m, part);
    for (slong i = first; miss && i < first + n; i++)
        fprintf(m, "%ld\n", (long) miss[i]);
    put_values(m, f, first, n);
    fclose(m);
    dp_sha256(digest, body, length);
    snprintf(head, sizeof head, "%s %016zx\n", digest, length);
    pthread_mutex_lock(&k->lock);
    if ((k->f || begin(k, O_CREAT)) && !fseek(k->f, 0, SEEK_END) && fwrite(head, 1, HEAD, k->f) == HEAD && fwrite(body, 1, length, k->f) == length && !fflush(k->f))
        k->written++; /* a record that fails is torn, and what follows it is not read: no harm but work */
    pthread_mutex_unlock(&k->lock);
    free(body);
}

static const record *find(const dp_grid_keep *k, const char *step, slong first, slong n)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->of[i].first == first && k->of[i].n == n && !strcmp(k->of[i].name, step))
            return k->of + i;
    return NULL;
}

int dp_grid_keep_load(dp_grid_keep *k, dp_gridfield *f, const char *step, slong first, slong n, slong *miss, dp_grid_part *part)
{
    const record *r = k ? find(k, step, first, n) : NULL;
    char *body = r ? malloc(r->length + 1) : NULL, *at = body, *line;
    if (!body)
        return 0;
    pthread_mutex_lock(&k->lock);
    int ok = !fseek(k->f, r->at, SEEK_SET) && fread(body, 1, r->length, k->f) == r->length;
    body[r->length] = '\0';
    ok = ok && get_line(&line, &at) && get_part(k, part, &at);
    k->taken += ok;
    pthread_mutex_unlock(&k->lock);
    for (slong i = first; miss && ok && i < first + n; i++)
        if ((ok = get_line(&line, &at)))
            miss[i] = strtol(line, NULL, 10);
    ok = ok && get_values(f, &at, first, n);
    free(body);
    return ok;
}
