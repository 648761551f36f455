#include "mp4-track.h"

static gboolean
find_below (Span in, const char *path, Box *box)
{
  for (; *path != '\0'; path += path[4] == '/' ? 5 : 4) {
    if (!box_find (in, bytes_u32 ((const guint8 *)path), box))
      return FALSE;
    in = box->body;
  }
  return TRUE;
}

gboolean
mp4_track_find (const Mp4Track *self, const char *path, Box *box)
{
  return find_below (self->trak, path, box);
}

static const char *
encoding_of (guint32 type)
{
  switch (type) {
  case BOX ('a', 'v', 'c', '1'):
  case BOX ('a', 'v', 'c', '3'):
    return "h264";
  case BOX ('h', 'v', 'c', '1'):
  case BOX ('h', 'e', 'v', '1'):
    return "h265";
  case BOX ('j', 'p', 'e', 'g'):
  case BOX ('m', 'j', 'p', 'g'):
    return "jpeg";
  case BOX ('m', 'p', '4', 'a'):
    return "aac";
  case BOX ('O', 'p', 'u', 's'):
    return "opus";
  case BOX ('a', 'l', 'a', 'w'):
    return "pcma";
  case BOX ('u', 'l', 'a', 'w'):
    return "pcmu";
  default:
    return NULL;
  }
}

/* The number of bytes that `field` of a version 0 box begins at, in a version 1 box of `field` with two dates before.
 */
static guint
moved (const Box *box, guint field)
{
  return box->body.data[0] == 1 ? field + 8 : field;
}

static gboolean
read_u32 (const Box *box, guint field, guint32 *value)
{
  if (box->body.size < 1 || box->body.size < moved (box, field) + 4)
    return FALSE;
  *value = bytes_u32 (box->body.data + moved (box, field));
  return TRUE;
}

gboolean
mp4_track_read (Mp4Track *self, Span trak)
{
  Box tkhd, mdhd, hdlr, stsd;

  *self = (Mp4Track){ .trak = trak };
  if (!find_below (trak, "tkhd", &tkhd) || !find_below (trak, "mdia/mdhd", &mdhd)
      || !find_below (trak, "mdia/hdlr", &hdlr) || !find_below (trak, "mdia/minf/stbl/stsd", &stsd))
    return FALSE;
  if (!read_u32 (&tkhd, 12, &self->id) || !read_u32 (&mdhd, 12, &self->timescale) || self->timescale == 0)
    return FALSE;
  if (hdlr.body.size < 12 || stsd.body.size < 16)
    return FALSE;
  self->video = bytes_u32 (hdlr.body.data + 8) == BOX ('v', 'i', 'd', 'e');
  self->encoding = encoding_of (bytes_u32 (stsd.body.data + 12));
  mp4_samples_init (&self->samples);
  return TRUE;
}

void
mp4_track_read_defaults (Mp4Track *self, Span trex)
{
  if (trex.size < 24)
    return;
  self->usual_duration = bytes_u32 (trex.data + 12);
  self->usual_size = bytes_u32 (trex.data + 16);
  self->usual_flags = bytes_u32 (trex.data + 20);
}

void
mp4_track_clear (Mp4Track *self)
{
  mp4_samples_clear (&self->samples);
}
