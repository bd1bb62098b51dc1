/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check.c: whether drift, measures, kernel and options of a case for training go together. */
#include <string.h>

#include "energy/energy.h"
#include "train/config.h"

static const dp_yaml *at(const dp_yaml *train, const char *section, const char *name)
{
    return dp_yaml_get(*section ? dp_yaml_get(train, section) : train, name);
}

static dp_status check_drift(const dp_train *t, const dp_yaml_report *r, const dp_yaml *train)
{
    const dp_yaml *name = at(train, "drift", "name");
    const dp_drift *D = dp_drift_find(t->drift);
    if (!strcmp(t->drift, "fgan")) {
        if (t->nbandwidths || t->normalise) return dp_yaml_fail(r, at(train, "drift", t->nbandwidths ? "bandwidths" : "normalise"), "fgan: one critic, no bandwidth: expected neither bandwidths nor normalise");
        if (t->divergence == DP_DIVERGENCE_KALE && t->critic_lambda == 0) return dp_yaml_fail(r, at(train, "critic", "regularisation"), "kale: expected a number greater than 0");
        if (t->critic_beta[0] >= 1 || t->critic_beta[1] >= 1) return dp_yaml_fail(r, at(train, "critic", "betas"), "expected numbers below 1");
        return DP_OK;
    }
    if (!D) {
        char *list = dp_strdup("");
        for (size_t i = 0; dp_drifts[i]; i++) {
            char *longer = dp_format("%s%s%s", list, i ? "|" : "fgan|", dp_drifts[i]->name);
            free(list);
            list = longer;
        }
        char *hint = dp_read_suggest(t->drift, list);
        dp_yaml_fail(r, name, "expected a drift such as mean-shift, got '%.60s'%s", t->drift, hint);
        free(hint), free(list);
        return DP_EINPUT;
    }
    if (!D->sample || !strcmp(t->drift, "kl")) return dp_yaml_fail(r, name, "%s: not defined on samples", t->drift);
    if (t->nbandwidths && (!strcmp(t->drift, "wasserstein") || !strcmp(t->drift, "sliced-wasserstein")))
        return dp_yaml_fail(r, at(train, "drift", "bandwidths"), "%s: no kernel, no bandwidth: one velocity would be added to itself; expected no bandwidths", t->drift);
    return DP_OK;
}

/* A derivative of V by the particles is at hand for these. */
static int differentiable(const dp_train *t, const dp_problem *P)
{
    int gaussian = P->kernel == DP_KERNEL_GAUSSIAN;
    for (slong i = 0; i < P->nparts; i++) gaussian = (i == 0 || gaussian) && P->parts[i].family == DP_KERNEL_GAUSSIAN;
    if (t->normalise) return 0;
    return gaussian && ((!strcmp(t->drift, "mean-shift") && P->nparts == 0) || !strcmp(t->drift, "mmd"));
}

dp_status dp_train_check(const dp_train *t, const dp_problem *P, const dp_yaml_report *r, const dp_yaml *train)
{
    dp_status status = check_drift(t, r, train);
    const int rkhs = !strcmp(t->drift, "kale") || !strcmp(t->drift, "chi2"), points = P->p->ndata > 0;
    if (status) return status;
    if (rkhs && fmpq_is_zero(P->regularisation)) return dp_yaml_fail(r, train, "%s: missing key 'regularisation' beside the kernel, expected a number greater than 0", t->drift);
    if (t->differentiate && !differentiable(t, P))
        return dp_yaml_fail(r, at(train, "drift", "stop_gradient"), "%s: no derivative of the drift by the particles is there for this; expected mean-shift with one Gaussian kernel, or mmd with Gaussian kernels, and normalise: none", t->drift);
    if (t->differentiate && t->self == 2) return dp_yaml_fail(r, at(train, "drift", "self"), "stop_gradient: false goes with self: keep only");
    if (t->nbandwidths && P->nparts) return dp_yaml_fail(r, at(train, "drift", "bandwidths"), "the kernel is a sum already: expected bandwidths here, or parts there");
    if (P->p->family == DP_DENSITY) return dp_yaml_fail(r, train, "no draws are made from a density table; expected samples for p");
    if (t->batches == DP_BATCHES_FULL && !(points && (t->points || !P->p->dataset)))
        return dp_yaml_fail(r, at(train, "", "batches"), "full batches are all points of p: expected samples, or a data set with data: points");
    if (t->beta[0] >= 1 || t->beta[1] >= 1) return dp_yaml_fail(r, at(train, "optimiser", "betas"), "expected numbers below 1");
    if (t->nesterov && (t->momentum == 0 || t->dampening != 0)) return dp_yaml_fail(r, at(train, "optimiser", "nesterov"), "expected momentum above 0 and no dampening with it");
    for (slong i = 0; i < t->nenergies; i++) {
        const dp_energy *E = dp_energy_find(t->energy[i]);
        if (!E || !E->sample) return dp_yaml_fail(r, at(train, "record", "energies")->item[i], "expected a functional of samples such as mmd2, got '%.60s'", t->energy[i]);
    }
    return DP_OK;
}

char *dp_train_path(const dp_train *t, const char *file)
{
    const char *slash = strrchr(t->P->path, '/');
    return *file == '/' || !slash ? dp_strdup(file) : dp_format("%.*s/%s", (int) (slash - t->P->path), t->P->path, file);
}
