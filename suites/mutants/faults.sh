#!/bin/sh
# suites/faults.tsv: what stands in front of the patches, a line each, for `espy explain`. Run from the root of the tree.
printf 'id\tclause\tcase\tfault\n'
for patch in suites/mutants/*.patch; do
	awk '/^--- / { exit }
		/^Mutant: / { id = substr($0, 9); next }
		/^Clause: / { clause = substr($0, 9); next }
		/^Case: / { name = substr($0, 7); next }
		/^Target: / || /^$/ { next }
		{ text = text (text == "" ? "" : " ") $0 }
		END { print id "\t" clause "\t" name "\t" text }' "$patch"
done
