#!/bin/sh
# make pcaps: records the golden captures of pcaps/ anew: the Linux kernel under every transform it has (by User-Mode Linux), and traffic
# between two bumps that OpenIKED keyed (needs root, iked and network namespaces; without them the old ones stay). A sidecar with the
# SAs as setkey text goes with each, and SOURCES.md says where each comes from. Usage: pcaps.sh BUILD [FOLDER]
build=$1
out=${2:-pcaps}
fail() {
	echo "pcaps: $*" >&2
	exit 1
}
espy=$build/espy
[ -x "$espy" ] || fail "no program $espy"
[ -f "$out/golden.suite" ] || fail "no $out/golden.suite"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# AH by XFRM, since Linux pads AH on IPv4 to 8 octets when it is told by PF_KEY, against RFC 4302 3.3.3.2.1.
record() {
	name=$1
	shift
	"$espy" run -q -t linux --suites "$out/golden.suite" --keep all --seed 1 -o "$dir/$name" "$@" >"$dir/log" 2>&1 ||
		fail "the run failed: $(tail -n 3 "$dir/log")"
}
record pfkey '!golden/ah*' '!golden/esn-ah*'
record xfrm --manager xfrm 'golden/ah*' 'golden/esn-ah*'
release=$(sed -n 's/.*"release":"\([0-9]*\.[0-9]*\).*/\1/p' "$dir/pfkey/events.jsonl" | head -n 1)
[ -n "$release" ] || fail "the kernel did not say its release"
full=$(sed -n 's/.*"release":"\([^"]*\)".*/\1/p' "$dir/pfkey/events.jsonl" | head -n 1)
to=$out/linux-$release
mkdir -p "$to"
rm -f "$to"/*.pcapng "$to"/*.setkey
n=0
for packets in "$dir"/*/cases/golden/*/*/packets.pcapng "$dir"/*/cases/golden/*/*/*/packets.pcapng; do
	[ -f "$packets" ] || continue
	case_dir=$(dirname "$packets")
	# golden/esp/ipv4/aes-gcm-16-128 is esp-aes-gcm-16-128; folders may have a hash behind their name
	name=$(sed -n '1s|^# golden/\([^/]*\)/ipv4/*\(.*\)|\1-\2|p' "$case_dir/sa.setkey")
	name=${name%-}
	[ -n "$name" ] || fail "$case_dir: its sidecar does not say what it is"
	cp "$packets" "$to/$name.pcapng"
	cp "$case_dir/sa.setkey" "$to/$name.setkey"
	chmod 644 "$to/$name.pcapng" "$to/$name.setkey" # test keys, made of a seed: nobody's secrets
	n=$((n + 1))
done
[ $n -gt 0 ] || fail "no capture was made"
echo "pcaps: $n captures of linux-$release"

if command -v iked >/dev/null && [ "$(id -u)" = 0 ]; then
	sh "$(dirname "$0")/pcaps_ike.sh" "$build" "$out" || fail "OpenIKED's could not be recorded"
else
	echo "pcaps: OpenIKED's stay as they are: no iked here, or not root"
fi

{
	echo "# Where the captures come from"
	echo
	echo "Written by \`make pcaps\`. Every one is of this project's own making, from programs of the distribution; keys are test keys."
	echo
	echo "| capture | peer | recorded by |"
	echo "|---|---|---|"
	for c in "$to"/*.pcapng; do
		echo "| ${c#"$out"/} | Linux $full, User-Mode Linux | espy run -t linux --suites pcaps/golden.suite --keep all |"
	done
	for c in "$out"/openiked-*/*.pcapng; do
		[ -f "$c" ] || continue
		version=$(basename "$(dirname "$c")")
		echo "| ${c#"$out"/} | two bumps of the reference, keyed by OpenIKED ${version#openiked-} | espy host --write, between them |"
	done
} >"$dir/SOURCES.md"
mv "$dir/SOURCES.md" "$out/SOURCES.md"
chmod 644 "$out/SOURCES.md"
