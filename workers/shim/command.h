/* Starts the command in its process group and under its limits. */
#pragma once

#include "options.h"

#include <sys/types.h>

enum
{
  COMMAND_NOT_LIMITED = 126,
  COMMAND_NOT_EXECUTED = 127
};

/* Returns the pid, or -1 with errno. `running` tells whether the command was executed; if not, the process ends with
 * one of the codes above and has said why on standard error. */
pid_t command_start (const Options *options, bool *running);
