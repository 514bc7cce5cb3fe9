#pragma once
/* extract_priv: the words that the summariser looks for; each list ends with NULL. */

extern const char *const extract_ask_words[];
extern const char *const extract_impact_words[];
extern const char *const extract_money_words[];
extern const char *const extract_date_words[];
extern const char *const extract_idle_words[]; /* greetings and thanks: never a bullet */
