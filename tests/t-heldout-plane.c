/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-heldout-plane.c: fields in the plane in double precision against numbers from an independent program: stated errors contain them and are of use.

   Mixtures were drawn at random: unequal covariances, deviations from a tenth of the mesh's step to its window, in another language that knows nothing of this engine. Kernels other than the Gaussian are
   mixtures of Gaussians over scales there, k(r) = integral of exp(-s r^2) against a measure in s (Gamma densities): convolutions with a mixture are then one integral over log s, by the trapezoidal rule
   in 50 digits, which the kernels themselves confirm to 50. Sums with 1/sqrt(k*q) are trapezoidal rules over 113 x 113 nodes around each component in 30 digits, to 25 of them confirmed by a step a fifth wider. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drift/estimated.h"

enum { USEFUL = 10 /* decimal digits by which a stated error may exceed the true one, or the last place */ };

/* Nodes of the mesh of 9 x 7 on [-3/2, 3/2] x [-1, 5/4], and both components of the velocity at each. */
static const struct { const char *p, *q, *kernel, *drift; int node[2]; const char *truth[4]; } held[] = {
    {"{mixture: [{weight: 2/11, mean: [-3/8, 5/8], covariance: [[1/144, 0], [0, 1/144]]}, {weight: 4/11, mean: [1/8, 1/2], covariance: [[441/400, -441/2000], [-441/2000, 441/400]]}, {weight: 5/11, mean: [1/4, -1/2], covariance: [[121/100, -363/1000], [-363/1000, 121/100]]}]}",
     "{mixture: [{weight: 5/13, mean: [-1/8, 7/8], covariance: [[361/400, 361/2000], [361/2000, 169/100]]}, {weight: 3/13, mean: [-7/8, -5/8], covariance: [[9/25, 27/250], [27/250, 9/25]]}, {weight: 5/13, mean: [1/8, 1/2], covariance: [[1, -1/2], [-1/2, 1]]}]}",
     "family: laplace, bandwidth: 13/12", "mean-shift", {13, 44}, {"0.221007524151642070372056536096", "-0.0390252225319426391115581113756", "0.119114119429289810118743240032", "-0.211258132283223939124891309736"}},
    {"{mixture: [{weight: 4/11, mean: [3/4, 3/8], covariance: [[1, -8/25], [-8/25, 16/25]]}, {weight: 5/11, mean: [-3/8, -1/2], covariance: [[289/400, -9/1000], [-9/1000, 9/100]]}, {weight: 2/11, mean: [-5/8, 1/2], covariance: [[49/100, 0], [0, 9/16]]}]}",
     "{mixture: [{weight: 4/7, mean: [1/2, -1/2], covariance: [[1/256, 0], [0, 1/256]]}, {weight: 3/7, mean: [1/4, -3/4], covariance: [[121/400, 363/2000], [363/2000, 121/400]]}]}",
     "family: matern32, bandwidth: 1/2", "mmd", {46, 24}, {"0.0516379893815055929575293159961", "-0.0451381160147938085291922696207", "0.469994017507571287620469618543", "0.562530133185729396341292750377"}},
    {"{mixture: [{weight: 1, mean: [3/4, -1/4], covariance: [[4/25, 4/125], [4/125, 169/400]]}]}",
     "{mixture: [{weight: 5/12, mean: [-1/8, 7/8], covariance: [[361/400, 0], [0, 361/400]]}, {weight: 1/6, mean: [5/8, 5/8], covariance: [[16/25, 0], [0, 16/25]]}, {weight: 5/12, mean: [3/4, -1], covariance: [[49/100, -169/1000], [-169/1000, 169/400]]}]}",
     "family: matern52, bandwidth: 5/12", "sharp", {39, 35}, {"1.95277724825276506357136561626", "-1.05644553443386383927273246864", "-0.509737866058616325493582538187", "-0.122801152629196245387609579533"}},
    {"{mixture: [{weight: 1/2, mean: [-1, -1], covariance: [[1/144, 0], [0, 1/144]]}, {weight: 1/2, mean: [-5/8, -7/8], covariance: [[9/16, 0], [0, 49/400]]}]}",
     "{mixture: [{weight: 3/4, mean: [-1/4, -1], covariance: [[16/25, 56/125], [56/125, 16/25]]}, {weight: 1/4, mean: [-1, 3/4], covariance: [[9/25, 27/250], [27/250, 36/25]]}]}",
     "family: imq, bandwidth: 7/12", "mean-shift", {33, 8}, {"-0.563284225892302463100829656436", "-0.472174202813112067456861187825", "-0.477427862654473253032588889188", "-0.296119449914527708553970279113"}},
    {"{mixture: [{weight: 3/7, mean: [-1/8, 1/2], covariance: [[121/400, 121/4000], [121/4000, 169/400]]}, {weight: 4/7, mean: [-5/8, -7/8], covariance: [[25/16, -441/1000], [-441/1000, 441/400]]}]}",
     "{mixture: [{weight: 1/4, mean: [1/8, 1/8], covariance: [[16/25, 0], [0, 16/25]]}, {weight: 3/4, mean: [0, 7/8], covariance: [[16/25, 8/125], [8/125, 16/25]]}]}",
     "family: sum, parts: [{bandwidth: 3/4, weight: 2/3}, {family: imq, bandwidth: 1/2}]", "mmd", {1, 32}, {"0.0104907312804175316243102960918", "-0.0374468208151696688424615438543", "-0.0933835765440958722320940425156", "-0.199567197842553918650815300392"}},
    {"{mixture: [{weight: 1, mean: [1, 5/8], covariance: [[529/400, -529/800], [-529/800, 36/25]]}]}",
     "{mixture: [{weight: 5/7, mean: [-5/8, 3/4], covariance: [[1/625, 0], [0, 1/625]]}, {weight: 2/7, mean: [-1/8, 3/8], covariance: [[169/100, -27/500], [-27/500, 9/100]]}]}",
     "family: gaussian, bandwidth: 5/4", "sharp", {9, 21}, {"0.486019945293970227147400405179", "-0.173194829596354670277118680879", "0.671400053689480676142339223967", "-0.157318005762368479929017102785"}},
    {"{mixture: [{weight: 3/7, mean: [-1, 1/2], covariance: [[1/144, 0], [0, 1/144]]}, {weight: 4/7, mean: [3/4, -1], covariance: [[4/25, 0], [0, 4/25]]}]}",
     "{mixture: [{weight: 1/5, mean: [1/2, 1/8], covariance: [[1/4, 1/40], [1/40, 121/100]]}, {weight: 4/5, mean: [-7/8, -3/8], covariance: [[81/100, 0], [0, 169/100]]}]}",
     "family: laplace, bandwidth: 13/12", "mmd", {3, 61}, {"0.161140230769982592937780899636", "0.0150961577432211720872323572832", "0.0255115605628851952912558109484", "-0.0227360875166261180026719693557"}},
    {"{mixture: [{weight: 5/8, mean: [3/4, -1/8], covariance: [[121/100, 0], [0, 121/100]]}, {weight: 3/8, mean: [1/8, 1/8], covariance: [[49/400, 9/1000], [9/1000, 9/100]]}]}",
     "{mixture: [{weight: 1/2, mean: [-1/8, 5/8], covariance: [[9/25, 0], [0, 9/25]]}, {weight: 1/2, mean: [3/4, 1], covariance: [[1, -3/10], [-3/10, 1]]}]}",
     "family: matern32, bandwidth: 11/12", "sharp", {4, 39}, {"0.0922057542945526653318900054432", "-0.302246825718010000400266483811", "0.139215398826043237393415296931", "-0.429939799145182987860011123296"}},
    {"{mixture: [{weight: 5/7, mean: [-3/4, 7/8], covariance: [[4/25, 0], [0, 1/4]]}, {weight: 2/7, mean: [5/8, -1/8], covariance: [[9/16, 0], [0, 361/400]]}]}",
     "{mixture: [{weight: 1/3, mean: [5/8, -3/4], covariance: [[36/25, -121/2000], [-121/2000, 121/400]]}, {weight: 2/3, mean: [-3/8, 1/2], covariance: [[121/400, -121/2000], [-121/2000, 121/400]]}]}",
     "family: matern52, bandwidth: 3/4", "mean-shift", {35, 5}, {"0.0256052840335498336755070940673", "0.270920436653654657657141143197", "-0.0202892960284171531592360671808", "0.135570915239833932797149608772"}},
    {"{mixture: [{weight: 5/8, mean: [-1, -5/8], covariance: [[1/625, 0], [0, 1/625]]}, {weight: 3/8, mean: [3/8, -3/4], covariance: [[1, 9/200], [9/200, 9/100]]}]}",
     "{mixture: [{weight: 4/7, mean: [7/8, 3/4], covariance: [[1/144, 0], [0, 1/144]]}, {weight: 3/7, mean: [-5/8, 7/8], covariance: [[49/400, 343/4000], [343/4000, 49/400]]}]}",
     "family: imq, bandwidth: 5/6", "mmd", {32, 17}, {"-0.185345281063081433269549414927", "-0.4244139875509669496470172476", "-0.0454609187210818065808107462252", "-0.166018135782736957179077157815"}},
    {"{mixture: [{weight: 1/5, mean: [1/2, 3/8], covariance: [[9/100, -9/250], [-9/250, 9/100]]}, {weight: 3/5, mean: [-1/2, 7/8], covariance: [[25/16, 0], [0, 25/16]]}, {weight: 1/5, mean: [3/4, -1/4], covariance: [[81/400, -6/125], [-6/125, 4/25]]}]}",
     "{mixture: [{weight: 1/2, mean: [-1/2, -5/8], covariance: [[169/400, 169/2000], [169/2000, 169/400]]}, {weight: 1/2, mean: [-3/8, 0], covariance: [[4/25, 0], [0, 121/400]]}]}",
     "family: sum, parts: [{bandwidth: 1, weight: 2/3}, {family: matern32, bandwidth: 5/6}]", "sharp", {3, 28}, {"0.465728301387583134425185449335", "0.283477746759485225889228521354", "0.030178430953459031143272912062", "0.491240485942733887037148838162"}},
    {"{mixture: [{weight: 1/4, mean: [1, -3/8], covariance: [[16/25, 56/125], [56/125, 16/25]]}, {weight: 5/8, mean: [0, 3/4], covariance: [[36/25, 0], [0, 1/4]]}, {weight: 1/8, mean: [-3/4, -3/4], covariance: [[1/4, 1/20], [1/20, 1/4]]}]}",
     "{mixture: [{weight: 5/12, mean: [3/8, 3/8], covariance: [[25/16, -343/4000], [-343/4000, 49/400]]}, {weight: 1/3, mean: [0, -3/8], covariance: [[16/25, -147/4000], [-147/4000, 49/400]]}, {weight: 1/4, mean: [-1, -3/4], covariance: [[1, 0], [0, 1]]}]}",
     "family: gaussian, bandwidth: 7/6", "mean-shift", {49, 38}, {"0.09506675872062933140134657184", "0.406978195892043231908399124753", "0.0585929798459268709556354267684", "0.378016718622818709976707630807"}},
    {"{mixture: [{weight: 2/5, mean: [5/8, -5/8], covariance: [[1/256, 0], [0, 1/256]]}, {weight: 3/10, mean: [3/8, 0], covariance: [[1/4, 0], [0, 1/4]]}, {weight: 3/10, mean: [1, -1/8], covariance: [[169/100, -507/1000], [-507/1000, 169/100]]}]}",
     "{mixture: [{weight: 3/7, mean: [-1/4, 0], covariance: [[289/400, 0], [0, 289/400]]}, {weight: 4/7, mean: [3/4, 1/4], covariance: [[121/400, -1/40], [-1/40, 1/4]]}]}",
     "family: laplace, bandwidth: 1", "sharp", {52, 5}, {"0.0439142572987734276584648951062", "-0.13621820423898577345840288421", "0.117385626802624598614739944443", "-0.110532710077929571865794916613"}},
    {"{mixture: [{weight: 4/5, mean: [-3/8, -1/2], covariance: [[81/400, 81/2000], [81/2000, 1]]}, {weight: 1/5, mean: [1/8, 1/2], covariance: [[289/400, 0], [0, 289/400]]}]}",
     "{mixture: [{weight: 3/5, mean: [1, -1/4], covariance: [[1/144, 0], [0, 1/144]]}, {weight: 2/5, mean: [-1/2, -1/2], covariance: [[9/100, 9/1000], [9/1000, 81/400]]}]}",
     "family: matern32, bandwidth: 1/3", "mean-shift", {52, 19}, {"-0.171582284498616874084922167148", "0.978700213872388613010172252021", "-0.0713719135176024577177514341763", "0.0918312745847156963075944005946"}},
    {"{mixture: [{weight: 1, mean: [-1, 1/4], covariance: [[4/25, 63/1000], [63/1000, 9/100]]}]}",
     "{mixture: [{weight: 2/3, mean: [-1/4, 7/8], covariance: [[49/400, 49/2000], [49/2000, 16/25]]}, {weight: 1/3, mean: [-5/8, 1/8], covariance: [[49/400, -49/800], [-49/800, 9/25]]}]}",
     "family: matern52, bandwidth: 13/12", "mmd", {49, 43}, {"-0.165507009890993152918320854457", "-0.14348313090297465833812471061", "0.0878653468853012988487612429051", "-0.039474701302799426887400087223"}},
    {"{mixture: [{weight: 1/4, mean: [3/8, 1], covariance: [[169/100, 0], [0, 121/400]]}, {weight: 3/4, mean: [1/8, 1], covariance: [[121/100, -121/200], [-121/200, 121/100]]}]}",
     "{mixture: [{weight: 1/6, mean: [0, -5/8], covariance: [[121/100, 363/500], [363/500, 121/100]]}, {weight: 5/6, mean: [1/8, -5/8], covariance: [[9/25, 0], [0, 529/400]]}]}",
     "family: gaussian, bandwidth: 3/4", "sinkhorn-proxy", {13, 12}, {"0.126004721335763725880176336258", "0.578964568742050343643688844327", "0.0229400195019033107232348980004", "0.564624816876886934732981708471"}},
    {"{mixture: [{weight: 1/2, mean: [-1/2, -3/4], covariance: [[1/4, -1/40], [-1/40, 1/4]]}, {weight: 1/2, mean: [1, -3/8], covariance: [[16/25, 0], [0, 16/25]]}]}",
     "{mixture: [{weight: 5/8, mean: [-3/4, 3/8], covariance: [[361/400, 0], [0, 529/400]]}, {weight: 3/8, mean: [-1/2, 1/4], covariance: [[289/400, 289/2000], [289/2000, 289/400]]}]}",
     "family: gaussian, bandwidth: 5/4", "da2", {13, 29}, {"0.391506517431239517465956792441", "-0.380228277044725344237997552552", "0.347184565430181324285211062231", "-0.463280093343558306854801526451"}},
    {"{mixture: [{weight: 1/2, mean: [-1/4, -1/2], covariance: [[49/100, 343/1000], [343/1000, 529/400]]}, {weight: 1/2, mean: [3/4, -5/8], covariance: [[1, 0], [0, 1]]}]}",
     "{mixture: [{weight: 3/4, mean: [1/8, -1/8], covariance: [[121/100, 0], [0, 121/100]]}, {weight: 1/4, mean: [1/2, -7/8], covariance: [[81/400, -243/2000], [-243/2000, 81/400]]}]}",
     "family: gaussian, bandwidth: 1", "sinkhorn-proxy", {20, 20}, {"-0.00194043230208800135033917792271", "-0.170964127132381099748013448472", "-0.00194043230208800135033917792271", "-0.170964127132381099748013448472"}}};
enum { CASES = sizeof held / sizeof *held };

static dp_gridfield *field(int i)
{
    char *text = dp_format("dimension: 2\np: %s\nq: %s\nkernel: {%s}\n", held[i].p, held[i].q, held[i].kernel);
    const slong n[3] = {9, 7, 1};
    dp_problem *P = NULL;
    dp_gridfield *f = NULL;
    dp_error e = {0};
    dp_mesh_t mesh;
    fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
    if (dp_problem_parse(&P, "held", text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    fmpq_set_si(lo, -3, 2), fmpq_set_si(lo + 1, -1, 1), fmpq_set_si(hi, 3, 2), fmpq_set_si(hi + 1, 5, 4);
    dp_mesh_init(mesh, 2, n, lo, hi);
    if (dp_gridfield_eval(&f, P, held[i].drift, mesh, DP_Q_VELOCITY, 9, DP_TIER_DOUBLE, 1, &e)) print_error("%d %s: %s\n", i, held[i].drift, e.text);
    assert_non_null(f);
    dp_mesh_clear(mesh), _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2), dp_problem_free(P), free(text);
    return f;
}

/* What is off at the value: 1 not in the stated error, 2 no use. Relative to the larger component. */
static int judge(int i, int side, int c, double mid, double rad, double large)
{
    arb_t truth, m;
    arb_init(truth), arb_init(m);
    assert_int_equal(arb_set_str(truth, held[i].truth[2 * side + c], 128), 0);
    arb_set_d(m, mid), arb_sub(m, truth, m, 128);
    const double off = fabs(arf_get_d(arb_midref(m), ARF_RND_NEAR));
    const int wrong = (off <= rad ? 0 : 1) | (rad > pow(10, USEFUL) * fmax(off, DP_ULP * large) ? 2 : 0);
    if (wrong || getenv("VERBOSE"))
        print_message("%d %s {%s}, node %d, component %d: %.17g +- %.2e, off by %.2e\n", i, held[i].drift, held[i].kernel, held[i].node[side], c, mid, rad, off);
    arb_clear(truth), arb_clear(m);
    return wrong;
}

static void stated_errors_hold(void **unused)
{
    (void) unused;
    int wrong = 0;
    for (int i = 0; i < CASES; i++) {
        dp_gridfield *f = field(i);
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        assert_true(v && v->estimated && !v->ball);
        for (int side = 0; side < 2; side++) {
            const double *mid = v->mid + 2 * held[i].node[side], *rad = v->rad + 2 * held[i].node[side];
            for (int c = 0; c < 2; c++)
                wrong |= judge(i, side, c, mid[c], rad[c], fmax(fabs(mid[0]), fabs(mid[1])));
        }
        dp_gridfield_free(f);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stated_errors_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
