/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pdf.c: report.pdf from report.tex where there is a pdflatex; the same bytes whenever the sources are the same. */
#include "report/command.h"
#include "report/face.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_PASSES = 4 };

/* Seconds since 1970 for the dates in the PDF: the caller's SOURCE_DATE_EPOCH, else one fixed moment. */
static char *epoch_setting(void)
{
    const char *given = getenv("SOURCE_DATE_EPOCH");
    int valid = given != NULL && *given != '\0' && strspn(given, "0123456789") == strlen(given);
    return dp_format("SOURCE_DATE_EPOCH=%s", valid ? given : "1767225600");
}

static int wants_another_pass(const char *log)
{
    size_t n;
    char *text = dp_file_read(log, &n, NULL);
    int wants = text != NULL && (strstr(text, "Rerun to get") != NULL || strstr(text, "Rerun LaTeX") != NULL || strstr(text, "Table widths have changed") != NULL);
    free(text);
    return wants;
}

/* Exit status of the last pass. */
static int run_passes(const dp_face *x, const char *log)
{
    char *epoch = epoch_setting(), *output = dp_format("-output-directory=%s", x->work);
    const char *const argv[] = {"env", epoch, "FORCE_SOURCE_DATE=1", "max_print_line=1000", "pdflatex", "-interaction=nonstopmode", "-halt-on-error",
                                "-no-shell-escape", output, "report.tex", NULL};
    int status = 0;
    for (int pass = 0; pass < MOST_PASSES && status == 0; pass++) {
        status = dp_command(x->dir, argv, NULL, NULL, NULL);
        if (pass > 0 && !wants_another_pass(log)) break;
    }
    free(output);
    free(epoch);
    return status;
}

static void remove_files(const dp_face *x)
{
    static const char *const suffixes[] = {"aux", "log", "out", "pdf", "toc"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *path = dp_format("%s/report.%s", x->work, suffixes[i]);
        unlink(path);
        free(path);
    }
}

/* A PDF of an earlier run must not stand beside the other faces of this one. */
static void remove_old(const dp_face *x)
{
    static const char *const names[] = {"report.pdf", "report.log"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = dp_format("%s/%s", x->dir, names[i]);
        unlink(path);
        free(path);
    }
}

void dp_face_pdf(dp_face *x)
{
    if (x->status != DP_OK) return;
    remove_old(x);
    if (!x->view.report->want_pdf) return;
    if (!dp_command_exists("pdflatex")) {
        dp_face_note(x, "no pdflatex: report.tex is written, report.pdf is not (Debian: texlive-latex-recommended texlive-science lmodern)");
        return;
    }
    char *log = dp_format("%s/report.log", x->work), *made = dp_format("%s/report.pdf", x->work);
    char *kept_log = dp_format("%s/report.log", x->dir), *pdf = dp_format("%s/report.pdf", x->dir);
    if (run_passes(x, log) == 0 && rename(made, pdf) == 0) fputs("report.pdf: made\n", x->log);
    else {
        rename(log, kept_log);
        dp_face_note(x, "pdflatex failed on report.tex: report.log says why; the other outputs are complete");
    }
    remove_files(x);
    free(log), free(made), free(kept_log), free(pdf);
}
