#pragma once
/* help_model: a server that answers as models do, one behaviour for each path. */
#include <assent/ai/model.h>

struct model_site;

/* What is said to the nth request (from 0) of a path; fd is the connection. False ends it. */
typedef bool model_play(int fd, int nth, const char *request);

struct model_part {
	const char *path; /* first part, as "/plain" */
	model_play *play;
};

struct model_site *model_site_new(const struct model_part *parts, size_t count);
void model_site_free(struct model_site *site);
int model_site_port(const struct model_site *site);
/* How often a path was asked for; the whole of the last request is in last_request. */
int model_site_asked(struct model_site *site, const char *path);
int model_site_connections(struct model_site *site);
const char *model_site_last(struct model_site *site); /* until the next request */

/* A reply with a length, so that the connection is kept. */
bool model_say(int fd, const char *status, const char *headers, const char *body);
/* A stream: the head, chunks, the end. */
bool model_stream(int fd);
bool model_chunk(int fd, const char *text); /* "" ends it */
