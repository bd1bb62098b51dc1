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

/* A window of the plane in doubles: nodes x0 + i dx, y0 + j dy; length: of its longer side. */
typedef struct { slong n[2]; double x0[2], dx[2], length; } dp_frame;
dp_frame dp_frame_of(const dp_mesh_t m);
/* Settings x0, x1, y0, y1. */
void dp_picture_window(dp_picture *p, const dp_frame *w);
/* Strides that put about `arrows` arrows along the longer axis, as far apart along both; *cell is the distance. */
void dp_frame_strides(slong stride[2], double *cell, const dp_frame *w, int arrows);
/* The first node with an arrow: the same margin at both ends, none on the frame itself where nodes are many. */
slong dp_frame_first(slong n, slong stride);
/* The share `part` of the finite values lies below the result; NAN when there is none. */
double dp_quantile(const double *v, slong n, double part);
/* <name>.bin: the smooth surface through the values s at the nodes, within [lo, hi], as pixels; with its geometry in the settings. */
void dp_picture_surface(dp_picture *p, const char *name, const double *s, const dp_frame *w, double lo, double hi);
/* <name>.bin and <name>_marks.dat: the density and the point masses of a measure. */
void dp_picture_measure(dp_picture *p, const char *name, const dp_measure_t m, const dp_frame *w);

/* The same on a line: <name>.dat, the density over its largest value in [x0, x1]. */
void dp_picture_measure_line(dp_picture *p, const char *name, const dp_measure_t m, double x0, double x1);

/* A fresh directory and settings.gp with the kind of picture that `path` names. */
dp_status dp_picture_open(dp_picture *p, const char *path, const dp_grid_answer *g, dp_error *e);
/* Runs a script of reports/plots on what was written, puts the picture at `path`, and removes the directory. */
dp_status dp_picture_close(dp_picture *p, const char *path, const char *script);
/* "head: case" and the case's title, cut where they would leave the picture. */
void dp_picture_title(dp_picture *p, const char *head);

/* Numbers and settings of one kind of picture. */
void dp_picture_line(dp_picture *p);
void dp_picture_plane(dp_picture *p);

#endif
