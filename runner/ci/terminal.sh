#!/bin/sh
# What a run looks like on a terminal, a narrow one, a dumb one, and on none. Usage: terminal.sh ESPY
espy=$(realpath "$1")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
escape=$(printf '\033')
unset NO_COLOR CLICOLOR_FORCE COLUMNS

# on_terminal COLUMNS: a run on the reference with a failure in it, on a terminal of that width; what it was sent, a line a redrawing
on_terminal() {
	script -qec "stty cols $1; $espy run -t reference -o $dir/run $suites" /dev/null </dev/null | tr '\r' '\n' >"$dir/seen"
}
# shows NAME PATTERN: somewhere
shows() {
	if grep -Eq -e "$2" "$dir/seen"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: nothing like "%s" in\n' "$1" "$2"
		head -c 1500 "$dir/seen" | cat -v
	fi
}
# hides NAME PATTERN: nowhere
hides() {
	if grep -Eq -e "$2" "$dir/seen"; then
		failed=$((failed + 1))
		printf '%s: "%s" in\n' "$1" "$2"
		grep -E -e "$2" "$dir/seen" | head -3 | cat -v
	else
		passed=$((passed + 1))
	fi
}
if ! command -v script >/dev/null; then
	echo "terminal: script is not here: skipped"
	exit 0
fi
cat >"$dir/wrong.suite" <<'SUITE'
suite wrong "a failure to look at"
case never MUST "nothing answers"
{
  > echo(seq=1)
  < echo-reply(seq=2)
}
SUITE
suites="--suites suites/esp-out.suite --suites suites/esp-icv.suite --suites $dir/wrong.suite"

TERM=xterm
export TERM
on_terminal 100
shows 'a bar, and the time left' '\[#+\.*\] [0-9]+/[0-9]+.*, [0-9]+/s, [0-9]+ s left'
shows 'colour beside the word' "$escape\[1;31mFAIL$escape"
on_terminal 30
shows 'a bar where there is room for one' "^$escape\[K(\[[#.]+\] )?[0-9]+/[0-9]+"
sed "s/^$escape\[K//" "$dir/seen" | grep -E '^(\[[#.]+\] )?[0-9]+/[0-9]+' | awk 'length > 29 { print "too wide: " $0 }' >"$dir/wide"
mv "$dir/wide" "$dir/seen"
hides 'no line of the bar is wider than the terminal' 'too wide'
NO_COLOR=1
export NO_COLOR
on_terminal 100
shows 'without colour a bar is still drawn' '\[#+\.*\] [0-9]+/[0-9]+'
hides 'NO_COLOR' "$escape\[[0-9;]+m"
unset NO_COLOR
TERM=dumb
on_terminal 100
shows 'a dumb terminal gets words' '^FAIL wrong/never'
hides 'and nothing that steers it' "$escape"
TERM=xterm
# shellcheck disable=SC2086 # options
"$espy" run -t reference -o "$dir/run" $suites >"$dir/seen" 2>&1 </dev/null
shows 'elsewhere words too' '^FAIL wrong/never'
hides 'and nothing that steers a terminal' "$escape|$(printf '\r')"
CLICOLOR_FORCE=1 "$espy" run -q -t reference -o "$dir/run" "$dir/wrong.suite" >"$dir/seen" 2>&1
shows 'CLICOLOR_FORCE' "$escape\[1;31mFAIL"
CLICOLOR_FORCE=1 "$espy" run -q -t reference --color never -o "$dir/run" "$dir/wrong.suite" >"$dir/seen" 2>&1
hides '--color never' "$escape"
"$espy" run -q -t reference --color always -o "$dir/run" "$dir/wrong.suite" >"$dir/seen" 2>&1
shows '--color always' "$escape\[1;31mFAIL"
echo "terminal: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
