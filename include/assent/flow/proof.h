#pragma once
/*
 * proof: the signed lines at the foot of a receipt, read back out of a mail's
 * text. Mails are quoted, indented and wrapped on their way: quote marks and
 * blanks before a line do not count, and a line that begins with none of the
 * words below goes on with the one before.
 *
 *	assentd receipt 1
 *	mail <id>
 *	item <mark> <outcome>		one or more
 *	when <UTC>
 *	head <seq> <hex>
 *	key <base64>			this and the next are not signed
 *	signature <base64>
 */
#include <assent/base/crypto.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>
#include <assent/store/ledger.h>

#include <stdbool.h>
#include <stddef.h>

#define PROOF_ITEMS_MAX 100

struct proof_item {
	const char *mark, *outcome; /* "[T-1001]", "approved" */
};

struct proof {
	const char *mail; /* id */
	struct proof_item *items;
	size_t count;
	const char *when;
	struct ledger_head head;
	uint8_t key[ED25519_KEY_SIZE];
	uint8_t signature[ED25519_SIGNATURE_SIZE];
	bool
	    is_signed; /* the signature fits the key and the lines; whose key it is, is not asked */
};

/*
 * Texts lie in arena. ERR_NOT_FOUND when text holds no receipt, ERR_INVALID
 * with what is wrong when its lines are not whole.
 */
int proof_read(const char *text, struct arena *arena, struct proof *out, struct err *err) MUST_USE;

/* The lines that are signed, each ended by LF. */
void proof_add_text(const struct proof *proof, struct str *out);
