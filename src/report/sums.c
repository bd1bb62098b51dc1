/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sums.c: the digests of the certificates: all of them for sha256sum -c, and one for each claim in print. */
#include "report/face.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char folder[] = "certificates/";

static const char *name_in_folder(const dp_record *r)
{
    const char *name = r->certificate ? r->certificate : "";
    return strncmp(name, folder, sizeof folder - 1) == 0 ? name + sizeof folder - 1 : name;
}

/* Returns 0 when the record has no certificate, -1 when its file is missing, else 1. */
static int digest(char out[65], const char *dir, const dp_record *r)
{
    size_t n;
    if (r->certificate == NULL || *r->certificate == '\0') return 0;
    char *path = dp_format("%s/%s", dir, r->certificate), *text = dp_file_read(path, &n, NULL);
    if (text != NULL) dp_sha256(out, text, n);
    free(path);
    free(text);
    return text != NULL ? 1 : -1;
}

/* certificates/SHA256SUMS; no file when there is no certificate. */
void dp_face_sums(dp_face *x)
{
    dp_sheet s;
    char sum[65], *path = dp_format("%s/%sSHA256SUMS", x->dir, folder);
    slong n = x->view.nrecords + x->view.ntwins, lines = 0;
    FILE *f = dp_sheet_open(&s, x);
    if (f == NULL) n = 0;
    for (slong i = 0; i < n; i++) {
        int there = digest(sum, x->dir, x->view.sorted[i]);
        if (there > 0) fprintf(f, "%s  %s\n", sum, name_in_folder(x->view.sorted[i])), lines++;
        else if (there < 0) dp_face_note(x, "%s is missing", x->view.sorted[i]->certificate);
    }
    if (f != NULL && lines > 0) dp_sheet_close(&s, "certificates/SHA256SUMS");
    else {
        if (f != NULL) fclose(f), free(s.text);
        unlink(path);
    }
    free(path);
}

static int by_text(const void *a, const void *b) { return memcmp(a, b, 64); }

static void add_claim(dp_table *t, const dp_view_claim *c, const char *dir)
{
    slong n = 0, missing = 0;
    char *all = dp_malloc(64 * (size_t) (c->nrecords + c->ntwins) + 1), sum[65];
    for (slong i = 0; i < c->nrecords + c->ntwins; i++) {
        int there = digest(sum, dir, i < c->nrecords ? c->record[i] : c->twin[i - c->nrecords]);
        if (there > 0) memcpy(all + 64 * n++, sum, 64);
        missing += there < 0;
    }
    qsort(all, (size_t) n, 64, by_text);
    dp_sha256(sum, all, 64 * (size_t) n);
    if (n + missing > 0) {
        dp_table_add(t, DP_CELL_CLAIM, "%s", c->id);
        dp_table_add(t, DP_CELL_NUMBER, "%ld", (long) n);
        if (missing > 0) dp_table_add(t, DP_CELL_TEXT, "%ld more missing", (long) missing);
        else dp_table_add(t, DP_CELL_CODE, "%s", sum);
    }
    free(all);
}

dp_table *dp_table_certificates(const dp_view *v, const char *dir)
{
    static const char *const heads[] = {"Claim", "Number", "SHA-256"};
    dp_table *t = dp_table_new("certificates", "Certificates of each claim, twins' included, and one digest for them: the SHA-256 of their SHA-256 digests in hexadecimal, sorted and put "
                               "together without anything between. The digests themselves are in certificates/SHA256SUMS.", "6rl", heads);
    for (slong i = 0; i < v->nclaims; i++) add_claim(t, &v->claim[i], dir);
    return t;
}
