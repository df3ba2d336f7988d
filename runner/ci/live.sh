#!/bin/sh
# The reference as a live host: plain kernels in network namespaces speak to `espy host` through veth pairs, as a host and through two
# gateways that protect them. Needs root, ip-netns(8), ping, ethtool and bash (for UDP); without them it says what is missing.
# Usage: live.sh ESPY
espy=$1
fail() {
	echo "live: $*" >&2
	exit 1
}
skip() {
	echo "live: skipped: $*"
	exit 0
}
[ -x "$espy" ] || fail "no program $espy"
for tool in ip ping ethtool bash; do
	command -v $tool >/dev/null || skip "no $tool here"
done
id=espy$$
why=$(ip netns add "$id-t" 2>&1) || skip "no network namespaces here: $why"
why=$(ip -n "$id-t" link add t0 type veth peer name t1 2>&1)
made=$?
ip netns del "$id-t"
[ $made -eq 0 ] || skip "no veth here: $why"

dir=$(mktemp -d) || exit 1
running=
cleanup() {
	for p in $running; do kill "$p" 2>/dev/null; done
	for p in $running; do wait "$p" 2>/dev/null; done
	for n in a b g; do ip netns del "$id-$n" 2>/dev/null; done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
passed=0
ok() {
	passed=$((passed + 1))
	echo "live: ok: $*"
}

# --- what there is to do it with
# in_ns LETTER COMMAND..
in_ns() {
	ns=$id-$1
	shift
	ip netns exec "$ns" "$@"
}
# wire LETTER IFACE LETTER IFACE: a cable between two namespaces
wire() {
	ip -n "$id-$1" link add "$2" type veth peer name "$4" netns "$id-$3" || fail "no veth $2"
	ip -n "$id-$1" link set "$2" up
	ip -n "$id-$3" link set "$4" up
}
# A namespace whose kernel keeps out of it: its interfaces are the hosts' under test.
silent() {
	ip netns add "$id-$1" || fail "no namespace"
	in_ns "$1" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1 net.ipv4.ip_forward=0
}
# plain LETTER IFACE 4 6 GATEWAY4 GATEWAY6: a kernel with addresses, whose checksums are its own business
plain() {
	ip -n "$id-$1" addr add "$3" dev "$2"
	ip -n "$id-$1" addr add "$4" dev "$2" nodad
	[ -z "$5" ] || ip -n "$id-$1" route add default via "$5"
	[ -z "$6" ] || ip -n "$id-$1" -6 route add default via "$6"
	in_ns "$1" ethtool -K "$2" tx off >/dev/null || fail "ethtool -K $2 tx off"
}
# host NAME OPTION..: starts one and waits until it says that it answers; its pid is in $pid, what it says in $dir/NAME.out
host() {
	name=$1
	shift
	mkfifo "$dir/$name.pipe"
	"$espy" host "$@" >"$dir/$name.pipe" 2>"$dir/$name.err" &
	pid=$!
	running="$running $pid"
	exec 3<"$dir/$name.pipe"
	read -r line <&3 || fail "$name: $(cat "$dir/$name.err")"
	cat <&3 >"$dir/$name.out" & # until it ends
	echo $! >"$dir/$name.cat"
	exec 3<&-
	case $line in
	"ready: link "*) ;;
	*) fail "$name: want 'ready: ..', got '$line'" ;;
	esac
}
# ended NAME PID: by a signal, cleanly, with its counters
ended() {
	kill -TERM "$2"
	wait "$2" || fail "$1: exit status $?: $(cat "$dir/$1.err")"
	wait "$(cat "$dir/$1.cat")"
	grep -q '^counters: .*frames.in [1-9]' "$dir/$1.out" || fail "$1: no counters at its end: $(cat "$dir/$1.out")"
}
pings() {
	in_ns "$1" ping -n -q -p 6573707921 -c "${3:-3}" -i 0.01 -W 2 -s "${4:-56}" "$2" >"$dir/ping" 2>&1 || fail "no echo from $2: $(cat "$dir/ping")"
}
# echoes LETTER ADDRESS: UDP to port 7 and back
echoes() {
	# shellcheck disable=SC2016 # the inner shell expands it
	got=$(in_ns "$1" bash -c 'exec 3<>"/dev/udp/$0/7"; printf octets >&3; read -r -t 2 -N 6 -u 3 x; printf %s "$x"' "$2")
	[ "$got" = octets ] || fail "UDP echo of $2: want 'octets', got '$got'"
}

# --- a host
silent g
ip netns add "$id-a"
ip netns add "$id-b"
wire a a0 g g0
plain a a0 192.0.2.2/24 2001:db8:1::2/64
host one --link "$id-g:g0" --address 192.0.2.1/24 --address 2001:db8:1::1/64
pings a 192.0.2.1
pings a 2001:db8:1::1
pings a 192.0.2.1 3 4000
pings a 2001:db8:1::1 3 4000
ok "a kernel pings the reference, whole and in fragments, both families"
echoes a 192.0.2.1
echoes a 2001:db8:1::1
ok "UDP echo, both families"
in_ns a ethtool -K a0 tx on >/dev/null
in_ns a bash -c 'exec 3<>/dev/udp/192.0.2.1/9; printf octets >&3'
pings a 192.0.2.1
in_ns a ethtool -K a0 tx off >/dev/null
ended one "$pid"
grep -q 'ethtool -K IFACE tx off' "$dir/one.err" || fail "no hint at checksums that nobody fills in: $(cat "$dir/one.err")"
ok "checksums left to a network card are told"

# --- two gateways
wire g g1 g h1
wire g h0 b b0
plain b b0 198.51.100.2/24 2001:db8:2::2/64 198.51.100.1 2001:db8:2::1
ip -n "$id-a" route add default via 192.0.2.1
ip -n "$id-a" -6 route add default via 2001:db8:1::1
cat >"$dir/sas" <<'KEYS'
add 203.0.113.1 203.0.113.2 esp 0x1001 -m tunnel -r 64 -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213 ;
add 203.0.113.2 203.0.113.1 esp 0x1002 -m tunnel -r 64 -E aes-gcm-16 0x202122232425262728292a2b2c2d2e2f30313233 ;
add 2001:db8:3::1 2001:db8:3::2 esp 0x1003 -m tunnel -r 64 -E rijndael-cbc 0x404142434445464748494a4b4c4d4e4f -A hmac-sha1 0x505152535455565758595a5b5c5d5e5f60616263 ;
add 2001:db8:3::2 2001:db8:3::1 esp 0x1004 -m tunnel -r 64 -E rijndael-cbc 0x606162636465666768696a6b6c6d6e6f -A hmac-sha1 0x707172737475767778797a7b7c7d7e7f80818283 ;
KEYS
# policies OUT IN: of the gateway for which what goes from A to B is OUT. On its other side the same traffic is in clear, which a host that
# discards what nobody names (RFC 4301 5.2) has to be told.
policies() {
	cat <<-POLICIES
		spdadd 192.0.2.0/24 198.51.100.0/24 any -P $1 ipsec esp/tunnel/203.0.113.1-203.0.113.2/require ;
		spdadd 198.51.100.0/24 192.0.2.0/24 any -P $2 ipsec esp/tunnel/203.0.113.2-203.0.113.1/require ;
		spdadd 2001:db8:1::/64 2001:db8:2::/64 any -P $1 ipsec esp/tunnel/2001:db8:3::1-2001:db8:3::2/require ;
		spdadd 2001:db8:2::/64 2001:db8:1::/64 any -P $2 ipsec esp/tunnel/2001:db8:3::2-2001:db8:3::1/require ;
		spdadd 192.0.2.0/24 198.51.100.0/24 any -P $2 none ;
		spdadd 198.51.100.0/24 192.0.2.0/24 any -P $1 none ;
		spdadd 2001:db8:1::/64 2001:db8:2::/64 any -P $2 none ;
		spdadd 2001:db8:2::/64 2001:db8:1::/64 any -P $1 none ;
	POLICIES
}
{ cat "$dir/sas" && policies out in; } >"$dir/left.conf"
{ cat "$dir/sas" && policies in out; } >"$dir/right.conf"
host left --gateway --config "$dir/left.conf" --link "$id-g:g0" --address 192.0.2.1/24 --address 2001:db8:1::1/64 \
	--write "$dir/inside.pcap" --link "$id-g:g1" --address 203.0.113.1/24 --address 2001:db8:3::1/64 --write "$dir/between.pcap"
left=$pid
host right --gateway --config "$dir/right.conf" --link "$id-g:h1" --address 203.0.113.2/24 --address 2001:db8:3::2/64 \
	--link "$id-g:h0" --address 198.51.100.1/24 --address 2001:db8:2::1/64
right=$pid
pings a 198.51.100.2 20
pings b 192.0.2.2 20
pings a 2001:db8:2::2 20
pings b 2001:db8:1::2 20
pings a 198.51.100.2 3 1300
ok "two gateways carry what two kernels say through their tunnels, both families"
ended left "$left"
ended right "$right"
for side in left right; do
	grep -q ' forwarded [1-9]' "$dir/$side.out" || fail "$side has not forwarded: $(cat "$dir/$side.out")"
	! grep -q ' icv \| replayed \| no-sa ' "$dir/$side.out" || fail "$side dropped what was good: $(cat "$dir/$side.out")"
done
seen=$("$espy" check "$dir/between.pcap" --sa "$dir/sas") || fail "espy check of what was between: $seen"
n=$(echo "$seen" | grep -c ' ok')
[ "$n" -ge 160 ] || fail "want at least 160 protected packets between the gateways, got $n"
grep -q 'espy!espy!' "$dir/inside.pcap" || fail "the pattern of the pings is not where they are in clear"
grep -q 'espy!espy!' "$dir/between.pcap" && fail "something crossed in clear"
ok "$n packets between them, each of them good ESP, and none in clear"

# --- a third gateway's networks, and what is nowhere
host route --gateway --link "$id-g:g0" --address 192.0.2.1/24 --address 2001:db8:1::1/64 \
	--link "$id-g:g1" --address 203.0.113.1/24 --address 2001:db8:3::1/64 --route 198.51.100.0/24=203.0.113.2 \
	--route 2001:db8:2::/64=2001:db8:3::2
left=$pid
host back --gateway --link "$id-g:h1" --address 203.0.113.2/24 --address 2001:db8:3::2/64 --link "$id-g:h0" \
	--address 198.51.100.1/24 --address 2001:db8:2::1/64 --route 0.0.0.0/0=203.0.113.1 --route ::/0=2001:db8:3::1
right=$pid
pings a 198.51.100.2
pings a 2001:db8:2::2
in_ns a ping -n -c 1 -W 8 198.51.100.77 >"$dir/ping" 2>&1
grep -q 'From 198.51.100.1.* Destination Host Unreachable\|From 203.0.113.2.* Destination Host Unreachable' "$dir/ping" ||
	fail "nobody there: want Destination Host Unreachable, got $(cat "$dir/ping")"
in_ns a ping -n -c 1 -W 8 100.64.0.1 >"$dir/ping" 2>&1
grep -q 'Destination Net Unreachable' "$dir/ping" || fail "no route: want Destination Net Unreachable, got $(cat "$dir/ping")"
ok "routes over another gateway; what is not there is told"
ended route "$left"
ended back "$right"
echo "$passed passed, 0 failed"
