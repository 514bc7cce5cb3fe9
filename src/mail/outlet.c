#include <assent/mail/outlet.h>

void
outlet_free(struct outlet *outlet)
{
	if (outlet)
		outlet->ops->free(outlet);
}
