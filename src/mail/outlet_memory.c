#include <assent/base/mem.h>
#include <assent/mail/outlet.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct memory {
	struct outlet outlet; /* first: a struct outlet * is a struct memory * */
	pthread_mutex_t lock;
	struct outlet_mail **mails; /* one allocation each: they stay where they are */
	size_t count, room;
	int fail_next;
	const char *name_next; /* NULL for none */
};

static struct memory *
memory_of(struct outlet *outlet)
{
	return (struct memory *)outlet;
}

static struct outlet_mail *
copy_mail(const struct outlet_mail *mail)
{
	struct outlet_mail *copy = mem_alloc(sizeof(*copy));
	char *bytes = mem_alloc(mail->size + 1);

	memcpy(bytes, mail->bytes, mail->size);
	*copy = (struct outlet_mail){ mem_dup(mail->key), mem_dup(mail->from), mem_dup(mail->to),
		bytes, mail->size, NULL, mail->date, NULL };
	return copy;
}

static void
free_mail(struct outlet_mail *mail)
{
	mem_free((char *)mail->key);
	mem_free((char *)mail->from);
	mem_free((char *)mail->to);
	mem_free((char *)mail->bytes);
	mem_free(mail);
}

static int
memory_send(struct outlet *outlet, const struct outlet_mail *mail, struct err *err)
{
	struct memory *memory = memory_of(outlet);
	int code;

	pthread_mutex_lock(&memory->lock);
	code = memory->fail_next;
	memory->fail_next = 0;
	if (code == 0) {
		if (memory->count == memory->room) {
			memory->room = memory->room ? 2 * memory->room : 16;
			memory->mails =
			    mem_grow(memory->mails, memory->room * sizeof(struct outlet_mail *));
		}
		memory->mails[memory->count++] = copy_mail(mail);
		if (mail->name != NULL && memory->name_next != NULL)
			snprintf(mail->name, OUTLET_NAME_SIZE, "%s", memory->name_next);
		memory->name_next = NULL;
	}
	pthread_mutex_unlock(&memory->lock);
	return code ? err_set(err, code, "the outlet was told to fail: %s", err_name(code)) : 0;
}

static void
memory_free(struct outlet *outlet)
{
	struct memory *memory = memory_of(outlet);

	for (size_t i = 0; i < memory->count; i++)
		free_mail(memory->mails[i]);
	mem_free(memory->mails);
	pthread_mutex_destroy(&memory->lock);
	mem_free(memory);
}

static const struct outlet_ops memory_ops = { "memory", memory_send, memory_free, NULL };

struct outlet *
outlet_memory_new(void)
{
	struct memory *memory = mem_alloc(sizeof(*memory));

	memory->outlet.ops = &memory_ops;
	memory->outlet.may_double = true;
	pthread_mutex_init(&memory->lock, NULL);
	return &memory->outlet;
}

size_t
outlet_memory_count(struct outlet *outlet)
{
	struct memory *memory = memory_of(outlet);
	size_t count;

	pthread_mutex_lock(&memory->lock);
	count = memory->count;
	pthread_mutex_unlock(&memory->lock);
	return count;
}

const struct outlet_mail *
outlet_memory_at(struct outlet *outlet, size_t i)
{
	struct memory *memory = memory_of(outlet);
	const struct outlet_mail *mail;

	pthread_mutex_lock(&memory->lock);
	mail = i < memory->count ? memory->mails[i] : NULL;
	pthread_mutex_unlock(&memory->lock);
	return mail;
}

void
outlet_memory_fail_next(struct outlet *outlet, int code)
{
	struct memory *memory = memory_of(outlet);

	pthread_mutex_lock(&memory->lock);
	memory->fail_next = code;
	pthread_mutex_unlock(&memory->lock);
}

void
outlet_memory_name_next(struct outlet *outlet, const char *name)
{
	struct memory *memory = memory_of(outlet);

	pthread_mutex_lock(&memory->lock);
	memory->name_next = name;
	pthread_mutex_unlock(&memory->lock);
}
