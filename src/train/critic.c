/* SPDX-License-Identifier: GPL-3.0-or-later */
/* critic.c: the drift fgan: a network g of its own that is trained along to be the best function of a dual.

   divergence   dual, a lower bound for every g                     dF/dq
   kl           1 + E_q g - E_p e^g        <= KL(q || p)            g
   js           log 4 + E_p log s(-g) + E_q log s(g) <= 2 JS(p, q)  log s(g), s(t) = 1/(1 + e^-t): g is the logit of q
   chi2         2 E_q g - E_p g^2 - 1      <= chi^2(q || p)         2 g
   kale (54)    (1 + lambda) {1 + E_q g - E_p e^g - (lambda/2) |w|^2}, the squared norm of the network's parameters in the place of that of g
                                                                    (1 + lambda) g
   V = -grad of the last column. */
#include "train/critic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/streams.h"

dp_critic *dp_critic_new(const dp_train *t, const dp_net_kind *kind, size_t m)
{
    dp_critic *a = dp_calloc(1, sizeof *a);
    const size_t n = (size_t) t->batch, d = (size_t) t->P->dim;
    *a = (dp_critic){.t = t, .kind = kind, .n = n, .m = m,
                     .shape = {DP_NETWORK_MLP, t->critic_activation, (size_t) t->critic_depth, (size_t) t->critic_width, d, 1, n + m}};
    a->net = kind->make(&a->shape);
    a->z = dp_malloc(sizeof(double) * (n + m) * d), a->slope = dp_malloc(sizeof(double) * (n + m) * d);
    a->g = dp_malloc(sizeof(double) * (n + m)), a->c = dp_malloc(sizeof(double) * (n + m));
    dp_net_start(kind, a->net, &a->shape, dp_train_key(t, DP_FOR_CRITIC));
    return a;
}

void dp_critic_free(dp_critic *a)
{
    if (!a) return;
    a->kind->drop(a->net);
    free(a->z), free(a->slope), free(a->g), free(a->c), free(a);
}

/* log s(t) without overflow. */
static double log_logistic(double t) { return t < 0 ? t - log1p(exp(t)) : -log1p(exp(-t)); }
static double logistic(double t) { return t < 0 ? exp(t) / (1 + exp(t)) : 1 / (1 + exp(-t)); }

/* Terms of one point: what it adds to the dual, and that by g. of_q: a point of the model. */
static double term(double *slope, double g, int of_q, int divergence)
{
    switch (divergence) {
    case DP_DIVERGENCE_JS: return *slope = of_q ? logistic(-g) : -logistic(g), log_logistic(of_q ? g : -g);
    case DP_DIVERGENCE_CHI2: return *slope = of_q ? 2 : -2 * g, of_q ? 2 * g : -g * g;
    default: return *slope = of_q ? 1 : -exp(g), of_q ? g : -exp(g);
    }
}

/* The dual at the points z, without the norm of parameters; its slopes by g in c. */
static double dual(dp_critic *a)
{
    static const double constant[] = {1, 1.38629436111989061883, -1, 1};
    const double lambda = a->t->critic_lambda, factor = a->t->divergence == DP_DIVERGENCE_KALE ? 1 + lambda : 1;
    double sum[2] = {0, 0};
    a->kind->forward(a->g, a->net, a->z, a->n + a->m);
    for (size_t i = 0; i < a->n + a->m; i++) {
        const int of_q = i < a->n;
        double slope;
        sum[of_q] += term(&slope, a->g[i], of_q, a->t->divergence);
        a->c[i] = factor * slope / (double) (of_q ? a->n : a->m);
    }
    return factor * (constant[a->t->divergence] + sum[1] / (double) a->n + sum[0] / (double) a->m);
}

/* One step of Adam upwards; kale's norm is a decay of (1 + lambda) lambda within the gradient. */
static void climb(dp_critic *a)
{
    const dp_train *t = a->t;
    const double lambda = t->divergence == DP_DIVERGENCE_KALE ? t->critic_lambda : 0;
    const dp_step o = {.method = DP_METHOD_ADAM, .lr = t->critic_lr, .beta1 = t->critic_beta[0], .beta2 = t->critic_beta[1], .eps = 1e-8, .decay = (1 + lambda) * lambda, .t = ++a->updates};
    dual(a);
    for (size_t i = 0; i < a->n + a->m; i++) a->c[i] = -a->c[i];
    a->kind->backward(a->net, a->c, a->n + a->m);
    a->kind->update(a->net, &o);
}

static double norm(const dp_critic *a)
{
    const size_t size = dp_net_size(&a->shape);
    double *w = dp_malloc(sizeof(double) * size), sum = 0;
    a->kind->get(w, a->net, DP_STATE_WEIGHTS);
    for (size_t i = 0; i < size; i++) sum += w[i] * w[i];
    free(w);
    return sum;
}

dp_status dp_critic_velocity(double *v, double *value, dp_critic *a, const double *x, const double *y, slong step, dp_error *e)
{
    const dp_train *t = a->t;
    const size_t d = a->shape.noise;
    const double lambda = t->critic_lambda;
    memcpy(a->z, x, sizeof(double) * a->n * d), memcpy(a->z + a->n * d, y, sizeof(double) * a->m * d);
    while (a->updates - a->before < t->critic_steps * (step + 1)) climb(a);
    *value = dual(a);
    if (t->divergence == DP_DIVERGENCE_KALE) *value -= (1 + lambda) * lambda / 2 * norm(a);
    if (!isfinite(*value)) return dp_fail(e, DP_EBUDGET, "fgan: the critic's dual is not finite at step %ld", (long) step);
    for (size_t i = 0; i < a->n + a->m; i++) { /* dF/dq by g */
        const double by_g = t->divergence == DP_DIVERGENCE_JS ? logistic(-a->g[i]) : t->divergence == DP_DIVERGENCE_CHI2 ? 2 : t->divergence == DP_DIVERGENCE_KALE ? 1 + lambda : 1;
        a->c[i] = i < a->n ? by_g : 0;
    }
    a->kind->backward(a->net, a->c, a->n + a->m);
    a->kind->slope(a->slope, a->net, a->n + a->m);
    for (size_t i = 0; i < a->n * d; i++) v[i] = -a->slope[i];
    return DP_OK;
}
