#include <assent/ai/provider.h>

int
provider_draft(const struct provider *const *chain, size_t count,
    const struct draft_request *request, struct arena *arena, struct draft *out, struct err *err)
{
	int rc = err_set(err, ERR_NOT_FOUND, "no provider is configured");

	for (size_t i = 0; i < count; i++) {
		rc = chain[i]->draft(chain[i]->state, request, arena, out, err);
		if (rc == 0)
			return 0;
		rc = err_wrap(err, rc, "%s", chain[i]->name);
	}
	return rc;
}
