/* What makes the identity of a process: boot id + pid + start time. Plain C, for the shim. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCFS_BOOT_ID_LENGTH 36

/* The id of this boot of the machine, as text. */
bool procfs_boot_id (char id[PROCFS_BOOT_ID_LENGTH + 1]);

/* Field 22 of /proc/PID/stat: clock ticks since boot. False when there is no such process; a zombie still has one. */
bool procfs_start_time (pid_t pid, uint64_t *start_time);
