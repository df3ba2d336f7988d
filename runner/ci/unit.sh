#!/bin/sh
# Runs unit test programs two at a time and prints one line each; fails if any fails or none ran.
[ $# -gt 0 ] || { echo "unit: no test programs"; exit 1; }
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\n' "$@" | xargs -P 2 -I{} sh -c '
	log="$1/$(echo "$2" | tr / _)"
	"$2" --short-filename >"$log" 2>&1
	echo "$? $2" >>"$1/status"
	tail -n 1 "$log" | sed "s|^|$2: |"' sh "$out" {}
bad=$(grep -cv "^0 " "$out/status")
grep -v "^0 " "$out/status" | while read -r _ t; do cat "$out/$(echo "$t" | tr / _)"; done
n=$(wc -l <"$out/status")
echo "unit: $((n - bad)) passed, $bad failed (programs)"
[ "$bad" -eq 0 ]
