#include "http_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Percent-decode raw[0..n). An escaped slash, NUL or control character would
 * make one path out of another, so these are refused.
 */
static char *
path_decode(struct arena *arena, const char *raw, size_t n)
{
	char *out = arena_alloc(arena, n + 1), *to = out;
	const char *end = raw + n;
	unsigned char c;

	for (; raw < end; raw++) {
		c = (unsigned char)*raw;
		if (c == '%') {
			if (end - raw < 3 || hex_value(raw[1]) < 0 || hex_value(raw[2]) < 0)
				return NULL;
			c = (unsigned char)(hex_value(raw[1]) << 4 | hex_value(raw[2]));
			raw += 2;
			if (c == '/')
				return NULL;
		}
		if (c < 0x20 || c == 0x7f)
			return NULL;
		*to++ = (char)c;
	}
	return utf8_is_valid(out, (size_t)(to - out)) ? out : NULL;
}

/* Does path fit the pattern? Each {} stands for one segment that is not empty. */
static bool
path_fits(
    struct arena *arena, const char *pattern, const char *path, const char *segments[HTTP_HOLES])
{
	size_t holes = 0, n;

	for (size_t i = 0; i < HTTP_HOLES; i++)
		segments[i] = NULL;
	while (*pattern != '\0') {
		if (pattern[0] != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		n = strcspn(path, "/");
		if (n == 0)
			return false;
		segments[holes++] = arena_dup_n(arena, path, n);
		pattern += strlen("{}");
		path += n;
	}
	return *path == '\0';
}

/* Every method that the path has, for a 405's Allow. */
static void
allow_add(struct work *work, const char *method)
{
	const char *more = strcmp(method, "GET") == 0 ? "GET, HEAD" : method;

	/* Two patterns may fit the same path. */
	if (work->allow && strstr(work->allow, method))
		return;
	work->allow =
	    work->allow ? arena_printf(work->rq.arena, "%s, %s", work->allow, more) : more;
}

static int
match(struct work *work)
{
	const struct http_options *options = &work->server->options;
	const struct http_route *route;
	const char *segments[HTTP_HOLES];
	size_t i;

	for (i = 0; i < options->route_count; i++) {
		route = &options->routes[i];
		if (!path_fits(work->rq.arena, route->path, work->rq.path, segments))
			continue;
		work->rq.route = route->path;
		if (strcmp(route->method, work->rq.method) == 0) {
			work->found = route;
			work->rq.segment = segments[0];
			work->rq.second = segments[1];
			return 0;
		}
		allow_add(work, route->method);
	}
	return work->allow ? 405 : 404;
}

int
http_route_find(struct work *work, const char *method)
{
	const char *query = strchr(work->uri, '?');
	size_t n = query ? (size_t)(query - work->uri) : strlen(work->uri);
	char *path;

	work->rq.head = strcmp(method, "HEAD") == 0;
	work->rq.method = work->rq.head ? "GET" : arena_dup(work->rq.arena, method);
	work->rq.query = query ? query + 1 : "";
	work->rq.path = "";
	if (work->uri[0] != '/' || strchr(work->uri, '#'))
		return 400;
	path = path_decode(work->rq.arena, work->uri, n);
	if (!path)
		return 400;
	work->rq.path = path;
	return match(work);
}

static bool
is_route(const char *path)
{
	size_t holes = 0;

	if (*path != '/')
		return false;
	for (; (path = strchr(path, '{')) != NULL; path += 2)
		if (path[-1] != '/' || path[1] != '}' || (path[2] != '/' && path[2] != '\0') ||
		    ++holes > HTTP_HOLES)
			return false;
	return true;
}

int
http_routes_check(const struct http_options *options, struct err *err)
{
	for (size_t i = 0; i < options->route_count; i++)
		if (!is_route(options->routes[i].path))
			return err_set(
			    err, ERR_INVALID, "http: '%s' is not a route", options->routes[i].path);
	return 0;
}
