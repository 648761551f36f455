#include "hang.h"

#include <gst/gst.h>

typedef struct
{
  GstElement parent;
} Hang;

typedef struct
{
  GstElementClass parent;
} HangClass;

static GMutex hang_lock;
static GCond hang_over;
static gboolean hang_let_go;

static GType hang_get_type (void);
G_DEFINE_TYPE (Hang, hang, GST_TYPE_ELEMENT)

static GstStateChangeReturn
hang_change_state (GstElement *element, GstStateChange transition)
{
  g_mutex_lock (&hang_lock);
  while (transition == GST_STATE_CHANGE_READY_TO_NULL && !hang_let_go)
    g_cond_wait (&hang_over, &hang_lock);
  g_mutex_unlock (&hang_lock);
  return GST_ELEMENT_CLASS (hang_parent_class)->change_state (element, transition);
}

static void
hang_class_init (HangClass *class)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (class);

  element_class->change_state = hang_change_state;
  gst_element_class_set_static_metadata (element_class, "Hang", "Test", "Does not stop", "dslrs");
}

static void
hang_init (Hang *self)
{
}

void
hang_let_all_go (void)
{
  g_mutex_lock (&hang_lock);
  hang_let_go = TRUE;
  g_cond_broadcast (&hang_over);
  g_mutex_unlock (&hang_lock);
}

void
hang_register (void)
{
  gst_element_register (NULL, "hang", GST_RANK_NONE, hang_get_type ());
}
