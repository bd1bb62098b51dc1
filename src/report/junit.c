/* SPDX-License-Identifier: GPL-3.0-or-later */
/* junit.c: junit.xml, in the dialect that Jenkins and GitLab both read (tests/junit.rng is its grammar). */
#include "report/face.h"

#include <stdlib.h>
#include <string.h>

typedef struct { slong tests, failures, errors; double seconds; } totals;

/* Not as expected: a wrong verdict is a failure; no verdict is an error. */
static int is_error(const dp_record *r) { return !r->as_expected && dp_verdict_index(r->verdict) >= 4; }
static int is_failure(const dp_record *r) { return !r->as_expected && !is_error(r); }

static totals sum(const dp_record *const *r, slong n)
{
    totals t = {n, 0, 0, 0};
    for (slong i = 0; i < n; i++) {
        t.failures += is_failure(r[i]);
        t.errors += is_error(r[i]);
        t.seconds += r[i]->seconds;
    }
    return t;
}

static void attribute(FILE *f, const char *name, const char *text)
{
    fprintf(f, " %s=\"", name);
    dp_put_text(f, DP_XML, text);
    fputc('"', f);
}

static char *test_name(const dp_record *r)
{
    return dp_is_twin(r) ? dp_format("%s [twin %s]", r->case_name, r->twin) : dp_strdup(r->case_name);
}

/* How many of the records before `i` carry the same name: GitLab drops repeated names. */
static slong repeats(const dp_record *const *r, slong i)
{
    slong n = 0;
    for (slong j = 0; j < i; j++)
        n += strcmp(r[j]->case_name, r[i]->case_name) == 0 && strcmp(r[j]->twin ? r[j]->twin : "", r[i]->twin ? r[i]->twin : "") == 0;
    return n;
}

static void write_problem(FILE *f, const dp_record *r)
{
    const char *tag = is_error(r) ? "error" : "failure";
    char *message = dp_format("%s instead of %s", r->verdict ? r->verdict : "", r->expected ? r->expected : "");
    fprintf(f, "><%s", tag);
    attribute(f, "type", r->verdict);
    attribute(f, "message", message);
    fputc('>', f);
    dp_put_text(f, DP_XML, r->message);
    fputs("\nreproduce: driftproof verify --claim '", f);
    dp_put_text(f, DP_XML, r->claim);
    fputs("' cases/", f);
    dp_put_text(f, DP_XML, r->case_name);
    fprintf(f, ".yaml</%s></testcase>\n", tag);
    free(message);
}

static void write_case(FILE *f, const dp_record *const *all, slong i)
{
    const dp_record *r = all[i];
    slong n = repeats(all, i);
    char *name = test_name(r), *unique = n ? dp_format("%s (%ld)", name, (long) n + 1) : dp_strdup(name);
    char *class_name = dp_format("driftproof.%s", r->claim);
    fputs("    <testcase", f);
    attribute(f, "classname", class_name);
    attribute(f, "name", unique);
    fprintf(f, " time=\"%.6f\"", r->seconds);
    if (r->as_expected) fputs("/>\n", f);
    else write_problem(f, r);
    free(class_name);
    free(unique);
    free(name);
}

static void write_suite(FILE *f, const dp_view_claim *c, slong id)
{
    slong n = c->nrecords + c->ntwins;
    totals t = sum(c->record, n);
    fputs("  <testsuite", f);
    attribute(f, "name", c->id);
    fprintf(f, " tests=\"%ld\" failures=\"%ld\" errors=\"%ld\" skipped=\"0\" time=\"%.6f\"", (long) t.tests, (long) t.failures, (long) t.errors, t.seconds);
    fprintf(f, " hostname=\"localhost\" id=\"%ld\" package=\"driftproof\">\n    <properties>", (long) id);
    for (const dp_fact *v = dp_facts_version(); v->name != NULL; v++) {
        fputs("<property", f);
        attribute(f, "name", v->name);
        attribute(f, "value", v->text);
        fputs("/>", f);
    }
    fputs("</properties>\n", f);
    for (slong i = 0; i < n; i++) write_case(f, c->record, i);
    fputs("  </testsuite>\n", f);
}

void dp_face_junit(dp_face *x)
{
    dp_sheet s;
    const dp_view *v = &x->view;
    FILE *f = dp_sheet_open(&s, x);
    if (f == NULL) return;
    totals t = sum(v->sorted, v->nrecords + v->ntwins);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", f);
    fprintf(f, "<testsuites name=\"driftproof\" tests=\"%ld\" failures=\"%ld\" errors=\"%ld\" time=\"%.6f\">\n", (long) t.tests, (long) t.failures,
            (long) t.errors, t.seconds);
    for (slong i = 0; i < v->nclaims; i++) write_suite(f, &v->claim[i], i);
    fputs("</testsuites>\n", f);
    dp_sheet_close(&s, "junit.xml");
}
