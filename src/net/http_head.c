#include "http_priv.h"

#include <assent/base/num.h>

#include <string.h>

/*
 * Where two programs may read a request's length in two ways, a second request
 * can be smuggled past the first of them (RFC 9112 section 11.2). Whatever is
 * not plain is refused and its connection closed.
 */

struct head {
	const char *length, *transfer;
	int lengths, transfers, hosts;
	bool expects;
	bool bad_name;
};

static bool
is_token(const char *name)
{
	unsigned char c;

	if (!*name)
		return false;
	for (; (c = (unsigned char)*name); name++)
		if (c <= 0x20 || c >= 0x7f || (c < 0x40 && strchr("\"(),/:;<=>?", c)) ||
		    (c >= 0x40 && strchr("@[\\]{}", c)))
			return false;
	return true;
}

static enum MHD_Result
read_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct head *head = arg;

	switch (*name | 0x20) {
	case 'c':
		if (!text_is_nocase(name, "Content-Length"))
			break;
		head->length = value;
		head->lengths++;
		break;
	case 't':
		if (!text_is_nocase(name, "Transfer-Encoding"))
			break;
		head->transfer = value;
		head->transfers++;
		break;
	case 'h':
		head->hosts += text_is_nocase(name, "Host");
		break;
	case 'e':
		head->expects |= text_is_nocase(name, "Expect");
		break;
	}
	head->bad_name |= !is_token(name);
	return MHD_YES;
}

static bool
is_plain(const struct head *head, const char *version)
{
	if (head->bad_name || head->lengths > 1 || head->transfers > 1 || head->hosts > 1)
		return false;
	if (head->transfers == 0)
		return true;
	return head->lengths == 0 && strcmp(version, "HTTP/1.1") == 0 && head->transfer &&
	    text_is_nocase(head->transfer, "chunked");
}

/* 400 and 413 before the body is read; the caller then closes. */
static int
judge_length(struct work *work, const struct head *head)
{
	int64_t length = 0;

	if (head->lengths &&
	    (!head->length || !num_parse_within(head->length, 0, INT64_MAX, &length)))
		return 400;
	if ((uint64_t)length <= work->max_body)
		return 0;
	work->refusal = 413;
	/* Read what is a little too much, so that the client hears the answer. */
	return head->expects || (uint64_t)length > work->max_body + HTTP_DISCARD_MAX ? 413 : 0;
}

int
http_head_read(struct work *work, const char *method, const char *version)
{
	struct head head = { 0 };
	int status;

	work->state = WORK_READING;
	work->max_body = work->server->options.max_body;
	MHD_get_connection_values(work->conn->mhd, MHD_HEADER_KIND, read_header, &head);
	http_peer_set(work);
	status = http_route_find(work, method);
	if (!is_plain(&head, version) || status == 400)
		return 400;
	work->refusal = status;
	if (work->found && work->found->max_body)
		work->max_body = work->found->max_body;
	return judge_length(work, &head);
}
