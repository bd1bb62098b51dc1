/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-space.h: what claims about the Laplace kernel and isotropic Gaussians in dimension 3 share: both moments of a component in closed form. */
#ifndef DP_PROOFS_LAPLACE_SPACE_H
#define DP_PROOFS_LAPLACE_SPACE_H

#include <stdio.h>

#include "driftproof.h"

/* Defines the text as the name, both with $ for the law (p or q) and # for the component. */
static inline void ls_each(dp_check *c, char law, slong j, const char *name, const char *text)
{
    char out[2][1024];
    const char *in[2] = {name, text};
    for (int k = 0; k < 2; k++) {
        size_t n = 0;
        for (const char *t = in[k]; *t && n + 24 < sizeof out[k]; t++)
            if (*t == '#') n += (size_t) snprintf(out[k] + n, 22, "%ld", (long) j);
            else out[k][n++] = *t == '$' ? law : *t;
        out[k][n] = 0;
    }
    dp_def(c, out[0], out[1]);
}

/* J<s>_n: the integral of r^n e^(-r/h) e^(-(r - s rho)^2/2v) over r > 0, for s = 1 (u) and -1 (d), by the recursion from erfc. */
static inline void ls_radial(dp_check *c, char law, slong j)
{
    static const char *const side[2][4] = {{"$ua_#", "$ur_# - $v_#/h", "$ue_#", "exp(-$ur_#/h + $v_#/(2*h^2))"}, {"$da_#", "-$ur_# - $v_#/h", "$de_#", "exp($ur_#/h + $v_#/(2*h^2))"}};
    ls_each(c, law, j, "$ur_#", "sqrt($x_#_0^2 + $x_#_1^2 + $x_#_2^2)");
    for (int s = 0; s < 2; s++) {
        char name[2][32], text[256];
        const char l = s ? 'd' : 'u';
        ls_each(c, law, j, side[s][0], side[s][1]), ls_each(c, law, j, side[s][2], side[s][3]);
        for (int n = 0; n < 4; n++) {
            snprintf(name[0], sizeof name[0], "$%cJ%d_#", l, n);
            if (n == 0) snprintf(text, sizeof text, "$%ce_#*sqrt(pi*$v_#/2)*erfc(-$%ca_#/sqrt(2*$v_#))", l, l);
            else if (n == 1) snprintf(text, sizeof text, "$%ca_#*$%cJ0_# + $%ce_#*$v_#*exp(-$%ca_#^2/(2*$v_#))", l, l, l, l);
            else snprintf(text, sizeof text, "$%ca_#*$%cJ%d_# + %d*$v_#*$%cJ%d_#", l, l, n - 1, n - 1, l, n - 2);
            ls_each(c, law, j, name[0], text);
        }
    }
}

/* Of component j, whose leaves are $v_j, its variance, and $x_j_i, the point less its mean: $Z_j, the kernel's integral, and $P_j, 1/rho times the radial derivative of the companion's, so that
   the integral of k (y - x) is $P_j times $x_j_i. Needs h. */
static inline void ls_moments(dp_check *c, char law, slong j)
{
    ls_radial(c, law, j);
    ls_each(c, law, j, "$n_#", "$ur_#*sqrt(2*pi*$v_#)");
    ls_each(c, law, j, "$Z_#", "($uJ1_# - $dJ1_#)/$n_#");
    ls_each(c, law, j, "$S_#", "(h*($uJ2_# - $dJ2_#) + h^2*($uJ1_# - $dJ1_#))/$n_#");
    ls_each(c, law, j, "$P_#", "((h*($uJ3_# - $ur_#*$uJ2_#) + h^2*($uJ2_# - $ur_#*$uJ1_#) + h*($dJ3_# + $ur_#*$dJ2_#) + h^2*($dJ2_# + $ur_#*$dJ1_#))/$v_#/$n_# - $S_#/$ur_#)/$ur_#");
}

#endif
