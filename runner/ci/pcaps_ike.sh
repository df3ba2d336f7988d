#!/bin/sh
# Golden captures of traffic that OpenIKED keyed: two namespaces that know no IPsec, each behind a bump in the wire, as ike.sh has them; A pings
# B, and what crosses between the bumps is kept, with the SAs that B's bump was given. Needs root, iked, ip-netns(8), ping, ethtool, tshark.
# Usage: pcaps_ike.sh BUILD FOLDER
build=$1
out=$2
fail() {
	echo "pcaps: $*" >&2
	exit 1
}
espy=$build/espy
library=$(cd "$build" && pwd)/libespy-pfkey.so
here=$(dirname "$0")
for tool in ip ping ethtool tshark iked; do
	command -v $tool >/dev/null || fail "no $tool here"
done
id=espygold$$
dir=$(mktemp -d) || exit 1
managers=
hosts=
end() {
	for p in "$@"; do kill "$p" 2>/dev/null; done
	for p in "$@"; do wait "$p" 2>/dev/null; done
}
cleanup() {
	# shellcheck disable=SC2086 # lists of ids
	end $managers $hosts
	for n in a b w; do ip netns del "$id-$n" 2>/dev/null; done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
for n in a b w; do
	ip netns add "$id-$n" || fail "no namespace"
	ip -n "$id-$n" link set lo up
done
ip netns exec "$id-w" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
ip -n "$id-w" link add wa type veth peer name wb
ip -n "$id-w" link set wa up
ip -n "$id-w" link set wb up
for n in a b; do
	ip -n "$id-$n" link add ${n}0 type veth peer name ${n}1 netns "$id-w"
	ip -n "$id-w" link set ${n}1 up
	ip -n "$id-$n" link set ${n}0 up
	ip netns exec "$id-$n" ethtool -K ${n}0 tx off >/dev/null || fail "ethtool -K ${n}0 tx off"
done
ip -n "$id-a" addr add 10.9.0.1/24 dev a0
ip -n "$id-b" addr add 10.9.0.2/24 dev b0
ip -n "$id-a" addr add 2001:db8:9::1/64 dev a0 nodad
ip -n "$id-b" addr add 2001:db8:9::2/64 dev b0 nodad
until_said() {
	for _ in $(seq $(($3 * 20))); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		sleep 0.05
	done
	fail "want '$2' in $(basename "$1") within $3 s, got: $(tail -n 5 "$1")"
}
# What runs in the background is no function of ours: its id must be the program's own.
bump() {
	ip netns exec "$id-w" "$espy" host --profile rfc4301/linux --link "w$1" --write "$dir/$1.pcap" --bump "${1}1" --ike \
		--tunable spd.miss=0 --pfkey "$dir/$1.pfkey" >"$dir/$1.host" 2>&1 &
	hosts="$hosts $!"
}
manager() {
	chmod 600 "$dir/$1.conf"
	ip netns exec "$id-$1" env ESPY_PFKEY="$dir/$1.pfkey" LD_PRELOAD="$library" \
		iked -d -vv -f "$dir/$1.conf" -s "$dir/$1.control" >"$dir/$1.iked" 2>&1 &
	managers="$managers $!"
}
version=$(iked -V 2>&1 | sed -n 's/^OpenIKED *\([0-9.]*\).*/\1/p')
to=$out/openiked-${version:-unknown}
rm -rf "$out"/openiked-*
mkdir -p "$to"
# record NAME MODE FROM TO ALGORITHMS
record() {
	rm -f "$dir"/*.iked "$dir"/*.host "$dir"/*.pcap
	for n in a b; do bump $n; done
	for n in a b; do until_said "$dir/$n.host" '^ready:' 5; done
	echo "ikev2 active $2 esp from $3 to $4 local $3 peer $4 childsa $5 psk \"espy\"" >"$dir/a.conf"
	echo "ikev2 passive $2 esp from $4 to $3 local $4 peer $3 childsa $5 psk \"espy\"" >"$dir/b.conf"
	manager b
	until_said "$dir/b.iked" 'loaded 1 configuration rules' 5
	manager a
	for n in a b; do until_said "$dir/$n.iked" 'VALID -> ESTABLISHED' 15; done
	for size in 8 56 300; do
		ip netns exec "$id-a" ping -n -q -c 1 -W 2 -s $size "$4" >"$dir/ping" 2>&1 || fail "$1: no echo: $(cat "$dir/ping")"
	done
	/usr/bin/python3 "$here/pcaps_ike.py" "$dir/b.pfkey" "$4" >"$to/$1.setkey" || fail "$1: no SAs"
	# shellcheck disable=SC2086
	end $managers
	# shellcheck disable=SC2086
	end $hosts
	managers=
	hosts=
	# IKE itself is left out: nobody could answer it again in the same way.
	tshark -r "$dir/a.pcap" -Y 'esp && !isakmp' -F pcapng -w "$to/$1.pcapng" 2>/dev/null || fail "$1: no capture"
	"$espy" check "$to/$1.pcapng" --sa "$to/$1.setkey" >"$dir/check" 2>&1 || fail "$1: $(cat "$dir/check")"
}
record esp-transport-ipv4-aes-cbc-256-hmac-sha1-96 transport 10.9.0.1 10.9.0.2 "enc aes-256 auth hmac-sha1"
record esp-tunnel-ipv4-3des-cbc-hmac-sha1-96 tunnel 10.9.0.1 10.9.0.2 "enc 3des auth hmac-sha1"
record esp-tunnel-ipv6-aes-cbc-128-hmac-sha1-96 tunnel 2001:db8:9::1 2001:db8:9::2 "enc aes-128 auth hmac-sha1"
chmod 644 "$to"/*
echo "pcaps: $(find "$to" -name '*.pcapng' | wc -l) captures keyed by OpenIKED $version"
