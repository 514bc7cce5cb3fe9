/* fuzz_answer_openai: help_answer.inc says what holds. */
#define CODEC codec_openai
#include "help_answer.inc"
