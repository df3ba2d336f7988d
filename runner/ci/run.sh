#!/bin/sh
# make run: the default target, or the reference where there is no User-Mode Linux. A target that falls short is a result, not an
# error of make; everything else that is not success is.
espy=$1 dir=$2
target=linux
if ! command -v linux.uml >/dev/null && ! command -v linux >/dev/null; then
	echo "run: user-mode-linux is not to be had here: running on the reference instead (espy run -t reference)"
	target=reference
fi
"$espy" run -t "$target" -o "$dir"
status=$?
echo "run: open $dir/report.html; run.json, junit.xml, events.jsonl and cases/ lie beside it" >&2
[ "$status" -le 1 ] || exit "$status"
