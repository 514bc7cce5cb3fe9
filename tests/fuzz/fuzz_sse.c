/*
 * fuzz_sse: whatever pieces the same bytes come in, the events, the failure and
 * the wait are the same; each event is bounded and valid UTF-8.
 */
#include "help_fuzz.h"

#include <assent/base/utf8.h>
#include <assent/net/sse.h>

#include <stdint.h>
#include <string.h>

#define MOST ((size_t)256)
#define INPUT_MOST ((size_t)16 << 10)

static int
tell(void *arg, const struct sse_event *event, struct err *err)
{
	struct str *told = arg;

	(void)err;
	must(event->data_len <= MOST && utf8_is_valid(event->data, event->data_len));
	must(event->name[0] != '\0' && utf8_is_valid(event->name, strlen(event->name)));
	must(utf8_is_valid(event->id, strlen(event->id)));
	must(strpbrk(event->name, "\r\n") == NULL && strpbrk(event->id, "\r\n") == NULL);
	str_addf(told, "%s\n%s\n", event->name, event->id);
	str_add_n(told, event->data, event->data_len);
	str_add_char(told, '\0');
	return 0;
}

struct heard {
	struct str told;
	int rc;
	int64_t retry_ms;
};

/* In pieces that differ from seed to seed; 0 for one. */
static void
hear(const char *bytes, size_t n, unsigned seed, struct heard *out)
{
	struct sse sse;
	struct err err;

	*out = (struct heard){ .told = STR_INIT((size_t)64 << 20) };
	sse_init(&sse, MOST, tell, &out->told);
	for (size_t at = 0, piece; at < n; at += piece) {
		seed = seed * 1103515245u + (seed != 0 ? 12345u : 0u);
		piece = seed != 0 ? 1 + (seed >> 16) % 9 : n;
		if (piece > n - at)
			piece = n - at;
		out->rc = sse_feed(&sse, bytes + at, piece, &err);
	}
	out->retry_ms = sse.retry_ms;
	sse_done(&sse);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole;

	if (size > INPUT_MOST)
		return 0;
	hear((const char *)data, size, 0, &whole);
	for (unsigned seed = 1; seed < 4; seed++) {
		struct heard heard;
		hear((const char *)data, size, seed, &heard);
		must(heard.rc == whole.rc && heard.retry_ms == whole.retry_ms);
		must(heard.told.len == whole.told.len);
		must(whole.told.len == 0 ||
		    memcmp(heard.told.text, whole.told.text, whole.told.len) == 0);
		str_done(&heard.told);
	}
	str_done(&whole.told);
	return 0;
}
