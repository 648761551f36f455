/* What a recorder is told: the format, where its files go, when they end, and whether it waits for a trigger. */
#pragma once

#include "container.h"
#include "recording-event.h"
#include "recording-limits.h"

#include <json-glib/json-glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct
{
  GStrv roots; /* absolute, at least one, in order of preference */
  char *name;  /* template below a root (segment-name.h) */
  mode_t mode;
  mode_t directory_mode;
  const Container *container;
  RecordingLimits limits;
  gboolean by_trigger;
  TriggerLimits trigger; /* with `by_trigger` */
} RecordingSettings;

/* From the `output` object of addOutput. NULL with `error` if it is not valid. */
RecordingSettings *recording_settings_parse (JsonObject *object, GError **error);
void recording_settings_free (RecordingSettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RecordingSettings, recording_settings_free)

/* Whether files go elsewhere, or are of another format. */
gboolean recording_settings_need_new_file (const RecordingSettings *self, const RecordingSettings *other);

G_END_DECLS
