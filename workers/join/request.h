/* What is asked for: one JSON object (docs/recordings.md, Export). */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct
{
  char *root;
  char *path; /* below the root */
  gint64 started_ms;
  gint64 ended_ms;
} RequestFile;

typedef struct
{
  char *output;
  gboolean is_mp4;
  gboolean force;
  mode_t mode;
  gint64 from_ms; /* since 1970, like all times here */
  gint64 to_ms;
  GPtrArray *files; /* RequestFile, in order */
} Request;

Request *request_parse (const char *text, gsize size, GError **error);
void request_free (Request *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

G_END_DECLS
