/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.c: the block `train` of a case, by one table of keys; what was left out is written into the tree, so that the text of the case is complete. */
#include "train/config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum { WORD, WHOLE, REAL, NUMBERS, RATIONALS, TEXT, TEXTS } kind;

/* section "" stands for `train` itself. least, most: of WHOLE and REAL (REAL: least itself is allowed when it is 0 and `open` is not set); NUMBERS: `count` of them. */
typedef struct { const char *section, *key, *usual; kind type; const char *words; size_t to, count; double least, most; int open; } key;

#define AT(field) offsetof(dp_train, field)
#define MANY 9e15
static const key keys[] = {
    {"drift", "name", NULL, TEXT, NULL, AT(drift), AT(drift), 0, 0, 0},
    {"drift", "iterations", "100", WHOLE, "converged", AT(iterations), 0, 0, 1e9, 0},
    {"drift", "tolerance", "0", REAL, NULL, AT(tolerance), 0, 0, 1, 0},
    {"drift", "order", "rows-first", WORD, "rows-first|columns-first", AT(order), 0, 0, 0, 0},
    {"drift", "scaling", "population", WORD, "population|algorithm", AT(scaling), 0, 0, 0, 0},
    {"drift", "self", "usual", WORD, "usual|keep|leave-out", AT(self), 0, 0, 0, 0},
    {"drift", "directions", "100", WHOLE, NULL, AT(directions), 0, 1, 1e7, 0},
    {"drift", "directions_drawn", "fresh", WORD, "fresh|once", AT(directions_once), 0, 0, 0, 0},
    {"drift", "bandwidths", "[]", RATIONALS, NULL, AT(bandwidth), AT(nbandwidths), 0, 0, 1},
    {"drift", "normalise", "none", WORD, "none|rms", AT(normalise), 0, 0, 0, 0},
    {"drift", "gamma", "1", REAL, NULL, AT(gamma), 0, 0, INFINITY, 1},
    {"drift", "stop_gradient", "true", WORD, "true|false", AT(differentiate), 0, 0, 0, 0},
    {"generator", "network", "resnet", WORD, "resnet|mlp", AT(network), 0, 0, 0, 0},
    {"generator", "depth", "3", WHOLE, NULL, AT(depth), 0, 0, 1000, 0},
    {"generator", "width", "128", WHOLE, NULL, AT(width), 0, 1, 65536, 0},
    {"generator", "activation", "silu", WORD, "silu|relu|tanh|gelu", AT(activation), 0, 0, 0, 0},
    {"generator", "noise", "2", WHOLE, NULL, AT(noise), 0, 1, 65536, 0},
    {"generator", "noise_law", "normal", WORD, "normal|uniform", AT(noise_law), 0, 0, 0, 0},
    {"critic", "divergence", "kl", WORD, "kl|js|chi2|kale", AT(divergence), 0, 0, 0, 0},
    {"critic", "steps", "1", WHOLE, NULL, AT(critic_steps), 0, 1, 1e6, 0},
    {"critic", "depth", "2", WHOLE, NULL, AT(critic_depth), 0, 0, 1000, 0},
    {"critic", "width", "64", WHOLE, NULL, AT(critic_width), 0, 1, 65536, 0},
    {"critic", "activation", "silu", WORD, "silu|relu|tanh|gelu", AT(critic_activation), 0, 0, 0, 0},
    {"critic", "lr", "1e-3", REAL, NULL, AT(critic_lr), 0, 0, INFINITY, 1},
    {"critic", "betas", "[0.9, 0.999]", NUMBERS, NULL, AT(critic_beta), 2, 0, 1, 0},
    {"critic", "regularisation", "0", REAL, NULL, AT(critic_lambda), 0, 0, INFINITY, 0},
    {"optimiser", "method", "adam", WORD, "adam|adamw|sgd", AT(method), 0, 0, 0, 0},
    {"optimiser", "lr", "1e-3", REAL, NULL, AT(lr), 0, 0, INFINITY, 1},
    {"optimiser", "betas", "[0.9, 0.999]", NUMBERS, NULL, AT(beta), 2, 0, 1, 0},
    {"optimiser", "eps", "1e-8", REAL, NULL, AT(eps), 0, 0, INFINITY, 0},
    {"optimiser", "weight_decay", "0", REAL, NULL, AT(weight_decay), 0, 0, INFINITY, 0},
    {"optimiser", "momentum", "0", REAL, NULL, AT(momentum), 0, 0, INFINITY, 0},
    {"optimiser", "dampening", "0", REAL, NULL, AT(dampening), 0, 0, 1, 0},
    {"optimiser", "nesterov", "false", WORD, "false|true", AT(nesterov), 0, 0, 0, 0},
    {"schedule", "bandwidth", "constant", WORD, "constant|linear|cosine|geometric", AT(schedule), 0, 0, 0, 0},
    {"schedule", "to", "1", REAL, NULL, AT(schedule_to), 0, 0, INFINITY, 1},
    {"schedule", "over", "0", WHOLE, NULL, AT(schedule_over), 0, 0, MANY, 0},
    {"", "loss", "sum", WORD, "sum|mean", AT(loss), 0, 0, 0, 0},
    {"", "batch", "256", WHOLE, NULL, AT(batch), 0, 1, 1e7, 0},
    {"", "data_batch", "0", WHOLE, NULL, AT(data_batch), 0, 0, 1e7, 0},
    {"", "batches", "fresh", WORD, "fresh|fixed|full", AT(batches), 0, 0, 0, 0},
    {"", "data", "law", WORD, "law|points", AT(points), 0, 0, 0, 0},
    {"", "standardise", "false", WORD, "false|true", AT(standardise), 0, 0, 0, 0},
    {"", "steps", "5000", WHOLE, NULL, AT(steps), 0, 0, MANY, 0},
    {"", "seed", "0", WHOLE, NULL, AT(seed), 0, 0, 9.2e18, 0},
    {"", "precision", "single", WORD, "single|double", AT(precision), 0, 0, 0, 0},
    {"", "parameters", "", TEXT, NULL, AT(parameters), 0, 0, 0, 0},
    {"", "noise_file", "", TEXT, NULL, AT(noise_file), 0, 0, 0, 0},
    {"", "data_file", "", TEXT, NULL, AT(data_file), 0, 0, 0, 0},
    {"record", "history", "100", WHOLE, NULL, AT(history), 0, 0, MANY, 0},
    {"record", "samples", "1000", WHOLE, NULL, AT(samples), 0, 0, MANY, 0},
    {"record", "checkpoint", "1000", WHOLE, NULL, AT(checkpoint), 0, 0, MANY, 0},
    {"record", "trace", "0", WHOLE, NULL, AT(trace), 0, 0, MANY, 0},
    {"record", "keep", "false", WORD, "false|true", AT(keep), 0, 0, 0, 0},
    {"record", "energies", "[]", TEXTS, NULL, AT(energy), AT(nenergies), 0, 0, 0},
    {"evaluation", "every", "1000", WHOLE, NULL, AT(evaluate), 0, 0, MANY, 0},
    {"evaluation", "n", "1000", WHOLE, NULL, AT(evaluation_n), 0, 2, 1e6, 0},
    {"evaluation", "transport", "256", WHOLE, NULL, AT(evaluation_transport), 0, 0, 8192, 0},
    {"evaluation", "sinkhorn", "0", REAL, NULL, AT(evaluation_sinkhorn), 0, 0, INFINITY, 0}};
enum { KEYS = sizeof keys / sizeof *keys };
static const char *const sections[] = {"drift", "generator", "critic", "optimiser", "schedule", "record", "evaluation"};
enum { SECTIONS = sizeof sections / sizeof *sections };

/* ---- what was left out ---- */

static dp_yaml *node(const char *text, const dp_yaml *near)
{
    const size_t n = strlen(text);
    dp_yaml *y;
    if (text[0] != '[') {
        y = dp_yaml_new(DP_YAML_TEXT, near->source, near->line, near->col);
        y->text = dp_strdup(text);
        return y;
    }
    y = dp_yaml_new(DP_YAML_LIST, near->source, near->line, near->col);
    for (size_t i = 1, m; i + 1 < n; i += m + strspn(text + i + m, ", ")) {
        m = strcspn(text + i, ",]");
        char *word = dp_format("%.*s", (int) m, text + i);
        dp_yaml_append(y, NULL, node(word, near));
        free(word);
    }
    return y;
}

static void add(dp_yaml *map, const char *name, dp_yaml *value)
{
    dp_yaml_append(map, node(name, map), value);
}

/* ---- values ---- */

static dp_status read_real(double *out, const key *k, const dp_yaml_report *r, const dp_yaml *y)
{
    fmpq_t q;
    fmpq_init(q);
    const dp_status status = dp_read_rational(q, r, y);
    *out = status ? 0 : dp_nearest_d(q);
    fmpq_clear(q);
    if (status || (isfinite(*out) && *out >= k->least && *out <= k->most && !(k->open && *out == k->least))) return status;
    char *what = k->most < INFINITY ? dp_format("a number from %g to %g", k->least, k->most) : dp_format("a number %s %g", k->open ? "greater than" : "of at least", k->least);
    dp_read_wrong(r, y, what);
    free(what);
    return DP_EINPUT;
}

static dp_status read_whole(slong *out, const key *k, const dp_yaml_report *r, const dp_yaml *y)
{
    if (k->words && y->kind == DP_YAML_TEXT && !strcmp(y->text, k->words)) return *out = -1, DP_OK;
    return dp_read_integer(out, r, y, (slong) k->least, k->most > 9e18 ? WORD_MAX : (slong) k->most);
}

static dp_status read_list(const key *k, const dp_yaml_report *r, const dp_yaml *y, dp_train *t)
{
    slong *n = (slong *) ((char *) t + k->count);
    dp_status status = y->kind == DP_YAML_LIST ? DP_OK : dp_read_wrong(r, y, "a list");
    if (status || y->n == 0) return status;
    if (k->type == RATIONALS) {
        t->bandwidth = _fmpq_vec_init(y->n);
        for (*n = y->n; !status && *n > 0; --*n) status = dp_read_positive(t->bandwidth + *n - 1, r, y->item[*n - 1]);
        return *n = y->n, status;
    }
    t->energy = dp_calloc((size_t) y->n, sizeof *t->energy);
    for (*n = 0; !status && *n < y->n; ++*n) status = dp_read_text(t->energy + *n, r, y->item[*n], "the name of a functional");
    return status;
}

static dp_status read_value(dp_train *t, const key *k, const dp_yaml_report *r, const dp_yaml *y)
{
    void *to = (char *) t + k->to;
    dp_status status = DP_OK;
    switch (k->type) {
    case WORD: return dp_read_word(to, r, y, k->words);
    case WHOLE: return read_whole(to, k, r, y);
    case REAL: return read_real(to, k, r, y);
    case NUMBERS:
        if (y->kind != DP_YAML_LIST || y->n != (slong) k->count) return dp_read_wrong(r, y, "a list of two numbers");
        for (slong i = 0; i < y->n && !status; i++) status = read_real((double *) to + i, k, r, y->item[i]);
        return status;
    case TEXT:
        if (y->kind != DP_YAML_TEXT || (k->usual == NULL && !*y->text)) return dp_read_wrong(r, y, k->usual ? "a text" : "the name of a drift");
        *(char **) to = dp_strdup(y->text);
        return DP_OK;
    default: return read_list(k, r, y, t);
    }
}

/* ---- sections ---- */

static char *words_of(const char *section)
{
    char *list = dp_strdup("");
    for (size_t i = 0; i < KEYS + SECTIONS; i++) {
        const int sub = i >= KEYS;
        if (sub ? *section != '\0' : strcmp(keys[i].section, section) != 0) continue;
        char *longer = dp_format("%s%s%s", list, *list ? "|" : "", sub ? sections[i - KEYS] : keys[i].key);
        free(list);
        list = longer;
    }
    return list;
}

static dp_status read_section(dp_train *t, const char *section, const dp_yaml_report *r, dp_yaml *map)
{
    char *words = words_of(section);
    dp_status status = dp_read_keys(r, map, words);
    free(words);
    for (size_t i = 0; i < KEYS && !status; i++) {
        if (strcmp(keys[i].section, section)) continue;
        if (!dp_yaml_get(map, keys[i].key)) {
            if (!keys[i].usual) return dp_read_need(r, map, keys[i].key, "a drift such as mean-shift"), DP_EINPUT;
            add(map, keys[i].key, node(keys[i].usual, map));
        }
        status = read_value(t, keys + i, r, dp_yaml_get(map, keys[i].key));
    }
    return status;
}

/* Blocks that are no part of one run's description. */
static void remove_key(dp_yaml *map, const char *name)
{
    const slong at = dp_yaml_index(map, name);
    if (at < 0) return;
    dp_yaml_free(map->key[at]), dp_yaml_free(map->item[at]);
    for (slong i = at; i + 1 < map->n; i++) map->key[i] = map->key[i + 1], map->item[i] = map->item[i + 1];
    map->n--;
}

static dp_status blocks(void *to, dp_problem *P, const dp_yaml_report *r, dp_yaml *root)
{
    dp_train *t = to;
    dp_yaml *train = dp_yaml_get(root, "train");
    if (!train) return dp_read_need(r, root, "train", "a mapping such as {drift: {name: mean-shift}}"), DP_EINPUT;
    dp_status status = read_section(t, "", r, train);
    for (size_t i = 0; i < SECTIONS && !status; i++) {
        if (!dp_yaml_get(train, sections[i])) add(train, sections[i], dp_yaml_new(DP_YAML_MAP, train->source, train->line, train->col));
        status = read_section(t, sections[i], r, dp_yaml_get(train, sections[i]));
    }
    remove_key(root, "sweep"), remove_key(root, "run");
    return status ? status : dp_train_check(t, P, r, train);
}

/* ---- a case ---- */

dp_status dp_train_parse(dp_train **out, const char *path, const char *text, const char *const *sets, size_t nsets, dp_error *e)
{
    dp_train *t = dp_calloc(1, sizeof *t);
    const dp_problem_blocks b = {blocks, t};
    dp_error mine = {0};
    const dp_status status = dp_problem_parse_blocks(&t->P, path, text, sets, nsets, &b, &mine);
    if (!status) return *out = t, DP_OK;
    dp_train_free(t);
    return dp_fail(e, status, "%s", mine.text);
}

dp_status dp_train_read(dp_train **out, const char *path, const char *const *sets, size_t nsets, dp_error *e)
{
    size_t n;
    dp_error mine = {0};
    char *text = dp_file_read(path, &n, &mine);
    if (!text) return dp_fail(e, mine.status, "%s", mine.text);
    const dp_status status = strlen(text) == n ? dp_train_parse(out, path, text, sets, nsets, e) : dp_fail(e, DP_EINPUT, "%s: expected text, got a NUL character", path);
    free(text);
    return status;
}

void dp_train_free(dp_train *t)
{
    if (!t) return;
    for (slong i = 0; i < t->nenergies && t->energy; i++) free(t->energy[i]);
    if (t->bandwidth) _fmpq_vec_clear(t->bandwidth, t->nbandwidths);
    free(t->energy), free(t->drift), free(t->parameters), free(t->noise_file), free(t->data_file);
    dp_problem_free(t->P);
    free(t);
}
