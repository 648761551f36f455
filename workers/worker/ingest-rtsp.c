/* RTSP cameras: chooses between the worker's own client, for TCP and TLS, and rtspsrc, which can do UDP. */
#include "ingest-private.h"
#include "json-read.h"

#include <string.h>

static gboolean
is_over_tcp (JsonObject *source)
{
  return strcmp (json_read_string (source, "transport", "tcp"), "tcp") == 0
         || g_ascii_strncasecmp (json_read_string (source, "uri", ""), "rtsps:", 6) == 0;
}

static void
start (Ingest *ingest, JsonObject *source)
{
  ingest->kind = is_over_tcp (source) ? &ingest_rtsp_tcp : &ingest_rtspsrc;
  ingest->kind->start (ingest, source);
}

const IngestKind ingest_rtsp = { .start = start };
