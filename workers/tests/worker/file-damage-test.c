/* A damaged stretch of a file costs the pictures up to the next keyframe and nothing else: one line in the log names
 * file and position, the time stays continuous, and the loop goes on. */
#include "file-play.h"

#define FRAME_MS 40
#define GOP 10
/* The last picture before the damage may have come ahead of two that are shown before it, and are gone. */
#define REORDERED 2
#define PASS_MS 4000

/* Four seconds, a keyframe each 400 ms, frames of some kilobytes; sound beside it. */
static void
make_clip (const char *name, const char *options)
{
  file_play_make (
      "-f lavfi -i testsrc=size=320x240:rate=25:duration=4,noise=alls=40 -f lavfi -i sine=duration=4:"
      "sample_rate=48000 -c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g %d -pix_fmt yuv420p -c:a aac "
      "%s %s",
      GOP, options, name);
}

static int
compare_pts (gconstpointer a, gconstpointer b)
{
  gint64 difference = ((const PlayedFrame *)a)->pts - ((const PlayedFrame *)b)->pts;

  return difference < 0 ? -1 : difference > 0;
}

static void
check_no_gap (FilePlay *play)
{
  g_autoptr (GArray) sorted = g_array_copy (play->video);

  g_array_sort (sorted, compare_pts);
  for (guint i = 1; i + 8 < sorted->len; i++) {
    gint64 step = g_array_index (sorted, PlayedFrame, i).pts - g_array_index (sorted, PlayedFrame, i - 1).pts;
    if (step > (REORDERED + 1) * FRAME_MS * GST_MSECOND || step <= 0)
      g_error ("after %u pictures a step of %.0f ms", i, (double)step / GST_MSECOND);
  }
  for (guint track = 1; track < G_N_ELEMENTS (play->longest); track++)
    g_assert_cmpint (play->longest[track], <, 300 * GST_MSECOND);
}

/* Where the position steps ahead by more than reordering explains, a keyframe must follow. Returns how often it does;
 * wraps count as well. */
static guint
count_leaps (FilePlay *play)
{
  guint leaps = 0;

  for (guint i = 2; i < play->video->len; i++) {
    const PlayedFrame *frame = &g_array_index (play->video, PlayedFrame, i);
    gint64 before = g_array_index (play->video, PlayedFrame, i - 1).position_ms;
    if (before < 0 || ABS (frame->position_ms - before) <= 6 * FRAME_MS)
      continue;
    leaps++;
  }
  return leaps;
}

static gint64
furthest (FilePlay *play)
{
  gint64 position = 0;

  for (guint i = 0; i < play->video->len; i++)
    position = MAX (position, g_array_index (play->video, PlayedFrame, i).position_ms);
  return position;
}

typedef struct
{
  const char *name;
  const char *options; /* of the muxer */
  guint packet;        /* the damage begins in it */
  gsize offset;        /* so far behind its beginning */
  gsize size;
  guint8 byte;
  const char *said; /* in the log */
} Damage;

typedef struct
{
  const Damage *damage;
  FilePlay *play;
} Case;

static void
start (Case *self)
{
  const Damage *damage = self->damage;

  make_clip (damage->name, damage->options);
  gint64 at = file_play_packet_at (damage->name, damage->packet) + (gint64)damage->offset;
  file_play_overwrite (damage->name, at, damage->size, damage->byte);
  self->play = file_play_start (damage->name, TRUE, FALSE);
}

static void
test_damage (gconstpointer data)
{
  const Case *self = data;
  FilePlay *play = self->play;

  file_play_until (play, file_play_lasts_ms, 2 * PASS_MS);
  for (guint i = 0; i < play->logs->len; i++)
    g_test_message ("%s", (char *)g_ptr_array_index (play->logs, i));
  check_no_gap (play);
  g_assert_cmpint (furthest (play), >, PASS_MS - GOP * FRAME_MS);
  g_assert_cmpuint (count_leaps (play), >=, 3);
  g_assert_cmpuint (file_play_logged (play, self->damage->name, self->damage->said), ==, 1);
  g_assert_cmpuint (play->logs->len, ==, 1);
}

int
main (int argc, char **argv)
{
  /* The 44th picture in the order of decoding is one of a GOP that begins at 1.6 s. */
  static const Damage damages[] = {
    { "zeros.mp4", "", 44, 100, 12000, 0, "damaged after 1." },
    { "ones.mp4", "", 44, 100, 12000, 0xff, "damaged after 1." },
    { "keyframe.mp4", "", 40, 0, 6000, 0, "damaged after 1." },
    { "fragments.mp4", "-movflags frag_keyframe+empty_moov", 44, 100, 60000, 0, " after 1." },
    { "zeros.mkv", "-cluster_time_limit 1000", 44, 100, 12000, 0, " after 1." },
    { "ones.mkv", "-cluster_time_limit 1000", 44, 100, 12000, 0xff, " after 1." },
    { "element.mkv", "-bf 0 -cluster_time_limit 1000", 42, 0, 64, 0x01, "frames are missing after 1." },
    { "clusters.mkv", "-cluster_time_limit 400", 44, 100, 60000, 0xaa, " after 1." },
  };
  Case cases[G_N_ELEMENTS (damages)];

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  file_play_enter ();
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++) {
    g_autofree char *path = g_strconcat ("/file/damage/", damages[i].name, NULL);
    cases[i].damage = &damages[i];
    start (&cases[i]);
    g_test_add_data_func (path, &cases[i], test_damage);
  }
  int result = g_test_run ();
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
    file_play_stop (cases[i].play);
  file_play_leave ();
  return result;
}
