#!/bin/sh
# Formatting, static analysis, manual pages, scripts, and a clean build with clang.
set -e
files=$(find reference runner reports examples -name '*.[ch]')
if command -v clang-format >/dev/null; then
	# shellcheck disable=SC2086
	clang-format --dry-run -Werror $files
else
	echo "lint: clang-format is not here: formatting not checked"
fi
if command -v cppcheck >/dev/null; then
	# jansson's loops are macros that cppcheck does not see into.
	# shellcheck disable=SC2046
	cppcheck --quiet '-Djson_array_foreach(a,i,v)=while((v=json_array_get(a,i=next_index())))' \
		'-Djson_object_foreach(o,k,v)=while((v=json_object_get(o,k)))'  --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
		--error-exitcode=1 -j "$(nproc)" -Ireference -I. $(find reference runner reports -name '*.c' ! -name '*_test.c')
else
	echo "lint: cppcheck is not here: static analysis skipped"
fi
# What `espy explain` tells of planted faults is what stands in front of the patches.
sh suites/mutants/faults.sh | diff - suites/faults.tsv || {
	echo "lint: suites/faults.tsv is stale: sh suites/mutants/faults.sh >suites/faults.tsv"
	exit 1
}
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning man/*.[1-9]
else
	echo "lint: mandoc is not here: manual pages not checked"
fi
if command -v shellcheck >/dev/null; then
	find . -name '*.sh' ! -path './build*' -exec shellcheck {} +
else
	echo "lint: shellcheck is not here: scripts not checked"
fi
if command -v xmllint >/dev/null; then
	find . -name '*.xsd' ! -path './build*' -exec xmllint --noout {} +
else
	echo "lint: xmllint is not here: schemas not checked"
fi
if command -v clang >/dev/null; then
	make --no-print-directory -s -j"$(nproc)" B=build-clang CC=clang all unit-build
else
	echo "lint: clang is not here: second compiler skipped"
fi
echo "lint: clean"
