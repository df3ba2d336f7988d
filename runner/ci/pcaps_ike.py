#!/usr/bin/python3
"""SADB_DUMP of a bump's PF_KEY socket as setkey text with keys, and the policies of a host that answers: usage pcaps_ike.py SOCKET"""
import ipaddress
import os
import socket
import struct
import sys

DUMP, ERRNO = 10, 1
EXT_SA, SRC, DST, KEY_AUTH, KEY_ENCRYPT, X_SA2 = 1, 5, 6, 8, 9, 19
AUTH = {3: "hmac-sha1", 5: "hmac-sha2-256", 6: "hmac-sha2-384", 7: "hmac-sha2-512"}
ENCRYPT = {3: "3des-cbc", 12: "rijndael-cbc", 13: "aes-ctr", 20: "aes-gcm-16"}
MODE = {1: "transport", 2: "tunnel"}


def address(body):
    family = struct.unpack_from("=H", body, 4)[0]
    at = body[8:12] if family == socket.AF_INET else body[12:28]
    return str(ipaddress.ip_address(at))


def key(body):
    return "0x" + body[4 : 4 + struct.unpack_from("=H", body)[0] // 8].hex()


def read_sa(message):
    """A struct sadb_msg and its extensions, RFC 2367 2.3."""
    sa = {}
    at = 16
    while at + 4 <= len(message):
        words, kind = struct.unpack_from("=HH", message, at)
        body = message[at + 4 : at + 8 * words]
        if kind == EXT_SA:
            sa["spi"] = struct.unpack_from("!I", body)[0]
            sa["auth"], sa["encrypt"] = body[6], body[7]
        elif kind in (SRC, DST):
            sa["src" if kind == SRC else "dst"] = address(body)
        elif kind in (KEY_AUTH, KEY_ENCRYPT):
            sa["A" if kind == KEY_AUTH else "E"] = key(body)
        elif kind == X_SA2:
            sa["mode"] = body[0]
        at += 8 * max(words, 1)
    return sa


def text(sa):
    words = ["add", sa["src"], sa["dst"], "esp", hex(sa["spi"]), "-m", MODE[sa["mode"]], "-E", ENCRYPT[sa["encrypt"]], sa["E"]]
    if sa["auth"] in AUTH:
        words += ["-A", AUTH[sa["auth"]], sa["A"]]
    return " ".join(words) + " ;"


def policies(ours, theirs, mode):
    ends = (f"{theirs}-{ours}", f"{ours}-{theirs}") if mode == "tunnel" else ("", "")
    upper = "icmp6" if ":" in ours else "icmp"
    print(f"spdadd {theirs} {ours} {upper} -P in ipsec esp/{mode}/{ends[0]}/require ;")
    print(f"spdadd {ours} {theirs} {upper} -P out ipsec esp/{mode}/{ends[1]}/require ;")


def main(path, ours):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(5)
    s.connect(path)
    s.send(struct.pack("=BBBBHHII", 2, DUMP, 0, 0, 2, 0, 1, os.getpid()))
    found = []
    while True:
        message = s.recv(65536)
        if message[1] != DUMP:
            continue
        if message[ERRNO + 1] != 0:
            sys.exit(f"pcaps: SADB_DUMP: errno {message[ERRNO + 1]}")
        if len(message) > 16:
            found.append(read_sa(message))
        if struct.unpack_from("=I", message, 8)[0] == 0:
            break
    pair = [sa for sa in found if "E" in sa]
    if len(pair) < 2:
        sys.exit(f"pcaps: want two SAs with keys, got {len(pair)}")
    print("# SAs that OpenIKED negotiated, as the target of a replay has them: test keys, of two namespaces that are gone.")
    for sa in pair:
        print(text(sa))
    theirs = next(sa["src"] for sa in pair if sa["dst"] == ours)
    policies(ours, theirs, MODE[pair[0]["mode"]])


main(sys.argv[1], sys.argv[2])
