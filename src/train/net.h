/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.h: the generator: its layers, and what can be done with it in either number type; private to this room. */
#ifndef DP_TRAIN_NET_H
#define DP_TRAIN_NET_H

#include "train/real.h"
#include "train/train.h"

/* Layer l maps in[l] to out[l] numbers. resnet: input, then two layers for each block, then output; mlp: depth hidden layers, then output. */
typedef struct { int network, activation; size_t depth, width, noise, dim, batch; } dp_net_shape;
int dp_net_layers(const dp_net_shape *s);
void dp_net_layer(size_t *in, size_t *out, const dp_net_shape *s, int layer);
void dp_net_name(char name[64], const dp_net_shape *s, int layer);
/* Number of parameters: weights (out, in) row-major, then bias, layer by layer. */
size_t dp_net_size(const dp_net_shape *s);

/* Initial weights by the stream `key`: uniform on ]-1/sqrt(in), 1/sqrt(in)[. */
struct dp_net_kind_struct;
struct dp_net;
void dp_net_start(const struct dp_net_kind_struct *kind, struct dp_net *a, const dp_net_shape *s, ulong key);

/* One number type. A net holds four vectors of parameters (dp_state) and room for `batch` points. */
typedef struct dp_net dp_net;
typedef struct dp_net_kind_struct {
    dp_net *(*make)(const dp_net_shape *s);
    void (*drop)(dp_net *a);
    void (*get)(double *out, const dp_net *a, int state);
    void (*set)(dp_net *a, int state, const double *in);
    void (*forward)(double *x, dp_net *a, const double *z, size_t n); /* n <= batch; keeps what backward needs */
    void (*backward)(dp_net *a, const double *c, size_t n);          /* of the last forward: DP_STATE_GRADIENT <- gradient of sum_i c_i . f(z_i) */
    void (*slope)(double *dz, dp_net *a, size_t n); /* after backward: gradient of sum_i c_i . f(z_i) by z (n x noise) */
    void (*update)(dp_net *a, const dp_step *o);
} dp_net_kind;
extern const dp_net_kind dp_f32_net, dp_f64_net;

#endif
