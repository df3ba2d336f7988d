#!/bin/sh
# Every suite on the reference, which follows rfc4301, the cases of every other profile on a reference that follows that, and what is about
# PF_KEY in the dialect of every system. Nothing may fail. Usage: reference.sh ESPY DIR
espy=$1 dir=$2
run() {
	target=$1 out=$2
	shift 2
	"$espy" run -q -t "$target" -o "$out" "$@" >"$out.txt" 2>&1
	status=$?
	if grep -q "no case matches 'profile/" "$out.txt"; then
		return
	elif [ $status -ne 0 ]; then
		cat "$out.txt"
		exit 1
	fi
	echo "$target: $(tail -n 1 "$out.txt")"
}
run reference "$dir"
for profile in rfc2401 solaris kame linux; do
	run "reference:$profile" "$dir-$profile" "profile/$profile"
done
for dialect in kame/linux kame/kame kame/freebsd rfc4301/openbsd rfc4301/solaris; do
	run "reference:$dialect" "$dir-$(basename $dialect)-pfkey" 'pfkey*' 'lifetime*'
done
