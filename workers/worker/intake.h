/* Takes connections of RTSP clients from the router: `rtsp.sock` in the working directory (docs/worker-protocol.md, The
 * router). */
#pragma once

#include "newcomer.h"

G_BEGIN_DECLS

typedef struct _Intake Intake;

/* `newcomer`: (transfer full). */
typedef void (*IntakeTaken) (Newcomer *newcomer, gpointer user_data);

/* On the main context. */
Intake *intake_new (IntakeTaken taken, gpointer user_data, GError **error);
void intake_free (Intake *self);

G_END_DECLS
