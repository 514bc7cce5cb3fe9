#include <assent/base/err.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line only: what a peer put into a sentence must not start a new one. */
static void
err_flatten(struct err *err)
{
	for (char *p = err->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	for (size_t n = strlen(err->text); n > 0 && err->text[n - 1] == ' '; n--)
		err->text[n - 1] = '\0';
}

int
err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	err_flatten(err);
	return code;
}

int
err_errno(struct err *err, int code, int no, const char *fmt, ...)
{
	char what[256];
	va_list args;
	const char *name = strerrordesc_np(no);

	if (!err)
		return code;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (!name)
		return err_set(err, code, "%s: error %d", what, no);
	return err_set(err, code, "%s: %s", what, name);
}

int
err_wrap(struct err *err, int code, const char *fmt, ...)
{
	char prefix[256], rest[sizeof(err->text)];
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, args);
	va_end(args);
	memcpy(rest, err->text, sizeof(rest));
	if (!rest[0])
		return err_set(err, code, "%s", prefix);
	return err_set(err, code, "%s: %s", prefix, rest);
}

bool
err_is_temporary(int code)
{
	return code == ERR_BUSY || code == ERR_IO || code == ERR_PEER || code == ERR_FULL;
}

const char *
err_name(int code)
{
	switch (code) {
	case 0:
		return "ok";
	case ERR_NOT_FOUND:
		return "not-found";
	case ERR_INVALID:
		return "invalid";
	case ERR_LIMIT:
		return "limit";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_DENIED:
		return "denied";
	case ERR_BUSY:
		return "busy";
	case ERR_IO:
		return "io";
	case ERR_PEER:
		return "peer";
	case ERR_FULL:
		return "full";
	default:
		return "unknown";
	}
}
