/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hopf.h: the first Lyapunov coefficient of two places of a model under the mean shift, as definitions of a check (closed-orbit). */
#ifndef DP_PROOFS_HOPF_H
#define DP_PROOFS_HOPF_H

#include <stdio.h>

#include "driftproof.h"

/* <stem>_0 .. _3: derivatives of N/D from those of N and D, <top>_n and <bottom>_n, by Leibniz. */
static inline void hp_quotient(dp_check *c, const char *stem, const char *top, const char *bottom)
{
    dp_def_printed(c, dp_name(stem, 0, -1), "%s_0/%s_0", top, bottom);
    dp_def_printed(c, dp_name(stem, 1, -1), "(%s_1 - %s_0*%s_1)/%s_0", top, stem, bottom, bottom);
    dp_def_printed(c, dp_name(stem, 2, -1), "(%s_2 - 2*%s_1*%s_1 - %s_0*%s_2)/%s_0", top, stem, bottom, stem, bottom, bottom);
    dp_def_printed(c, dp_name(stem, 3, -1), "(%s_3 - 3*%s_2*%s_1 - 3*%s_1*%s_2 - %s_0*%s_3)/%s_0", top, stem, bottom, stem, bottom, stem, bottom, bottom);
}

/* y_i_0 .. y_i_3: derivatives by r of the pull of the other place, share times distance. Uses r, K, gr, h, q0, q1. */
static inline void hp_pulls(dp_check *c, int gaussian)
{
    dp_def_printed(c, "K_0", "K"), dp_def_printed(c, "K_1", "-gr*K");
    dp_def_printed(c, "K_2", gaussian ? "(gr^2 - 1/h^2)*K" : "gr^2*K");
    dp_def_printed(c, "K_3", gaussian ? "-(gr^3 - 3*gr/h^2)*K" : "-gr^3*K");
    for (int i = 0; i < 2; i++) {
        const int o = 1 - i;
        char top[8], bottom[8], out[8];
        snprintf(top, sizeof top, "yn%d", i), snprintf(bottom, sizeof bottom, "yd%d", i), snprintf(out, sizeof out, "y%d", i);
        for (int n = 0; n < 4; n++) {
            if (n) dp_def_printed(c, dp_name(top, n, -1), "q%d*(K_%d*r + %d*K_%d)", o, n, n, n - 1), dp_def_printed(c, dp_name(bottom, n, -1), "q%d*K_%d", o, n);
            else dp_def_printed(c, dp_name(top, n, -1), "q%d*K*r", o), dp_def_printed(c, dp_name(bottom, n, -1), "q%d + q%d*K", i, o);
        }
        hp_quotient(c, out, top, bottom);
    }
}

/* W_j, the weights at s* (`star`), and f_i_0 .. f_i_3: derivatives at place i of the kernel mean of the data less m_i. Uses w<e>_t, k_i_j, g_i_j, c_i_j. */
static inline void hp_means(dp_check *c, int gaussian)
{
    for (int j = 0; j < 2; j++) dp_def_printed(c, dp_name("W", j, -1), "(1 - star)*w0_%d + star*w1_%d", j, j);
    dp_def_printed(c, "W_2", "(1 - star)*w0_2"), dp_def_printed(c, "W_3", "star*w1_2");
    for (int i = 0; i < 2; i++) {
        char top[8], bottom[8], out[8], text[2][1024];
        snprintf(top, sizeof top, "fn%d", i), snprintf(bottom, sizeof bottom, "fd%d", i), snprintf(out, sizeof out, "f%d", i);
        for (int n = 0; n < 4; n++) {
            size_t room[2] = {0, 0};
            for (int j = 0; j < 4; j++) {
                char g[64] = "1";
                if (n == 1) snprintf(g, sizeof g, "g_%d_%d", i, j);
                if (n == 2) snprintf(g, sizeof g, gaussian ? "(g_%d_%d^2 - 1/h^2)" : "g_%d_%d^2", i, j);
                if (n == 3) snprintf(g, sizeof g, gaussian ? "(g_%d_%d^3 - 3*g_%d_%d/h^2)" : "g_%d_%d^3", i, j, i, j);
                for (int k = 0; k < 2; k++) room[k] += (size_t) snprintf(text[k] + room[k], sizeof text[k] - room[k], "%sW_%d*%c_%d_%d*%s", j ? " + " : "", j, k ? 'k' : 'c', i, j, g);
            }
            dp_def_printed(c, dp_name(top, n, -1), "%s", text[0]), dp_def_printed(c, dp_name(bottom, n, -1), "%s", text[1]);
        }
        hp_quotient(c, out, top, bottom);
    }
}

/* phi_a_b and gam_a_b: derivatives of both velocities by X a times and by Y b times, where x0 = X, x1 = -(A X + omega Y)/B and the linear part is a rotation. */
static inline void hp_turned(dp_check *c)
{
    dp_def_printed(c, "ru", "-1 - A/B"), dp_def_printed(c, "rv", "-omega/B"), dp_def_printed(c, "eu", "-A/B");
    for (int n = 2; n < 4; n++)
        for (int b = 0; b <= n; b++) {
            const int a = n - b;
            dp_def_printed(c, dp_name("phi", a, b), b ? "-y0_%d*ru^%d*rv^%d" : "-y0_%d*ru^%d*rv^%d + f0_%d", n, a, b, n);
            dp_def_printed(c, dp_name("gam", a, b), "-(A*phi_%d_%d + B*(y1_%d*ru^%d*rv^%d + f1_%d*eu^%d*rv^%d))/omega", a, b, n, a, b, n, a, b);
        }
}

/* star: the s with trace zero. D<e>_i is the sum of w<e> k at place i; times both sums the trace is T_0 (1-s)^2 + T_1 s (1-s) + T_2 s^2, and s/(1-s) is the one positive root. */
static inline void hp_star(dp_check *c)
{
    dp_def_printed(c, "T_0", "(J0_0 + J0_1)*D0_0*D0_1"), dp_def_printed(c, "T_2", "(J1_0 + J1_1)*D1_0*D1_1");
    dp_def_printed(c, "T_1", "(J0_0 + J1_1)*D0_0*D1_1 + (J1_0 + J0_1)*D1_0*D0_1");
    dp_def_printed(c, "ratio", "2*abs(T_0)/(sqrt(T_1^2 - 4*T_0*T_2) - T_1*T_0/abs(T_0))");
    dp_def_printed(c, "star", "ratio/(1 + ratio)");
}

/* A, B: the first row of the Jacobian at star; omega; `lyapunov`, with or without the part of the second derivatives. */
static inline void hp_lyapunov(dp_check *c, int gaussian, int cubic)
{
    hp_star(c), hp_pulls(c, gaussian), hp_means(c, gaussian);
    dp_def_printed(c, "A", "f0_1 - 1 + y0_1"), dp_def_printed(c, "B", "-y0_1"), dp_def_printed(c, "omega", "sqrt(square - A^2)");
    hp_turned(c);
    const char *quadratic = " + (phi_1_1*(phi_2_0 + phi_0_2) - gam_1_1*(gam_2_0 + gam_0_2) - phi_2_0*gam_2_0 + phi_0_2*gam_0_2)/(16*omega)";
    dp_def_printed(c, "lyapunov", "(phi_3_0 + phi_1_2 + gam_2_1 + gam_0_3)/16%s", cubic ? "" : quadratic);
}

#endif
