/* fuzz_answer_gemini: help_answer.inc says what holds. */
#define CODEC codec_gemini
#include "help_answer.inc"
