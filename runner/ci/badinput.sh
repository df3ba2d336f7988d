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
	printf '\000\000\000\000\000\000\000\000\054\000\000\000\054\000\000\000' >>"$dir/whole.pcap"
	printf '\105\000\000\054\000\000\000\000\100\062\000\000\300\000\002\002\300\000\002\001' >>"$dir/whole.pcap"
	printf '\000\000\020\001\000\000\000\001abcdefghijklmnop' >>"$dir/whole.pcap"
done
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

# --- words that mean nothing
says 'unknown selector' 2 "no case matches 'few/noe'" run --suites "$dir/few.suite" few/noe
says 'near selector' 2 'few/one' run --suites "$dir/few.suite" few/on
says 'unknown option' 2 'no option --tagret; did you mean --target?' "$espy" run --tagret x
says 'unknown short option' 2 'no option' "$espy" run -Z
says 'option without its value' 2 'needs a value' "$espy" run -t
says 'number that is none' 2 "want a number up to 64, got 'many'" "$espy" run -j many
says 'unknown level' 2 "got 'mist'" run --level mist "$dir/few.suite"
says 'unknown command' 2 "no command 'rum'" "$espy" rum
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
