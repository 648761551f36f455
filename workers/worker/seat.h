/* A viewer and its place among the viewers of an output, as long as the media lives that it feeds. */
#pragma once

#include "listeners.h"

G_BEGIN_DECLS

typedef struct
{
  Viewer *viewer;
  ViewerGroup *group;
  guint number;         /* 0: it has none itself; those who listen to it have */
  Listeners *listeners; /* NULL: it has a client of its own */
  gint has_begun;       /* atomic: whose PLAY it is that has just started it does not know yet */
} Seat;

/* Without a number and listeners. */
Seat *seat_new (Viewer *viewer, ViewerGroup *group);
/* Leaves the place. */
void seat_free (gpointer data);
/* To the element that a media is to be made of: (transfer full). */
void seat_give (Seat *self, GstElement *element);
Seat *seat_of (GstRTSPMedia *media);
/* The media is gone, perhaps before its element is. */
void seat_clear (Seat *self);

G_END_DECLS
