#!/bin/sh
# Completion as bash, fish and zsh do it, each run without a person. Usage: completion.sh ESPY
espy=$(realpath "$1")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
mkdir "$dir/bin" "$dir/a-folder"
ln -s "$espy" "$dir/bin/espy"
: >"$dir/a-file.setkey"
ESPY_SUITES=$(realpath suites)
PATH=$dir/bin:$PATH
export ESPY_SUITES PATH

# offers SHELL 'LINE' WORD..: completing LINE at its end offers each WORD; one with '!' in front is not offered
offers() {
	shell=$1 line=$2
	shift 2
	got=$("complete_$shell" "$line" | tr '\n' ' ')
	for word; do
		case $word in
		!*) case " $got" in *" ${word#!} "*) ok=1 ;; *) ok=0 ;; esac ;;
		*) case " $got" in *" $word "*) ok=0 ;; *) ok=1 ;; esac ;;
		esac
		if [ $ok -eq 0 ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			printf '%s: "%s": want %s, got %.300s\n' "$shell" "$line" "$word" "$got"
		fi
	done
}

# As readline calls the function: the line, the words that COMP_WORDBREAKS makes of it, and COMPREPLY behind what stands already.
complete_bash() (
	cd "$dir" || exit
	bash --norc --noprofile -c '
		source <(espy completion bash)
		COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=(espy) COMP_CWORD=1
		_espy espy
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' - "$1"
)
complete_fish() (
	cd "$dir" || exit
	# shellcheck disable=SC2016
	HOME=$dir fish --no-config -c 'espy completion fish | source; complete -C "$argv[1]"' "$1" | cut -f1
)
# zsh completes only in an interactive shell, so one gets a terminal; a binding prints what compadd was told.
complete_zsh() (
	cd "$dir" || exit
	python3 "$here/zsh_complete.py" "$dir/_espy" "$1"
)
here=$(realpath "$(dirname "$0")")
"$espy" completion zsh >"$dir/_espy"

# The same everywhere. bash is given what follows the last ':' or '=' alone, as readline replaces no more.
for shell in bash fish zsh; do
	if ! command -v "$shell" >/dev/null; then
		echo "completion: $shell is not here: skipped"
		continue
	fi
	espy completion "$shell" >"$dir/script"
	if "$shell" -n "$dir/script"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	if [ "$shell" = zsh ] && ! command -v python3 >/dev/null; then
		echo "completion: python3 is not here: zsh's script is only parsed"
		continue
	fi
	offers "$shell" 'espy ru' run '!list'
	offers "$shell" 'espy ' run list explain doctor completion
	offers "$shell" 'espy help expl' explain
	offers "$shell" 'espy run --ta' --target --target-address '!--level'
	offers "$shell" 'espy list --j' --json
	offers "$shell" 'espy run -t li' linux '!reference'
	offers "$shell" 'espy run --manager ' auto pfkey xfrm none
	offers "$shell" 'espy run --level m' must may '!should'
	offers "$shell" 'espy run --color ' auto always never
	offers "$shell" 'espy list --by cl' clause
	offers "$shell" 'espy report -f ht' html
	offers "$shell" 'espy baseline l' lint '!show'
	offers "$shell" 'espy replay --speed f' full
	offers "$shell" 'espy sa --to e' esp_sa
	offers "$shell" 'espy completion ' bash zsh fish
	offers "$shell" 'espy check a-' a-file.setkey
	offers "$shell" 'espy check --sa a-' a-file.setkey
done
if command -v bash >/dev/null; then
	offers bash 'espy run esp.pad' esp.padding esp.padding/every_pad_length '!ah.format'
	offers bash 'espy run -q esp.padding/dummy_d' esp.padding/dummy_discarded
	offers bash 'espy run -t reference:k' kame
	offers bash 'espy run --target=ref' reference
	offers bash 'espy run --level=mu' must
	offers bash 'espy explain esp.replay/dup' esp.replay/duplicate
	offers bash 'espy explain --run a-' a-folder '!a-file.setkey'
fi
if command -v fish >/dev/null; then
	offers fish 'espy run esp.pad' esp.padding esp.padding/every_pad_length '!ah.format'
	offers fish 'espy run -t reference:k' reference:kame
	offers fish 'espy run --level=mu' --level=must
	offers fish 'espy explain --run a-' a-folder/ '!a-file.setkey'
fi
echo "completion: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
