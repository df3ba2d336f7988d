#!/bin/sh
# make dissector: a third opinion on the packets of both ends. Under every transform that tshark knows echoes go there and back, and
# tshark, given the keys by espy sa, must find every ICV good and an ICMP echo with a right checksum behind each of them. Those that it
# does not know are named. Every SA has an SPI of its own, so that tshark, slow to start, is asked once.
# Usage: dissector.sh ESPY DIR [TARGET]
set -u
espy=$1 dir=$2 target=${3:-reference}
command -v tshark >/dev/null && command -v mergecap >/dev/null || { echo "dissector: tshark is not here: skipped"; exit 0; }
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
[ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
