#include "runner/help/doctor.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/seal.h"
#include "runner/instance.h"
#include "runner/vectors.h"

/* --- the project's own data ------------------------------------------------------------------- */

static unsigned
suites_in(const struct choice *c)
{
	unsigned n = 0;
	for (const struct suite *s = c->suites; s != NULL; s = s->next)
		n++;
	return n;
}

static void
find_suites(struct doctor *d)
{
	struct err e = { 0 };
	if (choice_load(&d->choice, &e) && choice_plan(&d->choice, &e) && d->choice.plan.n > 0) {
		doctor_say(d, FINDING_OK, "suites", NULL, "%u suites, %u combinations, in %s", suites_in(&d->choice),
			   d->choice.plan.n, d->choice.paths[0]);
		return;
	}
	d->unable = true;
	doctor_say(d, FINDING_BROKEN, "suites", "run espy in its tree, or set ESPY_SUITES to the folder of suites",
		   "%s", e.code != ERR_NONE ? e.text : "no cases");
}

static void
find_lists(struct doctor *d)
{
	struct purposes p;
	struct err e;
	if (choice_purposes(&d->choice, &p, &e))
		doctor_say(d, FINDING_OK, "purposes", NULL, "%zu purposes and requirements", p.n);
	else
		doctor_say(d, FINDING_BROKEN, "purposes", "they lie beside the suites: ESPY_SUITES", "%s", e.text);
	purposes_free(&p);
}

static void
find_vectors(struct doctor *d)
{
	char folder[1024];
	unsigned n = 0;
	DIR *dir = vectors_folder(folder, sizeof folder) ? opendir(folder) : NULL;
	for (struct dirent *f; dir != NULL && (f = readdir(dir)) != NULL;)
		n += strstr(f->d_name, ".json") != NULL;
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		doctor_say(d, FINDING_OK, "vectors", NULL, "%u files in %s (espy vectors)", n, folder);
	else
		doctor_say(d, FINDING_MISSING, "vectors", "set ESPY_VECTORS to the folder of vectors", "no vectors");
}

void
doctor_data(struct doctor *d)
{
	doctor_group(d, "Data");
	find_suites(d);
	if (!d->unable)
		find_lists(d);
	if (d->target == NULL)
		find_vectors(d);
}

/* --- libcrypto --------------------------------------------------------------------------------- */

/* With a key of its smallest size and, for a cipher alone, an integrity algorithm beside it. */
static bool
alg_works(const struct alg *a, struct err *e)
{
	static const uint8_t key[128] = { 0x13, 0x57, 0x9b, 0xdf, 0x24, 0x68, 0xac, 0xe0 };
	size_t sizes[16] = { 0 };
	unsigned n = alg_key_sizes(a, sizes, 16);
	size_t key_n = n > 0 && sizes[0] > 0 ? sizes[0] : a->kind == ALG_NULL ? 0 : 20;
	const struct alg *none = alg_by_name("null", a->use == ALG_ENC ? ALG_AUTH : ALG_ENC);
	struct bytes k = { key, key_n <= sizeof key ? key_n : sizeof key };
	struct seal *s = a->use == ALG_ENC ? seal_new(a, k, none, (struct bytes){ 0 }, e)
					   : seal_new(none, (struct bytes){ 0 }, a, k, e);
	seal_free(s);
	return s != NULL || e->code != ERR_CRYPTO;
}

void
doctor_crypto(struct doctor *d)
{
	char lost[800] = "", why[300] = "";
	unsigned good = 0;
	doctor_group(d, "libcrypto");
	for (unsigned i = 0; i < algs_n; i++) {
		struct err e = { 0 };
		if (alg_works(&algs[i], &e)) {
			good++;
			continue;
		}
		size_t used = strlen(lost);
		snprintf(lost + used, sizeof lost - used, "%s%s", used > 0 ? ", " : "", algs[i].name);
		snprintf(why, sizeof why, "%.290s", e.text);
	}
	doctor_say(d, good > 0 ? FINDING_OK : FINDING_BROKEN, "algorithms", NULL, "%u of %u that espy knows", good,
		   algs_n);
	if (lost[0] != '\0')
		doctor_say(
			d, FINDING_MISSING, "lost",
			strstr(why, "legacy") != NULL
				? "apt-get install openssl libssl3 (legacy.so of its provider); OPENSSL_MODULES says where it lies"
				: NULL,
			"%s: %s", lost, why);
}

/* --- the reference ----------------------------------------------------------------------------- */

void
doctor_reference(struct doctor *d)
{
	static struct instance in;
	struct err e;
	const struct instance_wish wish = { .target = "reference", .seed = 1 };
	doctor_group(d, "Targets");
	if (instance_open(&in, &wish, &e)) {
		doctor_say(d, FINDING_OK, "reference", NULL, "our own host in this process (-t reference)");
		instance_close(&in);
		return;
	}
	d->unable = true;
	doctor_say(d, FINDING_BROKEN, "reference", NULL, "%s", e.text);
}

/* --- programs ---------------------------------------------------------------------------------- */

bool
doctor_find_program(const char *name, char *path, size_t cap)
{
	const char *inherited = getenv("PATH");
	char all[4200];
	snprintf(all, sizeof all, "%.4000s:/usr/sbin:/sbin", inherited != NULL ? inherited : "/usr/bin:/bin");
	for (const char *at = all; *at != '\0';) {
		size_t n = strcspn(at, ":");
		int used = snprintf(path, cap, "%.*s/%s", (int)n, at, name);
		if (n > 0 && used > 0 && (size_t)used < cap && access(path, X_OK) == 0)
			return true;
		at += n + (at[n] == ':');
	}
	return false;
}

/* clang-format off */
static const struct tool {
	const char *name, *program, *use, *fix;
} tools[] = {
	{ "qemu", "qemu-system-x86_64", "-t qemu:KERNEL", "apt-get install qemu-system-x86" },
	{ "ip", "ip", "network namespaces, -t netns", "apt-get install iproute2" },
	{ "tshark", "tshark", "make dissector: a second opinion on packets", "apt-get install tshark" },
	{ "openiked", "iked", "make ike: SAs that a daemon has keyed", "apt-get install openiked" },
};
/* clang-format on */

void
doctor_programs(struct doctor *d)
{
	char path[1024];
	doctor_group(d, "Programs");
	for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
		if (doctor_find_program(tools[i].program, path, sizeof path))
			doctor_say(d, FINDING_OK, tools[i].name, NULL, "%s (%s)", path, tools[i].use);
		else
			doctor_say(d, FINDING_MISSING, tools[i].name, tools[i].fix, "%s", tools[i].use);
}
