/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_plot.h: what the pictures of fields on lines and in planes share. */
#ifndef DP_TOOL_GRID_PLOT_H
#define DP_TOOL_GRID_PLOT_H

#include "tool/grid.h"

/* A picture in the making: numbers and settings go to files in a directory of their own, where gnuplot runs. */
typedef struct {
    const dp_grid_answer *g;
    char *dir;
    FILE *settings;                /* settings.gp: assignments that the script reads first */
    const dp_grid_values *scalar;  /* shown beside the velocity; NULL: log |V| is */
    dp_error *e;
} dp_picture;

/* name = 'text' or name = number. Texts come from users: quotes are doubled, what could act inside gnuplot's quotes is replaced. */
void dp_picture_text(dp_picture *p, const char *name, const char *text);
void dp_picture_number(dp_picture *p, const char *name, double value);
/* A file of the picture's directory; an unwritable one ends the program with status 3. */
FILE *dp_picture_file(dp_picture *p, const char *name);
/* "V / length" and the like: what one unit of a quantity is, for labels. */
const char *dp_picture_unit(const char *drift, unsigned quantity);
/* What the potential is called: a first variation only where the drift is known to be the flow of a functional. */
const char *dp_picture_potential(const char *drift, int brief);

/* Direction of the velocity at a node (length 1) and log10 of its length, whatever its exponent; 0 when the enclosure does not exclude zero. */
int dp_picture_vector(double v[3], double *log10_length, const dp_grid_values *velocity, slong node);
/* Density of a measure at a point, up to one factor; 0 for atoms. */
double dp_picture_density(const dp_measure_t m, const double *x);
/* Point masses, and components too narrow for `width`, as lines "x y size"; returns their number. */
slong dp_picture_marks(FILE *f, const dp_measure_t m, double width);
/* A step of 1, 2 or 5 times a power of ten that cuts [*lo, *hi] into at most `most` parts; *lo and *hi go outward to multiples of it. */
double dp_picture_steps(double *lo, double *hi, int most);

/* Numbers and settings of one kind of picture. */
void dp_picture_line(dp_picture *p);
void dp_picture_plane(dp_picture *p);

#endif
