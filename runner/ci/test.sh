#!/bin/sh
# make test: stages one after the other, each with its time; the first failure ends it. The last line counts stages.
make="${MAKE:-make} --no-print-directory -s"
jobs=-j$(nproc)
passed=0
# stage NAME COMMAND..
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
# stage_with TOOL NAME COMMAND..: only where the tool is
stage_with() {
	tool=$1
	shift
	if command -v "$tool" >/dev/null; then
		stage "$@"
	else
		echo "== $1: skipped: $tool is not to be had here"
	fi
}
# shellcheck disable=SC2086 # words
{
	stage build $make "$jobs" all
	stage "unit tests, vectors, suites on the reference" $make "$jobs" check
	stage_with linux.uml "suites on a Linux kernel" $make suites-linux
	stage "live hosts in network namespaces" sh runner/ci/live.sh build/espy
	stage "targets of every kind" $make targets
	stage "IKE behind bumps in the wire" sh runner/ci/ike.sh build
	stage_with tshark "a dissector's opinion" $make dissector
	stage "captures sent again" $make replay
	stage_with chromium "report.html in a browser" $make browser
	stage "runs compared, known failures" sh runner/ci/compare.sh build/espy
	stage "keys stay where they are" sh runner/ci/keys.sh build/espy build/keys
	stage "formats of reports" sh runner/ci/formats.sh build/espy
	stage "bad input" sh runner/ci/badinput.sh build/espy
	stage "completion in three shells" sh runner/ci/completion.sh build/espy
	stage "what terminals get to see" sh runner/ci/terminal.sh build/espy
	stage "answers to machines" sh runner/ci/answers.sh build/espy
	stage "manual pages and options" sh runner/ci/manpages.sh build/espy
	stage "install, move, use, take away" $make installed
	stage_with dpkg-buildpackage "Debian packages" $make package
	stage_with /usr/bin/python3 "sample jobs" /usr/bin/python3 runner/ci/samples.py build/espy
	stage "address and undefined-behaviour sanitizers" $make asan
	stage lint $make lint
}
echo "$passed passed, 0 failed"
