#!/bin/sh
# What was captured comes back when it is sent again: golden captures on the reference and, where linux.uml is, on a kernel; every case that
# fails on the kernel; and frames onto an interface (root). Usage: replay.sh BUILD
build=$1
espy=$(cd "$build" && pwd)/espy
dir=$(mktemp -d) || exit 1
id=espyrp$$
cleanup() {
	ip netns del "$id" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
fail() {
	echo "replay: $*" >&2
	exit 1
}
passed=0
ok() {
	passed=$((passed + 1))
	echo "replay: ok: $*"
}
[ -x "$espy" ] || fail "no program $espy"

# golden WORDS TARGET GLOB OPTION..: all captures of pcaps/ that match give the same again
golden() {
	words=$1
	target=$2
	glob=$3
	shift 3
	n=0
	# shellcheck disable=SC2231 # a pattern
	for c in pcaps/*/$glob.pcapng; do
		[ -f "$c" ] || fail "no captures pcaps/*/$glob.pcapng"
		"$espy" replay -q "$c" --sa "${c%.pcapng}.setkey" -t "$target" "$@" >"$dir/out" 2>&1 ||
			fail "$words: $c: want same, got: $(tail -n 4 "$dir/out")"
		n=$((n + 1))
	done
	ok "$words: $n captures, the same on $target"
}

n=0
for c in pcaps/*/*.pcapng; do
	"$espy" check "$c" --sa "${c%.pcapng}.setkey" >"$dir/out" 2>&1 || fail "$c: $(grep -v ' ok' "$dir/out" | head -n 3)"
	n=$((n + 1))
done
[ $n -ge 60 ] || fail "want at least 60 golden captures, got $n"
ok "every packet of $n captures is verified by its sidecar"
golden "as they are" reference '*'
golden "other keys" reference '*' --rekey
golden "other addresses" reference '*' --map 192.0.2.2=192.0.2.77 --map 2001:db8:1::2=2001:db8:1::77 --rekey
golden "by another profile" reference:linux '*' --speed full

# A capture says what differs, too: one whose SAs deny what was answered.
p=$(echo pcaps/linux-*/esp-aes-gcm-16-128.setkey)
p=${p%.setkey}
sed 's/-P out ipsec/-P out discard ; # ipsec/' "$p.setkey" >"$dir/deny.setkey"
"$espy" replay "$p.pcapng" --sa "$dir/deny.setkey" -t reference >"$dir/out" 2>&1
[ $? -eq 1 ] || fail "a target that answers nothing: want exit status 1, got: $(tail -n 3 "$dir/out")"
grep -q '^frame *2 *missing *ip4/esp/echo-reply$' "$dir/out" || fail "want frame 2 missing, got: $(cat "$dir/out")"
"$espy" replay "$p.pcapng" --sa "$p.setkey" -t reference -q -o "$dir/run" >/dev/null 2>&1 || fail "-o: exit status"
for f in events.jsonl run.json junit.xml; do
	[ -s "$dir/run/$f" ] || fail "-o: no $f"
done
ok "what differs is told, and a run directory is left"

if command -v linux.uml >/dev/null; then
	golden "as they are" linux 'esp-aes-gcm-*-128'
	golden "AH as XFRM has it" linux 'ah-hmac-sha2-[35]*'
	# What fails on a kernel fails again; PF_KEY messages alone are nothing to send. Each replay boots a kernel: one case in five is enough,
	# REPLAY_ALL=1 takes all.
	"$espy" run -q -t linux -o "$dir/linux" 'esp*' bundle tunnel gateway fragment icmp nat.t 'spd*' alg >/dev/null 2>&1
	again=0 none=0
	find "$dir/linux/cases" -name packets.pcapng | sort | awk -v all="${REPLAY_ALL:-}" 'all != "" || NR % 5 == 1' >"$dir/list"
	while read -r c; do
		d=$(dirname "$c")
		"$espy" replay -q "$c" --sa "$d/sa.setkey" -t linux >"$dir/out" 2>&1
		case $? in
		0) again=$((again + 1)) ;;
		4) none=$((none + 1)) ;;
		*) fail "${d#"$dir"/linux/}: want the same again, got: $(tail -n 4 "$dir/out")" ;;
		esac
	done <"$dir/list"
	[ $again -ge 10 ] || fail "want at least 10 failing cases sent again, got $again"
	ok "$again failing cases fail the same way again on the kernel ($none have no packets)"
	d=$(echo "$dir"/linux/cases/esp.replay/first_number_again/ipv4/transport/*/33)
	"$espy" replay -q "$d/packets.pcapng" --sa "$d/sa.setkey" -t reference >"$dir/out" 2>&1
	[ $? -eq 1 ] || fail "a planted departure: want the reference to differ, got: $(cat "$dir/out")"
	ok "on the reference the departure shows: $(head -n 1 "$dir/out")"
else
	echo "replay: skipped on a kernel: no linux.uml here"
fi

if [ "$(id -u)" = 0 ] && command -v ip >/dev/null && ip netns add "$id" 2>/dev/null && ip -n "$id" link add v0 type veth peer name v1 2>/dev/null; then
	ip -n "$id" link set v0 up
	ip -n "$id" link set v1 up
	ip netns exec "$id" "$espy" replay "$p.pcapng" --onto v0 --loop 100 >"$dir/out" 2>&1 || fail "--onto: $(cat "$dir/out")"
	got=$(ip netns exec "$id" cat /sys/class/net/v1/statistics/rx_packets)
	want=$(sed -n 's/^\([0-9]*\) frames,.*/\1/p' "$dir/out")
	if [ "${want:-0}" -eq 0 ] || [ "$got" -lt "$want" ]; then fail "--onto: sent ${want:-0} frames, $got arrived"; fi
	ok "--onto: $(cat "$dir/out")"
	timeout -s INT 1 ip netns exec "$id" "$espy" replay "$p.pcapng" --onto v0 --loop 100000000 >"$dir/out" 2>&1
	grep -q '(stopped)$' "$dir/out" || fail "--onto: a signal ends it with its count, got: $(cat "$dir/out")"
	ok "--onto ends cleanly at a signal"
	# A host that somebody else configured, across a wire: as the capture has it, and with one digit of a key wrong.
	o=$(echo pcaps/openiked-*/esp-transport-ipv4-*.pcapng)
	o=${o%.pcapng}
	ip netns exec "$id" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	across() {
		rm -f "$dir/host"
		ip netns exec "$id" "$espy" host -q -l v1 -a 10.9.0.2/24 -c "$1" >"$dir/host" 2>&1 &
		host=$!
		for _ in $(seq 100); do
			grep -q '^ready:' "$dir/host" 2>/dev/null && break
			sleep 0.05
		done
		ip netns exec "$id" "$espy" replay "$o.pcapng" --sa "$o.setkey" -t raw:v0 --manager none --tester 10.9.0.1 \
			--target-address 10.9.0.2 >"$dir/out" 2>&1
		code=$?
		kill $host
		wait $host 2>/dev/null
	}
	across "$o.setkey"
	[ $code -eq 0 ] || fail "a host across a wire: want same, got: $(cat "$dir/out")"
	sed '3s/-A hmac-sha1 0x../-A hmac-sha1 0x00/' "$o.setkey" >"$dir/wrong.setkey"
	across "$dir/wrong.setkey"
	[ $code -eq 1 ] || fail "a host with a wrong key: want exit status 1, got $code: $(cat "$dir/out")"
	grep -q 'frame *2 *differs *it cannot be opened now: icv' "$dir/out" || fail "a host with a wrong key: got: $(cat "$dir/out")"
	ok "a host across a wire answers the same; one with a wrong key is told"
else
	echo "replay: skipped onto an interface: no network namespaces here"
fi
echo "$passed passed, 0 failed"
