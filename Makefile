# assentd: make demo | check | check-all | bench | install
#
# BUILD names the build folder, SAN=1 adds ASan and UBSan, TSAN=1 TSan,
# CC=clang the other compiler. SHARED names a folder of corpora that is not
# part of this tree; tests that need it say so where it is absent.

BUILD ?= build
SHARED ?= ../shared
PREFIX ?= /usr/local
CC = gcc
export SHARED

ifeq ($(wildcard /usr/include/jansson.h),)
NEED_DEPS := 1
endif

LIBS := jansson sqlite3 libcrypto libmicrohttpd gnutls gmime-3.0 yaml-0.1 libpsl libidn2 libcurl
PARSER_LIBS := jansson libcrypto gmime-3.0 libxml-2.0 uchardet libseccomp
ifndef NEED_DEPS
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS) $(PARSER_LIBS) | sed 's/-I/-isystem /g')
PKG_LDLIBS := $(shell pkg-config --libs $(LIBS)) -lm
PARSER_LDLIBS := $(shell pkg-config --libs $(PARSER_LIBS))
# Not what pkg-config says: its specs would make the program non-PIE.
MAILBOX_LDLIBS := -letpan $(shell pkg-config --libs libssl libcrypto jansson)
endif

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wno-unused-parameter
OPT ?= -O2
ALL_CFLAGS := -std=gnu17 $(OPT) -g -pthread -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 \
	-fstack-protector-strong -fPIE -fno-common -ffunction-sections -fdata-sections \
	$(WARN) -Iinclude -Isrc $(PKG_CFLAGS)
ALL_LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections
ifdef SAN
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-U_FORTIFY_SOURCE -DASSENT_FAULTS -DASSENT_SANITIZED
ALL_LDFLAGS += -fsanitize=address,undefined
endif
ifdef TSAN
ALL_CFLAGS += -fsanitize=thread -U_FORTIFY_SOURCE -DASSENT_FAULTS -DASSENT_SANITIZED
ALL_LDFLAGS += -fsanitize=thread
endif
ifdef FAULTS
ALL_CFLAGS += -DASSENT_FAULTS
endif
ALL_CFLAGS += $(CFLAGS)
ALL_LDFLAGS += $(LDFLAGS)

FOLDERS := base text model config store rules mail net ai flow web
LIB_SRC := $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.c))
DAEMON_SRC := $(wildcard src/daemon/*.c)
CLI_SRC := $(wildcard src/cli/*.c)
PARSER_SRC := $(wildcard src/parser/*.c)
MAILBOX_SRC := $(wildcard src/mailbox/*.c)
DATA := $(shell { find mail-templates phrases web -type f ! -name '.*' ! -name '*.md'; ls prompts/*.md prompts/*.words rules/*.yaml; } | LC_ALL=C sort)

obj = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))
LIB := $(BUILD)/libassent.a
PARSER_LIB := $(BUILD)/libparser.a
MAILBOX_LIB := $(BUILD)/libmailbox.a
DAEMON_LIB := $(BUILD)/libdaemon.a
PROGRAMS := $(BUILD)/assentd $(BUILD)/assent $(BUILD)/assent-parser \
	$(if $(MAILBOX_SRC),$(BUILD)/assent-mailbox)

# V=1 shows the whole commands.
ifdef V
say =
else
say = @printf '  %-5s %s\n' $(1) $@;
endif

.PHONY: all
all: $(PROGRAMS)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/data.c: $(DATA) contrib/build/embed.sh
	@mkdir -p $(@D)
	$(call say,DATA)sh contrib/build/embed.sh $(DATA) >$@.tmp && mv $@.tmp $@

$(BUILD)/gen/data.o: $(BUILD)/gen/data.c
	$(call say,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The words of every language, for src/text (docs/REPLIES.md).
WORDS := $(sort $(wildcard languages/*.words))

$(BUILD)/gen/words.c: $(WORDS) contrib/build/words.py contrib/build/patterns.py contrib/build/wordset.py
	@mkdir -p $(@D)
	$(call say,WORDS)/usr/bin/python3 contrib/build/words.py $(WORDS) >$@.tmp && mv $@.tmp $@

$(BUILD)/gen/words.o: $(BUILD)/gen/words.c src/text/intent_priv.h src/text/intent_like_priv.h src/text/intent_batch_priv.h src/text/reply_priv.h
	$(call say,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/gen/dates.c: languages/absence.dates contrib/build/dates.py contrib/build/words.py
	@mkdir -p $(@D)
	$(call say,DATES)/usr/bin/python3 contrib/build/dates.py languages/absence.dates >$@.tmp && mv $@.tmp $@

$(BUILD)/gen/dates.o: $(BUILD)/gen/dates.c src/text/absence_priv.h
	$(call say,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(call obj,$(LIB_SRC)) $(BUILD)/gen/data.o $(BUILD)/gen/words.o $(BUILD)/gen/dates.o
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(PARSER_LIB): $(call obj,$(filter-out src/parser/main.c,$(PARSER_SRC)))
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(MAILBOX_LIB): $(call obj,$(filter-out src/mailbox/main.c,$(MAILBOX_SRC)))
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(DAEMON_LIB): $(call obj,$(filter-out src/daemon/main.c,$(DAEMON_SRC)))
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(BUILD)/assentd: $(BUILD)/obj/daemon/main.o $(DAEMON_LIB) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LDLIBS)

$(BUILD)/assent: $(call obj,$(CLI_SRC)) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LDLIBS)

$(BUILD)/assent-parser: $(BUILD)/obj/parser/main.o $(PARSER_LIB) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PARSER_LDLIBS)

$(BUILD)/assent-mailbox: $(BUILD)/obj/mailbox/main.o $(MAILBOX_LIB) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(MAILBOX_LDLIBS)

# --- tests -----------------------------------------------------------------

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
TEST_HELP := $(patsubst tests/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/unit/help_*.c))
TEST_LIBS := $(PARSER_LIB) $(MAILBOX_LIB) $(LIB)

$(BUILD)/obj/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -DBUILD_DIR='"$(abspath $(BUILD))"' -c -o $@ $<

.SECONDARY:

.PHONY: units
units: $(UNITS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(TEST_HELP) $(DAEMON_LIB) $(TEST_LIBS) $(PROGRAMS)
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_HELP) $(DAEMON_LIB) $(TEST_LIBS) -lcmocka \
		$(PKG_LDLIBS) $(PARSER_LDLIBS) $(MAILBOX_LDLIBS)

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(TEST_LIBS)
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/obj/tests/fuzz/replay.o $(TEST_LIBS) \
		$(PKG_LDLIBS) $(PARSER_LDLIBS) $(MAILBOX_LDLIBS)

# models_run() for the scripts of tests/wire and tests/peers.
$(BUILD)/wire/drive: tests/wire/drive.c $(LIB)
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< $(LIB) $(PKG_LDLIBS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- the commands of the README -------------------------------------------

ASAN := $(BUILD)/asan
TSAN_BUILD := $(BUILD)/tsan
CLANG := $(BUILD)/clang
RUN := /usr/bin/python3 tests/run.py
SAN_ENV := ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
PY := /usr/bin/python3
SOURCES := $(wildcard src/*/*.[ch] include/assent/*/*.h tests/unit/*.[ch] tests/fuzz/*.c tests/wire/*.c tests/bench/*.c)
# Threads meet in these.
TSAN_TESTS := $(addprefix test_,compose control db db_fault db_group db_log feed frame http http_client http_stream \
	http_limits http_watch imap lane live log mailbox mailbox_imap metric models models_many monitor order outlet page parser queue queue_lease ruling settings \
	store_approval watchdog)
$(foreach t,$(TSAN_TESTS),$(if $(wildcard tests/unit/$(t).c),,$(error TSAN_TESTS: no tests/unit/$(t).c)))

.PHONY: demo
demo:
	@contrib/build/deps.sh build
	@$(MAKE) --no-print-directory all
	@$(PY) contrib/demo/demo.py --build $(BUILD) $(if $(AUTO),--auto)

.PHONY: check
check:
	@contrib/build/deps.sh check
	@$(MAKE) --no-print-directory checks

.PHONY: checks
checks:
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory BUILD=$(ASAN) SAN=1 OPT=-O1 all units replays $(ASAN)/wire/drive
	@$(RUN) $(foreach t,$(wildcard tests/real/test_*.py),$(notdir $(t))='$(PY) $(t) --build $(BUILD)') \
		house='$(PY) contrib/build/house.py --self-test && $(PY) contrib/build/house.py && \
			$(PY) contrib/build/house.py --ldd $(BUILD)' \
		format='clang-format --dry-run -Werror $(SOURCES)' \
		manual='mandoc -Tlint -W warning docs/man/*.[158]' \
		$(foreach t,$(UNITS),$(notdir $(t))='$(SAN_ENV) $(ASAN)/tests/$(notdir $(t))') \
		$(foreach t,$(REPLAYS),$(notdir $(t))='$(SAN_ENV) $(ASAN)/fuzz/$(notdir $(t))') \
		$(foreach t,$(wildcard tests/cli/test_*.py),$(notdir $(t))='$(PY) $(t) --build $(BUILD)') \
		$(foreach t,$(wildcard tests/story/test_*.py),$(notdir $(t))='$(PY) $(t) --build $(BUILD)') \
		wire='$(PY) tests/wire/test_wire.py --program $(ASAN)/tests/test_wire' \
		replay='$(SAN_ENV) $(PY) tests/wire/test_replay.py --build $(ASAN)' \
		mails='$(PY) tests/browser/mails.py --program $(ASAN)/tests/test_compose' \
		pages='$(PY) tests/browser/render.py --build $(ASAN) --out $(BUILD)/pages'

.PHONY: replays
replays: $(REPLAYS)

.PHONY: check-all
check-all:
	@contrib/build/deps.sh all
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory CC=clang BUILD=$(CLANG) all units replays $(CLANG)/wire/drive
	@$(MAKE) --no-print-directory BUILD=$(TSAN_BUILD) TSAN=1 OPT=-O1 all \
		$(TSAN_BUILD)/wire/drive $(addprefix $(TSAN_BUILD)/tests/,$(TSAN_TESTS))
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/faults FAULTS=1 all
	@$(RUN) $(foreach d,$(wildcard src/*),tidy/$(notdir $(d))='$(MAKE) --no-print-directory tidy TIDY="$(d)/*.c"') \
		tsan/replay='TSAN_OPTIONS=halt_on_error=1 $(PY) tests/wire/test_replay.py --build $(TSAN_BUILD)' \
		tsan/rules='TSAN_OPTIONS=halt_on_error=1 $(PY) tests/story/test_rules.py --build $(TSAN_BUILD)' \
		$(foreach t,$(UNITS),clang/$(notdir $(t))='$(CLANG)/tests/$(notdir $(t))') \
		$(foreach t,$(TSAN_TESTS),tsan/$(t)='TSAN_OPTIONS=halt_on_error=1 $(TSAN_BUILD)/tests/$(t)') \
		$(foreach t,$(wildcard tests/walk/test_*.py),$(notdir $(t))='$(PY) $(t) --build $(BUILD)/faults') \
		$(foreach t,$(wildcard tests/long/test_*.py),$(notdir $(t))='$(PY) $(t) --build $(BUILD)')

# Servers of other people's making; needs the network for npm and Node 20.15, so no part of check.
.PHONY: check-peers
check-peers:
	@contrib/build/deps.sh check
	@sh contrib/build/npm.sh tests/peers $(BUILD)/peers
	@$(MAKE) --no-print-directory all $(BUILD)/tests/test_wire $(BUILD)/wire/drive
	@$(PY) tests/peers/check_aimock.py --build $(BUILD) --peers $(BUILD)/peers

# tests/schemas anew, by hand (docs/WIRE.md); needs the same.
.PHONY: schemas
schemas:
	@sh contrib/build/npm.sh contrib/schemas $(BUILD)/schemas
	@node $(BUILD)/schemas/generate.mjs tests/schemas

# One file a process: the analyser carries state from file to file.
TIDY := src/*/*.c

.PHONY: tidy
tidy:
	@printf '%s\n' $(TIDY) | xargs -I {} clang-tidy --quiet {} -- \
		-std=gnu17 -D_GNU_SOURCE -Iinclude -Isrc $(PKG_CFLAGS) 2>&1 | \
		{ ! grep -E '(warning|error):'; }

.PHONY: bench
bench:
	@contrib/build/deps.sh bench
	@$(MAKE) --no-print-directory all benches
	@for b in $(BENCHES); do $$b || true; done
	@for b in $(wildcard tests/bench/bench_*.py); do $(PY) $$b --build $(BUILD) || true; done

BENCH_SRC := $(wildcard tests/bench/bench_*.c)
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRC))
BENCH_HELP := $(wildcard tests/bench/help_*.c)

# The server of the tests of models serves their benchmark, too.
$(BUILD)/bench/bench_models: BENCH_HELP += tests/unit/help_model.c

.PHONY: benches
benches: $(BENCHES)

$(BUILD)/bench/%: tests/bench/%.c $(BENCH_HELP) $(PARSER_LIB) $(DAEMON_LIB) $(LIB)
	@mkdir -p $(@D)
	$(call say,BENCH)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< $(BENCH_HELP) \
		$(DAEMON_LIB) $(PARSER_LIB) $(LIB) $(PKG_LDLIBS) $(PARSER_LDLIBS)

# The children lie beside assentd, which looks for them there. What names the
# programs' folder (the unit, its drop-ins) gets PREFIX's.
INSTALL_DOC := $(PREFIX)/share/doc/assentd
put = install -d $(DESTDIR)$(1) && install -m $(2) $(3) $(DESTDIR)$(1)

.PHONY: install
install: all
	$(call put,$(PREFIX)/sbin,755,$(PROGRAMS))
	$(call put,$(PREFIX)/share/man/man1,644,docs/man/assent.1)
	$(call put,$(PREFIX)/share/man/man5,644,docs/man/assentd.yaml.5)
	$(call put,$(PREFIX)/share/man/man8,644,docs/man/assentd.8)
	$(call put,$(PREFIX)/lib/sysusers.d,644,contrib/systemd/sysusers.d/assentd.conf)
	$(call put,$(PREFIX)/lib/tmpfiles.d,644,contrib/systemd/tmpfiles.d/assentd.conf)
	$(call put,$(PREFIX)/lib/systemd/system,644,contrib/systemd/assentd.service \
		contrib/systemd/assentd.socket)
	sed -i 's#/usr/sbin/#$(PREFIX)/sbin/#' $(DESTDIR)$(PREFIX)/lib/systemd/system/assentd.service
	$(call put,$(INSTALL_DOC),644,LICENSE README.md $(wildcard docs/*.md docs/*.yaml))
	$(call put,$(INSTALL_DOC)/examples/systemd,644,$(wildcard contrib/systemd/examples/*.conf))
	$(call put,$(INSTALL_DOC)/examples/nginx,644,contrib/nginx/assentd.conf)
	$(call put,$(INSTALL_DOC)/examples/caddy,644,contrib/caddy/Caddyfile)

.PHONY: clean
clean:
	rm -rf $(BUILD)
