#!/bin/sh
# Keys do not leave the journal and the sidecars. Suites in which much fails are run (on Linux where there is User-Mode Linux, and cases of
# our own on the reference, made so that keys stand in everything that can be said of a case), everything is rendered of them, and every
# file and every word printed is searched for pieces of their keys: in hexadecimal of either case, and in pcapng and other binary files as
# octets. Files that hold keys are for their owner alone.
# Usage: keys.sh ESPY DIR
set -u
LC_ALL=C
export LC_ALL
espy=$1 dir=$2
rm -rf "$dir"
mkdir -p "$dir"
status=0
complain() {
	echo "keys: $*"
	status=1
}

cat >"$dir/own.suite" <<'SUITE'
suite keys "what fails and has keys to tell of"
setup both {
  setkey {
    add $tester $target esp 0x1001 -m $mode $keys_in ;
    add $target $tester esp 0x1002 -m $mode $keys_out ;
    spdadd $tester $target $icmp -P in ipsec esp/$mode/$in/require ;
    spdadd $target $tester $icmp -P out ipsec esp/$mode/$out/require ;
  }
}
case a_reply MUST "an answer that never comes"
  setup both
  for family in ipv4 ipv6
  for mode in transport tunnel
  for transform in aes-cbc-128+hmac-sha1-96 aes-gcm-16-256 null+hmac-sha2-256-128 aes-ctr-128+aes-xcbc-mac-96
{
  > esp/echo | flip icv
  < esp/echo-reply
}
case a_number MUST "an answer with another number"
  setup both
{
  > esp/echo
  < esp(seq=9, spi=0x1003)/echo-reply
}
case refused MUST "an SA that is there already"
  setup both
{
  setkey {
    add $tester $target esp 0x1001 -m $mode $keys_in ;
  }
  > esp/echo
  < nothing
}
case keys_in_messages MUST "what is told of an SA has other keys than it was given"
  for transform in aes-cbc-128+hmac-sha1-96
{
  pfkey > add/sa(spi=0x1001)/rest/key_auth(key=0xa0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3)/key_encrypt(key=0x5a6b7c8d9eafb0c1d2e3f405162738a9) without key_auth key_encrypt
  pfkey < add
  pfkey > get/sa(spi=0x1001)/address_src(addr=$tester)/address_dst(addr=$target)
  pfkey < get/sa(spi=0x1001)/key_auth(key=0x00b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3)/key_encrypt(key=0x0a6b7c8d9eafb0c1d2e3f405162738a9)
}
case no_key MUST "a key that does not fit"
{
  setkey { add $tester $target esp 0x1001 -m transport -E rijndael-cbc 0x6162636465666768696a6b6c6d6e6f707172 -A hmac-sha1 "a key of twenty octe" ; }
  > esp/echo
  < esp/echo-reply
}
SUITE

# Keys that a published suite has in its text are no secret, and counting octets stand in many a packet.
grep -rohE '[0-9a-fA-F]{16,}' suites 2>/dev/null | tr A-F a-f | sort -u >"$dir/published"

# pieces FILE..: the first and the last 8 octets of every key that these journals tell of, in hexadecimal; of short ones all of it
pieces() {
	grep -ohE -- '-[EA] [a-z0-9_-]+ 0x[0-9a-fA-F]+|(auth|encr)key [0-9a-fA-F]+|[( ]key=0x[0-9a-fA-F]+' "$@" |
		sed -E 's/.*(0x|key )//' | tr A-F a-f | grep -E '^.{16}' | sed -E 's/^(.{16})(.*)$/\1 \1\2/; s/ .*(.{16})$/ \1/' |
		tr ' ' '\n' | sort -u |
		awk 'NR == FNR { all = all " " $0; next } index(all, $0) == 0' "$dir/published" -
}

# search WHAT DIR: every file below it that is no journal and no sidecar; captures by their octets too
search() {
	grep -rliaF -f "$dir/pieces" --exclude events.jsonl --exclude sa.setkey --exclude esp_sa "$2" >"$dir/found"
	while read -r file; do
		complain "$1: a key stands in ${file#"$dir"/}: $(grep -iaoF -f "$dir/pieces" "$file" | head -n 1)"
	done <"$dir/found"
	find "$2" -name '*.pcapng' -exec cat {} + | od -An -v -tx1 | tr -d ' \n' | grep -oF -f "$dir/pieces" >"$dir/found" &&
		complain "$1: the octets of a key are in a capture: $(head -n 1 "$dir/found")"
}

# try NAME WANTED ARGUMENT..: a run with something to tell, and all that is made of it
try() {
	name=$1 want=$2
	shift 2
	echo "keys: espy run $*"
	run=$dir/$name
	mkdir -p "$dir/$name.said" "$run"
	"$espy" run -o "$run" "$@" >"$dir/$name.said/run" 2>"$dir/$name.said/run.err"
	pieces "$run/events.jsonl" >"$dir/pieces"
	n=$(wc -l <"$dir/pieces")
	[ "$n" -ge "$want" ] || complain "$name: want at least $want pieces of keys to look for, got $n"
	[ "$(find "$run/cases" -name sa.setkey | wc -l)" -gt 0 ] || complain "$name: no folder of a case"
	"$espy" report "$run" -f html,junit,tap,ctrf,md,text,json -o "$dir/$name.said/again" >"$dir/$name.said/report" 2>&1
	"$espy" diff "$run" "$run" >"$dir/$name.said/diff" 2>&1
	: >"$dir/known.txt"
	"$espy" baseline update "$dir/known.txt" "$run" >"$dir/$name.said/baseline" 2>&1
	cp "$dir/known.txt" "$dir/$name.said/known.txt"
	for keys in $(find "$run/cases" -name sa.setkey | head -n 5); do
		"$espy" sa "$keys" --to setkey --no-keys
		"$espy" sa "$keys" --to esp_sa --no-keys
		"$espy" decode "${keys%sa.setkey}packets.pcapng" --sa "$keys"
		"$espy" replay "${keys%sa.setkey}packets.pcapng" --sa "$keys" -t reference
	done >"$dir/$name.said/tools" 2>&1
	[ "$name" != own ] ||
		"$espy" explain keys/a_number keys/refused --suites "$dir/own.suite" --run "$run" >"$dir/$name.said/explain" 2>&1
	search "$name" "$run"
	search "$name" "$dir/$name.said"
	# What is looked for would be found: with --show-keys it is there.
	"$espy" report "$run" -f html --show-keys -o "$dir/shown.html" >"$dir/shown.log" 2>&1
	[ "$name" != own ] || grep -qiF -f "$dir/pieces" "$dir/shown.html" || complain "--show-keys shows none"
	for file in "$dir/shown.html" "$run/events.jsonl" $(find "$run/cases" -name sa.setkey -o -name esp_sa); do
		[ "$(stat -c %a "$file")" = 600 ] || complain "$name: ${file#"$dir"/} has mode $(stat -c %a "$file")"
	done
	echo "keys: $name: $n pieces of keys, $(find "$run" "$dir/$name.said" -type f | wc -l) files"
}

umask 022
try own 20 -v --keep all -t reference "$dir/own.suite"
grep -rlF 'key of twenty' "$dir/own" "$dir/own.said" --exclude events.jsonl --exclude sa.setkey >"$dir/found" &&
	complain "own: a key that is a string stands in $(tr '\n' ' ' <"$dir/found")"
if command -v linux.uml >/dev/null || command -v linux >/dev/null; then
	try linux 10 -t linux 'pfkey.*' 'esp.*' 'ah.*' alg tunnel
else
	echo "keys: user-mode-linux is not here: the reference alone was searched"
fi
[ -d suites ] && try solaris 4 -v --keep all -t reference:solaris suites/solaris-icmp.suite
exit "$status"
