#include <assent/web/web.h>

struct desk
web_desk(const struct web *web, const struct settings *settings, struct tx *tx)
{
	return (struct desk){
		.tx = tx,
		.policy = &settings->policy,
		.now = web->now(),
		.clock_trusted = web->clock_trusted == NULL || web->clock_trusted(web->clock_arg),
	};
}
