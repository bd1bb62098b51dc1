/* SPDX-License-Identifier: GPL-3.0-or-later */
/* markup.h: text that came from outside, made harmless in XML and in LaTeX; and numbers in both. */
#ifndef DP_MARKUP_H
#define DP_MARKUP_H

#include "base/base.h"

typedef enum { DP_XML, DP_TEX, DP_TEX_BREAK } dp_markup; /* TEX_BREAK: lines may break after punctuation, for formulas and names */

/* The text in the given language, nothing in it acting as markup. NULL is empty. What is no UTF-8 and what XML 1.0 cannot carry
   becomes U+FFFD; in LaTeX a character that pdflatex has no glyph for becomes [U+XXXX]. Line breaks become blanks in LaTeX. */
void dp_put_text(FILE *f, dp_markup to, const char *text);
/* The same as fresh memory. */
char *dp_markup_text(dp_markup to, const char *text);

/* A decimal string ("-1.25e-7") for reading: -1.25 x 10^-7 with true minus sign and superscript; other text goes through dp_put_text. */
void dp_put_number(FILE *f, dp_markup to, const char *decimal);
/* 10^p as markup. */
void dp_put_power(FILE *f, dp_markup to, slong p);

/* A safe word made of `text`: ASCII letters, digits and the characters of `keep`; every run of others becomes one '-'; free() it. */
char *dp_safe_word(const char *text, const char *keep);

#endif
