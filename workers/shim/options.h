/* The command line of the shim (docs/worker-protocol.md, Launch). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* memory, cpu, pids and one to spare; cgroup v1 has a tree for each. */
#define OPTIONS_MAX_CGROUPS 4

/* Every string is one of argv's. */
typedef struct
{
  const char *bundle;
  const char *cgroup_procs[OPTIONS_MAX_CGROUPS];
  unsigned int n_cgroups;
  const char *oom_file; /* NULL: none */
  bool limits_data;
  uint64_t data_limit; /* bytes */
  int nice;
  char **command; /* NULL-terminated, at least one */
} Options;

/* False, with a line on standard error, if the command line is not valid. */
bool options_parse (Options *options, int argc, char **argv);
