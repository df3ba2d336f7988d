#include "runner/encore/encore.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Addresses and keys of then and now around one capture of pcaps/, without a target. */
struct world {
	struct recording recording;
	struct sidecar sidecar;
	struct address_map map;
	struct random_seeded random;
	struct encore_keys keys;
	struct encore_compare compare;
	struct sad *now;
	struct arena arena, work;
};

static void
add_now(struct world *x, const struct setkey_command *c)
{
	struct err e = { 0 };
	for (; c != NULL; c = c->next) {
		if (c->verb != SETKEY_ADD)
			continue;
		struct sa_spec spec = c->sa;
		spec.replay = 0;
		struct sa *sa = sa_open(&spec, &e);
		cr_assert(sa != NULL, "%s", e.text);
		cr_assert(sad_add(x->now, sa, &e), "%s", e.text);
	}
}

static void
open_world(struct world *x, const char *pcapng, bool rekey, const char *const *pairs)
{
	char setkey[300];
	struct err e = { 0 };
	memset(x, 0, sizeof *x);
	random_seeded_init(&x->random, 5);
	snprintf(setkey, sizeof setkey, "%.*s.setkey", (int)(strlen(pcapng) - strlen(".pcapng")), pcapng);
	cr_assert(recording_read(&x->recording, pcapng, &e), "%s", e.text);
	cr_assert(recording_orient(&x->recording, NULL, 0, &e), "%s", e.text);
	cr_assert(sidecar_read(&x->sidecar, setkey, &e), "%s", e.text);
	for (; *pairs != NULL; pairs++)
		cr_assert(address_map_parse(&x->map, *pairs, &e), "%s", e.text);
	x->keys =
		(struct encore_keys){ .map = &x->map, .rekey = rekey, .random = &x->random.random, .arena = &x->arena };
	cr_assert(encore_keys_open(&x->keys, &e));
	x->now = sad_new();
	for (const struct sidecar_step *st = x->sidecar.first; st != NULL; st = st->next) {
		const struct setkey_command *c;
		if (st->kind != SIDECAR_SETKEY)
			continue;
		cr_assert(encore_keys_commands(&x->keys, setkey_first(st->script), &c, &e), "%s", e.text);
		add_now(x, c);
	}
	x->compare = (struct encore_compare){ .keys = &x->keys, .now = x->now, .arena = &x->work };
}

static void
close_world(struct world *x)
{
	encore_keys_close(&x->keys);
	sad_free(x->now);
	sidecar_free(&x->sidecar);
	recording_free(&x->recording);
	arena_free(&x->work);
	arena_free(&x->arena);
}

static const char *const elsewhere[] = { "192.0.2.2=10.1.2.3",
					 "192.0.2.1=10.99.0.1",
					 "2001:db8:1::2=2001:db8:77::5",
					 "2001:db8:1::1=2001:db8:77::9",
					 "10.9.0.1=10.1.2.3",
					 "10.9.0.2=10.99.0.1",
					 "2001:db8:9::1=2001:db8:77::5",
					 "2001:db8:9::2=2001:db8:77::9",
					 NULL };

static enum verdict
verdict_of(struct world *x, struct sad *sad, struct bytes datagram)
{
	struct dissected *d = arena_alloc(&x->work, sizeof *d);
	struct err e = { 0 };
	cr_assert(encore_dissect(d, sad, datagram, &x->work, &e), "%s", e.text);
	return d->verdict;
}

/* Every message of a capture, whoever sent it: verified then, written anew, verified now, and the same to a comparison. */
static unsigned
check_capture(const char *path, bool rekey)
{
	struct world x;
	unsigned changed = 0;
	open_world(&x, path, rekey, elsewhere);
	for (size_t i = 0; i < x.recording.n; i++) {
		const struct message *m = &x.recording.message[i];
		struct bytes out;
		struct packet_diff diff;
		char why[300];
		cr_expect(eq(int, verdict_of(&x, x.keys.then, m->datagram), ACCEPT), "%s: frame %lu", path, m->number);
		bool ok = encore_rewrite(&x.keys, x.now, m->datagram, &x.work, &out, why, sizeof why);
		cr_assert(ok, "%s: frame %lu: %s", path, m->number, why);
		changed += !bytes_equal(out, m->datagram);
		cr_expect(eq(sz, out.n, m->datagram.n), "%s: frame %lu", path, m->number);
		cr_expect(eq(int, verdict_of(&x, x.now, out), ACCEPT), "%s: frame %lu", path, m->number);
		cr_expect(encore_same(&x.compare, m->datagram, out, &diff), "%s: frame %lu: %s", path, m->number,
			  diff.n > 0 ? diff.d[0].field->name : diff.shape);
		encore_follow(&x.compare, &m->datagram, &out);
		arena_reset(&x.work);
	}
	close_world(&x);
	return changed;
}

Test(encore, golden_captures_are_written_for_other_addresses_and_keys_and_are_verified_there)
{
	glob_t g;
	unsigned changed = 0;
	cr_assert(zero(int, glob("pcaps/*/*.pcapng", 0, NULL, &g)));
	for (size_t i = 0; i < g.gl_pathc; i++) {
		changed += check_capture(g.gl_pathv[i], false);
		changed += check_capture(g.gl_pathv[i], true);
	}
	cr_expect(ge(uint, changed, 1000));
	globfree(&g);
}

static void
golden(char path[300], const char *pattern)
{
	glob_t g;
	cr_assert(zero(int, glob(pattern, 0, NULL, &g)), "%s", pattern);
	snprintf(path, 300, "%s", g.gl_pathv[0]);
	globfree(&g);
}

static struct bytes
with_octet(struct world *x, struct bytes b, size_t at, uint8_t flip)
{
	struct wr w = wr_of(arena_alloc(&x->arena, b.n), b.n);
	struct rd r = rd_of(b);
	wr_bytes(&w, b);
	cr_assert(wr_patch(&w, at, (uint64_t)(rd_peek(&r, at) ^ flip), 1));
	return wr_done(&w);
}

Test(encore, what_is_not_to_change_keeps_its_octets)
{
	static const char *const nothing[] = { NULL };
	struct world x;
	struct bytes out;
	char path[300], why[300];
	golden(path, "pcaps/linux-*/esp-aes-gcm-16-128.pcapng");
	open_world(&x, path, false, nothing);
	struct bytes damaged = with_octet(&x, x.recording.message[0].datagram, 30, 1);
	cr_assert(encore_rewrite(&x.keys, x.now, damaged, &x.work, &out, why, sizeof why));
	cr_expect(eq(ptr, (void *)(uintptr_t)out.p, (void *)(uintptr_t)damaged.p));
	close_world(&x);
}

Test(encore, what_was_wrong_stays_wrong)
{
	static const struct {
		const char *capture;
		bool rekey;
		int from_end; /* of the octet that is damaged; negative: from the beginning */
		enum verdict verdict;
	} rows[] = {
		{ "pcaps/linux-*/esp-aes-gcm-16-128.pcapng", false, 1, DROP_ICV },
		{ "pcaps/linux-*/esp-aes-gcm-16-128.pcapng", true, 1, DROP_ICV },
		{ "pcaps/linux-*/esp-aes-cbc-128+hmac-sha1-96.pcapng", false, 20, DROP_ICV },
		{ "pcaps/linux-*/esp-aes-cbc-128+hmac-sha1-96.pcapng", true, 20, DROP_ICV },
		{ "pcaps/linux-*/ah-hmac-sha2-256-128.pcapng", false, 1, DROP_ICV },
		{ "pcaps/linux-*/ah-hmac-sha2-256-128.pcapng", true, 1, DROP_ICV },
		{ "pcaps/linux-*/esp-aes-gcm-16-128.pcapng", true, -10, ACCEPT }, /* IP's checksum */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world x;
		struct bytes out;
		char path[300], why[300];
		golden(path, rows[i].capture);
		open_world(&x, path, rows[i].rekey, elsewhere);
		struct bytes whole = x.recording.message[0].datagram;
		size_t at = rows[i].from_end > 0 ? whole.n - (size_t)rows[i].from_end : (size_t)-rows[i].from_end;
		struct bytes damaged = with_octet(&x, whole, at, 0x40);
		cr_assert(encore_rewrite(&x.keys, x.now, damaged, &x.work, &out, why, sizeof why), "row %zu: %s", i,
			  why);
		cr_expect(not(bytes_equal(out, damaged)), "row %zu", i);
		cr_expect(eq(int, verdict_of(&x, x.now, out), rows[i].verdict), "row %zu", i);
		struct rd r = rd_of(out), was = rd_of(damaged);
		if (rows[i].from_end < 0)
			cr_expect(eq(u8, rd_peek(&r, at), rd_peek(&was, at)), "the wrong checksum is kept");
		close_world(&x);
	}
}

Test(encore, senders_choose_some_fields_and_others_differ)
{
	static const struct {
		size_t at; /* octet of the IPv4 header in clear */
		bool same;
		const char *field;
	} rows[] = {
		{ 4, true, NULL }, /* identification */
		{ 8, false, "ttl" },
		{ 1, false, "dscp" },
		{ 19, false, "dst" },
	};
	static const char *const nothing[] = { NULL };
	struct world x;
	char path[300];
	golden(path, "pcaps/linux-*/esp-aes-gcm-16-128.pcapng");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet_diff diff;
		open_world(&x, path, false, nothing);
		struct bytes then = x.recording.message[1].datagram, got = with_octet(&x, then, rows[i].at, 8);
		bool same = encore_same(&x.compare, then, got, &diff);
		cr_expect(eq(int, same, rows[i].same), "row %zu", i);
		if (!same && diff.n > 0)
			cr_expect(eq(str, (char *)(uintptr_t)diff.d[0].field->name, (char *)(uintptr_t)rows[i].field),
				  "row %zu", i);
		close_world(&x);
	}
}

/* Answers 1 and 3 of then are answers 1 and 2 of now: the second used the next number, whatever was missing between. */
Test(encore, numbers_of_an_sa_go_on_behind_what_is_missing)
{
	static const char *const nothing[] = { NULL };
	struct world x;
	struct packet_diff diff;
	char path[300];
	golden(path, "pcaps/linux-*/esp-aes-gcm-16-128.pcapng");
	open_world(&x, path, false, nothing);
	struct bytes one = x.recording.message[1].datagram, two = x.recording.message[3].datagram;
	cr_expect(encore_same(&x.compare, one, one, &diff));
	cr_expect(not(encore_same(&x.compare, two, one, &diff)), "another size");
	encore_follow(&x.compare, &one, NULL);
	cr_expect(not(encore_same(&x.compare, two, two, &diff)), "its number is one too many now");
	cr_assert(eq(uint, diff.n, 1));
	cr_expect(eq(str, (char *)(uintptr_t)diff.d[0].field->name, "seq"));
	close_world(&x);
}

Test(encore, a_pair_of_addresses_is_of_one_family)
{
	static const char *const wrong[] = { "192.0.2.1", "=192.0.2.1", "192.0.2.1=2001:db8::1", "x=192.0.2.1",
					     "192.0.2.1=" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct address_map m = { 0 };
		struct err e = { 0 };
		cr_expect(not(address_map_parse(&m, wrong[i], &e)), "%s", wrong[i]);
	}
}
