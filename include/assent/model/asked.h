#pragma once
/*
 * asked: what was put to a person, and its hash (invariant 9).
 *
 * The hash covers exactly this and is versioned; summary, notes, status, time
 * and whatever came in after asking are not in it.
 */
#include <assent/base/attr.h>
#include <assent/base/crypto.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What has no attributes is encoded as it was before there were any, so that
 * questions that are open stay what they are.
 */
#define ASKED_VERSION 1
#define ASKED_VERSION_ATTRIBUTES 2

struct asked_attachment {
	const char *name;
	int64_t size;
	uint8_t sha256[SHA256_SIZE];
};

struct asked_attribute {
	const char *name, *value; /* a line each */
};

struct asked {
	const char *approver; /* address */
	const char *question;
	const char *title;
	const char *request; /* the verbatim text as shown */
	const struct asked_attachment *attachments;
	size_t attachment_count;
	const struct asked_attribute *attributes; /* those that the site lists under binding */
	size_t attribute_count;
};

void asked_hash(const struct asked *asked, uint8_t out[SHA256_SIZE]);

/* As JSON for the store, and back; ERR_INVALID when it is not what asked_to_json() wrote. */
json_t *asked_to_json(const struct asked *asked) MUST_USE;
int asked_from_json(
    const json_t *json, struct arena *arena, struct asked *out, struct err *err) MUST_USE;

/*
 * What differs, for people: a JSON array of {"what", "before", "after"}; empty
 * when the hashes agree.
 */
json_t *asked_changes(const struct asked *before, const struct asked *after) MUST_USE;
