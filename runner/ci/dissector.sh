#!/bin/sh
# make dissector: a third opinion on the packets of both ends. Under every transform that tshark knows echoes go there and back, and
# tshark, given the keys by espy sa, must find every ICV good and an ICMP echo with a right checksum behind each of them. Those that it
# does not know are named. Every SA has an SPI of its own, so that tshark, slow to start, is asked once. Then the same by what the folder of
# a failing case has in it: the profile, and the decrypted twin, which every algorithm has.
# Usage: dissector.sh ESPY DIR [TARGET]
set -u
espy=$1 dir=$2 target=${3:-reference}
for tool in tshark mergecap; do
	command -v "$tool" >/dev/null || { echo "dissector: $tool is not here: skipped"; exit 0; }
done
rm -rf "$dir"
config=$dir/home/.config/wireshark
mkdir -p "$config"

transforms='null+hmac-md5-96 null+hmac-sha1-96 aes-cbc-128+hmac-sha1-96 aes-cbc-192+hmac-md5-96 aes-cbc-256+hmac-sha2-256-128
	aes-cbc-128+hmac-sha2-256-96 aes-cbc-128+hmac-sha2-384-192 aes-cbc-128+hmac-sha2-512-256 aes-ctr-128+hmac-sha1-96
	aes-ctr-192+hmac-sha1-96 aes-ctr-256+hmac-sha1-96 3des-cbc+hmac-sha1-96 des-cbc+hmac-sha1-96 cast128-cbc-128+hmac-sha1-96
	blowfish-cbc-128+hmac-sha1-96 aes-gcm-8-128 aes-gcm-12-192 aes-gcm-16-128 aes-gcm-16-192 aes-gcm-16-256
	camellia-cbc-128+hmac-sha1-96 aes-ccm-8-128 aes-ccm-12-128 aes-ccm-16-128 aes-gmac-128 chacha20-poly1305 aes-gcm-16-iiv-128
	aes-cbc-128+aes-xcbc-mac-96 aes-cbc-128+aes-cmac-96'

# setup_for NAME MODE SPI
setup_for() {
	cat <<SUITE
setup $1 {
  setkey {
    add \$tester \$target esp $3 -m $2 \$keys_in ;
    add \$target \$tester esp $(($3 + 1)) -m $2 \$keys_out ;
    spdadd \$tester \$target \$icmp -P in ipsec esp/$2/\$in/require ;
    spdadd \$target \$tester \$icmp -P out ipsec esp/$2/\$out/require ;
  }
}
SUITE
}
# case_for NAME TRANSFORM FAMILY MODE: the last step fails, so that the packets are kept
case_for() {
	cat <<SUITE
case $1 MUST "packets for a dissector"
  setup $1
  for transform in $2
  for family in $3
  for mode in $4
{
  for n in 1..3 {
    > esp/echo(seq=\$n, size=10*\$n)
    < esp/echo-reply(seq=\$n, size=10*\$n)
  }
  check 1 == 2
}
SUITE
}
{
	echo 'suite dissect "packets for a dissector"'
	n=0
	for t in $transforms; do
		n=$((n + 1))
		setup_for four$n tunnel $((4096 + 16 * n))
		setup_for six$n transport $((4096 + 16 * n + 2))
	done
	n=0
	for t in $transforms; do
		n=$((n + 1))
		case_for four$n "$t" ipv4 tunnel
		case_for six$n "$t" ipv6 transport
	done
} >"$dir/dissect.suite"
"$espy" run -q -t "$target" -o "$dir/run" "$dir/dissect.suite" >"$dir/log" 2>&1

# What espy sa says of an algorithm is what tshark knows of it.
unknown='no cipher|integrity algorithm'
set --
: >"$dir/unknown"
: >"$dir/spis"
for keys in $(find "$dir/run/cases" -name sa.setkey | sort); do
	folder=${keys%/sa.setkey}
	name=${folder#"$dir/run/cases/dissect/"}
	if "$espy" sa "$keys" --to esp_sa 2>&1 >"$dir/rows" | grep -qE "$unknown"; then
		echo "$name" | cut -d/ -f2 >>"$dir/unknown"
		continue
	fi
	cat "$dir/rows" >>"$config/esp_sa"
	cut -d'"' -f8 "$dir/rows" | sed "s|\$| $name|" >>"$dir/spis"
	set -- "$@" "$folder/packets.pcapng"
done
[ $# -gt 0 ] || { echo "dissector: no packets:"; tail -n 5 "$dir/log"; exit 1; }
mergecap -a -w "$dir/packets.pcapng" "$@" || exit 1
HOME=$dir/home XDG_CONFIG_HOME='' tshark -n -r "$dir/packets.pcapng" -o esp.enable_encryption_decode:TRUE \
	-o esp.enable_authentication_check:TRUE -T fields -e esp.spi -e esp.icv_bad -e esp.icv_good -e icmp.type -e icmpv6.type \
	-e icmp.checksum.status -e icmpv6.checksum.status -E separator='|' 2>"$dir/tshark.log" >"$dir/tshark.txt"

# SPI | not bad | good (combined modes show none) | type | checksum good: three times for each SPI
grep -E '^0x[0-9a-f]+\|(False|0)?\|(True|1)?\|((8|0)\|\|1\||\|(128|129)\|\|1)$' "$dir/tshark.txt" | cut -d'|' -f1 | sort | uniq -c |
	sed -n 's/^ *3 //p' >"$dir/agreed"
good=0 bad=0
while read -r spi name; do
	if grep -qx "$spi" "$dir/agreed"; then
		good=$((good + 1))
	else
		bad=$((bad + 1))
		echo "dissector: tshark disagrees on SPI $spi of $name:"
		grep "^$spi" "$dir/tshark.txt" | head -n 2
	fi
done <"$dir/spis"
echo "dissector: not known to tshark: $(sort -u "$dir/unknown" | tr '\n' ' ')"
echo "dissector: $((good / 2)) exchanges agree, $bad SAs do not"
[ "$bad" -eq 0 ] && [ "$good" -gt 0 ] || exit 1

# What the folder of a failing case promises. Its profile opens its packets: all profiles with an SA that tshark knows, made one.
profile=$dir/profile
mkdir -p "$profile"
find "$dir/run/cases" -name esp_sa -exec cat {} + >"$profile/esp_sa"
cp "$(find "$dir/run/cases" -name preferences | head -n 1)" "$profile/preferences"
# open_by PROFILE FILE FIELD..: a line for each frame
open_by() {
	by=$1 file=$2
	shift 2
	for field; do
		set -- "$@" -e "$field"
		shift
	done
	WIRESHARK_CONFIG_DIR=$by tshark -n -r "$file" -T fields -E separator='|' "$@" 2>>"$dir/tshark.log"
}
echo_fields='icmp.type icmpv6.type icmp.checksum.status icmpv6.checksum.status'
is_echo='((8|0)\|\|1\||\|(128|129)\|\|1)$'
# shellcheck disable=SC2086
open_by "$profile" "$dir/packets.pcapng" esp.icv_bad $echo_fields >"$dir/profile.txt"
frames=$(wc -l <"$dir/profile.txt") opened=$(grep -cE "^(False|0)?\|$is_echo" "$dir/profile.txt")
if [ "$frames" -eq 0 ] || [ "$frames" -ne "$opened" ]; then
	echo "dissector: the folders' own profiles open $opened of $frames frames"
	exit 1
fi
one=$(dirname "$(find "$dir/run/cases" -path '*sha1*' -name packets.pcapng | head -n 1)")
good=$(cd "$one" && WIRESHARK_CONFIG_DIR=wireshark tshark -n -r packets.pcapng -Y 'esp.icv_good == 1 && (icmp || icmpv6)' 2>/dev/null | wc -l)
[ "$good" -eq 6 ] || { echo "dissector: by its own profile $one shows $good of 6 frames as an echo under a good ICV"; exit 1; }

# The twins need neither keys nor algorithms: every frame of every case is an echo, and its comment says that the ICV was good.
mkdir -p "$dir/nothing"
find "$dir/run/cases" -name plain.pcapng | sort | xargs mergecap -a -w "$dir/plain.pcapng" || exit 1
# shellcheck disable=SC2086
open_by "$dir/nothing" "$dir/plain.pcapng" frame.comment $echo_fields >"$dir/plain.txt"
frames=$(wc -l <"$dir/plain.txt") opened=$(grep -cE "ESP spi 0x.* ICV good.*\|$is_echo" "$dir/plain.txt")
folders=$(find "$dir/run/cases" -name plain.pcapng | wc -l)
echo "dissector: profiles open every frame, twins $opened of $frames in $folders folders"
[ "$frames" -eq "$opened" ] && [ "$frames" -eq $((6 * folders)) ] && [ "$folders" -gt 0 ]
