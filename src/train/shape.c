/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape.c: the layers of a generator, their sizes and names. */
#include <math.h>
#include <stdlib.h>

#include "train/net.h"

int dp_net_layers(const dp_net_shape *s) { return s->network == DP_NETWORK_MLP ? (int) s->depth + 1 : 2 * (int) s->depth + 2; }

void dp_net_layer(size_t *in, size_t *out, const dp_net_shape *s, int layer)
{
    const int last = layer == dp_net_layers(s) - 1;
    *in = layer == 0 ? s->noise : s->width;
    *out = last ? s->dim : s->width;
}

void dp_net_name(char name[64], const dp_net_shape *s, int layer)
{
    if (layer == dp_net_layers(s) - 1) snprintf(name, 64, "output");
    else if (s->network == DP_NETWORK_MLP) snprintf(name, 64, "hidden.%d", layer);
    else if (layer == 0) snprintf(name, 64, "input");
    else snprintf(name, 64, "block.%d.%s", (layer - 1) / 2, layer % 2 ? "first" : "second");
}

size_t dp_net_size(const dp_net_shape *s)
{
    size_t size = 0, in, out;
    for (int k = 0; k < dp_net_layers(s); k++) dp_net_layer(&in, &out, s, k), size += (in + 1) * out;
    return size;
}

/* Number i of the vector of parameters by number i of the stream. */
void dp_net_start(const struct dp_net_kind_struct *kind, struct dp_net *a, const dp_net_shape *s, ulong key)
{
    const size_t size = dp_net_size(s);
    double *w = dp_malloc(sizeof(double) * size), *to = w;
    dp_stream_uniform(w, size, key, 0);
    for (int k = 0; k < dp_net_layers(s); k++) {
        size_t in, out;
        dp_net_layer(&in, &out, s, k);
        for (size_t i = 0; i < (in + 1) * out; i++, to++) *to = (2 * *to - 1) / sqrt((double) in);
    }
    kind->set(a, DP_STATE_WEIGHTS, w);
    free(w);
}
