/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-statement.c: the LaTeX subset of docs/statements.md as HTML; every statement in the tree keeps to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include "samples.h"
#include "report/command.h"
#include "report/statement.h"

static char *convert(dp_statements *s, const char *tex)
{
    char *html;
    size_t n;
    FILE *f = open_memstream(&html, &n);
    assert_non_null(f);
    dp_statement_html(s, f, "test", tex);
    fclose(f);
    return html;
}

/* Without MathML: formulas come out as their source. */
static void expect(const char *tex, const char *html, slong problems)
{
    dp_statements s;
    dp_statements_init(&s);
    dp_statement_html(&s, NULL, "test", tex);
    char *got = convert(&s, tex);
    if (strcmp(got, html) != 0 || s.nproblems != problems)
        fail_msg("%s\ngave %s\nnot  %s\nwith %ld problems: %s", tex, got, html, (long) s.nproblems, s.nproblems ? s.problem[0] : "");
    free(got);
    dp_statements_clear(&s);
}

static void test_text(void **state)
{
    (void) state;
    expect("", "", 0);
    expect("a  b\nc\n\n\nd", "<p>a b\nc</p>\n<p>d</p>\n", 0);
    expect("``a'' -- `b'---c~d\\ldots\\%\\&\\_\\#\\$\\{\\}",
           "<p>\xE2\x80\x9C" "a\xE2\x80\x9D \xE2\x80\x93 \xE2\x80\x98" "b\xE2\x80\x99\xE2\x80\x94" "c&#160;d\xE2\x80\xA6%&amp;_#${}</p>\n", 0);
    expect("\\emph{a \\textbf{b}} \\texttt{x\\_1 -- 'q'} \\dplemma{L3}",
           "<p><em>a <strong>b</strong></em> <code>x_1 -- 'q'</code> Lemma&#160;L3</p>\n", 0);
    expect("a % comment $ {\nb", "<p>a b</p>\n", 0);
    expect("1 < 2 > 3 \"q\"", "<p>1 &lt; 2 &gt; 3 &quot;q&quot;</p>\n", 0);
    expect("\\dpsection{Proof}\nText. \\qed", "<h4>Proof</h4>\n<p>Text. <span class=\"qed\">\xE2\x88\x8E</span></p>\n", 0);
}

static void test_lists(void **state)
{
    (void) state;
    expect("\\begin{itemize}\n\\item a\n\n b\n\\item \\begin{enumerate}\\item c\\end{enumerate}\n\\end{itemize} d",
           "<ul><li><p>a</p>\n<p>b\n</p>\n</li>\n<li><ol><li><p>c</p>\n</li></ol></li></ul><p>d</p>\n", 0);
}

static void test_formulas(void **state)
{
    (void) state;
    expect("$a<b\\$c$ and \\[x^2\\]", "<p><code class=\"tex\">a&lt;b\\$c</code> and <span class=\"display\"><code class=\"tex\">x^2</code></span></p>\n", 0);
    expect("\\begin{align*}a&=b\\\\c&=d\\end{align*}",
           "<p><span class=\"display\"><code class=\"tex\">\\begin{aligned}a&amp;=b\\\\c&amp;=d\\end{aligned}</code></span></p>\n", 0);
}

/* What is outside the subset is named, and the HTML stays well-formed: elements nest. */
static void test_problems(void **state)
{
    static const char *const bad[] = {"\\foo x", "a_b", "a^b", "a & b", "#", "}", "{a", "\\emph{a", "\\emph a", "\\begin{tabular}x\\end{tabular}", "\\item a",
                                      "\\begin{itemize}\\item a", "\\emph{a\n\nb}", "\\emph{\\begin{itemize}\\item a\\end{itemize}}", "\\emph{\\item a}", "$a", "\\[a",
                                      "\\emph{\\dpsection{a}}", "\\dpsection{\\dpsection{a}", "\xFF", "\\", "\\end{itemize}", "\\begin{itemize}\\emph{\\end{itemize}"};
    (void) state;
    char *dir = sample_directory(), *path = dp_format("%s/x.html", dir);
    const char *const argv[] = {"xmllint", "--noout", "x.html", NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dp_statements s;
        dp_statements_init(&s);
        dp_statement_html(&s, NULL, "test", bad[i]);
        char *html = convert(&s, bad[i]), *page = dp_format("<body>%s</body>", html);
        if (s.nproblems == 0) fail_msg("no problem in %s", bad[i]);
        assert_int_equal(0, strncmp(s.problem[0], "test:", 5));
        dp_file_write(path, page, strlen(page), NULL);
        if (dp_command_exists("xmllint") && dp_command(dir, argv, NULL, NULL, NULL) != 0) fail_msg("%s gave %s", bad[i], html);
        free(html), free(page);
        dp_statements_clear(&s);
    }
    free(path);
    sample_remove(dir);
}

static void test_mathml(void **state)
{
    (void) state;
    if (!dp_command_exists("blahtexml")) skip();
    dp_statements s;
    char *dir = sample_directory();
    dp_statements_init(&s);
    static const char tex[] = "$\\mathcal{N}$ $\\R-1$ $a<b$ \\[\\tfrac{1}{2}\\tag{34}\\] $\\nonsense$ $\\mathbf{x}*y$";
    dp_statement_html(&s, NULL, "test", tex);
    assert_int_equal(6, s.nformulas);
    assert_int_equal(1, dp_statements_math(&s, "\\newcommand{\\R}{\\mathbb{R}}", dir));
    assert_int_equal(1, s.nproblems);
    assert_non_null(strstr(s.problem[0], "\\nonsense"));
    char *html = convert(&s, tex);
    assert_non_null(strstr(html, "<mi>&#x1D4A9;</mi>"));
    assert_non_null(strstr(html, "<mi>&#x211D;</mi>"));
    assert_non_null(strstr(html, "&#x2212;</mo>"));
    assert_non_null(strstr(html, "&#x2217;</mo>"));
    assert_non_null(strstr(html, "<mi>&#x1D431;</mi>"));
    assert_non_null(strstr(html, "&lt;</mo>"));
    assert_non_null(strstr(html, "display=\"block\""));
    assert_non_null(strstr(html, "<code class=\"tex\">\\nonsense</code>"));
    assert_null(strstr(html, "xmlns"));
    assert_null(strstr(html, "mathvariant"));
    free(html);
    dp_statements_clear(&s);
    sample_remove(dir);
}

/* ---- the statements of the tree ---- */

/* The four headings, each once, in order. */
static void check_headings(const char *path, const char *tex)
{
    static const char *const headings[] = {"\\dpsection{Statement}", "\\dpsection{Hypotheses}", "\\dpsection{Reduction}", "\\dpsection{Proof}"};
    const char *at = tex;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        const char *found = strstr(at, headings[i]);
        if (found == NULL || strstr(found + 1, headings[i]) != NULL) fail_msg("%s: heading %s is missing, repeated or not in its place", path, headings[i]);
        at = found;
    }
}

/* Lines of math.tex for blahtexml, as the report hands them over. */
static char *math_macros(void)
{
    char *text = dp_file_read("reports/math.tex", NULL, NULL);
    assert_non_null(text);
    char *out = dp_formula_macros(text);
    free(text);
    return out;
}

static void test_tree(void **state)
{
    glob_t found;
    dp_statements s;
    (void) state;
    if (glob("proofs/*/statement.tex", 0, NULL, &found) != 0) skip();
    dp_statements_init(&s);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *tex = dp_file_read(found.gl_pathv[i], NULL, NULL);
        assert_non_null(tex);
        check_headings(found.gl_pathv[i], tex);
        dp_statement_html(&s, NULL, found.gl_pathv[i], tex);
        free(tex);
    }
    char *dir = sample_directory(), *macros = math_macros();
    if (dp_command_exists("blahtexml")) assert_int_equal(1, dp_statements_math(&s, macros, dir));
    for (slong i = 0; i < s.nproblems; i++) print_error("%s\n", s.problem[i]);
    assert_int_equal(0, s.nproblems);
    free(macros);
    sample_remove(dir);
    dp_statements_clear(&s);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text), cmocka_unit_test(test_lists), cmocka_unit_test(test_formulas), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_mathml), cmocka_unit_test(test_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
