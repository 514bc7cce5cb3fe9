#include <assent/ai/write.h>

#include <assent/ai/offline.h>

static void
write_offline(struct writing *w, struct arena *arena)
{
	w->text = offline_write(w->kind, w->locale, w->bundle, arena);
	w->provider = WRITE_OFFLINE;
	w->model = "";
	w->is_drafted_by_ai = false;
}

static void
begin(struct writing *w, struct arena *arena)
{
	w->text = NULL;
	w->usage = (struct model_usage){ 0 };
	w->micros = 0;
	w->rc = 0;
	w->why = "";
	w->faults = arena_alloc(arena, sizeof(struct form_faults));
}

void
write_documents(struct models *models, const char *site_dir, struct writing *writings, size_t count,
    struct arena *arena)
{
	(void)models;
	(void)site_dir;
	for (size_t i = 0; i < count; i++) {
		begin(&writings[i], arena);
		write_offline(&writings[i], arena);
	}
}
