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

static void
ask_for_rest(
    const struct provider *provider, struct draft_task *tasks, size_t count, struct arena *arena)
{
	if (provider->draft_many != NULL) {
		provider->draft_many(provider->state, tasks, count, arena);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct err err;

		if (tasks[i].rc < 0)
			tasks[i].rc = provider->draft(
			    provider->state, tasks[i].request, arena, tasks[i].out, &err);
		if (tasks[i].rc < 0 && tasks[i].err.code == 0)
			tasks[i].err = err;
	}
}

void
provider_draft_many(const struct provider *const *chain, size_t count, struct draft_task *tasks,
    size_t task_count, struct arena *arena)
{
	for (size_t i = 0; i < task_count; i++) {
		tasks[i].err = (struct err){ 0 };
		tasks[i].rc = ERR_NOT_FOUND;
	}
	for (size_t i = 0; i < count; i++)
		ask_for_rest(chain[i], tasks, task_count, arena);
}
