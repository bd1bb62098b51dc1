/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_plan.c: the block `sweep` of a case: axes, cells, what each will cost, who trains which. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problem/reader.h"
#include "train/sweep.h"

enum { MOST_AXES = 16, MOST_CELLS = 1000000 };

/* ---- axes ---- */

/* One axis of one grid: labels, and for each the settings that it stands for. */
typedef struct { const char *name; size_t n, column; char **label; struct { size_t n; char **set; } *value; } axis;
typedef struct { size_t naxes; axis a[MOST_AXES]; } grid;

static void axis_room(axis *a, size_t n)
{
    a->n = n, a->label = dp_calloc(n, sizeof *a->label), a->value = dp_calloc(n, sizeof *a->value);
}

static void axis_set(axis *a, size_t i, size_t at, const char *key, const dp_yaml *value)
{
    char *text = value->kind == DP_YAML_TEXT ? dp_strdup(value->text) : dp_yaml_emit(value);
    a->value[i].set = dp_realloc(a->value[i].set, sizeof(char *) * (at + 1));
    a->value[i].set[at] = dp_format("%s=%s", key, text), a->value[i].n = at + 1;
    free(text);
}

static void grid_clear(grid *g)
{
    for (size_t k = 0; k < g->naxes; k++) {
        for (size_t i = 0; i < g->a[k].n; i++) {
            for (size_t j = 0; j < g->a[k].value[i].n; j++) free(g->a[k].value[i].set[j]);
            free(g->a[k].value[i].set), free(g->a[k].label[i]);
        }
        free(g->a[k].label), free(g->a[k].value);
    }
}

static dp_status by_range(axis *a, const char *key, const dp_yaml_report *r, const dp_yaml *y)
{
    const dp_yaml *from = dp_read_need(r, y, "from", "a whole number"), *to = from ? dp_read_need(r, y, "to", "a whole number") : NULL;
    slong low, high;
    dp_status status = to ? dp_read_integer(&low, r, from, 0, WORD_MAX - 1) : DP_EINPUT;
    if (!status) status = dp_read_integer(&high, r, to, low, low + MOST_CELLS);
    if (status) return status;
    axis_room(a, (size_t) (high - low) + 1);
    for (slong v = low; v <= high; v++) {
        a->label[v - low] = dp_format("%ld", v);
        a->value[v - low].set = dp_malloc(sizeof(char *)), a->value[v - low].set[0] = dp_format("%s=%ld", key, v), a->value[v - low].n = 1;
    }
    return DP_OK;
}

static dp_status by_key(axis *a, const dp_yaml_report *r, const dp_yaml *y)
{
    char *key = NULL;
    const dp_yaml *values = dp_yaml_get(y, "values");
    dp_status status = dp_read_keys(r, y, values ? "key|values" : "key|from|to");
    if (!status) status = dp_read_text(&key, r, dp_yaml_get(y, "key"), "a key of the case such as kernel.bandwidth");
    if (!status && !values) status = by_range(a, key, r, y);
    if (!status && values) status = values->kind == DP_YAML_LIST && values->n ? DP_OK : dp_read_wrong(r, values, "a list of values");
    if (!status && values) axis_room(a, (size_t) values->n);
    for (size_t i = 0; !status && values && i < a->n; i++) {
        if (values->item[i]->kind != DP_YAML_TEXT) status = dp_read_wrong(r, values->item[i], "a number or a word (lists need labels: {LABEL: {KEY: VALUE}})");
        else a->label[i] = dp_strdup(values->item[i]->text), axis_set(a, i, 0, key, values->item[i]);
    }
    free(key);
    return status;
}

static dp_status by_label(axis *a, const dp_yaml_report *r, const dp_yaml *y)
{
    axis_room(a, (size_t) y->n);
    for (size_t i = 0; i < a->n; i++) {
        const dp_yaml *settings = y->item[i];
        a->label[i] = dp_strdup(y->key[i]->text);
        if (settings->kind != DP_YAML_MAP) return dp_read_wrong(r, settings, "the settings of this label, {KEY: VALUE, ...}");
        for (size_t j = 0; j < (size_t) settings->n; j++) axis_set(a, i, j, settings->key[j]->text, settings->item[j]);
    }
    return DP_OK;
}

static int is_name(const char *s)
{
    if (*s < 'a' || *s > 'z') return 0;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_')) return 0;
    return 1;
}

static dp_status read_axis(axis *a, const dp_yaml_report *r, const dp_yaml *key, const dp_yaml *y)
{
    static const char taken[] = "run|key|sha256|status|message|step|loss|v_rms|mmd2_u|mmd2_v|floor_mmd2_u|floor_mmd2_v|mmd_bandwidth|w2|floor_w2|sinkhorn|floor_sinkhorn|energy|floor_energy|modes|data_modes";
    a->name = key->text;
    if (!is_name(a->name) || dp_read_find(a->name, taken) >= 0) return dp_yaml_fail(r, key, "expected a name of an axis, of small letters, digits and _, which is no column of the table; got '%s'", a->name);
    if (y->kind != DP_YAML_MAP || y->n == 0) return dp_read_wrong(r, y, "an axis: {key: KEY, values: [...]}, {key: KEY, from: A, to: B} or {LABEL: {KEY: VALUE, ...}, ...}");
    dp_status status = dp_yaml_get(y, "key") && dp_yaml_get(y, "key")->kind == DP_YAML_TEXT ? by_key(a, r, y) : by_label(a, r, y);
    for (size_t i = 0; !status && i < a->n; i++) {
        if (!*a->label[i] || strpbrk(a->label[i], " =\t\n")) status = dp_yaml_fail(r, y, "expected labels without blanks and '=', got '%s'", a->label[i]);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(a->label[i], a->label[j])) status = dp_yaml_fail(r, y, "expected different labels, got '%s' twice", a->label[i]);
    }
    return status;
}

/* ---- cells ---- */

/* All combinations, the last axis fastest. */
static void add_cells(dp_sweep *s, const grid *g)
{
    size_t total = 1, index[MOST_AXES] = {0};
    for (size_t k = 0; k < g->naxes; k++) total *= g->a[k].n;
    s->cell = dp_realloc(s->cell, sizeof *s->cell * (s->n + total));
    for (size_t c = 0; c < total; c++) {
        dp_sweep_cell *cell = s->cell + s->n++;
        *cell = (dp_sweep_cell){.key = dp_strdup(""), .label = dp_calloc(MOST_AXES, sizeof(char *))};
        for (size_t k = 0; k < g->naxes; k++) {
            const axis *a = g->a + k;
            char *old = cell->key;
            cell->key = dp_format("%s%s%s=%s", old, *old ? " " : "", a->name, a->label[index[k]]);
            free(old);
            cell->label[a->column] = dp_strdup(a->label[index[k]]);
            cell->set = dp_realloc(cell->set, sizeof(char *) * (cell->nsets + a->value[index[k]].n + 1));
            for (size_t j = 0; j < a->value[index[k]].n; j++) cell->set[cell->nsets++] = dp_strdup(a->value[index[k]].set[j]);
        }
        for (size_t k = g->naxes; k-- > 0 && ++index[k] == g->a[k].n;) index[k] = 0;
    }
}

static dp_status column_of(axis *a, dp_sweep *s, const dp_yaml_report *r, const dp_yaml *y)
{
    for (a->column = 0; a->column < s->naxes; a->column++)
        if (!strcmp(s->axis[a->column], a->name)) return DP_OK;
    if (s->naxes == MOST_AXES) return dp_yaml_fail(r, y, "expected at most %d axes in all", MOST_AXES);
    s->axis[s->naxes++] = dp_strdup(a->name);
    return DP_OK;
}

static dp_status read_grid(dp_sweep *s, const dp_yaml_report *r, const dp_yaml *y)
{
    grid g = {0};
    double total = (double) s->n;
    if (y->kind != DP_YAML_MAP || y->n == 0 || y->n > MOST_AXES) return dp_read_wrong(r, y, "a grid: from 1 to 16 axes by name");
    dp_status status = DP_OK;
    for (slong k = 0; !status && k < y->n; k++) {
        g.naxes++;
        status = read_axis(g.a + k, r, y->key[k], y->item[k]);
        if (!status) status = column_of(g.a + k, s, r, y);
    }
    double product = 1;
    for (size_t k = 0; k < g.naxes; k++) product *= (double) g.a[k].n;
    if (!status && total + product > MOST_CELLS) status = dp_yaml_fail(r, y, "expected at most %d runs, got %.0f", MOST_CELLS, total + product);
    if (!status) add_cells(s, &g);
    grid_clear(&g);
    return status;
}

/* ---- costs ---- */

/* Seconds on one core, roughly (measured on one of 2.x GHz with AVX-512): network, pairs and plans in each step, metrics by pairs. Only ratios matter to shares. */
static double cost(const dp_train *t)
{
    const double n = (double) t->batch, m = t->data_batch ? (double) t->data_batch : n, pairs = n * (n + m), width = (double) t->width, e = (double) t->evaluation_n;
    const double network = n * width * (2.0 * (double) t->depth * width + (double) t->noise + 2) * 6 / 6e10;
    const double passes = !strcmp(t->drift, "sinkhorn") ? 2.0 * (t->iterations < 0 ? 300.0 : (double) t->iterations + 1) : !strcmp(t->drift, "mean-shift") || !strcmp(t->drift, "mmd") ? 1.0 : 3.0;
    const double kernel = !strcmp(t->drift, "sliced-wasserstein") ? (double) t->directions * (n + m) * 1.2e-7 : !strcmp(t->drift, "wasserstein") ? n * n * m * 1e-9 : passes * pairs * 6e-10;
    const double times = t->evaluate > 0 ? 1 + (double) (t->steps / t->evaluate) : 1;
    return (double) t->steps * (network + kernel * (double) FLINT_MAX(t->nbandwidths, 1)) + times * e * e * 5e-8 + 0.02;
}

static dp_status check_cell(dp_sweep *s, size_t i, dp_error *e)
{
    dp_train *t;
    dp_error mine = {0};
    const dp_status status = dp_sweep_case(&t, s, i, &mine);
    if (status) return dp_fail(e, status, "%s: run %s: %.600s", s->path, s->cell[i].key, mine.text);
    s->cell[i].cost = cost(t);
    dp_sha256(s->cell[i].sha256, t->P->text, strlen(t->P->text));
    dp_train_free(t);
    return DP_OK;
}

static int by_key_order(const void *p, const void *q) { return strcmp(*(char *const *) p, *(char *const *) q); }

static dp_status check_cells(dp_sweep *s, dp_error *e)
{
    char **keys = dp_malloc(sizeof(char *) * (s->n + 1)), *all = NULL;
    size_t size;
    dp_status status = DP_OK;
    for (size_t i = 0; i < s->n; i++) keys[i] = s->cell[i].key;
    qsort(keys, s->n, sizeof(char *), by_key_order);
    for (size_t i = 1; !status && i < s->n; i++)
        if (!strcmp(keys[i], keys[i - 1])) status = dp_fail(e, DP_EINPUT, "%s: sweep: the run %s stands in two grids", s->path, keys[i]);
    free(keys);
    for (size_t i = 0; !status && i < s->n; i++) status = check_cell(s, i, e);
    FILE *f = open_memstream(&all, &size);
    fputs(s->text, f);
    for (size_t i = 0; i < s->n; i++) fprintf(f, "\n%s %s", s->cell[i].key, s->cell[i].sha256);
    fclose(f);
    dp_sha256(s->sha256, all, size);
    free(all);
    return status;
}

/* ---- the block ---- */

/* The text of the case without the block. */
static char *without(dp_yaml *root)
{
    const slong at = dp_yaml_index(root, "sweep");
    dp_yaml_free(root->key[at]), dp_yaml_free(root->item[at]);
    memmove(root->key + at, root->key + at + 1, sizeof *root->key * (size_t) (root->n - at - 1));
    memmove(root->item + at, root->item + at + 1, sizeof *root->item * (size_t) (root->n - at - 1));
    root->n--;
    return dp_yaml_emit(root);
}

dp_status dp_sweep_read(dp_sweep **out, const char *path, const char *const *sets, size_t nsets, dp_error *e)
{
    const dp_yaml_report r = {path, e};
    size_t size;
    char *text = dp_file_read(path, &size, e);
    dp_yaml *root = text ? dp_yaml_parse(text, size, NULL, &r) : NULL, *block = NULL;
    dp_status status = root ? DP_OK : e->status;
    dp_sweep *s = dp_calloc(1, sizeof *s);
    s->path = dp_strdup(path), s->axis = dp_calloc(MOST_AXES, sizeof(char *));
    if (!status && root->kind != DP_YAML_MAP) status = dp_read_wrong(&r, root, "a case: keys and values");
    for (size_t i = 0; !status && i < nsets; i++) status = dp_yaml_set(root, sets[i], &r);
    if (!status && !(block = dp_yaml_get(root, "sweep"))) status = dp_yaml_fail(&r, root, "expected a block 'sweep' that says which runs there are");
    if (!status && block->kind != DP_YAML_LIST) status = read_grid(s, &r, block);
    else for (slong i = 0; !status && i < block->n; i++) status = read_grid(s, &r, block->item[i]);
    if (!status) s->text = without(root), status = check_cells(s, e);
    dp_yaml_free(root);
    free(text);
    if (status) dp_sweep_free(s);
    else *out = s;
    return status;
}

void dp_sweep_free(dp_sweep *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < MOST_AXES; k++) free(s->cell[i].label[k]);
        for (size_t k = 0; k < s->cell[i].nsets; k++) free(s->cell[i].set[k]);
        free(s->cell[i].key), free(s->cell[i].label), free(s->cell[i].set);
    }
    for (size_t k = 0; k < s->naxes; k++) free(s->axis[k]);
    free(s->cell), free(s->axis), free(s->path), free(s->text), free(s);
}

dp_status dp_sweep_case(dp_train **out, const dp_sweep *s, size_t i, dp_error *e)
{
    return dp_train_parse(out, s->path, s->text, (const char *const *) s->cell[i].set, s->cell[i].nsets, e);
}

/* ---- shares ---- */

typedef struct { double cost; size_t cell; } weighed;

static int dearest_first(const void *p, const void *q)
{
    const weighed *a = p, *b = q;
    return a->cost != b->cost ? (a->cost < b->cost ? 1 : -1) : a->cell < b->cell ? -1 : 1;
}

/* Cells dearest first in w, the share of each in `to`, what each share costs in `load` (shares of them, 0). */
static void assign(weighed *w, size_t *to, double *load, const dp_sweep *s, size_t shares)
{
    for (size_t i = 0; i < s->n; i++) w[i] = (weighed){s->cell[i].cost, i};
    qsort(w, s->n, sizeof *w, dearest_first);
    for (size_t i = 0; i < s->n; i++) {
        size_t least = 0;
        for (size_t k = 1; k < shares; k++)
            if (load[k] < load[least]) least = k;
        load[to[i] = least] += w[i].cost;
    }
}

size_t dp_sweep_share(size_t **out, const dp_sweep *s, size_t share, size_t shares)
{
    weighed *w = dp_malloc(sizeof *w * (s->n + 1));
    size_t *to = dp_malloc(sizeof *to * (s->n + 1)), n = 0;
    double *load = dp_calloc(shares, sizeof(double));
    assign(w, to, load, s, shares);
    *out = dp_malloc(sizeof(size_t) * (s->n + 1));
    for (size_t i = 0; i < s->n; i++)
        if (to[i] == share) (*out)[n++] = w[i].cell;
    free(w), free(to), free(load);
    return n;
}

double dp_sweep_span(const dp_sweep *s, size_t shares)
{
    weighed *w = dp_malloc(sizeof *w * (s->n + 1));
    size_t *to = dp_malloc(sizeof *to * (s->n + 1));
    double *load = dp_calloc(shares, sizeof(double)), most = 0;
    assign(w, to, load, s, shares);
    for (size_t k = 0; k < shares; k++) most = fmax(most, load[k]);
    free(w), free(to), free(load);
    return most;
}
