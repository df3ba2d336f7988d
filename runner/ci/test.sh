#!/bin/sh
# make test: stages one after the other, each with its time; the first failure ends it. The last line counts stages.
make=${MAKE:-make}
jobs=-j$(nproc)
passed=0
stage() {
	name=$1
	shift
	began=$(date +%s)
	echo "== $name"
	if "$@"; then
		passed=$((passed + 1))
		echo "== $name: ok, $(($(date +%s) - began)) s"
	else
		echo "== $name: failed"
		echo "$passed passed, 1 failed"
		exit 1
	fi
}
stage build "$make" --no-print-directory -s "$jobs" all
stage "unit tests, vectors, suites on the reference" "$make" --no-print-directory -s "$jobs" check
if command -v linux.uml >/dev/null; then
	stage "suites on a Linux kernel" "$make" --no-print-directory -s suites-linux
else
	echo "== suites on a Linux kernel: skipped: user-mode-linux is not to be had here"
fi
stage "live hosts in network namespaces" sh runner/ci/live.sh build/espy
stage "targets of every kind" "$make" --no-print-directory -s targets
stage "IKE behind bumps in the wire" sh runner/ci/ike.sh build
if command -v tshark >/dev/null; then
	stage "a dissector's opinion" "$make" --no-print-directory -s dissector
else
	echo "== a dissector's opinion: skipped: tshark is not here"
fi
stage "bad input" sh runner/ci/badinput.sh build/espy
stage "address and undefined-behaviour sanitizers" "$make" --no-print-directory asan
stage lint "$make" --no-print-directory -s lint
echo "$passed passed, 0 failed"
