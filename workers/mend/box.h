/* The boxes of an MP4 file: those in memory, and those on disk that are too large for it. */
#pragma once

#include "bytes.h"
#include "disk.h"

G_BEGIN_DECLS

#define BOX(a, b, c, d) ((guint32)(a) << 24 | (guint32)(b) << 16 | (guint32)(c) << 8 | (guint32)(d))

typedef struct
{
  const guint8 *data;
  gsize size;
} Span;

typedef struct
{
  guint32 type;
  Span whole;
  Span body; /* without the header */
} Box;

/* Takes the next box off `rest`. FALSE at the end, and where no whole box is. */
gboolean box_next (Span *rest, Box *box);
/* The first of that type directly in `in`. */
gboolean box_find (Span in, guint32 type, Box *box);

/* Begins a box in `out`; what box_end() gets. */
guint box_begin (GByteArray *out, guint32 type);
void box_end (GByteArray *out, guint begun);

typedef struct
{
  guint64 at;
  guint64 end; /* may be beyond the end of the file */
  guint32 type;
  guint header; /* bytes */
} FileBox;

/* FALSE where no whole header of a box is. */
gboolean file_box_read (DiskWindow *window, guint64 at, FileBox *box);

G_END_DECLS
