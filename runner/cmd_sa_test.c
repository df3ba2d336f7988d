/* espy sa: every pair of formats, what is left out with its line, and what cannot be read. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/commands.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define KEY16 "000102030405060708090a0b0c0d0e0f"
#define KEY20 KEY16 "10111213"
#define SETKEY                                                                                                         \
	"add 192.0.2.1 192.0.2.2 esp 0x00001001 -m transport -E rijndael-cbc 0x" KEY16 " -A hmac-sha1 0x" KEY20 " ;\n"
#define SETKEY_ANY "add 192.0.2.1 192.0.2.2 esp 0x00001001 -E rijndael-cbc 0x" KEY16 " -A hmac-sha1 0x" KEY20 " ;\n"
#define IPSECKEY                                                                                                       \
	"add esp spi 0x1001 src 192.0.2.1 dst 192.0.2.2 encr_alg aes encrkey " KEY16                                   \
	"/128 auth_alg hmac-sha1 authkey " KEY20 "/160\n"
#define XFRM                                                                                                                     \
	"ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode transport auth-trunc 'hmac(sha1)' 0x" KEY20 \
	" 96 enc 'cbc(aes)' 0x" KEY16 "\n"
#define ESP_SA                                                                                                         \
	"\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00001001\",\"AES-CBC [RFC3602]\",\"0x" KEY16                         \
	"\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x" KEY20 "\"\n"
#define POLICY "spdadd 192.0.2.1/32[7] 192.0.2.2/32 udp -P out ipsec esp/transport//require ;\n"
#define IPSECCONF "{ laddr 192.0.2.1/32 lport 7 raddr 192.0.2.2/32 ulp 17 dir out } ipsec { encr_algs any }\n"
#define XFRM_POLICY                                                                                                    \
	"ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 17 sport 7 dir out tmpl proto esp mode transport\n"

struct said {
	int status;
	char out[4096], err[2048];
};

static void
write_file(char path[40], const char *text, size_t n)
{
	snprintf(path, 40, "/tmp/espy-sa-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0 && write(fd, text, n) == (ssize_t)n);
	close(fd);
}

static void
redirect(int fd, char path[40])
{
	write_file(path, "", 0);
	int to = open(path, O_RDWR);
	cr_assert(to >= 0 && dup2(to, fd) >= 0);
	close(to);
}

static void
read_back(const char *path, char *text, size_t cap)
{
	FILE *f = fopen(path, "r");
	cr_assert(f != NULL);
	text[fread(text, 1, cap - 1, f)] = '\0';
	fclose(f);
	unlink(path);
}

/* Criterion gives each test a process, so its standard streams are ours. `words`: separated by single blanks. */
static void
command(struct said *s, const char *words)
{
	char out[40], err[40], copy[400], *argv[16] = { "sa" };
	int argc = 1;
	snprintf(copy, sizeof copy, "%s", words);
	for (char *w = strtok(copy, " "); w != NULL && argc < 15; w = strtok(NULL, " "))
		argv[argc++] = w;
	fflush(stdout);
	redirect(1, out);
	redirect(2, err);
	optind = 0;
	s->status = cmd_sa(argc, argv);
	fflush(stdout);
	read_back(out, s->out, sizeof s->out);
	read_back(err, s->err, sizeof s->err);
}

static void
convert(struct said *s, const char *text, size_t n, const char *options)
{
	char path[40], words[400];
	write_file(path, text, n);
	snprintf(words, sizeof words, "%s %s", path, options);
	command(s, words);
	unlink(path);
}

enum { IN_SETKEY, IN_IPSECKEY, IN_IPSECCONF, IN_XFRM, IN_ESP_SA, FORMATS };
static const char *const names[FORMATS] = { "setkey", "ipseckey", "ipsecconf", "xfrm", "esp_sa" };

/* One SA and one policy as each format has them; setkey's way is what all come to. */
static const struct {
	const char *sa, *policy, *as_setkey;
} texts[FORMATS] = {
	[IN_SETKEY] = { SETKEY, POLICY, SETKEY },   [IN_IPSECKEY] = { IPSECKEY, NULL, SETKEY },
	[IN_IPSECCONF] = { NULL, IPSECCONF, NULL }, [IN_XFRM] = { XFRM, XFRM_POLICY, SETKEY },
	[IN_ESP_SA] = { ESP_SA, NULL, SETKEY_ANY },
};

/* What cannot be said is told; the rest is what that format has. */
static void
try_pair(unsigned from, unsigned to, const char *text, const char *want, const char *what)
{
	struct said s;
	char options[80], left_out[80];
	snprintf(options, sizeof options, "--to %s", names[to]);
	snprintf(left_out, sizeof left_out, ":1: %s has no %s\n", names[to], what);
	convert(&s, text, strlen(text), options);
	cr_expect(eq(str, s.out, (char *)(want != NULL ? want : "")), "%s to %s: %s", names[from], names[to], s.err);
	cr_expect(eq(int, s.status, want == NULL), "%s to %s: %s", names[from], names[to], s.err);
	cr_expect(want != NULL ? s.err[0] == '\0' : strstr(s.err, left_out) != NULL, "%s to %s: %s", names[from],
		  names[to], s.err);
}

Test(sa, every_pair_of_formats)
{
	for (unsigned from = 0; from < FORMATS; from++)
		for (unsigned to = 0; to < FORMATS; to++) {
			const char *sa = to == IN_SETKEY ? texts[from].as_setkey : texts[to].sa;
			if (texts[from].sa != NULL)
				try_pair(from, to, texts[from].sa, sa, "SAs");
		}
}

Test(sa, every_pair_of_formats_with_policies)
{
	/* Without a request for a cipher ipsecconf says "any", which the others cannot. */
	struct said s;
	for (unsigned from = 0; from < FORMATS; from++)
		for (unsigned to = 0; to < FORMATS; to++)
			if (texts[from].policy != NULL &&
			    (from != IN_IPSECCONF || to == IN_IPSECCONF || texts[to].policy == NULL))
				try_pair(from, to, texts[from].policy, texts[to].policy, "policies");
	convert(&s, IPSECCONF, strlen(IPSECCONF), "--to setkey");
	cr_expect(eq(int, s.status, 1));
	cr_expect(strstr(s.err, ":1: setkey has no alternatives and no choice of algorithms\n") != NULL, "%s", s.err);
	convert(&s, IPSECCONF, strlen(IPSECCONF), "--to xfrm");
	cr_expect(eq(int, s.status, 1));
	cr_expect(strstr(s.err, ":1: a policy that chooses algorithms or offers alternatives\n") != NULL, "%s", s.err);
}

/* --- what is left out -------------------------------------------------------------------------- */

#define ESP "add 192.0.2.1 192.0.2.2 esp 5 -E aes-cbc 0x" KEY16 " -A hmac-sha1 0x" KEY20
static const struct {
	const char *text, *to, *says;
} left_out[] = {
	{ "\n\n" ESP " -esn -r 64 ;", "ipseckey", ":3: ipseckey cannot say extended sequence numbers\n" },
	{ ESP " -u 7 ;", "ipseckey", ":1: ipseckey cannot say the number of -u\n" },
	{ ESP " -m tunnel -f noecn ;", "ipseckey", ":1: ipseckey cannot say rules for the tunnel's header\n" },
	{ ESP " -m tunnel -f df-set ;", "xfrm", ":1: xfrm cannot say what becomes of DF\n" },
	{ "add 192.0.2.1 192.0.2.2 ipcomp 5 -C deflate ;", "ipseckey", ":1: ipseckey has no SAs of protocol 108\n" },
	{ "add 192.0.2.1 192.0.2.2 esp-old 5 -E des-cbc 0x0123456789abcdef ;", "xfrm",
	  ":1: Linux has no SAs of RFC 1826 and 1827\n" },
	{ "add 192.0.2.1 192.0.2.2 esp-old 5 -E des-cbc 0x0123456789abcdef ;", "esp_sa",
	  ":1: esp_sa has no SAs of RFC 1827\n" },
	{ "add 192.0.2.1 192.0.2.2 esp-old 5 -E des-cbc 0x0123456789abcdef ;", "ipseckey",
	  ":1: ipseckey has no SAs of RFC 1826 and 1827\n" },
	{ ESP " -esn -r 64 ;", "esp_sa", ":1: esp_sa cannot say extended sequence numbers\n" },
	{ "add 192.0.2.1 192.0.2.2 ah 5 -A hmac-sha1 0x" KEY20 " ;", "esp_sa",
	  ":1: esp_sa has no SAs of protocol 51\n" },
	{ "spdadd 192.0.2.1 192.0.2.2 any -P fwd none ;", "ipsecconf", ":1: ipsecconf has no direction 3\n" },
	{ "spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/tunnel/192.0.2.1-192.0.2.2/require ;", "ipsecconf",
	  ":1: ipsecconf: a tunnel is an interface with a name, which is not known here\n" },
	{ "{tunnel ip.tun0 negotiate tunnel} ipsec {encr_algs aes}\n", "setkey",
	  ":1: setkey has no policies of single tunnels\n" },
};

Test(sa, what_is_left_out_is_told_with_its_line)
{
	for (unsigned i = 0; i < COUNT(left_out); i++) {
		struct said s;
		char options[40];
		snprintf(options, sizeof options, "-t %s", left_out[i].to);
		convert(&s, left_out[i].text, strlen(left_out[i].text), options);
		cr_expect(eq(int, s.status, 1), "%s to %s", left_out[i].text, left_out[i].to);
		cr_expect(strstr(s.err, left_out[i].says) != NULL, "%s to %s: %s", left_out[i].text, left_out[i].to,
			  s.err);
	}
}

Test(sa, what_a_format_can_say_is_not_lost_on_the_way)
{
	static const char xfrm[] =
		"ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00000005 reqid 7 mode tunnel "
		"replay-window 64 flag esn flag noecn flag decap-dscp auth-trunc 'hmac(sha1)' 0x" KEY20
		" 96 enc 'cbc(aes)' 0x" KEY16 "\n";
	struct said there, back;
	convert(&there, xfrm, strlen(xfrm), "--to setkey");
	cr_assert(eq(int, there.status, 0), "%s", there.err);
	convert(&back, there.out, strlen(there.out), "--to xfrm");
	cr_expect(eq(str, back.out, (char *)xfrm));
}

Test(sa, keys_are_shown_unless_somebody_forbids)
{
	static const char *const formats[] = { "setkey", "ipseckey", "xfrm", "esp_sa" };
	for (unsigned i = 0; i < COUNT(formats); i++) {
		struct said s;
		char options[60];
		snprintf(options, sizeof options, "--no-keys --to %s", formats[i]);
		convert(&s, SETKEY, strlen(SETKEY), options);
		cr_expect(eq(int, s.status, 0), "%s", s.err);
		cr_expect(strstr(s.out, "192.0.2.1") != NULL && strstr(s.out, "000102") == NULL, "%s", s.out);
	}
}

/* --- bad files --------------------------------------------------------------------------------- */

static const struct {
	const char *text, *options, *says;
} wrong[] = {
	{ "hello", "", ":1:1: want a statement" },
	{ SETKEY "\nadd esp ;", "", ":3:5: " },
	{ IPSECKEY "nonsense\n", "", ":2:1: want a command" },
	{ "{laddr} ipsec {}", "", ":1:" },
	{ "ip route add", "", ":1: want xfrm, got 'route'" },
	{ "\"a\",\"b\"", "", ":1: want 8 values, got 2" },
	{ SETKEY, "--from esp_sa", ":1: want a value in quotes" },
	{ SETKEY, "--to pfkey", "want setkey, ipseckey, ipsecconf, xfrm or esp_sa, got pfkey" },
	{ SETKEY, "--from pfkey", "want setkey, ipseckey, ipsecconf, xfrm or esp_sa, got pfkey" },
	{ SETKEY, "more", "want one file, got also more" },
};

Test(sa, what_cannot_be_read_is_status_2)
{
	struct said s;
	for (unsigned i = 0; i < COUNT(wrong); i++) {
		convert(&s, wrong[i].text, strlen(wrong[i].text), wrong[i].options);
		cr_expect(eq(int, s.status, 2), "%s %s", wrong[i].text, wrong[i].options);
		cr_expect(strstr(s.err, wrong[i].says) != NULL, "%s: %s", wrong[i].text, s.err);
		cr_expect(eq(str, s.out, ""), "%s", wrong[i].text);
	}
	command(&s, "/nonexistent");
	cr_expect(s.status == 2 && strstr(s.err, "/nonexistent: No such file") != NULL, "%s", s.err);
	command(&s, "/tmp");
	cr_expect(s.status == 2 && strstr(s.err, "/tmp: Is a directory") != NULL, "%s", s.err);
}

Test(sa, an_empty_file_says_nothing)
{
	struct said s;
	convert(&s, "", 0, "");
	cr_expect(s.status == 0 && s.out[0] == '\0' && s.err[0] == '\0', "%d %s", s.status, s.err);
	convert(&s, "# a comment without an end", 26, "");
	cr_expect(s.status == 0 && s.out[0] == '\0' && s.err[0] == '\0', "%d %s", s.status, s.err);
}

Test(sa, a_format_is_known_by_its_first_words)
{
	static const struct {
		const char *text, *setkey;
	} rows[] = {
		{ "flush\n# SAs\n" IPSECKEY, SETKEY },
		{ "flush esp\nflush ah\n" IPSECKEY, SETKEY },
		{ "flush ; spdflush ;\n" SETKEY, SETKEY },
		{ "flush esp ;\n" SETKEY, SETKEY },
		{ "  # blanks\r\n\t" XFRM, SETKEY },
		{ "# Wireshark\n" ESP_SA, SETKEY_ANY },
		{ "add  esp\tsrc 192.0.2.1 spi 0x1001 dst 192.0.2.2 encr_alg aes encrkey " KEY16
		  " auth_alg sha1 authkey " KEY20,
		  SETKEY },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct said s;
		convert(&s, rows[i].text, strlen(rows[i].text), "");
		cr_expect(eq(str, s.out, (char *)rows[i].setkey), "%s: %s", rows[i].text, s.err);
	}
}
