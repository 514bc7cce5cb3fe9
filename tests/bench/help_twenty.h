#pragma once
/* help_twenty: twenty rules as sites write them, and a fact of their own, deal_value. */
#include <assent/rules/rules.h>

#define RULES 20

struct rules *bench_twenty(void);
