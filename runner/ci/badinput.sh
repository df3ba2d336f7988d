#!/bin/sh
# What users get wrong, and what machines do to them: each time a message that says what and where, the exit status of espy(1), and
# nothing lost or left behind. Usage: badinput.sh ESPY
espy=$1
dir=$(mktemp -d) || exit 1
running=
cleanup() {
	[ -z "$running" ] || kill "$running" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
passed=0 failed=0

# judge STATUS NAME WANT GOT: of the test just made
judge() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: want %s, got %s\n' "$2" "$3" "$4"
	fi
}
# holds NAME WANT GOT
holds() {
	[ "$2" = "$3" ]
	judge $? "$1" "$2" "$3"
}
# says NAME STATUS WORDS COMMAND..: the exit status, and words on either stream
says() {
	name=$1 status=$2 words=$3
	shift 3
	got=$("$@" 2>&1 </dev/null)
	code=$?
	[ "$code" -eq "$status" ]
	judge $? "$name" "exit status $status" "$code: $got"
	printf '%s' "$got" | grep -qF -e "$words"
	judge $? "$name" "\"$words\"" "$got"
}
# run ARGUMENT..: on the reference
run() {
	"$espy" run -q -t reference -o "$dir/run" "$@"
}

# --- input that cannot be read
# A capture of raw IP (link type 101) whose only packet claims 84 octets and has 20.
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\377\377\000\000\145\000\000\000' >"$dir/cut.pcap"
printf '\000\000\000\000\000\000\000\000\124\000\000\000\124\000\000\000' >>"$dir/cut.pcap"
printf '\105\000\000\124\000\000\000\000\100\062\000\000\300\000\002\002\300\000\002\001' >>"$dir/cut.pcap"
key=0x000102030405060708090a0b0c0d0e0f
printf 'add 192.0.2.2 192.0.2.1 esp 0x1001 -m transport -E null "" -A hmac-md5 %s ;\n' "$key" >"$dir/good.setkey"
says 'truncated capture' 2 'cut.pcap' "$espy" check "$dir/cut.pcap" --sa "$dir/good.setkey"
head -c 10 "$dir/cut.pcap" >"$dir/head.pcap"
says 'truncated header of a capture' 2 'head.pcap' "$espy" check "$dir/head.pcap" --sa "$dir/good.setkey"
says 'no capture' 2 'No such file' "$espy" check "$dir/gone.pcap" --sa "$dir/good.setkey"
printf '# 1\n# 2\n# 3\n# 4\n# 5\n# 6\nadd 192.0.2.2 192.0.2.1 esp 0x1001 -E aes-cbc 0x00 ;\n' >"$dir/bad.setkey"
says 'setkey file with an error in line 7' 2 'bad.setkey:7:' "$espy" check "$dir/cut.pcap" --sa "$dir/bad.setkey"
says 'a folder as capture' 2 "$dir" "$espy" check "$dir" --sa "$dir/good.setkey"
says 'an empty file as capture' 2 '/dev/null' "$espy" check /dev/null --sa "$dir/good.setkey"
says 'no SAs' 2 'gone.setkey: No such file' "$espy" check "$dir/cut.pcap" --sa "$dir/gone.setkey"
says 'a folder as SAs' 2 'Is a directory' "$espy" check "$dir/cut.pcap" --sa "$dir"
says 'no policies' 2 'gone.conf: No such file' "$espy" check "$dir/cut.pcap" --policy "$dir/gone.conf"
says 'a file without policies' 2 'good.setkey: no policy' "$espy" check "$dir/cut.pcap" --policy "$dir/good.setkey"
printf '# one\n{laddr 192.0.2.1} ipsec {encr_algs rot13}\n' >"$dir/bad.ipsecconf"
says 'policies with an error in line 2' 2 'bad.ipsecconf:2:' "$espy" check "$dir/cut.pcap" --policy "$dir/bad.ipsecconf"
for number in 0 -1 x 1x 99999999999999999999x ''; do
	says "threads '$number'" 2 'want a number from 1' "$espy" check "$dir/cut.pcap" --sa "$dir/good.setkey" --threads "$number"
done
says 'a thousand threads' 2 'cut.pcap' "$espy" check "$dir/cut.pcap" --sa "$dir/good.setkey" --threads 99999999999999999999
# Three packets that no key opens, then the same capture cut at every octet: never a crash, and always a word about it.
head -c 24 "$dir/cut.pcap" >"$dir/whole.pcap"
for n in 1 2 3; do
	printf '\000\000\000\000\000\000\000\000\054\000\000\000\054\000\000\000'
	printf '\105\000\000\054\000\000\000\000\100\062\000\000\300\000\002\002\300\000\002\001'
	printf '\000\000\020\001\000\000\000\001abcdefghijklmnop'
done >>"$dir/whole.pcap"
says 'packets that no key opens' 1 '0 ok, 3 refused' "$espy" check "$dir/whole.pcap" --sa "$dir/good.setkey"
size=$(wc -c <"$dir/whole.pcap") n=0 wrong=
while [ $n -lt "$size" ]; do
	head -c $n "$dir/whole.pcap" >"$dir/part.pcap"
	for command in "check $dir/part.pcap --sa $dir/good.setkey" "decode $dir/part.pcap"; do
		# shellcheck disable=SC2086
		"$espy" $command >/dev/null 2>"$dir/said"
		code=$?
		[ $code -le 2 ] || [ $code -eq 4 ] || wrong="$wrong $command at $n: $code"
		[ $code -lt 2 ] || [ -s "$dir/said" ] || wrong="$wrong $command at $n: $code without a word"
	done
	n=$((n + 1))
done
holds 'a capture cut at every octet' '' "$wrong"

says 'sa: no file' 2 'gone.setkey: No such file' "$espy" sa "$dir/gone.setkey"
says 'sa: a folder' 2 'Is a directory' "$espy" sa "$dir"
says 'sa: binary' 2 'cut.pcap:1:' "$espy" sa "$dir/cut.pcap"
says 'sa: error in line 7' 2 'bad.setkey:7:' "$espy" sa "$dir/bad.setkey"
says 'sa: unknown format' 2 'got pfkey' "$espy" sa "$dir/good.setkey" --to pfkey
holds 'sa: an empty file' 0 "$("$espy" sa /dev/null 2>&1; echo $?)"
says 'sa: what cannot be said' 1 'good.setkey:1: ipsecconf has no SAs' "$espy" sa "$dir/good.setkey" --to ipsecconf

says 'decode: nothing' 2 'want a capture' "$espy" decode
says 'decode: no octets' 2 'no octets' "$espy" decode /dev/null
says 'decode: a folder' 2 'Is a directory' "$espy" decode "$dir"
says 'decode: no hexadecimal digits' 2 "want two hexadecimal digits, got 'xy'" "$espy" decode xyzzy
says 'decode: half an octet' 2 'want two hexadecimal digits' "$espy" decode 450
says 'decode: no IP' 2 'want 4 or 6, got 9' "$espy" decode 95000000
says 'decode: cut' 2 'got 0' "$espy" decode 45
says 'decode: a message that is none' 2 'the argument' "$espy" decode --pfkey linux 0203
says 'decode: unknown dialect' 2 "no PF_KEY dialect 'plan9'" "$espy" decode --pfkey plan9 02
for number in 0 -1 x 99999999999999999999 ''; do
	says "decode: frame '$number'" 2 'frame' "$espy" decode --frame "$number" "$dir/whole.pcap"
done
says 'decode: frame 4 of 3' 2 'no frame 4' "$espy" decode --frame 4 "$dir/whole.pcap"
head -c 200000 /dev/zero | tr '\000' '0' >"$dir/long.hex"
says 'decode: more than a datagram' 2 'more than 65600 octets' "$espy" decode "$dir/long.hex"

cat >"$dir/field.suite" <<'SUITE'
suite bad.field "t"
case c MUST "c"
{
  > esp(sqe=1)/echo
}
SUITE
cat >"$dir/few.suite" <<'SUITE'
suite few "t"
case one MUST "c"
{
  > echo
  < echo-reply
}
SUITE
printf 'suite none "t"\n' >"$dir/none.suite"
says 'unknown field' 2 "field.suite:4:9: no field 'sqe' in esp" run "$dir/field.suite"
cp "$dir/cut.pcap" "$dir/cut.suite"
says 'binary suite' 2 'cut.suite:1:1:' run "$dir/cut.suite"
says 'no suite' 2 'gone.suite: No such file' run "$dir/gone.suite"
says 'a folder as suite' 2 "$dir" run --suites "$dir"

# --- a capture to be sent again
replay() {
	"$espy" replay -t reference "$@"
}
says 'replay of nothing' 2 'want one capture' "$espy" replay --sa "$dir/good.setkey"
says 'replay with new keys for no SAs' 2 '--rekey wants SAs: --sa FILE' replay "$dir/cut.pcap" --rekey
says 'replay with no such SAs' 2 'gone.setkey: No such file' replay "$dir/cut.pcap" --sa "$dir/gone.setkey"
says 'replay with an error in the SAs' 2 'bad.setkey:7:' replay "$dir/cut.pcap" --sa "$dir/bad.setkey"
says 'replay of a capture that is not there' 2 'No such file' replay "$dir/gone.pcap" --sa "$dir/good.setkey"
says 'replay of a header cut short' 2 'head.pcap' replay "$dir/head.pcap" --sa "$dir/good.setkey"
says 'replay of a capture that ends in a packet' 2 'frame 1: truncated dump file' replay "$dir/cut.pcap" --sa "$dir/good.setkey"
# The snapshot length cut 64 of its 84 octets off.
{
	head -c 24 "$dir/cut.pcap"
	printf '\000\000\000\000\000\000\000\000\024\000\000\000\124\000\000\000'
	tail -c 20 "$dir/cut.pcap"
} >"$dir/snap.pcap"
says 'replay of what the snapshot length cut' 2 'frame 1: the capture holds 20 octets and cut off 64' replay "$dir/snap.pcap" --sa "$dir/good.setkey"
head -c 24 "$dir/cut.pcap" >"$dir/none.pcap"
says 'replay of an empty capture' 4 'no datagram to send among 0 frames' replay "$dir/none.pcap" --sa "$dir/good.setkey"
{
	head -c 24 "$dir/cut.pcap"
	printf '\000\000\000\000\000\000\000\000\024\000\000\000\024\000\000\000'
	tail -c 20 "$dir/cut.pcap"
} >"$dir/one.pcap"
says 'a peer who says nothing' 2 'comes from the peer 192.0.2.99' replay "$dir/one.pcap" --sa "$dir/good.setkey" --peer 192.0.2.99
says 'a peer that is no address' 2 'nonsense' replay "$dir/cut.pcap" --sa "$dir/good.setkey" --peer nonsense
says 'addresses of two families' 2 'want two addresses of one family' replay "$dir/cut.pcap" --sa "$dir/good.setkey" --map 192.0.2.1=2001:db8::1
says 'half a pair of addresses' 2 'want OLD=NEW' replay "$dir/cut.pcap" --sa "$dir/good.setkey" --map 192.0.2.1
says 'a speed there is not' 2 'want recorded or full' replay "$dir/cut.pcap" --sa "$dir/good.setkey" --speed fast
echo '#! fly' >"$dir/odd.setkey"
says 'a sidecar with an instruction there is not' 2 'odd.setkey:1: #! fly: want frame, pfkey or do' replay "$dir/one.pcap" --sa "$dir/odd.setkey"
printf '#! frame 2 at 1\n#! frame 1 at 2\n' >"$dir/order.setkey"
says 'a sidecar whose frames go backwards' 2 'order.setkey:2: #! frame: want' replay "$dir/one.pcap" --sa "$dir/order.setkey"
says 'onto an interface with SAs' 2 'no --sa' replay "$dir/cut.pcap" --sa "$dir/good.setkey" --onto lo
says 'a loop without an interface' 2 '--loop goes with --onto' replay "$dir/cut.pcap" --sa "$dir/good.setkey" --loop 2
says 'a loop of nothing' 2 'want a number from 1' "$espy" replay "$dir/cut.pcap" --onto lo --loop 0

# --- words that mean nothing
says 'unknown selector' 2 "no case matches 'few/noe'" run --suites "$dir/few.suite" few/noe
says 'near selector' 2 'few/one' run --suites "$dir/few.suite" few/on
says 'unknown option' 2 'no option --tagret: did you mean --target?' "$espy" run --tagret x
says 'half an option' 2 'no option --outdir: did you mean --output?' "$espy" run --outdir x
says 'option that is nothing like one' 2 'no option --xyzzy (see --help)' "$espy" run --xyzzy
says 'option with a value it does not take' 2 "--quiet takes no value, got 'yes'" "$espy" run --quiet=yes
says 'unknown short option among others' 2 'no option -Z' "$espy" run -Zq
says 'unknown short option' 2 'no option' "$espy" run -Z
says 'option without its value' 2 'needs a value' "$espy" run -t
says 'number that is none' 2 "want a number up to 64, got 'many'" "$espy" run -j many
says 'unknown level' 2 "got 'mist'" run --level mist "$dir/few.suite"
says 'near level' 2 "got 'mst': did you mean MUST?" run --level mst "$dir/few.suite"
says 'unknown command' 2 "no command 'rum': did you mean run?" "$espy" rum
says 'command nobody meant' 2 'usage: espy COMMAND' "$espy" xyzzy
says 'help on an unknown command' 2 "no command 'lst': did you mean list?" "$espy" help lst
says 'near target' 2 "got 'refrence': did you mean reference?" "$espy" run -t refrence
says 'near profile' 3 'got "kmae": did you mean kame?' "$espy" run -q -o "$dir/run" -t reference:kmae "$dir/few.suite"
says 'near manager' 2 "got 'pfkye': did you mean pfkey?" "$espy" run --manager pfkye
says 'near parameter' 2 "no case has a parameter 'famly': did you mean family?" run --params famly=ipv4
says 'parameter of no case' 2 "no case has a parameter 'x'" run --params x "$dir/few.suite"
says 'near format of a report' 2 'did you mean html?' "$espy" report -f htlm "$dir"
says 'near format of SAs' 2 'got setky: did you mean setkey?' "$espy" sa "$dir/good.setkey" --to setky
says 'near dialect' 2 "no PF_KEY dialect 'lnux': did you mean linux?" "$espy" decode --pfkey lnux 02
says 'near clause' 2 "no case matches 'rfc4303/3.4.33': did you mean rfc4303/3.4.3" "$espy" list rfc4303/3.4.33
says 'near profile of cases' 2 'did you mean profile/kame?' "$espy" list profile/kmae
says 'near suite and the beginning of a case' 2 'did you mean esp.padding/every_pad_length?' "$espy" list esp.pading/every
says 'unknown wish of colour' 2 "--color: want auto, always or never, got 'blue'" "$espy" run --color blue
says 'list: clause that is none' 2 "--clause: want one as rfc4303/3.4.3" "$espy" list --clause soon
says 'list: clause without cases' 4 'no case is left' "$espy" list --clause 'RFC 9999 1'
says 'list: unknown feature' 2 "no feature 'socket': did you mean sockets?" "$espy" list --needs socket
says 'list: unknown group' 2 "got 'claus': did you mean clause?" "$espy" list --by claus
says 'explain: nothing' 2 'want the ID of a case' "$espy" explain
says 'explain: unknown clause' 2 "no case and no purpose names a clause 'RFC 4303 9.9'" "$espy" explain 'RFC 4303 9.9'
says 'explain: unknown case' 2 'did you mean esp.replay/duplicate' "$espy" explain esp.replay/duplicat
says 'explain: unknown purpose' 2 'SQ-999 is neither a purpose nor a requirement' "$espy" explain SQ-999
says 'explain: no run' 2 "$dir/gone/events.jsonl: No such file" "$espy" explain --run "$dir/gone" plain/echo
says 'explain: a suite that cannot be read' 2 "no field 'sqe' in esp: did you mean seq?" "$espy" explain "$dir/field.suite" bad.field
mkdir "$dir/lists"
cp "$dir/few.suite" suites/purposes.tsv suites/requirements.tsv "$dir/lists"
printf 'clause\treason\n' >"$dir/lists/why.tsv"
says 'explain: a list with other columns' 2 'why.tsv:1: want column why, got reason' "$espy" explain --suites "$dir/lists" few/one
says 'doctor: an operand' 2 'a target is said with -t' "$espy" doctor linux
says 'doctor: unknown target' 2 "got 'linx': did you mean linux?" "$espy" doctor -t linx
says 'doctor: no namespace of that name' 3 'netns:nosuch cannot be tested' "$espy" doctor -t netns:nosuch
says 'doctor: no kernel there' 3 'linux:/nonexistent cannot be tested' "$espy" doctor -t linux:/nonexistent
says 'doctor: no suites' 3 'ESPY_SUITES=/nonexistent: No such file' env ESPY_SUITES=/nonexistent "$espy" doctor -t reference
says 'completion: nothing' 2 'want bash, zsh or fish, got' "$espy" completion
says 'completion: unknown shell' 2 "got 'fsih': did you mean fish?" "$espy" completion fsih
says 'completion: two shells' 2 'want bash, zsh or fish' "$espy" completion bash zsh
cat >"$dir/step.suite" <<'SUITE'
suite bad.step "t"
case c MUST "c"
{
  alvie
}
SUITE
says 'misspelt step' 2 "step.suite:4:3: unexpected 'alvie': did you mean alive?" run "$dir/step.suite"
says 'host without a link' 2 'want a --link' "$espy" host --gateway
says 'address in front of every link' 2 'want a --link in front of it' "$espy" host -a 192.0.2.1/24
says 'address with too many bits' 2 'want ADDRESS/BITS with at most 32 bits' "$espy" host -l nosuch0 -a 192.0.2.1/33
says 'route without next hop' 2 'want PREFIX/BITS=NEXTHOP' "$espy" host --route 192.0.2.0/24
says 'gateway with one link' 2 'want two links' "$espy" host -l nosuch0 --gateway
says 'no such interface' 3 'nosuch0' "$espy" host -l nosuch0 -a 192.0.2.1/24
says 'no such network namespace' 3 'network namespace nosuch' "$espy" host -l nosuch:nosuch0 -a 192.0.2.1/24
says 'a descriptor that is not open' 3 'descriptor 900' "$espy" host -l fd:900 -a 192.0.2.1/24
says 'unknown target' 2 'want one of linux[:PATH], reference' "$espy" run -q -t refrence -o "$dir/run" "$dir/few.suite"
says 'kernel that is none' 3 'linux:/nonexistent' "$espy" run -q -t linux:/nonexistent -o "$dir/run" "$dir/few.suite"

# --- runs that cannot be compared, lists that cannot be read
says 'diff: one run' 2 'want two runs, OLD and NEW, got 1' "$espy" diff "$dir"
says 'diff: no such run' 2 'gone/events.jsonl: No such file' "$espy" diff "$dir/gone" "$dir"
says 'diff: a folder without a run' 2 "$dir/events.jsonl: No such file" "$espy" diff "$dir" "$dir"
says 'diff: an empty journal' 2 '/dev/null: no run in it' "$espy" diff /dev/null /dev/null
says 'diff: wrong JSON' 2 'good.setkey:1: column' "$espy" diff "$dir/good.setkey" "$dir/good.setkey"
printf '{"event":"start","schema":"espy-events/1"}\n{"event":"case","id":"a/b"}\n' >"$dir/odd.jsonl"
says 'diff: a case without a verdict' 2 'odd.jsonl:2: case event: full_id: want a text, got nothing' \
	"$espy" diff "$dir/odd.jsonl" "$dir/odd.jsonl"
says 'diff: two formats' 2 'want --json or --md, got both' "$espy" diff --json --md "$dir" "$dir"
says 'diff: unknown option' 2 'no option --jsn' "$espy" diff --jsn "$dir" "$dir"
says 'baseline: nothing' 2 'want show, lint or update' "$espy" baseline
says 'baseline: misspelt' 2 "got 'lnit': did you mean lint?" "$espy" baseline lnit x
says 'baseline: no file' 2 'want FILE, got 0 operands' "$espy" baseline lint
says 'baseline: update without a run' 2 'want FILE RUNDIR, got 1 operands' "$espy" baseline update x
says 'baseline: no such file' 2 'gone.txt: No such file' "$espy" baseline show "$dir/gone.txt"
says 'baseline: a folder' 2 'Is a directory' "$espy" baseline show "$dir"
says 'baseline: binary' 2 'want text, got an octet of 0' "$espy" baseline show "$dir/cut.pcap"
printf '# why\nfew/one until soon\n' >"$dir/until.txt"
says 'baseline: a day that is none' 2 "until.txt:2: until: want a day as 2027-01-31 and nothing behind it, got 'soon'" \
	"$espy" baseline lint "$dir/until.txt"
printf '# why\nfew\n' >"$dir/few.txt"
says 'baseline: no id' 2 "few.txt:2: want the id of a case (suite/case), got 'few'" run --baseline "$dir/few.txt" "$dir/few.suite"
says 'baseline: no such run' 2 'gone/events.jsonl: No such file' "$espy" baseline update "$dir/few.txt" "$dir/gone"
says 'run: no such list' 2 'gone.txt: No such file' run --baseline "$dir/gone.txt" "$dir/few.suite"
says 'run: a list to come, and an end at the first failure' 2 'want a file' \
	run --baseline auto --fail-fast "$dir/few.suite"
says 'run: no list for this target' 0 'baselines/reference-rfc4301.txt: No such file' run --baseline auto "$dir/few.suite"
says 'run: no such earlier run' 2 'gone/events.jsonl: No such file' run --failed "$dir/gone" "$dir/few.suite"
says 'run: repeated too often' 2 "--repeat: want a number up to 10000, got '1000000'" run --repeat 1000000 "$dir/few.suite"
says 'run: levels that are none' 2 "--fail-on: want must, should, may or info, got 'mist'" run --fail-on mist "$dir/few.suite"

# --- nothing to do
says 'suite without cases' 4 'nothing to run' run "$dir/none.suite"
says 'level without cases' 4 'nothing to run' run --level info "$dir/few.suite"

# --- places that cannot be written
printf '' >"$dir/file"
says 'run directory below a file' 3 "$dir/file" "$espy" run -q -t reference -o "$dir/file/run" "$dir/few.suite"
if [ "$(id -u)" -ne 0 ]; then
	mkdir -m 0500 "$dir/locked"
	says 'run directory without permission' 3 'Permission denied' "$espy" run -q -t reference -o "$dir/locked/run" "$dir/few.suite"
else
	says 'run directory that takes no files' 3 '/proc/espy' "$espy" run -q -t reference -o /proc/espy "$dir/few.suite"
fi

# --- reports
printf 'suite ok "t"\ncase c MUST "c"\n{\n  > echo\n  < echo-reply\n}\n' >"$dir/ok.suite"
"$espy" run -q -t reference -o "$dir/rep" "$dir/ok.suite" >/dev/null 2>&1
mkdir -p "$dir/odd" "$dir/foreign" "$dir/broken" "$dir/empty" "$dir/twice"
sed 's,espy-events/1,espy-events/9,' "$dir/rep/events.jsonl" >"$dir/foreign/events.jsonl"
sed '2s/{/[/' "$dir/rep/events.jsonl" >"$dir/broken/events.jsonl"
cat "$dir/rep/events.jsonl" "$dir/rep/events.jsonl" >"$dir/twice/events.jsonl"
: >"$dir/empty/events.jsonl"
says 'report: nothing' 2 'want the directory of a run' "$espy" report
says 'report: no such directory' 2 'gone: No such file' "$espy" report "$dir/gone"
says 'report: a file' 2 'want the directory of a run, got a file' "$espy" report "$dir/rep/run.json"
says 'report: no journal' 2 'odd/events.jsonl: No such file' "$espy" report "$dir/odd"
says 'report: a journal of another version' 2 'foreign/events.jsonl:1: schema: want espy-events/1, got espy-events/9' "$espy" report "$dir/foreign"
says 'report: a line that is no JSON' 2 'broken/events.jsonl:2:' "$espy" report "$dir/broken"
says 'report: two runs in one journal' 2 'a second start event' "$espy" report "$dir/twice"
says 'report: an empty journal' 0 'cut short: 0 cases have a verdict' "$espy" report "$dir/empty"
says 'report: unknown format' 2 "format 'pdf': want html, junit, tap, ctrf, md, text, json" "$espy" report "$dir/rep" -f pdf
says 'report: no format' 2 'want a list' "$espy" report "$dir/rep" -f ,
says 'report: several formats to standard output' 2 'standard output takes one format' "$espy" report "$dir/rep" -f md,tap -o -
says 'report: the page of several runs' 2 'want a place for it: -o FILE' "$espy" report "$dir/rep" "$dir/rep" -f html
says 'report: a matrix as JUnit' 2 'a matrix of runs has html, md, text, json' "$espy" report "$dir/rep" "$dir/rep" --matrix -f junit
says 'report: both shapes' 2 'exclude each other' "$espy" report "$dir/rep" "$dir/rep" --matrix --merge
says 'report: merging other targets' 2 'have different targets' "$espy" report "$dir/rep" "$dir/empty" --merge
says 'report: into a file as folder' 3 'run.json' "$espy" report "$dir/rep" -f tap -o "$dir/rep/run.json/x"
for shard in 0/2 3/2 1 1/ /2 a/b 1/2/3 -1/2 ''; do
	says "shard '$shard'" 2 'want I/N' run --shard "$shard" "$dir/ok.suite"
done
says 'keep: neither all nor failed' 2 "want failed or all, got 'everything'" run --keep everything "$dir/ok.suite"
says 'a shard without cases' 4 'nothing to run' run --shard 2/2 "$dir/ok.suite"
says 'report of a run: no file' 2 'want FORMAT=FILE' run --report tap "$dir/ok.suite"
says 'report of a run: unknown format' 2 "format 'tapp'" run --report tapp=x "$dir/ok.suite"
says 'report of a run: two to standard output' 2 'one report can go to standard output' run --report tap=- --report md=- "$dir/ok.suite"
says 'report of a run: where nothing can be' 3 "$dir/file" run --report tap="$dir/file/x.tap" "$dir/ok.suite"

# Failing cases with their packets: 64 KiB are full after some of them.
cat >"$dir/many.suite" <<'SUITE'
suite many "t"
  for n in 1..200
case c MUST "c"
  decides SQ-01
{
  > echo(size=400)
  < nothing
}
SUITE
full() {
	if [ "$(id -u)" -eq 0 ] && mkdir -p "$dir/small" &&
		unshare -m sh -c "mount -t tmpfs -o size=64k none $dir/small" 2>/dev/null; then
		# Only inside is it mounted: what is left must be copied out before the end.
		unshare -m sh -c "mount -t tmpfs -o size=64k none $dir/small || exit 99
			$espy run -q -t reference -o $dir/small $dir/many.suite; s=\$?; cp $dir/small/events.jsonl $dir/full/; exit \$s"
	else
		(trap '' XFSZ && ulimit -f 64 && "$espy" run -q -t reference -o "$dir/full" "$dir/many.suite")
	fi
}
mkdir "$dir/full"
says 'full disk' 3 'events.jsonl: ' full
lines=$(grep -c '"event":"case"' "$dir/full/events.jsonl")
[ "$lines" -gt 3 ] && [ "$lines" -lt 200 ]
judge $? 'events before the disk was full' 'some of 200' "$lines"
says 'events of a full disk are readable' 0 'decided' "$espy" coverage --run "$dir/full"

# --- interrupted
cat >"$dir/slow.suite" <<'SUITE'
suite slow "t"
  for n in 1..50
  for transform in @one
case c MUST "c"
{
  repeat 3000 { alive }
}
SUITE
# interrupt NAME TARGET: a run stopped by SIGINT in the middle
interrupt() {
	"$espy" run -q -t "$2" -j 1 -o "$dir/stopped-$2" "$dir/slow.suite" >"$dir/out" 2>&1 </dev/null &
	running=$!
	n=0
	until grep -q '"event":"case"' "$dir/stopped-$2/events.jsonl" 2>/dev/null || [ $n -gt 100 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	kill -INT "$running"
	wait "$running"
	holds "$1: exit status" 130 $?
	running=
	grep -q 'stopped by signal 2' "$dir/out"
	judge $? "$1" '"stopped by signal 2"' "$(cat "$dir/out")"
	grep -q '"complete": *false' "$dir/stopped-$2/run.json"
	judge $? "$1" '"complete": false in run.json' "$(cat "$dir/stopped-$2/run.json")"
	says "$1: journal" 0 'decided' "$espy" coverage --run "$dir/stopped-$2"
}
interrupt 'interrupted run' reference

if command -v linux.uml >/dev/null; then
	says 'an initramfs that is not there' 3 'ESPY_INITRAMFS=/nowhere: No such file' \
		env ESPY_INITRAMFS=/nowhere "$espy" run -q -t linux -o "$dir/run" plain
	mkdir "$dir/alone"
	cp "$espy" "$dir/alone/espy"
	says 'no agent beside espy' 3 'espy-agent: No such file or directory: it belongs beside espy' \
		env ESPY_INITRAMFS= "$dir/alone/espy" run -q -t linux -o "$dir/run" plain
fi
initramfs=${ESPY_INITRAMFS:-$(dirname "$espy")/initramfs.cpio}
if [ -r "$initramfs" ] && { command -v linux.uml >/dev/null || command -v linux >/dev/null; }; then
	# A name of this script's own, which its kernels have on their command line.
	ln -s "$(realpath "$initramfs")" "$dir/initramfs.cpio"
	ESPY_INITRAMFS=$dir/initramfs.cpio
	export ESPY_INITRAMFS
	interrupt 'interrupted run on a kernel' linux
	n=0
	while pgrep -f "$dir/initramfs.cpio" >/dev/null && [ $n -lt 30 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	holds 'kernels left behind' '' "$(pgrep -fl "$dir/initramfs.cpio")"
else
	echo 'interrupted run on a kernel: skipped: user-mode-linux or the initramfs is not here'
fi

echo "bad input: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
