#!/bin/sh
# make installed: `make install` into a folder of its own; then the installed espy, moved somewhere else, called from another folder with
# an empty environment, and where the system lets us with the tree out of sight; a program built against the installed library; and
# `make uninstall`, which leaves nothing. Usage: install.sh BUILD
set -u
build=$1
tree=$(pwd)
dir=$(mktemp -d /var/tmp/espy-install-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
fell() {
	echo "install: $*"
	failed=$((failed + 1))
}
# In a mount namespace of its own the tree is an empty folder.
hide='unshare -rm sh -c'
# shellcheck disable=SC2016 # the inner shell expands it
if $hide 'mount -t tmpfs none "$0"' "$tree" 2>/dev/null; then
	away() {
		# shellcheck disable=SC2016
		$hide 'mount -t tmpfs none "$0" && exec "$@"' "$tree" "$@"
	}
else
	echo "install: no mount namespaces here: the tree stays in sight of what runs without it"
	away() {
		"$@"
	}
fi
# The installed espy, knowing nothing but its own place. The folder it is called in has suites of somebody else's.
espy() {
	(cd "$dir/elsewhere" && away env -i "$dir/moved/bin/espy" "$@" </dev/null)
}
# works WORDS COMMAND..: exit status 0, and the words in what it says
works() {
	words=$1
	shift
	said=$("$@" 2>&1) || fell "$*: exit status $?: $(printf '%s' "$said" | tail -n 3)"
	printf '%s' "$said" | grep -q -e "$words" || fell "$*: want \"$words\", got $(printf '%s' "$said" | tail -n 3)"
}
installer() {
	make --no-print-directory -s B="$build" DESTDIR="$dir/stage" "$@" || fell "make $*"
}
version=$(make --no-print-directory -s version)

installer install
(cd "$dir/stage" && find . -type f ! -perm 644 ! -perm 755) | grep . && fell "modes other than 644 and 755"
mkdir -p "$dir/elsewhere/suites" "$dir/elsewhere/vectors"
echo 'suite not.ours' >"$dir/elsewhere/suites/other.suite"
cp -a "$dir/stage/usr/local" "$dir/moved"
strip -g "$dir"/moved/bin/* "$dir"/moved/lib/*.a "$dir"/moved/lib/espy/*.so
grep -rlF "$tree" "$dir/moved" && fell "these files name the tree they were built in"

works "^espy $version\$" espy --version
works "^espy-agent $version\$" "$dir/moved/bin/espy-agent" --version
works 'esp.replay/duplicate' espy list
works ' 0 failed' espy vectors
works ' 0 failed' espy run -q -t reference -o "$dir/run"
if command -v linux.uml >/dev/null; then
	works ' 0 failed' espy run -q -t linux -o "$dir/run-linux" plain esp.replay/duplicate
fi
for page in "$dir"/moved/share/man/man*/*; do
	name=$(basename "$page")
	if command -v man >/dev/null; then
		works "${name%.*}" man -l "$page"
	else
		works "${name%.*}" mandoc "$page"
	fi
done
for it in bash:bash-completion/completions/espy zsh:zsh/site-functions/_espy fish:fish/vendor_completions.d/espy.fish; do
	grep -q esp "$dir/moved/share/${it#*:}" || fell "no completion for ${it%%:*}"
	! command -v "${it%%:*}" >/dev/null || "${it%%:*}" -n "$dir/moved/share/${it#*:}" || fell "completion for ${it%%:*}"
done

# The library, by pkg-config alone, and each of its headers by itself.
# $dir/stage is what pkg-config calls a system root; other libraries are where they are.
flags=$(PKG_CONFIG_PATH="$dir/stage/usr/local/lib/pkgconfig" pkg-config --define-variable=prefix="$dir/moved" --cflags --libs espyref)
[ "$(PKG_CONFIG_PATH="$dir/moved/lib/pkgconfig" pkg-config --modversion espyref)" = "$version" ] || fell 'version of espyref.pc'
# shellcheck disable=SC2086 # words
(cd "$dir/elsewhere" && away gcc -std=c11 -Wall -Wextra -Wconversion -Wshadow -Werror -o seal "$dir/moved/share/doc/espy/examples/seal.c" $flags) ||
	fell "seal.c does not build with $flags"
works 'ok, ok, and a second time: replayed' "$dir/elsewhere/seal"
(cd "$dir/moved/include/espyref" && find . -name '*.h') | while read -r h; do
	echo "#include \"$h\"" | gcc -std=c11 -Wall -Wextra -Werror -I"$dir/moved/include/espyref" -fsyntax-only -xc - ||
		echo "$h"
done | grep . && fell 'headers that need more than what is installed'

# Data in a folder that is not beside the program: compiled in.
mkdir "$dir/build"
cp -a "$build/o" "$build/gen" "$build"/*.a "$build/espy" "$build/espy-agent" "$build/libespy-pfkey.so" "$dir/build/"
make --no-print-directory -s B="$dir/build" PREFIX="$dir/apart" DATADIR="$dir/data" install >/dev/null || fell 'make install DATADIR=..'
rm -rf "$dir/build" "$dir/elsewhere/suites" "$dir/elsewhere/vectors"
(cd "$dir/elsewhere" && away env -i "$dir/apart/bin/espy" list) >"$dir/list" || fell 'data apart from the program'
grep -q esp.replay/duplicate "$dir/list" || fell 'data apart from the program are not those of the project'

# A file of somebody else's stays, ours go.
mkdir -p "$dir/stage/usr/local/share/espy/suites"
echo mine >"$dir/stage/usr/local/share/espy/suites/mine.suite"
installer uninstall
[ "$(cd "$dir/stage" && find . -type f)" = ./usr/local/share/espy/suites/mine.suite ] ||
	fell "uninstall left, or took away: $(cd "$dir/stage" && find . -type f | head)"
rm "$dir/stage/usr/local/share/espy/suites/mine.suite"
installer uninstall
left=$(cd "$dir/stage" && find . -name '*espy*')
[ -z "$left" ] || fell "uninstall left $left"

[ "$failed" -eq 0 ] && echo 'install: installed, moved, used, taken away again'
exit "$((failed > 0))"
