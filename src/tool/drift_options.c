/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift_options.c: which option of the command `drift` belongs to which drifts and energies; the others refuse it. */
#include <stdio.h>
#include <string.h>

#include "tool/drift_input.h"

/* Names with blanks between; "": none. What is not here belongs to all. */
static const struct { const char *option, *drifts, *energies; } owners[] = {
    {"negatives", "mean-shift sinkhorn sinkhorn-proxy da2 da2-released mmd sharp", ""},
    {"weights", "mean-shift sinkhorn sinkhorn-proxy da2 mmd kale chi2 sharp blob smoothed-kl", "mmd2 sinkhorn kale chi2 blob smoothed-kl"},
    {"distance", "da2 da2-released", ""},
    {"scaling", "sinkhorn-proxy", ""},
    {"iterations", "sinkhorn da2 sinkhorn-proxy", "sinkhorn"},
    {"normalisation", "da2 sinkhorn-proxy", ""},
    {"weighting", "da2 sinkhorn-proxy", ""},
    {"guidance", "da2 sinkhorn-proxy", ""},
    {"order", "sinkhorn", "sinkhorn"},
    {"tolerance", "sinkhorn smoothed-kl", "sinkhorn smoothed-kl"},
    {"directions", "sliced-wasserstein", "sliced"},
    {"regularisation", "kale chi2 fgan", "kale chi2"},
    {"critic", "fgan", ""},
    {"divergence", "fgan", ""},
    {"activation", "fgan", ""},
    {"clip", "da2-released", ""},
    {"normaliser-floor", "da2-released", ""},
    {"distance-floor", "da2-released", ""},
    {"scale-floor", "da2-released", ""},
    {"rms-floor", "da2-released", ""},
    {"mask-distance", "da2-released", ""},
    {"normalise", "da2-released", ""},
    {"block-weights", "da2-released", ""},
    {"core", "sinkhorn-proxy da2", ""},
    {"masses", "sinkhorn-proxy da2", ""},
};

/* Scripts give these to every drift: where they say nothing they are noted, not refused. */
static const struct { const char *option, *drifts, *energies; } idle[] = {
    {"kernel", "sliced-wasserstein wasserstein fgan", "sliced w2"},
    {"bandwidth", "sliced-wasserstein wasserstein fgan", "sliced w2"},
};

/* Values that ask for nothing: noted likewise. */
static const struct { const char *option, *value; } plain[] = {{"scaling", "population"}, {"order", "rows-first"}};

static int among(const char *names, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = names; (at = strstr(at, name)) != NULL; at += n)
        if ((at == names || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0')) return 1;
    return 0;
}

/* "a, b and c" */
static const char *listed(const char *names, char out[256])
{
    size_t n = 0;
    for (const char *at = names; *at && n < 248; at++) {
        const char *part = *at != ' ' ? NULL : strchr(at + 1, ' ') ? ", " : " and ";
        if (!part) out[n++] = *at;
        else memcpy(out + n, part, strlen(part)), n += strlen(part);
    }
    out[n] = '\0';
    return out;
}

static void refuse(const char *option, const char *drifts, const char *energies, const char *name, int energy)
{
    char list[256];
    if (energy && *energies) dp_usage_error("--%s: it belongs to the energies %s; it has no part in %s", option, listed(energies, list), name);
    if (energy) dp_usage_error("--%s: it belongs to drifts; it has no part in the energy %s", option, name);
    dp_usage_error("--%s: it belongs to %s; it has no part in %s", option, listed(drifts, list), name);
}

static int asks_nothing(const dp_args *a, const char *option)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(plain[i].option, option) && !strcmp(plain[i].value, dp_args_value(a, option))) return 1;
    return 0;
}

static void note(const dp_args *a, const char *option, const char *name)
{
    if (!dp_args_flag(a, "quiet")) fprintf(stderr, "driftproof: note: --%s has no part in %s\n", option, name);
}

void dp_drift_options_check(const dp_args *a, const char *drift)
{
    const char *energy = dp_args_value(a, "energy"), *name = energy ? energy : drift, *divergence = dp_args_value(a, "divergence");
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
        if (dp_args_flag(a, owners[i].option) && !among(energy ? owners[i].energies : owners[i].drifts, name)) {
            if (asks_nothing(a, owners[i].option)) note(a, owners[i].option, name);
            else refuse(owners[i].option, owners[i].drifts, owners[i].energies, name, energy != NULL);
        }
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (dp_args_flag(a, idle[i].option) && among(energy ? idle[i].energies : idle[i].drifts, name)) note(a, idle[i].option, name);
    if (!strcmp(drift, "fgan") && dp_args_flag(a, "regularisation") && (!divergence || strcmp(divergence, "kale")))
        dp_usage_error("--regularisation: of fgan it belongs to --divergence kale");
    dp_drift_affinity_check(a, drift);
}
