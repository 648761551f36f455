#include "hub-sinks.h"

typedef struct
{
  guint id;
  const HubSinkFuncs *funcs;
  gpointer user_data;
} Sink;

void
hub_sinks_init (HubSinks *self)
{
  *self = (HubSinks){ .sinks = g_ptr_array_new_with_free_func (g_free) };
}

void
hub_sinks_clear (HubSinks *self)
{
  g_ptr_array_unref (self->sinks);
}

guint
hub_sinks_add (HubSinks *self, const HubSinkFuncs *funcs, gpointer user_data)
{
  Sink *sink = g_new (Sink, 1);

  *sink = (Sink){ .id = ++self->last_id, .funcs = funcs, .user_data = user_data };
  g_ptr_array_add (self->sinks, sink);
  return sink->id;
}

void
hub_sinks_remove (HubSinks *self, guint id)
{
  for (guint i = 0; i < self->sinks->len; i++) {
    if (((Sink *)g_ptr_array_index (self->sinks, i))->id == id) {
      g_ptr_array_remove_index (self->sinks, i);
      return;
    }
  }
}

void
hub_sinks_deliver (const HubSinks *self, const HubFrame *frame)
{
  for (guint i = 0; i < self->sinks->len; i++) {
    Sink *sink = g_ptr_array_index (self->sinks, i);
    sink->funcs->frame (frame, sink->user_data);
  }
}

void
hub_sinks_tell_ingest_down (const HubSinks *self, const char *reason)
{
  for (guint i = 0; i < self->sinks->len; i++) {
    Sink *sink = g_ptr_array_index (self->sinks, i);
    if (sink->funcs->ingest_down != NULL)
      sink->funcs->ingest_down (reason, sink->user_data);
  }
}
