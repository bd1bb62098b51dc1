/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-report.c: whole reports from made-up records: every face well-formed, nothing hostile acts, the same bytes every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libfyaml.h>
#include "samples.h"
#include "report/command.h"
#include "report/report.h"

/* ---- a report in memory ---- */

static const char statement[] = "\\dpsection{Statement}\nLet $p\\ne q$. Then \\[\\begin{aligned}\\curl V&<0\\\\ \\KL(p\\|q)&=\\frac{1}{2}.\\end{aligned}\\]\n"
    "\\dpsection{Hypotheses}\nNone.\n\\dpsection{Reduction}\n\\begin{itemize}\\item \\texttt{a\\_b} -- ``x''\\end{itemize}\n\\dpsection{Proof}\nBy \\dplemma{L3}. \\qed\n";
static const dp_report_claim claims[] = {
    {"alpha-claim", "Title_with %hostile &signs# {and} \\commands \xFF", "(34), (35)", "EQ", "derived <here>", "Two engines; $ and ^.", statement},
    {"two-mode-sizes", "Sizes", "(43)", "INEQ", "derived here", "One.", statement},
};
static const dp_report_case cases[] = {
    {sample_hostile, "A hostile case \xFF\x02 [x] & <script>alert(1)</script> \\input{/etc/passwd}", "title: \"<b>\"\n", 2},
    {"plain/one", "A plain case", "title: plain\n", 1},
    {"modes/2", "D = 2", "p: {atoms: [{weight: 4/5, at: [-1]}, {weight: 1/5, at: [1]}]}\nq: {atoms: [{weight: 0.7, at: [1]}, {weight: 0.3, at: [-1]}]}\nkernel: {family: gaussian, bandwidth: 1/2}\n", 1},
    {"modes/3", "D = 3", "p: {atoms: [{weight: 4/5, at: [-3/2]}, {weight: 1/5, at: [1.5]}]}\nq: {atoms: [{weight: 3/10, at: [-3/2]}, {weight: 7/10, at: [3/2]}]}\nkernel: {family: gaussian, bandwidth: 1/2}\n", 1},
    {"modes/other", "Other weights", "p: {atoms: [{weight: 1/2, at: [-3/2]}, {weight: 1/2, at: [1.5]}]}\nq: {atoms: [{weight: 3/10, at: [-3/2]}, {weight: 7/10, at: [3/2]}]}\nkernel: {family: gaussian, bandwidth: 1}\n", 1},
};

typedef struct { dp_report r; dp_record *record[64]; } sample;

/* `unexpected`: with records that are not as expected. */
static void sample_init(sample *s, int unexpected)
{
    *s = (sample) {.r = {.nclaims = 2, .claims = claims, .ncases = 5, .cases = cases, .command = "driftproof verify --set 'a_b=<c>&%' --out x", .share = "."}};
    s->r.records = s->record;
    for (int kind = 0; kind < SAMPLE_KINDS; kind++)
        if (unexpected || (kind != SAMPLE_UNDECIDED && kind != SAMPLE_ERROR && kind != SAMPLE_TWIN_PASSED)) {
            s->record[s->r.nrecords++] = sample_record("alpha-claim", sample_hostile, kind);
            s->record[s->r.nrecords++] = sample_record("unknown claim", "plain/one", kind);
        }
    for (int i = 2; i < 5; i++) {
        dp_record *r = sample_record("two-mode-sizes", cases[i].name, SAMPLE_PROVED);
        dp_evidence *e = r->evidence;
        free(e[0].name), free(e[1].name), free(e[1].mid);
        e[0].name = dp_strdup("size_mean_shift%"), e[1].name = dp_strdup("size_da2"), e[1].mid = dp_strdup("-0.05");
        s->record[s->r.nrecords++] = r;
    }
}

static void sample_clear(sample *s)
{
    for (slong i = 0; i < s->r.nrecords; i++) dp_record_free(s->record[i]);
}

static void write_report(const char *dir, const dp_report *r)
{
    dp_error e = {0};
    if (dp_report_write(dir, r, &e) != DP_OK) fail_msg("%s", e.text);
}

static char *read_below(const char *dir, const char *name)
{
    char *path = dp_format("%s/%s", dir, name), *text = dp_file_read(path, NULL, NULL);
    if (text == NULL) fail_msg("no file %s", path);
    free(path);
    return text;
}

static int exists(const char *dir, const char *name)
{
    char *path = dp_format("%s/%s", dir, name);
    int found = access(path, R_OK) == 0;
    free(path);
    return found;
}

static slong count(const char *text, const char *part)
{
    slong n = 0;
    for (const char *s = text; (s = strstr(s, part)) != NULL; s += strlen(part)) n++;
    return n;
}

/* ---- well-formed ---- */

static void check_xml(const char *dir, const char *file, const char *grammar)
{
    char *path = dp_format("%s/%s", dir, file);
    const char *const plain[] = {"xmllint", "--noout", "--nonet", path, NULL}, *const valid[] = {"xmllint", "--noout", "--nonet", "--relaxng", grammar, path, NULL};
    char *errors = dp_format("%s/xmllint.log", dir);
    if (dp_command(".", grammar ? valid : plain, NULL, NULL, errors) != 0) fail_msg("%s: %s", file, dp_file_read(errors, NULL, NULL));
    unlink(errors);
    free(errors);
    free(path);
}

/* Every id occurs once, and every reference to one finds it. */
static void check_ids(const char *html)
{
    static const char *const marks[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (const char *s = html; (s = strstr(s, marks[i])) != NULL; s++) {
            const char *name = s + strlen(marks[i]);
            int n = (int) strcspn(name, "\"')");
            char *one = dp_format(" id=\"%.*s\"", n, name), *two = dp_format(" id='%.*s'", n, name);
            if (count(html, one) + count(html, two) != 1) fail_msg("id %.*s occurs %ld times", n, name, (long) (count(html, one) + count(html, two)));
            free(one), free(two);
        }
}

/* No macro is defined twice: the later would hide the earlier. */
static void check_macros(const char *dir)
{
    char *text = read_below(dir, "macros.tex");
    for (const char *s = text; (s = strstr(s, "\n\\d")) != NULL; s++) {
        char *name = dp_format("%.*s}", (int) strcspn(s, "}"), s);
        if (strncmp(name, "\n\\dpdef", 7) == 0 && count(text, name) != 1) fail_msg("%s occurs %ld times", name, (long) count(text, name));
        free(name);
    }
    assert_true(count(text, "c1-34--2}") > 0);
    assert_true(count(text, "\\dpdef{") > 50);
    free(text);
}

static void check_html(const char *dir)
{
    static const char *const forbidden[] = {"<script", "src=", "@import", "href=\"http", "href='http", "url(http", "url(\"", "<link", "<iframe", "javascript:", "\xFF"};
    char *html = read_below(dir, "index.html");
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (strstr(html, forbidden[i]) != NULL) fail_msg("index.html has %s", forbidden[i]);
    assert_non_null(strstr(html, "&lt;script&gt;"));
    assert_non_null(strstr(html, "id=\"claim-alpha-claim\""));
    assert_int_equal(count(html, "<table>"), count(html, "<caption>"));
    check_ids(html);
    free(html);
}

static void check_junit(const char *dir, slong records, slong failures, slong errors)
{
    char *xml = read_below(dir, "junit.xml"), *head = dp_format("<testsuites name=\"driftproof\" tests=\"%ld\" failures=\"%ld\" errors=\"%ld\"", (long) records, (long) failures, (long) errors);
    assert_non_null(strstr(xml, head));
    assert_int_equal(records, count(xml, "<testcase "));
    assert_int_equal(failures, count(xml, "<failure "));
    assert_int_equal(errors, count(xml, "<error "));
    for (const char *s = xml; (s = strstr(s, "<testcase ")) != NULL; s++) { /* classname and name together occur once */
        char *key = dp_format("%.*s", (int) (strstr(s, " time=") - s), s);
        assert_int_equal(1, count(xml, key));
        free(key);
    }
    free(head);
    free(xml);
}

/* Every entry of "results" is the record it came from, byte for byte, after a foreign JSON reader. */
static void check_results(const char *dir, const sample *s)
{
    char *json = read_below(dir, "results.json");
    struct fy_parse_cfg cfg = {.flags = FYPCF_JSON_FORCE};
    struct fy_document *d = fy_document_build_from_string(&cfg, json, FY_NT);
    assert_non_null(d);
    int proved = 0, n = 0;
    assert_int_equal(2, fy_document_scanf(d, "/summary/proved %d /summary/unexpected %d", &proved, &n));
    struct fy_node *list = fy_node_by_path(fy_document_root(d), "/results", FY_NT, FYNWF_DONT_FOLLOW);
    assert_int_equal(s->r.nrecords, fy_node_sequence_item_count(list));
    slong expected_proved = 0, unexpected = 0;
    for (slong i = 0; i < s->r.nrecords; i++) {
        char *text;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        dp_record_write(f, s->record[i], 2);
        fclose(f);
        if (strstr(json, text) == NULL) fail_msg("results.json lacks %s", text);
        free(text);
        expected_proved += strcmp(s->record[i]->verdict, "proved") == 0;
        unexpected += !s->record[i]->as_expected;
    }
    assert_int_equal(expected_proved, proved);
    assert_int_equal(unexpected, n);
    fy_document_destroy(d);
    free(json);
}

static void test_well_formed(void **state)
{
    (void) state;
    for (int unexpected = 0; unexpected < 2; unexpected++) {
        sample s;
        char *dir = sample_directory();
        sample_init(&s, unexpected);
        write_report(dir, &s.r);
        check_xml(dir, "index.html", NULL);
        check_xml(dir, "junit.xml", "tests/junit.rng");
        for (int i = 0; i < 3 && dp_command_exists("gnuplot"); i++) check_xml(dir, i == 0 ? "figures/digits.svg" : i == 1 ? "figures/seconds.svg" : "figures/sizes.svg", NULL);
        check_html(dir);
        check_junit(dir, s.r.nrecords, unexpected ? 2 : 0, unexpected ? 4 : 0);
        check_results(dir, &s);
        check_macros(dir);
        assert_false(exists(dir, "tmp"));
        assert_int_equal(unexpected, exists(dir, "tables/unexpected.tex"));
        sample_clear(&s);
        sample_remove(dir);
    }
}

/* ---- unexpected first ---- */

static void test_unexpected_first(void **state)
{
    static const char *const files[] = {"index.html", "report.tex"}, *const alarms[] = {"class=\"alarm\"", "\\section*{6 verdicts are not as expected}"},
                      *const summaries[] = {"<section id=\"summary\"", "\\section{Summary}"};
    (void) state;
    sample s;
    char *dir = sample_directory();
    sample_init(&s, 1);
    write_report(dir, &s.r);
    for (int i = 0; i < 2; i++) {
        char *text = read_below(dir, files[i]);
        assert_non_null(strstr(text, alarms[i]));
        assert_true(strstr(text, alarms[i]) < strstr(text, summaries[i]));
        assert_non_null(strstr(text, "6 NOT AS EXPECTED"));
        free(text);
    }
    sample_clear(&s);
    sample_init(&s, 0);
    write_report(dir, &s.r); /* over the old one */
    for (int i = 0; i < 2; i++) {
        char *text = read_below(dir, files[i]);
        assert_null(strstr(text, alarms[i]));
        free(text);
    }
    assert_false(exists(dir, "tables/unexpected.tex"));
    sample_clear(&s);
    sample_remove(dir);
}

/* ---- the same bytes ---- */

/* Every file below a is the same below b. */
static void check_same(const char *a, const char *b)
{
    DIR *d = opendir(a);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        struct stat st;
        if (entry->d_name[0] == '.') continue;
        char *x = dp_format("%s/%s", a, entry->d_name), *y = dp_format("%s/%s", b, entry->d_name);
        if (stat(x, &st) == 0 && S_ISDIR(st.st_mode)) check_same(x, y);
        else {
            size_t n, m;
            char *p = dp_file_read(x, &n, NULL), *q = dp_file_read(y, &m, NULL);
            if (p == NULL || q == NULL || n != m || memcmp(p, q, n) != 0) fail_msg("%s differs from %s", x, y);
            free(p), free(q);
        }
        free(x), free(y);
    }
    closedir(d);
}

static void test_same_bytes(void **state)
{
    (void) state;
    sample s;
    char *a = sample_directory(), *b = sample_directory();
    sample_init(&s, 1);
    s.r.want_pdf = 1;
    write_report(a, &s.r);
    sleep(1); /* clocks that got into a file would show */
    write_report(b, &s.r);
    check_same(a, b);
    write_report(b, &s.r);
    check_same(a, b);
    check_same(b, a);
    assert_int_equal(dp_command_exists("pdflatex"), exists(a, "report.pdf"));
    assert_false(exists(a, "report.log"));
    sample_clear(&s);
    sample_remove(a);
    sample_remove(b);
}

/* ---- fragments in someone else's paper ---- */

static const char *pdflatex_fails(const char *dir, const char *body)
{
    const char *const argv[] = {"pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex", NULL};
    char *path = dp_format("%s/paper.tex", dir), *text = dp_format("\\documentclass{article}%s\\end{document}\n", body);
    dp_file_write(path, text, strlen(text), NULL);
    int status = dp_command(dir, argv, NULL, NULL, NULL);
    free(path);
    free(text);
    return status ? "pdflatex rejects the fragment" : NULL;
}

static void test_fragments(void **state)
{
    (void) state;
    if (!dp_command_exists("pdflatex")) skip();
    sample s;
    char *dir = sample_directory();
    sample_init(&s, 1);
    write_report(dir, &s.r);
    assert_null(pdflatex_fails(dir, "\\usepackage{amsmath,amssymb,booktabs,array}\\begin{document}\\input{tables/summary}\n\\begin{table}\\input{tables/evidence-alpha-claim}"
                                    "\\caption{x}\\end{table}\\input{tables/unexpected}\\input{tables/ledger}"));
    assert_null(pdflatex_fails(dir, "\\usepackage{amsmath,amssymb,bm,booktabs,array,longtable}\\newcommand{\\R}{R}\\begin{document}\\input{claims}"));
    assert_null(pdflatex_fails(dir, "\\input{macros}\\begin{document}\\dpNClaims, \\dpAlphaClaimCases, \\dpval{two-mode-sizes/modes/2/size_da2/mid}, "
                                    "\\ifdim\\dpval{two-mode-sizes/modes/2/exact}pt=0.125pt \\else\\undefinedcommand\\fi"
                                    "\\ifnum\\dpNUnexpected=6 \\else\\undefinedcommand\\fi\\dpval{no/such/key}"));
    assert_non_null(pdflatex_fails(dir, "\\begin{document}\\undefinedcommand")); /* the test can fail */
    sample_clear(&s);
    sample_remove(dir);
}

/* ---- figures ---- */

/* D/h, log10(size/h); the case with other weights belongs to no curve. */
static void test_sizes(void **state)
{
    (void) state;
    sample s;
    char *dir = sample_directory();
    sample_init(&s, 0);
    write_report(dir, &s.r);
    char *data = read_below(dir, "figures/sizes.dat");
    assert_string_equal("mean-shift-\tlog10 size\n4\t-399.607455\n6\t-399.607455\n\n\nda2\tlog10 size\n4\t-1\n6\t-1\n", data);
    free(data);
    sample_clear(&s);
    sample_remove(dir);
}

/* ---- what is missing ---- */

static void test_no_programs(void **state)
{
    (void) state;
    sample s;
    char *dir = sample_directory(), *path = dp_strdup(getenv("PATH"));
    sample_init(&s, 0);
    s.r.want_pdf = 1;
    write_report(dir, &s.r);
    setenv("PATH", "/nonexistent", 1);
    write_report(dir, &s.r); /* what an earlier run drew is gone */
    setenv("PATH", path, 1);
    assert_false(exists(dir, "figures/digits.svg"));
    assert_false(exists(dir, "report.pdf"));
    assert_true(exists(dir, "figures/digits.dat"));
    char *log = read_below(dir, "log.txt"), *html = read_below(dir, "index.html");
    assert_non_null(strstr(log, "no gnuplot"));
    assert_non_null(strstr(log, "no blahtexml"));
    assert_non_null(strstr(log, "no pdflatex"));
    assert_non_null(strstr(html, "<code class=\"tex\">"));
    assert_null(strstr(html, "<svg"));
    check_xml(dir, "index.html", NULL);
    free(log), free(html), free(path);
    sample_clear(&s);
    sample_remove(dir);
}

static void test_nothing_checked(void **state)
{
    (void) state;
    char *dir = sample_directory();
    const dp_report r = {.share = ".", .command = NULL, .want_pdf = 1};
    write_report(dir, &r);
    check_xml(dir, "index.html", NULL);
    check_xml(dir, "junit.xml", "tests/junit.rng");
    assert_int_equal(dp_command_exists("pdflatex"), exists(dir, "report.pdf"));
    sample_remove(dir);
}

static void test_failures(void **state)
{
    (void) state;
    sample s;
    dp_error e = {0};
    char *dir = sample_directory(), *below = dp_format("%s/file/below", dir), *file = dp_format("%s/file", dir);
    sample_init(&s, 0);
    dp_file_write(file, "x", 1, NULL);
    assert_int_not_equal(DP_OK, dp_report_write(below, &s.r, &e));
    s.r.share = dir;
    assert_int_equal(DP_EIO, dp_report_write(dir, &s.r, &e));
    assert_non_null(strstr(e.text, "method.tex"));
    s.r.share = NULL;
    assert_int_equal(DP_EIO, dp_report_write(dir, &s.r, &e));
    free(below), free(file);
    sample_clear(&s);
    sample_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed), cmocka_unit_test(test_unexpected_first), cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_fragments), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_programs), cmocka_unit_test(test_nothing_checked), cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
