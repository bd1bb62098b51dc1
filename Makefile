# SPDX-License-Identifier: GPL-3.0-or-later
# Makefile: build, set-up, verify, check, report, bench, lint, install, dist. One file, everything generated goes below $(B).
# `make help` lists the goals.

B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
bindir     = $(PREFIX)/bin
libdir     = $(PREFIX)/lib
includedir = $(PREFIX)/include/driftproof
datadir    = $(PREFIX)/share
sharedir   = $(datadir)/driftproof
mandir     = $(datadir)/man/man1

ifeq ($(origin CC),default)
CC := $(if $(shell command -v cc 2>/dev/null),cc,gcc)
endif
PKG_CONFIG ?= pkg-config
INSTALL    ?= install
CFLAGS     ?= -O2 -g
# GCC 12 takes a struct member handed to a parameter of type "array of one" for a smaller object: no such warning is true in FLINT's style.
WARN        = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-stringop-overread
VERSION    := $(shell cat VERSION)
OUT        ?= reports/out

# All cores that this process may use, unless the caller said how many.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

# Asked for when a recipe runs, not when this file is read: what is missing may be installed in between.
lazy      = $(eval $1 := $$(shell $2))$($1)
PKG_CFLAGS = $(call lazy,PKG_CFLAGS,$(PKG_CONFIG) --cflags mpfr gsl fftw3 libfyaml libmd zlib sqlite3 2>/dev/null)
PKG_LIBS   = $(call lazy,PKG_LIBS,$(PKG_CONFIG) --libs gsl fftw3 libfyaml zlib sqlite3 2>/dev/null)
# An optional build: HDF5 is taken where it is.
HDF5       = $(call lazy,HDF5,for p in hdf5 hdf5-serial; do $(PKG_CONFIG) --exists $$$$p 2>/dev/null && { echo $$$$p; break; }; done)
HDF5_CFLAGS = $(call lazy,HDF5_CFLAGS,test -z '$(HDF5)' || echo "-DDP_HDF5 $$$$($(PKG_CONFIG) --cflags $(HDF5))")
HDF5_LIBS  = $(call lazy,HDF5_LIBS,test -z '$(HDF5)' || $(PKG_CONFIG) --libs $(HDF5))
# Another, which is asked for: MPI=1 (make clean when it changes is not needed).
MPI_NAME   = $(call lazy,MPI_NAME,for p in ompi-c mpich mpi-c; do $(PKG_CONFIG) --exists $$$$p 2>/dev/null && { echo $$$$p; break; }; done)
MPI_CFLAGS = $(if $(MPI_NAME),-DDP_MPI $(call lazy,MPI_INCLUDE,$(PKG_CONFIG) --cflags $(MPI_NAME) | sed 's/-I */-isystem /g'),$(error MPI: pkg-config knows neither ompi-c nor mpich nor mpi-c (Debian: libopenmpi-dev)))
MPI_LIBS   = $(call lazy,MPI_LIBS,$(PKG_CONFIG) --libs $(MPI_NAME))
ARB_LIB    = $(call lazy,ARB_LIB,for l in -lflint-arb -larb; do \
             echo 'int main(void) { return 0; }' | $(CC) -x c - $$$$l -o /dev/null 2>/dev/null && { echo $$$$l; break; }; done)
# Quadruple precision, where FFTW has it (x86: libfftw3-dev): the tier quad, and to compare with.
FFTWQ      = $(call lazy,FFTWQ,echo 'int main(void) { return 0; }' | $(CC) -x c - -lfftw3q -lquadmath -o /dev/null 2>/dev/null && echo -lfftw3q -lquadmath)
LIBS       = $(PKG_LIBS) $(ARB_LIB) -lflint -lmpfi -lmpfr -lgmp -lmd -lpthread $(FFTWQ) -lm
COMPILE    = $(CC) -std=c11 -D_XOPEN_SOURCE=700 $(CFLAGS) $(WARN) -Isrc -I$(B) $(PKG_CFLAGS) $(CPPFLAGS) -MMD -MP

# V=1 shows whole commands.
say = $(if $(V),,@echo '  $1  $@';)

SOURCES    := $(sort $(wildcard src/*/*.c proofs/*/claim.c))
CLAIMS     := $(patsubst %/claim.c,%,$(sort $(wildcard proofs/*/claim.c)))
DRIFTS     := $(sort $(wildcard src/drift/*.c))
ENERGIES   := $(sort $(wildcard src/energy/*.c))
HEADERS    := $(sort $(wildcard src/*.h src/*/*.h))
SCRIPTS    := $(sort $(wildcard src/*/*.sh tests/*.sh .ci/run))
OBJECTS    := $(SOURCES:%.c=$(B)/%.o)
REGISTRIES := $(B)/registry_claim.o $(B)/registry_drift.o $(B)/registry_energy.o
TOOL       := $(filter $(B)/src/tool/%,$(OBJECTS))
# The estimating engine is compiled twice, for double and for the quadruple type (src/drift/est_real.h).
QUAD       := $(patsubst %,$(B)/quad/est_%.o,ops const kernel gsum law box points tensor nodes panel panel_sum source ratio lattice tail fft fft_kernel rows field scales)
# Networks likewise, for double and for float (src/train/real.h).
SINGLE     := $(patsubst %,$(B)/single/%.o,gemm activation optimiser net)
LIBRARY    := $(filter-out $(TOOL),$(OBJECTS)) $(REGISTRIES) $(QUAD) $(SINGLE)
TESTS      := $(patsubst tests/%.c,$(B)/%,$(sort $(wildcard tests/t-*.c)))

.PHONY: all lib verify check report reference bench lint asan install uninstall dist clean help need FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/driftproof
lib: $(B)/libdriftproof.a

help:
	@echo 'make            build $(B)/driftproof'
	@echo 'make verify     install what is missing, build, check every claim on the default cases, report in $(OUT)'
	@echo 'make check      install what is missing, build, run all tests; ends with "N passed, N failed"'
	@echo 'make report     what verify does, and a TeX and the PDF'
	@echo 'make reference  write the verdicts that CI compares with'
	@echo 'make bench      time the engines'
	@echo 'make lint       shell scripts, style rules, figures of the code'
	@echo 'make asan       all C tests under the address and undefined-behaviour sanitizers'
	@echo 'make install    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)   (make uninstall takes it away again)'
	@echo 'make dist       $(B)/driftproof-$(VERSION).tar.gz from the committed tree'
	@echo 'make clean      remove $(B)'
	@echo 'MPI=1           with MPI, for sweeps over hosts without a common file system'
	@echo 'NO_INSTALL=1    never install packages; B=DIR: build elsewhere; OUT=DIR: where verify reports'

# ---- set-up: one call for the union of what the goals need ----
NEED := cc pkg-config mpfr mpfi gsl fftw3 flint arb libfyaml md zlib random123 sqlite3
NEED += $(if $(filter 1,$(MPI)),mpi) $(if $(filter check asan,$(MAKECMDGOALS)),cmocka xmllint) $(if $(filter lint,$(MAKECMDGOALS)),shellcheck)
WANT := $(if $(filter verify check report,$(MAKECMDGOALS)),gnuplot blahtexml qpdf) $(if $(filter report,$(MAKECMDGOALS)),tex)
need:
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' NEED_LOG='$(B)/apt.log' sh src/tool/need.sh $(NEED) -- $(WANT)

# ---- build ----
$(B)/driftproof: $(TOOL) $(B)/libdriftproof.a
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(HDF5_LIBS) $(if $(filter 1,$(MPI)),$(MPI_LIBS)) $(LIBS)

# The same with MPI, whatever MPI says.
$(B)/mpi/ranks.o: src/tool/ranks.c $(HEADERS) | need
	@mkdir -p $(@D)
	$(call say,CC  )$(COMPILE) $(MPI_CFLAGS) -c -o $@ $<

$(B)/driftproof-mpi: $(TOOL) $(B)/mpi/ranks.o $(B)/libdriftproof.a
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %/src/tool/ranks.o,$^) $(HDF5_LIBS) $(MPI_LIBS) $(LIBS)

$(B)/libdriftproof.a: $(LIBRARY) $(B)/library.list
	@rm -f $@
	$(call say,AR  )$(AR) rcs $@ $(filter %.o,$^)

$(B)/%.o: %.c | need
	@mkdir -p $(@D)
	$(call say,CC  )$(COMPILE) -c -o $@ $<

$(B)/%.o: $(B)/%.c | need
	$(call say,CC  )$(COMPILE) -c -o $@ $<

$(B)/quad/%.o: src/drift/%.c | need
	@mkdir -p $(@D)
	$(call say,QUAD)$(if $(FFTWQ),$(COMPILE) -DDP_EST_QUAD -c -o $@ $<,echo 'typedef int dp_no_quad;' | $(CC) -x c -c -o $@ -)

$(B)/single/%.o: src/train/%.c | need
	@mkdir -p $(@D)
	$(call say,CC  )$(COMPILE) -DDP_TRAIN_SINGLE -c -o $@ $<

# Roots in vectors, which know no errno.
$(B)/src/train/optimiser.o $(B)/single/optimiser.o $(foreach v,src avx2/src plain/src,$(foreach f,rows affinity released,$(B)/$(v)/particle/$(f).o)): CPPFLAGS += -fno-math-errno

$(B)/src/tool/bench_conv.o $(B)/src/drift/grid_field.o: CPPFLAGS += $(if $(FFTWQ),-DDP_HAVE_FFTWQ)
$(B)/src/tool/share.o: $(B)/datadir.stamp
$(B)/src/tool/share.o: CPPFLAGS += -DDP_DATADIR='"$(sharedir)"'

$(B)/src/tool/grid_hdf5.o: $(B)/hdf5.stamp
# Where variables of these stand in every instruction would take a third of their time to compile.
$(B)/src/particle/fused_v4.o $(B)/src/particle/fused_v3.o $(B)/src/particle/fused_plain.o: CPPFLAGS += -fno-var-tracking
$(B)/src/tool/grid_hdf5.o: CPPFLAGS += $(HDF5_CFLAGS)

$(B)/src/tool/ranks.o: $(B)/mpi.stamp
$(B)/src/tool/ranks.o: CPPFLAGS += $(if $(filter 1,$(MPI)),$(MPI_CFLAGS))

# Rewritten only when the content changes, so that a new, changed or removed folder is seen and nothing else is rebuilt.
update = @mkdir -p $(@D); $1 > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
$(B)/registry_claim.c: src/claim/registry.sh FORCE
	$(call update,sh src/claim/registry.sh $(CLAIMS))
$(B)/registry_drift.c: src/base/registry.sh FORCE
	$(call update,sh src/base/registry.sh drift drift drifts $(DRIFTS))
$(B)/registry_energy.c: src/base/registry.sh FORCE
	$(call update,sh src/base/registry.sh energy energy energies $(ENERGIES))
$(B)/datadir.stamp: FORCE
	$(call update,echo '$(sharedir)')
$(B)/mpi.stamp: FORCE
	$(call update,echo '$(MPI)')
$(B)/hdf5.stamp: FORCE
	$(call update,echo '$(HDF5_CFLAGS)')
# An archive forgets no member by itself: made anew when the list of objects changes.
$(B)/library.list: FORCE
	$(call update,echo '$(LIBRARY)')
PLAIN := $(patsubst %.c,$(B)/plain/%.o,$(sort $(wildcard src/grid/*.c src/drift/est_*.c)))
-include $(OBJECTS:.o=.d) $(QUAD:.o=.d) $(SINGLE:.o=.d) $(REGISTRIES:.o=.d) $(TESTS:=.d) $(PLAIN:.o=.d)

# ---- tests ----
$(B)/t-%: tests/t-%.c $(B)/libdriftproof.a | need
	$(call say,CC  )$(COMPILE) -Itests -o $@ $< $(LDFLAGS) $(B)/libdriftproof.a -lcmocka $(LIBS)

verify: all
	$(B)/driftproof verify --suite quick --out $(OUT)

report: all
	$(B)/driftproof verify --suite quick --out $(OUT)
	@test -s $(OUT)/report.pdf || echo 'no $(OUT)/report.pdf: a TeX is missing (make says above how to get it), or it failed ($(OUT)/log.txt says why)'

$(B)/jsonlint: tests/jsonlint.c | need
	$(call say,CC  )$(COMPILE) -o $@ $< $(LDFLAGS)

# The same fields by grid/ and the estimates of drift/ as they are and by both compiled for the least instruction set: cli.sh compares what they print.
$(B)/plain/%.o: %.c | need
	@mkdir -p $(@D)
	$(call say,CC  )$(COMPILE) -DDP_PLAIN -c -o $@ $<

$(B)/simd $(B)/simd-plain: private CPPFLAGS += $(if $(FFTWQ),-DDP_HAVE_FFTWQ)
$(B)/simd: tests/simd.c $(B)/libdriftproof.a | need
	$(call say,CC  )$(COMPILE) -o $@ $< $(LDFLAGS) $(B)/libdriftproof.a $(LIBS)

$(B)/simd-plain: tests/simd.c $(PLAIN) $(B)/libdriftproof.a | need
	$(call say,CC  )$(COMPILE) -DDP_PLAIN -o $@ $< $(PLAIN) $(LDFLAGS) $(B)/libdriftproof.a $(LIBS)

# The same velocities of samples by the sums over pairs as they are, without AVX-512, and for the least instruction set.
PAIRS := src/particle/fused.o src/particle/rows.o src/particle/sweep.o src/particle/tiles.o src/particle/network.o src/particle/narrowing.o src/particle/powers.o src/particle/pseudo_narrow.o src/particle/affinity.o src/particle/released.o src/particle/twice.o src/particle/twofold.o src/particle/anderson.o src/particle/sort.o src/particle/line.o src/particle/sliced.o
-include $(PAIRS:%.o=$(B)/avx2/%.d) $(PAIRS:%.o=$(B)/plain/%.d)
$(B)/avx2/%.o: %.c | need
	@mkdir -p $(@D)
	$(call say,CC  )$(COMPILE) -DDP_NO_AVX512 -c -o $@ $<

$(B)/lanes: tests/lanes.c $(B)/libdriftproof.a | need
	$(call say,CC  )$(COMPILE) -o $@ $< $(LDFLAGS) $(B)/libdriftproof.a $(LIBS)

$(B)/lanes-avx2 $(B)/lanes-plain: $(B)/lanes-%: tests/lanes.c $(addprefix $(B)/%/,$(PAIRS)) $(B)/libdriftproof.a | need
	$(call say,CC  )$(COMPILE) -o $@ $< $(PAIRS:%=$(B)/$*/%) $(LDFLAGS) $(B)/libdriftproof.a $(LIBS)

LANES := $(B)/lanes $(B)/lanes-avx2 $(B)/lanes-plain
check: all $(TESTS) $(B)/jsonlint $(B)/simd $(B)/simd-plain $(LANES)
	@B='$(B)' sh tests/run.sh $(TESTS)

# The verdicts that CI compares with: the quick suite without evidence, times and machine. Run it when verdicts change for a reason, and say the reason.
reference: all
	$(B)/driftproof verify --suite quick --no-pdf --fresh --out $(B)/reference
	@mkdir -p reports/reference
	awk '/^ "(machine|command)":/ || /^    \{"name":/ {next} /^   "evidence": \[$$/ {print "   \"evidence\": [],"; next} {sub(/, "seconds": [0-9.e-]+/, ""); print}' \
	  $(B)/reference/results.json > reports/reference/results.json

bench: all
	$(B)/driftproof bench

asan:
	$(MAKE) B=$(B)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined' ASAN_OPTIONS=detect_leaks=1 asan-tests
.PHONY: asan-tests
asan-tests: $(TESTS)
	@B='$(B)' sh tests/run.sh -n $(TESTS)

lint: need
	shellcheck $(SCRIPTS)
	@sh tests/lint.sh

# ---- install ----
man: $(B)/driftproof
	@mkdir -p $(B)/man
	@$(B)/driftproof help --man > $(B)/man/driftproof.1
	@for c in $$($(B)/driftproof help --commands); do $(B)/driftproof help --man $$c > $(B)/man/driftproof-$$c.1 || exit 1; done
.PHONY: man

install: all man
	$(INSTALL) -d $(addprefix $(DESTDIR),$(bindir) $(libdir)/pkgconfig $(includedir) $(sharedir) $(mandir) \
	  $(datadir)/bash-completion/completions $(datadir)/zsh/site-functions $(datadir)/fish/vendor_completions.d)
	$(INSTALL) -m 755 $(B)/driftproof $(DESTDIR)$(bindir)
	$(INSTALL) -m 644 $(B)/libdriftproof.a $(DESTDIR)$(libdir)
	for h in $(HEADERS:src/%=%); do $(INSTALL) -D -m 644 src/$$h $(DESTDIR)$(includedir)/$$h || exit 1; done
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS)|' -e 's|@CFLAGS@|$(PKG_CFLAGS)|' \
	  src/tool/driftproof.pc.in > $(DESTDIR)$(libdir)/pkgconfig/driftproof.pc
	$(INSTALL) -m 644 $(B)/man/*.1 $(DESTDIR)$(mandir)
	$(B)/driftproof completion bash > $(DESTDIR)$(datadir)/bash-completion/completions/driftproof
	$(B)/driftproof completion zsh > $(DESTDIR)$(datadir)/zsh/site-functions/_driftproof
	$(B)/driftproof completion fish > $(DESTDIR)$(datadir)/fish/vendor_completions.d/driftproof.fish
	find cases reports proofs/lemmas.tex proofs/disputes.yaml -path reports/out -prune -o -type f -print | while read -r f; do \
	  $(INSTALL) -D -m 644 "$$f" "$(DESTDIR)$(sharedir)/$$f" || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(bindir)/driftproof $(DESTDIR)$(libdir)/libdriftproof.a $(DESTDIR)$(libdir)/pkgconfig/driftproof.pc
	rm -f $(DESTDIR)$(mandir)/driftproof.1 $(DESTDIR)$(mandir)/driftproof-*.1
	rm -f $(DESTDIR)$(datadir)/bash-completion/completions/driftproof $(DESTDIR)$(datadir)/zsh/site-functions/_driftproof
	rm -f $(DESTDIR)$(datadir)/fish/vendor_completions.d/driftproof.fish
	rm -rf $(DESTDIR)$(includedir) $(DESTDIR)$(sharedir)

dist:
	@mkdir -p $(B)
	git archive --format=tar --prefix=driftproof-$(VERSION)/ HEAD | gzip -n9 > $(B)/driftproof-$(VERSION).tar.gz
	@echo $(B)/driftproof-$(VERSION).tar.gz

clean:
	rm -rf $(B)

FORCE:
