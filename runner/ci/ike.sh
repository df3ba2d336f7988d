#!/bin/sh
# make ike: two namespaces that know no IPsec, each behind a bump in the wire (espy host --bump), and in each of them OpenIKED as the
# distribution has it, speaking PF_KEY to its bump through libespy-pfkey.so. IKE must key both bumps, and what the namespaces say to each
# other afterwards must cross in ESP alone. Needs root, ip-netns(8), ping, ethtool and iked (package openiked); without them it says what
# is missing. Usage: ike.sh BUILD
build=$1
fail() {
	echo "ike: $*" >&2
	exit 1
}
skip() {
	echo "ike: skipped: $*"
	exit 0
}
espy=$build/espy
library=$(cd "$build" && pwd)/libespy-pfkey.so
[ -x "$espy" ] || fail "no program $espy"
[ -f "$library" ] || fail "no library $library"
for tool in ip ping ethtool; do
	command -v $tool >/dev/null || skip "no $tool here"
done
command -v iked >/dev/null || skip "no iked here (package openiked)"
id=espyike$$
why=$(ip netns add "$id-t" 2>&1) || skip "no network namespaces here: $why"
why=$(ip -n "$id-t" link add t0 type veth peer name t1 2>&1)
made=$?
ip netns del "$id-t"
[ $made -eq 0 ] || skip "no veth here: $why"

dir=$(mktemp -d) || exit 1
managers=
hosts=
# Ends processes by their ids; key managers first, or they would speak to nobody.
end() {
	for p in "$@"; do kill "$p" 2>/dev/null; done
	for p in "$@"; do wait "$p" 2>/dev/null; done
}
cleanup() {
	# shellcheck disable=SC2086 # lists of ids
	end $managers
	# shellcheck disable=SC2086
	end $hosts
	for n in a b w; do ip netns del "$id-$n" 2>/dev/null; done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
passed=0
ok() {
	passed=$((passed + 1))
	echo "ike: ok: $*"
}

# --- A (a0) -- a1 bump wa -- wb bump b1 -- (b0) B; what lies between is in a namespace of its own
in_ns() {
	ns=$id-$1
	shift
	ip netns exec "$ns" "$@"
}
for n in a b w; do
	ip netns add "$id-$n" || fail "no namespace"
	ip -n "$id-$n" link set lo up
done
in_ns w sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
ip -n "$id-w" link add wa type veth peer name wb
ip -n "$id-w" link set wa up
ip -n "$id-w" link set wb up
for n in a b; do
	ip -n "$id-$n" link add ${n}0 type veth peer name ${n}1 netns "$id-w"
	ip -n "$id-w" link set ${n}1 up
	ip -n "$id-$n" link set ${n}0 up
	# Nobody behind a veth fills in checksums that are left to a network card.
	in_ns $n ethtool -K ${n}0 tx off >/dev/null || fail "ethtool -K ${n}0 tx off"
done
ip -n "$id-a" addr add 10.9.0.1/24 dev a0
ip -n "$id-b" addr add 10.9.0.2/24 dev b0
ip -n "$id-a" addr add 2001:db8:9::1/64 dev a0 nodad
ip -n "$id-b" addr add 2001:db8:9::2/64 dev b0 nodad

# What runs in the background is no function of ours: its id must be the program's own.
# bump NAME: what no policy names is discarded, but for IKE
bump() {
	ip netns exec "$id-w" "$espy" host --profile rfc4301/linux --link "w$1" --write "$dir/$1.pcap" --bump "${1}1" --ike \
		--tunable spd.miss=0 --pfkey "$dir/$1.pfkey" >"$dir/$1.host" 2>&1 &
	hosts="$hosts $!"
}
# manager NAME OPTION..
manager() {
	name=$1
	shift
	chmod 600 "$dir/$name.conf"
	ip netns exec "$id-$name" env ESPY_PFKEY="$dir/$name.pfkey" LD_PRELOAD="$library" \
		iked -d -vv -f "$dir/$name.conf" -s "$dir/$name.control" "$@" >"$dir/$name.iked" 2>&1 &
	managers="$managers $!"
}
# until_said FILE PATTERN SECONDS
until_said() {
	for _ in $(seq $(($3 * 20))); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		sleep 0.05
	done
	fail "want '$2' in $(basename "$1") within $3 s, got: $(tail -n 20 "$1")"
}
# start WORDS OPTION..: both bumps and both managers; WORDS say mode and family
start() {
	words=$1
	shift
	case $words in
	*ipv6*) from=2001:db8:9::1 to=2001:db8:9::2 ;;
	*) from=10.9.0.1 to=10.9.0.2 ;;
	esac
	rm -f "$dir"/*.iked "$dir"/*.host
	for n in a b; do bump $n; done
	for n in a b; do until_said "$dir/$n.host" '^ready:' 5; done
	in_ns a ping -n -q -c 2 -i 0.2 -W 0.3 "$to" >/dev/null 2>&1 && fail "$words: traffic before there are SAs"
	echo "ikev2 active ${words%% *} esp from $from to $to local $from peer $to $lifetime psk \"espy\"" >"$dir/a.conf"
	echo "ikev2 passive ${words%% *} esp from $to to $from local $to peer $from $lifetime psk \"espy\"" >"$dir/b.conf"
	manager b "$@"
	until_said "$dir/b.iked" 'loaded 1 configuration rules' 5
	manager a "$@"
	for n in a b; do until_said "$dir/$n.iked" 'VALID -> ESTABLISHED' 15; done
}
stop() {
	# shellcheck disable=SC2086
	end $managers
	# shellcheck disable=SC2086
	end $hosts
	managers=
	hosts=
}
pings() {
	in_ns "$1" ping -n -q -p 6573707921 -c "${3:-5}" -i 0.02 -W 2 -s "${4:-56}" "$2" >"$dir/ping" 2>&1 || fail "no echo from $2: $(cat "$dir/ping")"
}
# between WORDS LEAST: what crossed, frame by frame: ARP, Neighbor Discovery, IKE, and at least so many packets in ESP
between() {
	"$espy" decode "$dir/a.pcap" >"$dir/frames" || fail "$1: the capture cannot be read"
	seen=$(awk -v least="$2" '
	function done_with() {
		if (layers == "") return
		if (is_esp || layers ~ / esp:/) esp++ # fragments of it too
		else if (layers ~ / udp:/ && (sport == 500 || sport == 4500)) ike++
		else if (layers ~ / ip6: icmp:/ && type ~ /^(router|neighbor)-/) nd++
		else if (layers ~ / ip[46]:/) { bad++; if (what == "") what = layers }
	}
	/^frame/ { done_with(); layers = ""; type = sport = ""; is_esp = 0; frames++; next }
	/^[a-z0-9-]+:/ { layers = layers " " $1 }
	$3 == "sport" && sport == "" { sport = $4 }
	($3 == "protocol" || $3 == "next_header") && $4 == "esp" { is_esp = 1 }
	$3 == "type" && type == "" { type = $4 }
	END {
		done_with()
		printf "%d frames, %d of them ESP, %d IKE", frames, esp, ike
		if (bad > 0) printf "; %d others:%s", bad, what
		exit bad > 0 || esp < least || ike < 4
	}' "$dir/frames") || fail "$1: between the bumps: want ESP in at least $2 frames, IKE, and nothing else; got $seen"
	grep -q 'espy!espy!' "$dir/a.pcap" && fail "$1: something crossed in clear"
	ok "$1: $seen"
}

lifetime=
start "transport ipv4"
pings a "$to"
pings b "$from"
pings a "$to" 2 4000
in_ns a ping -n -c 1 -W 2 -M "do" -s 1472 "$to" >"$dir/ping" 2>&1
grep -q 'mtu *= *14' "$dir/ping" || fail "DF: want to be told an MTU below 1500, got $(cat "$dir/ping")"
stop
between "transport mode, IPv4" 26
start "tunnel ipv6"
pings a "$to"
pings b "$from"
pings b "$from" 2 4000
stop
between "tunnel mode, IPv6" 26
start "transport ipv4" -t
pings a "$to"
pings b "$from"
stop
between "transport mode, IPv4, in UDP" 20

# The bumps say when an SA grows old (SADB_EXPIRE), the managers make new ones, and no echo is lost meanwhile.
lifetime="lifetime 4"
start "transport ipv4"
in_ns a ping -n -q -p 6573707921 -c 36 -i 0.14 -W 2 "$to" >"$dir/ping" 2>&1 || fail "rekeying: $(cat "$dir/ping")"
grep -q ' 0% packet loss' "$dir/ping" || fail "rekeying: $(cat "$dir/ping")"
stop
between "rekeyed" 72
spis=$(awk '$3 == "spi" { print $4 }' "$dir/frames" | sort -u | grep -c .)
[ "$spis" -ge 4 ] || fail "rekeying: want at least 4 SPIs on the wire, got $spis"
ok "rekeyed after 4 s: $spis SPIs, no echo lost"

echo "$passed passed, 0 failed"
