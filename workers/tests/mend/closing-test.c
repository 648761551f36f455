/* The recorder makes each of its MP4 files an ordinary one when it closes it. */
#include "mend.h"
#include "outputs/recorder-rig.h"

#include <string.h>

typedef RecorderRig Fixture;

static void
assert_ordinary (Fixture *self, JsonNode *closed, gint64 frames)
{
  const char *path = report_string (closed, "path");
  g_autoptr (GError) error = NULL;
  MendFacts facts;

  mend_inspect (self->directory, path + strlen (self->directory) + 1, &facts, &error);
  g_assert_no_error (error);
  g_assert_true (facts.whole);
  g_assert_cmpint ((gint64)facts.frames, ==, frames);
  g_assert_cmpint ((gint64)facts.bytes, ==, report_int (closed, "bytes"));
}

static void
test_files_have_one_index (Fixture *self, gconstpointer sound)
{
  recorder_rig_start (self, "mp4", 1000);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, CLIP_FRAMES, sound != NULL);
  recorder_rig_stop (self);
  for (gint64 left = CLIP_FRAMES; left > 0;) {
    g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");

    assert_ordinary (self, closed, report_int (closed, "frames"));
    left -= report_int (closed, "frames");
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, sound)                                                                                               \
  g_test_add ("/closing/" path, Fixture, sound, recorder_rig_set_up, test_files_have_one_index, recorder_rig_tear_down)
  ADD ("with-sound", "sound");
  ADD ("without-sound", NULL);
#undef ADD
  return g_test_run ();
}
