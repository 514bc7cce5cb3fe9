#!/bin/sh
# Print a C file that holds each of the named files as an array (base/data.h).
# The names come sorted, because data_find() searches by halves.
set -eu
printf '#include <assent/base/data.h>\n\n'
n=0
for f in "$@"; do
	printf 'static const char d%d[] = {\n' "$n"
	od -An -v -tx1 "$f" | sed 's/ \(..\)/(char)0x\1,/g'
	printf '0 };\n'
	n=$((n + 1))
done
printf 'const struct data_file data_files[] = {\n'
n=0
for f in "$@"; do
	printf '\t{ "%s", d%d, sizeof(d%d) - 1 },\n' "$f" "$n" "$n"
	n=$((n + 1))
done
printf '\t{ 0, 0, 0 },\n};\nconst size_t data_file_count = %d;\n' "$n"
