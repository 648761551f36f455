/* The process that keeps the listening sockets and has a child do the work. It is small and does nothing that could
 * fail, so the sockets live on when the child dies, and clients wait in the backlog instead of being refused. */
#pragma once

typedef int (*KeeperWork) (void *user_data);

/* Runs `work` in a child, again and again until it returns 0 or SIGTERM or SIGINT comes. Returns the exit code. */
int keeper_run (KeeperWork work, void *user_data);
