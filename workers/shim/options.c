#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static bool
usage (void)
{
  fprintf (stderr, "usage: dslrs-shim --bundle DIR [--cgroup-procs FILE]... [--oom-file FILE] [--data-limit BYTES] "
                   "[--nice N] -- COMMAND [ARG]...\n");
  return false;
}

static bool
parse_number (const char *text, long long least, long long most, long long *number)
{
  char *end;
  errno = 0;
  *number = strtoll (text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *number >= least && *number <= most;
}

static bool
take_option (Options *options, int option, const char *value)
{
  long long number;
  switch (option) {
  case 'b':
    options->bundle = value;
    return true;
  case 'c':
    if (options->n_cgroups == OPTIONS_MAX_CGROUPS)
      return false;
    options->cgroup_procs[options->n_cgroups++] = value;
    return true;
  case 'o':
    options->oom_file = value;
    return true;
  case 'd':
    if (!parse_number (value, 1, INT64_MAX, &number))
      return false;
    options->limits_data = true;
    options->data_limit = (uint64_t)number;
    return true;
  case 'n':
    if (!parse_number (value, -20, 19, &number))
      return false;
    options->nice = (int)number;
    return true;
  default:
    return false;
  }
}

bool
options_parse (Options *options, int argc, char **argv)
{
  static const struct option names[] = {
    { "bundle", required_argument, NULL, 'b' },   { "cgroup-procs", required_argument, NULL, 'c' },
    { "oom-file", required_argument, NULL, 'o' }, { "data-limit", required_argument, NULL, 'd' },
    { "nice", required_argument, NULL, 'n' },     { NULL, 0, NULL, 0 },
  };
  *options = (Options){ 0 };
  int option;
  /* "+": what follows the first word that is no option is the command's. */
  while ((option = getopt_long (argc, argv, "+", names, NULL)) != -1) {
    if (!take_option (options, option, optarg))
      return usage ();
  }
  if (options->bundle == NULL || optind == argc)
    return usage ();
  options->command = argv + optind;
  return true;
}
