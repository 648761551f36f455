/* One of the viewers of an RTSP output, as the output knows it (viewer-group.c, with the lock of that). */
#pragma once

#include "output-report.h"
#include "viewer.h"

G_BEGIN_DECLS

typedef struct
{
  const char *transport; /* tcp udp http multicast */
  const char *agent;
  const char *user; /* "" where nobody was asked */
} ViewerIdentity;

typedef enum
{
  MEMBER_SEATED, /* has a viewer of its own */
  MEMBER_SENDER, /* no client: the viewer that sends to a multicast group */
  MEMBER_GUEST,  /* a client of that sender */
} MemberKind;

typedef struct
{
  MemberKind kind;
  guint number; /* 0 of a sender */
  Viewer *viewer;
  GWeakRef client;
  GWeakRef session; /* empty until it has joined */
  char *address;
  char *transport;
  char *agent;
  char *user;
  gboolean joined;
  gboolean ending;
  gint64 joined_us; /* since 1970 */
} ViewerMember;

/* `client` may be NULL. */
ViewerMember *viewer_member_new (MemberKind kind, guint number, Viewer *viewer, GstRTSPClient *client);
void viewer_member_free (gpointer member);

void viewer_member_join (ViewerMember *self, GstRTSPSession *session, const ViewerIdentity *identity);
/* Valid as long as the member does not change. */
ViewerSummary viewer_member_summary (const ViewerMember *self);

G_END_DECLS
