#!/bin/sh
# make dissector: a third opinion on the packets of both ends. Under every transform that tshark knows echoes go there and back, and
# tshark, given the keys of sa.setkey, must find every ICV good and an ICMP echo with a right checksum behind each of them.
# Usage: dissector.sh ESPY DIR [TARGET]
set -u
espy=$1 dir=$2 target=${3:-reference}
command -v tshark >/dev/null || { echo "dissector: tshark is not here: skipped"; exit 0; }
rm -rf "$dir"
mkdir -p "$dir/home"
cat >"$dir/dissect.suite" <<'SUITE'
suite dissect "packets for a dissector: the last step fails, so that they are kept"
  for transform in null+hmac-md5-96 null+hmac-sha1-96 aes-cbc-128+hmac-sha1-96 aes-cbc-192+hmac-md5-96 \
    aes-cbc-256+hmac-sha2-256-128 aes-cbc-128+hmac-sha2-256-96 aes-cbc-128+hmac-sha2-384-192 aes-cbc-128+hmac-sha2-512-256 \
    aes-ctr-128+hmac-sha1-96 aes-ctr-256+hmac-sha1-96 3des-cbc+hmac-sha1-96 des-cbc+hmac-sha1-96 cast128-cbc-128+hmac-sha1-96 \
    blowfish-cbc-128+hmac-sha1-96 aes-gcm-8-128 aes-gcm-12-192 aes-gcm-16-128 aes-gcm-16-256

setup {
  setkey {
    add $tester $target esp 0x1001 -m $mode $keys_in ;
    add $target $tester esp 0x1002 -m $mode $keys_out ;
    spdadd $tester $target $icmp -P in ipsec esp/$mode/$in/require ;
    spdadd $target $tester $icmp -P out ipsec esp/$mode/$out/require ;
  }
}

case four MUST "kept"
  for family in ipv4
  for mode in tunnel
{
  for n in 1..3 {
    > esp/echo(seq=$n, size=10*$n)
    < esp/echo-reply(seq=$n, size=10*$n)
  }
  check 1 == 2
}

case six MUST "kept"
  for family in ipv6
  for mode in transport
{
  for n in 1..3 {
    > esp/echo(seq=$n, size=10*$n)
    < esp/echo-reply(seq=$n, size=10*$n)
  }
  check 1 == 2
}
SUITE
"$espy" run -q -t "$target" -o "$dir/run" "$dir/dissect.suite" >"$dir/log" 2>&1

# One SA of a setkey file as a row of tshark's table of ESP SAs.
row() {
	awk -v ip="$1" '
	BEGIN {
		e["null"] = "NULL"; e["rijndael-cbc"] = "AES-CBC [RFC3602]"; e["aes-ctr"] = "AES-CTR [RFC3686]"
		e["3des-cbc"] = "TripleDES-CBC [RFC2451]"; e["des-cbc"] = "DES-CBC [RFC2405]"
		e["cast128-cbc"] = "CAST5-CBC [RFC2144]"; e["blowfish-cbc"] = "BLOWFISH-CBC [RFC2451]"
		e["aes-gcm-8"] = "AES-GCM with 8 octet ICV [RFC4106]"; e["aes-gcm-12"] = "AES-GCM with 12 octet ICV [RFC4106]"
		e["aes-gcm-16"] = "AES-GCM with 16 octet ICV [RFC4106]"
		a["hmac-md5"] = "HMAC-MD5-96 [RFC2403]"; a["hmac-sha1"] = "HMAC-SHA-1-96 [RFC2404]"
		a["hmac-sha256"] = "HMAC-SHA-256-128 [RFC4868]"
		a["hmac-sha256-96"] = "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]"
		a["hmac-sha384"] = "HMAC-SHA-384-192 [RFC4868]"; a["hmac-sha512"] = "HMAC-SHA-512-256 [RFC4868]"
	}
	$1 == "add" {
		enc = auth = "NULL"; ek = ak = ""
		for (i = 5; i <= NF; i++) {
			if ($i == "-E") { enc = e[$(i + 1)]; ek = $(i + 2) ~ /^0x/ ? $(i + 2) : "" }
			if ($i == "-A") { auth = a[$(i + 1)]; ak = $(i + 2) }
		}
		printf "\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\"\n", ip, $2, $3, $5, enc, ek, auth, ak
	}' "$2"
}

good=0 bad=0
for keys in $(find "$dir/run/cases" -name sa.setkey | sort); do
	folder=$(dirname "$keys")
	case $folder in */ipv6/*) ip=IPv6 ;; *) ip=IPv4 ;; esac
	config=$dir/home/.config/wireshark
	mkdir -p "$config"
	row $ip "$keys" >"$config/esp_sa"
	HOME=$dir/home tshark -n -r "$folder/packets.pcapng" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -T fields -e esp.spi -e esp.icv_bad -e esp.icv_good -e icmp.type -e icmpv6.type \
		-e icmp.checksum.status -e icmpv6.checksum.status -E separator='|' 2>"$dir/tshark.log" >"$folder/tshark.txt"
	# SPI | not bad | good (combined modes show none) | type | checksum good
	n=$(grep -cE '^0x0000100[12]\|(False|0)?\|(True|1)?\|((8|0)\|\|1\||\|(128|129)\|\|1)$' "$folder/tshark.txt")
	if [ "$n" -eq 6 ] && [ "$(wc -l <"$folder/tshark.txt")" -eq 6 ]; then
		good=$((good + 1))
	else
		bad=$((bad + 1))
		echo "dissector: tshark disagrees on ${folder#"$dir/run/cases/"}:"
		head -n 2 "$folder/tshark.txt"
	fi
done
echo "dissector: $good agree, $bad do not"
[ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
