/* A tap on a hub, in a directory of its own: `taps/cam`. */
#pragma once

#include "clip.h"
#include "output.h"
#include "reports.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory;
  Hub *hub;
  Reports *reports;
  OutputContext context;
  Output *tap;
  Clip *clip;
} Tapping;

/* Of a tap whose readers are of that group, or NULL: (transfer full). */
JsonNode *tapping_settings (Tapping *self, const char *group);
void tapping_add_tap (Tapping *self);

/* For g_test_add(). With `data` there is no tap yet. */
void tapping_set_up (Tapping *self, gconstpointer data);
void tapping_tear_down (Tapping *self, gconstpointer data);

gint64 tapping_stat (Tapping *self, const char *name);
/* ReportsCondition */
gboolean tapping_has_readers (gpointer user_data);
gboolean tapping_has_no_readers (gpointer user_data);
/* Returns once the tap knows the reader. */
int tapping_connect (Tapping *self);

G_END_DECLS
