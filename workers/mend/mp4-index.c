#include "mp4-index.h"

/* mvhd and mdhd have the timescale between the dates and the duration, tkhd the track's number and a gap. */
#define BETWEEN_OF_MDHD 4
#define BETWEEN_OF_TKHD 8
#define NO_MEDIA G_MAXUINT64
#define NORMAL_SPEED 0x10000

typedef struct
{
  GByteArray *out;
  const GArray *tracks;
  guint32 timescale; /* of the movie */
  guint64 begins_ns; /* when the first picture or sound of all is shown */
} Index;

static guint64
rescale (guint64 value, guint32 from, guint32 to)
{
  return value / from * to + (value % from * to + from / 2) / from;
}

/* How long after its decode time the track's first sample is shown. */
static guint64
delay (const Mp4Track *track)
{
  gint32 shown = (gint32)g_array_index (track->samples.shown, Mp4Run, 0).value;

  return shown > 0 ? (guint64)shown : 0;
}

static guint64
begins_ns (const Mp4Track *track)
{
  return rescale (track->begins + delay (track), track->timescale, G_USEC_PER_SEC * 1000);
}

static guint64
first_begins_ns (const GArray *tracks)
{
  guint64 first = G_MAXUINT64;

  for (guint i = 0; i < tracks->len; i++) {
    const Mp4Track *track = &g_array_index (tracks, Mp4Track, i);

    if (mp4_samples_count (&track->samples) > 0)
      first = MIN (first, begins_ns (track));
  }
  return first;
}

/* How much later than the file the track begins. */
static guint64
lateness (const Mp4Track *track, guint64 first_ns, guint32 timescale)
{
  return rescale (begins_ns (track) - first_ns, G_USEC_PER_SEC * 1000, timescale);
}

/* Longer than its samples where the end is missing: the last picture may have been meant to follow others. */
static guint64
shown_for (const Mp4Track *track, guint32 timescale)
{
  guint64 shown = track->samples.shown_until - MIN (track->samples.shown_until, delay (track));

  return rescale (MAX (track->samples.duration, shown), track->timescale, timescale);
}

static guint64
duration_of (const Mp4Track *track, guint64 first_ns, guint32 timescale)
{
  return lateness (track, first_ns, timescale) + shown_for (track, timescale);
}

guint64
mp4_index_duration (const GArray *tracks, guint32 timescale)
{
  guint64 first_ns = first_begins_ns (tracks);
  guint64 longest = 0;

  for (guint i = 0; i < tracks->len; i++) {
    const Mp4Track *track = &g_array_index (tracks, Mp4Track, i);

    if (mp4_samples_count (&track->samples) > 0)
      longest = MAX (longest, duration_of (track, first_ns, timescale));
  }
  return longest;
}

static void
copy (Index *self, const Box *box)
{
  g_byte_array_append (self->out, box->whole.data, (guint)box->whole.size);
}

/* mvhd, mdhd or tkhd with another duration, in the long form where that needs it. */
static void
write_header (Index *self, const Box *box, guint between, guint64 duration)
{
  const guint8 *data = box->body.data;
  guint was = box->body.size > 0 && data[0] == 1 ? 8 : 4;
  guint is = was == 8 || duration > G_MAXUINT32 ? 8 : 4;
  guint fields = 4 + 2 * was;

  if (box->body.size < fields + between + was) {
    copy (self, box);
    return;
  }
  guint begun = box_begin (self->out, box->type);
  bytes_put (self->out, is == 8 ? 1 : 0, 1);
  g_byte_array_append (self->out, data + 1, 3);
  bytes_put (self->out, bytes_get (data + 4, was), is);
  bytes_put (self->out, bytes_get (data + 4 + was, was), is);
  g_byte_array_append (self->out, data + fields, between);
  bytes_put (self->out, duration, is);
  fields += between + was;
  g_byte_array_append (self->out, data + fields, (guint)(box->body.size - fields));
  box_end (self->out, begun);
}

static void
write_edit (Index *self, guint64 duration, guint64 media_time)
{
  bytes_put (self->out, duration, 8);
  bytes_put (self->out, media_time, 8);
  bytes_put (self->out, NORMAL_SPEED, 4);
}

/* The track waits for its moment, and begins with its first picture instead of the time before that is decoded. */
static void
write_edits (Index *self, const Mp4Track *track)
{
  guint64 late = lateness (track, self->begins_ns, self->timescale);
  guint edts = box_begin (self->out, BOX ('e', 'd', 't', 's'));
  guint elst = box_begin (self->out, BOX ('e', 'l', 's', 't'));

  bytes_put (self->out, 1 << 24, 4);
  bytes_put (self->out, late > 0 ? 2 : 1, 4);
  if (late > 0)
    write_edit (self, late, NO_MEDIA);
  write_edit (self, shown_for (track, self->timescale), delay (track));
  box_end (self->out, elst);
  box_end (self->out, edts);
}

static void
write_stbl (Index *self, const Mp4Track *track, Span stbl)
{
  guint begun = box_begin (self->out, BOX ('s', 't', 'b', 'l'));
  Box stsd;

  if (box_find (stbl, BOX ('s', 't', 's', 'd'), &stsd))
    copy (self, &stsd);
  mp4_samples_write (&track->samples, self->out);
  box_end (self->out, begun);
}

static void
write_minf (Index *self, const Mp4Track *track, Span minf)
{
  guint begun = box_begin (self->out, BOX ('m', 'i', 'n', 'f'));
  Box box;

  while (box_next (&minf, &box))
    if (box.type == BOX ('s', 't', 'b', 'l'))
      write_stbl (self, track, box.body);
    else
      copy (self, &box);
  box_end (self->out, begun);
}

static void
write_mdia (Index *self, const Mp4Track *track, Span mdia)
{
  guint begun = box_begin (self->out, BOX ('m', 'd', 'i', 'a'));
  Box box;

  while (box_next (&mdia, &box))
    if (box.type == BOX ('m', 'd', 'h', 'd'))
      write_header (self, &box, BETWEEN_OF_MDHD, track->samples.duration);
    else if (box.type == BOX ('m', 'i', 'n', 'f'))
      write_minf (self, track, box.body);
    else
      copy (self, &box);
  box_end (self->out, begun);
}

static void
write_trak (Index *self, const Mp4Track *track)
{
  guint begun = box_begin (self->out, BOX ('t', 'r', 'a', 'k'));
  Span trak = track->trak;
  Box box;

  while (box_next (&trak, &box))
    if (box.type == BOX ('t', 'k', 'h', 'd')) {
      write_header (self, &box, BETWEEN_OF_TKHD, duration_of (track, self->begins_ns, self->timescale));
      write_edits (self, track);
    } else if (box.type == BOX ('m', 'd', 'i', 'a')) {
      write_mdia (self, track, box.body);
    } else if (box.type != BOX ('e', 'd', 't', 's')) {
      copy (self, &box);
    }
  box_end (self->out, begun);
}

/* A track that never got a sample is left out. */
static void
write_tracks (Index *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const Mp4Track *track = &g_array_index (self->tracks, Mp4Track, i);

    if (mp4_samples_count (&track->samples) > 0)
      write_trak (self, track);
  }
}

static guint32
timescale_of (Span moov)
{
  Box mvhd;

  if (!box_find (moov, BOX ('m', 'v', 'h', 'd'), &mvhd) || mvhd.body.size < 24)
    return 1000;
  return MAX (1, bytes_u32 (mvhd.body.data + (mvhd.body.data[0] == 1 ? 20 : 12)));
}

GByteArray *
mp4_index_build (Span moov, const GArray *tracks)
{
  Index self = {
    .out = g_byte_array_new (),
    .tracks = tracks,
    .timescale = timescale_of (moov),
    .begins_ns = first_begins_ns (tracks),
  };
  guint begun = box_begin (self.out, BOX ('m', 'o', 'o', 'v'));
  Box box;

  while (box_next (&moov, &box))
    if (box.type == BOX ('m', 'v', 'h', 'd')) {
      write_header (&self, &box, BETWEEN_OF_MDHD, mp4_index_duration (tracks, self.timescale));
      write_tracks (&self);
    } else if (box.type != BOX ('t', 'r', 'a', 'k') && box.type != BOX ('m', 'v', 'e', 'x')) {
      copy (&self, &box);
    }
  box_end (self.out, begun);
  return self.out;
}
