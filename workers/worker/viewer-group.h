/* The viewers of one RTSP output: who they are, what they have been sent, and how they are ended.
 *
 * A viewer has a seat from its DESCRIBE on. */
#pragma once

#include "access.h"
#include "reporter.h"
#include "viewer-member.h"

G_BEGIN_DECLS

typedef struct _ViewerGroup ViewerGroup; /* counted references */

typedef struct
{
  guint viewers;
  guint64 frames_sent;
  guint64 frames_dropped;
  guint64 refused; /* for want of a seat */
} ViewerGroupStats;

/* `last_number`: what viewers are numbered by, shared by all groups of a worker; it lives longer than any of them. */
ViewerGroup *viewer_group_new (Reporter *reporter, const char *id, gint *last_number);
ViewerGroup *viewer_group_ref (ViewerGroup *self);
void viewer_group_unref (ViewerGroup *self);

/* Seats; 0: as many as come. Nobody is ended because there are fewer now. */
void viewer_group_set_most (ViewerGroup *self, guint most);

/* Who may watch; NULL, as it is to begin with: everybody. Viewers who may not any more are ended. (transfer none) */
void viewer_group_set_access (ViewerGroup *self, Access *access);
/* On any thread. (transfer full) */
Access *viewer_group_access (ViewerGroup *self);

/* What a client without a seat hears. */
#define VIEWER_GROUP_IS_FULL "This stream has all the viewers that it may have"

/* On any thread. Returns the number of the seat; 0: none is free. `client` is closed when the viewer has to end.
 * Several clients may have seats for the same viewer. */
guint viewer_group_add (ViewerGroup *self, Viewer *viewer, GstRTSPClient *client);
/* Who has that seat plays in `session`: reports it the first time. */
void viewer_group_joined (ViewerGroup *self, guint number, GstRTSPSession *session, const ViewerIdentity *identity);
/* Nothing happens where there is none of this number. */
void viewer_group_remove (ViewerGroup *self, guint number);

void viewer_group_show_still (ViewerGroup *self, const HubFrame *still);
/* Sessions do not run out now. Many players give a sign of life only when something comes. */
void viewer_group_keep_sessions (ViewerGroup *self);

/* Reports `viewers`, as often as it takes for all of them. */
void viewer_group_report (ViewerGroup *self);

/* The client is told that the stream ends, and finds its connection closed; viewers are removed soon after. On the
 * main context. */
void viewer_group_end_all (ViewerGroup *self);
/* The same for those who have taken nothing for so long. */
void viewer_group_end_stalled (ViewerGroup *self, gint64 limit_us);
void viewer_group_end (ViewerGroup *self, Viewer *viewer);
/* FALSE: there is none of this number. */
gboolean viewer_group_end_number (ViewerGroup *self, guint number);
/* Ends all at once, and those who are slow to go neither use the hub nor report anything after this. */
void viewer_group_abandon (ViewerGroup *self);
gboolean viewer_group_is_empty (ViewerGroup *self);
void viewer_group_get_stats (ViewerGroup *self, ViewerGroupStats *stats);

G_END_DECLS
