/* One `moof`: puts the samples it lists into the tables of their tracks. */
#pragma once

#include "mp4-track.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 at;         /* of the moof */
  guint64 media;      /* where the bytes of its mdat begin */
  guint64 media_end;  /* where they end, or the file does */
  DiskWindow *check;  /* to look into samples with; NULL: nobody does */
  guint64 wanted_end; /* found: the end of the last sample that is all there */
  guint64 sound_end;  /* found: the end of the last one that looks like a sample; 0: none does */
} Mp4Fragment;

/* Samples are taken up to the first that is not all between `media` and `media_end`. FALSE when there was such a one,
 * or what is no moof at all. */
gboolean mp4_fragment_read (Mp4Fragment *self, Span moof, GArray *tracks);

G_END_DECLS
