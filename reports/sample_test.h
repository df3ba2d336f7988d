/* For tests: a folder of their own and a run in hand-made lines. */
#ifndef ESPY_REPORTS_SAMPLE_TEST_H
#define ESPY_REPORTS_SAMPLE_TEST_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/journal.h"

#define SAMPLE_START                                                                                                      \
	"{\"event\":\"start\",\"schema\":\"espy-events/1\",\"tool\":{\"name\":\"espy\",\"version\":\"0.1\"},"             \
	"\"argv\":[\"espy\",\"run\"],\"seed\":7,\"started\":\"2026-11-21T20:19:00Z\",\"target\":{\"name\":\"reference\"," \
	"\"driver\":\"reference\",\"os\":\"reference\",\"release\":\"0.1\"},\"planned\":6,\"jobs\":1}"
#define SAMPLE_PASS                                                                                                          \
	"{\"event\":\"case\",\"n\":0,\"id\":\"esp.out/spi\",\"full_id\":\"esp.out/spi/ipv4\",\"suite\":\"esp.out\","         \
	"\"params\":{\"family\":\"ipv4\"},\"title\":\"the SPI is the SA's\",\"level\":\"MUST\",\"clause\":\"RFC 4303 2.1\"," \
	"\"decides\":[\"EO-01\"],\"verdict\":\"PASS\",\"reason\":\"\",\"wall_ms\":1.25,\"worker\":0,"                        \
	"\"file\":\"suites/esp-out.suite\",\"line\":3}"
/* An echo request of 28 octets out, its answer in on link 2; keys; a diff; characters that XML, terminals and shells mind. */
#define SAMPLE_FAIL                                                                                                                     \
	"{\"event\":\"case\",\"n\":1,\"id\":\"esp.out/icv\",\"full_id\":\"esp.out/icv/ipv4/a<b>&\\\"c\",\"suite\":\"esp.out\","         \
	"\"params\":{\"family\":\"ipv4\",\"transform\":\"a<b>&\\\"c\"},\"title\":\"the ICV \\u2265 12 octets\",\"level\":\"MUST\","     \
	"\"clause\":\"RFC 4868 2.3\",\"decides\":[\"IC-01\",\"RFC4868-2.3-a\"],\"verdict\":\"FAIL\","                                   \
	"\"reason\":\"esc \\u001b[31m nul \\u0000 ffff \\uffff ]]> tab\\t end\",\"wall_ms\":0.8,\"worker\":0,"                          \
	"\"file\":\"suites/esp-out.suite\",\"line\":12,\"step\":{\"line\":31,\"text\":\"< esp/echo-reply\"},"                           \
	"\"want\":\"16\",\"got\":\"12\",\"diff\":[{\"field\":\"esp.icv\",\"want\":\"16 octets\",\"got\":\"12 \\u001b octets\","         \
	"\"clause\":\"RFC 4868 2.3\"},{\"field\":\"esp.seq\",\"want\":\"1\",\"got\":\"2\",\"clause\":\"RFC 4303 2.2\"}],"               \
	"\"exhibits\":["                                                                                                                \
	"{\"kind\":\"setkey\",\"t_us\":1,\"line\":14,\"link\":0,\"octets\":\"\",\"text\":\"add 192.0.2.2 192.0.2.1 esp 0x1001 ;\\n\"}," \
	"{\"kind\":\"frame-out\",\"t_us\":12.5,\"line\":30,\"link\":1,"                                                                 \
	"\"octets\":\"4500001c0000000040013680c0000202c00002010800f7ff00000000\",\"text\":\"echo\"},"                                   \
	"{\"kind\":\"frame-in\",\"t_us\":40.25,\"line\":31,\"link\":2,"                                                                 \
	"\"octets\":\"4500001c0000000040013680c0000201c00002020000ffff00000000\",\"text\":\"echo-reply \\u2713\"}]}"
#define SAMPLE_SKIP                                                                                                        \
	"{\"event\":\"case\",\"n\":2,\"id\":\"ah.out/spi\",\"full_id\":\"ah.out/spi\",\"suite\":\"ah.out\",\"params\":{}," \
	"\"title\":\"t\",\"level\":\"MAY\",\"clause\":\"RFC 4302 2.4\",\"decides\":[],\"verdict\":\"SKIP\","               \
	"\"reason\":\"the target has no AH\",\"wall_ms\":0}"
#define SAMPLE_ERROR                                                                                                      \
	"{\"event\":\"case\",\"n\":3,\"id\":\"ah.out/x\",\"full_id\":\"ah.out/../x\",\"suite\":\"ah.out\",\"params\":{}," \
	"\"title\":\"t\",\"level\":\"INFO\",\"clause\":\"\",\"decides\":[],\"verdict\":\"ERROR\",\"reason\":\"r\",\"wall_ms\":2}"
#define SAMPLE_INCONCLUSIVE                                                                                            \
	"{\"event\":\"case\",\"n\":4,\"id\":\"ah.out/y\",\"full_id\":\"ah.out/y\",\"suite\":\"ah.out\",\"verdict\":"   \
	"\"INCONCLUSIVE\",\"reason\":\"the sentinel was lost\"}"
#define SAMPLE_END "{\"event\":\"end\",\"wall_s\":3.25,\"complete\":true}"

static char sample_dir[64];

static inline void
sample_begin(void)
{
	strcpy(sample_dir, "/tmp/espy-reports-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(sample_dir), NULL));
}

static int
sample_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void
sample_end(void)
{
	nftw(sample_dir, sample_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
sample_path(const char *name)
{
	static char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", sample_dir, name);
	return path;
}

/* NULL if there is no such file. Freed by the test's end. */
static inline char *
sample_slurp(const char *name)
{
	FILE *f = fopen(sample_path(name), "r");
	static char text[1 << 20];
	if (f == NULL)
		return NULL;
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	return text;
}

static inline void
sample_write(const char *name, const char *text)
{
	FILE *f = fopen(sample_path(name), "w");
	cr_assert(ne(ptr, f, NULL));
	fputs(text, f);
	cr_assert(eq(int, fclose(f), 0));
}

static inline struct run_record
sample_run(const char *const *lines)
{
	struct run_record r = { 0 };
	struct err e = { 0 };
	for (; *lines != NULL; lines++)
		cr_assert(run_add(&r, *lines, strlen(*lines), &e), "%s", e.text);
	return r;
}

static inline struct run_record
sample_whole(void)
{
	static const char *const lines[] = { SAMPLE_START, SAMPLE_PASS,         SAMPLE_FAIL, SAMPLE_SKIP,
					     SAMPLE_ERROR, SAMPLE_INCONCLUSIVE, SAMPLE_END,  NULL };
	return sample_run(lines);
}

/* From here on no file of this process grows past n octets: a disk that is full. */
static inline void
sample_disk_full(unsigned n)
{
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &(struct rlimit){ n, n }), 0));
}

/* Files below the folder whose name has this in it. */
static inline int
sample_count(const char *part)
{
	char command[300];
	int n = -1;
	snprintf(command, sizeof command, "find %s -type f -name '*%s*' | wc -l", sample_dir, part);
	FILE *f = popen(command, "r");
	cr_assert(ne(ptr, f, NULL));
	cr_assert(eq(int, fscanf(f, "%d", &n), 1));
	pclose(f);
	return n;
}

#endif
