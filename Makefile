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

LIBS := jansson sqlite3 libcrypto libmicrohttpd gmime-3.0 yaml-0.1 libpsl libidn2 libcurl
PARSER_LIBS := jansson libcrypto gmime-3.0 libxml-2.0 uchardet libseccomp
ifndef NEED_DEPS
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS) $(PARSER_LIBS) | sed 's/-I/-isystem /g')
PKG_LDLIBS := $(shell pkg-config --libs $(LIBS))
PARSER_LDLIBS := $(shell pkg-config --libs $(PARSER_LIBS))
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

FOLDERS := base text model config store mail net ai flow web
LIB_SRC := $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.c))
DAEMON_SRC := $(wildcard src/daemon/*.c)
CLI_SRC := $(wildcard src/cli/*.c)
PARSER_SRC := $(wildcard src/parser/*.c)
DATA := $(shell find mail-templates web -type f ! -name '.*' ! -name '*.md' | LC_ALL=C sort)

obj = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))
LIB := $(BUILD)/libassent.a
PARSER_LIB := $(BUILD)/libparser.a
DAEMON_LIB := $(BUILD)/libdaemon.a
PROGRAMS := $(BUILD)/assentd $(BUILD)/assent $(BUILD)/assent-parser

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

$(LIB): $(call obj,$(LIB_SRC)) $(BUILD)/gen/data.o
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(PARSER_LIB): $(call obj,$(filter-out src/parser/main.c,$(PARSER_SRC)))
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(DAEMON_LIB): $(call obj,$(filter-out src/daemon/main.c,$(DAEMON_SRC)))
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(BUILD)/assentd: $(BUILD)/obj/daemon/main.o $(DAEMON_LIB) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LDLIBS)

$(BUILD)/assent: $(call obj,$(CLI_SRC)) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LDLIBS)

$(BUILD)/assent-parser: $(BUILD)/obj/parser/main.o $(PARSER_LIB) $(LIB)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PARSER_LDLIBS)

# --- tests -----------------------------------------------------------------

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
TEST_HELP := $(wildcard tests/unit/help_*.c)

.PHONY: units
units: $(UNITS)

$(BUILD)/tests/%: tests/unit/%.c $(TEST_HELP) $(PARSER_LIB) $(DAEMON_LIB) $(LIB) $(PROGRAMS)
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -DBUILD_DIR='"$(abspath $(BUILD))"' $(ALL_LDFLAGS) -o $@ $< \
		$(TEST_HELP) $(DAEMON_LIB) $(PARSER_LIB) $(LIB) -lcmocka $(PKG_LDLIBS) $(PARSER_LDLIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(PARSER_LIB) $(LIB)
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< tests/fuzz/replay.c \
		$(PARSER_LIB) $(LIB) $(PKG_LDLIBS) $(PARSER_LDLIBS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
