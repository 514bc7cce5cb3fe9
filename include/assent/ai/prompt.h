#pragma once
/*
 * prompt: what a model is asked, from prompts/<kind>.md.
 *
 * A prompt file begins with a front matter (tier, max_tokens, temperature,
 * form) between two lines "---"; its body is a mustache template in two halves,
 * divided by a line that is exactly "---": what the model is told as its task,
 * and the material. A site's file under site_dir wins over the built-in one.
 * The view is described in docs/PROMPTS.md. Faults say file:line:column.
 */
#include <assent/ai/form.h>
#include <assent/ai/model.h>
#include <assent/base/crypto.h>

struct prompt {
	const char *task, *material; /* UTF-8 without invisible characters */
	enum model_tier tier;
	int max_tokens; /* 0: the server's */
	double temperature; /* negative: the server's */
	char hash[2 * SHA256_SIZE + 1]; /* of the file that was used: part of a cache's key */
};

/*
 * The prompt of a kind for material (bundle_text()). ERR_INVALID names what is
 * wrong with a site's file; ERR_LIMIT. out->hash is set on success only.
 */
int prompt_write(const char *site_dir, const struct form_check *form, struct arena *arena,
    struct prompt *out, struct err *err) MUST_USE;

/* Only what a cache's key needs: the hash of the file that prompt_write() would use. */
int prompt_hash(const char *site_dir, enum document_kind kind, char out[2 * SHA256_SIZE + 1],
    struct err *err) MUST_USE;

/* Do the prompts of all kinds work? For `assent config check`. */
int prompt_check(const char *site_dir, struct err *err) MUST_USE;
