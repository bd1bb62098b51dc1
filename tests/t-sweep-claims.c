/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sweep-claims.c: tables in which the statements C1 to C6 hold or fail by construction, and the test that tells. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim/sweep_claims.h"
#include "measure/measure.h"

static char file[] = "/tmp/t-sweep-claims-XXXXXX";

/* Against all 2^n signs. */
static void signed_ranks(void **state)
{
    (void) state;
    for (size_t n = 1; n <= 10; n++)
        for (size_t w = 0; w <= n * (n + 1) / 2; w++) {
            size_t below = 0, above = 0;
            double p, q;
            for (size_t signs = 0; signs < (size_t) 1 << n; signs++) {
                size_t sum = 0;
                for (size_t k = 0; k < n; k++) sum += signs >> k & 1 ? k + 1 : 0;
                below += sum <= w, above += sum >= w;
            }
            dp_signed_rank(&p, &q, n, w);
            assert_true(p == ldexp((double) below, -(int) n) && q == ldexp((double) above, -(int) n));
        }
}

/* log10 MMD^2 at h = 10^-2 ... 10^1/2 of a paper-like world; `broken` makes one claim false. */
static double level_at(const char *drift, double log_h, int broken)
{
    const double small = fmax(0, -1 - log_h), large = fmax(0, log_h);
    if (!strcmp(drift, "sinkhorn")) return -3 + (broken == 2 ? 1 : 0) * small + 2 * large;
    if (!strcmp(drift, "mmd")) return -3 + (broken == 1 ? 0.6 : 0) + 2 * small + large;
    if (!strcmp(drift, "proxy")) return -3 + (broken == 3 ? 2 : 0.5) * small + large;
    if (!strcmp(drift, "da2-gauss")) return -3 + 1 * small + large;
    if (!strcmp(drift, "da2")) return -3 + (broken == 4 ? 0.1 : 0.8) * small + large;
    return -3 + (broken == 5 ? 0.1 : 1.5) * small + large; /* kl */
}

static void row(sqlite3 *db, int *run, const char *drift, const char *axis, double x, int seed, double mmd2, double w2, double missed, int diverged)
{
    double u[2];
    dp_philox_pair(u, 5, *run, 0);
    const double noise = 0.1 * (u[0] - 0.5);
    char *modes = sqlite3_mprintf("[%.6f, %.6f]", 0.5 + missed + noise / 10, 0.5 - missed - noise / 10);
    char *sql = sqlite3_mprintf("INSERT INTO runs(run, drift, data, \"%w\", seed, mmd2_v, w2, modes, data_modes, status) VALUES(%d, %Q, 'moons', %.17g, '%d', %!.17g, %!.17g, %Q, '[0.5, 0.5]', %Q)", axis, (*run)++, drift, x, seed,
                                pow(10, mmd2 + noise), pow(10, w2 + noise / 10), modes, diverged ? "diverged" : "done");
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql), sqlite3_free(modes);
}

static void world(int broken, int seeds)
{
    static const char *const drifts[] = {"kl", "mmd", "sinkhorn", "proxy", "da2", "da2-gauss"};
    sqlite3 *db;
    int run = 0;
    unlink(file);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA synchronous = OFF; BEGIN; CREATE TABLE runs(run INTEGER, drift TEXT, data TEXT, h TEXT, slices TEXT, seed TEXT, mmd2_v REAL, w2 REAL, modes TEXT, data_modes TEXT, status TEXT)", NULL, NULL, NULL);
    for (int seed = 0; seed < seeds; seed++) {
        for (size_t k = 0; k < 6; k++)
            for (int i = 0; i < 6; i++) {
                const double log_h = -2 + 0.5 * i, missed = (log_h < -1 ? 0.3 : 0.01) * (k == 0 ? 1 : broken == 7 ? 1.3 : 0.5);
                row(db, &run, drifts[k], "h", pow(10, log_h), seed, level_at(drifts[k], log_h, broken), log_h > 0 ? 0.5 : 0, missed, broken == 8 && k == 2 && i == 0);
            }
        for (int i = 0; i < 3; i++) row(db, &run, "sw", "slices", pow(10, i), seed, -3 + (broken == 6 && i == 0 ? 0.6 : 0), 0, 0, 0);
    }
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void decided(void **state)
{
    static dp_sweep_claim c[DP_SWEEP_CLAIMS];
    dp_error e = {0};
    (void) state;
    for (int broken = 0; broken <= 8; broken++) { /* 8: Sinkhorn diverges at the smallest h */
        const size_t refuted = broken == 8 ? 1 : (size_t) broken - 1;
        world(broken, 20);
        if (dp_sweep_claims(c, file, 0.05, &e)) fail_msg("%s", e.text);
        for (size_t k = 0; k < DP_SWEEP_CLAIMS; k++) {
            const char *want = broken && k == refuted ? "refuted" : "supported";
            if (broken == 3 && k == 3) want = "refuted"; /* a bad proxy is worse than either DA2 */
            if (strcmp(c[k].verdict, want)) fail_msg("world %d: %s is %s, expected %s; %s", broken, c[k].name, c[k].verdict, want, c[k].why);
        }
    }
    world(0, 6); /* three seeds are left to try the best bandwidth on */
    assert_int_equal(dp_sweep_claims(c, file, 0.05, &e), DP_OK);
    assert_string_equal(c[0].verdict, "undecided"), assert_non_null(strstr(c[0].why, "3 seeds"));
    world(0, 0);
    assert_int_equal(dp_sweep_claims(c, file, 0.05, &e), DP_OK);
    for (size_t k = 0; k < DP_SWEEP_CLAIMS; k++) assert_string_equal(c[k].verdict, "undecided");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signed_ranks), cmocka_unit_test(decided)};
    close(mkstemp(file));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(file);
    return failed;
}
