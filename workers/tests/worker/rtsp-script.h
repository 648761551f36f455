/* An RTSP server on a thread of its own that does what a script says. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  /* What the next request must contain; "" for none: the answer is sent without one. */
  const char *request;
  /* What is sent then; "CSeq: ?" becomes the one of the request, "PORT" the server's port, '~' a zero byte. NULL: the
   * connection is closed, and the script goes on with the next one. */
  const char *answer;
} ScriptStep;

typedef struct _RtspScript RtspScript;

/* `steps` ends with an empty one; then the connection stays open and silent. */
RtspScript *rtsp_script_start (const ScriptStep *steps);
guint16 rtsp_script_port (RtspScript *self);
/* rtsp://127.0.0.1:<port>/cam (transfer full) */
char *rtsp_script_uri (RtspScript *self);
/* Waits until all steps were done. */
void rtsp_script_wait (RtspScript *self);
/* Closes the connection; a request that was not as the script says fails the test. */
void rtsp_script_end (RtspScript *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtspScript, rtsp_script_end)

G_END_DECLS
