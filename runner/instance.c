#include "runner/instance.h"

#include <string.h>

#include "runner/entropy.h"

bool
instance_open(struct instance *x, const struct instance_wish *w, struct err *e)
{
	struct target_options o = { .wishes = w->wishes, .dir = w->dir, .worker = w->worker };
	memset(&x->target, 0, sizeof x->target);
	if (!target_open(&x->target, w->target, &o, e))
		return false;
	if (x->target.manager != MANAGER_MANUAL)
		x->target.manager = w->manager;
	x->source.fill = entropy_fill;
	random_pool_init(&x->pool, &x->source);
	x->up = engine_open(&x->engine, &x->target, w->seed, &x->pool.random, e);
	if (!x->up)
		x->target.close(&x->target);
	return x->up;
}

void
instance_close(struct instance *x)
{
	if (!x->up)
		return;
	engine_close(&x->engine);
	x->target.close(&x->target);
	x->up = false;
}
