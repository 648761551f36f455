/* What a path leads to, before a pipeline reads it: one sentence for whatever is no playable MP4 or Matroska file. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Tells one state of a file from another: replaced, rewritten, grown. */
typedef struct
{
  guint64 device;
  guint64 inode;
  gint64 size;
  gint64 modified_ns;
} FileIdentity;

/* FALSE where nothing is. */
gboolean file_identity_read (const char *path, FileIdentity *identity);
gboolean file_identity_equal (const FileIdentity *a, const FileIdentity *b);

/* The name of the launch text that reads it, by its first bytes; NULL with `failure`, an object of
 * docs/worker-protocol.md, (transfer full). */
const char *file_check (const char *path, FileIdentity *identity, JsonNode **failure);

/* Of the file as a whole: the stream is `fileUnusable`. */
JsonNode *file_failure (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
