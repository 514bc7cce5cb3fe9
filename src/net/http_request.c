#include "http_priv.h"

#include <string.h>

static struct work *
work_of(struct http_request *rq)
{
	return (struct work *)(void *)rq;
}

const char *
http_header(const struct http_request *rq, const char *name)
{
	const struct work *work = (const struct work *)(const void *)rq;

	return MHD_lookup_connection_value(work->conn->mhd, MHD_HEADER_KIND, name);
}

const char *
http_query(struct http_request *rq, const char *name)
{
	struct work *work = work_of(rq);

	if (!work->query_read) {
		work->query_read = true;
		work->query.count = 0;
		/* Scanners append all sorts of things: a query is never worth a refusal. */
		(void)!form_parse(rq->arena, rq->query, strlen(rq->query), &work->query, NULL);
	}
	return form_get(&work->query, name);
}

static bool
is_form_type(const char *type)
{
	static const char want[] = "application/x-www-form-urlencoded";

	if (!type || !text_starts_nocase(type, want))
		return false;
	type += sizeof(want) - 1;
	type += strspn(type, " \t");
	return *type == '\0' || *type == ';';
}

static int
form_read(struct work *work, struct err *err)
{
	work->form.count = 0;
	if (!is_form_type(http_header(&work->rq, "Content-Type")))
		return err_set(err, ERR_INVALID, "form: the Content-Type is not that of a form");
	return form_parse(work->rq.arena, work->rq.body, work->rq.body_len, &work->form, err);
}

int
http_form(struct http_request *rq, const struct form **out, struct err *err)
{
	struct work *work = work_of(rq);

	if (!work->form_read) {
		work->form_read = true;
		work->form_err.code = 0;
		work->form_err.code = form_read(work, &work->form_err);
	}
	if (work->form_err.code < 0)
		return err_set(err, work->form_err.code, "%s", work->form_err.text);
	*out = &work->form;
	return 0;
}
