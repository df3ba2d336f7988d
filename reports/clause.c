#include "reports/clause.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct {
	unsigned rfc;
	const char *title;
} titles[] = {
	{ 791, "IP" },                                  { 1122, "Hosts, communication layers" },
	{ 1826, "AH of 1995" },                         { 1827, "ESP of 1995" },
	{ 1828, "Keyed MD5" },                          { 2202, "Test cases for HMAC" },
	{ 2367, "PF_KEY, version 2" },                  { 2401, "Architecture of 1998" },
	{ 2402, "AH of 1998" },                         { 2403, "HMAC-MD5-96" },
	{ 2404, "HMAC-SHA-1-96" },                      { 2405, "DES-CBC" },
	{ 2406, "ESP of 1998" },                        { 2410, "NULL encryption" },
	{ 2451, "CBC-mode ciphers" },                   { 2675, "IPv6 jumbograms" },
	{ 2857, "HMAC-RIPEMD-160-96" },                 { 2983, "Diffserv and tunnels" },
	{ 3168, "ECN" },                                { 3173, "IPComp" },
	{ 3566, "AES-XCBC-MAC-96" },                    { 3602, "AES-CBC" },
	{ 3686, "AES-CTR" },                            { 3884, "Transport mode for dynamic routing" },
	{ 3947, "NAT traversal in IKE" },               { 3948, "ESP in UDP" },
	{ 4106, "AES-GCM" },                            { 4301, "Security architecture" },
	{ 4302, "AH" },                                 { 4303, "ESP" },
	{ 4304, "ESN in the IPsec DOI" },               { 4305, "Algorithm requirements, 2005" },
	{ 4309, "AES-CCM" },                            { 4312, "Camellia" },
	{ 4434, "AES-XCBC-PRF-128" },                   { 4443, "ICMPv6" },
	{ 4494, "AES-CMAC-96" },                        { 4543, "AES-GMAC" },
	{ 4552, "OSPFv3 authentication" },              { 4835, "Algorithm requirements, 2007" },
	{ 4861, "IPv6 neighbour discovery" },           { 4868, "HMAC-SHA-256, 384 and 512" },
	{ 5095, "Routing header type 0 goes" },         { 5374, "Multicast extensions" },
	{ 5529, "Camellia modes" },                     { 5722, "Overlapping IPv6 fragments" },
	{ 5840, "Wrapped ESP" },                        { 5879, "Heuristics for ESP-NULL" },
	{ 6040, "ECN in tunnels" },                     { 6379, "Suite B" },
	{ 6479, "Anti-replay without shifting" },       { 6936, "Zero UDP checksums" },
	{ 6946, "Atomic fragments" },                   { 7321, "Algorithm requirements, 2014" },
	{ 7634, "ChaCha20-Poly1305" },                  { 8200, "IPv6" },
	{ 8201, "Path MTU for IPv6" },                  { 8221, "Algorithm requirements, 2017" },
	{ 8229, "IKE and IPsec in TCP, 2017" },         { 8750, "Implicit IV" },
	{ 9329, "IKE and IPsec in TCP" },               { 9347, "IP-TFS: aggregation, fragments" },
	{ 9611, "SAs per resource" },
};
/* Documents that are no RFC, by the beginning of their name. */
static const struct {
	const char *begins, *name;
} others[] = {
	{ "api", "interfaces" }, { "CVE", "known attacks" }, { "alg", "other" }, { "as", "other" }, { "draft", "other" }, { "-", "other" },
};
/* clang-format on */

static const char section_sign[] = "\xc2\xa7";

static void
copy(char *out, size_t cap, const char *from, size_t n)
{
	snprintf(out, cap, "%.*s", (int)(n < cap ? n : cap - 1), from);
}

static const char *
past_blanks(const char *p)
{
	while (*p == ' ' || *p == ';' || *p == ',')
		p++;
	return p;
}

/* "3.4.3", "A2.1", "App.B" */
static void
take_section(const char *p, struct clause_part *part)
{
	size_t n = 0;
	if (strncmp(p, "App.", 4) == 0)
		p += 4;
	while (isalnum((unsigned char)p[n]) || (p[n] == '.' && isalnum((unsigned char)p[n + 1])))
		n++;
	copy(part->section, sizeof part->section, p, n);
}

static void
take_other(const char *p, size_t n, struct clause_part *part)
{
	copy(part->section, sizeof part->section, p, n < strcspn(p, " (") ? n : strcspn(p, " ("));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strncmp(part->section, others[i].begins, strlen(others[i].begins)) == 0)
			copy(part->section, sizeof part->section, others[i].name, strlen(others[i].name));
}

bool
clause_next(const char **at, struct clause_part *part)
{
	const char *p = past_blanks(*at);
	size_t n = strcspn(p, ";,"), digits;
	part->section[0] = '\0';
	*at = p + n;
	if (n == 0)
		return false;
	if (strncmp(p, "RFC", 3) == 0)
		p += p[3] == ' ' ? 4 : 3;
	digits = strspn(p, "0123456789");
	if (digits >= 3 && digits <= 5) {
		copy(part->doc, sizeof part->doc, p, digits);
		p += digits;
	}
	if (strncmp(p, section_sign, 2) == 0 && part->doc[0] != '\0') {
		take_section(p + 2, part);
	} else if (digits >= 3 && digits <= 5) {
		take_section(p + strspn(p, " "), part);
	} else {
		part->doc[0] = '\0';
		take_other(p, (size_t)(*at - p), part);
	}
	return true;
}

void
clause_url(const char *doc, const char *section, char *out, size_t cap)
{
	if (doc[0] == '\0' || doc[strspn(doc, "0123456789")] != '\0')
		out[0] = '\0';
	else if (section[0] == '\0')
		snprintf(out, cap, "https://www.rfc-editor.org/rfc/rfc%s", doc);
	else if (isdigit((unsigned char)section[0]))
		snprintf(out, cap, "https://www.rfc-editor.org/rfc/rfc%s#section-%s", doc, section);
	else /* sections of appendices are numbered in more than one way: the appendix is always there */
		snprintf(out, cap, "https://www.rfc-editor.org/rfc/rfc%s#appendix-%c", doc, section[0]);
}

const char *
clause_title(const char *doc)
{
	unsigned long number = strtoul(doc, NULL, 10);
	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (titles[i].rfc == number)
			return titles[i].title;
	return "";
}
