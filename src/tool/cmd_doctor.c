/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_doctor.c: says what this program is made of, what it found on this machine, and what is missing for which purpose. */
#include <fftw3.h>
#include <gsl/gsl_version.h>
#include <libfyaml.h>
#include <mpfr.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <zlib.h>

#include "driftproof.h"
#include "report/command.h"
#include "tool/grid.h"
#include "tool/option.h"
#include "tool/share.h"

typedef struct { int json; const char *gap; } printer;

static void say(printer *p, const char *key, const char *value)
{
    if (p->json) {
        fputs(p->gap, stdout);
        dp_json_string(stdout, key);
        fputs(": ", stdout);
        dp_json_string(stdout, value);
        p->gap = ",\n ";
    } else {
        printf("%-12s %s\n", key, value);
    }
}

static void say_program(printer *p, const char *name, const char *purpose, const char *package)
{
    char *missing = dp_format("missing; needed for %s; apt-get install -y --no-install-recommends %s", purpose, package);
    say(p, name, dp_command_exists(name) ? "there" : missing);
    free(missing);
}

/* Frees `all`. */
static char *append(char *all, const char *name)
{
    char *longer = dp_format("%s%s%s", all, *all ? " " : "", name);
    free(all);
    return longer;
}

static void say_names(printer *p)
{
    char *all = dp_strdup("");
    slong n = 0;
    for (const dp_drift *const *d = dp_drifts; *d; d++) all = append(all, (*d)->name);
    say(p, "drifts", all);
    free(all);
    all = dp_strdup("");
    for (const dp_energy *const *F = dp_energies; *F; F++) all = append(all, (*F)->name);
    say(p, "energies", all);
    free(all);
    while (dp_claims[n]) n++;
    all = dp_format("%ld", n);
    say(p, "claims", all);
    free(all);
}

static int run(const dp_args *a)
{
    printer p = {dp_args_flag(a, "json"), "{"};
    char *cores = dp_format("%ld", dp_cores());
    say(&p, "driftproof", dp_build_id());
    say(&p, "FLINT", flint_version);
    say(&p, "Arb", DP_ARB_VERSION);
    say(&p, "MPFR", mpfr_get_version());
    say(&p, "GSL", gsl_version);
    say(&p, "FFTW", fftw_version);
    say(&p, "libfyaml", fy_library_version());
    say(&p, "zlib", zlibVersion());
    say(&p, "sqlite", sqlite3_libversion());
    say(&p, "HDF5", dp_grid_has_hdf5() ? "there" : "not in this build; needed for field -o FILE.h5; apt-get install -y --no-install-recommends libhdf5-dev, then make");
    say(&p, "cores", cores);
    say(&p, "share", dp_share() ? dp_share() : "not found: set DRIFTPROOF_SHARE to the directory with cases/ and reports/");
    say_names(&p);
    say_program(&p, "gnuplot", "figures", "gnuplot-nox");
    say_program(&p, "qpdf", "figures in PDF with the same bytes where cairo is 1.17 or later", "qpdf");
    say_program(&p, "blahtexml", "formulas in index.html", "blahtexml");
    say_program(&p, "pdflatex", "report.pdf", "texlive-latex-base texlive-latex-recommended texlive-science lmodern");
    if (p.json) fputs("}\n", stdout);
    free(cores);
    return EXIT_EXPECTED;
}

const dp_tool_command dp_cmd_doctor = {
    "doctor", "", "versions, machine, and what is missing",
    "Prints the versions of the libraries in use, the cores and directories found, the drifts and claims known, and programs that are missing with the command that brings them.",
    NULL, 0, 0, 0, run};
