/* The misbehaviour in force, of a mount or of the whole camera: what misbehave.c sets and the parts concerned look at.
 * Every member is atomic, because clients and media have threads. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  SDP_WHOLE,
  SDP_TRUNCATED,
  SDP_BAD
} SdpFault;

typedef struct
{
  /* Answers: access.c */
  int refusal;         /* RTSP status, 0: none */
  int refused_methods; /* GstRTSPMethod */
  int reset_methods;   /* GstRTSPMethod */
  int stale_nonces;
  int sdp; /* SdpFault */

  /* Bytes of connections: relay.c */
  int muted;
  int garbage;
  int half_packet;
  int bytes_per_second; /* 0: no limit */

  /* Media: gate.c */
  int video_held;
  int audio_held;
  int keyframes_left_out;
  int stands_still;
  int jumped_seconds; /* the sum of all jumps */
  int errors_per_million_bytes;
} Faults;

/* TRUE if those who watch miss frames that they cannot do without. */
static inline gboolean
faults_starve (Faults *self)
{
  return g_atomic_int_get (&self->muted) || g_atomic_int_get (&self->video_held)
         || g_atomic_int_get (&self->keyframes_left_out);
}

/* Ends all but the jumps: a clock that jumped has no wrong to be ended. */
static inline void
faults_end (Faults *self)
{
  int *all[] = { &self->refusal,
                 &self->refused_methods,
                 &self->reset_methods,
                 &self->stale_nonces,
                 &self->sdp,
                 &self->muted,
                 &self->garbage,
                 &self->half_packet,
                 &self->bytes_per_second,
                 &self->video_held,
                 &self->audio_held,
                 &self->keyframes_left_out,
                 &self->stands_still,
                 &self->errors_per_million_bytes };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    g_atomic_int_set (all[i], 0);
}

G_END_DECLS
