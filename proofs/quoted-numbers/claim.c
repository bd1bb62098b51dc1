/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quoted-numbers: decimals that papers and the catalogue of neighbouring claims quote, against the closed forms they belong to. */
#include <stdlib.h>
#include "driftproof.h"

/* Where it is quoted, what it is, its closed form, the decimals, and their last place as a power of ten. */
typedef struct { const char *entry, *what, *form, *quoted; int place; } quotation;

/* Names: none but numbers; each form is exact. */
static const quotation TABLE[] = {
    {"R01", "posterior mean at 0 between 1/32 at 1/2 and 31/32 at -4", "(exp(-1/8)/64 - 31/8*exp(-8))/(exp(-1/8)/32 + 31/32*exp(-8))", "0.447589614242119885859", 21},
    {"R03", "cocycle at 0, 1, 3 for q on 0, 1, 3, unnormalised kernel",
     "exp(-1/2)*(3/(1 + exp(-1/2) + exp(-9/2)) - 3/(1 + exp(-1/2) + exp(-2))) + exp(-2)*(3/(1 + exp(-1/2) + exp(-2)) - 3/(1 + exp(-2) + exp(-9/2))) + exp(-9/2)*(3/(1 + exp(-2) + exp(-9/2)) - 3/(1 + exp(-1/2) + exp(-9/2)))",
     "-0.03236763332987251654207876268", 29},
    {"R10", "Laplace symbol at xi = 6, s = 1, d = 1", "36/(1 + 18)^2", "0.0997", 4},
    {"R10", "d = 8", "36/sqrt(1 + 4)^11", "0.0052", 4},
    {"R10", "d = 32", "36/sqrt(1 + 36/33)^35", "8.9e-5", 6},
    {"R10", "d = 128", "36/sqrt(1 + 36/129)^131", "3.6e-6", 7},
    {"R10", "d = 65536", "36/sqrt(1 + 36/65537)^65539", "5.507e-7", 10},
    {"R10", "Gaussian symbol", "36*exp(-18)", "5.483e-7", 10},
    {"R11", "square of the separatrix at s_p = 2", "(-7 + sqrt(65))/2", "0.531128874149274826", 18},
    {"R11", "separatrix", "sqrt((-7 + sqrt(65))/2)", "0.728785890470771", 15},
    {"R12", "curl between (1, 0) and (0, 2) at 0", "-1/(exp(1/2) + exp(-1/2))^2", "-0.19661193324148185", 17},
    {"R15", "threshold h log 2 at h = 7/10", "7/10*log(2)", "0.485203026391961716592", 21},
    {"R16", "row sums of the scaled kernel, 8 rows and 13 columns", "sqrt(13/8)", "1.274755", 6},
    {"R16", "the same, 30 rows and 10 columns", "sqrt(1/3)", "0.577350", 6},
    {"R18", "rate of the variance at 3/10, epsilon = 7/10", "sqrt(0.49 + 1.2) - sqrt(0.49 + 0.36)", "0.378045554270711", 15},
    {"R18", "the same for the cost without 1/2", "4*sqrt(0.3 + 0.49/16) - 4*sqrt(0.09 + 0.49/16)", "0.910755601055019", 15},
    {"R18", "linear rate at the data", "2/sqrt(0.49 + 4)", "0.943858356366017", 15},
    {"R19", "linear rate of the variance at h^2 = 4/5, s_p^2 = 2", "2*0.8*2/2.8^2", "0.408163265306", 12},
    {"R22", "coefficient of h^2 for a standard Gaussian at 7/10", "2*(2*(0.7^3 - 3*0.7)*(-1) - (-0.7)*(0.7^2 - 1))", "6.314", 3},
    {"R33", "best squared bandwidth, d = 5, distance 6, s = 1/2", "36/7 - 1", "4.142857142857", 12},
    {"R34", "slope at 0 on the two-point space", "0.25^2*(1/0.45 + 1/0.55) - 0.25^2*(1/0.45^2 + 1/0.55^2)", "-0.26273", 5},
    {"R34", "slope in 1/lambda at infinity", "2*0.25^2 - 0.25^2", "0.0625", 4},
    {"R35", "slope at 0", "0.7*log(0.7/0.45) + 0.3*log(0.3/0.55) - (log(0.7/0.45)^2 + log(0.3/0.55)^2)/2", "-0.15386", 5},
    {"R35", "slope in 1/lambda at infinity", "(2*0.25^2 - 0.25^2)/2", "0.03125", 5},
    {"R48", "ceiling of the constant at h = 1", "sqrt(2*exp(-1))", "0.8578", 4},
};

static void run(dp_check *c)
{
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        const quotation *t = TABLE + i;
        char *form = dp_format("form_%ld", (long) i), *label = dp_format("%s: %s", t->entry, t->what), *moved = dp_check_twin(c, "digit") ? dp_format(" + 3/10^%d", t->place) : dp_strdup("");
        char *relation = dp_format("abs(%s - (%s%s)) <= 1/10^%d", form, t->quoted, moved, t->place);
        dp_def(c, form, t->form);
        dp_assert(c, label, relation);
        free(form), free(label), free(moved), free(relation);
    }
}

static const char *const twins[] = {"digit", NULL};
DP_CLAIM(quoted_numbers) = {
    .id = "quoted-numbers",
    .title = "Decimals quoted for neighbouring claims are those of their closed forms, to one unit in the last place",
    .equations = "(14), (27)",
    .kind = "INEQ",
    .source = "the catalogue of neighbouring claims (docs/neighbours.md)",
    .method = "Closed forms in exact numbers, enclosed and compared with the decimals.",
    .params = NULL, .twins = twins, .run = run};
