/* Joins recorded files: from the keyframe at or before the first moment to the frame at the last one, without a frame
 * lost or doubled where two files meet. What was not recorded in between is closed up. */
#pragma once

#include "clips.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 from_ms;
  gint64 to_ms;
} Gap;

typedef struct
{
  /* On any thread, one at a time: where it is, in ms since 1970; and what a person should know. */
  void (*progress) (gint64 at_ms, gpointer user_data);
  void (*note) (const char *text, gpointer user_data);
  gpointer user_data;
} JoinTold;

typedef struct
{
  GArray *clips; /* Clip */
  GArray *gaps;  /* Gap */
} Joined;

/* Files that were finished before a failure stay, and are in `joined`. */
gboolean join_run (const Request *request, const JoinTold *told, Joined *joined, GError **error);
void joined_clear (Joined *self);

G_END_DECLS
