/* Packets and PF_KEY messages as suites write them: what is implied, which SA is meant, what is asked of a field. */
#include "runner/test_lab.h"

static struct lab lab;

static void
begin(void)
{
	lab_open(&lab);
}

static void
end(void)
{
	lab_close(&lab);
}

TestSuite(notation, .init = begin, .fini = end);

static const char *
shape(const struct packet *p)
{
	static char text[300];
	size_t n = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < p->n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? "/" : "", p->layer[i].lay->name);
	return text;
}

static struct resolved *
resolved(uint8_t family, bool tunnel, const char *line)
{
	struct err e = { 0 };
	const struct step *st = lab_stage(&lab, family, tunnel, line);
	struct resolved *r = arena_alloc(lab.stage.arena, sizeof *r);
	enum heading heading = st->kind == STEP_SEND ? TO_TARGET : FROM_TARGET;
	cr_assert(notation_packet(&lab.stage, st->packet, heading, st->link, r, &e), "%s: %s", line, e.text);
	return r;
}

Test(notation, what_nobody_wrote_is_implied)
{
	static const struct {
		const char *line;
		uint8_t family;
		bool tunnel;
		const char *want;
	} rows[] = {
		{ "> esp/echo", 4, false, "ip4/esp/echo" },
		{ "> esp/echo", 6, false, "ip6/esp/echo" },
		{ "> esp/echo", 4, true, "ip4/esp/ip4/echo" },
		{ "< esp/echo-reply", 6, true, "ip6/esp/ip6/echo-reply" },
		{ "> ah/udp(7)", 4, false, "ip4/ah/udp" },
		{ "> ah/esp/echo", 4, false, "ip4/ah/esp/echo" },
		{ "> esp/ip6/echo", 4, true, "ip4/esp/ip6/echo" }, /* the inner header is there already */
		{ "> ip6/esp/echo", 4, false, "ip6/esp/echo" },    /* and so is the outer one */
		{ "> bare esp/echo", 4, true, "esp/echo" },
		{ "> esp(next_header=59)/data(size=3)", 4, true, "ip4/esp" },
		{ "> esp(next_header=4)/echo", 4, true, "ip4/esp/ip4/echo" },
		{ "> esp(next_header=41)/udp", 4, true, "ip4/esp/ip4/udp" },
		{ "> eth/ip/echo", 4, false, "eth/ip4/echo" },
		{ "> ip/hbh/echo", 6, false, "ip6/hbh/echo" },
		{ "> \"x\"", 4, false, "" },
		{ "> echo", 4, false, "ip4/echo" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolved *r = resolved(rows[i].family, rows[i].tunnel, rows[i].line);
		cr_expect(strcmp(shape(&r->packet), rows[i].want) == 0, "%s: want %s, got %s", rows[i].line,
			  rows[i].want, shape(&r->packet));
	}
}

static const char *
printed(const struct resolved *r)
{
	static char text[600];
	packet_print(&r->packet, text, sizeof text);
	return text;
}

Test(notation, addresses_go_from_tester_to_target_and_back)
{
	static const struct {
		const char *line;
		uint8_t family;
		const char *want;
	} rows[] = {
		{ "> echo", 4, "ip4(src=192.0.2.2, dst=192.0.2.1)/echo" },
		{ "< echo-reply", 4, "ip4(src=192.0.2.1, dst=192.0.2.2)/echo-reply" },
		{ "link 2 > echo", 4, "ip4(src=198.51.100.2, dst=198.51.100.1)/echo" },
		{ "> echo", 6, "ip6(src=2001:db8:1::2, dst=2001:db8:1::1)/echo" },
		{ "> ip4(dst=10.0.0.1)/echo", 4, "ip4(src=192.0.2.2, dst=10.0.0.1)/echo" },
		{ "< ip4(ttl=63)/echo-reply", 4,
		  "ip4(ttl=63)/echo-reply" }, /* a header that is written is judged by what it says */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolved *r = resolved(rows[i].family, false, rows[i].line);
		cr_expect(strcmp(printed(r), rows[i].want) == 0, "%s: want %s, got %s", rows[i].line, rows[i].want,
			  printed(r));
	}
}

Test(notation, fields_take_values_by_name_and_by_place)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "> bare esp(0x1001, seq=3)", "esp(spi=0x1001, seq=3)" },
		{ "> bare udp(7)", "udp(dport=7)" },
		{ "> bare udp(sport=$n, dport=$n + 1)", "udp(sport=5, dport=6)" },
		{ "> bare esp(padding=3)", "esp(padding=0x000000)" }, /* decimal: that many zero octets */
		{ "> bare esp(padding=0x03)", "esp(padding=0x03)" },
		{ "> bare esp(padding=\"ab\")", "esp(padding=0x6162)" },
		{ "> bare esp(iv=0x000102030405060708090a0b0c0d0e0f)", "esp(iv=0x000102030405060708090a0b0c0d0e0f)" },
		{ "> bare esp(seq=0x100000002)", "esp(seq=4294967298)" }, /* 64 bits: the high half enters the ICV */
		{ "> bare icmp(8)", "icmp(type=echo)" },
		{ "> bare udp(7, size=3)", "udp(dport=7)/\"abc\"" },
		{ "> bare udp(7)/data(size=30)", "udp(dport=7)/\"abcdefghijklmnopqrstuvwxyzbcde\"" },
		{ "> bare udp(7)/\"ab\"/0x63/\"d\"", "udp(dport=7)/\"abcd\"" },
		{ "> bare udp(7)/data(\"xy\")", "udp(dport=7)/\"xy\"" },
		{ "> bare tcp(80, flags=syn|ack)", "tcp(dport=80, flags=syn|ack)" },
		{ "< bare tcp(80, flags=syn|ack)", "tcp(dport=80, flags=syn|ack)" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolved *r = resolved(4, false, rows[i].line);
		cr_expect(strcmp(printed(r), rows[i].want) == 0, "%s: want %s, got %s", rows[i].line, rows[i].want,
			  printed(r));
	}
}

Test(notation, the_sa_is_the_one_with_the_spi_else_the_first_in_its_direction)
{
	static const struct {
		const char *line;
		unsigned layer;
		uint32_t spi;
	} rows[] = {
		{ "> esp/echo", 1, 0x1001 },         { "< esp/echo-reply", 1, 0x1002 },
		{ "> ah/echo", 1, 0x2001 },          { "> esp(spi=0x9999)/echo", 1, 0x1001 },
		{ "> esp(0x1001)/echo", 1, 0x1001 }, { "> esp(spi=7, sa=0x1001)/echo", 1, 0x1001 },
		{ "> ah/esp/echo", 2, 0x1001 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolved *r = resolved(4, false, rows[i].line);
		cr_assert(r->sa[rows[i].layer] != NULL, "%s", rows[i].line);
		cr_expect(eq(u32, r->sa[rows[i].layer]->spec.spi, rows[i].spi), "%s", rows[i].line);
	}
	const struct resolved *r = resolved(4, false, "> esp(spi=7, sa=0x1001)/echo");
	cr_expect(eq(u64, r->packet.layer[1].v[ESP_SPI].u, 7), "sa= takes keys and leaves the SPI written");
}

Test(notation, alternatives_and_names_are_asked_of_what_comes)
{
	const struct resolved *r = resolved(4, false, "< esp(seq=1|2|3, iv=?iv, padding=default)/echo-reply(id=?id)");
	cr_assert(eq(u32, r->wanted.either_n, 1));
	cr_expect(eq(u32, r->wanted.either[0].n, 3));
	cr_expect(eq(u32, r->wanted.either[0].layer, 1));
	cr_assert(eq(u32, r->wanted.binds, 2));
	cr_expect(eq(str, (char *)r->wanted.bind[1].name, "id"));
	cr_expect(eq(u32, r->wanted.bind[1].layer, 2));
	cr_expect(eq(u32, r->default_padding, 2));
	cr_expect(eq(u32, r->packet.layer[1].given, 0));
}

Test(notation, one_of_the_alternatives_must_be_there)
{
	const struct resolved *r = resolved(4, false, "< ip4(src=192.0.2.1|10.0.0.1)/esp(seq=1|2|3)/echo-reply");
	struct field_diff d;
	struct hdr esp = hdr_of(&layout_esp), ip = hdr_of(&layout_ip4);
	static const uint8_t ten[] = { 10, 0, 0, 1 }, other[] = { 10, 0, 0, 2 };
	cr_assert(eq(u32, r->wanted.either_n, 2));
	hdr_set(&esp, ESP_SEQ, 3);
	cr_expect(alternatives_hold(&r->wanted.either[1], &esp, &d));
	hdr_set(&esp, ESP_SEQ, 4);
	cr_expect(not(alternatives_hold(&r->wanted.either[1], &esp, &d)));
	cr_expect(eq(str, d.want, "1|2|3"));
	cr_expect(eq(str, d.got, "4"));
	hdr_set_bytes(&ip, IP4_SRC, BYTES_OF(ten));
	cr_expect(alternatives_hold(&r->wanted.either[0], &ip, &d));
	hdr_set_bytes(&ip, IP4_SRC, BYTES_OF(other));
	cr_expect(not(alternatives_hold(&r->wanted.either[0], &ip, &d)));
	cr_expect(eq(str, d.want, "192.0.2.1|10.0.0.1"));
}

Test(notation, a_bound_name_holds_the_number_or_all_octets)
{
	static uint8_t octets[255];
	struct hdr esp = hdr_of(&layout_esp);
	(void)resolved(4, false, "< esp/echo-reply");
	hdr_set(&esp, ESP_SEQ, 77);
	hdr_set_bytes(&esp, ESP_PADDING, BYTES_OF(octets));
	wanted_bind(&lab.stage, &(struct binding){ 1, ESP_SEQ, "seq" }, &esp);
	wanted_bind(&lab.stage, &(struct binding){ 1, ESP_PADDING, "padding" }, &esp);
	cr_expect(eq(u64, vars_get(&lab.stage.vars, "seq")->number, 77));
	cr_expect(eq(sz, strlen(vars_get(&lab.stage.vars, "padding")->text), 2 + 2 * sizeof octets));
}

static const struct {
	const char *line, *want;
} bad[] = {
	{ "> esp(seq=1|2)/echo", "4:12: alternatives are for what is expected" },
	{ "> esp(seq=?x)/echo", "4:11: ?name is for what is expected" },
	{ "> esp(seq=$gone)/echo", "4:11: no variable $gone" },
	{ "> ip4(5)/echo", "4:7: ip4: a value needs its field's name" },
	{ "> udp(dport=70000)", "4:13: udp: " },
	{ "> udp(dport=nowhere)", "4:13: udp: " },
	{ "> esp(padding=999999999999)/echo", "4:15: padding: too many octets" },
	{ "> udp/data(size=65536)", "4:17: size: want at most 65535, got 65536" },
	{ "> udp/data(size=60000)/data(size=60000)/data(size=60000)/data(size=60000)/data(size=60000)",
	  "payload: too many octets" },
	{ "< esp(seq=1|2|3|4|5|6|7)/echo", "4:23: too many alternatives" },

};

Test(notation, errors_say_where)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };
		const struct step *st = lab_stage(&lab, 4, false, bad[i].line);
		struct resolved *r = arena_alloc(lab.stage.arena, sizeof *r);
		enum heading heading = st->kind == STEP_SEND ? TO_TARGET : FROM_TARGET;
		cr_expect(not(notation_packet(&lab.stage, st->packet, heading, 1, r, &e)), "%s", bad[i].line);
		cr_expect(strncmp(e.text, bad[i].want, strlen(bad[i].want)) == 0, "%s: want %s, got %s", bad[i].line,
			  bad[i].want, e.text);
	}
}

Test(notation, more_layers_than_a_packet_holds_are_an_error)
{
	char line[400] = "> ip";
	struct err e = { 0 };
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		strcat(line, "/ip");
	const struct step *st = lab_stage(&lab, 4, false, line);
	struct resolved *r = arena_alloc(lab.stage.arena, sizeof *r);
	cr_expect(not(notation_packet(&lab.stage, st->packet, TO_TARGET, 1, r, &e)));
	cr_expect(eq(str, e.text, "a packet has at most 24 layers"));
}

/* --- messages -------------------------------------------------------------------------------- */

static struct resolved_msg *
message(const char *line, bool tunnel, uint8_t family)
{
	struct err e = { 0 };
	const struct step *st = lab_stage(&lab, family, tunnel, line);
	struct resolved_msg *r = arena_alloc(lab.stage.arena, sizeof *r);
	enum heading heading = st->kind == STEP_PFKEY_SEND ? TO_TARGET : FROM_TARGET;
	cr_assert(notation_message(&lab.stage, st->packet, heading, r, &e), "%s: %s", line, e.text);
	return r;
}

static const char *
message_shape(const struct pfkey_msg *m)
{
	static char text[400];
	size_t n = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < m->n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? " " : "", pfkey_ext_name(m->kind[i]));
	return text;
}

Test(notation, rest_is_what_the_message_usually_has)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "pfkey > getspi/rest", "address_src address_dst spirange" },
		{ "pfkey > add/rest", "sa x_sa2 address_src address_dst key_auth key_encrypt" },
		{ "pfkey > add/rest without key_auth", "sa x_sa2 address_src address_dst key_encrypt" },
		{ "pfkey > add/sa(spi=7)/rest without x_sa2", "sa address_src address_dst key_auth key_encrypt" },
		{ "pfkey > add/address_dst/sa", "address_dst sa" },
		{ "pfkey > delete/rest", "sa address_src address_dst" },
		{ "pfkey > spdadd/rest", "address_src address_dst x_policy" },
		{ "pfkey > flush", "" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolved_msg *r = message(rows[i].line, false, 4);
		cr_expect(strcmp(message_shape(&r->msg), rows[i].want) == 0, "%s: want %s, got %s", rows[i].line,
			  rows[i].want, message_shape(&r->msg));
	}
}

Test(notation, extensions_are_of_the_case)
{
	char text[1000];
	const struct resolved_msg *r = message("pfkey > add(seq=9)/sa(spi=7)/rest", false, 6);
	pfkey_msg_print(&r->msg, false, text, sizeof text);
	cr_expect(strstr(text, "seq=9") != NULL, "%s", text);
	cr_expect(strstr(text, "spi=0x7") != NULL, "%s", text);
	cr_expect(strstr(text, "addr=2001:db8:1::2") != NULL, "%s", text);
	cr_expect(strstr(text, "mode=transport") != NULL, "%s", text);
	r = message("pfkey > add/address_src(addr=2001:db8::9)/rest", false, 4);
	pfkey_msg_print(&r->msg, false, text, sizeof text);
	cr_expect(strstr(text, "addr=2001:db8::9") != NULL, "an address of the other version: %s", text);
}

Test(notation, a_message_expected_wants_errno_0_unless_it_says_otherwise)
{
	const struct resolved_msg *r = message("pfkey < add", false, 4);
	cr_expect(hdr_given(&r->msg.base, MSG_ERRNO));
	cr_expect(eq(u64, r->msg.base.v[MSG_ERRNO].u, 0));
	r = message("pfkey < add(errno=EEXIST)", false, 4);
	cr_expect(eq(u64, r->msg.base.v[MSG_ERRNO].u, 17));
	r = message("pfkey < add(errno=EINVAL|EEXIST)", false, 4);
	cr_expect(not(hdr_given(&r->msg.base, MSG_ERRNO)));
	cr_expect(eq(u32, r->wanted.either[0].n, 2));
	r = message("pfkey < add(errno=?why, seq=?seq)/sa(spi=?spi)", false, 4);
	cr_expect(not(hdr_given(&r->msg.base, MSG_ERRNO)));
	cr_expect(eq(u32, r->wanted.binds, 3));
	cr_expect(eq(u32, r->wanted.bind[2].layer, 1));
	r = message("pfkey < add(errno=refused)", false, 4);
	cr_expect(r->is_refusal);
	cr_expect(not(hdr_given(&r->msg.base, MSG_ERRNO)));
	r = message("pfkey < write(errno=EMSGSIZE)", false, 4);
	cr_expect(r->is_write);
	cr_expect(eq(u64, r->write_errno, 90));
}

Test(notation, a_sequence_number_not_given_is_fresh)
{
	uint64_t first = message("pfkey > flush", false, 4)->msg.base.v[MSG_SEQ].u;
	cr_expect(gt(u64, message("pfkey > flush", false, 4)->msg.base.v[MSG_SEQ].u, first));
}

Test(notation, message_errors_say_where)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "pfkey > add/rest without $n", "4:26: without $n: no PF_KEY extension" },
		{ "pfkey > add/sa(spi=$gone)", "4:20: no variable $gone" },
		{ "pfkey > add(seq=1|2)", "4:18: alternatives are for what is expected" },
		{ "pfkey < write(seq=1)", "4:15: write: want errno=.." },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		const struct step *st = lab_stage(&lab, 4, false, rows[i].line);
		struct resolved_msg *r = arena_alloc(lab.stage.arena, sizeof *r);
		enum heading heading = st->kind == STEP_PFKEY_SEND ? TO_TARGET : FROM_TARGET;
		cr_expect(not(notation_message(&lab.stage, st->packet, heading, r, &e)), "%s", rows[i].line);
		cr_expect(eq(str, e.text, (char *)rows[i].want));
	}
}

/* --- quote ---------------------------------------------------------------------------------------- */

Test(notation, a_quoted_packet_is_the_targets_own_and_cut_as_errors_cut)
{
	static const struct {
		const char *line;
		uint8_t family;
		bool tunnel;
		size_t n; /* octets behind the ICMP header */
		uint8_t protocol;
	} rows[] = {
		{ "> icmp(type=3, code=4, rest=1300)/quote(esp(spi=0xdead, seq=1)/data(size=64))", 4, false, 28, 50 },
		{ "> icmp(type=3)/quote(esp(seq=1)/udp/data(size=64), size=60)", 4, false, 60, 50 },
		{ "> icmp(type=3)/quote(udp(9)/\"x\")", 4, false, 28, 17 },
		{ "> icmp(type=3)/quote(ip4(options=0x01010100)/udp(9)/\"x\")", 4, false, 32, 17 },
		{ "> icmp(type=3)/quote(udp(9), size=0)", 4, false, 0, 17 },
		{ "> icmp(type=2, rest=1300)/quote(esp(seq=1)/echo-reply/data(size=2000))", 6, true, 1232, 50 },
		{ "> icmp(type=2)/quote(udp(9)/data(size=100))", 6, false, 148, 17 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolved *r = resolved(rows[i].family, rows[i].tunnel, rows[i].line);
		struct bytes quoted = r->packet.payload;
		cr_expect(eq(sz, quoted.n, rows[i].n), "%s", rows[i].line);
		cr_expect(r->packet.payload_given);
		struct rd d = rd_of(quoted);
		if (quoted.n == 0)
			continue;
		cr_expect(eq(u8, rd_peek(&d, rows[i].family == 4 ? 9 : 6), rows[i].protocol), "%s", rows[i].line);
		/* From the target: its address is the source. */
		struct addr src =
			addr_of(bytes_slice(quoted, rows[i].family == 4 ? 12 : 8, rows[i].family == 4 ? 4 : 16));
		cr_expect(stage_is_target(&lab.stage, &src), "%s", rows[i].line);
	}
}

Test(notation, a_bound_packet_is_quoted_as_it_came)
{
	static const uint8_t octets[] = { 0x45, 0,  0,  32, 1,  2,  3,  4,  5,  50, 7,  8,  9,  10, 11, 12,
					  13,   14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28 };
	struct bytes seen = { octets, sizeof octets };
	struct err e = { 0 };
	const struct step *st = lab_stage(&lab, 4, false, "> icmp(type=3)/quote($first)");
	vars_set(&lab.stage.vars, "first", (struct val){ .kind = VAL_OCTETS, .octets = seen });
	struct resolved *r = arena_alloc(lab.stage.arena, sizeof *r);
	cr_assert(notation_packet(&lab.stage, st->packet, TO_TARGET, 1, r, &e), "%s", e.text);
	cr_assert(bytes_equal(r->packet.payload, bytes_slice(seen, 0, 28)));
	st = lab_stage(&lab, 4, false, "> icmp(type=3)/quote($first, size=32)");
	r = arena_alloc(lab.stage.arena, sizeof *r);
	vars_set(&lab.stage.vars, "first", (struct val){ .kind = VAL_OCTETS, .octets = seen });
	cr_assert(notation_packet(&lab.stage, st->packet, TO_TARGET, 1, r, &e), "%s", e.text);
	cr_assert(bytes_equal(r->packet.payload, seen));
}

Test(notation, quote_is_for_what_is_sent_and_its_inside_is_checked)
{
	struct err e = { 0 };
	const struct step *st = lab_stage(&lab, 4, false, "< icmp/quote(udp)");
	struct resolved *r = arena_alloc(lab.stage.arena, sizeof *r);
	cr_expect(not(notation_packet(&lab.stage, st->packet, FROM_TARGET, 1, r, &e)));
	cr_expect(eq(str, e.text, (char *)"4:8: quote is for what is sent"));
}
