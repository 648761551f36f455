#include "record.h"

#include "atomic_file.h"
#include "procfs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t
record_now (void)
{
  struct timespec now;
  clock_gettime (CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
record_clear (void)
{
  unlink ("process.json");
  unlink ("exit.json");
}

bool
record_process (pid_t worker)
{
  char boot_id[PROCFS_BOOT_ID_LENGTH + 1];
  uint64_t shim_start, worker_start;
  if (!procfs_boot_id (boot_id) || !procfs_start_time (getpid (), &shim_start)
      || !procfs_start_time (worker, &worker_start))
    return false;
  char text[320];
  snprintf (text, sizeof text,
            "{\"bootId\":\"%s\",\"shim\":{\"pid\":%d,\"startTime\":%" PRIu64 "},"
            "\"worker\":{\"pid\":%d,\"startTime\":%" PRIu64 "}}\n",
            boot_id, (int)getpid (), shim_start, (int)worker, worker_start);
  return atomic_file_write ("process.json", text);
}

bool
record_exit (const RecordExit *exit)
{
  char code[16] = "null";
  char signal[32] = "null";
  if (WIFEXITED (exit->status)) {
    snprintf (code, sizeof code, "%d", WEXITSTATUS (exit->status));
  } else {
    int number = WTERMSIG (exit->status);
    const char *name = sigabbrev_np (number);
    if (name != NULL)
      snprintf (signal, sizeof signal, "\"SIG%s\"", name);
    else /* a real-time signal */
      snprintf (signal, sizeof signal, "\"SIG%d\"", number);
  }
  char text[256];
  snprintf (text, sizeof text,
            "{\"pid\":%d,\"code\":%s,\"signal\":%s,\"oomKills\":%" PRIu64 ",\"startedAt\":%" PRId64
            ",\"endedAt\":%" PRId64 "}\n",
            (int)exit->pid, code, signal, exit->oom_kills, exit->started_at, exit->ended_at);
  return atomic_file_write ("exit.json", text);
}

uint64_t
record_oom_kills (const char *path)
{
  FILE *file = path != NULL ? fopen (path, "re") : NULL;
  if (file == NULL)
    return 0;
  char line[128];
  uint64_t kills = 0;
  while (fgets (line, sizeof line, file) != NULL) {
    if (sscanf (line, "oom_kill %" SCNu64, &kills) == 1)
      break;
  }
  fclose (file);
  return kills;
}
