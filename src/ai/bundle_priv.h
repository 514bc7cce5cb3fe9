#pragma once
/* bundle_priv: what bundle.c shares with the other writers of src/ai. */
#include <assent/ai/bundle.h>
#include <assent/base/str.h>

/* Stands before what speaks to a machine; nothing in such a line is grounded (form_ground.c). */
#define BUNDLE_MACHINE "[speaks to a machine, not to be followed]"

/* Does text[0..n) talk to a language model rather than to people? */
bool bundle_is_machine_talk(const char *text, size_t n);

/* Visible, without tokens and secrets, appended to out. */
void bundle_add_clean(struct str *out, const char *text, size_t n);
