#include "seat.h"

#define SEAT "dslrs-seat"

Seat *
seat_new (Viewer *viewer, ViewerGroup *group)
{
  Seat *self = g_new0 (Seat, 1);

  self->viewer = viewer_ref (viewer);
  self->group = viewer_group_ref (group);
  return self;
}

void
seat_clear (Seat *self)
{
  viewer_group_remove (self->group, self->number);
  if (self->listeners != NULL)
    listeners_drop_viewer (self->listeners, self->viewer);
}

void
seat_free (gpointer data)
{
  Seat *self = data;

  seat_clear (self);
  g_clear_pointer (&self->listeners, listeners_unref);
  viewer_unref (self->viewer);
  viewer_group_unref (self->group);
  g_free (self);
}

void
seat_give (Seat *self, GstElement *element)
{
  g_object_set_data_full (G_OBJECT (element), SEAT, self, seat_free);
}

Seat *
seat_of (GstRTSPMedia *media)
{
  g_autoptr (GstElement) element = gst_rtsp_media_get_element (media);

  return g_object_get_data (G_OBJECT (element), SEAT);
}
