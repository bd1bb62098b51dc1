/* SPDX-License-Identifier: GPL-3.0-or-later */
/* results.c: results.json, everything that was found, for programs. */
#include "report/face.h"

static void write_facts(FILE *f, const char *name, const dp_fact *facts)
{
    fprintf(f, " \"%s\": {", name);
    for (; facts->name != NULL; facts++) {
        dp_json_string(f, facts->name);
        fputs(": ", f);
        dp_json_string(f, facts->text);
        if (facts[1].name != NULL) fputs(", ", f);
    }
    fputs("},\n", f);
}

/* Counts of all results, twins included, so that they add up to the length of "results". */
static void write_summary(FILE *f, const dp_view *v)
{
    fputs(" \"summary\": {", f);
    for (int i = 0; i < DP_VERDICTS; i++) fprintf(f, "\"%s\": %ld, ", dp_verdict_names[i], (long) v->all[i]);
    fprintf(f, "\"unexpected\": %ld,\n  \"claims\": %ld, \"cases\": %ld, \"twins\": %ld, \"twins_caught\": %ld, \"seconds\": ", (long) v->unexpected,
            (long) v->nclaims, (long) v->ncases, (long) v->ntwins, (long) v->caught);
    dp_json_double(f, v->seconds);
    fputs("},\n", f);
}

void dp_face_results(dp_face *x)
{
    dp_sheet s;
    const dp_view *v = &x->view;
    slong n = v->nrecords + v->ntwins;
    FILE *f = dp_sheet_open(&s, x);
    if (f == NULL) return;
    fputs("{\"schema\": \"driftproof/results/1\",\n", f);
    write_facts(f, "version", dp_facts_version());
    write_facts(f, "machine", dp_facts_machine());
    fputs(" \"command\": ", f);
    dp_json_string(f, v->report->command);
    fputs(",\n", f);
    write_summary(f, v);
    fputs(" \"results\": [", f);
    for (slong i = 0; i < n; i++) {
        fputs(i > 0 ? ",\n  " : "\n  ", f);
        dp_record_write(f, v->sorted[i], 2);
    }
    fputs("]}\n", f);
    dp_sheet_close(&s, "results.json");
}
