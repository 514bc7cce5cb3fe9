#pragma once
/*
 * syntax: what an address, a domain, a URL and the like look like.
 *
 * Each x_fault() returns NULL when text is one, else a piece of sentence that
 * says what is wrong with it ("has no '@'").
 */
#include <assent/base/mem.h>
#include <assent/config/settings.h>

#define ADDRESS_MAX 254 /* RFC 5321 section 4.5.3.1.3, without the brackets */

/* Domains and addresses come back in out: lower-case ASCII domain, in arena. */
const char *domain_fault(const char *text, struct arena *arena, const char **out);
const char *address_fault(const char *text, struct arena *arena, const char **out);

/* Lower-case letters, digits, '-' and '_', at most 64. */
const char *name_fault(const char *text);

/* "https://host[:port][/path]", http only on loopback; out has no trailing slash. */
const char *url_fault(const char *text, struct arena *arena, const char **out);

/* "?api-version=2024-10-21": what may follow such a one. */
const char *query_fault(const char *text);

/* "127.0.0.1:8025", "[::1]:8025". */
const char *listen_fault(const char *text, struct arena *arena, struct listen_address *out);

/* "10.0.0.0/8", "fd00::/8" or one address. */
const char *range_fault(const char *text, struct ip_range *out);

/* The part of an address after its last '@'; "" when it has none. */
const char *domain_of(const char *address);
