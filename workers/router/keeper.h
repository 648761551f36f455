/* The process that keeps the listening sockets and has a child do the work. It is small and does nothing that could
 * fail, so the sockets live on when the child dies, and clients wait in the backlog instead of being refused. */
#pragma once

#include "kept.h"

typedef struct _Keeper Keeper;

typedef int (*KeeperWork) (Keeper *keeper, void *user_data);

/* Runs `work` in a child, again and again until it returns 0, SIGTERM or SIGINT comes, or it ends before it had
 * anything kept. Returns the exit code. */
int keeper_run (KeeperWork work, void *user_data);

/* In the child: what former children had kept. The descriptors are the caller's. */
const Kept *keeper_get_kept (const Keeper *self);
/* In the child: keeps these instead. The set is copied. */
void keeper_keep (Keeper *self, const Kept *set);
