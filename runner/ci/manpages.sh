#!/bin/sh
# Whether espy.1 has every command and every option that `espy COMMAND --help` prints, and no others. Usage: manpages.sh ESPY
espy=$1
page=man/espy.1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
# claim STATUS WORDS: of the test just made
claim() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$2"
	fi
}
# The part of the page that tells of one command: from its item to the next command's, or the end of the list.
section() {
	awk -v command="$1" '
		/^\.It Cm / {
			name = 0
			for (i = 3; i <= NF; i++) if ($i == command) name = 1
			if (name) { on = 1; level = depth } else if (depth == level) on = 0
		}
		/^\.Bl / { depth++ }
		/^\.El/ { depth--; if (depth < level) on = 0 }
		/^\.S[hs] / { on = 0 }
		on' "$page"
}
"$espy" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' >"$dir/commands"
while read -r command; do
	grep -Eq "^\.Cm $command( |\$)" "$page"
	claim $? "$page: SYNOPSIS: no $command"
	section "$command" >"$dir/section"
	[ -s "$dir/section" ]
	claim $? "$page: no section of $command"
	"$espy" "$command" --help | sed -n 's/^  *\(-[a-zA-Z0-9], \)*--\([a-z-]*\).*/\2/p' | grep -vx help >"$dir/options"
	while read -r option; do
		grep -Eq "Fl -$option( |\$)" "$dir/section"
		claim $? "$page: $command: no --$option"
	done <"$dir/options"
	# And the other way round: an option of the page that the command has not.
	sed -n 's/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$dir/section" | while read -r option; do
		grep -qx -- "$option" "$dir/options" || echo "$option"
	done >"$dir/gone"
	[ ! -s "$dir/gone" ]
	claim $? "$page: $command: there is no --$(tr '\n' ' ' <"$dir/gone")"
done <"$dir/commands"
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning man/*.[1-9]
	claim $? "mandoc has something to say"
else
	echo "manpages: mandoc is not here: not linted"
fi
echo "manpages: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
