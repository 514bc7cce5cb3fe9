#pragma once
/* version: of all programs of one build. */

#define ASSENT_VERSION "0.1.0"
