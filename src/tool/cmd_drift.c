/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_drift.c: particle drifts of samples in files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "base/progress.h"
#include "energy/energy.h"
#include "tool/drift_input.h"
#include "tool/share.h"

/* --energy says which drift it goes with; the value does not depend on the one that was named. */
static const char *drift_of(const dp_args *a, const dp_energy *E)
{
    const char *names[64], *name = dp_args_value(a, "drift");
    size_t n = 0;
    for (size_t i = 0; dp_drifts[i] && n < 62; i++)
        if (dp_drifts[i]->sample) names[n++] = dp_drifts[i]->name;
    names[n++] = "fgan", names[n] = NULL;
    if (!name && E && E->drift) return E->drift;
    if (!name) dp_usage_error("drift: no drift given; expected --drift NAME");
    if (strcmp(name, "fgan") && !dp_drift_find(name)) dp_usage_error("--drift %s: unknown drift%s; 'driftproof doctor' lists them", name, dp_tool_suggest(name, names));
    if (!E || !E->drift || !strcmp(name, E->drift)) return name;
    if (dp_args_value(a, "output")) dp_usage_error("--energy %s: its flow, which -o writes, is --drift %s; --drift %s was given", E->name, E->drift, name);
    if (!dp_args_flag(a, "quiet")) fprintf(stderr, "driftproof: note: --drift %s has no part in the energy %s\n", name, E->name);
    return E->drift;
}

/* ---- output ---- */

static void check_name(const char *option, const char *file)
{
    const char *dot = file ? strrchr(file, '.') : NULL;
    if (file && (!dot || (strcmp(dot, ".npy") && strcmp(dot, ".csv")))) dp_usage_error("--%s %s: expected a name that ends with .npy or .csv", option, file);
}

static void put_csv(FILE *f, const double *v, size_t n, size_t d)
{
    for (size_t i = 0; i < n * d; i++) fprintf(f, "%.17g%s", v[i], (i + 1) % d ? "," : "\n");
}

static dp_status write_array(const char *file, const double *v, size_t n, size_t d, dp_error *e)
{
    dp_output o;
    if (!file || !v) return DP_OK;
    const dp_status status = dp_output_open(&o, file, e);
    if (status) return status;
    const dp_npy array = {.descr = "<f8", .itemsize = sizeof *v, .ndim = 2, .shape = {n, d}, .data = v};
    if (!strcmp(strrchr(file, '.'), ".npy")) dp_npy_write(o.f, &array);
    else put_csv(o.f, v, n, d);
    return dp_output_close(&o, e);
}

static void put_json_array(FILE *f, const double *v, size_t n, size_t d)
{
    fputs("[", f);
    for (size_t i = 0; i < n * d; i++) {
        fputs(i % d ? ", " : i ? ",\n  [" : "\n  [", f);
        dp_json_double(f, v[i]);
        if ((i + 1) % d == 0) fputs("]", f);
    }
    fputs("]", f);
}

/* What a solver says; numbers of sweeps or directions without an exponent. */
static void put_notes(FILE *f, const dp_drifted *out)
{
    for (int i = 0; i < out->nnotes; i++) {
        const double v = out->note[i].value;
        fprintf(f, ", \"%s\": ", out->note[i].name);
        if (v == floor(v) && fabs(v) < 1e15) fprintf(f, "%.0f", v);
        else dp_json_double(f, v);
    }
}

static void put_json(const char *drift, const dp_sample *s, const dp_drifted *out, const char *precision, int values)
{
    fputs("{\"drift\": ", stdout);
    dp_json_string(stdout, drift);
    fprintf(stdout, ", \"n\": %zu, \"m\": %zu, \"dimension\": %zu, \"precision\": ", s->n, s->m, s->d);
    dp_json_string(stdout, precision);
    put_notes(stdout, out);
    if (values) fputs(",\n \"velocity\": ", stdout), put_json_array(stdout, out->v, s->n, s->d);
    fputs("}\n", stdout);
}

static dp_status write_all(const dp_args *a, const char *drift, const dp_sample *s, const dp_drifted *out, dp_error *e)
{
    const char *file = dp_args_value(a, "output");
    dp_status status = write_array(file, out->v, s->n, s->d, e);
    if (!status) status = write_array(dp_args_value(a, "core"), out->core, s->n, s->d, e);
    if (!status) status = write_array(dp_args_value(a, "masses"), out->mass, s->n, 2, e);
    if (status) return status;
    if (dp_args_flag(a, "json")) put_json(drift, s, out, s->single ? "single" : "double", !file);
    else if (!file && !dp_args_flag(a, "quiet")) put_csv(stdout, out->v, s->n, s->d);
    return DP_OK;
}

/* ---- enclosures ---- */

static void put_ball_json(const char *drift, const dp_sample *s, arb_srcptr v, slong digits)
{
    fputs("{\"drift\": ", stdout), dp_json_string(stdout, drift);
    fprintf(stdout, ", \"n\": %zu, \"m\": %zu, \"dimension\": %zu, \"precision\": %ld,\n \"velocity\": [", s->n, s->m, s->d, digits);
    for (size_t i = 0; i < s->n * s->d; i++) {
        fputs(i % s->d ? ", " : i ? "],\n  [" : "\n  [", stdout);
        dp_json_arb(stdout, v + i, digits + 5);
    }
    fputs("]]}\n", stdout);
}

/* Decimals that lie within the enclosures, d a line. */
static void put_ball_csv(FILE *f, arb_srcptr v, size_t n, size_t d, slong digits)
{
    for (size_t i = 0; i < n * d; i++) {
        char *mid, *rad;
        dp_arb_decimal(&mid, &rad, v + i, digits + 5);
        fprintf(f, "%s%s", mid, (i + 1) % d ? "," : "\n");
        free(mid), free(rad);
    }
}

/* n x d: .npy holds the nearest doubles, .csv decimals. */
static dp_status write_balls(const char *file, arb_srcptr v, size_t n, size_t d, slong digits, dp_error *e)
{
    dp_status status = DP_OK;
    if (!file) return DP_OK;
    if (!strcmp(strrchr(file, '.'), ".npy")) {
        double *near = dp_malloc(sizeof(double) * n * d);
        for (size_t i = 0; i < n * d && !status; i++) {
            near[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
            if (!isfinite(near[i])) status = dp_fail(e, DP_EUNSUPPORTED, "%s: velocities beyond what doubles hold: expected a name that ends with .csv, which holds decimals", file);
        }
        if (!status) status = write_array(file, near, n, d, e);
        free(near);
        return status;
    }
    dp_output o;
    status = dp_output_open(&o, file, e);
    if (status) return status;
    put_ball_csv(o.f, v, n, d, digits);
    return dp_output_close(&o, e);
}

/* --core, --masses. */
static dp_status more_enclosures(const dp_args *a, const char *drift, const dp_sample *s, slong digits, dp_error *e)
{
    const char *core = dp_args_value(a, "core"), *mass = dp_args_value(a, "masses");
    arb_ptr c = _arb_vec_init((slong) (s->n * s->d)), r = _arb_vec_init((slong) (2 * s->n));
    dp_status status = dp_masses_sample_ball(core ? c : NULL, mass ? r : NULL, !strcmp(drift, "da2"), s, digits, e);
    if (!status) status = write_balls(core, c, s->n, s->d, digits, e);
    if (!status) status = write_balls(mass, r, s->n, 2, digits, e);
    _arb_vec_clear(c, (slong) (s->n * s->d)), _arb_vec_clear(r, (slong) (2 * s->n));
    return status;
}

static dp_status enclosures(const dp_args *a, const char *drift, const dp_sample *s, slong digits, dp_error *e)
{
    const char *file = dp_args_value(a, "output");
    const slong n = (slong) (s->n * s->d);
    arb_ptr v = _arb_vec_init(n);
    dp_status status = dp_drift_affinity_asked(a) ? dp_drift_affinity_ball(v, a, drift, s, digits, e) : dp_drift_sample_ball(v, drift, s, digits, e);
    if (!status) status = write_balls(file, v, s->n, s->d, digits, e);
    if (!status && (dp_args_flag(a, "core") || dp_args_flag(a, "masses"))) status = more_enclosures(a, drift, s, digits, e);
    if (!status && dp_args_flag(a, "json")) put_ball_json(drift, s, v, digits);
    else if (!status && !file && !dp_args_flag(a, "quiet")) put_ball_csv(stdout, v, s->n, s->d, digits);
    _arb_vec_clear(v, n);
    return status;
}

/* 0: double; -1: single; else digits. */
static slong precision_of(const dp_args *a)
{
    const char *text = dp_args_value(a, "precision");
    char *end;
    if (!text || !strcmp(text, "double")) return 0;
    if (!strcmp(text, "single")) return -1;
    const slong digits = strtol(text, &end, 10);
    if (end == text || *end || digits < 1 || digits > 10000) dp_usage_error("--precision %s: expected single, double or a number of digits from 1 to 10000", text);
    return digits;
}

/* ---- the command ---- */

static dp_status velocities(const dp_args *a, const char *drift, dp_drift_input *in, dp_error *e)
{
    const int extra = dp_args_flag(a, "core") || dp_args_flag(a, "masses");
    const size_t n = in->s.n * in->s.d;
    dp_drifted out = {.v = dp_calloc(n, sizeof(double)), .core = extra ? dp_calloc(n, sizeof(double)) : NULL, .mass = extra ? dp_calloc(2 * in->s.n, sizeof(double)) : NULL};
    dp_status status = dp_drift_affinity_asked(a) ? dp_drift_affinity(&out, a, drift, &in->s, e)
                     : strcmp(drift, "fgan") ? dp_drift_sample(&out, drift, &in->s, e) : dp_drift_critic(&out, a, &in->s, e);
    if (!status) status = write_all(a, drift, &in->s, &out, e);
    free(out.v), free(out.core), free(out.mass);
    return status;
}

static const dp_energy *energy_of(const dp_args *a)
{
    const char *names[64], *name = dp_args_value(a, "energy");
    size_t n = 0;
    for (size_t i = 0; dp_energies[i] && n < 63; i++)
        if (dp_energies[i]->sample) names[n++] = dp_energies[i]->name;
    names[n] = NULL;
    if (name && !dp_energy_find(name)) dp_usage_error("--energy %s: unknown energy%s; 'driftproof doctor' lists them", name, dp_tool_suggest(name, names));
    return name ? dp_energy_find(name) : NULL;
}

/* The value, as JSON, and the arithmetic of its sums; with -o the velocities of its flow, -n times the gradient, too. */
static dp_status energy(const dp_args *a, const dp_energy *E, const dp_sample *s, dp_error *e)
{
    const char *file = dp_args_value(a, "output");
    double value;
    dp_drifted out = {.v = file ? dp_calloc(s->n * s->d, sizeof(double)) : NULL};
    dp_status status = dp_energy_sample(&value, &out, s, E->name, e);
    if (!status && file) status = write_array(file, out.v, s->n, s->d, e);
    if (!status) {
        fputs("{\"energy\": ", stdout), dp_json_string(stdout, E->name);
        fputs(", \"value\": ", stdout), dp_json_double(stdout, value);
        fprintf(stdout, ", \"n\": %zu, \"m\": %zu, \"dimension\": %zu, \"precision\": \"%s\"", s->n, s->m, s->d, s->single && !E->double_value ? "single" : "double");
        if (file) fprintf(stdout, ", \"velocity_precision\": \"%s\"", s->single ? "single" : "double");
        put_notes(stdout, &out);
        fputs("}\n", stdout);
    }
    free(out.v);
    return status;
}

/* The enclosure, or the estimate where the engine has no better, as JSON. */
static dp_status energy_enclosure(const dp_args *a, const dp_energy *E, const dp_sample *s, slong digits, dp_error *e)
{
    dp_scalar_t x;
    if (dp_args_value(a, "output")) dp_usage_error("drift: --energy with --precision DIGITS gives the value; velocities to DIGITS need --drift");
    dp_scalar_init(x);
    const dp_status status = dp_energy_sample_ball(x, s, E->name, digits, e);
    if (!status) {
        fputs("{\"energy\": ", stdout), dp_json_string(stdout, E->name);
        fputs(", \"value\": ", stdout), dp_json_arb(stdout, x->value, digits + 5);
        fprintf(stdout, ", \"estimated\": %s, \"how\": ", x->estimated ? "true" : "false"), dp_json_string(stdout, x->how);
        fprintf(stdout, ", \"n\": %zu, \"m\": %zu, \"dimension\": %zu, \"precision\": %ld}\n", s->n, s->m, s->d, digits);
    }
    dp_scalar_clear(x);
    return status;
}

static int run(const dp_args *a)
{
    dp_drift_input in;
    dp_error e = {0};
    const dp_energy *E = energy_of(a);
    static const char *const files[] = {"output", "core", "masses"};
    for (size_t i = 0; i < 3; i++) check_name(files[i], dp_args_value(a, files[i]));
    const char *drift = drift_of(a, E);
    const slong digits = precision_of(a);
    dp_drift_options_check(a, drift);
    if (digits && !strcmp(drift, "fgan")) dp_usage_error("fgan: its networks are in doubles; expected --precision double");
    dp_status status = dp_drift_input_read(&in, a, drift, &e);
    in.s.threads = (int) dp_args_integer(a, "threads", 1, 4096, dp_cores());
    in.s.single = digits < 0 && !status && !dp_drift_affinity_asked(a) && dp_drift_fits_single(drift, &in.s);
    if (!strcmp(drift, "smoothed-kl") && !dp_args_flag(a, "quiet")) dp_progress_begin("driftproof: drift");
    if (!status && digits > 0 && E) status = energy_enclosure(a, E, &in.s, digits, &e);
    else if (!status && digits > 0) status = enclosures(a, drift, &in.s, digits, &e);
    else if (!status) status = E ? energy(a, E, &in.s, &e) : velocities(a, drift, &in, &e);
    dp_progress_end();
    dp_drift_input_clear(&in);
    return status ? dp_say_failure(&e) : EXIT_EXPECTED;
}

static const dp_option options[] = {
    {"drift", 'd', "NAME", "the drift: mean-shift, sinkhorn, sinkhorn-proxy, da2, da2-released, mmd, sliced-wasserstein, wasserstein, kale, chi2, sharp, blob, smoothed-kl, fgan"},
    {"x", 'x', "FILE", "the model's samples, which the drift moves: .npy of shape (n, d), or .csv with a point a line"},
    {"y", 'y', "FILE", "the data's samples, (m, d)"},
    {"negatives", 'z', "FILE", "points that repel instead of x, (l, d)"},
    {"kernel", 'k', "NAME", "gaussian exp(-r^2/2h^2) (default), laplace exp(-r/h) (default of da2), matern32, matern52, imq, energy -r; several with commas, or several bandwidths, make a sum"},
    {"bandwidth", 'b', "H", "h in these formulas, an exact number; several with commas make a sum of kernels"},
    {"weights", 0, "W", "weights of a sum's parts (default: 1 each)"},
    {"self", 0, "keep|leave-out", "whether the pair of a point with itself counts among the negatives (default: keep); leave-out with --negatives: that of x_i with negative i"},
    {"mask", 0, "self|none|after", "the same in the words of Algorithm 2: da2 masks the diagonal by default; after (da2, sinkhorn-proxy): once the sums that normalise are formed, sizes dropped"},
    {"distance", 0, "l2|squared", "da2: distance in the logits, -r/h with the Laplace kernel or -r^2/2h^2 with the Gaussian"},
    {"scaling", 0, "population|algorithm", "sinkhorn-proxy: with the n, m of (28) (default) or without, as Algorithm 1"},
    {"normalisation", 0, "root|product|row|column|none|sinkhorn", "da2, sinkhorn-proxy: affinities of the kernel K, its row sums R and column sums C: K/sqrt(RC) (default), K^2/(RC), K/R, K/C, K, or K after --iterations sweeps; sizes dropped"},
    {"weighting", 0, "cross|own|plain|mean", "da2, sinkhorn-proxy: each side times the other's sums (default), divided by its own, as it is, or divided by its number of points"},
    {"guidance", 0, "W", "da2, sinkhorn-proxy: weight in the kernel of the negatives after the first n, which stand for x (default: 1)"},
    {"iterations", 'i', "K", "sinkhorn: so many sweeps, each rows then columns, then rows normalised once; 0 is the mean-shift"},
    {"tolerance", 't', "T", "sinkhorn: sweeps until the marginals' L1 error is below T; smoothed-kl: smaller steps until the velocity changes by less than T of the largest, or from 1e-8 on where these are too many random nodes by --seed (default: 1e-13, or what rounding leaves)"},
    {"order", 0, "rows-first|columns-first", "sinkhorn: where a sweep begins (default: rows)"},
    {"directions", 0, "SET", "sliced-wasserstein: FILE of vectors of any length, (k, d), or (d, k) where k is not d, or random:K, quasi:K: so many at random by --seed or equidistributed (equal angles in the plane, Fibonacci's lattice in space, Sobol' points up to 24 dimensions, orthonormal bases beyond; default: random:100)"},
    {"regularisation", 'l', "L", "kale, chi2: lambda, an exact number"},
    {"critic", 0, "SET", "fgan: the critic g: FILE.npz, weights of a network, or train:K, two hidden layers of 64 numbers from --seed, trained by K steps of Adam on these samples"},
    {"divergence", 0, "kl|js|chi2|kale", "fgan: whose dual the critic maximises (default: kl; kale needs --regularisation)"},
    {"activation", 0, "silu|relu|tanh|gelu", "fgan: of the critic's hidden layers (default: silu)"},
    {"clip", 0, "C", "da2-released: floor under row times column softmax, before the root (default: 1e-6; 0: none)"},
    {"normaliser-floor", 0, "F", "da2-released: floor under row sum times column sum of exp(-distance/temperature) (default: 0, none)"},
    {"distance-floor", 0, "F", "da2-released: floor under squared distances (default: 1e-8)"},
    {"scale-floor", 0, "F", "da2-released: floor under the mean distance and the unit of coordinates (default: 1e-3)"},
    {"rms-floor", 0, "F", "da2-released: floor under the mean square of a temperature's drift (default: 1e-8)"},
    {"mask-distance", 0, "M", "da2-released: added to the distance of a point to itself, in mean distances (default: 100)"},
    {"normalise", 0, "LIST", "da2-released: of distances, coordinates, rms, with commas, or none (default: all three)"},
    {"block-weights", 0, "X,Z,Y", "da2-released: weight of each x, each further negative, each y (default: 1,1,1)"},
    {"precision", 'p', "P", "single or double (default): sums over pairs in this arithmetic; or a number of digits: enclosures by the definition in ball arithmetic"},
    {"energy", 'e', "NAME", "print this functional of the samples as JSON instead: blob, chi2, kale, mmd2, sinkhorn, sliced, smoothed-kl, w2; with -o also its flow -n dF/dx"},
    {"output", 'o', "FILE", "write the velocities, (n, d): FILE.npy or FILE.csv"},
    {"core", 0, "FILE", "sinkhorn-proxy, da2: also the velocities before the masses multiply them"},
    {"masses", 0, "FILE", "sinkhorn-proxy, da2: also the masses r^p, r^q of (29), (n, 2)"},
    {0}};
const dp_tool_command dp_cmd_drift = {
    "drift", "--drift NAME --x X.npy --y Y.npy [-o V.npy]", "particle drifts of samples in files",
    "Evaluates a drift on samples, by its definition and in the logarithmic domain: no floor, clamp or epsilon stands in any formula, distances are found by differences, and far clouds, "
    "coincident points and single points give the exact limit. The numbers n and m of points may differ, and any dimension is taken. Files hold float16, float32, float64 or integers, in C or Fortran order.\n"
    "Without -o the velocities are printed, one point a line; with --json as one document, together with what a solver says of itself. No result depends on --threads.",
    options, 0, 0, 0, run};
