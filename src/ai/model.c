#include <assent/ai/model.h>

const char *
model_trouble_name(enum model_trouble trouble)
{
	static const char *const names[MODEL_TROUBLES] = {
		[MODEL_WORKS] = "",
		[MODEL_RESTS] = "rests",
		[MODEL_TIME] = "time",
		[MODEL_CONNECTION] = "connection",
		[MODEL_STATUS] = "status",
		[MODEL_ANSWER] = "answer",
		[MODEL_BUDGET] = "budget",
		[MODEL_NONE] = "none",
	};

	return names[trouble];
}
