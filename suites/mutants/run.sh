#!/bin/sh
# make mutants: plants each fault of this folder into a copy of the tree, builds it, and expects the case that the fault names to turn
# red, in process, while a plain echo under ESP and AH still works. Prints a line for each and the score; writes BUILD/mutants.json
# {total, killed, survivors[]}. Usage: run.sh BUILD [PATCH..], at the root of the tree, BUILD/espy being up to date.
set -u
build=$1
shift
here=$(pwd)
[ $# -gt 0 ] || set -- suites/mutants/*.patch
out=$here/$build/mutants
rm -rf "$out" "$here/$build/mutants.json"
mkdir -p "$out"
printf '%s\n' "$@" >"$out/queue"
plain='esp.out/ip_protocol ah.format/ip_protocol'
# Build identity and debugging information differ from folder to folder; without them two programs can be compared, and link sooner.
# shellcheck disable=SC2016 # it is make that expands it
link='$(SAN) -Wl,-S,--build-id=none'
! ld.lld --version >/dev/null 2>&1 || link="$link -fuse-ld=lld"

program() {
	make -s --no-print-directory B=build OPT="-O2" LDFLAGS="$link" build/espy
}

# A folder of those suites that these selectors name, or all: to read them takes longer than to run one case.
suites_of() {
	[ $# -gt 0 ] || { echo suites && return; }
	rm -rf build/suites
	mkdir -p build/suites
	for selector in "$@"; do
		file=$(grep -l "^suite ${selector%%/*}\( \|$\)" suites/*.suite)
		[ -n "$file" ] || { echo suites && return; }
		cp "$file" build/suites/
	done
	echo build/suites
}

# In process, with what is built in the current folder. Usage: judge LOG TARGET SELECTOR..
judge() {
	log=$1 target=$2
	shift 2
	ESPY_SUITES=$(suites_of "$@") timeout 120 \
		build/espy run -q -t "$target" --seed 1 --fail-fast -o "$log.run" "$@" >"$log" 2>&1
	status=$?
	rm -rf "$log.run"
	return $status
}

red() {
	sed -n 's/^FAIL \([^ ]*\).*/\1/p' "$1" | head -n 1
}

# A fault of what no suite gets to see, before a program of unit tests.
unit() {
	if ! make -s --no-print-directory B=build "$2" >"$log" 2>&1; then
		echo "broken $1 $2 does not build: $(grep -m1 error "$log")"
	elif timeout 120 "$2" >"$log" 2>&1; then
		echo "survived $1 $2 stays green"
	else
		echo "killed $1 $(sed -n 's/.*FAIL. \([^:]*::[^:]*\):.*/\1/p' "$log" | head -n 1)"
	fi
}

# Which case kills what is built in the current folder, on that target: prints "WORD NAME DETAIL".
verdict() {
	name=$1 on=$2 case=$3 log=$out/$1.log
	# shellcheck disable=SC2086 # selectors are words
	# Plain traffic is that of the RFCs: KAME's rejects AH tunnels (ipsec(4)).
	judge "$log" reference $plain || { echo "blunt $name not even a plain echo works: $(red "$log")"; return; }
	if [ "$case" = vectors ]; then
		if build/espy vectors >"$log" 2>&1; then
			echo "survived $name every vector passes"
		else
			echo "killed $name espy vectors: $(grep -m1 -o '[A-Za-z0-9._/-]*[.]json[^,]*' "$log" | cut -c1-80)"
		fi
		return
	fi
	if [ "${case%% *}" = unit ]; then
		unit "$name" "build/tests/${case#unit }"
		return
	fi
	judge "$log" "$on" "$case"
	case $? in
	1) echo "killed $name $(red "$log")" ;;
	124 | 13[0-9]) echo "killed $name $case crashed or hung" ;;
	2 | 4) echo "stale $name it names no case: $case" ;;
	*)
		judge "$log" "$on" || true
		other=$(red "$log")
		echo "survived $name $case stays green${other:+, though $other does not}"
		;;
	esac
}

# One mutant in the current folder, which is left as it was.
one() {
	name=$(basename "$1" .patch) patch=$here/$1 log=$out/$(basename "$1" .patch).log
	case=$(sed -n 's/^Case: //p' "$patch") on=$(sed -n 's/^Target: //p' "$patch")
	files=$(sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "$patch")
	if [ -z "$case" ] || ! grep -q '^Clause: ' "$patch" || [ "$(sed -n 's/^Mutant: //p' "$patch")" != "${name%%-*}" ]; then
		echo "broken $name want Mutant:, Clause: and Case: in front of the diff"
		return
	fi
	if ! patch -s -p1 -F0 --no-backup-if-mismatch -r - <"$patch" >"$log" 2>&1; then
		echo "stale $name it no longer applies: $(head -n 1 "$log")"
	else
		# shellcheck disable=SC2086 # patch(1) may set the time back
		touch $files
		if ! program >"$log" 2>&1; then
			echo "broken $name it does not build: $(grep -m1 error "$log")"
		elif cmp -s build/espy build/faultless; then
			echo "broken $name it changes nothing in the program"
		else
			verdict "$name" "${on:-reference}" "$case"
		fi
	fi
	restore
}

# The files that were patched and what was built of them, as they were before: nothing of it is built again.
restore() {
	for f in $files; do cp -p "$here/$f" "$f"; done
	find build/o -type f -newer build/faultless | while read -r f; do
		cp -p "$here/$build/${f#build/}" "$f" 2>/dev/null || rm -f "$f"
	done
}

worker() {
	mkdir -p "$out/tree$1/build"
	cp -a Makefile install.mk reference runner reports suites vectors "$out/tree$1/"
	for f in o gen espy libespyref.a librunner.a; do cp -a "$build/$f" "$out/tree$1/build/"; done
	cd "$out/tree$1" || exit 1
	rm build/espy
	program >/dev/null && mv build/espy build/faultless || return
	n=0
	while read -r patch; do
		n=$((n + 1))
		[ $((n % jobs)) -eq "$1" ] && one "$patch" | tee -a "$out/results$1"
	done <"$out/queue"
}

# Without a fault everything must be green, or a red case says nothing.
cd "$here" || exit 1
: >"$out/all"
if [ ! -x "$build/espy" ] || ! make -q --no-print-directory B="$build" "$build/espy" >"$out/make.log" 2>&1; then
	echo "mutants: $build/espy is not up to date"
elif ! sh runner/ci/reference.sh "$build/espy" "$out/run" >"$out/log" 2>&1 || ! "$build/espy" vectors >>"$out/log" 2>&1; then
	echo "mutants: the reference itself is not green: $(grep -m1 -E '^(FAIL|ERROR|espy)' "$out/log" | cut -c1-150)"
else
	jobs=$(nproc)
	[ "$jobs" -le 4 ] || jobs=4
	i=0 pids=
	while [ "$i" -lt "$jobs" ]; do
		worker "$i" &
		pids="$pids $!"
		i=$((i + 1))
	done
	for p in $pids; do wait "$p"; done
	cat "$out"/results* >"$out/all"
fi

total=$(wc -l <"$out/queue")
killed=$(grep -c '^killed' "$out/all")
left=$(while read -r p; do
	name=$(basename "$p" .patch)
	grep -q "^killed $name " "$out/all" || printf '"%s"\n' "$name"
done <"$out/queue" | paste -sd , | sed 's/,/, /g')
printf '{"total": %d, "killed": %d, "survivors": [%s]}\n' "$total" "$killed" "$left" >"$here/$build/mutants.json"
rm -rf "$out"/tree*
echo "mutants: $killed of $total killed"
grep -v '^killed' "$out/all" | sort
echo "$killed passed, $((total - killed)) failed"
[ "$killed" -eq "$total" ] && [ "$total" -gt 0 ]
