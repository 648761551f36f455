#include "fragment-boxes.h"
#include "box.h"
#include "mp4-skeleton.h"

#define MOVIE_TIMESCALE 90000

enum
{
  TFHD_BASE_IS_MOOF = 0x020000,

  TRUN_PLACE = 0x01,
  TRUN_DURATION = 0x100,
  TRUN_SIZE = 0x200,
  TRUN_FLAGS = 0x400,
  TRUN_SHOWN = 0x800,

  /* Whether others are needed to decode it (8.8.3.1). */
  SAMPLE_KEYFRAME = 0x02000000,
  SAMPLE_NO_KEYFRAME = 0x01010000,
};

static guint
begin_full (GByteArray *out, guint32 type, guint version, guint32 flags)
{
  guint begun = box_begin (out, type);

  bytes_put (out, version, 1);
  bytes_put (out, flags, 3);
  return begun;
}

static void
put_ftyp (GByteArray *out)
{
  static const guint32 brands[] = { BOX ('m', 'p', '4', '2'), BOX ('i', 's', 'o', 'm'), BOX ('m', 'p', '4', '1'),
                                    BOX ('i', 's', 'o', '5'), BOX ('i', 's', 'o', '6') };
  guint ftyp = box_begin (out, BOX ('f', 't', 'y', 'p'));

  bytes_put (out, BOX ('m', 'p', '4', '2'), 4);
  bytes_put (out, 0, 4);
  for (guint i = 0; i < G_N_ELEMENTS (brands); i++)
    bytes_put (out, brands[i], 4);
  box_end (out, ftyp);
}

static guint32
usual_flags (Media media)
{
  return media == MEDIA_VIDEO ? SAMPLE_NO_KEYFRAME : SAMPLE_KEYFRAME;
}

static void
put_trex (GByteArray *out, const FragmentTrack *track)
{
  guint trex = begin_full (out, BOX ('t', 'r', 'e', 'x'), 0, 0);

  bytes_put (out, track->id, 4);
  bytes_put (out, 1, 4); /* the only sample description */
  bytes_put (out, 0, 4);
  bytes_put (out, 0, 4);
  bytes_put (out, usual_flags (track->media), 4);
  box_end (out, trex);
}

GByteArray *
fragment_boxes_head (const GPtrArray *tracks)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GByteArray) movie = mp4_skeleton_new (MOVIE_TIMESCALE, tracks->len);
  g_autoptr (GByteArray) defaults = g_byte_array_new ();

  for (guint i = 0; i < tracks->len; i++) {
    const FragmentTrack *track = g_ptr_array_index (tracks, i);

    if (track->format == NULL)
      continue;
    mp4_skeleton_add_track (movie, track->id, track->format, track->timescale);
    put_trex (defaults, track);
  }
  put_ftyp (out);
  guint moov = box_begin (out, BOX ('m', 'o', 'o', 'v'));
  g_byte_array_append (out, movie->data, movie->len);
  guint mvex = box_begin (out, BOX ('m', 'v', 'e', 'x'));
  g_byte_array_append (out, defaults->data, defaults->len);
  box_end (out, mvex);
  box_end (out, moov);
  return out;
}

/* What the samples of a run have of their own. */
static guint32
fields_of (const FragmentRun *run, gboolean *shown_early)
{
  guint32 fields = TRUN_PLACE | TRUN_DURATION | TRUN_SIZE;

  for (guint i = 0; i < run->samples->len; i++) {
    const Mp4Sample *sample = &g_array_index (run->samples, Mp4Sample, i);

    fields |= run->media == MEDIA_VIDEO && sample->keyframe ? TRUN_FLAGS : 0;
    fields |= sample->shown != 0 ? TRUN_SHOWN : 0;
    *shown_early |= sample->shown < 0;
  }
  return fields;
}

static void
put_sample (GByteArray *out, const Mp4Sample *sample, guint32 fields)
{
  bytes_put (out, sample->duration, 4);
  bytes_put (out, sample->size, 4);
  if (fields & TRUN_FLAGS)
    bytes_put (out, sample->keyframe ? SAMPLE_KEYFRAME : SAMPLE_NO_KEYFRAME, 4);
  if (fields & TRUN_SHOWN)
    bytes_put (out, (guint32)sample->shown, 4);
}

/* Where the place of the run's first byte is to be set. */
static guint
put_trun (GByteArray *out, const FragmentRun *run)
{
  gboolean shown_early = FALSE;
  guint32 fields = fields_of (run, &shown_early);
  guint trun = begin_full (out, BOX ('t', 'r', 'u', 'n'), shown_early ? 1 : 0, fields);

  bytes_put (out, run->samples->len, 4);
  guint place = out->len;
  bytes_put (out, 0, 4);
  for (guint i = 0; i < run->samples->len; i++)
    put_sample (out, &g_array_index (run->samples, Mp4Sample, i), fields);
  box_end (out, trun);
  return place;
}

static guint
put_traf (GByteArray *out, const FragmentRun *run)
{
  guint traf = box_begin (out, BOX ('t', 'r', 'a', 'f'));
  guint tfhd = begin_full (out, BOX ('t', 'f', 'h', 'd'), 0, TFHD_BASE_IS_MOOF);

  bytes_put (out, run->track, 4);
  box_end (out, tfhd);
  guint tfdt = begin_full (out, BOX ('t', 'f', 'd', 't'), 1, 0);
  bytes_put (out, run->time, 8);
  box_end (out, tfdt);
  guint place = put_trun (out, run);
  box_end (out, traf);
  return place;
}

static guint32
size_of (const FragmentRun *run)
{
  guint32 size = 0;

  for (guint i = 0; i < run->samples->len; i++)
    size += g_array_index (run->samples, Mp4Sample, i).size;
  return size;
}

void
fragment_boxes_add (GByteArray *out, guint32 number, const GArray *runs)
{
  g_autofree guint *places = g_new (guint, runs->len);
  guint moof = box_begin (out, BOX ('m', 'o', 'o', 'f'));
  guint mfhd = begin_full (out, BOX ('m', 'f', 'h', 'd'), 0, 0);

  bytes_put (out, number, 4);
  box_end (out, mfhd);
  for (guint i = 0; i < runs->len; i++)
    places[i] = put_traf (out, &g_array_index (runs, FragmentRun, i));
  box_end (out, moof);

  guint mdat = box_begin (out, BOX ('m', 'd', 'a', 't'));
  guint32 at = out->len - moof;
  for (guint i = 0; i < runs->len; i++) {
    bytes_set (out->data + places[i], at, 4);
    at += size_of (&g_array_index (runs, FragmentRun, i));
  }
  bytes_set (out->data + mdat, at - (mdat - moof), 4);
}
