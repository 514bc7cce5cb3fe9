#include "help_verb.h"

#include <assent/flow/verb.h>

struct verb_call {
	const char *name;
	json_t *arguments, *out;
};

static int
verb_step(struct desk *desk, void *arg, struct err *err)
{
	struct verb_call *call = arg;

	return verb_run(desk, call->name, call->arguments, &call->out, err);
}

int
kit_verb(struct desk_kit *kit, const char *name, json_t *arguments, json_t **out, struct err *err)
{
	struct verb_call call = { name, arguments, NULL };
	int rc = kit_step(kit, verb_step, &call, err);

	json_decref(arguments);
	if (rc == 0 && out != NULL)
		*out = call.out;
	else
		json_decref(call.out);
	return rc;
}
