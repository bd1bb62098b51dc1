/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dataset.c: synthetic point sets in the plane, independent draws from fixed laws by the counter-based generator Philox4x32-10.

   Point i of seed s uses the blocks (i, b), b = 0, 1, ..., of the generator with key s; a block gives two numbers of ]0, 1[ with 53 bits each.
   u, v: such numbers; g, h: two standard normal numbers (Box and Muller); s: the noise. With the usual values of s:
     moons            (cos t, sin t) or (1 - cos t, 1/2 - sin t), t = pi u, either with probability 1/2, + s (g, h), times 2, + (-1, -1/5); s = 1/10
     eight-gaussians  (4 e + s (g, h))/sqrt 2, e one of the 8 unit vectors at multiples of 45 degrees; s = 1/2
     circles          3 (r e + s (g, h)), e at a uniform angle, r = 1 or 1/2 with probability 1/2; s = 8/100
     pinwheel         2 R_a (1 + 3 g/10, s h), R_a the rotation by a = 2 pi j/5 + exp(1 + 3 g/10)/4, j uniform in 0 .. 4; s = 1/10
     swiss-roll       (t e + s (g, h))/5, e at the angle t = 3 pi (1 + 2 u)/2; s = 1
     checkerboard     2 (a, b) + s (g, h), a = 4 u - 2, b = v - 2 c + (floor(a) mod 2), c = 0 or 1; s = 0 */
#include "measure/measure.h"

#include <math.h>
#include <string.h>
#include <Random123/philox.h>

const char dp_dataset_names[] = "moons|eight-gaussians|circles|pinwheel|swiss-roll|checkerboard";
const double dp_dataset_noise[] = {0.1, 0.5, 0.08, 0.1, 1, 0};
static const double pi = 3.14159265358979323846;

int dp_dataset_find(const char *name)
{
    size_t n = strlen(name);
    int index = 0;
    for (const char *word = dp_dataset_names;; word++, index++) {
        size_t m = strcspn(word, "|");
        if (m == n && memcmp(word, name, n) == 0) return index;
        word += m;
        if (*word == '\0') return -1;
    }
}

void dp_philox_pair(double u[2], ulong seed, slong i, unsigned block)
{
    const ulong index = (ulong) i;
    philox4x32_ctr_t c = {{(uint32_t) index, (uint32_t) (index >> 32), block, 0}};
    philox4x32_key_t k = {{(uint32_t) seed, (uint32_t) (seed >> 32)}};
    philox4x32_ctr_t w = philox4x32(c, k);
    for (int j = 0; j < 2; j++)
        u[j] = ((double) (w.v[2 * j] >> 6) * 0x1p26 + (double) (w.v[2 * j + 1] >> 6) + 0.5) * 0x1p-52;
}

static void normals(double g[2], ulong seed, slong i)
{
    double u[2];
    dp_philox_pair(u, seed, i, 1);
    double r = sqrt(-2 * log(u[0]));
    g[0] = r * cos(2 * pi * u[1]), g[1] = r * sin(2 * pi * u[1]);
}

static void turn(double x[2], double radius, double angle)
{
    x[0] = radius * cos(angle), x[1] = radius * sin(angle);
}

static void pinwheel(double x[2], const double u[2], const double g[2], double s)
{
    double a = 1 + 0.3 * g[0], b = s * g[1], angle = 2 * pi * floor(5 * u[0]) / 5 + exp(a) / 4;
    x[0] = 2 * (a * cos(angle) - b * sin(angle));
    x[1] = 2 * (a * sin(angle) + b * cos(angle));
}

static void point(double x[2], int which, const double u[2], const double g[2], double s)
{
    double scale = 1, t;
    switch (which) {
    case 0:
        turn(x, 1, pi * u[0]);
        if (u[1] < 0.5) x[0] = 1 - x[0], x[1] = 0.5 - x[1];
        x[0] -= 0.5, x[1] -= 0.1, scale = 2;
        break;
    case 1: turn(x, 4, pi / 4 * floor(8 * u[0])), scale = sqrt(0.5); break;
    case 2: turn(x, u[1] < 0.5 ? 0.5 : 1, 2 * pi * u[0]), scale = 3; break;
    case 3: pinwheel(x, u, g, s); return;
    case 4: t = 1.5 * pi * (1 + 2 * u[0]), turn(x, t, t), scale = 0.2; break;
    default: /* the second number gives c and v: its first bit and the rest */
        x[0] = 4 * u[0] - 2;
        t = floor(2 * u[1]);
        x[1] = 2 * u[1] - t - 2 * t + (floor(x[0]) - 2 * floor(floor(x[0]) / 2));
        x[0] = 2 * x[0] + s * g[0], x[1] = 2 * x[1] + s * g[1];
        return;
    }
    for (int k = 0; k < 2; k++) x[k] = scale * (x[k] + s * g[k]);
}

void dp_dataset_draw(double *x, int which, slong first, slong n, ulong seed, const double *noise)
{
    for (slong i = 0; i < n; i++) {
        double u[2], g[2];
        dp_philox_pair(u, seed, first + i, 0);
        normals(g, seed, first + i);
        point(x + 2 * i, which, u, g, noise ? *noise : dp_dataset_noise[which]);
    }
}

double *dp_dataset_points(int which, slong n, ulong seed, const double *noise)
{
    double *x = dp_malloc((size_t) n * 2 * sizeof *x);
    dp_dataset_draw(x, which, 0, n, seed, noise);
    return x;
}
