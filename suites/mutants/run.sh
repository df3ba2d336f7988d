#!/bin/sh
# make mutants: plants each fault of this folder into a copy of the tree, builds it, runs the suites in process, and expects a red
# case. Prints one line a mutant and the score; writes BUILD/mutants.json {total, killed, survivors[]}. A patch that does not apply or
# does not build is a failure of the list. Usage: run.sh BUILD [PATCH..]
set -u
build=$1
shift
here=$(pwd)
[ $# -gt 0 ] || set -- suites/mutants/*.patch
out=$here/$build/mutants
rm -rf "$out"
mkdir -p "$out"
printf '%s\n' "$@" >"$out/queue"

prepare() {
	mkdir -p "$1"
	cp -a Makefile reference runner reports suites "$1/"
	cp -a "$build" "$1/build.tmp" 2>/dev/null
	rm -rf "$1/build.tmp/mutants" "$1/build.tmp"/run*
	mv "$1/build.tmp" "$1/build"
}

# One mutant in one tree: prints "WORD PATCH DETAIL", WORD being killed, survived, stale or broken.
one() {
	tree=$1 patch=$2 name=$(basename "$2" .patch)
	cd "$tree" || exit 1
	if ! patch -s -p1 --no-backup-if-mismatch <"$here/$patch" >"$out/$name.log" 2>&1; then
		echo "stale $name the patch no longer applies"
		rm -rf reference runner && cp -a "$here/reference" "$here/runner" .
		return
	fi
	if ! make -s --no-print-directory B=build build/espy >"$out/$name.log" 2>&1; then
		echo "broken $name it does not build: $(grep -m1 error "$out/$name.log")"
	else
		timeout 120 build/espy run -q -t reference --seed 1 --fail-fast -o "$out/$name" >"$out/$name.log" 2>&1
		status=$?
		case $status in
		1) echo "killed $name $(grep -m1 FAIL "$out/$name.log" | cut -c1-150)" ;;
		70 | 124) echo "killed $name it crashed or hung (status $status)" ;;
		0) echo "survived $name" ;;
		*) echo "broken $name espy run gave status $status: $(tail -n 1 "$out/$name.log")" ;;
		esac
	fi
	patch -s -R -p1 --no-backup-if-mismatch <"$here/$patch" >/dev/null
}

worker() {
	prepare "$out/tree$1"
	n=0
	while read -r patch; do
		n=$((n + 1))
		[ $((n % jobs)) -eq "$1" ] || continue
		line=$(one "$out/tree$1" "$patch")
		echo "$line" >>"$out/results$1"
		echo "$line"
	done <"$out/queue"
}

jobs=$(nproc)
[ "$jobs" -le 4 ] || jobs=4
i=0
pids=
while [ "$i" -lt "$jobs" ]; do
	worker "$i" &
	pids="$pids $!"
	i=$((i + 1))
done
for p in $pids; do wait "$p"; done

cat "$out"/results* >"$out/all"
total=$(wc -l <"$out/queue")
killed=$(grep -c '^killed' "$out/all")
left=$(grep -v '^killed' "$out/all" | awk '{printf "%s\"%s\"", n++ ? ", " : "", $2}')
printf '{"total": %d, "killed": %d, "survivors": [%s]}\n' "$total" "$killed" "$left" >"$here/$build/mutants.json"
rm -rf "$out"/tree*
echo "mutants: $killed of $total killed"
grep -v '^killed' "$out/all" | sort
echo "$killed passed, $((total - killed)) failed"
[ "$killed" -eq "$total" ] && [ "$total" -gt 0 ]
