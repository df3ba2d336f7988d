#!/bin/sh
# Known failures and comparisons, as a user meets them, on the reference: a list is made of a run, refused until it has reasons, obeyed,
# and shrinks when a case no longer fails; runs differ by case, target, seed, or not at all. Usage: compare.sh ESPY
espy=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0

# says NAME STATUS WORDS COMMAND..: the exit status, and words on either stream
says() {
	name=$1 status=$2 words=$3
	shift 3
	got=$("$@" 2>&1 </dev/null)
	code=$?
	if [ "$code" -eq "$status" ] && printf '%s\n' "$got" | grep -qF -e "$words"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: want status %s and "%s", got %s:\n%s\n' "$name" "$status" "$words" "$code" "$got"
	fi
}
# holds NAME WANT GOT
holds() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: want %s, got %s\n' "$1" "$2" "$3"
	fi
}
# The suite as it is first: two cases fail, one of them with IPv6 alone.
suite() {
	cat >"$dir/s.suite" <<SUITE
suite s "t" rfc4303 2
  for family in ipv4 ipv6
case good MUST "passes"
{
  > echo(seq=1)
  < echo-reply(seq=1)
}
case half MUST "fails with IPv6"
{
  if \$family == ipv6 { check 1 == ${1:-2} }
}
case soft SHOULD "fails with both"
{
  > echo(seq=1)
  < echo-reply(seq=${2:-2})
}
SUITE
}
run() {
	out=$1
	shift
	"$espy" run -q -t reference --seed 7 --suites "$dir/s.suite" -o "$dir/$out" "$@"
}
verdicts() {
	sed -n 's/^.*"full_id":"\([^"]*\)".*"verdict":"\([A-Z]*\)".*$/\1 \2/p' "$dir/$1/events.jsonl" | sort | tr '\n' ' '
}
baseline() {
	verb=$1
	shift
	"$espy" baseline "$verb" --suites "$dir/s.suite" "$@"
}

# --- a list is made of a run
suite
says 'a run without a list' 1 '3 passed, 3 failed' run first
says 'dry run of update' 1 '0 taken out, 2 added' baseline update --dry-run "$dir/known" "$dir/first"
[ ! -e "$dir/known" ]
holds 'dry run writes nothing' 0 $?
says 'update' 0 '+ s/half: MUST [RFC 4303 2]' baseline update "$dir/known" "$dir/first"
says 'lint wants reasons' 1 "known:4: s/half: reason wanted" baseline lint "$dir/known"
sed -i 's/^# reason wanted.*MUST.*/# Half of it is missing. https:\/\/bugs.example\/17/; s/^# reason wanted.*SHOULD.*/# Soft./' "$dir/known"
says 'lint is content' 0 '' baseline lint "$dir/known" --run "$dir/first"
says 'show' 0 's/half  -- fails in 1 of 2' baseline show "$dir/known" --run "$dir/first"
says 'show as JSON' 0 '"reason": "Half of it is missing. https://bugs.example/17"' baseline show --json "$dir/known"
cp "$dir/known" "$dir/before"
says 'update with nothing to do' 0 '0 taken out, 0 added' baseline update "$dir/known" "$dir/first"
cmp -s "$dir/known" "$dir/before"
holds 'a list that is true stays' 0 $?

# --- it is obeyed
says 'known failures' 0 '3 passed, 0 failed, 0 skipped, 3 xfailed' run second --baseline "$dir/known"
holds 'the journal says what happened' 's/good/ipv4 PASS s/good/ipv6 PASS s/half/ipv4 PASS s/half/ipv6 FAIL s/soft/ipv4 FAIL s/soft/ipv6 FAIL ' \
	"$(verdicts second)"
holds 'and that it was known' 3 "$(grep -c '"known":{"entry":"s/' "$dir/second/events.jsonl")"
says 'a part of the combinations proves nothing' 0 '2 passed, 0 failed' \
	run part --baseline "$dir/known" --params family=ipv4 's/half' 's/good'
says 'known failures end no run' 0 '3 passed' run fast --baseline "$dir/known" --fail-fast
printf '# Known.\ns/half until 2020-01-01\ns/soft\n' >"$dir/old"
says 'a list that has expired' 1 "s/half: still fails, and was to be known until 2020-01-01" run expired --baseline "$dir/old"
says 'lint of what has expired' 1 'was to be known until 2020-01-01' baseline lint "$dir/old"
printf '# Known.\ns/haf\ns/half/ipv4/x\ns/soft\ns/soft/ipv4\ns/soft\n# Behind.\ns/good\n' >"$dir/bad"
says 'lint: no such case' 1 "s/haf: no such case: did you mean s/half?" baseline lint "$dir/bad"
says 'lint: no such combination' 1 's/half/ipv4/x: no combination of s/half is so called' baseline lint "$dir/bad"
says 'lint: twice' 1 'bad:6: s/soft: stands in line 4 already' baseline lint "$dir/bad"
says 'lint: covered' 1 'bad:5: s/soft/ipv4: line 4 has it already' baseline lint "$dir/bad"
says 'lint: order' 1 'bad:8: s/good: comes before s/haf of line 2' baseline lint "$dir/bad"
says 'lint: against a run' 1 'bad:8: s/good: no longer fails: take it out' baseline lint "$dir/bad" --run "$dir/first"
says 'lint: what is missing' 1 'bad: s/half: FAIL, and not in the list' baseline lint "$dir/bad" --run "$dir/first"

# --- and shrinks
suite 1
says 'no longer fails' 1 's/half: no longer fails, take it out' run third --baseline "$dir/known"
says 'XPASS' 1 '2 passed, 0 failed, 0 skipped, 2 xfailed, 2 xpassed' run third --baseline "$dir/known"
says 'update takes it out' 0 "known:4: s/half: no longer fails" baseline update "$dir/known" "$dir/third"
says 'and it is out' 0 '4 passed, 0 failed, 0 skipped, 2 xfailed' run third --baseline "$dir/known"
holds 'its reason went along' 0 "$(grep -c 'Half of it' "$dir/known")"
holds 'that of others stayed' 1 "$(grep -c '^# Soft.$' "$dir/known")"

# --- runs compared
says 'fixed' 0 '0 broken, 1 fixed' "$espy" diff "$dir/first" "$dir/third"
says 'because the case changed' 0 'the case changed' "$espy" diff "$dir/first" "$dir/third"
says 'broken' 1 'PASS -> FAIL s/half' "$espy" diff "$dir/third" "$dir/first"
says 'the same' 0 '0 broken, 0 fixed, 0 changed, 0 new, 0 skipped now, 0 no longer run, 6 the same' \
	"$espy" diff "$dir/first" "$dir/second"
says 'known in the new run' 0 '1 broken (1 known)' "$espy" diff "$dir/third" "$dir/second"
says 'less was run' 0 '4 no longer run' "$espy" diff "$dir/first" "$dir/part"
says 'less was run, strictly' 1 '4 no longer run' "$espy" diff --strict "$dir/first" "$dir/part"
says 'only the last line' 1 '1 broken, 0 fixed' "$espy" diff -q "$dir/third" "$dir/first"
says 'JSON' 1 '"schema": "espy-diff/1"' "$espy" diff --json "$dir/third" "$dir/first"
says 'Markdown' 1 '| PASS → FAIL | 1 of 2 | the case changed |' "$espy" diff --md "$dir/third" "$dir/first"
sed 's/"release":"rfc4301"/"release":"rfc4302"/' "$dir/first/events.jsonl" >"$dir/other.jsonl"
says 'another target' 0 'target.release rfc4301 -> rfc4302' "$espy" diff "$dir/first/events.jsonl" "$dir/other.jsonl"
head -c -20 "$dir/first/events.jsonl" | sed '$!b' >"$dir/torn.jsonl"
says 'a torn journal is told' 0 'its journal ends in half an event' "$espy" diff "$dir/first" "$dir/torn.jsonl"
says 'so is a run that was cut short' 0 'the run was cut short' "$espy" diff "$dir/first" "$dir/torn.jsonl"

# Three of a kind: with changes, without, and of runs that lack what old journals lack.
valid() {
	"$espy" diff --json "$2" "$3" >"$dir/diff.json"
	says "$1" 0 '' /usr/bin/python3 -c "import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open('reports/schema/diff.json')))" "$dir/diff.json"
}
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	sed 's/,"revision":"[0-9a-f]*"//; s/"seed":7,//; s/,"suites":{[^}]*}//' "$dir/first/events.jsonl" >"$dir/bare.jsonl"
	valid 'schema: broken' "$dir/third" "$dir/first"
	valid 'schema: the same' "$dir/first" "$dir/second"
	valid 'schema: parts' "$dir/part" "$dir/third"
	valid 'schema: an old journal' "$dir/bare.jsonl" "$dir/third"
else
	echo 'schema of diff --json: skipped: python3-jsonschema is not here'
fi

# --- run again
suite
says 'what did not pass' 1 '0 passed, 3 failed' run again --failed "$dir/first"
says 'nothing was left' 4 'everything passed there' run again --failed "$dir/part"
says 'three times' 1 '9 passed, 9 failed' run thrice --repeat 3
says 'levels that count' 0 '2 failed' run levels --fail-on must s/soft
says 'and one that does' 1 '1 failed' run levels --fail-on must s/half
says 'a list and rounds' 0 '9 passed, 0 failed, 0 skipped, 9 xfailed' run thrice --repeat 3 --baseline "$dir/before"

echo "compare: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
