/*
 * Whatever a child sends: a field lies inside its payload, what was read can be
 * written back byte for byte, and a bad reader stays bad.
 */
#include <assent/base/frame.h>
#include <assent/base/utf8.h>

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_ON_THE_WIRE 32768

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
raw_fields_lie_inside_and_write_back(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str again = STR_INIT(size);
	struct field_reader r;

	field_reader_init(&r, data, size);
	while (!r.bad && r.left > 0) {
		size_t n;
		const char *field = field_take(&r, &n);

		if (r.bad) {
			assert(n == 0 && *field == '\0');
			break;
		}
		assert((const uint8_t *)field >= data + 4);
		assert((const uint8_t *)field + n <= data + size);
		field_add(&again, field, n);
	}
	assert(!str_overflowed(&again));
	assert(memcmp(str_text(&again), data, again.len) == 0);
	assert(field_is_end(&r) == (again.len == size));
}

/* The first byte of each round says what the reader believes to come. */
static void
typed_fields_keep_their_promises(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096 + 40 * size);
	struct field_reader r;

	if (size == 0)
		return;
	field_reader_init(&r, data + 1, size - 1);
	for (unsigned i = 0; i < 16; i++) {
		bool was_bad = r.bad;

		if (data[0] >> (i & 7) & 1) {
			int64_t n = field_take_int(&r, -5, 1000);

			assert(n >= -5 && n <= 1000 && (!r.bad || n == -5));
		} else {
			const char *text = field_take_text(&r, arena, 64);

			assert(strlen(text) <= 64 && utf8_is_valid(text, strlen(text)));
			assert(!r.bad || text[0] == '\0');
		}
		assert(r.bad || !was_bad);
	}
}

static void
what_is_written_is_read(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str s = STR_INIT(size * 6 + 64);
	struct field_reader r;
	size_t n, at = 0;

	for (size_t step = 1; at < size; at += step, step = step * 3 % 97) {
		n = step < size - at ? step : size - at;
		field_add(&s, data + at, n);
	}
	field_add_int(&s, (int64_t)size);
	field_reader_init(&r, s.text, s.len);
	at = 0;
	for (size_t step = 1; at < size; at += step, step = step * 3 % 97) {
		const char *field = field_take(&r, &n);

		assert(n == (step < size - at ? step : size - at));
		assert(memcmp(field, data + at, n) == 0);
	}
	assert(field_take_int(&r, 0, INT64_MAX) == (int64_t)size);
	assert(field_is_end(&r));
}

static void
frames_on_the_wire_end_in_a_known_way(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str buf = STR_INIT(1000);
	struct frame f;
	size_t whole = 0;
	int ends[2], rc;

	if (size > MOST_ON_THE_WIRE)
		size = MOST_ON_THE_WIRE;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return;
	assert(write(ends[0], data, size) == (ssize_t)size);
	close(ends[0]);
	while ((rc = frame_receive(ends[1], &buf, &f, NULL, -1, NULL)) == 0) {
		assert(f.len <= 1000 && whole + 5 + f.len <= size);
		assert(f.kind == data[whole + 4]);
		assert(memcmp(f.payload, data + whole + 5, f.len) == 0);
		whole += 5 + f.len;
	}
	assert(rc == ERR_NOT_FOUND || rc == ERR_PEER || rc == ERR_LIMIT);
	assert((rc == ERR_NOT_FOUND) == (whole == size));
	close(ends[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	raw_fields_lie_inside_and_write_back(data, size);
	typed_fields_keep_their_promises(data, size);
	what_is_written_is_read(data, size);
	frames_on_the_wire_end_in_a_known_way(data, size);
	return 0;
}
