/* Plays a file through an ingest, and keeps what comes out of the hub and into the log. Clips are made by ffmpeg in a
 * temporary folder, which is the working directory. */
#pragma once

#include "ingest.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 pts;
  gint64 position_ms;
  gboolean is_keyframe;
} PlayedFrame;

typedef struct
{
  Hub *hub;
  Reporter *reporter;
  Ingest *ingest;
  guint sink;
  guint tick;
  GMutex lock;
  GArray *video;     /* PlayedFrame */
  gint64 newest[4];  /* pts by track */
  gint64 longest[4]; /* step of the pts of sound, by track */
  char *encoding;    /* of the newest video frame */
  gint width;
  GPtrArray *logs; /* char */
  JsonNode *failure;
} FilePlay;

/* A fresh temporary folder as working directory; file_play_leave() removes it. */
void file_play_enter (void);
void file_play_leave (void);

/* Runs ffmpeg, or fails the test. */
void file_play_make (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Where the video packet number `n` lies in the file. */
gint64 file_play_packet_at (const char *path, guint n);
void file_play_overwrite (const char *path, gint64 at, gsize size, guint8 byte);

FilePlay *file_play_start (const char *path, gboolean loop, gboolean resume);
void file_play_stop (FilePlay *self);

typedef gboolean (*FilePlayCondition) (FilePlay *self, gint64 argument);
/* Runs the main loop until the condition is met; fails the test after half a minute. */
void file_play_until (FilePlay *self, FilePlayCondition condition, gint64 argument);
gboolean file_play_lasts_ms (FilePlay *self, gint64 ms); /* of continuous video time */
gboolean file_play_failed (FilePlay *self, gint64 unused);

const char *file_play_failure (FilePlay *self); /* its message */
const char *file_play_reason (FilePlay *self);
/* How many lines of the log contain both. */
guint file_play_logged (FilePlay *self, const char *text, const char *other);

G_END_DECLS
