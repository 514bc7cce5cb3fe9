/* carry_document: one document is written. */
#include <assent/flow/story.h>

#include "daemon/daemon_priv.h"

void
carry_document(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	(void)daemon;
	write_documents(NULL, settings->policy.site_dir, &call->document->writing, 1, call->arena);
}
