#!/bin/sh
# Runs every suite on the Linux target and compares what failed with the list of known departures: case ids, one a line, # for
# comments; a ? in front: fails in some runs only. A new failure, a case that could not be decided, or a known departure that no longer
# fails is an error.
espy=$1 dir=$2 known=$3
"$espy" run -q -t linux -o "$dir" >"$dir.txt"
status=$?
[ "$status" -le 1 ] || { cat "$dir.txt"; exit 1; }
got=$(mktemp) && want=$(mktemp) && may=$(mktemp) || exit 1
trap 'rm -f "$got" "$want" "$may"' EXIT
sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$known" >"$may"
grep -v '^?' "$may" | sort -u >"$want"
sed -i -n 's/^? *//p' "$may"
sed -n 's/^{"event":"case".*"id":"\([^"]*\)","full_id".*"verdict":"\(FAIL\|INCONCLUSIVE\|ERROR\)".*/\1/p' "$dir/events.jsonl" |
	sort -u | grep -vxF -f "$may" >"$got"
tail -n 1 "$dir.txt"
if ! cmp -s "$want" "$got"; then
	echo "known departures (<) against what failed now (>):"
	diff "$want" "$got"
	cat "$dir.txt"
	exit 1
fi
