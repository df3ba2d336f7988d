#!/bin/sh
# The same cases by every way to a target: our host in a process of its own must read as it does in this one, a network namespace and an
# interface must be there and gone again, a target that dies must be told from one that is silent. What needs root, ip-netns(8) or veth
# is skipped with the reason. Usage: targets.sh BUILD
build=$(cd "$1" && pwd) || exit 1
espy=$build/espy
dir=$(mktemp -d) || exit 1
id=espy$$
cleanup() {
	ip netns del "$id" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
passed=0
ok() {
	passed=$((passed + 1))
	echo "targets: ok: $*"
}
fail() {
	echo "targets: $*" >&2
	exit 1
}
done_here() {
	echo "targets: $passed passed, 0 failed${1:+; the rest is skipped: $1}"
	exit 0
}
# What is printed of a run, without the target's name: failures with their reasons, and the counts.
run() {
	out=$1
	shift
	"$espy" run -q -j 1 --seed 1 -o "$dir/run" "$@" >"$out.raw" 2>"$out.err"
	echo "status $?" >>"$out.raw"
	sed 's/ -t [^ ]*//' "$out.raw" >"$out"
}

# A profile that departs from RFC 4301 on purpose: there is something to read.
suites='esp.replay esp.robust pfkey* lifetime socket-policy nat.t tunnel pmtu plain'
for profile in rfc4301 linux; do
	# shellcheck disable=SC2086 # words
	run "$dir/here" -t "reference:$profile" $suites
	# shellcheck disable=SC2086
	run "$dir/there" -t "exec:$espy host --exec --profile $profile" $suites
	diff -u "$dir/here" "$dir/there" || fail "exec does not read as reference:$profile does"
	ok "exec reads as reference:$profile does: $(tail -n 2 "$dir/there" | head -n 1)"
done

run "$dir/example" -t "exec:$build/exec-target" --params family=ipv4 plain/echo plain/headers_of_no_sa
grep -q '^2 passed, 0 failed' "$dir/example" || fail "the example: $(cat "$dir/example" "$dir/example.err")"
run "$dir/example" -t "exec:$build/exec-target --fragile" --params family=ipv4 plain/headers_of_no_sa
grep -q '^FAIL plain/headers_of_no_sa.*the target died after the packet of line' "$dir/example" ||
	fail "a target that dies of a packet: $(cat "$dir/example" "$dir/example.err")"
ok "the example in C answers, and its death is an answer too"

command -v ip >/dev/null || done_here "no ip(8) here"
why=$(ip netns add "$id" 2>&1) || done_here "no network namespaces here: $why"
why=$(ip -n "$id" link add t0 type veth peer name t1 2>&1) || done_here "no veth here: $why"
ip -n "$id" link del t0

cards() {
	ip -n "$id" -o link | grep -c espy
}
run "$dir/ns" -t "netns:$id" --manager none plain
grep -q '^6 passed, 0 failed' "$dir/ns" || fail "netns: $(cat "$dir/ns" "$dir/ns.err")"
[ "$(cards)" -eq 0 ] || fail "netns left cards behind"
ok "a network namespace answers, and is as before"

# However espy ends.
for signal in INT KILL; do
	"$espy" run -q -t "netns:$id" -o "$dir/run" >/dev/null 2>&1 &
	pid=$!
	tries=0
	while [ "$(cards)" -eq 0 ] && [ $tries -lt 50 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	kill -$signal $pid
	wait $pid 2>/dev/null
	tries=0
	while [ "$(cards)" -ne 0 ] && [ $tries -lt 50 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	[ "$(cards)" -eq 0 ] || fail "netns left cards behind after SIG$signal"
done
ok "nothing stays in it after SIGINT or SIGKILL"

ip link add "$id-t" type veth peer name blue0 netns "$id" || fail "no veth pair"
ip link set "$id-t" up || fail "no veth pair"
ip -n "$id" link set blue0 up || fail "no veth pair"
run "$dir/here" -t reference esp.replay 'pfkey.add*' plain
run "$dir/there" -t "raw:$id-t" --agent "ip netns exec $id $espy host --exec blue0" esp.replay 'pfkey.add*' plain
diff -u "$dir/here" "$dir/there" || fail "raw does not read as reference does"
ok "raw with an agent reads as reference does: $(tail -n 2 "$dir/there" | head -n 1)"
done_here
