/* What the viewers of one RTSP output see while the source is away: a still, once a second, with the present as its
 * time. The source is away when no picture came for a second, whatever the ingest says; after a still it is back at its
 * first keyframe. A source without video has no stills. */
#pragma once

#include "output.h"
#include "viewer-group.h"

G_BEGIN_DECLS

typedef struct _Fallback Fallback; /* counted references */

typedef enum
{
  FALLBACK_NONE,
  FALLBACK_LAST_FRAME,
  FALLBACK_SLATE
} FallbackKind;

gboolean fallback_kind_from_name (const char *name, FallbackKind *kind);

/* On the main context: whether stills are shown. While they are, a viewer can be answered, even if there was never a
 * frame. */
typedef void (*FallbackShowing) (gboolean showing, gpointer user_data);

typedef struct
{
  const OutputContext *context;
  ViewerGroup *group; /* who is shown the stills; borrowed until fallback_stop() */
  const char *id;     /* of the output, for the log; borrowed like the group */
  FallbackShowing showing;
  gpointer user_data;
} FallbackSettings;

/* These four are for the main thread. It begins with FALLBACK_NONE. */
Fallback *fallback_new (const FallbackSettings *settings);
/* `title` stands on the slate. */
void fallback_set (Fallback *self, FallbackKind kind, const char *title);
/* What is due every second while the source is away, to those who watch: nothing is shown or called after this. */
void fallback_stop (Fallback *self);

/* For any thread from here on. */
Fallback *fallback_ref (Fallback *self);
/* Not the last one before fallback_stop(). */
void fallback_unref (Fallback *self);
gboolean fallback_is_away (Fallback *self);
/* What a viewer that joins now begins with, also with FALLBACK_NONE: (transfer full). NULL when the source is there, or
 * nothing is known to show. */
HubFrame *fallback_first_still (Fallback *self);

G_END_DECLS
