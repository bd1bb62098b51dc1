/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cover.c: the queue of boxes behind statements about all points of a box. */
#include "ball/cover.h"

static void cell_set(dp_tile *c, int dim, const fmpq *centre, const fmpq *half)
{
    c->centre = _fmpq_vec_init(dim);
    c->half = _fmpq_vec_init(dim);
    for (int i = 0; i < dim; i++) {
        fmpq_set(c->centre + i, centre + i);
        fmpq_set(c->half + i, half + i);
    }
}

static dp_tile *push(dp_cover_t K, const fmpq *centre, const fmpq *half)
{
    if (K->tail == K->room) {
        K->room = 2 * K->room + 16;
        K->item = dp_realloc(K->item, (size_t) K->room * sizeof *K->item);
    }
    cell_set(K->item + K->tail, K->dim, centre, half);
    return K->item + K->tail++;
}

void dp_cover_init(dp_cover_t K, int dim, const fmpq *centre, const fmpq *half)
{
    K->dim = dim;
    K->head = K->tail = K->room = K->done = 0;
    K->item = NULL;
    push(K, centre, half);
}

void dp_cover_clear(dp_cover_t K)
{
    for (slong k = 0; k < K->tail; k++) {
        _fmpq_vec_clear(K->item[k].centre, K->dim);
        _fmpq_vec_clear(K->item[k].half, K->dim);
    }
    free(K->item);
}

/* Cuts the longest side of cell k in two and puts both halves at the end. */
static void split(dp_cover_t K, slong k)
{
    int a = 0;
    for (int i = 1; i < K->dim; i++)
        if (fmpq_cmp(K->item[k].half + i, K->item[k].half + a) > 0)
            a = i;
    for (int side = -1; side <= 1; side += 2) {
        dp_tile *part = push(K, K->item[k].centre, K->item[k].half);
        fmpq_div_2exp(part->half + a, part->half + a, 1);
        if (side < 0)
            fmpq_sub(part->centre + a, part->centre + a, part->half + a);
        else
            fmpq_add(part->centre + a, part->centre + a, part->half + a);
    }
}

int dp_cover_positive(arf_t low, dp_cover_t K, slong budget, dp_tile_enclose enclose, void *data, slong prec)
{
    arb_t u;
    arf_t end;
    int go = 1;
    arb_init(u);
    arf_init(end);
    for (; go && K->head < K->tail && K->done < budget; K->done++) {
        slong k = K->head++;
        go = enclose(u, K->item + k, data);
        if (go && arb_is_positive(u)) {
            arb_get_lbound_arf(end, u, prec);
            arf_min(low, low, end);
        } else if (go)
            split(K, k);
    }
    arb_clear(u);
    arf_clear(end);
    return go && K->head == K->tail;
}

void dp_tile_balls(arb_ptr x, const dp_tile *cell, int dim, int whole, slong prec)
{
    arb_t r;
    arb_init(r);
    for (int i = 0; i < dim; i++) {
        arb_set_fmpq(x + i, cell->centre + i, prec);
        arb_set_fmpq(r, cell->half + i, prec);
        if (whole)
            arb_add_error(x + i, r);
    }
    arb_clear(r);
}

void dp_tile_cut(arb_t v, const arb_t centre, arb_srcptr slope, const dp_tile *cell, int dim, slong prec)
{
    arb_t t, r, half;
    arb_init(t);
    arb_init(r);
    arb_init(half);
    arb_set(t, centre);
    for (int i = 0; i < dim; i++) {
        arb_zero(r);
        arb_set_fmpq(half, cell->half + i, prec);
        arb_add_error(r, half);
        arb_addmul(t, slope + i, r, prec);
    }
    if (arb_is_finite(t) && (!arb_is_finite(v) || !arb_intersection(v, v, t, prec)))
        arb_set(v, t);
    arb_clear(t);
    arb_clear(r);
    arb_clear(half);
}

void dp_cover_left(char *text, size_t size, const dp_cover_t K)
{
    size_t n = 0;
    text[0] = '\0';
    for (slong k = K->head; k < K->tail && k < K->head + 4 && n + 1 < size; k++)
        for (int i = 0; i < 2 * K->dim && n + 1 < size; i++) {
            const fmpq *v = i < K->dim ? K->item[k].centre + i : K->item[k].half + (i - K->dim);
            const char *before = i == 0 ? (k > K->head ? " (" : "(") : i == K->dim ? ")+-(" : ",";
            int m = snprintf(text + n, size - n, "%s%.6g%s", before, fmpq_get_d(v), i == 2 * K->dim - 1 ? ")" : "");
            n += m < 0 ? size : (size_t) m;
        }
}
