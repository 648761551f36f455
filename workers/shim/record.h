/* What the shim leaves in the bundle for whoever asks later: which process it is, and how it ended. Names are relative
 * to the working directory, the bundle. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Milliseconds since 1970. */
int64_t record_now (void);

/* Removes the files of an earlier life. */
void record_clear (void);

bool record_process (pid_t worker);

typedef struct
{
  pid_t pid;
  int status; /* of waitpid() */
  uint64_t oom_kills;
  int64_t started_at; /* ms since 1970 */
  int64_t ended_at;
} RecordExit;

bool record_exit (const RecordExit *exit);

/* The counter `oom_kill` of memory.oom_control (cgroup v1) or memory.events (v2); 0 if `path` is NULL or cannot be
 * read. */
uint64_t record_oom_kills (const char *path);
