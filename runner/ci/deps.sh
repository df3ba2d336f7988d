#!/bin/sh
# Installs what the build and the default target need, from the distribution. Does nothing when all is there.
# Usage: deps.sh PACKAGE..   (a package after the word `optional` may be missing)
set -u
missing=
optional=
want=required
for p in "$@"; do
	if [ "$p" = optional ]; then
		want=optional
	elif ! dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed'; then
		[ "$want" = required ] && missing="$missing $p" || optional="$optional $p"
	fi
done
[ -n "$missing$optional" ] || exit 0
command -v apt-get >/dev/null || { echo "deps: want the packages$missing$optional; this system has no apt-get" >&2; exit 1; }
if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif command -v sudo >/dev/null; then
	as_root=sudo
else
	echo "deps: want the packages$missing$optional; become root or install sudo" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "deps: installing$missing$optional"
$as_root apt-get update -qq || echo "deps: apt-get update failed; trying with what is known" >&2
# shellcheck disable=SC2086
if [ -n "$missing" ]; then
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || exit 1
fi
for p in $optional; do
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$p" >/dev/null ||
		echo "deps: $p is not to be had here: what needs it is skipped" >&2
done
