#include "kinds_priv.h"
#include "syntax_priv.h"

#include <arpa/inet.h>
#include <string.h>

#define TEXT_ITEM_MAX 320

/* A list of any of our kinds: items and their number, in this order. */
struct any_list {
	void *items;
	size_t count;
};

struct item {
	const void *bytes;
	size_t n;
};

_Static_assert(sizeof(struct any_list) == sizeof(struct domain_list) &&
	sizeof(struct any_list) == sizeof(struct text_items) &&
	sizeof(struct any_list) == sizeof(struct listen_list) &&
	sizeof(struct any_list) == sizeof(struct range_list),
    "the lists of settings have one layout");

/* One more item of n bytes at the end of the list at row; room for row->max is made at once. */
static void
list_push(struct reader *reader, const struct row *row, void *base, struct item item)
{
	struct any_list list;

	memcpy(&list, (char *)base + row->at, sizeof(list));
	if (!list.items)
		list.items = arena_alloc(reader->arena, (size_t)row->max * item.n);
	memcpy((char *)list.items + list.count++ * item.n, item.bytes, item.n);
	memcpy((char *)base + row->at, &list, sizeof(list));
}

void
read_domain(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *domain, *fault = domain_fault(node->text, reader->arena, &domain);

	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		list_push(reader, row, base, (struct item){ &domain, sizeof(domain) });
}

void
read_text_item(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *text = arena_dup(reader->arena, node->text);

	if (!*text || strlen(text) > TEXT_ITEM_MAX || strpbrk(text, "\r\n\t"))
		value_fault(reader, row, node, "must be one line without tabs, at most %d bytes",
		    TEXT_ITEM_MAX);
	else
		list_push(reader, row, base, (struct item){ &text, sizeof(text) });
}

void
read_address_item(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *address, *fault = address_fault(node->text, reader->arena, &address);

	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		list_push(reader, row, base, (struct item){ &address, sizeof(address) });
}

/* RFC 8601 section 2.5: an authserv-id looks like a domain but need not be one. */
void
read_host(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
	char *host = arena_dup(reader->arena, node->text);

	text_lower(host);
	if (!*host || strlen(host) > 253 || strspn(host, allowed) != strlen(host))
		value_fault(reader, row, node, "'%.80s' is not a host name", node->text);
	else
		list_push(reader, row, base, (struct item){ &host, sizeof(host) });
}

void
read_name_item(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	const char *name = arena_dup(reader->arena, node->text);
	const char *fault = text_is(name, "*") ? NULL : name_fault(name);

	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		list_push(reader, row, base, (struct item){ &name, sizeof(name) });
}

void
show_domains(const struct row *row, const void *base, struct str *out)
{
	struct domain_list list;

	memcpy(&list, (const char *)base + row->at, sizeof(list));
	str_add(out, "[");
	for (size_t i = 0; i < list.count; i++) {
		str_add(out, i ? ", " : "");
		yaml_add_scalar(out, list.items[i]);
	}
	str_add(out, "]");
}

void
read_listen(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	struct listen_address address = { 0 };
	const char *fault = listen_fault(node->text, reader->arena, &address);

	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		list_push(reader, row, base, (struct item){ &address, sizeof(address) });
}

void
show_listen(const struct row *row, const void *base, struct str *out)
{
	struct listen_list list;

	memcpy(&list, (const char *)base + row->at, sizeof(list));
	str_add(out, "[");
	for (size_t i = 0; i < list.count; i++)
		str_addf(out, list.items[i].ipv6 ? "%s\"[%s]:%u\"" : "%s\"%s:%u\"", i ? ", " : "",
		    list.items[i].host, list.items[i].port);
	str_add(out, "]");
}

void
read_range(struct reader *reader, const struct row *row, const struct node *node, void *base)
{
	struct ip_range range = { .length = 0 };
	const char *fault = range_fault(node->text, &range);

	if (fault)
		value_fault(reader, row, node, "'%.80s' %s", node->text, fault);
	else
		list_push(reader, row, base, (struct item){ &range, sizeof(range) });
}

void
show_ranges(const struct row *row, const void *base, struct str *out)
{
	struct range_list list;
	char text[INET6_ADDRSTRLEN];

	memcpy(&list, (const char *)base + row->at, sizeof(list));
	str_add(out, "[");
	for (size_t i = 0; i < list.count; i++) {
		const struct ip_range *range = &list.items[i];

		inet_ntop(
		    range->length == 4 ? AF_INET : AF_INET6, range->address, text, sizeof(text));
		str_addf(out, "%s\"%s/%u\"", i ? ", " : "", text, range->bits);
	}
	str_add(out, "]");
}
