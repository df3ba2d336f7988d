#include "runner/observe/check_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define BATCHES 6
#define OCTETS (1u << 20) /* of a batch: more than the largest frame that libpcap gives */
#define THREADS_MAX 16

struct list {
	struct batch *first, **end;
};

struct worker {
	struct pool *pool;
	struct passive *judge;
	pthread_t thread;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wanted, done; /* a batch was submitted; one is judged */
	struct batch batch[BATCHES];
	struct list empty;
	struct batch *flight[BATCHES]; /* in the order of the capture */
	unsigned flight_n, begun;      /* the first `begun` of them belong to a thread */
	bool ending;
	unsigned threads;
	struct worker worker[THREADS_MAX];
};

/* --- batches --------------------------------------------------------------------------------- */

static void
list_add(struct list *l, struct batch *b)
{
	b->next = NULL;
	*l->end = b;
	l->end = &b->next;
}

static bool
batches_new(struct pool *p)
{
	p->empty.end = &p->empty.first;
	for (unsigned i = 0; i < BATCHES; i++) {
		uint8_t *octets = malloc(OCTETS), *inner = malloc(OCTETS);
		p->batch[i].octets = wr_of(octets, octets != NULL ? OCTETS : 0);
		p->batch[i].inner = wr_of(inner, inner != NULL ? OCTETS : 0);
		if (octets == NULL || inner == NULL)
			return false;
		list_add(&p->empty, &p->batch[i]);
	}
	return true;
}

bool
batch_add(struct batch *b, const struct frame *f, bool serial)
{
	if (b->n == BATCH_FRAMES || (wr_left(&b->octets) < f->datagram.n && b->n > 0))
		return false;
	struct batch_frame *own = &b->frame[b->n++];
	size_t at = b->octets.n;
	wr_bytes(&b->octets, f->datagram);
	own->frame = *f;
	own->frame.datagram = bytes_slice(wr_done(&b->octets), at, f->datagram.n);
	own->serial = serial;
	return true;
}

/* --- threads --------------------------------------------------------------------------------- */

/* The judge's buffer is used again for the next frame, so what it found there is copied. */
static bool
keep(struct batch *b, struct bytes *octets)
{
	size_t at = b->inner.n;
	if (wr_left(&b->inner) < octets->n)
		return false;
	wr_bytes(&b->inner, *octets);
	*octets = bytes_slice(wr_done(&b->inner), at, octets->n);
	return true;
}

/* How its peer pads AH is learnt in the order of the capture. */
static bool
has_ah(const struct passive_verdict *v)
{
	bool found = v->is_protected && v->protocol == 51;
	for (unsigned i = 0; i < v->layers; i++)
		found = found || v->layer[i].sa->spec.protocol == 51;
	return found;
}

static void
judge(struct passive *judge, struct batch *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		struct batch_frame *f = &b->frame[i];
		if (f->serial)
			continue;
		passive_judge(judge, f->frame.number, f->frame.datagram, f->frame.captured < f->frame.length,
			      &f->verdict);
		f->serial = has_ah(&f->verdict) || !keep(b, &f->verdict.inner);
	}
}

static void *
work(void *ctx)
{
	struct worker *w = ctx;
	struct pool *p = w->pool;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->begun == p->flight_n && !p->ending)
			pthread_cond_wait(&p->wanted, &p->lock);
		if (p->ending)
			break;
		struct batch *b = p->flight[p->begun++];
		pthread_mutex_unlock(&p->lock);
		judge(w->judge, b);
		pthread_mutex_lock(&p->lock);
		b->done = true;
		pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static bool
threads_start(struct pool *p, struct passive *const *judges, unsigned n, struct err *e)
{
	for (unsigned i = 0; i < n && i < THREADS_MAX; i++) {
		struct worker *w = &p->worker[i];
		*w = (struct worker){ .pool = p, .judge = judges[i] };
		errno = pthread_create(&w->thread, NULL, work, w);
		if (errno != 0)
			return fail_errno(e, "a thread");
		p->threads++;
	}
	return true;
}

struct pool *
pool_new(struct passive *const *judges, unsigned n, struct err *e)
{
	struct pool *p = calloc(1, sizeof *p);
	if (p == NULL) {
		fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wanted, NULL);
	pthread_cond_init(&p->done, NULL);
	if ((batches_new(p) || fail(e, ERR_IO, "out of memory")) && threads_start(p, judges, n, e))
		return p;
	pool_free(p);
	return NULL;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->wanted);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->worker[i].thread, NULL);
	for (unsigned i = 0; i < BATCHES; i++) {
		free(p->batch[i].octets.p);
		free(p->batch[i].inner.p);
	}
	pthread_cond_destroy(&p->wanted);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* --- the other side -------------------------------------------------------------------------- */

struct batch *
pool_empty(struct pool *p)
{
	struct batch *b = p->empty.first;
	if (b == NULL)
		return NULL;
	p->empty.first = b->next;
	if (b->next == NULL)
		p->empty.end = &p->empty.first;
	b->n = 0;
	b->done = p->threads == 0;
	b->octets.n = b->inner.n = 0;
	b->octets.full = b->inner.full = false;
	return b;
}

void
pool_submit(struct pool *p, struct batch *b)
{
	pthread_mutex_lock(&p->lock);
	p->flight[p->flight_n++] = b;
	pthread_cond_signal(&p->wanted);
	pthread_mutex_unlock(&p->lock);
}

struct batch *
pool_take(struct pool *p)
{
	struct batch *b = NULL;
	pthread_mutex_lock(&p->lock);
	if (p->flight_n > 0) {
		b = p->flight[0];
		while (!b->done)
			pthread_cond_wait(&p->done, &p->lock);
		p->flight_n--;
		p->begun -= p->begun > 0;
		for (unsigned i = 0; i < p->flight_n; i++)
			p->flight[i] = p->flight[i + 1];
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

void
pool_give_back(struct pool *p, struct batch *b)
{
	list_add(&p->empty, b);
}
