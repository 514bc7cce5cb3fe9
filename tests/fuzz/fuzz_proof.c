/* Whatever is read as a receipt says the same when its lines are written out and read again. */
#include "help_fuzz.h"

#include <assent/flow/proof.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void
write_out(const struct proof *proof, struct str *out)
{
	proof_add_text(proof, out);
	str_add(out, "key ");
	str_add_base64(out, proof->key, sizeof(proof->key));
	str_add(out, "\nsignature ");
	str_add_base64(out, proof->signature, sizeof(proof->signature));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
	AUTO(str_donep) struct str first = STR_INIT((size_t)1 << 20);
	AUTO(str_donep) struct str second = STR_INIT((size_t)1 << 20);
	struct proof proof, again;
	struct err err;

	if (n > 65536 ||
	    proof_read(arena_dup_n(arena, (const char *)bytes, n), arena, &proof, &err) < 0)
		return 0;
	write_out(&proof, &first);
	must(proof_read(str_text(&first), arena, &again, &err) == 0);
	write_out(&again, &second);
	must(text_is(str_text(&first), str_text(&second)));
	must(again.is_signed == proof.is_signed);
	return 0;
}
