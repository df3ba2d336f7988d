/* The addresses that a user gives to tester and target, from the command line. */
#include "runner/target/target.h"

#include <string.h>

#include "ipsec/addr.h"

static void
begin(struct target_wishes *w)
{
	if (!w->has_net)
		memcpy(w->net, target_nets, sizeof w->net);
	w->has_net = true;
}

/* "2=ADDRESS" is of link 2. */
static bool
read_address(const char *text, unsigned *link, struct addr *a, struct err *e)
{
	bool numbered = text[0] >= '1' && text[0] <= '0' + TARGET_LINKS && text[1] == '=';
	*link = numbered ? (unsigned)(text[0] - '1') : 0;
	return addr_parse(a, numbered ? text + 2 : text, e);
}

static void
put(uint8_t *to, const struct addr *a)
{
	struct wr w = wr_of(to, a->family == 6 ? 16 : 4);
	wr_bytes(&w, addr_bytes(a));
}

bool
target_wish_tester(struct target_wishes *w, const char *text, struct err *e)
{
	unsigned link;
	struct addr a;
	if (!read_address(text, &link, &a, e))
		return err_prefix(e, "--tester");
	begin(w);
	put(a.family == 6 ? w->net[link].tester6 : w->net[link].tester4, &a);
	return true;
}

bool
target_wish_target(struct target_wishes *w, const char *text, struct err *e)
{
	unsigned link;
	struct addr a;
	if (!read_address(text, &link, &a, e))
		return err_prefix(e, "--target-address");
	begin(w);
	struct target_net *net = &w->net[link];
	uint8_t *said = a.family == 6 ? &w->said6[link] : &w->said4[link];
	if (++*said > 2)
		return fail(e, ERR_RANGE, "--target-address %s: a link has at most two of a family", text);
	put(*said == 2 ? (a.family == 6 ? net->second6 : net->second4) : (a.family == 6 ? net->target6 : net->target4),
	    &a);
	return true;
}
