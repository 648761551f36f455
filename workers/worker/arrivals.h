/* When data of each track last came in, how often it usually does, and an alarm for when it does not. Noting takes no
 * lock, and in a healthy stream wakes nobody; the rest is thread safe as well. */
#pragma once

#include "alarm.h"

G_BEGIN_DECLS

/* Tracks beyond are not watched. */
#define ARRIVALS_MAX_TRACKS 16

typedef struct _Arrivals Arrivals;

/* The silence of a track that is too long. */
typedef struct
{
  gint64 least_us;
  guint intervals; /* or so many usual ones from frame to frame, if that is longer */
} SilenceLimit;

typedef struct
{
  gint64 last_us;       /* monotonic time of the last data */
  gint64 last_frame_us; /* of the last frame */
  gint64 interval_us;   /* usual time from frame to frame */
  gint64 limit_us;      /* of the silence */
  gboolean packets;     /* data is noted ahead of the frames */
} Arrival;

Arrivals *arrivals_new (void);
void arrivals_free (Arrivals *self);

/* A life whose data count from now on; 0: none. All tracks are forgotten, and their alarms off. */
void arrivals_begin_life (Arrivals *self, guint64 life);
guint64 arrivals_life (Arrivals *self);

/* Data, and a whole frame, of a track. Another life's is ignored. A frame is data as well, unless the track's data is
 * noted by itself: frames leave a jitter buffer long after the source fell silent. */
void arrivals_note (Arrivals *self, guint64 life, guint track);
void arrivals_note_frame (Arrivals *self, guint64 life, guint track, gint64 now_us);

/* FALSE when the track has had no frame in this life. */
gboolean arrivals_get (Arrivals *self, guint track, Arrival *arrival);

/* The alarm of a track, for who watches it. It goes off when the silence has lasted too long, perhaps sooner; or when
 * the next data or the next frame comes, once. */
typedef enum
{
  ALARM_OFF,
  ALARM_AT_SILENCE,
  ALARM_AT_DATA,
  ALARM_AT_FRAME
} AlarmCause;

void arrivals_set_limit (Arrivals *self, guint track, const SilenceLimit *limit);
void arrivals_set_alarm (Arrivals *self, guint track, AlarmCause cause);
Alarm *arrivals_alarm (Arrivals *self, guint track);

G_END_DECLS
