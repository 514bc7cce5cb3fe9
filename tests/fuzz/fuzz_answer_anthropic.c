/* fuzz_answer_anthropic: help_answer.inc says what holds. */
#define CODEC codec_anthropic
#include "help_answer.inc"
