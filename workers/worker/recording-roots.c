#include "recording-roots.h"

void
recording_roots_init (RecordingRoots *self, RecordingInbox *inbox)
{
  self->inbox = inbox;
  self->known = g_ptr_array_new_with_free_func ((GDestroyNotify)recording_root_free);
  self->order = g_ptr_array_new ();
}

void
recording_roots_clear (RecordingRoots *self)
{
  g_ptr_array_unref (self->order);
  g_ptr_array_unref (self->known);
}

static RecordingRoot *
find_or_add (RecordingRoots *self, const char *path)
{
  for (guint i = 0; i < self->known->len; i++) {
    RecordingRoot *root = g_ptr_array_index (self->known, i);
    if (g_str_equal (recording_root_path (root), path))
      return root;
  }
  RecordingRoot *root = recording_root_new (path, self->inbox);
  g_ptr_array_add (self->known, root);
  return root;
}

void
recording_roots_set (RecordingRoots *self, GStrv paths)
{
  g_ptr_array_set_size (self->order, 0);
  for (guint i = 0; paths[i] != NULL; i++)
    g_ptr_array_add (self->order, find_or_add (self, paths[i]));
}

gboolean
recording_roots_are_busy (const RecordingRoots *self)
{
  for (guint i = 0; i < self->known->len; i++)
    if (recording_root_is_busy (g_ptr_array_index (self->known, i)))
      return TRUE;
  return FALSE;
}

static RecordingRoot *
first_well (const RecordingRoots *self)
{
  for (guint i = 0; i < self->order->len; i++) {
    RecordingRoot *root = g_ptr_array_index (self->order, i);
    if (recording_root_failure (root) == NULL)
      return root;
  }
  return NULL;
}

RecordingRoot *
recording_roots_choose (const RecordingRoots *self, gboolean is_writing)
{
  RecordingRoot *well = first_well (self);

  for (guint i = 0; well == NULL && !is_writing && i < self->order->len; i++) {
    RecordingRoot *root = g_ptr_array_index (self->order, i);
    if (recording_root_may_be_tried (root))
      return root;
  }
  return well;
}

gboolean
recording_roots_has_better (const RecordingRoots *self, const RecordingRoot *present)
{
  const RecordingRoot *well = first_well (self);
  guint at = 0;
  guint best = 0;

  if (well == NULL || well == present)
    return FALSE;
  return !g_ptr_array_find (self->order, present, &at) || (g_ptr_array_find (self->order, well, &best) && best < at);
}

gboolean
recording_roots_has_other (const RecordingRoots *self, const RecordingRoot *present)
{
  for (guint i = 0; i < self->order->len; i++) {
    const RecordingRoot *root = g_ptr_array_index (self->order, i);
    if (root != present && recording_root_failure (root) == NULL)
      return TRUE;
  }
  return FALSE;
}

JsonNode *
recording_roots_failure_up_to (const RecordingRoots *self, const RecordingRoot *present)
{
  for (guint i = 0; i < self->order->len; i++) {
    const RecordingRoot *root = g_ptr_array_index (self->order, i);
    if (recording_root_failure (root) != NULL)
      return recording_root_failure (root);
    if (root == present)
      return NULL;
  }
  return NULL;
}

void
recording_roots_probe_up_to (RecordingRoots *self, const RecordingRoot *present)
{
  for (guint i = 0; i < self->order->len; i++) {
    RecordingRoot *root = g_ptr_array_index (self->order, i);
    if (recording_root_may_be_tried (root))
      recording_root_probe (root);
    if (root == present)
      return;
  }
}
