/* The file that is being made: `<path>.part` until it is whole and on the disk. Nothing that is there is overwritten,
 * unless that was asked for.
 *
 * Errors stay: once a write has failed, all later ones do nothing and out_file_finish() tells. */
#pragma once

#include <gst/gst.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct _OutFile OutFile;

OutFile *out_file_create (const char *path, gboolean force, mode_t mode, GError **error);
/* One that was not finished is removed. */
void out_file_free (OutFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutFile, out_file_free)

void out_file_append (OutFile *self, const void *data, gsize size);
void out_file_append_buffer (OutFile *self, GstBuffer *buffer);
/* Where the next byte goes. */
guint64 out_file_position (const OutFile *self);
void out_file_patch (OutFile *self, guint64 at, const void *data, gsize size);
gboolean out_file_has_failed (const OutFile *self);
const char *out_file_path (const OutFile *self);

/* Brings it to the disk and gives it its name. */
gboolean out_file_finish (OutFile *self, GError **error);

/* Removes what is unfinished, whatever other threads do. The process has to end then. */
void out_file_remove_unfinished (void);

G_END_DECLS
