#!/bin/sh
# Every format of `espy report`, of real runs, shards, a torn journal and hostile text, held against its schema, against readers that are
# not ours, and its numbers and links against each other. Usage: formats.sh ESPY
espy=$(realpath "$1") || exit 1
tree=$(pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
unset GITHUB_STEP_SUMMARY CI_PROJECT_DIR WORKSPACE
passed=0 failed=0

# judge STATUS NAME WHAT: of the test just made
judge() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: %s\n' "$2" "$3"
	fi
}
# does NAME COMMAND..: it succeeds; what it says is shown if not
does() {
	name=$1
	shift
	got=$("$@" 2>&1 </dev/null)
	judge $? "$name" "$got"
}
# says NAME WORDS COMMAND..: the words on either stream
says() {
	name=$1 words=$2
	shift 2
	got=$("$@" 2>&1 </dev/null)
	printf '%s' "$got" | grep -qF -e "$words"
	judge $? "$name" "want \"$words\", got: $(printf '%s' "$got" | tail -n 3)"
}
report() { "$espy" report "$@"; }

python=
for p in /usr/bin/python3 python3; do
	[ -z "$python" ] && command -v $p >/dev/null && $p -c 'import jsonschema' 2>/dev/null && python=$p
done
[ -n "$python" ] || echo "formats: python3-jsonschema is not here: JSON not held against its schemas"
# holds KIND FILE [BASE]
holds() {
	[ -z "$python" ] || does "$1 $2" "$python" "$tree/runner/ci/formats.py" "$@"
}
xml() {
	if command -v xmllint >/dev/null; then
		does "xmllint $1" xmllint --noout --schema "$tree/reports/junit.xsd" "$1"
	fi
	holds junit "$1" "${2:-.}"
}
command -v xmllint >/dev/null || echo "formats: xmllint is not here: junit.xml not held against its schema"

# tap NAME FILE PLANNED GOOD BAD SKIPPED TODO: as TAP::Parser counts them. It knows version 13, of which 14 is a superset.
tap() {
	[ "$(head -n 1 "$2")" = 'TAP version 14' ]
	judge $? "$1" "no line 'TAP version 14' in front"
	perl -MTAP::Parser -e '1' 2>/dev/null || return
	got=$(sed '1s/14/13/' "$2" | perl -MTAP::Parser -e '
		my $p = TAP::Parser->new({ source => do { local $/; my $t = <STDIN>; \$t } });
		my $yaml = 0;
		while (my $r = $p->next) { $yaml++ if $r->is_yaml; die "unknown: " . $r->raw if $r->is_unknown; }
		printf "%d %d %d %d %d", $p->tests_planned, scalar($p->actual_passed), scalar($p->actual_failed),
			scalar($p->skipped), scalar($p->todo);
		print join(";", "", $p->parse_errors) unless $p->tests_run < $p->tests_planned;' 2>&1)
	[ "$got" = "$3 $4 $5 $6 $7" ]
	judge $? "$1" "want planned, ok, not ok, skipped, todo $3 $4 $5 $6 $7, got $got"
}
perl -MTAP::Parser -e '1' 2>/dev/null || echo "formats: Perl's TAP::Parser is not here: TAP not read by it"

cd "$dir" || exit 1
run() { "$espy" run -q -t reference --suites "$tree/suites" "$@"; }

# --- a run in which everything that can happen does, read in CI's places
cat >mixed.suite <<'SUITE'
suite mixed "every verdict" rfc4303 3.4.3
  for n in 1..3
  for mode in transport
  for transform in @one

setup {
  setkey {
    add $tester $target esp 0x1001 -m $mode -r 32 $keys_in ;
    add $target $tester esp 0x1002 -m $mode $keys_out ;
    spdadd $tester $target $icmp -P in ipsec esp/$mode/$in/require ;
    spdadd $target $tester $icmp -P out ipsec esp/$mode/$out/require ;
  }
}
case good MUST "passes"
  decides SQ-01
{
  > esp(seq=1)/echo
  < esp/echo-reply
}
case bad MUST "a failure with # | < ` & characters that formats mind"
  decides SQ-01
{
  > esp(seq=1)/echo(seq=$n)
  < esp(seq=77)/echo-reply
}
case silent SHOULD "wants silence"
  decides SQ-01
{
  > esp(seq=1)/echo
  < nothing
}
case other MUST "of another profile"
  profile kame
{
  > esp(seq=1)/echo
}
SUITE
report_all() { report "$@" -f junit,tap,ctrf,md,text,json; }
"$espy" run -q -t reference -o mixed --seed 9 mixed.suite >mixed.out 2>&1
[ $? -eq 1 ] || { cat mixed.out; exit 1; }
for kind in events:events.jsonl run:run.json; do
	holds "${kind%%:*}" "mixed/${kind#*:}"
done
xml mixed/junit.xml
does 'all formats into the run directory' report_all mixed
tap 'TAP' mixed/report.tap 12 6 6 3 0
holds ctrf mixed/ctrf-report.json
says 'text ends in the tally' '3 passed, 6 failed, 3 skipped' report mixed
does 'one format goes to standard output' sh -c "$espy report mixed -f junit | cmp - mixed/junit.xml"
does 'a folder of their own' report_all mixed -o elsewhere/reports
holds run elsewhere/reports/run.json
holds ctrf elsewhere/reports/ctrf-report.json
xml elsewhere/reports/junit.xml
does 'attachments begin at the workspace of GitLab' sh -c "CI_PROJECT_DIR=$dir/mixed $espy report mixed -f junit >gitlab.xml"
holds junit gitlab.xml mixed
# GitLab's own reading: the first attachment of a failure.
says 'an attachment' '[[ATTACHMENT|mixed/cases/mixed/bad/1/transport/aes-cbc-128+hmac-sha1-96/packets.pcapng]]' cat mixed/junit.xml

# --- known failures: XFAIL is skipped with its reason, and what no longer fails is a failure
printf '# The target answers with its own numbers.\nmixed/bad\n# It was silent once.\nmixed/good\n' >known.txt
"$espy" run -q -t reference -o known --baseline known.txt mixed.suite >/dev/null 2>&1
[ $? -eq 1 ]
judge $? 'a run with known failures' 'want exit status 1'
does 'known failures in every format' report_all known
holds events known/events.jsonl
holds run known/run.json
holds ctrf known/ctrf-report.json
xml known/junit.xml
grep -q 'tests="12" failures="6" errors="0" skipped="6"' known/junit.xml
judge $? 'JUnit of known failures' "$(grep '<testsuites' known/junit.xml)"
tap 'TAP of known failures' known/report.tap 12 3 9 3 3
says 'what is known has its reason' 'TODO known: The target answers' cat known/report.tap

# --- flags of a run
does 'reports of a run' sh -c "$espy run -q -t reference -o again --seed 9 --report tap=t/x.tap --report ctrf=- mixed.suite >out.ctrf 2>err; [ \$? -eq 1 ]"
holds ctrf out.ctrf .
tap 'TAP of a run' t/x.tap 12 6 6 3 0
says 'results go to standard error then' '3 passed, 6 failed, 3 skipped' tail -n 1 err
printf 'before\n' >summary.md
GITHUB_STEP_SUMMARY=$dir/summary.md "$espy" run -q -t reference -o again mixed.suite >/dev/null 2>&1
says 'the summary of a step is appended to' 'before' head -n 1 summary.md
says 'the summary of a step' '6 failed' cat summary.md
head -c 1047000 /dev/zero | tr '\000' 'x' >summary.md
GITHUB_STEP_SUMMARY=$dir/summary.md "$espy" run -q -t reference -o again mixed.suite >/dev/null 2>&1
[ "$(wc -c <summary.md)" -le 1048576 ]
judge $? 'the summary of a step stays below 1 MiB' "$(wc -c <summary.md)"

# --- keys
key=$(sed -n 's/.*-E aes-cbc 0x\([0-9a-f]*\).*/\1/p' mixed/events.jsonl | head -n 1)
if [ -n "$key" ]; then
	found=$(grep -l "$key" mixed/junit.xml mixed/report.tap mixed/ctrf-report.json mixed/report.md mixed/report.txt mixed/run.json)
	judge "$([ -z "$found" ]; echo $?)" 'no key in a report' "$found"
fi
does 'with keys' report mixed -f json -o keys.json --show-keys
[ "$(stat -c %a keys.json)" = 600 ]
judge $? 'a report with keys is its owner'\''s' "$(stat -c %a keys.json)"

# --- shards
mkdir parts
for i in 1 2 3; do
	run -o "parts/s$i" --seed 4 --shard $i/3 'esp.*' >/dev/null
done
run -o whole --seed 4 'esp.*' >whole.out
says 'shards are merged' '3 runs merged' report parts/s1 parts/s2 parts/s3 -f json -o parts/merged.json
says 'a lost shard is told' 'shards that are missing: 2/3' report parts/s1 parts/s3
holds events parts/s1/events.jsonl
holds run parts/merged.json
[ -z "$python" ] || does 'merged shards are the whole run, in its order' "$python" -c '
import json
a, b = (json.load(open(f)) for f in ("parts/merged.json", "whole/run.json"))
assert [(c["id"], c["verdict"]) for c in a["cases"]] == [(c["id"], c["verdict"]) for c in sorted(b["cases"], key=lambda c: 0)], "cases"
assert a["summary"] == b["summary"] and a["planned"] == b["planned"] and a["seed"] == 4 and a["complete"]'
does 'merged in every format' report_all parts/s1 parts/s2 parts/s3 -o merged
total=$(tail -n 1 whole.out | sed 's/^\([0-9]*\) passed, 0 failed, \([0-9]*\) skipped$/\1 \2/')
good=${total% *} skipped=${total#* }
tap 'TAP of merged shards' merged/report.tap $((good + skipped)) $((good + skipped)) 0 "$skipped" 0
xml merged/junit.xml
says 'a case in two shards is told' 'in more than one run' report --merge parts/s1 parts/s1 -f text
does 'the same shard twice has unique names' report --merge parts/s1 parts/s1 -f junit -o twice.xml
xml twice.xml

# Failures in each part: their packets are found from wherever the report is.
for i in 1 2; do
	"$espy" run -q -t reference --seed $i --shard $i/2 -o "parts/m$i" mixed.suite >/dev/null 2>&1
done
does 'failures of two runs' report_all parts/m1 parts/m2 -o 'far/away #1'
for kind in run:run.json ctrf:ctrf-report.json; do
	holds "${kind%%:*}" "far/away #1/${kind#*:}"
done
xml 'far/away #1/junit.xml'
does 'the page of two runs' report parts/m1 parts/m2 -f html -o 'far/away #1'
holds links 'far/away #1/report.html'
holds links mixed/report.html
says 'each with its own seed' 'name="seed" value="2"' cat 'far/away #1/junit.xml'

# --- a matrix
"$espy" run -q -t reference:kame -o kame mixed.suite >/dev/null 2>&1
says 'other targets stand side by side' 'a matrix of 2 runs' report mixed kame -f json -o m/matrix.json
does 'a matrix in every format' report mixed kame -f html,md,text,json -o 'm/in #2'
holds matrix m/matrix.json
holds matrix 'm/in #2/matrix.json'
holds links 'm/in #2/matrix.md'
holds links 'm/in #2/matrix.html'
says 'what differs' 'mixed/other (3 combinations): reference' report mixed kame
if command -v xmllint >/dev/null; then
	does 'matrix.html is well-formed' xmllint --noout 'm/in #2/matrix.html'
fi
does 'a matrix that was asked for' sh -c "$espy report --matrix parts/s1 parts/s2 -f json -o m/asked.json"
holds matrix m/asked.json

# --- a run cut short, in the middle of a line
mkdir torn
head -c "$(($(wc -c <mixed/events.jsonl) * 2 / 3))" mixed/events.jsonl >torn/events.jsonl
says 'a torn journal is told' 'torn: incomplete: cut short' report torn
does 'a torn journal in every format' report_all torn
holds events torn/events.jsonl
holds run torn/run.json
xml torn/junit.xml
[ -s torn/cases/mixed/bad/1/transport/aes-cbc-128+hmac-sha1-96/packets.pcapng ]
judge $? 'what a crash left unwritten of the evidence is made' "$(ls torn)"
grep -q '<error message="cut short' torn/junit.xml
judge $? 'JUnit of a torn journal is not green' 'no error'
grep -q '^Bail out! cut short' torn/report.tap
judge $? 'TAP of a torn journal' 'no "Bail out!"'
grep -q 'Incomplete' torn/report.md
judge $? 'Markdown of a torn journal' 'no "Incomplete"'

# --- hostile text, wherever a journal has text
if [ -n "$python" ]; then
	mkdir hostile
	"$python" - mixed/events.jsonl >hostile/events.jsonl <<'PYTHON'
import json
import sys
BAD = ("<script>alert(1)</script>]]>&amp;\"'`|*_[x](y)\\", "# TODO not ok 1 - \\", "\n1..0\nBail out!\n", "\x1b[31m\x00\x7f\u0085\u202e",
       "\ufffe\uffff\ufeff\u2028", "../../../etc/passwd", "-rf /", "", " " * 50, "x" * 20000, "\U0001f4a3", "$(reboot)`id`", "%s%n")
count = 0


def spoil(value, key=None):
    global count
    if key in ("event", "schema", "verdict", "kind"):
        return value
    if isinstance(value, dict):
        return {k: spoil(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(v, key) for v in value]
    if isinstance(value, str):
        count += 1
        return BAD[count % len(BAD)] + ("x%d" % count if key in ("id", "full_id") else "")
    return value


for line in open(sys.argv[1]):
    print(json.dumps(spoil(json.loads(line))))
PYTHON
	does 'hostile text in every format' report_all hostile
	does 'hostile text in a matrix' report --matrix hostile mixed -f html,md,text,json -o hostile/matrix
	if command -v xmllint >/dev/null; then
		does 'xmllint hostile' xmllint --noout --schema "$tree/reports/junit.xsd" hostile/junit.xml
		does 'matrix.html of hostile text' xmllint --noout hostile/matrix/matrix.html
	fi
	tap 'TAP of hostile text' hostile/report.tap 12 6 6 3 0
	does 'JSON of hostile text' "$python" -c 'import json; [json.load(open("hostile/" + f)) for f in ("run.json", "ctrf-report.json", "matrix/matrix.json")]'
	found=$(grep -l '<script' hostile/report.md hostile/matrix/matrix.md hostile/matrix/matrix.html)
	judge "$([ -z "$found" ]; echo $?)" 'no markup gets through' "$found"
	found=$(LC_ALL=C grep -l "$(printf '[\001-\010\033\177]')" hostile/junit.xml hostile/report.tap hostile/report.md hostile/report.txt hostile/matrix/matrix.[hmt]*)
	judge "$([ -z "$found" ]; echo $?)" 'no control character gets through' "$found"
fi

# --- the schemas must be able to say no
if [ -n "$python" ]; then
	refuses() {
		"$python" "$tree/runner/ci/formats.py" "$1" "$2" >/dev/null 2>&1
		[ $? -eq 1 ]
		judge $? "$3" 'was taken for good'
	}
	sed 's/"wall_ms"/"wall"/' mixed/events.jsonl >no.jsonl
	refuses events no.jsonl 'a member of another name in the journal'
	sed 's/"kind":"setkey"/"kind":"keys"/; s/"complete":true/"complete":1/' mixed/events.jsonl >no.jsonl
	refuses events no.jsonl 'a kind nobody knows in the journal'
	sed 's/"xpass": 0/"xpass": 1/' mixed/run.json >no.json
	refuses run no.json 'a sum that is none in run.json'
	sed 's/"duration": [0-9]*/"duration": 0.5/' mixed/ctrf-report.json >no.json
	refuses ctrf no.json 'half a millisecond in CTRF'
	sed 's/failures="6"/failures="5"/' mixed/junit.xml >no.xml
	refuses junit no.xml 'a count that is none in JUnit'
fi

# --- decimal commas
for locale in $(locale -a 2>/dev/null | grep -iE '^(de|fr|ru)_.*utf' | head -n 1); do
	does "the same under $locale" sh -c "LC_ALL=$locale $espy report mixed -f junit | cmp - mixed/junit.xml"
done

echo "formats: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
