#pragma once
/* write_priv: write_documents() over whatever answers. */
#include <assent/ai/write.h>

struct writer { /* models, or a test's memory of what they say */
	void *state;
	span_ms (*deadline)(void *state); /* by when all must be there, on the boot clock */
	void (*run)(void *state, struct model_call *calls, size_t count, span_ms deadline,
	    struct arena *arena);
};

/* writer NULL asks nobody. */
void write_by(const struct writer *writer, const char *site_dir, struct writing *writings,
    size_t count, struct arena *arena);
