/* The words of `ip xfrm policy` and of its templates. */
#include "config/ip_xfrm_parse.h"

static bool
policy_upper(struct words *w, struct statement *s)
{
	static const struct {
		const char *word;
		uint32_t number;
	} named[] = { { "tcp", 6 },        { "udp", 17 },   { "icmp", 1 },
		      { "ipv6-icmp", 58 }, { "sctp", 132 }, { "any", SELECTOR_ANY } };
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
		if (words_is(w, named[i].word)) {
			s->p.selector.protocol = named[i].number;
			words_next(w);
			return true;
		}
	return words_take_number32(w, &s->p.selector.protocol);
}

static bool
policy_dir(struct words *w, struct statement *s)
{
	s->p.dir = words_is(w, "in") ? DIR_IN : words_is(w, "out") ? DIR_OUT : words_is(w, "fwd") ? DIR_FWD : 0;
	if (s->p.dir == 0)
		return words_want(w, "in, out or fwd");
	words_next(w);
	return true;
}

static bool
policy_action(struct words *w, struct statement *s)
{
	if (!words_is(w, "block") && !words_is(w, "allow"))
		return words_want(w, "block or allow");
	s->p.action = words_is(w, "block") ? SPD_DISCARD : SPD_BYPASS;
	words_next(w);
	return true;
}

/* Words behind `tmpl` are the template's until the next one. */
static bool
policy_tmpl(struct words *w, struct statement *s)
{
	if (s->p.n == SPD_REQUESTS)
		return words_want(w, "fewer templates");
	s->tmpl = &s->p.request[s->p.n++];
	*s->tmpl = (struct spd_request){ .level = LEVEL_REQUIRE, .mode = MODE_TRANSPORT };
	s->p.action = SPD_PROTECT;
	return true;
}

TAKES(policy_src, words_take_prefix(w, &s->p.selector.src, &s->p.selector.src_bits))
TAKES(policy_dst, words_take_prefix(w, &s->p.selector.dst, &s->p.selector.dst_bits))
TAKES(policy_sport, words_take_number32(w, &s->p.selector.sport))
TAKES(policy_dport, words_take_number32(w, &s->p.selector.dport))
TAKES(policy_priority, words_take_number32(w, &s->p.priority))

const struct vocabulary xfrm_policy_words[] = {
	{ "src", policy_src },           { "dst", policy_dst },    { "proto", policy_upper },
	{ "sport", policy_sport },       { "type", policy_sport }, { "dport", policy_dport },
	{ "code", policy_dport },        { "dir", policy_dir },    { "action", policy_action },
	{ "priority", policy_priority }, { "tmpl", policy_tmpl },  { NULL, NULL },
};

/* A reqid names the SA, as unique:N does for KAME. */
static bool
template_reqid(struct words *w, struct statement *s)
{
	if (!words_take_number32(w, &s->tmpl->reqid))
		return false;
	if (s->tmpl->level == LEVEL_REQUIRE && s->tmpl->reqid != 0)
		s->tmpl->level = LEVEL_UNIQUE;
	return true;
}

static bool
template_level(struct words *w, struct statement *s)
{
	if (!words_is(w, "use") && !words_is(w, "required"))
		return words_want(w, "use or required");
	if (words_is(w, "use"))
		s->tmpl->level = LEVEL_USE;
	words_next(w);
	return true;
}

TAKES(template_src, xfrm_take_end(w, &s->tmpl->src))
TAKES(template_dst, xfrm_take_end(w, &s->tmpl->dst))
TAKES(template_proto, xfrm_take_protocol(w, &s->tmpl->protocol))
TAKES(template_mode, xfrm_take_mode(w, &s->tmpl->mode))

const struct vocabulary xfrm_template_words[] = {
	{ "src", template_src },     { "dst", template_dst },
	{ "proto", template_proto }, { "mode", template_mode },
	{ "reqid", template_reqid }, { "level", template_level },
	{ "tmpl", policy_tmpl },     { NULL, NULL },
};
