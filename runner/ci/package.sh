#!/bin/sh
# make package: builds the Debian packages from a copy of what is under version control, lints them, looks into them, and runs what they
# hold from a folder of its own, the copy being gone. With a folder as argument the packages stay there. Usage: package.sh [FOLDER]
set -u
keep=${1:-}
for tool in dpkg-buildpackage dh lintian; do
	command -v "$tool" >/dev/null || { echo "package: $tool is not here: skipped (apt-get install debhelper lintian)"; exit 0; }
done
dir=$(mktemp -d /var/tmp/espy-package-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
fell() {
	echo "package: $*"
	failed=$((failed + 1))
}
# works WORDS COMMAND..: exit status 0, and the words in what it says
works() {
	words=$1
	shift
	said=$("$@" 2>&1) || fell "$*: exit status $?: $(printf '%s' "$said" | tail -n 3)"
	printf '%s' "$said" | grep -q -e "$words" || fell "$*: want \"$words\", got $(printf '%s' "$said" | tail -n 3)"
}
sources() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -z -c -o --exclude-standard
	else
		find . -type f ! -path './build*' ! -path './espy-run*' ! -path './.git/*' -print0
	fi
}
version=$(make --no-print-directory -s version)
[ "$(dpkg-parsechangelog -S Version)" = "$version" ] || fell "debian/changelog says $(dpkg-parsechangelog -S Version), the Makefile $version"

mkdir "$dir/espy"
sources | tar --null -c --ignore-failed-read -T - 2>/dev/null | tar -x -C "$dir/espy"
(cd "$dir/espy" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -Pnocheck) >"$dir/log" 2>&1 || {
	tail -n 30 "$dir/log"
	echo 'package: dpkg-buildpackage failed'
	exit 1
}
# Root is who builds in a container; lintian would rather not.
lintian --fail-on error,warning "$dir"/espy_*.changes 2>"$dir/lintian" || {
	cat "$dir/lintian"
	fell 'lintian'
}
[ -z "$keep" ] || { mkdir -p "$keep" && cp "$dir"/espy*.deb "$dir"/libespyref*.deb "$dir"/espy_*.dsc "$dir"/espy_*.tar.* "$keep"; }
pages=$(cd man && ls -- *.[1-9])
rm -rf "$dir/espy"

mkdir "$dir/root" "$dir/elsewhere"
for deb in "$dir"/espy_*.deb "$dir"/espy-data_*.deb "$dir"/libespyref-dev_*.deb; do
	dpkg-deb -c "$deb" | awk '$2 != "root/root" || $6 !~ "^\\./($|usr/)" || substr($1, 6, 1) == "w" || substr($1, 9, 1) == "w"' | grep . &&
		fell "$(basename "$deb"): not in usr, not root's, or writable"
	dpkg -x "$deb" "$dir/root"
done
for page in $pages; do
	[ -f "$dir/root/usr/share/man/man${page##*.}/$page.gz" ] || fell "manual page $page is not in the packages"
done
for file in bin/espy-agent share/espy/suites/purposes.tsv share/espy/suites/baselines share/espy/vectors/wycheproof.json \
	share/bash-completion/completions/espy share/zsh/vendor-completions/_espy share/fish/vendor_completions.d/espy.fish; do
	[ -e "$dir/root/usr/$file" ] || fell "usr/$file is not in the packages"
done

espy() {
	(cd "$dir/elsewhere" && env -i "$dir/root/usr/bin/espy" "$@" </dev/null)
}
works "^espy $version\$" espy --version
works 'esp.replay/duplicate' espy list
works ' 0 failed' espy vectors
works ' 0 failed' espy run -q -t reference -o "$dir/run"
if command -v linux.uml >/dev/null; then
	works ' 0 failed' espy run -q -t linux -o "$dir/run-linux" plain esp.replay/duplicate
fi
if command -v pkg-config >/dev/null; then
	lib=$(dirname "$(find "$dir/root/usr/lib" -name libespyref.a)")
	flags=$(PKG_CONFIG_PATH="$lib/pkgconfig" pkg-config --define-variable=prefix="$dir/root/usr" --cflags --libs espyref)
	# shellcheck disable=SC2086 # words
	gcc -std=c11 -o "$dir/seal" "$dir/root/usr/share/doc/libespyref-dev/examples/seal.c" $flags || fell "seal.c does not build with $flags"
	works 'a second time: replayed' "$dir/seal"
fi
[ "$failed" -eq 0 ] && echo "package: espy, espy-data and libespyref-dev $version: built, linted, used"
exit "$((failed > 0))"
