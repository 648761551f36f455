/* Reads pipelines/<name>.launch: a plain gst-launch text, with lines that begin with # as comments. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The parsed text as a bin (unlinked pads are not ghosted). (transfer floating); NULL with `error` when the file is
 * missing or does not parse. */
GstElement *launch_load (const char *directory, const char *name, GError **error);

/* The element called `name` in `bin`, which must be there: its absence is a fault in the shipped file. (transfer full)
 */
GstElement *launch_element (GstElement *bin, const char *name);

G_END_DECLS
