/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sample-heldout.c: drifts of samples at 50 digits against numbers from a program of another author: every drift, every kernel, and samples at the edge of what is defined.

   The truths come from a script in another language that knows nothing of this engine: the definitions of docs/drift.md in 110 digits (700 for bandwidths of 1e-300), weights as
   logarithms less their largest; converged scalings by plain sweeps until potentials change by less than 10^-70; witnesses by linear systems and Newton steps of 110 digits;
   smoothed-kl by a trapezoidal rule of steps h/24 and h/36, which agreed to 60 digits. One number stands for a whole field: sum_i sum_k (i d + k + 1) V_k(x_i). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drift/drift.h"

/* Where points are: PLAIN on a grid of 1/1024 by a formula; COLLAPSED, all x at one place; EQUAL, all points there; FAR, y moved by 10^8; ISOLATED, the last x alone at a distance;
   SMALL, 2^-27 times PLAIN; TIES on halves, with coincidences and equal distances. */
typedef enum { PLAIN, COLLAPSED, EQUAL, FAR, ISOLATED, SMALL, TIES } cloud;

static const struct {
    const char *drift;
    dp_kernel_family family;
    const char *h;
    int seed;
    size_t n, m, d;
    const char *truth;
    cloud cloud;
    size_t l;
    int leave_out, drop_sizes, sweeps /* one more than there are; 0: converged */, columns, directions;
    const char *lambda;
} held[] = {
    {"mean-shift", DP_KERNEL_GAUSSIAN, "7/10", 101, 5, 3, 2, "-6.091818831511219341341483110967472326300056094467301", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_LAPLACE, "7/10", 102, 5, 3, 2, "36.7484579479133822617323213500162988667609988592398", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_MATERN32, "7/10", 103, 5, 3, 2, "-6.96982941817664102879008121017038109596854922627738", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_MATERN52, "7/10", 104, 5, 3, 2, "-5.090856118674595717930068670682725722038832468526199", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_IMQ, "7/10", 105, 5, 3, 2, "-34.19493142007188901696532848309322370757760401073482", .cloud = PLAIN},
    {"mmd", DP_KERNEL_GAUSSIAN, "7/10", 106, 5, 3, 2, "-0.5512584019809818448414854330846667752153765457967631", .cloud = PLAIN},
    {"mmd", DP_KERNEL_LAPLACE, "7/10", 107, 5, 3, 2, "3.743858806243476221477527956308824051149082433268553", .cloud = PLAIN},
    {"mmd", DP_KERNEL_MATERN32, "7/10", 108, 5, 3, 2, "-3.142327229347366585466517234198270994626542592144311", .cloud = PLAIN},
    {"mmd", DP_KERNEL_MATERN52, "7/10", 109, 5, 3, 2, "0.3331726958662486915170442713106898589704693318483294", .cloud = PLAIN},
    {"mmd", DP_KERNEL_IMQ, "7/10", 110, 5, 3, 2, "1.337782749571677918927859148205503024242878271045861", .cloud = PLAIN},
    {"blob", DP_KERNEL_GAUSSIAN, "7/10", 111, 5, 3, 2, "64.83667958607168445859628167337734189547672867291512", .cloud = PLAIN},
    {"blob", DP_KERNEL_LAPLACE, "7/10", 112, 5, 3, 2, "-7.188155984281461314841886694578472515289662123049225", .cloud = PLAIN},
    {"blob", DP_KERNEL_MATERN32, "7/10", 113, 5, 3, 2, "1.534492090289065840339933448397150263733487413183526", .cloud = PLAIN},
    {"blob", DP_KERNEL_MATERN52, "7/10", 114, 5, 3, 2, "-9.47407092958190535588653850047409295957519546562679", .cloud = PLAIN},
    {"blob", DP_KERNEL_IMQ, "7/10", 115, 5, 3, 2, "3.649508571919186892694892569827068801346638141146156", .cloud = PLAIN},
    {"sharp", DP_KERNEL_GAUSSIAN, "3/2", 116, 3, 5, 3, "-3.589008416144566719090394005398847673313802010456637", .cloud = PLAIN},
    {"sharp", DP_KERNEL_LAPLACE, "3/2", 117, 3, 5, 3, "-2.336670282844952904932978118429201262528542138155103", .cloud = PLAIN},
    {"sharp", DP_KERNEL_MATERN32, "3/2", 118, 3, 5, 3, "1.96929730492836678793472511114451688317549831158795", .cloud = PLAIN},
    {"sharp", DP_KERNEL_MATERN52, "3/2", 119, 3, 5, 3, "9.562366571851896109399794161061723274487572289065104", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_LAPLACE, "1/3", 120, 5, 3, 1, "-6.156597113079409102736325751556155208102382257982627", .leave_out = 1, .cloud = PLAIN},
    {"mmd", DP_KERNEL_MATERN32, "5/3", 121, 3, 7, 3, "-0.7904889528328541054927757679521071232938682420186602", .leave_out = 1, .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_IMQ, "1/2", 122, 4, 5, 2, "-24.60081235743315418030853773646089503293277963777494", .cloud = PLAIN, .l = 3},
    {"da2", DP_KERNEL_GAUSSIAN, "9/7", 123, 6, 5, 3, "18.27161465275876654150438346224800782792680754713861", .cloud = PLAIN},
    {"da2", DP_KERNEL_GAUSSIAN, "9/7", 124, 5, 7, 3, "-3.463854819402238751935375153487547604574808395876839", .leave_out = 1, .cloud = PLAIN},
    {"da2", DP_KERNEL_GAUSSIAN, "2/3", 125, 4, 3, 2, "-3.407919283997193543489477141138168113503839983849636", .cloud = PLAIN, .l = 5},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "9/7", 126, 6, 5, 3, "-52.33184493493858911093004794385034768342942740521671", .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "2/7", 127, 3, 7, 1, "-1.279065721332935102010764368711515552617633400773786", .drop_sizes = 1, .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "2/3", 128, 4, 3, 2, "-11.77000232965675220063133285499085342406335827307181", .cloud = PLAIN, .l = 5},
    {"da2", DP_KERNEL_LAPLACE, "9/7", 129, 6, 5, 3, "13.91494516554130639434548508031243582348901774614886", .cloud = PLAIN},
    {"da2", DP_KERNEL_LAPLACE, "9/7", 130, 5, 7, 3, "-9.542973193732094766069613740053133941655561109358981", .leave_out = 1, .cloud = PLAIN},
    {"da2", DP_KERNEL_LAPLACE, "2/3", 131, 4, 3, 2, "-5.262454900361852001278662962633638873075579425826186", .cloud = PLAIN, .l = 5},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "9/7", 132, 6, 5, 3, "55.95333017595008501166110782104946512329037966250127", .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "2/7", 133, 3, 7, 1, "-0.6481435940800033573032785217024028286323216986468859", .drop_sizes = 1, .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "2/3", 134, 4, 3, 2, "-8.763896924386926804646718304806188409184380514868369", .cloud = PLAIN, .l = 5},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "2/3", 135, 5, 4, 2, "-13.34049853503591589877310737447490123615551509261351", .sweeps = 1, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "2/3", 136, 5, 4, 2, "1.513490141515725126174085591115989785112987044756331", .sweeps = 2, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "4/5", 137, 4, 5, 3, "57.50305516157808424618997076616255898082302124821556", .sweeps = 2, .columns = 1, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "2/3", 138, 5, 4, 2, "36.62128711918453614743967140102429241324976294909154", .sweeps = 3, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "4/5", 139, 4, 5, 3, "-32.01057790669360563850114389778604165985032955936367", .sweeps = 3, .columns = 1, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "2/3", 140, 5, 4, 2, "-18.29870944646972891482062846933843869456171693214736", .sweeps = 6, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "4/5", 141, 4, 5, 3, "-15.79908638687999891804986592717716946559501637975192", .sweeps = 6, .columns = 1, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_LAPLACE, "2/3", 142, 4, 3, 2, "-0.4016359402522724024448649287207855754489836916031311", .sweeps = 4, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "4/3", 143, 4, 3, 2, "-13.89516703809693616440418128534509529594643421200566", .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "4/3", 144, 3, 5, 1, "0.1046916089795169920512654148913371453297443803537991", .cloud = PLAIN},
    {"wasserstein", DP_KERNEL_GAUSSIAN, "4/5", 145, 5, 7, 1, "-5.187918526785714285714285714285714285714285714285714", .cloud = PLAIN},
    {"wasserstein", DP_KERNEL_GAUSSIAN, "4/5", 146, 6, 4, 1, "16.3212890625", .cloud = PLAIN},
    {"sliced-wasserstein", DP_KERNEL_GAUSSIAN, "4/5", 147, 5, 7, 3, "15.22935869727164370021512878655735798592941450084307", .directions = 1, .cloud = PLAIN},
    {"sliced-wasserstein", DP_KERNEL_GAUSSIAN, "4/5", 148, 4, 3, 3, "-11.11158594491927825261158594491927825261158594491928", .directions = 1, .cloud = TIES},
    {"kale", DP_KERNEL_GAUSSIAN, "1", 149, 4, 3, 2, "6.375823356455022341104270073220897032900827749346312", .lambda = "1/10", .cloud = PLAIN},
    {"chi2", DP_KERNEL_GAUSSIAN, "1", 150, 4, 3, 2, "64.94519489067243246900145729799002656359209925444489", .lambda = "1/10", .cloud = PLAIN},
    {"kale", DP_KERNEL_LAPLACE, "1", 151, 4, 3, 2, "5.330130235251128410740092530845759270285857778941909", .lambda = "1/10", .cloud = PLAIN},
    {"chi2", DP_KERNEL_LAPLACE, "1", 152, 4, 3, 2, "26.8109852069306972198798618979288449506612716393603", .lambda = "1/10", .cloud = PLAIN},
    {"kale", DP_KERNEL_MATERN52, "1", 153, 4, 3, 2, "-12.80400816046361016278662102372400161020627076049682", .lambda = "1/10", .cloud = PLAIN},
    {"chi2", DP_KERNEL_MATERN52, "1", 154, 4, 3, 2, "-9.637127316935253615931082856852999079714892792087476", .lambda = "1/10", .cloud = PLAIN},
    {"kale", DP_KERNEL_LAPLACE, "1/2", 155, 3, 4, 2, "-7.353824455696134661678120801213321526380680299018395", .lambda = "1/7", .cloud = TIES},
    {"kale", DP_KERNEL_GAUSSIAN, "1/2", 156, 3, 5, 1, "-30.50611607882453506010384314386642215843754521228742", .lambda = "1/100", .cloud = PLAIN},
    {"kale", DP_KERNEL_GAUSSIAN, "1/2", 157, 3, 4, 2, "-12.90848764100200297447637879715053549753185432118", .lambda = "1/7", .cloud = COLLAPSED},
    {"chi2", DP_KERNEL_LAPLACE, "1/2", 158, 3, 4, 2, "-14.12215616856361739893434137840880805809919557153798", .lambda = "1/7", .cloud = TIES},
    {"chi2", DP_KERNEL_GAUSSIAN, "1/2", 159, 3, 5, 1, "18.4107047354002720609335113176862628970552843423481", .lambda = "1/100", .cloud = PLAIN},
    {"chi2", DP_KERNEL_GAUSSIAN, "1/2", 160, 3, 4, 2, "38.52743276689634655993076057761427075805070557151574", .lambda = "1/7", .cloud = COLLAPSED},
    {"chi2", DP_KERNEL_GAUSSIAN, "1/2", 161, 4, 3, 2, "4.181333792296425593894933604996470332651089509896434", .lambda = "1/7", .cloud = FAR},
    {"smoothed-kl", DP_KERNEL_GAUSSIAN, "1", 162, 4, 3, 1, "-0.7219438867054235234537274502770823385706215113746971", .cloud = PLAIN},
    {"smoothed-kl", DP_KERNEL_GAUSSIAN, "4/5", 163, 3, 5, 1, "-0.674622244840806065988543185677691633350933930871464", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1/2", 164, 4, 3, 2, "3599999984.251167217687971104773023190423967482924235", .cloud = FAR},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1/2", 165, 4, 3, 2, "100000002.7740879002956784768453797569885005594089813", .cloud = ISOLATED},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1/167772160", 166, 4, 3, 2, "-1.04298874830556316401277541630132426410775795990384e-7", .cloud = SMALL},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1/2", 167, 3, 4, 2, "-6.647478325866890786525869066568671577736471158699855", .cloud = COLLAPSED},
    {"mean-shift", DP_KERNEL_LAPLACE, "1/2", 168, 4, 3, 2, "3599999958.740169803179588743438394786709049003424176", .cloud = FAR},
    {"mean-shift", DP_KERNEL_LAPLACE, "1/2", 169, 4, 3, 2, "100000003.1961921926110453336631320448915662466677462", .cloud = ISOLATED},
    {"mean-shift", DP_KERNEL_LAPLACE, "1/167772160", 170, 4, 3, 2, "-6.733242682515459181032562518999447179251707974938716e-8", .cloud = SMALL},
    {"mean-shift", DP_KERNEL_LAPLACE, "1/2", 171, 3, 4, 2, "-4.628922692681410797436298710661152099909178402438088", .cloud = COLLAPSED},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1e-300", 172, 4, 3, 2, "-1.0390625", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1/2", 173, 3, 4, 2, "0", .cloud = EQUAL},
    {"mean-shift", DP_KERNEL_LAPLACE, "3/4", 174, 5, 4, 2, "-14.82415065821734351241487470615190973490806635516354", .cloud = TIES},
    {"sharp", DP_KERNEL_GAUSSIAN, "1/2", 175, 4, 3, 2, "14399999779.71447001007402932407378658662389592558328", .cloud = FAR},
    {"sharp", DP_KERNEL_GAUSSIAN, "1/2", 176, 4, 3, 2, "400000016.8834653427887717485887116519480416243707446", .cloud = ISOLATED},
    {"sharp", DP_KERNEL_GAUSSIAN, "1/167772160", 177, 4, 3, 2, "2880707912.806368482773657326535194628095326264915094", .cloud = SMALL},
    {"sharp", DP_KERNEL_GAUSSIAN, "1/2", 178, 3, 4, 2, "23.40311090113956861783070096775877440059888502035884", .cloud = COLLAPSED},
    {"sharp", DP_KERNEL_LAPLACE, "1/2", 179, 4, 3, 2, "52.52359367251088366063672639873388900824507499113307", .cloud = FAR},
    {"sharp", DP_KERNEL_LAPLACE, "1/2", 180, 4, 3, 2, "-8.84922712277230152973381807035052892254332111516591", .cloud = ISOLATED},
    {"sharp", DP_KERNEL_LAPLACE, "1/167772160", 181, 4, 3, 2, "-41521918.57850113547147535810449677022926052076341883", .cloud = SMALL},
    {"sharp", DP_KERNEL_LAPLACE, "1/2", 182, 3, 4, 2, "9.28864461980530035252530626994093557073297349916487", .cloud = COLLAPSED},
    {"sharp", DP_KERNEL_GAUSSIAN, "1e-300", 183, 4, 3, 2, "2.996875e+601", .cloud = PLAIN},
    {"sharp", DP_KERNEL_GAUSSIAN, "1/2", 184, 3, 4, 2, "0", .cloud = EQUAL},
    {"sharp", DP_KERNEL_LAPLACE, "3/4", 185, 5, 4, 2, "-12.11588019121023913380009223245315516508174952234026", .cloud = TIES},
    {"blob", DP_KERNEL_GAUSSIAN, "1/2", 186, 4, 3, 2, "14399999821.38167025375400759815716955177658529893599", .cloud = FAR},
    {"blob", DP_KERNEL_GAUSSIAN, "1/2", 187, 4, 3, 2, "400000018.1513112117176307652141072732066870247789887", .cloud = ISOLATED},
    {"blob", DP_KERNEL_GAUSSIAN, "1/167772160", 188, 4, 3, 2, "560918568.1900385638433140436353011974234426165377155", .cloud = SMALL},
    {"blob", DP_KERNEL_GAUSSIAN, "1/2", 189, 3, 4, 2, "2.485704662901063151038199433528673651991054329576713", .cloud = COLLAPSED},
    {"blob", DP_KERNEL_LAPLACE, "1/2", 190, 4, 3, 2, "50.07455005422311219742666822116509658589524172430151", .cloud = FAR},
    {"blob", DP_KERNEL_LAPLACE, "1/2", 191, 4, 3, 2, "-9.063181848375061260363965990591521507765309325230215", .cloud = ISOLATED},
    {"blob", DP_KERNEL_LAPLACE, "1/167772160", 192, 4, 3, 2, "1774688783.306721032023461526123748377409906355459006", .cloud = SMALL},
    {"blob", DP_KERNEL_LAPLACE, "1/2", 193, 3, 4, 2, "-7.995733461724389385881399136568395101212010184515922", .cloud = COLLAPSED},
    {"blob", DP_KERNEL_GAUSSIAN, "1/2", 194, 3, 4, 2, "0", .cloud = EQUAL},
    {"blob", DP_KERNEL_LAPLACE, "3/4", 195, 5, 4, 2, "-19.95921679770351575253553794289025973387947358664253", .cloud = TIES},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1/2", 196, 4, 3, 2, "808063446.880971035662775394890917925904686120997983", .cloud = FAR},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1/2", 197, 4, 3, 2, "1.730443573748849016080794984910413763557033656760813", .cloud = ISOLATED},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1/167772160", 198, 4, 3, 2, "1.202325851777341848972258418570434571259649749046372e-8", .cloud = SMALL},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1/2", 199, 3, 4, 2, "-4.757955704528748688032250221616043616084055449705774", .cloud = COLLAPSED},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "1/2", 200, 4, 3, 2, "1777243691.137889327548046666774077554405344916119861", .cloud = FAR},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "1/2", 201, 4, 3, 2, "4.216176262441478288486438102870664907255917458118445", .cloud = ISOLATED},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "1/167772160", 202, 4, 3, 2, "-9.428213018183455178800030605013386817959342952230326e-8", .cloud = SMALL},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "1/2", 203, 3, 4, 2, "-13.18442200187775819281386779159313112856186654447734", .cloud = COLLAPSED},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1e-300", 204, 4, 3, 2, "7.14470958122161883580071615871172351363907167196782", .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1/2", 205, 3, 4, 2, "0", .cloud = EQUAL},
    {"sinkhorn-proxy", DP_KERNEL_LAPLACE, "3/4", 206, 5, 4, 2, "-17.40382911411258824968583881838957311770688628453398", .cloud = TIES},
    {"da2", DP_KERNEL_GAUSSIAN, "1/2", 207, 4, 3, 2, "0", .cloud = FAR},
    {"da2", DP_KERNEL_GAUSSIAN, "1/2", 208, 4, 3, 2, "-0.8233252936905918813159906230289032346999959936130923", .cloud = ISOLATED},
    {"da2", DP_KERNEL_GAUSSIAN, "1/167772160", 209, 4, 3, 2, "7.343085034214641814017712272520302674388470193132646e-9", .cloud = SMALL},
    {"da2", DP_KERNEL_GAUSSIAN, "1/2", 210, 3, 4, 2, "-0.4938750769254930431623774841629550812780998684322238", .cloud = COLLAPSED},
    {"da2", DP_KERNEL_LAPLACE, "1/2", 211, 4, 3, 2, "0", .cloud = FAR},
    {"da2", DP_KERNEL_LAPLACE, "1/2", 212, 4, 3, 2, "3.207936380248774799194512266643388240394308218845913", .cloud = ISOLATED},
    {"da2", DP_KERNEL_LAPLACE, "1/167772160", 213, 4, 3, 2, "9.263278505735323951761395428603610884716578212929993e-9", .cloud = SMALL},
    {"da2", DP_KERNEL_LAPLACE, "1/2", 214, 3, 4, 2, "0.4442449921504241797422564399806354401470586871568047", .cloud = COLLAPSED},
    {"da2", DP_KERNEL_GAUSSIAN, "1e-300", 215, 4, 3, 2, "0", .cloud = PLAIN},
    {"da2", DP_KERNEL_GAUSSIAN, "1/2", 216, 3, 4, 2, "0", .cloud = EQUAL},
    {"da2", DP_KERNEL_LAPLACE, "3/4", 217, 5, 4, 2, "-7.246746550819214332141528272434969895335588975103196", .cloud = TIES},
    {"mean-shift", DP_KERNEL_LAPLACE, "1e-300", 218, 4, 3, 2, "-19.265625", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_LAPLACE, "1e-300", 219, 4, 3, 1, "0", .cloud = TIES},
    {"mean-shift", DP_KERNEL_LAPLACE, "1e-300", 220, 5, 4, 2, "-9.0", .cloud = TIES},
    {"da2", DP_KERNEL_LAPLACE, "1e-300", 221, 5, 4, 2, "0", .leave_out = 1, .cloud = PLAIN},
    {"mmd", DP_KERNEL_IMQ, "1/2", 222, 4, 3, 2, "0.9140157408295046585693372927523666782380819664961541", .cloud = ISOLATED},
    {"mmd", DP_KERNEL_LAPLACE, "1/2", 223, 4, 3, 2, "-1.887286316159121354050387079608557920779084145462968", .cloud = TIES},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "1e-300", 224, 4, 3, 2, "-7.66796875", .sweeps = 3, .cloud = PLAIN},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "1/2", 225, 4, 3, 2, "3599999996.676786483845941136496087165564297047823648", .sweeps = 4, .cloud = FAR},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "1/2", 226, 3, 4, 2, "-20.7861328125", .sweeps = 4, .columns = 1, .cloud = COLLAPSED},
    {"sinkhorn", DP_KERNEL_GAUSSIAN, "1", 227, 1, 4, 2, "300000002.0283203125", .cloud = FAR},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "4/5", 228, 1, 1, 2, "2.73828125", .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_GAUSSIAN, "1", 229, 1, 4, 3, "-1.333487289027744665615488725551986534428534001872333", .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "4/5", 230, 1, 1, 2, "-3.939453125", .cloud = PLAIN},
    {"sinkhorn-proxy", DP_KERNEL_GAUSSIAN, "1", 231, 1, 4, 3, "2.563790188765564920139228197200688731421190439722205", .cloud = PLAIN},
    {"da2", DP_KERNEL_LAPLACE, "4/5", 232, 1, 1, 2, "0.6377416516027133105915030059040035800046037819627925", .cloud = PLAIN},
    {"da2", DP_KERNEL_GAUSSIAN, "1", 233, 1, 4, 3, "-0.1333510425085616410186731193676856090820755733280727", .cloud = PLAIN},
    {"sharp", DP_KERNEL_GAUSSIAN, "4/5", 234, 1, 1, 2, "4.2266845703125", .cloud = PLAIN},
    {"sharp", DP_KERNEL_GAUSSIAN, "1", 235, 1, 4, 3, "-4.352913720940506518186006514105777548352250880094179", .cloud = PLAIN},
    {"blob", DP_KERNEL_GAUSSIAN, "4/5", 236, 1, 1, 2, "6.292724609375", .cloud = PLAIN},
    {"blob", DP_KERNEL_GAUSSIAN, "1", 237, 1, 4, 3, "1.602502817689850864478871051318426654122878921639549", .cloud = PLAIN},
    {"da2", DP_KERNEL_LAPLACE, "4/5", 238, 1, 3, 2, "0", .leave_out = 1, .cloud = PLAIN},
    {"mean-shift", DP_KERNEL_LAPLACE, "4/5", 239, 1, 3, 2, "0.3829262299771021686447390707561870448260164872797888", .leave_out = 1, .cloud = PLAIN},
};
enum { CASES = sizeof held / sizeof *held, DIGITS = 50 };

/* Coordinate number `index` of x (side 0), y (1) or negatives (2). */
static double coordinate(int k, int side, size_t index)
{
    const size_t n = held[k].n, d = held[k].d, i = index / d, a = index % d;
    const double plain = (double) ((long) (((index + 1) * (index + 3) * 2654435 + (size_t) held[k].seed * 40503 * (size_t) (side + 1)) % 4096) - 2048) / 1024;
    switch (held[k].cloud) {
    case COLLAPSED: return side ? plain : 0.375;
    case EQUAL: return 0.375;
    case FAR: return side == 1 ? plain + 1e8 : plain;
    case ISOLATED: return side == 0 && i + 1 == n ? (a % 2 ? -1e8 : 1e8) : plain;
    case SMALL: return plain * 0x1p-27;
    case TIES: return side ? (double) ((2 * i + a) % 5) / 2 - 0.5 : (double) ((3 * i + 2 * a) % 4) / 2;
    default: return plain;
    }
}

static double *points(int k, int side, size_t n)
{
    double *a = malloc((n * held[k].d + 1) * sizeof *a);
    for (size_t i = 0; i < n * held[k].d; i++) a[i] = coordinate(k, side, i);
    return a;
}

static void check(int k)
{
    static const double directions[] = {1, 1, 0, 1, 3, -2, -2, 5, 0.5};
    const slong size = (slong) (held[k].n * held[k].d), prec = 400;
    double *x = points(k, 0, held[k].n), *y = points(k, 1, held[k].m), *z = points(k, 2, held[k].l);
    dp_kernel_part part = {.family = held[k].family};
    fmpq_t lambda;
    dp_error e = {0};
    arb_t sum, truth;
    mag_t error, top;
    arb_ptr v = _arb_vec_init(size);
    fmpq_init(&part.weight), fmpq_init(&part.bandwidth), fmpq_init(lambda), arb_init(sum), arb_init(truth), mag_init(error), mag_init(top);
    fmpq_one(&part.weight);
    assert_true(dp_fmpq_set_text(&part.bandwidth, held[k].h));
    if (held[k].lambda) assert_true(dp_fmpq_set_text(lambda, held[k].lambda));
    const dp_sample s = {.n = held[k].n, .m = held[k].m, .l = held[k].l, .d = held[k].d, .x = x, .y = y, .z = held[k].l ? z : NULL, .nparts = 1, .part = &part, .leave_out = held[k].leave_out,
                         .drop_sizes = held[k].drop_sizes, .columns_first = held[k].columns, .iterations = held[k].sweeps - 1, .tolerance = -1, .threads = 1,
                         .ndirections = held[k].directions ? 3 : 0, .direction = held[k].directions ? directions : NULL, .lambda = held[k].lambda ? lambda : NULL};
    if (dp_drift_sample_ball(v, held[k].drift, &s, DIGITS, &e)) fail_msg("case %d, %s: %s", k, held[k].drift, e.text);
    for (slong i = 0; i < size; i++) {
        arb_addmul_ui(sum, v + i, (ulong) (i + 1), prec);
        arb_get_mag(error, v + i), mag_max(top, top, error);
    }
    arb_set_str(truth, held[k].truth, prec);
    arb_sub(truth, truth, sum, prec);
    arb_get_mag(error, truth);
    mag_mul_ui(top, top, (ulong) (size * (size + 1)));
    mag_mul_2exp_si(top, top, -163); /* 10^-49: a digit for the sum, the truth's own rounding */
    if (!strcmp(held[k].truth, "0")) mag_set_d(top, 1e-49); /* smaller than any number here: zero to the radii */
    if (mag_cmp(error, top) > 0) {
        char *text = arb_get_str(sum, 55, ARB_STR_NO_RADIUS);
        fail_msg("case %d, %s: %s instead of %s", k, held[k].drift, text, held[k].truth);
    }
    free(x), free(y), free(z);
    _arb_vec_clear(v, size);
    fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth), fmpq_clear(lambda), arb_clear(sum), arb_clear(truth), mag_clear(error), mag_clear(top);
}

static void fifty_digits(void **test)
{
    (void) test;
    for (int k = 0; k < CASES; k++) check(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fifty_digits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
