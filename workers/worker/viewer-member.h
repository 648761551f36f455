/* One of the viewers of an RTSP output, as the output knows it (viewer-group.c, with the lock of that). */
#pragma once

#include "access.h"
#include "output-report.h"
#include "viewer.h"

G_BEGIN_DECLS

typedef struct
{
  const char *transport; /* tcp udp http multicast */
  const char *agent;
} ViewerIdentity;

typedef struct
{
  guint number;
  Viewer *viewer;
  ViewerCounts before; /* what it had sent when this one came */
  GWeakRef client;
  GWeakRef session; /* empty until it has joined */
  char *address;
  char *transport;
  char *agent;
  Login *login; /* NULL: in nobody's name */
  gboolean joined;
  gboolean ending;
  gint64 joined_us; /* since 1970 */
} ViewerMember;

ViewerMember *viewer_member_new (guint number, Viewer *viewer, GstRTSPClient *client);
void viewer_member_free (gpointer member);

void viewer_member_join (ViewerMember *self, GstRTSPSession *session, const ViewerIdentity *identity);
/* Since this one came. */
void viewer_member_get_counts (const ViewerMember *self, ViewerCounts *counts);
/* Valid as long as the member does not change. */
ViewerSummary viewer_member_summary (const ViewerMember *self);

G_END_DECLS
