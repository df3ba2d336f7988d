#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <unistd.h>

#include <glob.h>

#include "runner/commands.h"
#include "runner/vector.h"
#include "runner/vectors.h"

/* Calls fn for every vector of the project. */
static unsigned
each_vector(void (*fn)(const struct vector *v, void *ctx), void *ctx)
{
	char folder[2200], pattern[2300];
	glob_t files;
	unsigned n = 0;
	cr_assert(vectors_folder(folder, sizeof folder), "run from the top of the tree or set ESPY_VECTORS");
	snprintf(pattern, sizeof pattern, "%s/*.json", folder);
	cr_assert(glob(pattern, 0, NULL, &files) == 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct arena arena = { 0 };
		struct vector_file f;
		struct err e;
		if (strstr(files.gl_pathv[i], "schema.json") != NULL)
			continue;
		cr_assert(vector_file_read(&f, files.gl_pathv[i], &arena, &e), "%s", e.text);
		for (size_t k = 0; k < f.n; k++, n++)
			fn(&f.v[k], ctx);
		arena_free(&arena);
	}
	globfree(&files);
	return n;
}

struct seen {
	bool row[64], whole[64], esn, datagram, reject;
};

static void
mark(const struct vector *v, void *ctx)
{
	struct seen *s = ctx;
	for (unsigned i = 0; i < algs_n; i++) {
		bool here = v->enc == &algs[i] || v->auth == &algs[i];
		s->row[i] |= here;
		s->whole[i] |= here && (v->kind == VECTOR_ESP || v->kind == VECTOR_AH);
	}
	s->esn |= v->esn;
	s->datagram |= v->datagram.n > 0;
	s->reject |= v->reject;
}

Test(vectors, every_row_of_the_algorithm_table_has_one_and_a_whole_packet)
{
	struct seen s = { 0 };
	cr_assert(algs_n <= sizeof s.row / sizeof s.row[0]);
	cr_assert(each_vector(mark, &s) > 300);
	for (unsigned i = 0; i < algs_n; i++)
		cr_expect(s.row[i] && (s.whole[i] || algs[i].old == OLD_ONLY), "%s (%s): no vector", algs[i].name,
			  algs[i].clause);
	cr_assert(s.esn && s.datagram && s.reject);
}

static void
run(const struct vector *v, void *ctx)
{
	struct err e;
	(void)ctx;
	bool ok = vector_run(v, &e);
	cr_expect(ok || e.code == ERR_CRYPTO, "%s [%s]: %s", v->id, v->clause, e.text);
}

Test(vectors, the_reference_meets_all_of_them)
{
	each_vector(run, NULL);
}

/* Octets of an expected value changed: the run must notice. */
static struct bytes
spoilt(struct bytes b, uint8_t *room, size_t cap)
{
	struct wr w = wr_of(room, cap);
	struct rd r = rd_of(b);
	wr_bytes(&w, b);
	(void)wr_patch(&w, b.n - 1, rd_peek(&r, b.n - 1) ^ 1u, 1);
	return wr_done(&w);
}

static void
run_spoilt(const struct vector *v, void *ctx)
{
	static uint8_t room[65536];
	struct vector bad = *v;
	struct err e;
	struct bytes *const values[] = { &bad.packet, &bad.icv, &bad.ciphertext, &bad.payload, &bad.before };
	(void)ctx;
	for (size_t i = 0; i < sizeof values / sizeof values[0] && !v->reject; i++) {
		struct bytes good = *values[i];
		if (good.n == 0)
			continue;
		*values[i] = spoilt(good, room, sizeof room);
		cr_expect(not(vector_run(&bad, &e)), "%s: value %zu spoilt and not noticed", v->id, i);
		*values[i] = good;
	}
	if (v->reject) {
		bad.reject = false;
		cr_expect(not(vector_run(&bad, &e)), "%s: a wrong ICV taken for a good one", v->id);
	}
}

Test(vectors, a_spoilt_value_is_noticed_in_every_vector)
{
	each_vector(run_spoilt, NULL);
}

#define HEAD "{\"schema\": \"espy-vectors/1\",\n \"vectors\": [\n"
#define MD5 "\"auth\": \"hmac-md5-96\", \"key\": \"00112233445566778899aabbccddeeff\""

static const struct {
	const char *text, *error;
} wrong[] = {
	{ "{\n \"schema\": }\n", ":2: " },
	{ "{}", "schema: want \"espy-vectors/1\"" },
	{ "{\"schema\": \"espy-vectors/1\"}", "vectors: want an array" },
	{ HEAD "{\"id\": \"a\"}]}", "a vector without id or kind" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"hash\"}]}", "a: kind: want esp, ah, mac, cipher or aead, got \"hash\"" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"clause\": \"c\"}]}", "a: key: missing" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"clause\": \"c\", \"icb\": \"00\"}]}",
	  "a: icb: no field of kind mac" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"spi\": \"0x1\"}]}", "a: spi: no field of kind mac" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"auth\": \"md4\"}]}",
	  "a: auth: want a name of the algorithm table" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"key\": \"012\"}]}", "a: key: want an even number" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"key\": \"0G\"}]}", "a: key: want lower case hexadecimal" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"key\": 12}]}", "a: key: want a string" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"esp\", \"seq\": \"7\"}]}", "a: seq: want 0x" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"esp\", \"spi\": \"0x100000000\"}]}", "a: spi: want 0x0 to 0xffffffff" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"esp\", \"next_header\": 256}]}", "a: next_header: want 0 to 255" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"esp\", \"esn\": 1}]}", "a: esn: want true or false" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"clause\": \"c\", " MD5 ", \"data\": \"\", \"icv\": \"00\"}]}",
	  "a: icv: want 12 octets for hmac-md5-96, got 1" },
	{ HEAD "{\"id\": \"a\", \"kind\": \"mac\", \"id\": \"b\"}]}", ":3: duplicate object key" },
};

Test(vectors, bad_files_are_refused_with_a_reason)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char path[] = "/tmp/espy-vectors-XXXXXX";
		struct arena arena = { 0 };
		struct vector_file f;
		struct err e = { 0 };
		int fd = mkstemp(path);
		size_t n = strlen(wrong[i].text);
		cr_assert(fd >= 0 && write(fd, wrong[i].text, n) == (ssize_t)n);
		close(fd);
		cr_expect(not(vector_file_read(&f, path, &arena, &e)), "row %zu was taken", i);
		cr_expect(strstr(e.text, wrong[i].error) != NULL, "row %zu: want %s, got %s", i, wrong[i].error,
			  e.text);
		cr_expect(strncmp(e.text, path, strlen(path)) == 0, "row %zu does not name its file: %s", i, e.text);
		arena_free(&arena);
		unlink(path);
	}
}

Test(vectors, a_missing_file_is_exit_status_2)
{
	char *argv[] = { "vectors", "/nonexistent/a.json", NULL };
	cr_assert(eq(int, cmd_vectors(2, argv), 2));
}
