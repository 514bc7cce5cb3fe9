#include <assent/mail/outlet.h>

void
outlet_stop(struct outlet *outlet)
{
	if (outlet && outlet->ops->stop)
		outlet->ops->stop(outlet);
}

void
outlet_free(struct outlet *outlet)
{
	if (outlet)
		outlet->ops->free(outlet);
}
