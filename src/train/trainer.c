/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trainer.c: network, optimiser's states and batches of a case, step by step. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "train/config.h"

dp_status dp_trainer_new(dp_trainer **out, const dp_train *t, int threads, dp_error *e)
{
    dp_trainer *a = dp_calloc(1, sizeof *a);
    const size_t n = (size_t) t->batch, d = (size_t) t->P->dim;
    *a = (dp_trainer){.t = t, .kind = t->precision == 0 ? &dp_f32_net : &dp_f64_net,
                      .shape = {t->network, t->activation, (size_t) t->depth, (size_t) t->width, (size_t) t->noise, d, n}};
    dp_train_field_init(&a->field, t, dp_train_key(t, DP_FOR_DIRECTIONS), threads);
    dp_status status = dp_train_streams_init(&a->streams, t, e);
    a->net = a->kind->make(&a->shape);
    a->z = dp_malloc(sizeof(double) * n * (size_t) t->noise), a->y = dp_malloc(sizeof(double) * a->streams.m * d);
    a->x = dp_malloc(sizeof(double) * n * d), a->v = dp_malloc(sizeof(double) * n * d), a->c = dp_malloc(sizeof(double) * n * d);
    dp_net_start(a->kind, a->net, &a->shape, dp_train_key(t, DP_FOR_WEIGHTS));
    if (!strcmp(t->drift, "fgan")) a->critic = dp_critic_new(t, a->kind, a->streams.m);
    if (!status && *t->parameters) {
        char *path = dp_train_path(t, t->parameters);
        dp_error mine = {0};
        status = dp_trainer_load(a, path, &mine);
        if (status) dp_fail(e, status, "%s: train.parameters: %s", t->P->path, mine.text);
        a->step = 0;
        if (a->critic) a->critic->before = a->critic->updates;
        free(path);
    }
    if (!status) return *out = a, DP_OK;
    dp_trainer_free(a);
    return status;
}

void dp_trainer_free(dp_trainer *a)
{
    if (!a) return;
    dp_train_streams_clear(&a->streams), dp_train_field_clear(&a->field);
    dp_critic_free(a->critic);
    a->kind->drop(a->net);
    free(a->z), free(a->y), free(a->x), free(a->v), free(a->c), free(a);
}

/* ---- looking inside ---- */

slong dp_trainer_step(const dp_trainer *a) { return a->step; }
size_t dp_trainer_size(const dp_trainer *a) { return dp_net_size(&a->shape); }
size_t dp_trainer_data(const dp_trainer *a) { return a->streams.m; }
void dp_trainer_get(double *out, const dp_trainer *a, dp_state which) { a->kind->get(out, a->net, (int) which); }
void dp_trainer_set(dp_trainer *a, dp_state which, const double *in) { a->kind->set(a->net, (int) which, in); }

int dp_trainer_layer(char name[64], size_t *in, size_t *out, const dp_trainer *a, int layer)
{
    if (layer < 0 || layer >= dp_net_layers(&a->shape)) return 0;
    dp_net_name(name, &a->shape, layer);
    dp_net_layer(in, out, &a->shape, layer);
    return 1;
}

void dp_trainer_generate(double *x, dp_trainer *a, const double *z, size_t n)
{
    const size_t d = a->shape.dim, k = a->shape.noise;
    for (size_t from = 0, some; from < n; from += some) {
        some = FLINT_MIN(n - from, a->shape.batch);
        a->kind->forward(x + from * d, a->net, z + from * k, some);
    }
}

/* The gradient state is left as it was. */
void dp_trainer_pull(double *gradient, dp_trainer *a, const double *z, const double *c, size_t n)
{
    const size_t size = dp_trainer_size(a), d = a->shape.dim;
    double *before = dp_malloc(sizeof(double) * 2 * size), *part = before + size, *x = dp_malloc(sizeof(double) * a->shape.batch * d);
    dp_trainer_get(before, a, DP_STATE_GRADIENT);
    memset(gradient, 0, sizeof(double) * size);
    for (size_t from = 0, some; from < n; from += some) {
        some = FLINT_MIN(n - from, a->shape.batch);
        a->kind->forward(x, a->net, z + from * a->shape.noise, some);
        a->kind->backward(a->net, c + from * d, some);
        dp_trainer_get(part, a, DP_STATE_GRADIENT);
        for (size_t i = 0; i < size; i++) gradient[i] += part[i];
    }
    dp_trainer_set(a, DP_STATE_GRADIENT, before);
    free(before), free(x);
}

void dp_trainer_batch(double *z, double *y, const dp_trainer *a, slong step)
{
    if (z) dp_train_noise(z, &a->streams, step);
    if (y) dp_train_data(y, &a->streams, step);
}

dp_status dp_trainer_velocity(double *v, const dp_trainer *a, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e)
{
    dp_train_field f;
    dp_train_field_init(&f, a->t, dp_train_key(a->t, DP_FOR_DIRECTIONS), a->field.threads);
    const dp_status status = dp_train_velocity(v, &f, x, n, y, m, step, e);
    dp_train_field_clear(&f);
    return status;
}

/* ---- a step ---- */

/* Samples that no drift can take: the run has diverged. */
static int within(const double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(x[i]) < 1e15)) return 0;
    return 1;
}

/* d loss/d x_i of (1), (46), which (104) goes on from, with c = 1/n or 1/(n d): -2 c gamma V_i; differentiated through V: 2 c gamma^2 sum_j (dV_j/dx_i)^T V_j. */
static dp_status slopes(dp_trainer *a, double c, dp_error *e)
{
    const dp_train *t = a->t;
    const size_t n = a->shape.batch, count = n * a->shape.dim;
    dp_status status = DP_OK;
    if (t->differentiate) status = dp_train_pull(a->c, &a->field, a->v, a->x, n, a->y, a->streams.m, a->step, e);
    for (size_t i = 0; i < count; i++) a->c[i] = t->differentiate ? 2 * c * t->gamma * t->gamma * a->c[i] : -2 * c * t->gamma * a->v[i];
    return status;
}

dp_status dp_trainer_gradient(double *loss, double *v_rms, dp_trainer *a, dp_error *e)
{
    const size_t n = a->shape.batch, count = n * a->shape.dim;
    const double c = 1 / (double) (a->t->loss ? count : n);
    double sum = 0;
    dp_trainer_batch(a->z, a->y, a, a->step);
    a->kind->forward(a->x, a->net, a->z, n);
    if (!within(a->x, count)) return dp_fail(e, DP_EBUDGET, "step %ld: samples beyond 1e15 or not finite: the run has diverged", (long) a->step);
    dp_status status = a->critic ? dp_critic_velocity(a->v, &a->dual, a->critic, a->x, a->y, a->step, e) : dp_train_velocity(a->v, &a->field, a->x, n, a->y, a->streams.m, a->step, e);
    for (size_t i = 0; i < count; i++) sum += a->v[i] * a->v[i];
    *loss = c * a->t->gamma * a->t->gamma * sum, *v_rms = sqrt(sum / (double) n);
    if (!status) status = slopes(a, c, e);
    if (!status) a->kind->backward(a->net, a->c, n);
    return status;
}

dp_status dp_trainer_energy(double *value, dp_trainer *a, const char *energy, dp_error *e)
{
    return dp_train_functional(value, &a->field, energy, a->x, a->shape.batch, a->y, a->streams.m, a->step, e);
}

void dp_trainer_update(dp_trainer *a)
{
    const dp_train *t = a->t;
    const dp_step o = {.method = t->method, .nesterov = t->nesterov, .lr = t->lr, .beta1 = t->beta[0], .beta2 = t->beta[1], .eps = t->eps, .decay = t->weight_decay,
                       .momentum = t->momentum, .dampening = t->dampening, .t = ++a->updates};
    a->step++;
    a->kind->update(a->net, &o);
}
