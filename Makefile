# make && make install && make installcheck: as with every PostgreSQL extension (PG_CONFIG=... chooses the server)
# make demo, make test: install missing packages, build, and use a throwaway server of their own
# make test-bi: tests the drivers of BI tools and the dashboards, in the same way; TESTS="jdbc odbc": only these
# make bench: times us and our peers, PostGIS, scikit-learn, fastcluster and R's dbscan, which it installs; tests/bench/run says more
# make unit: the algorithms alone, without a server, under AddressSanitizer and UndefinedBehaviorSanitizer
# make assets: fetches what segment.report draws with, for make install to install; all else does without
# make fuzz: lets fuzzers look for bytes that break something, for FUZZ_SECONDS each
# WERROR=1: more warnings, and they are errors.    make test TESTS="kmeans personas": only these

EXTENSION  = segment
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big = segment
CORE_C     = $(sort $(wildcard src/core/*.c))
OBJS       = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)) $(CORE_C))
ALL_H      = $(wildcard src/*.h src/core/*.h)

SQL_PARTS   = $(sort $(wildcard sql/[0-9][0-9]-*.sql))
# The drawing libraries of segment.report, once make assets has fetched them
ASSETS      = $(patsubst %,report/build/$(EXTENSION)-%.min.js,vega vega-lite vega-embed) report/build/$(EXTENSION)-report-licences.txt
DATA        = $(sort $(wildcard sql/$(EXTENSION)--*--*.sql)) $(wildcard report/$(EXTENSION)-* $(ASSETS))
DATA_built  = sql/$(EXTENSION)--$(EXTVERSION).sql
GENERATED   = src/.flags tests/unit/build tests/fuzz/build tests/output
EXTRA_CLEAN = $(GENERATED)

REGRESS        = $(patsubst tests/sql/%.sql,%,$(sort $(wildcard tests/sql/*.sql)))
REGRESS_OPTS   = --inputdir=tests --load-extension=$(EXTENSION)
ISOLATION      = $(patsubst tests/specs/%.spec,%,$(sort $(wildcard tests/specs/*.spec)))
ISOLATION_OPTS = --inputdir=tests --outputdir=. --load-extension=$(EXTENSION)
TAP_TESTS      = $(if $(wildcard tests/t/*.pl),1)
PROVE_TESTS    = tests/t/*.pl

WARNINGS = $(if $(WERROR),-Wall -Wextra -Wvla -Wshadow -Wno-missing-field-initializers -Werror)

# The server's headers are not clean under -Wextra; as system headers they are silent, for gcc and clang alike, although
# PGXS names the directory a second time with -I. Our own serve quoted names alone: with -I a features.h of ours would
# stand in for the C library's. No fused multiply-add, for every machine has to compute the same bits; that flag stands
# here because the JIT's bitcode sees CPPFLAGS alone.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server) -iquote $(srcdir)/src -iquote $(srcdir)/src/core -ffp-contract=off
PG_CFLAGS   = $(WARNINGS)
ifneq ($(findstring clang,$(shell { $(CC) --version; } 2>/dev/null)),)
# the flags that PostgreSQL was built with, and PGXS repeats, may be for gcc only
PG_CFLAGS  += -Wno-unknown-warning-option -Wno-ignored-optimization-argument
endif

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
SERVER_H := $(wildcard $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h)

ifneq ($(and $(wildcard $(PGXS)),$(SERVER_H)),)

# PGXS also compiles every file to bitcode for the JIT, with the clang that the server was built with. Without that
# clang the extension works as well, so its absence is no reason to fail.
ifeq ($(shell command -v $(shell sed -n 's/^CLANG *= *//p' $(dir $(PGXS))../Makefile.global) 2>/dev/null),)
override with_llvm = no
endif

include $(PGXS)

# The innermost loops gain from -O3 and from rounding and roots without a call; neither changes a bit of the result.
src/core/%.o: override CFLAGS += -O3 -fno-math-errno

# A changed header, or another server, compiler or flag, rebuilds everything.
$(OBJS) $(OBJS:.o=.bc): $(ALL_H) src/.flags
src/.flags: FLAGS := $(VERSION) $(CC) $(CFLAGS) $(CPPFLAGS)

else # no PGXS

.PHONY: all install installcheck clean
all install installcheck:
	@echo "make: $(PG_CONFIG) does not lead to a PostgreSQL with its server headers and extension makefiles (PGXS)." >&2
	@echo "Install the server's development files (Debian and Ubuntu: postgresql-server-dev-15 or newer, others:" >&2
	@echo "postgresql-devel or the like), or name a server: make PG_CONFIG=/path/to/pg_config." >&2
	@echo "On Debian and Ubuntu, 'make demo' and 'make test' install what they need by themselves." >&2
	@exit 1
clean:
	rm -rf $(OBJS) $(OBJS:.o=.bc) $(MODULE_big).so $(DATA_built) $(EXTRA_CLEAN)

endif

.DELETE_ON_ERROR:

# Records the flags of the last build; the file changes only when they do.
src/.flags tests/unit/build/.flags tests/fuzz/build/.flags: FORCE
	@mkdir -p $(@D); echo '$(subst ','"'"',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','"'"',$(FLAGS))' >$@
FORCE:

# pg_regress looks into ./sql before tests/sql: an install part named like a test would be run instead of the test.
ifneq ($(filter $(REGRESS),$(patsubst sql/%.sql,%,$(wildcard sql/*.sql))),)
$(error a test in tests/sql has the same name as a file in sql/)
endif
# Both kinds of test keep their answers in expected/.
ifneq ($(filter $(REGRESS),$(ISOLATION)),)
$(error a test in tests/sql has the same name as one in tests/specs)
endif

sql/$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS) sql/repeat.awk $(EXTENSION).control
	awk -f sql/repeat.awk $(SQL_PARTS) >$@

# npm's packages, in the versions and with the hashes of the lock file; nothing of theirs is run. A browser that shows a
# report is not to look for their source maps.
.PHONY: assets
assets: $(ASSETS)
report/node_modules/.package-lock.json: report/package.json report/package-lock.json
	cd report && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	touch $@
report/build/$(EXTENSION)-%.min.js: report/node_modules/.package-lock.json
	@mkdir -p $(@D)
	sed '/^\/\/# sourceMappingURL=/d' report/node_modules/$*/build/$*.min.js >$@
report/build/$(EXTENSION)-report-licences.txt: report/node_modules/.package-lock.json report/licences
	@mkdir -p $(@D)
	report/licences >$@

# Unit tests: each tests/unit/test_NAME.c is a program that prints TAP, linked with the algorithms and a stand-in for the
# few things they need of the server. Leaks are not looked for: in the server, memory goes with its context.
UNIT        = $(patsubst tests/unit/%.c,tests/unit/build/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_RUN    = $(if $(TESTS),$(filter $(TESTS:%=tests/unit/build/test_%),$(UNIT)),$(UNIT))
UNIT_COMMON = $(patsubst src/core/%.c,tests/unit/build/%.o,$(CORE_C)) tests/unit/build/standalone.o
UNIT_CFLAGS = -std=gnu99 -g -O1 -Wall $(WARNINGS) -ffp-contract=off -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all -DSEGMENT_STANDALONE -iquote src/core -iquote tests/unit

.PHONY: unit
unit: $(UNIT_RUN)
	@status=0; for t in $(UNIT_RUN); do \
		echo "# $$t"; ASAN_OPTIONS=$${ASAN_OPTIONS-detect_leaks=0} $$t || { echo "# $$t failed: status $$?"; status=1; }; \
	done; exit $$status

$(UNIT): tests/unit/build/%: tests/unit/build/%.o $(UNIT_COMMON)
	$(CC) $(UNIT_CFLAGS) -o $@ $^ -lm
tests/unit/build/.flags: FLAGS = $(CC) $(UNIT_CFLAGS)
tests/unit/build/%.o: src/core/%.c
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<
tests/unit/build/%.o: tests/unit/%.c
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<
.SECONDARY: $(UNIT:=.o)
$(UNIT_COMMON) $(UNIT:=.o): $(ALL_H) $(wildcard tests/unit/*.h) tests/unit/build/.flags

# Fuzzers: each tests/fuzz/fuzz_NAME.c is a program that libFuzzer drives. make test runs them for some seconds; make fuzz
# runs each for FUZZ_SECONDS. The inputs they start from are values of our own making (make corpus), and those that once
# broke something.
FUZZ         = $(patsubst tests/fuzz/%.c,tests/fuzz/build/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_COMMON  = $(patsubst src/core/%.c,tests/fuzz/build/%.o,$(CORE_C)) tests/fuzz/build/standalone.o
FUZZ_CC      = clang
FUZZ_SECONDS = 600
FUZZ_CFLAGS  = -std=gnu99 -g -O2 -Wall $(WARNINGS) -ffp-contract=off -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize-recover=all \
	-DSEGMENT_STANDALONE -iquote src/core -iquote tests/unit -iquote tests/fuzz

.PHONY: fuzz fuzzers corpus
fuzz:
	tests/fuzz/run --seconds $(FUZZ_SECONDS) $(TESTS)
fuzzers: $(FUZZ)
corpus: tests/fuzz/build/corpus
	mkdir -p $(patsubst tests/fuzz/%.c,tests/fuzz/corpus/%,$(wildcard tests/fuzz/fuzz_*.c))
	tests/fuzz/build/corpus tests/fuzz/corpus

$(FUZZ): tests/fuzz/build/%: tests/fuzz/build/%.o $(FUZZ_COMMON)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ -lm
tests/fuzz/build/corpus: tests/fuzz/build/corpus.o $(FUZZ_COMMON)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $^ -lm
tests/fuzz/build/.flags: FLAGS = $(FUZZ_CC) $(FUZZ_CFLAGS)
tests/fuzz/build/%.o: src/core/%.c
	$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<
tests/fuzz/build/%.o: tests/unit/%.c
	$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<
tests/fuzz/build/%.o: tests/fuzz/%.c
	$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<
.SECONDARY: $(FUZZ:=.o)
$(FUZZ_COMMON) $(FUZZ:=.o) tests/fuzz/build/corpus.o: $(ALL_H) $(wildcard tests/unit/*.h tests/fuzz/*.h) tests/fuzz/build/.flags

# There may be no pg_config before tests/setup has run, hence a second make with the one that it found.
.PHONY: demo test test-bi bench
demo:  RUN = demo
demo:  NEEDS = npm
test:  RUN = run $(TESTS)
test:  NEEDS = libfuzzer pg_cron npm
test-bi: RUN = bi/run $(TESTS)
test-bi: NEEDS = npm chromium venv odbc jdbc
bench: RUN = bench/run $(ROWS)
bench: NEEDS = venv
demo test test-bi bench:
	@set -e; PG_CONFIG=$$(tests/setup $(NEEDS)); export PG_CONFIG; \
	echo "Building for $$("$$PG_CONFIG" --version)" >&2; \
	$(MAKE) --no-print-directory -s $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null)) all PG_CONFIG="$$PG_CONFIG"; \
	$(if $(filter npm,$(NEEDS)),$(MAKE) --no-print-directory -s assets || echo "What segment.report draws with could not be fetched: there is no report" >&2;) \
	tests/$(RUN)
