#include "samples.h"
#include "fragment-muxer.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <string.h>

#define CUES 0x1C53BB6B
#define MFRA 0x6D667261

#define H264 "x264enc tune=zerolatency key-int-max=10 ! h264parse ! video/x-h264,stream-format=avc,alignment=au"
#define H264_B                                                                                                         \
  "x264enc bframes=2 b-adapt=false key-int-max=10 ! h264parse ! video/x-h264,stream-format=avc,alignment=au"
#define H265 "x265enc tune=zerolatency key-int-max=10 ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au"
/* What wrote the files of versions before the worker's own muxer. */
#define MP4MUX "mp4mux name=mux fragment-duration=80 ! filesink name=file buffer-mode=unbuffered"
#define SOUND "audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! "
#define TELEPHONE "audiotestsrc num-buffers=100 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! "

const SampleKind sample_kinds[] = {
  { "mp4-h264-b-frames", "mp4", NULL, H264_B, NULL, "h264" },
  { "mp4-h264-opus", "mp4", NULL, H264, SOUND "opusenc ! opusparse", "h264,opus" },
  { "mp4-h265-aac", "mp4", NULL, H265, SOUND "avenc_aac ! aacparse", "h265,aac" },
  { "mp4-of-mp4mux", "mp4", MP4MUX, H264, SOUND "avenc_aac ! aacparse", "h264,aac" },
  { "mkv-h264-opus", "mkv", NULL, H264, SOUND "opusenc ! opusparse", "h264,opus" },
  { "mkv-h265-pcma", "mkv", NULL, H265, TELEPHONE "alawenc", "h265,pcma" },
  { "mkv-jpeg-pcmu", "mkv", NULL, "jpegenc", TELEPHONE "mulawenc", "jpeg,pcmu" },
  { NULL },
};

typedef struct
{
  gsize at;
  GBytes *bytes;
} Write;

typedef struct
{
  GArray *writes; /* Write, in their order */
  gsize at;
} Recording;

static void
clear_write (gpointer data)
{
  g_bytes_unref (((Write *)data)->bytes);
}

#define WRITTEN (GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST)

static gboolean
append (GstBuffer **buffer, guint index, gpointer user_data)
{
  GstMapInfo map;

  gst_buffer_map (*buffer, &map, GST_MAP_READ);
  g_byte_array_append (user_data, map.data, (guint)map.size);
  gst_buffer_unmap (*buffer, &map);
  return TRUE;
}

/* A list is written at once. */
static GstPadProbeReturn
note_write (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Recording *self = user_data;
  GByteArray *bytes = g_byte_array_new ();

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    append ((GstBuffer **)&info->data, 0, bytes);
  else
    gst_buffer_list_foreach (info->data, append, bytes);
  const Write write = { self->at, g_byte_array_free_to_bytes (bytes) };
  self->at += g_bytes_get_size (write.bytes);
  g_array_append_val (self->writes, write);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
note_place (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Recording *self = user_data;
  const GstSegment *segment;

  if (GST_EVENT_TYPE (info->data) != GST_EVENT_SEGMENT)
    return GST_PAD_PROBE_OK;
  gst_event_parse_segment (info->data, &segment);
  if (segment->format == GST_FORMAT_BYTES)
    self->at = segment->start;
  return GST_PAD_PROBE_OK;
}

/* Picture and sound come in step, as those of a source do, however long each of them takes to be encoded. Other muxers
 * see to that themselves, and would wait for what is kept from them. */
#define APART (60 * GST_MSECOND)

typedef struct
{
  GMutex lock;
  GCond changed;
  GstClockTime ends[2]; /* of what came of each track; none once it is through */
} Pace;

typedef struct
{
  Pace *pace;
  guint track;
} Runner;

static GstPadProbeReturn
keep_step (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Runner *self = user_data;
  Pace *pace = self->pace;
  gboolean is_buffer = info->type & GST_PAD_PROBE_TYPE_BUFFER;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&pace->lock);

  if (is_buffer)
    pace->ends[self->track] += GST_BUFFER_DURATION (info->data);
  else if (GST_EVENT_TYPE (info->data) == GST_EVENT_EOS)
    pace->ends[self->track] = GST_CLOCK_TIME_NONE;
  g_cond_broadcast (&pace->changed);
  while (is_buffer && pace->ends[self->track] - MIN (pace->ends[self->track], pace->ends[!self->track]) > APART)
    g_cond_wait (&pace->changed, &pace->lock);
  return GST_PAD_PROBE_OK;
}

static void
set_pace (GstElement *pipeline, Runner runners[2])
{
  g_autoptr (GstElement) muxer = gst_bin_get_by_name (GST_BIN (pipeline), "mux");

  for (GList *pads = muxer->sinkpads; pads != NULL && muxer->numsinkpads > 1; pads = pads->next) {
    Runner *runner = &runners[g_str_has_prefix (GST_PAD_NAME (pads->data), "audio")];
    gst_pad_add_probe (pads->data, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, keep_step, runner,
                       NULL);
  }
}

static void
run (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) end = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Of the product's launch file, without its comments, unless it is another one. */
static char *
launch_of (const SampleKind *kind)
{
  g_autofree char *name = g_strdup_printf ("%s/record-%s.launch", g_getenv ("DSLRS_TEST_PIPELINES"), kind->format);
  g_autofree char *text = NULL;
  GString *launch = g_string_new (NULL);

  if (kind->launch != NULL)
    return g_string_free (g_string_append (launch, kind->launch), FALSE);
  g_assert_true (g_file_get_contents (name, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '#')
      g_string_append (launch, lines[i]);
  return g_string_free (launch, FALSE);
}

static Recording
record (const SampleKind *kind, const char *launch, const char *path)
{
  Recording self = { .writes = g_array_new (FALSE, FALSE, sizeof (Write)) };
  Pace pace = { 0 };
  Runner runners[2] = { { &pace, 0 }, { &pace, 1 } };
  fragment_muxer_register ();
  g_autofree char *text = g_strdup_printf (
      "%s videotestsrc num-buffers=%d pattern=ball ! video/x-raw,width=160,height=120,framerate=25/1 ! %s ! queue"
      " ! mux. %s %s",
      launch, SAMPLE_FRAMES, kind->video, kind->sound != NULL ? kind->sound : "",
      kind->sound != NULL ? " ! queue ! mux." : "");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  g_array_set_clear_func (self.writes, clear_write);
  g_object_set (sink, "location", path, NULL);
  gst_pad_add_probe (pad, WRITTEN, note_write, &self, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_place, &self, NULL);
  if (g_str_has_prefix (launch, "dslrsmp4mux"))
    set_pace (pipeline, runners);
  run (pipeline);
  return self;
}

static gboolean
begins_with (const Write *write, guint32 number, gsize at)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (write->bytes, &size);

  return size >= at + 4 && GST_READ_UINT32_BE (data + at) == number;
}

/* At the end matroskamux writes the size of its last cluster, and then the cues; mp4mux a list of its fragments. */
static guint
count_before_finish (GArray *writes)
{
  for (guint i = 1; i < writes->len; i++) {
    const Write *write = &g_array_index (writes, Write, i);

    if (begins_with (write, CUES, 0))
      return i - 1;
    if (begins_with (write, MFRA, 4))
      return i;
  }
  return writes->len;
}

static GBytes *
replay (GArray *writes, guint n)
{
  GByteArray *file = g_byte_array_new ();

  for (guint i = 0; i < n; i++) {
    const Write *write = &g_array_index (writes, Write, i);
    gsize size;
    const guint8 *data = g_bytes_get_data (write->bytes, &size);

    g_byte_array_set_size (file, (guint)MAX (file->len, write->at + size));
    memcpy (file->data + write->at, data, size);
  }
  return g_byte_array_free_to_bytes (file);
}

GBytes *
sample_unfinished (const SampleKind *kind, const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "made", NULL);
  g_autofree char *launch = launch_of (kind);
  Recording recording = record (kind, launch, path);
  GBytes *bytes = replay (recording.writes, count_before_finish (recording.writes));

  g_array_unref (recording.writes);
  return bytes;
}

GBytes *
sample_finished (const SampleKind *kind, const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "made", NULL);
  g_autofree char *launch = g_strdup_printf ("%s name=mux ! filesink name=file",
                                             g_str_equal (kind->format, "mp4") ? "mp4mux" : "matroskamux");
  Recording recording = record (kind, launch, path);

  g_array_unref (recording.writes);
  return sample_read (path);
}

void
sample_write (const char *path, GBytes *bytes, gsize size)
{
  g_assert_true (g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), (gssize)size, G_FILE_SET_CONTENTS_NONE,
                                           0640, NULL));
}

GBytes *
sample_read (const char *path)
{
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

static char *
describe (GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  guint64 shown
      = gst_segment_to_running_time (gst_sample_get_segment (sample), GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_autofree char *checksum = g_compute_checksum_for_data (G_CHECKSUM_MD5, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return g_strdup_printf ("%s %" G_GUINT64_FORMAT, checksum, shown / GST_MSECOND);
}

GPtrArray *
sample_frames (const char *path, const char *format)
{
  g_autofree char *text
      = g_strdup_printf ("filesrc name=source ! %s name=demux demux.video_0 ! appsink name=sink sync=false",
                         g_str_equal (format, "mkv") ? "matroskademux" : "qtdemux");
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GPtrArray *frames = g_ptr_array_new_with_free_func (g_free);
  GstSample *sample;

  g_object_set (source, "location", path, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 10 * GST_SECOND)) != NULL) {
    g_ptr_array_add (frames, describe (sample));
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return frames;
}
